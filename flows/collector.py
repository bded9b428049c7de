"""What sends traces to a collector, by OTLP over HTTP: the extra `traces`, imported when `traces.endpoint` is set."""

import logging
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Tracer

from flows.traces import ROOT

_SECONDS = 5.0
"""How long the collector is waited for, also when a process ends; what it does not take then is lost."""


def tracer_to(endpoint: str) -> Tracer:
    """Return what makes spans and sends them, some at a time and in a thread of its own; nobody waits for that."""
    return tracer_through(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=_SECONDS)))


def tracer_through(processor: SpanProcessor) -> Tracer:
    """Return what makes spans and gives them to *processor*.

    OpenTelemetry's own variables hold too, such as `OTEL_TRACES_SAMPLER` and `OTEL_RESOURCE_ATTRIBUTES`.
    """
    resource = Resource.create({SERVICE_NAME: "sohoa", SERVICE_VERSION: version("sohoa")})
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # else its sentences stand between our JSON
    provider = TracerProvider(resource=resource, id_generator=_Ids())
    provider.add_span_processor(processor)
    return provider.get_tracer("sohoa", version("sohoa"))


def takes_traces(endpoint: str) -> bool:
    """Return whether there is a collector: it is sent no spans at all."""
    return OTLPSpanExporter(endpoint, timeout=_SECONDS).export([]) is SpanExportResult.SUCCESS


class _Ids(RandomIdGenerator):
    """Ids by lot, but for roots that have ids already."""

    def generate_trace_id(self) -> int:
        root = ROOT.get()
        return super().generate_trace_id() if root is None else root.trace_id

    def generate_span_id(self) -> int:
        root = ROOT.get()
        return super().generate_span_id() if root is None else root.span_id
