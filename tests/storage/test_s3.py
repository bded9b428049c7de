"""What only a server can do wrong, over real sockets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import minio
import pytest

from schemas.problem import CLOCK_WRONG, CONFIGURATION, STORE_UNREACHABLE, ProblemError
from storage.s3 import S3Store
from tests.servers import S3Server, free_ports
from tests.storage.faults import BadWire

KEY = "files/ab/" + "ab" * 32


@pytest.fixture
def wire(s3_server: S3Server):
    wire = BadWire(s3_server.endpoint)
    yield wire
    wire.close()


@pytest.fixture
def behind_wire(wire: BadWire, s3_store: S3Store) -> S3Store:
    """A store whose server is reached over *wire*."""
    return S3Store(S3Server(wire.address).settings(s3_store._bucket))


def kind_of(call, *arguments):
    with pytest.raises(ProblemError) as caught:
        call(*arguments)
    return caught.value.kind


def test_a_server_that_is_not_there_is_unreachable_for_now():
    store = S3Store(S3Server(f"127.0.0.1:{free_ports(1)[0]}").settings("bucket"))
    assert kind_of(store.prepare) is STORE_UNREACHABLE
    assert STORE_UNREACHABLE.transient


@pytest.mark.parametrize("wrong", [{"secret_key": "wrong"}, {"access_key": "nobody"}])
def test_wrong_credentials_are_a_matter_of_configuration(s3_server: S3Server, s3_store: S3Store, wrong):
    store = S3Store(s3_server.settings(s3_store._bucket, **wrong))
    for call in (store.prepare, lambda: store.put(KEY, b"paper"), lambda: store.get(KEY), lambda: store.stat(KEY)):
        assert kind_of(call) is CONFIGURATION
    assert kind_of(lambda: list(store.list(""))) is CONFIGURATION


def test_a_clock_that_is_wrong_is_called_that_and_the_store_answers_when_it_is_right(s3_store: S3Store, monkeypatch):
    with monkeypatch.context() as wrong:
        wrong.setattr(minio.api.time, "utcnow", lambda: datetime.now(UTC) - timedelta(hours=1))
        with pytest.raises(ProblemError) as caught:
            s3_store.get("contract/clock")
    assert caught.value.kind is CLOCK_WRONG
    assert s3_store.stat("contract/clock") is None


def test_a_bucket_that_is_missing_is_a_matter_of_configuration_until_it_is_prepared(s3_server: S3Server):
    store = S3Store(s3_server.settings("not-yet-made"))
    assert kind_of(store.put, KEY, b"paper") is CONFIGURATION
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.prepare(), range(4)))
    store.put(KEY, b"paper")


def test_https_to_a_server_that_speaks_http_is_a_matter_of_configuration(s3_server: S3Server):
    assert kind_of(S3Store(s3_server.settings("bucket", secure=True)).prepare) is CONFIGURATION


@pytest.mark.parametrize("endpoint", ["http://host:9000/path", "host:notaport"])
def test_an_endpoint_that_is_no_address_is_a_matter_of_configuration(endpoint):
    assert kind_of(S3Store, S3Server(endpoint).settings("bucket")) is CONFIGURATION


def test_a_web_server_is_not_taken_for_an_object_store():
    class Website(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        do_HEAD = do_PUT = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Website) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        store = S3Store(S3Server(f"127.0.0.1:{server.server_port}").settings("bucket"))
        assert kind_of(store.prepare) is CONFIGURATION
        assert kind_of(store.get, KEY) is CONFIGURATION
        server.shutdown()


def test_a_put_whose_answer_was_lost_succeeds_once(behind_wire: S3Store, wire: BadWire):
    wire.hit(b"PUT", times=1)
    behind_wire.put(KEY, b"paper")
    assert wire.times == 0
    assert behind_wire.get(KEY) == b"paper"


def test_when_every_answer_is_lost_the_put_can_be_repeated_later(behind_wire: S3Store, wire: BadWire):
    wire.hit(b"PUT", times=100)
    assert kind_of(behind_wire.put, KEY, b"paper") is STORE_UNREACHABLE
    wire.hit(b"", times=0)
    behind_wire.put(KEY, b"paper")
    assert behind_wire.put_once(KEY, b"other") == b"paper"


def test_an_answer_that_is_cut_off_is_not_taken_for_the_object(behind_wire: S3Store, wire: BadWire, tmp_path):
    content = bytes(range(256)) * 20_000
    behind_wire.put(KEY, content)
    wire.hit(b"GET", times=1, passes=100_000)
    assert kind_of(behind_wire.get_to, KEY, tmp_path / "copy.pdf") is STORE_UNREACHABLE
    assert list(tmp_path.iterdir()) == []
    assert behind_wire.get(KEY) == content


def test_bytes_that_were_damaged_on_the_way_are_refused(s3_store: S3Store):
    assert s3_store.refuses_damaged_bytes(KEY)
    assert s3_store.stat(KEY) is None


def test_an_object_that_another_tool_stored_is_read_without_its_hash(s3_store: S3Store, tmp_path):
    (tmp_path / "restored").write_bytes(b"paper")
    s3_store._client.fput_object(bucket_name=s3_store._bucket, object_name=KEY, file_path=str(tmp_path / "restored"))
    assert s3_store.get(KEY) == b"paper"
    s3_store.put(KEY, b"paper")


def test_a_file_is_stored_with_its_type(s3_store: S3Store):
    s3_store.put(KEY, b"%PDF", content_type="application/pdf")
    found = s3_store._client.stat_object(bucket_name=s3_store._bucket, object_name=KEY)
    assert found.content_type == "application/pdf"


def test_a_long_list_comes_page_by_page_without_gaps(s3_store: S3Store):
    keys = [f"records/{n % 16:02x}/{n:032x}/v000001.json" for n in range(1100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3_store.put(key, b""), keys))
    assert list(s3_store.list("records/")) == sorted(keys)
    assert list(s3_store.list("records/", start_after=sorted(keys)[500])) == sorted(keys)[501:]
