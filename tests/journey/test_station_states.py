"""Two stations, the intake and its store, in any order of events that Hypothesis can think of. No sockets, no waiting.

What the journals say was accepted is what the store has, once each, and no light is green before.
"""

import errno
import os
import shutil
import tempfile
import time
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import settings as how
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from starlette.testclient import TestClient
from urllib3 import HTTPHeaderDict

import flows.intake
from flows.house import House
from flows.keyring import Keyring
from schemas.problem import SERVER_UNREACHABLE, ProblemError
from schemas.settings import ScanningSettings, Settings
from schemas.station import Enrolment, Welcome
from sohoa.api.app import create_app
from sohoa.station.client import Answer, Intake, _refusal
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home
from sohoa.station.light import State
from sohoa.station.outbox import Outbox
from sohoa.station.sender import Sender
from storage import keys
from tests.sohoa.station.stations import page

BY = "Nguyễn Thị Quét"
AT_STATION = Settings(scanning=ScanningSettings(keep_free_bytes=0))
FAULTS = (
    "no line",
    "corrupt",
    "lost answer",
    "twice",
    "an old one again",
    "killed before",
    "killed after",
    "full disk",
)
faults = some.lists(some.none() | some.sampled_from(FAULTS), max_size=25)
which = some.integers(0, 1)


class Killed(BaseException):
    """As by kill -9."""


class Inline:
    """The pool of worker processes, without processes."""

    def __init__(self, *_words):
        """Nothing to start."""

    def __enter__(self):
        return self

    def __exit__(self, *_words):
        """Nothing to stop."""

    def submit(self, function, *args, seconds):
        future = Future()
        try:
            future.set_result(function(*args))
        except ProblemError as error:
            future.set_exception(error)
        return future


class Wire(Intake):
    """The client as it is, with an application in the place of its sockets."""

    def __init__(self, world, home):
        super().__init__("http://localhost", home.station, home.key, clock=lambda: time.time() + world.skew)
        self._world = world

    def _asked(self, method, path, headers, body):
        fault = self._world.faults.pop(0) if self._world.faults else None
        request = (method, path, {**headers, "Authorization": f"Bearer {self._token()}"}, body)
        if fault == "killed before":
            raise Killed
        if fault == "no line":
            raise SERVER_UNREACHABLE.error(fault)
        if fault == "corrupt" and body:
            place = len(body) // 2
            request = (*request[:3], body[:place] + bytes([body[place] ^ 4]) + body[place + 1 :])
        if fault == "an old one again" and self._world.past:
            self._world.answer(*self._world.past[len(body or b"") % len(self._world.past)])
        answer = self._world.answer(*request, full=fault == "full disk")
        self._world.past.append(request)
        if fault == "twice":
            self._world.answer(*request)
        if fault == "killed after":
            raise Killed
        if fault == "lost answer":
            raise SERVER_UNREACHABLE.error(fault)
        if answer.status < 300:
            return answer
        raise _refusal(answer)


