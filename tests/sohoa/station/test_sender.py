"""What the sender does about everything that can go wrong between an outbox and an intake, without waiting for it."""

import io
import json
from base64 import b64decode, b64encode
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256 as sha256_of

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from flows.keyring import Keyring
from schemas.legibility import Glance, Legibility
from schemas.problem import (
    BAD_REQUEST,
    FILE_NOT_SENT,
    INTERNAL,
    NOT_ANNOUNCED,
    NOT_AUTHORISED,
    PAGE_COUNT_MISMATCH,
    SERVER_UNREACHABLE,
    ProblemError,
)
from schemas.settings import Settings
from schemas.station import CHUNK_BYTES, FIRST, Journal, JournalEntry, JournalState, SignedEntry, SignedReceipt
from schemas.submission import Manifest, Receipt, SubmittedFile
from sohoa.station.client import Answer, Intake, _refusal
from sohoa.station.outgoing import Outgoing, Preview, Unsent
from sohoa.station.sender import IDLE_SECONDS, LONGEST_SECONDS, Sender

STATION = "ubnd-kim-lien"
KEY = Ed25519PrivateKey.generate()
NOW = datetime.now(UTC)
SIZES = (100, CHUNK_BYTES + 1, 40)


def file_of(number, size):
    content = (number.to_bytes(4, "big") * (size // 4 + 1))[:size]
    return SubmittedFile(sha256=sha256_of(content).hexdigest(), size=size, name=f"{number}.jpg"), content


class Outbox(Outgoing):
    """The outbox of a station, as if it were on a disk: it outlives its sender."""

    def __init__(self, *submissions):
        self.unsent, self.files, self.receipts, self.troubles = [], {}, {}, {}
        self.previews, self.faults, self.judgements, self.asks = [], {}, {}, False
        for sizes in submissions:
            self.add(sizes)

    def add(self, sizes):
        made = [file_of(len(self.unsent) * 100 + number, size) for number, size in enumerate(sizes)]
        manifest = Manifest(station=STATION, scanned_by="Mẫu", scanned_at=NOW, files=tuple(file for file, _ in made))
        entry = JournalEntry(
            station=STATION,
            sequence=len(self.unsent) + 1,
            previous=self.unsent[-1].entry.entry.sha256 if self.unsent else FIRST,
            written_at=NOW,
            submission_id=manifest.submission_id,
            file_count=len(made),
            scanned_pages=len(made),
        )
        self.unsent.append(Unsent(SignedEntry.of(entry, KEY.sign(entry.canonical_bytes())), manifest))
        self.files |= {file.sha256: content for file, content in made}
        return manifest.submission_id

    def entries_from(self, sequence, *, limit=500):
        return tuple(each.entry for each in self.unsent[sequence - 1 : sequence - 1 + limit])

    def to_send(self):
        yield from [each for each in self.unsent if each.manifest.submission_id not in self.receipts]

    def open(self, sha256):
        return io.BytesIO(self.files[sha256])

    def received(self, receipt):
        self.receipts[receipt.receipt.submission_id] = receipt

    def to_look_at(self):
        yield from [each for each in self.previews if (each.scan, each.page) not in self.faults]

    def looked_at(self, preview, faults):
        self.faults[preview.scan, preview.page] = faults

    def to_ask_about(self):
        return tuple(each for each in self.receipts if each not in self.judgements) if self.asks else ()

    def judged(self, legibility):
        if legibility.settled:
            self.judgements[legibility.submission_id] = legibility

    def trouble(self, submission_id, why):
        self.troubles[submission_id] = why

    def said(self):
        return {name: why for name, why in self.troubles.items() if why is not None}


class Server:
    """An intake that keeps to the contract, and what was done to it."""

    def __init__(self, keyring):
        self._keyring = keyring
        self.journal, self.uploads, self.files, self.receipts = [], {}, {}, {}
        self.log, self.given = [], Counter()
        self.refuses, self.has_read = {}, False

    def __call__(self, method, path, headers, body):
        self.log.append((method, path, len(body or b"")))
        if (refusal := self.refuses.get(path, self.refuses.get("*"))) is not None:
            return problem(refusal)
        if path.endswith("/journal"):
            return self._enter(Journal.model_validate_json(body))
        if path.startswith("/v1/uploads"):
            return self._upload(method, path, headers, body)
        if path == "/v1/previews":
            return told(Glance(faults=("blurred",) if body == b"a blurred page" else ()))
        if path.endswith("/legibility"):
            return told(Legibility(submission_id=path.split("/")[3], settled=self.has_read))
        return self._take(Manifest.model_validate_json(body))

    def _enter(self, journal):
        for signed in journal.entries:
            if signed.entry.sequence == len(self.journal) + 1:
                self.journal.append(signed)
        return told(JournalState(station=STATION, next_sequence=len(self.journal) + 1))

    def _upload(self, method, path, headers, body):
        if method == "POST":
            name = b64decode(headers["Upload-Metadata"].split()[1]).decode()
            if name not in self.files:
                self.uploads.setdefault(name, (int(headers["Upload-Length"]), bytearray()))
            return Answer(201, {"Location": f"https://elsewhere.example/v1/uploads/{name}"}, b"")
        name = path.rpartition("/")[2]
        if name in self.files:
            return Answer(200, {"Upload-Offset": str(len(self.files[name]))}, b"")
        if name not in self.uploads:
            return Answer(404, {}, b"")
        length, content = self.uploads[name]
        if method == "PATCH":
            if int(headers["Upload-Offset"]) != len(content):
                return Answer(409, {"Upload-Offset": str(len(content))}, b"")
            content += body
            if len(content) == length:
                self.files[name] = bytes(content)
        return Answer(200, {"Upload-Offset": str(len(content))}, b"")

    def _take(self, manifest):
        name = manifest.submission_id
        if name not in {signed.entry.submission_id for signed in self.journal}:
            return problem(NOT_ANNOUNCED)
        if not all(file.sha256 in self.files for file in manifest.files):
            return problem(FILE_NOT_SENT)
        if name not in self.receipts:
            receipt = Receipt.of(manifest, NOW)
            self.receipts[name] = SignedReceipt(receipt=receipt, signature=signature(self._keyring, receipt))
        self.given[name] += 1
        return told(self.receipts[name])


@cache
def signature(keyring, receipt):
    return b64encode(keyring.signing(lambda: NOW)(receipt.canonical_bytes()))


def told(value):
    return Answer(200, {}, value.model_dump_json().encode())


def problem(kind):
    return Answer(kind.http_status, {}, json.dumps(kind.error("so it is").problem.model_dump()).encode())


class Line(Intake):
    """The client as it is, with a line in the place of its sockets: each request meets with the next of *faults*."""

    def __init__(self, server, faults=()):
        super().__init__("http://localhost", STATION, KEY)
        self._there, self._faults = server, iter(faults)

    def _asked(self, method, path, headers, body):
        fault = next(self._faults, None)
        if fault == "killed before":
            raise Killed
        if fault == "no line":
            raise SERVER_UNREACHABLE.error("no line")
        if fault == "cut":
            body, headers = body and body[: len(body) // 2], {**headers, "cut": "yes"}
        else:
            answer = self._there(method, path, headers, body)
        if fault == "twice":
            answer = self._there(method, path, headers, body)
        if fault == "killed after":
            raise Killed
        if fault in {"lost answer", "cut"}:
            raise SERVER_UNREACHABLE.error("no answer")
        if answer.status < 300:
            return answer
        raise _refusal(answer)


class Killed(BaseException):
    """As by kill -9."""


FAULTS = ("no line", "cut", "lost answer", "twice", "killed before", "killed after", None, None, None)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory):
    return Keyring.open(Settings(home=tmp_path_factory.mktemp("server")), NOW)


@pytest.fixture
def server(keyring):
    return Server(keyring)


def sender(server, outbox, keyring, *, faults=(), clock=lambda: 0.0):
    pinned = keyring.roots[0].decode()
    return Sender(Line(server, faults), outbox, pinned, clock=clock, draw=lambda: 1.0)


def test_the_journal_goes_first_then_small_files_then_the_manifest(server, keyring):
    outbox = Outbox(SIZES, (10,))
    assert sender(server, outbox, keyring).sync() is None
    steps = [(method, size) for method, path, size in server.log if method in {"PATCH", "PUT"} or "journal" in path]
    assert [method for method, _ in steps] == ["POST", "PATCH", "PATCH", "PATCH", "PATCH", "PUT", "PATCH", "PUT"]
    assert [size for method, size in steps if method == "PATCH"] == [40, 100, CHUNK_BYTES, 1, 10]
    assert set(outbox.receipts) == set(server.receipts) == {each.manifest.submission_id for each in outbox.unsent}
    assert server.files == outbox.files


def test_what_has_a_receipt_is_not_sent_again(server, keyring):
    outbox = Outbox(SIZES)
    ours = sender(server, outbox, keyring)
    ours.sync()
    server.log.clear()
    assert ours.sync() is None
    assert sender(server, outbox, keyring).sync() is None
    assert server.log == []


@given(faults=some.lists(some.sampled_from(FAULTS), max_size=60))
def test_whatever_the_line_does_and_whoever_is_killed_everything_arrives_once(keyring, faults):
    server, outbox, left = Server(keyring), Outbox(SIZES, (10, 10), (CHUNK_BYTES,)), iter(faults)
    for _ in range(len(faults) + 2):
        ours = sender(server, outbox, keyring, faults=left)
        try:
            for _ in range(3):
                ours.sync()
        except Killed:
            continue
        assert set(outbox.receipts) <= set(server.receipts)  # the light never lies
    assert set(outbox.receipts) == set(server.receipts) == {each.manifest.submission_id for each in outbox.unsent}
    assert [signed.entry for signed in server.journal] == [each.entry.entry for each in outbox.unsent]
    assert server.files == outbox.files
    assert outbox.said() == {}


def test_an_upload_goes_on_from_where_the_server_is(server, keyring):
    outbox = Outbox((3 * CHUNK_BYTES,))
    sender(server, outbox, keyring, faults=[None] * 4 + ["no line"] * 9).sync()
    assert sender(server, outbox, keyring).sync() is None
    assert sum(size for method, _, size in server.log if method == "PATCH") == 3 * CHUNK_BYTES


def test_a_submission_that_is_refused_stops_nobody_and_is_tried_again_later(server, keyring):
    outbox, now = Outbox((10,), (20,)), [0.0]
    first, second = (each.manifest.submission_id for each in outbox.unsent)
    server.refuses[f"/v1/submissions/{first}"] = PAGE_COUNT_MISMATCH
    ours = sender(server, outbox, keyring, clock=lambda: now[0])
    ours.sync()
    assert set(outbox.receipts) == {second}
    assert "Số trang" in outbox.said()[first]
    server.refuses.clear()
    ours.sync()
    assert set(outbox.receipts) == {second}
    now[0] += LONGEST_SECONDS
    ours.sync()
    assert set(outbox.receipts) == {first, second}


def test_a_server_that_stumbles_over_one_submission_gets_the_others(server, keyring):
    outbox = Outbox((10,), (20,))
    first, second = (each.manifest.submission_id for each in outbox.unsent)
    server.refuses[f"/v1/submissions/{first}"] = INTERNAL
    assert sender(server, outbox, keyring).sync().kind.slug == "internal"
    assert set(outbox.receipts) == {second}
    assert outbox.said() == {}  # it may pass: nobody has to do anything yet


def test_a_submission_that_the_line_broke_off_goes_last_next_time(server, keyring):
    outbox = Outbox((10,), (20,))
    first, second = (each.manifest.submission_id for each in outbox.unsent)
    ours = sender(server, outbox, keyring, faults=[None, "no line"])
    assert ours.sync().kind == SERVER_UNREACHABLE
    ours.sync()
    assert list(outbox.receipts) == [second, first]


def test_a_station_that_is_not_let_in_needs_a_person_until_it_is(server, keyring):
    outbox = Outbox((10,), (20,))
    server.refuses["*"] = NOT_AUTHORISED
    ours = sender(server, outbox, keyring)
    assert ours.sync().kind == NOT_AUTHORISED
    assert set(outbox.said()) == {each.manifest.submission_id for each in outbox.unsent}
    server.refuses.clear()
    assert ours.sync() is None
    assert outbox.said() == {}


def test_a_server_that_forgot_the_journal_or_a_file_gets_it_again(server, keyring):
    outbox, now = Outbox((10,)), [0.0]
    ours = sender(server, outbox, keyring, clock=lambda: now[0])
    for lost in (server.journal, server.files, server.uploads):
        server.refuses[f"/v1/submissions/{outbox.unsent[0].manifest.submission_id}"] = BAD_REQUEST
        ours.sync()
        server.refuses.clear()
        lost.clear()
    for _ in range(3):
        now[0] += LONGEST_SECONDS
        ours.sync()
    assert len(outbox.receipts) == 1


def test_a_receipt_that_proves_nothing_is_not_handed_over(server, keyring, tmp_path):
    outbox = Outbox((10,))
    [unsent] = outbox.unsent
    stranger = Keyring.open(Settings(home=tmp_path), NOW)
    sender(server, outbox, stranger).sync()
    assert outbox.receipts == {}
    assert "Biên nhận" in outbox.said()[unsent.manifest.submission_id]


def test_a_file_that_was_damaged_on_the_station_is_never_sent_as_whole(server, keyring):
    outbox = Outbox((10,))
    [unsent] = outbox.unsent

    def damaged(_sha256):
        raise OSError(5, "Input/output error")

    outbox.open = damaged
    sender(server, outbox, keyring).sync()
    assert outbox.receipts == {}
    assert unsent.manifest.submission_id in outbox.said()


def test_pauses_grow_up_to_five_minutes_and_end_with_the_first_success(server, keyring):
    outbox, waited = Outbox((10,)), []
    faults = ["no line"] * 12

    def wait(seconds):
        waited.append(seconds)
        return len(waited) > 15

    sender(server, outbox, keyring, faults=faults).run(wait)
    assert waited[:11] == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_SECONDS]
    assert waited[-1] == IDLE_SECONDS
    assert len(outbox.receipts) == 1


def test_a_crowd_does_not_come_back_at_once(server, keyring):
    draws = iter([0.1, 0.9])
    outbox, waited = Outbox((10,)), []
    ours = Sender(Line(server, ["no line"] * 2), outbox, keyring.roots[0].decode(), draw=lambda: next(draws))
    ours.run(lambda seconds: (waited.append(seconds), len(waited) > 3)[1])
    assert waited[1:3] == [0.1, 1.8]


def test_problems_of_the_line_are_no_business_of_the_clerk(server, keyring):
    outbox = Outbox((10,))
    problem = sender(server, outbox, keyring, faults=["no line"] * 3).sync()
    assert isinstance(problem, ProblemError)
    assert problem.kind.transient
    assert outbox.said() == {}


# --- legibility ------------------------------------------------------------------------------------------------------
PREVIEWS = [
    Preview(1, 1, b"a page", ()),
    Preview(1, 2, b"a blurred page", ("low_dpi",)),
    Preview(2, 1, None, ("low_dpi",)),
]


def test_pages_are_looked_at_before_anything_is_sent_and_once(server, keyring):
    outbox = Outbox((10,))
    outbox.previews = PREVIEWS
    ours = sender(server, outbox, keyring)
    assert ours.sync() is None
    assert outbox.faults == {(1, 1): (), (1, 2): ("low_dpi", "blurred"), (2, 1): ("low_dpi",)}
    assert [path for _, path, _ in server.log[:3]] == [
        "/v1/previews",
        "/v1/previews",
        f"/v1/stations/{STATION}/journal",
    ]
    server.log.clear()
    ours.sync()
    assert server.log == []


@pytest.mark.parametrize(("kind", "known"), [(INTERNAL, set()), (BAD_REQUEST, {(1, 1), (1, 2), (2, 1)})])
def test_a_server_that_does_not_look_at_pages_is_in_nobodys_way(server, keyring, kind, known):
    outbox, now = Outbox((10,)), [0.0]
    outbox.previews = PREVIEWS
    server.refuses["/v1/previews"] = kind
    ours = sender(server, outbox, keyring, clock=lambda: now[0])
    assert ours.sync() is None
    assert set(outbox.receipts) == {each.manifest.submission_id for each in outbox.unsent}
    assert set(outbox.faults) == known
    server.log.clear()
    ours.sync()
    assert server.log == []
    del server.refuses["/v1/previews"]
    now[0] += 1
    ours.sync()
    assert set(outbox.faults) == {(1, 1), (1, 2), (2, 1)}


def test_the_server_is_asked_ever_more_seldom_about_what_it_received_until_it_has_read_it(server, keyring):
    outbox, now = Outbox((10,)), [0.0]
    outbox.asks = True
    ours = sender(server, outbox, keyring, clock=lambda: now[0])
    asked = lambda: sum(path.endswith("/legibility") for _, path, _ in server.log)  # noqa: E731
    asked_at = []
    for second in range(16):
        before, now[0] = asked(), float(second)
        ours.sync()
        asked_at += [second] * (asked() - before)
    assert asked_at == [0, 1, 3, 7, 15]
    server.has_read = True
    now[0] = 31.0
    ours.sync()
    assert set(outbox.judgements) == set(outbox.receipts)
    ours.sync()
    assert asked() == 6


def test_a_new_receipt_is_asked_about_at_once(server, keyring):
    outbox = Outbox((10,))
    outbox.asks = True
    ours = sender(server, outbox, keyring)
    ours.sync()
    new = outbox.add((20,))
    ours.sync()
    assert [path for _, path, _ in server.log].count(f"/v1/submissions/{new}/legibility") == 1
