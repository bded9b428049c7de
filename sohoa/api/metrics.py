"""What a Prometheus server is told at `/metrics`: counts, times and ages. No name, no number of a person or a dossier.

Most of it is a projection: it is asked of the catalog and the store, so it is the same whatever was started anew, and
whichever process is asked. What concerns requests is counted in this process alone.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, groupby
from threading import Lock
from typing import Literal

from fastapi import FastAPI
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.backfill.watching import Watch
from flows.intake import Intake
from flows.meters import BOUNDS, lane_of
from flows.signers import last_day
from schemas.backfill import STATION
from schemas.lookup import LookupAnswer
from schemas.problem import ProblemError
from schemas.report import Fixity
from schemas.signer import WARNINGS
from storage import catalog, fixity

_LOOK_SECONDS = 15.0
"""What was found out is told again for so long: however many servers ask, the store is asked once."""
_PLAN_DIGITS = 12
"""Of a plan's id: enough to tell plans apart."""
_LABELS = {
    "stage_seconds": (
        "How long a stage of a submission took: reading its pages, storing what was sealed.",
        "lane",
        "stage",
    ),
    "outcome_seconds": ("From the receipt of a submission to its outcome.", "lane"),
    "flow_seconds": ("How long flow runs took, by how they ended.", "flow", "ended"),
    "documents": ("Documents by what became of them.", "lane", "outcome"),
    "pages": ("Pages of documents that were worked on.", "lane"),
}
"""What flows count (`flows/meters.py`): what it means, and what its labels are."""

Result = Literal["hit", "miss", "stale"]


class Metrics:
    """The metrics of one application."""

    def __init__(self, intake: Intake) -> None:
        self.registry = CollectorRegistry()
        self._lookups = Counter("sohoa_lookups", "Lookups by what they found.", ["result"], registry=self.registry)
        self.broad = Counter(
            "sohoa_clients_too_broad",
            "How often a client asked about more people within an hour than it should have to.",
            registry=self.registry,
        )
        self.requests = Histogram(
            "sohoa_http_request_seconds",
            "How long requests took, by the pattern of their path.",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )
        self.bytes = Counter(
            "sohoa_http_received_bytes", "Bytes of the bodies of requests.", ["route"], registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_Projected(intake))

    def looked_up(self, answer: LookupAnswer) -> None:
        """Count a lookup: `stale` if there are records and none can be reused."""
        reusable = any(record.reusable for record in answer.records)
        result: Result = "hit" if reusable else "stale" if answer.records else "miss"
        self._lookups.labels(result).inc()


def install(app: FastAPI, intake: Intake) -> Metrics:
    """Have *app* count its requests and answer `/metrics`; return what else can be counted."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a Prometheus server knows when a series began
    metrics = Metrics(intake)
    app.add_middleware(_Counting, metrics=metrics)

    @app.get("/metrics", tags=["health"], response_class=Response)
    def tell() -> Response:
        """Tell a Prometheus server how it goes. Holds no personal data, but is nobody's business outside."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return metrics


# --- requests ------------------------------------------------------------------------------------------------------


