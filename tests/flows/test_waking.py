"""The worker is woken over HTTP, by nobody's leave and to nobody's harm."""

import json
import threading
import time
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flows import waking
from flows.waking import Waker
from tests.servers import free_ports


@pytest.fixture
def asked(monkeypatch):
    """Requests that came to something like a Prefect server, and its address."""
    monkeypatch.setattr(waking, "_LEAST_SECONDS", 0.3)
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            requests.append((self.command, self.path, self.headers["Authorization"]))
            body = json.dumps({"id": "some-deployment"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield requests, f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def wait_for(requests, count):
    end = time.monotonic() + 10
    while len(requests) < count and time.monotonic() < end:
        time.sleep(0.02)


def test_a_call_starts_a_run_of_reconcile(asked):
    requests, url = asked
    Waker(url, "sohoa:secret")()
    wait_for(requests, 2)
    allowed = f"Basic {b64encode(b'sohoa:secret').decode()}"
    assert requests == [
        ("GET", "/api/deployments/name/reconcile/live", allowed),
        ("POST", "/api/deployments/some-deployment/create_flow_run", allowed),
    ]


def test_many_calls_at_once_start_few_runs_and_the_last_call_is_heard(asked):
    requests, url = asked
    wake = Waker(url, None)
    for _ in range(100):
        wake()
    wait_for(requests, 2)
    wake()
    wait_for(requests, 4)
    time.sleep(0.4)
    assert len(requests) in {4, 6}


def test_a_call_that_nobody_answered_is_made_again(asked, monkeypatch):
    monkeypatch.setattr(waking, "_AGAIN_SECONDS", 0.05)
    requests, url = asked
    ask, failures = Waker._ask, [OSError("the line is cut"), KeyError("id")]

    def fails_at_first(self, *args):
        if failures:
            raise failures.pop()
        return ask(self, *args)

    monkeypatch.setattr(Waker, "_ask", fails_at_first)
    Waker(url, None)()
    wait_for(requests, 2)
    assert [method for method, _, _ in requests] == ["GET", "POST"]


def test_where_no_server_is_nobody_waits_and_nobody_fails(monkeypatch):
    monkeypatch.setattr(waking, "_LEAST_SECONDS", 0.01)
    wake = Waker(f"http://127.0.0.1:{free_ports(1)[0]}/api", None)
    begun = time.monotonic()
    for _ in range(20):
        wake()
        time.sleep(0.01)
    assert time.monotonic() - begun < 2
