"""Whatever is interrupted wherever: the journal has no gaps, and says what was closed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problem import ProblemError
from schemas.station import FIRST
from sohoa.station import ledger
from sohoa.station.dossiers import Dossiers
from sohoa.station.outbox import Outbox
from tests.sohoa.station.stations import BY, SETTINGS, page, receipt, station

CODES = ["H40.12-260331-0001", "H40.12-260331-0002", "H40.12-260331-0003"]


class Killed(BaseException):
    """The process ends here, and nothing of it runs any more."""


@contextmanager
def killed_after(steps):
    """Let the process end after so many steps that reach the disk; what it had in memory is gone.

    Yields a list that has something in it as soon as that happened.
    """
    left = steps
    happened = []

    def step():
        nonlocal left
        left -= 1
        if left < 0:
            happened.append(Killed)
            raise Killed

    def stepping(call):
        def stepped(*arguments, **options):
            step()
            return call(*arguments, **options)

        return stepped

    class Connection(sqlite3.Connection):
        def execute(self, sql, *arguments):
            step()
            return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), *arguments)

        def executemany(self, *arguments):
            step()
            return super().executemany(*arguments)

    def connect(path, **options):
        return real(path, factory=Connection, **options)

    real = sqlite3.connect
    with (
        patch.object(ledger.sqlite3, "connect", connect),
        patch.object(os, "fsync", lambda _: step()),  # a kill, no power cut: what was written is there
        patch.object(os, "replace", stepping(os.replace)),
        patch.object(os, "unlink", stepping(os.unlink)),
        suppress(Killed, ProblemError),
    ):
        yield happened


class Clock:
    """A clock that is set forward and back."""

    def __init__(self, jumps):
        self._jumps = iter(jumps)

    def __call__(self):
        return datetime(2026, 3, 31, 8, tzinfo=UTC) + timedelta(days=next(self._jumps, 0))


acts = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(CODES)),
    st.tuples(st.just("take"), st.integers(0, 9)),
    st.tuples(st.just("close"), st.none()),
    st.tuples(st.just("receive"), st.none()),
)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for number in range(10):
        (folder / f"{number}.png").write_bytes(page(str(number)))
    return folder


@given(
    done=st.lists(st.tuples(acts, st.one_of(st.integers(0, 40), st.just(10**6))), max_size=25),
    jumps=st.lists(st.integers(-4000, 4000)),
)
@settings(deadline=None, max_examples=30)
def test_no_interruption_and_no_clock_breaks_the_journal(scans, done, jumps):
    with tempfile.TemporaryDirectory() as name:
        home = station(Path(name))
        clock = Clock(jumps)
        Dossiers(home, SETTINGS, now=clock)
        for (verb, what), steps in done:
            with killed_after(steps):
                act(home, clock, scans, verb, what)
            must_hold(home)
        finish(home, clock)
        must_hold(home)


def act(home, clock, scans, verb, what):
    dossiers = Dossiers(home, SETTINGS, now=clock)
    if verb == "open":
        dossiers.open(what)
    elif verb == "take":
        dossiers.take(f"claim {what}", scans / f"{what}.png")
    elif verb == "close":
        dossiers.close(dossiers.current(), scanned_by=BY)
    else:
        outbox = Outbox(home, SETTINGS, now=clock)
        for unsent in outbox.to_send():
            outbox.received(receipt(unsent.manifest))
            break


def finish(home, clock):
    """Do what a station that is started again does, without being interrupted."""
    Outbox(home, SETTINGS, now=clock).wipe()


def must_hold(home):
    """Fail if the journal has a gap, says anything but what was closed, or a file of it is not there."""
    dossiers, outbox = Dossiers(home, SETTINGS), Outbox(home, SETTINGS)
    previous, statuses = FIRST, list(dossiers.every_status())
    entries = outbox.entries_from(1)
    for sequence, signed in enumerate(entries, 1):
        assert (signed.entry.sequence, signed.entry.previous) == (sequence, previous)
        home.key.public_key().verify(signed.signature, signed.entry.canonical_bytes())
        previous = signed.entry.sha256
    closed = {each.sequence: each for each in statuses if each.sequence is not None}
    assert {entry.entry.sequence: entry.entry.submission_id for entry in entries} == {
        sequence: each.submission_id for sequence, each in closed.items()
    }
    for signed in entries:
        status = closed[signed.entry.sequence]
        assert (signed.entry.dossier_code, signed.entry.scanned_pages) == (status.dossier_code, status.scanned_pages)
    for unsent in outbox.to_send():
        assert unsent.manifest.submission_id == unsent.entry.entry.submission_id
        for file in unsent.manifest.files:
            with outbox.open(file.sha256) as opened:
                assert len(opened.read()) == file.size
    [claims] = dossiers._ledger.execute("SELECT COUNT(*) FROM claim").fetchone()
    assert claims == sum(status.scanned_pages for status in statuses)
    for status in statuses:
        assert (status.state == "safe there") == (status.received_at is not None)
        if status.sequence is None and status.dossier_code and status.scanned_pages:
            dossiers._vault.open(dossiers._scans(status.number)[-1]["file"]).close()


def dossier_of_two_papers(home, clock, scans):
    for verb, what in (("open", CODES[0]), ("take", 0), ("take", 1), ("close", None), ("receive", None)):
        act(home, clock, scans, verb, what)


def test_a_dossier_survives_a_kill_at_every_single_step(scans, tmp_path):
    for steps in range(1000):
        home, clock = station(tmp_path / str(steps)), Clock([])
        Dossiers(home, SETTINGS)
        with killed_after(steps) as killed:
            dossier_of_two_papers(home, clock, scans)
        must_hold(home)
        if not killed:
            break
        with suppress(ProblemError):  # nothing is open any more, for it was closed already
            dossier_of_two_papers(home, clock, scans)
        finish(home, clock)
        must_hold(home)
        assert 2 in [status.scanned_pages for status in Dossiers(home, SETTINGS).every_status()]
    assert steps > 50


_CLERK = """
import itertools, pathlib, sys
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home
from tests.sohoa.station.stations import BY, SETTINGS
home, scans = Home(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
dossiers = Dossiers(home, SETTINGS)
print("begun", flush=True)
for number in itertools.count(sum(1 for _ in dossiers.every_status())):
    opened = dossiers.open(f"H40.12-260331-{number:04}").number
    for scan in range(3):
        dossiers.take(f"{number}/{scan}", scans / f"{scan}.png")
    print(dossiers.close(opened, scanned_by=BY).entry.submission_id, flush=True)
"""


def test_kill_9_at_any_time_loses_nothing_that_was_told(scans, tmp_path):
    home = station(tmp_path / "home")
    told = set()
    chance = random.Random(7)
    for _ in range(8):
        clerk = subprocess.Popen(
            [sys.executable, "-c", _CLERK, home.folder, scans], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )  # fmt: skip
        assert clerk.stdout.readline() == "begun\n"
        told |= set() if told else {clerk.stdout.readline().strip()}
        time.sleep(chance.uniform(0, 0.2))
        os.kill(clerk.pid, signal.SIGKILL)
        told |= set(clerk.stdout.read().split())
        clerk.wait()
        must_hold(home)
    written = {signed.entry.submission_id for signed in Outbox(home, SETTINGS).entries_from(1)}
    assert told <= written