class World(RuleBasedStateMachine):
    """A server with its store, and two stations with their disks."""

    keys_made: Path

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sohoa-states-"))
        self.settings = Settings(home=self.folder / "server")
        shutil.copytree(self.keys_made, self.settings.home / "keys")
        self.house = House.open(self.settings)
        self.root = Keyring.open(self.settings, datetime.now(UTC)).roots[0].decode()
        self.homes = [Home(self.folder / name) for name in ("first", "second")]
        self.faults, self.past, self.skew, self.papers = [], [], 0.0, 0
        self.wanted = {}
        self.senders = [None, None]

    @initialize()
    def enrol(self):
        for home in self.homes:
            request = home.enroll(f"diem-quet-{home.folder.name}", "counter", "UBND xã Kim Liên")
            step = {"number": 1, "status": "enrolled", "decided_at": datetime.now(UTC), "decided_by": "test"}
            self.house.stations.keep(Enrolment(request=request, **step))
            home.accept(Welcome(station=home.station, server="http://localhost", receipt_certificate=self.root))
        self.start_server()

    @rule()
    def start_server(self):
        """As after kill -9: nothing but the disk is left of the one before."""
        self.client = TestClient(create_app(House.open(self.settings), "token"), raise_server_exceptions=False)

    @rule(station=which)
    def start_station(self, station):
        self.senders[station] = None

    @rule(seconds=some.sampled_from([0.0, -3e8, 100.0, 4e8]))
    def set_clock(self, seconds):
        self.skew = seconds

    @rule(station=which, pages=some.integers(1, 2), killed=some.booleans(), tiny=some.booleans())
    def scan(self, station, pages, killed, tiny):
        """A tiny page is one that the server keeps and cannot read."""
        self.papers += 1
        desk = Dossiers(self.homes[station], AT_STATION)
        number = desk.open(f"H40.12-260331-{self.papers:04}").number
        for each in range(pages):
            file = self.folder / f"{self.papers}-{each}.png"
            file.write_bytes(page(file.name, size=(60, 90) if tiny else (248, 351)))
            desk.take(file.name, file)
            desk.next_paper(number)
        if not killed:
            submission_id = desk.close(number, scanned_by=BY).entry.submission_id
            self.wanted[submission_id] = State.NEEDS_YOU if tiny else State.SAFE_THERE

    @rule(station=which, faults=faults)
    def send(self, station, faults):
        self.faults = faults
        try:
            self.sender(station).sync()
        except Killed:
            self.senders[station] = None
        self.faults = []

    @rule(faults=faults)
    def send_from_one_disk_twice(self, faults):
        """What the hold on the home prevents does no harm either."""
        self.faults = faults
        for _ in range(2):
            self.senders[0] = None
            self.send(0, self.faults)

    @invariant()
    def no_light_is_green_before_all_is_stored(self):
        for home in self.homes:
            for status in Dossiers(home, AT_STATION).every_status() if home.ledger.exists() else ():
                if status.state is State.SAFE_THERE:
                    assert self.wanted[status.submission_id] is State.SAFE_THERE
                    _, manifest = self.house.received(status.submission_id)
                    for file in manifest.files:
                        assert len(self.house.store.get(keys.file(file.sha256))) == file.size

    @invariant()
    def the_server_knows_of_nothing_that_no_station_said(self):
        announced = set()
        for home in self.homes:
            said = [signed.entry for signed in self.entries(home)]
            known = [signed.entry for signed in self.house.journals.entries(home.station)]
            assert known == said[: len(known)]
            announced |= {entry.submission_id for entry in said}
        stored = [keys.submission_of(key) for key in self.house.inbox.manifests()]
        assert len(stored) == len(set(stored))
        assert set(stored) <= announced

    def teardown(self):
        try:
            self.peace()
        finally:
            shutil.rmtree(self.folder)

    def peace(self):
        self.senders = [None, None]
        for station, home in enumerate(self.homes):
            for _ in range(3):  # what was held back by a fault before is taken up again
                self.sender(station).sync()
            entries = self.entries(home)
            lights = {each.submission_id: each.state for each in Dossiers(home, AT_STATION).every_status()}
            assert [signed.entry.sequence for signed in entries] == list(range(1, len(entries) + 1))
            assert list(self.house.journals.entries(home.station)) == list(entries)
            assert all(lights[name] is self.wanted[name] for name in (signed.entry.submission_id for signed in entries))
        self.no_light_is_green_before_all_is_stored()

    def entries(self, home):
        return Outbox(home, AT_STATION).entries_from(1) if home.ledger.exists() else ()

    def sender(self, station):
        if self.senders[station] is None:
            home = self.homes[station]
            outbox = Outbox(home, AT_STATION)
            self.senders[station] = Sender(Wire(self, home), outbox, self.root, draw=lambda: 0.0)
        return self.senders[station]

    def answer(self, method, path, headers, body, *, full=False):
        with pytest.MonkeyPatch.context() as patch:
            if full:
                patch.setattr(os, "fsync", no_room)
            said = self.client.request(method, path, headers=headers, content=body)
        headers = HTTPHeaderDict(said.headers)
        headers["Date"] = format_datetime(datetime.now(UTC), usegmt=True)  # uvicorn's part
        return Answer(said.status_code, headers, said.content)


def no_room(_descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_whatever_happens_in_whatever_order_nothing_is_lost_doubled_or_green_too_early(tmp_path, monkeypatch):
    monkeypatch.setattr(flows.intake, "Workers", Inline)
    monkeypatch.setattr(World, "keys_made", tmp_path / "keys", raising=False)
    Keyring.open(Settings(home=tmp_path), datetime.now(UTC))
    run_state_machine_as_test(World, settings=how(max_examples=8, stateful_step_count=12))