@dataclass
class _Counting:
    """Counts requests by the pattern of their path, never by the path."""

    app: ASGIApp
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, size = time.monotonic(), 500, 0

        async def counting_receive() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message

        async def counting_send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, counting_receive, counting_send)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.requests.labels(method, route, str(status)).observe(time.monotonic() - began)
            self.metrics.bytes.labels(route).inc(size)


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """Return the pattern of the path, as routes are declared."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return scope.get("root_path", "") + path if path is not None else "none"


# --- the projection --------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Projected(Collector):
    """What catalog and store say, found out when somebody asks."""

    intake: Intake
    _looking: Lock = field(default_factory=Lock)
    _looked_at: float = -_LOOK_SECONDS
    _found: list[Metric] = field(default_factory=list)
    _reports: dict[str, Fixity] = field(default_factory=dict)
    _ends: dict[str, date] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._plans = Watch(self.intake.house)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry would otherwise look before anybody has asked."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, at most some seconds old."""
        with self._looking:
            if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
                self._found = list(self._look())
                self._looked_at = time.monotonic()
            yield from self._found

    def _look(self) -> Iterator[Metric]:
        """Yield what can be found out; one part that cannot does not hide the others."""
        parts: dict[str, Callable[[], Iterable[Metric]]] = {
            "meters": self._meters,
            "submissions": self._submissions,
            "stations": self._stations,
            "records": self._records,
            "audit": self._audit,
            "fixity": self._fixity,
            "keys": self._keys,
            "signers": self._signers,
            "backfill": self._backfill,
            "disk": self._disk,
        }
        is_known = GaugeMetricFamily("sohoa_projection_up", "Whether this part could be found out.", labels=["part"])
        for part, look in parts.items():
            try:
                yield from list(look())
            except (ProblemError, OSError):
                is_known.add_metric([part], 0)
            else:
                is_known.add_metric([part], 1)
        yield is_known

    def _meters(self) -> Iterator[Metric]:
        counted = sorted(self.intake.house.catalog.meters())
        for name, (said, *labels) in _LABELS.items():
            kind = HistogramMetricFamily if name.endswith("_seconds") else CounterMetricFamily
            family = kind(f"sohoa_{name}", said, labels=labels)
            ours = (each for each in counted if each.meter == name)
            for words, rows in groupby(ours, key=lambda each: each.labels):
                _add(family, words.split("/"), list(rows))
            yield family

    def _submissions(self) -> Iterator[Metric]:
        taken = CounterMetricFamily("sohoa_intake_submissions", "Submissions with a receipt.", labels=["station"])
        waiting = GaugeMetricFamily(
            "sohoa_submissions_waiting",
            "Submissions with a receipt and no outcome that the machine can go on with.",
            labels=["lane"],
        )
        since = GaugeMetricFamily(
            "sohoa_submissions_waiting_since_timestamp_seconds", "When the first of them came.", labels=["lane"]
        )
        drafted = GaugeMetricFamily(
            "sohoa_submissions_drafted", "Submissions that wait to be signed at their station.", labels=["station"]
        )
        lanes: dict[str, list[catalog.Received]] = {"live": [], "backfill": []}
        for station, received in sorted(self.intake.house.catalog.received().items()):
            taken.add_metric([station], received.submissions)
            drafted.add_metric([station], received.drafted)
            lanes[lane_of(station)].append(received)
        for lane, all_received in lanes.items():
            waiting.add_metric([lane], sum(each.waiting for each in all_received))
            first = min((each.waiting_since for each in all_received if each.waiting_since), default=None)
            if first is not None:
                since.add_metric([lane], _seconds(first))
        yield from (taken, waiting, since, drafted)

    def _stations(self) -> Iterator[Metric]:
        announced = CounterMetricFamily(
            "sohoa_station_announced", "Submissions that it said it would send.", labels=["station"]
        )
        missing = GaugeMetricFamily(
            "sohoa_station_missing_submissions", "Of those, what has not come.", labels=["station"]
        )
        seen = GaugeMetricFamily(
            "sohoa_station_last_seen_timestamp_seconds", "Its last sign of life.", labels=["station"]
        )
        signs = {station: moment.timestamp() for station, moment in self.intake.last_seen.copy().items()}
        for station, arrivals in sorted(self.intake.house.catalog.arrivals().items()):
            announced.add_metric([station], arrivals.announced)
            missing.add_metric([station], arrivals.missing)
            if arrivals.last_received_at is not None:
                signs[station] = max(signs.get(station, 0.0), _seconds(arrivals.last_received_at))
        for station, moment in sorted(signs.items()):
            seen.add_metric([station], moment)
        yield from (announced, missing, seen)

    def _records(self) -> Iterator[Metric]:
        records = GaugeMetricFamily(
            "sohoa_records", "Records by type and state.", labels=["document_type", "status", "lane"]
        )
        since = GaugeMetricFamily(
            "sohoa_review_waiting_since_timestamp_seconds", "When the first record that waits came.", labels=["lane"]
        )
        first: dict[str, float] = {}
        for stock in sorted(self.intake.house.catalog.stock(STATION), key=str):
            lane = "backfill" if stock.backfill else "live"
            records.add_metric([stock.document_type or "unknown", stock.status, lane], stock.records)
            if stock.status == "review":
                first[lane] = min(first.get(lane, float("inf")), _seconds(stock.since))
        for lane, moment in first.items():
            since.add_metric([lane], moment)
        yield from (records, since)

    def _audit(self) -> Iterator[Metric]:
        head = self.intake.house.audit.last_head()
        sealed = 0 if head is None else head.value.size
        yield CounterMetricFamily("sohoa_audit_sealed_acts", "Acts in the sealed log.", value=sealed)
        last = None if head is None else head.value.sealed_at.timestamp()
        yield _gauge("sohoa_audit_sealed_timestamp_seconds", "When acts were last sealed.", last)

    def _fixity(self) -> Iterator[Metric]:
        house = self.intake.house
        since = (datetime.now(UTC) - timedelta(days=house.settings.fixity.days)).date()
        keys = list(fixity.reports(house.store, since))
        self._reports = {key: self._reports.get(key) or fixity.report(house.store, key) for key in keys}
        damaged = {each for report in self._reports.values() for each in report.damaged}
        gone = sum(sum(report.fewer.values()) for report in self._reports.values())
        yield _gauge(
            "sohoa_fixity_damaged_objects", "Objects found damaged or gone in the last period.", len(damaged) + gone
        )
        last = max((report.at.timestamp() for report in self._reports.values()), default=None)
        yield _gauge("sohoa_fixity_checked_timestamp_seconds", "When objects were last read again.", last)

    def _keys(self) -> Iterator[Metric]:
        ends = GaugeMetricFamily(
            "sohoa_sign_certificate_expiry_timestamp_seconds", "When a signer's certificate ends.", labels=["signer"]
        )
        for role, signer, _ in self.intake.keyring.held():
            ends.add_metric([role], signer.certificate.not_valid_after_utc.timestamp())
        yield ends

    def _signers(self) -> Iterator[Metric]:
        signers, today = self.intake.house.signers, datetime.now(UTC).date()
        self._ends = {key: self._ends.get(key) or last_day(signers.step(key)) for key in signers.steps()}
        ending = GaugeMetricFamily(
            "sohoa_signers_ending", "Those in the directory whose right to sign ends within days.", labels=["days"]
        )
        ending.add_metric(["0"], sum(each < today for each in self._ends.values()))
        for days in WARNINGS:
            ending.add_metric([str(days)], sum(each <= today + timedelta(days=days) for each in self._ends.values()))
        yield ending

    def _backfill(self) -> Iterator[Metric]:
        items = GaugeMetricFamily(
            "sohoa_backfill_items", "Items of a plan by what became of them.", labels=["plan", "outcome"]
        )
        refused = GaugeMetricFamily("sohoa_backfill_problems", "Items with a problem.", labels=["plan", "problem"])
        shards = GaugeMetricFamily("sohoa_backfill_shards", "Shards of a plan.", labels=["plan"])
        done = GaugeMetricFamily("sohoa_backfill_shards_done", "Shards that are done.", labels=["plan"])
        running = GaugeMetricFamily("sohoa_backfill_running", "Whether a plan may go on.", labels=["plan"])
        pace = GaugeMetricFamily("sohoa_backfill_documents_per_hour", "Pace of the last hour of work.", labels=["plan"])
        left = GaugeMetricFamily("sohoa_backfill_eta_seconds", "Until it is done, at that pace.", labels=["plan"])
        now = datetime.now(UTC)
        for progress in self._plans.look(now):
            plan = progress.plan_id[:_PLAN_DIGITS]
            for outcome, count in (*progress.outcomes.items(), ("waiting", progress.waiting)):
                items.add_metric([plan, outcome], count)
            for reason, count in progress.reasons.items():
                refused.add_metric([plan, reason], count)
            shards.add_metric([plan], progress.shards)
            done.add_metric([plan], progress.shards_done)
            running.add_metric([plan], progress.state == "running")
            if progress.documents_per_hour is not None:
                pace.add_metric([plan], progress.documents_per_hour)
            if progress.done_at is not None:
                left.add_metric([plan], (progress.done_at - now).total_seconds())
        yield from (items, refused, shards, done, running, pace, left)

    def _disk(self) -> Iterator[Metric]:
        free = shutil.disk_usage(self.intake.house.settings.home).free
        yield _gauge("sohoa_home_free_bytes", "Room on the disk of the home folder.", free)


def _add(family: Metric, labels: list[str], rows: list[catalog.Meter]) -> None:
    """Add what was counted under the same labels."""
    if isinstance(family, CounterMetricFamily):
        family.add_metric(labels, sum(row.times for row in rows))
    elif isinstance(family, HistogramMetricFamily):
        counts = {row.bucket: row.times for row in rows}
        buckets = zip(BOUNDS, accumulate(counts.get(bound, 0) for bound in BOUNDS), strict=True)
        family.add_metric(labels, [*buckets], sum(row.total for row in rows))


def _gauge(name: str, said: str, value: float | None) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
