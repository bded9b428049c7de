"""Stations, bad lines and a server as processes of their own, all of them killed again and again; and who lost what.

Nothing here waits for a good moment. At the end the lines are good, everybody runs, and there has to be peace.
"""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from flows.house import House
from flows.keyring import Keyring
from schemas.digest import Sha256
from schemas.settings import Settings
from schemas.station import Enrolment, EnrolmentRequest, SignedEntry, Welcome
from sohoa.station.home import Home
from sohoa.station.ledger import connect
from storage import keys
from tests.faults.line import BadLine
from tests.servers import free_ports

ROOT = Path(__file__).parents[2]
SOHOA = Path(sys.executable).with_name("sohoa")
STATIONS_A_LINE = 4
SLOW = 64_000
"""Bits per second for each station on every third line."""
UNHURT_SECONDS = 4.0
"""How long a server answers at least: one that never does breaks nothing."""


class Plan(NamedTuple):
    """What is let loose."""

    stations: int
    dossiers: int
    """Of each station."""
    pace: float = 0.0
    """Seconds between two dossiers of a station, on average."""
    share: float = 0.15
    """Of all requests that meet with a fault."""
    kills_a_second: float = 0.5
    seed: int = 1


class Found(NamedTuple):
    """What came of it."""

    submissions: int
    pages: int
    faults: Counter[str]
    unfinished: int
    """Dossiers that were not green when patience ended."""
    lost: int
    doubled: int
    false_green: int
    seconds: float


