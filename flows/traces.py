"""Traces (OpenTelemetry): how long each step of a submission took, from its receipt to its records.

The trace of a submission bears the first half of the submission's id, and its root is the receipt. So whatever process
works on it, on whatever machine, after whatever kill, adds to the same trace without having been handed anything; and a
sampler that goes by the id of a trace (`traceidratio`) decides alike everywhere.

Personal data cannot get in: facts are those of the log, and of a failure only its kind is told. Nothing is made or
sent, and the packages that do so are not even imported, unless `traces.endpoint` is set (`flows/collector.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Literal, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context

from flows.log import Fact, fit
from schemas.digest import Sha256
from schemas.problem import CONFIGURATION, ProblemError

Step = Literal["read", "digitize", "copy", "store", "seal", "record"]
"""What is done to a submission; the way of a scan in docs/architecture.md."""

ROOT: ContextVar[trace.SpanContext | None] = ContextVar("root", default=None)
"""Whose ids the next span without a parent bears."""


def root_of(submission_id: Sha256) -> trace.SpanContext:
    """Return what identifies the root of a submission's trace (W3C Trace Context: 16 bytes, and 8)."""
    return trace.SpanContext(
        trace_id=int(submission_id[:32], 16),
        span_id=int(submission_id[32:48], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )


class Traces:
    """Puts spans into traces. Safe for many threads."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def receipt(self, submission_id: Sha256, **facts: Fact) -> Iterator[None]:
        """Have the block be the root of a submission's trace: it is stored, and gets its receipt."""
        token = ROOT.set(root_of(submission_id))
        try:
            span = self._tracer.start_span("receipt", Context(), attributes=_fit(facts))
        finally:
            ROOT.reset(token)
        with _within(span, last=True):
            yield

    def begin(self, submission_id: Sha256, **facts: Fact) -> "Passage":
        """Begin the passage of a submission through a flow run, which goes on until the last step."""
        context = trace.set_span_in_context(trace.NonRecordingSpan(root_of(submission_id)))
        return Passage(self, self._tracer.start_span("flow", context, attributes=_fit(facts)))

    @contextmanager
    def step(self, name: Step) -> Iterator[None]:
        """Have the block be a step of the one around it."""
        with _within(self._tracer.start_span(name), last=True):
            yield


class Passage(NamedTuple):
    """A submission on its way through a flow run; its steps may be in several threads."""

    traces: Traces
    span: trace.Span

    @contextmanager
    def step(self, name: Step, *, last: bool = False) -> Iterator[None]:
        """Have the block be a step of the passage, which ends with its last one or when one fails."""
        with _within(self.span, last=last), self.traces.step(name):
            yield


@cache
def traces_to(endpoint: str | None) -> Traces:
    """Return what puts spans into traces and sends them: one for the whole process. None: nothing is made.

    Raises:
        ProblemError: `configuration` when what sends them is not installed.
    """
    if endpoint is None:
        return Traces(trace.NoOpTracer())
    try:
        from flows.collector import tracer_to  # noqa: PLC0415 - an extra that most do without
    except ModuleNotFoundError as error:
        raise CONFIGURATION.error(f"traces.endpoint is set, but {error.name} is not installed") from error
    return Traces(tracer_to(endpoint))


@contextmanager
def _within(span: trace.Span, *, last: bool) -> Iterator[None]:
    """Have the block be within *span*, which ends with it if it is the *last*, and in any case if it fails."""
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        try:
            yield
        except BaseException as error:
            kind = error.kind.slug if isinstance(error, ProblemError) else type(error).__name__
            span.set_status(trace.StatusCode.ERROR, kind)
            span.end()
            raise
    if last:
        span.end()


def _fit(facts: dict[str, Fact]) -> dict[str, str | int | float]:
    return {name: fact for name, fact in ((name, fit(fact)) for name, fact in facts.items()) if fact is not None}
