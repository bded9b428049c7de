"""What a station makes of whatever answers: the intake, half of it, or somebody else."""

import json
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.problem import (
    BAD_REQUEST,
    CONFIGURATION,
    INTERNAL,
    NOT_AUTHORISED,
    SERVER_UNREACHABLE,
    STATION_CLOCK,
    ProblemError,
)
from schemas.station import AUDIENCE, TOKEN_SECONDS, JournalState
from sohoa.station.client import Intake, Pace, parsed

KEY = Ed25519PrivateKey.generate()
PROBLEM = {"Content-Type": "application/problem+json"}


class Scripted(BaseHTTPRequestHandler):
    """Answers as the test says, in turn, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.server.script.pop(0)
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = answer  # noqa: N815 - the library looks for these names

    def log_message(self, *_words):
        """Nobody reads it."""


@pytest.fixture(scope="module")
def running():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def server(running):
    running.script, running.asked = [], []
    return running


def intake(server, **options):
    return Intake(f"http://127.0.0.1:{server.server_port}", "ubnd-kim-lien", KEY, **options)


def problem(kind, **headers):
    said = {"status": kind.http_status} | kind.error("so it is").problem.model_dump(exclude_none=True)
    return kind.http_status, {**PROBLEM, **headers}, json.dumps(said).encode()


def refusal(server, *script, method="GET"):
    server.script.extend(script)
    with pytest.raises(ProblemError) as caught:
        intake(server).ask(method, "/v1/x", {})
    return caught.value.kind


def claims(request):
    _, _, headers, _ = request
    token = headers["Authorization"].removeprefix("Bearer ")
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, KEY.public_key(), algorithms=["EdDSA"], audience=AUDIENCE, options=options)


def test_each_request_carries_a_token_of_its_own_that_dies_soon(server):
    server.script += [(200, {}, b"{}")] * 2
    for _ in range(2):
        intake(server).ask("POST", "/v1/x", {}, b"body")
    first, second = map(claims, server.asked)
    assert first["iss"] == "ubnd-kim-lien"
    assert first["exp"] - first["iat"] <= TOKEN_SECONDS
    assert first["jti"] != second["jti"]
    assert [body for *_, body in server.asked] == [b"body", b"body"]


def test_a_refusal_is_the_problem_that_the_server_names(server):
    assert refusal(server, problem(BAD_REQUEST)) == BAD_REQUEST
    assert refusal(server, problem(NOT_AUTHORISED)) == NOT_AUTHORISED


def test_a_problem_of_a_newer_server_keeps_its_name(server):
    kind = BAD_REQUEST._replace(slug="something-new")
    assert refusal(server, problem(kind)).slug == "something-new"


@pytest.mark.parametrize("status", [423, 429, 500, 503, 507])
def test_what_says_nothing_against_the_submission_passes_by_itself(server, status):
    assert refusal(server, problem(INTERNAL._replace(http_status=status))).transient


@pytest.mark.parametrize(
    "answer",
    [
        (502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"),
        (403, {"Content-Type": "text/html"}, b"<h1>Log in to our wireless network</h1>"),
        (302, {"Location": "http://127.0.0.1:9/"}, b""),
        (401, PROBLEM, b'{"type": "urn:sohoa:problem:not-auth'),
        (401, PROBLEM, b"[]"),
        (200, {"Content-Length": "100", "Connection": "close"}, b"cut off"),
    ],
    ids=["gateway", "login", "redirect", "cut-problem", "no-problem", "cut-body"],
)
def test_what_is_no_clean_answer_is_taken_for_no_answer(server, answer):
    assert refusal(server, answer) == SERVER_UNREACHABLE


def test_a_log_in_page_with_status_200_is_no_answer_of_the_intake(server):
    server.script.append((200, {"Content-Type": "text/html"}, b"<h1>Log in</h1>"))
    with pytest.raises(ProblemError) as caught:
        parsed(JournalState, intake(server).ask("POST", "/v1/x", {}, b"{}"))
    assert caught.value.kind == SERVER_UNREACHABLE


def test_no_server_is_no_answer(server):
    with pytest.raises(ProblemError) as caught:
        Intake("http://127.0.0.1:9", "ubnd-kim-lien", KEY).ask("GET", "/", {})
    assert caught.value.kind == SERVER_UNREACHABLE


def test_a_wrong_clock_is_set_by_the_server_and_the_request_sent_again(server):
    there = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
    server.script += [problem(STATION_CLOCK, Date=format_datetime(there, usegmt=True)), (200, {}, b"{}")]
    station = intake(server, clock=lambda: 0.0)  # as after a change of the battery
    station.ask("GET", "/v1/x", {})
    assert [claims(request)["iat"] for request in server.asked] == [0, there.timestamp()]
    assert station.now() == there


def test_a_clock_that_cannot_be_set_is_a_problem_once_and_no_endless_loop(server):
    assert refusal(server, problem(STATION_CLOCK)) == STATION_CLOCK
    assert len(server.asked) == 1
    date = format_datetime(datetime.now(UTC), usegmt=True)
    assert refusal(server, *[problem(STATION_CLOCK, Date=date)] * 2) == STATION_CLOCK
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "address", ["http://kho.example.vn", "ftp://kho.example.vn", "kho.example.vn", "https://", "https://a/b"]
)
def test_papers_go_over_encrypted_lines_to_plain_addresses_only(address):
    with pytest.raises(ProblemError) as caught:
        Intake(address, "ubnd-kim-lien", KEY)
    assert caught.value.kind == CONFIGURATION


def test_a_capped_line_is_never_sent_more_than_it_may_carry():
    now, sent = [0.0], []

    def sleep(seconds):
        now[0] += seconds

    pace = Pace(8000, clock=lambda: now[0], sleep=sleep)
    for _ in range(100):
        pace.take(4000)
        sent.append(4000)
        assert sum(sent) <= 8000 * (now[0] + 1)
    assert now[0] == pytest.approx(100 * 4000 / 8000, rel=0.02)


def test_sending_is_held_back_to_the_cap(server):
    server.script.append((200, {}, b"{}"))
    waited = []
    start = time.monotonic()
    intake(server, pace=Pace(64_000, clock=lambda: 0.0, sleep=waited.append)).ask("POST", "/v1/x", {}, bytes(64_000))
    assert waited
    assert time.monotonic() - start < 5
    assert len(server.asked[0][3]) == 64_000
