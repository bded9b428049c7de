"""Traces: everything about a submission is in one, whoever worked on it, and nothing about anybody."""

import subprocess
import sys
from threading import Event

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from flows.collector import tracer_through
from flows.traces import Traces, traces_to
from schemas.problem import STORE_UNREACHABLE, ProblemError
from schemas.settings import Settings, TracesSettings
from sohoa import doctor
from tests.servers import free_ports, serving

SUBMISSION = "0123456789abcdef" * 4


@pytest.fixture
def kept():
    return InMemorySpanExporter()


@pytest.fixture
def traces(kept):
    return Traces(tracer_through(SimpleSpanProcessor(kept)))


def tree(spans):
    """Return each span's name with that of its parent."""
    names = {span.context.span_id: span.name for span in spans}
    return {(span.name, names[span.parent.span_id] if span.parent else None) for span in spans}


def test_the_way_from_receipt_to_record_is_one_trace_with_the_id_of_the_submission(whole_way):
    assert {f"{span.context.trace_id:032x}" for span in whole_way.spans} == {whole_way.submission_id[:32]}
    assert tree(whole_way.spans) == {
        ("receipt", None),
        ("flow", "receipt"),
        ("read", "flow"),
        ("digitize", "read"),
        ("copy", "read"),
        ("store", "flow"),
        ("seal", "store"),
        ("record", "store"),
    }
    assert all(span.status.status_code is trace.StatusCode.UNSET for span in whole_way.spans)
    [flow] = [span for span in whole_way.spans if span.name == "flow"]
    assert dict(flow.attributes) == {"lane": "live", "files": 1}


def test_whoever_goes_on_after_a_failure_adds_to_the_same_trace(traces, kept):
    with traces.receipt(SUBMISSION, station="vinh-01", files=1):
        pass
    with pytest.raises(ProblemError), traces.begin(SUBMISSION).step("read"):
        raise STORE_UNREACHABLE.error("no answer", file="NGUYỄN VĂN AN.jpg")
    traces.begin(SUBMISSION)  # its process is killed
    with traces.begin(SUBMISSION).step("store", last=True):
        pass
    spans = kept.get_finished_spans()
    assert [span.name for span in spans] == ["receipt", "read", "flow", "store", "flow"]
    assert tree(spans) == {("receipt", None), ("flow", "receipt"), ("read", "flow"), ("store", "flow")}
    assert {f"{span.context.trace_id:032x}" for span in spans} == {SUBMISSION[:32]}


def test_of_a_failure_only_its_kind_is_told(traces, kept):
    for error in (STORE_UNREACHABLE.error("NGUYỄN VĂN AN"), ValueError("NGUYỄN VĂN AN")):
        with pytest.raises(type(error)), traces.begin(SUBMISSION, file="NGUYỄN VĂN AN.jpg").step("read"):
            raise error
    spans = kept.get_finished_spans()
    assert [span.status.description for span in spans] == ["store-unreachable"] * 2 + ["ValueError"] * 2
    assert not [span for span in spans if span.events or "VĂN" in span.to_json()]


def test_without_the_setting_nothing_is_made_and_nothing_that_sends_is_imported():
    off = (
        "import sys; from flows.traces import traces_to; traces_to(None); assert 'opentelemetry.sdk' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", off], check=True)
    with traces_to(None).begin(SUBMISSION).step("read", last=True):
        assert not trace.get_current_span().is_recording()


@pytest.fixture
def collector():
    """A collector: its address, what it was told, and when."""
    told, arrived = [], Event()

    async def take(request):
        said = ExportTraceServiceRequest.FromString(await request.body())
        told.extend(said.resource_spans)
        if told:
            arrived.set()
        return Response(media_type="application/x-protobuf")

    with serving(Starlette(routes=[Route("/v1/traces", take, methods=["POST"])])) as address:
        yield f"{address}/v1/traces", told, arrived


def test_spans_go_to_a_collector_by_otlp(collector, monkeypatch):
    endpoint, told, arrived = collector
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    with traces_to(endpoint).receipt(SUBMISSION, station="vinh-01"):
        pass
    assert arrived.wait(60)
    [span] = told[0].scope_spans[0].spans
    assert (span.name, span.trace_id.hex(), span.span_id.hex()) == ("receipt", SUBMISSION[:32], SUBMISSION[32:48])
    said = {each.key: each.value.string_value for each in told[0].resource.attributes}
    assert said["service.name"] == "sohoa"


def test_the_doctor_says_whether_there_is_a_collector(collector, tmp_path, capfd):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}/v1/traces"
    states = []
    for endpoint in (None, collector[0], nobody):
        settings = Settings(home=tmp_path, traces=TracesSettings(endpoint=endpoint))
        states.append([each.state for each in doctor._traces(settings)])
    assert states == [[], ["good"], ["warning"]]
    assert capfd.readouterr().err == ""


def test_what_sends_them_has_to_be_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "flows.collector", None)
    with pytest.raises(ProblemError, match=r"traces\.endpoint is set"):
        traces_to("http://127.0.0.1:4318/not-installed")