class Party:
    """One process that is started again whenever it dies, until it ends by itself."""

    def __init__(self, command: Sequence[str | Path], log: Path, environment: dict[str, str]) -> None:
        self._command = command
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0
        self.wakes_at = 0.0

    def tend(self) -> None:
        """Start it, if it does not run, has not ended well and is not to stay away for now."""
        if self._process is not None and self._process.poll() not in {None, 0, -signal.SIGKILL}:
            message = f"it ended by itself, see {self._log}"
            raise RuntimeError(message)
        if not self.runs and not self.is_done and time.monotonic() >= self.wakes_at:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )

    def kill(self, away: float = 0.0) -> None:
        """Kill -9, and keep it away for so many seconds."""
        if self._process is not None and self.runs:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self.kills += 1
            self.wakes_at = time.monotonic() + away

    @property
    def runs(self) -> bool:
        """Whether there is such a process."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_done(self) -> bool:
        """Whether it has ended by itself, and well."""
        return self._process is not None and self._process.poll() == 0


class Scene:
    """A server, its stations and what they will scan, below one folder."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Enrol every station and lay out the papers."""
        [self._port] = free_ports(1)
        self._folder, self._plan, self._random = folder, plan, random.Random(plan.seed)
        self._settings = Settings(home=folder / "server")
        self.house = House.open(self._settings)
        keyring = Keyring.open(self._settings, datetime.now(UTC))
        self.lines = [
            BadLine(
                ("127.0.0.1", self._port),
                seed=plan.seed + number,
                share=plan.share,
                bits_per_second=SLOW if self._is_slow(number * STATIONS_A_LINE) else None,
            )
            for number in range(-(-plan.stations // STATIONS_A_LINE))
        ]
        self.pages = 0
        self.homes: list[Home] = []
        for number in range(plan.stations):
            home = Home(folder / f"station-{number:03}")
            self._enrol(home, f"diem-quet-{number:03}", self.lines[number // STATIONS_A_LINE], keyring)
            self._lay_out(folder / f"spool-{number:03}", number)
            self.homes.append(home)

    def _enrol(self, home: Home, name: str, line: BadLine, keyring: Keyring) -> None:
        request: EnrolmentRequest = home.enroll(name, "post_office", "UBND xã Kim Liên")
        now = datetime.now(UTC)
        self.house.stations.keep(
            Enrolment(request=request, number=1, status="enrolled", decided_at=now, decided_by="the chaos")
        )
        root = keyring.roots[0].decode()
        home.accept(Welcome(station=name, server=line.address, receipt_certificate=root))

    def _lay_out(self, spool: Path, station: int) -> None:
        for dossier in range(self._plan.dossiers):
            folder = spool / f"H40.12-26{station:04}-{dossier:04}"
            folder.mkdir(parents=True)
            for page in range(self._random.randint(1, 3)):
                size = self._random.choice(_SIZES[: 1 if self._is_slow(station) else None])
                (folder / f"{page}.png").write_bytes(_page(self._random, size))
                self.pages += 1

    def _is_slow(self, station: int) -> bool:
        return station // STATIONS_A_LINE % 3 == 1

    def play(self, *, seconds: float, patience: float) -> Found:
        """Let everything run and break, then run in peace, then look who has what.

        Args:
            seconds: how long faults are injected.
            patience: how long peace may take afterwards until every light is green.
        """
        started = time.monotonic()
        environment = {
            **os.environ,
            "SOHOA_HOME": str(self._settings.home),
            "SOHOA_API__PORT": str(self._port),
            "SOHOA_WORKERS": "1",
        }
        server = Party([SOHOA, "up", "api"], self._folder / "server.log", environment)
        stations = [
            Party(
                [
                    sys.executable,
                    "-m",
                    "tests.faults.station",
                    home.folder,
                    self._beside(home, "spool"),
                    self._lights(home),
                    str(self._plan.pace),
                ],
                self._folder / f"{home.folder.name}.log",
                dict(os.environ),
            )
            for home in self.homes
        ]
        faults: Counter[str] = Counter()
        with ExitStack() as stack:
            for party in (server, *stations):
                stack.callback(party.kill)
            server.tend()
            self._await_server()
            self._break(server, stations, faults, seconds)
            for line in self.lines:
                line.share, line.is_down = 0.0, False
            end = time.monotonic() + patience
            while not all(party.is_done for party in stations) and time.monotonic() < end:
                for party in (server, *stations):
                    party.tend()
                time.sleep(0.1)
            faults["server_killed"] = server.kills
            faults["station_killed"] = sum(party.kills for party in stations)
        for line in self.lines:
            line.close()
            faults += line.injected
        return self._judge(faults, time.monotonic() - started)

    def _break(self, server: Party, stations: Sequence[Party], faults: Counter[str], seconds: float) -> None:
        """Kill and cut until the time is over, or there is nobody left to do it to."""
        end = time.monotonic() + seconds
        waking = list(stations)
        answers_since = time.monotonic()
        while time.monotonic() < end and not all(party.is_done for party in stations):
            for party in (server, *stations[: len(stations) - len(waking)]):
                party.tend()
            if not self._answers():
                answers_since = time.monotonic()
            del waking[:2]  # two at a time: fifty that start at once would only wait for each other
            for line in self.lines:
                line.is_down = line.is_down and self._random.random() < 0.95
            if self._random.random() < self._plan.kills_a_second * 0.1:
                match self._random.choices(["station", "server", "line"], [6, 2, 2])[0]:
                    case "station":
                        self._random.choice(stations).kill(self._random.uniform(0, 2))
                    case "server" if time.monotonic() - answers_since > UNHURT_SECONDS:
                        server.kill(self._random.uniform(0, 2))
                    case "line":
                        self._random.choice(self.lines).break_off()
                        faults["line_down"] += 1
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self._port)) == 0

    def _await_server(self) -> None:
        for _ in range(600):
            if self._answers():
                return
            time.sleep(0.1)
        message = f"the server did not start, see {self._folder}/server.log"
        raise RuntimeError(message)

    # --- who has what --------------------------------------------------------------------------------------------

    def _judge(self, faults: Counter[str], seconds: float) -> Found:
        manifests = Counter(keys.submission_of(key) for key in self.house.inbox.manifests())
        announced: set[Sha256] = set()
        lost = doubled = false_green = unfinished = submissions = pages = 0
        for home in self.homes:
            entries = self._entries(home)
            spooled = {folder.name: len(list(folder.iterdir())) for folder in self._beside(home, "spool").iterdir()}
            codes = Counter(signed.entry.dossier_code for signed in entries)
            at_server = [signed.entry for signed in self.house.journals.entries(home.station)]
            submissions += len(entries)
            pages += sum(signed.entry.scanned_pages for signed in entries)
            lost += sum(codes[code] == 0 for code in spooled)
            lost += sum(spooled[signed.entry.dossier_code or ""] != signed.entry.scanned_pages for signed in entries)
            lost += sum(not self._is_there(signed, manifests) for signed in entries)
            lost += at_server != [signed.entry for signed in entries]
            doubled += sum(count - 1 for count in codes.values())
            doubled += sum(max(0, manifests[signed.entry.submission_id] - 1) for signed in entries)
            announced |= {signed.entry.submission_id for signed in entries}
            green = self._green(home)
            unfinished += len(spooled) - len(green)
            false_green += sum(not self._was_there(submission_id, at) for submission_id, at in green.items())
        doubled += len(manifests.keys() - announced)
        return Found(submissions, pages, faults, unfinished, lost, doubled, false_green, seconds)

    def _entries(self, home: Home) -> list[SignedEntry]:
        ledger = connect(home.ledger)
        rows = ledger.execute("SELECT entry FROM submission ORDER BY sequence").fetchall()
        entries = [SignedEntry.model_validate_json(row["entry"]) for row in rows]
        assert [signed.entry.sequence for signed in entries] == list(range(1, len(entries) + 1))
        return entries

    def _is_there(self, signed: SignedEntry, manifests: Counter[Sha256]) -> bool:
        """Whether the submission, its receipt and every file of it are in the store; reading checks their hashes."""
        if not manifests[signed.entry.submission_id] or self.house.inbox.receipt(signed.entry.submission_id) is None:
            return False
        receipt, manifest = self.house.received(signed.entry.submission_id)
        for file in manifest.files:
            if self.house.store.stat(keys.file(file.sha256)) is None:
                return False
            if len(self.house.store.get(keys.file(file.sha256))) != file.size:
                return False
        return receipt.files == tuple(file.sha256 for file in manifest.files) and not receipt.refused

    def _was_there(self, submission_id: Sha256, at: float) -> bool:
        """Whether the signed receipt was in the store when the light was seen green."""
        path = self._settings.home / "store/objects" / keys.signature_of(keys.receipt(submission_id))
        return path.exists() and path.stat().st_mtime <= at

    def _green(self, home: Home) -> dict[Sha256, float]:
        """Return when each light was first seen green."""
        path = self._lights(home)
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return {line["submission_id"]: line["at"] for line in reversed(lines)}

    def _beside(self, home: Home, what: str) -> Path:
        return home.folder.with_name(home.folder.name.replace("station", what))

    def _lights(self, home: Home) -> Path:
        return self._beside(home, "lights")


_SIZES = (8_000, 90_000, 90_000, 500_000)
"""Bytes of pages, for chunks of a quarter of a megabyte; the smallest alone on slow lines."""
_SIDES = (600, 850)


def _page(source: random.Random, size: int) -> bytes:
    """Return a small page with so many bytes of noise: nobody reads it here, and nothing can make it smaller."""
    blank = bytes(_SIDES[0] * _SIDES[1])
    picture = Image.frombytes("L", _SIDES, source.randbytes(size) + blank[size:])
    output = io.BytesIO()
    picture.save(output, "PNG", dpi=(72, 72), compress_level=1)
    return output.getvalue()
