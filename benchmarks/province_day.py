"""The busiest hour of a province's day, replayed against one server: what does taking papers in cost, and who waits?

`python -m benchmarks.province_day`. Stations are enrolled ones with keys, journals and connections of their own; each
sends previews of pages, then whole dossiers, over HTTP and proves its receipts, as `sohoa station` does. They come when
they come (a Poisson process at the rate of the busiest hour), whether or not the server keeps up. Reading is not part
of it: it waits.
"""

import argparse
import io
import os
import random
import signal
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import accumulate, count
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.run import table
from benchmarks.serving import api_server
from flows.house import House
from flows.keyring import Keyring
from pipeline.workers import cpu_seconds
from schemas.digest import sha256_hex
from schemas.settings import Limits, Settings
from schemas.station import Enrolment, EnrolmentRequest, Journal, JournalEntry
from schemas.submission import Manifest, SubmittedFile
from sohoa.demo import SCANS
from sohoa.station import journal
from sohoa.station.client import Intake
from sohoa.station.pictures import as_one_file, previews
from sohoa.station.proof import prove
from sohoa.station.upload import upload

STATIONS, DOSSIERS_A_DAY, PAGES = 702, 75, 6
PEAK_SHARE = 0.2
"""Of a day's dossiers, in its busiest hour: an eight-hour day would have 0.125 if it were even."""
_PAPERS = 2
_SENDERS = 96
"""Stations that may be sending at the same moment here; more would measure Python's threads."""
_BUSY = 0.6
"""Of a core, in the machine that is proposed: what comes at random needs room."""


class Paper(NamedTuple):
    """The pages of a paper: JPEGs, as scanners write them, and their previews, which are the stations' own cost."""

    pages: tuple[bytes, ...]
    previews: tuple[bytes, ...]


class Dossier(NamedTuple):
    """What a station sends."""

    files: Sequence[bytes]
    previews: Sequence[bytes]


class Sent(NamedTuple):
    """How one dossier fared."""

    late: float
    """Seconds that nobody was free to send it: of this benchmark, or because the server was slow."""
    seconds_to_answer: float
    """From a page's preview to what is wrong with the page, on average over its pages."""
    seconds_to_receipt: float
    """From the last byte of its files to its proved receipt."""
    size: int


class Level(NamedTuple):
    """What was measured with so many stations."""

    stations: int
    a_second: float
    sent: Sequence[Sent]
    server_cpu: float


class _Listening(Intake):
    """An intake that notes when the last byte of a body left."""

    last_byte = 0.0

    def _in_blocks(self, body: bytes) -> Iterator[bytes]:
        yield from super()._in_blocks(body)
        self.last_byte = time.monotonic()


class Station:
    """A station that sends and forgets: no outbox, which is the station's own cost."""

    def __init__(self, number: int, house: House, address: str, root: str) -> None:
        """Enrol it."""
        self._name, key = f"diem-quet-{number:03}", Ed25519PrivateKey.generate()
        request = EnrolmentRequest(
            station=self._name,
            kind="post_office",
            agency="UBND xã Kim Liên",
            public_key=b64encode(key.public_key().public_bytes_raw()),
        )
        now = datetime.now(UTC)
        house.stations.keep(
            Enrolment(request=request, number=1, status="enrolled", decided_at=now, decided_by="the province")
        )
        self._key, self._root = key, root
        self._intake = _Listening(address, self._name, key)
        self._last: JournalEntry | None = None
        self._one_at_a_time = Lock()

    def send(self, dossier: Dossier, due: float) -> Sent:
        """Have each page looked at, then send the dossier and prove its receipt."""
        papers = dossier.files
        with self._one_at_a_time:
            late = time.monotonic() - due
            for preview in dossier.previews:
                self._intake.glance(preview)
            answered = (time.monotonic() - due - late) / len(dossier.previews)
            files = tuple(
                SubmittedFile(sha256=sha256_hex(paper), size=len(paper), name=f"{number:03}.pdf")
                for number, paper in enumerate(papers, 1)
            )
            manifest = Manifest(
                station=self._name, scanned_by="Nguyễn Thị Quét", scanned_at=datetime.now(UTC), files=files
            )
            entry = journal.next_entry(
                self._last, manifest, written_at=datetime.now(UTC), scanned=PAGES, declared=PAGES
            )
            self._intake.send_journal(Journal(entries=(journal.signed(entry, self._key),)))
            self._last = entry
            for file, paper in zip(files, papers, strict=True):
                upload(self._intake, file, io.BytesIO(paper))
            last_byte = self._intake.last_byte
            prove(self._intake.submit(manifest), manifest, self._root, self._intake.now())
            return Sent(late, answered, time.monotonic() - last_byte, sum(map(len, papers)))


def main() -> None:
    """Measure with ever more stations, print a table and what the province needs."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60, help="of the busiest hour, at each number of stations")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--stations", default=f"88,176,351,{STATIONS}", help="numbers of stations, with commas")
    chosen = arguments.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the server does not stay behind
    with tempfile.TemporaryDirectory(prefix="sohoa-province-") as folder, api_server(Path(folder)) as (server, address):
        settings = Settings(home=Path(folder, "home"))
        house = House.open(settings)
        root = Keyring.open(settings, datetime.now(UTC)).roots[0].decode("ascii")
        asked = sorted(map(int, chosen.stations.split(",")))
        everybody = [Station(number, house, address, root) for number in range(asked[-1])]
        chance, papers = random.Random(chosen.seed), _papers()
        everybody[0].send(_dossier(papers, count(-_PAPERS)), time.monotonic())  # the server opens its keys and workers
        sending = count()
        levels = [_replay(everybody[:stations], chosen.seconds, chance, papers, sending, server) for stations in asked]
    print(table(_COLUMNS, map(_row, levels)))
    print(f"\n{_conclusion(levels[-1])}")


def _replay(
    stations: Sequence[Station],
    seconds: float,
    chance: random.Random,
    papers: Sequence[Paper],
    numbers: Iterator[int],
    server: subprocess.Popen[bytes],
) -> Level:
    a_second = len(stations) * DOSSIERS_A_DAY * PEAK_SHARE / 3600
    gaps = (chance.expovariate(a_second) for _ in range(max(1, round(a_second * seconds))))
    arrivals = [(at, chance.choice(stations), _dossier(papers, numbers)) for at in accumulate(gaps)]
    before, begin = cpu_seconds(server.pid), time.monotonic()

    def send(arrival: tuple[float, Station, Dossier]) -> Sent:
        at, station, dossier = arrival
        due = begin + at
        time.sleep(max(0.0, due - time.monotonic()))
        return station.send(dossier, due)

    with ThreadPoolExecutor(_SENDERS) as senders:
        sent = list(senders.map(send, arrivals))
    return Level(len(stations), a_second, sent, cpu_seconds(server.pid) - before)


# --- the papers ----------------------------------------------------------------------------------------------------


def _papers() -> list[Paper]:
    """Return the papers that are sent."""
    pages = [path.read_bytes() for path in sorted(SCANS.glob("*.jpg"))]
    shown = [_preview(page) for page in pages]
    places = [[(first + page) % len(pages) for page in range(PAGES // _PAPERS)] for first in range(len(pages))]
    return [Paper(tuple(pages[n] for n in each), tuple(shown[n] for n in each)) for each in places]


def _preview(page: bytes) -> bytes:
    [(_, seen)] = previews(io.BytesIO(page), "image/jpeg", [1], Limits())
    assert seen.jpeg is not None
    return seen.jpeg


def _dossier(papers: Sequence[Paper], numbers: Iterator[int]) -> Dossier:
    """Return a dossier that nobody has sent before: each first page has a comment of its own."""
    files: list[bytes] = []
    shown: list[bytes] = []
    for _ in range(_PAPERS):
        number = next(numbers)
        paper = papers[number % len(papers)]
        shown += paper.previews
        first, *others = paper.pages
        comment = f"{number:020}".encode("ascii")
        marked = first[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + first[2:]
        files.append(as_one_file([marked, *others]))
    return Dossier(files, shown)


# --- the report ----------------------------------------------------------------------------------------------------

_COLUMNS = [
    "stations", "dossiers/s", "sent", "server CPU s/dossier", "cores busy",
    "p50 s", "p95 s", "p99 s", "p95 s a preview", "p95 s late",
]  # fmt: skip


def _row(level: Level) -> list[str]:
    waited = np.quantile([each.seconds_to_receipt for each in level.sent], [0.5, 0.95, 0.99])
    late = np.quantile([each.late for each in level.sent], 0.95)
    answered = np.quantile([each.seconds_to_answer for each in level.sent], 0.95)
    cost = level.server_cpu / len(level.sent)
    measured = (cost, cost * level.a_second, *waited, answered, late)
    return [str(level.stations), f"{level.a_second:.2f}", str(len(level.sent)), *(f"{each:.2f}" for each in measured)]


def _conclusion(level: Level) -> str:
    cost = level.server_cpu / len(level.sent)
    size = sum(each.size for each in level.sent) / len(level.sent)
    peak = STATIONS * DOSSIERS_A_DAY * PEAK_SHARE / 3600
    return (
        f"{os.cpu_count()} cores here, stations included. The province, {STATIONS} stations with {DOSSIERS_A_DAY}"
        f" dossiers of {PAGES} pages, has {peak:.2f} dossiers a second in its busiest hour:"
        f" {peak * cost / _BUSY:.1f} cores for intake at {_BUSY:.0%} load, {peak * size * 8 / 1e6:.0f} Mbit/s, and"
        f" {STATIONS * DOSSIERS_A_DAY * size / 1e9:.0f} GB a day with pages like these."
    )


if __name__ == "__main__":
    main()
