"""A backfill with everything that it needs as processes of its own, all of them killed again and again; and who lost what.

Servers, workers and the command that hands out are started anew as an operator's machine would, a moment after they
died. Beside that, lines to the servers are cut, their disks are full and clocks go wrong, for some seconds each time.
Whoever asks the API meanwhile gets an answer or none. At the end everybody runs, and has to come to an end.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.recorded import SCAN, Recorded, make_inventory
from benchmarks.recorded_lane import RECORDING
from flows.backfill.accounting import report
from flows.backfill.planning import look_through
from flows.house import House
from flows.orchestrator import quiet_environment
from pipeline.workers import Workers
from schemas.backfill import load_layout
from schemas.settings import ApiSettings, CatalogSettings, PrefectSettings, Settings
from schemas.token import READING
from sohoa.api.clients import issue
from sohoa.verifying import verify_target
from storage.rebuild import rebuild
from tests.faults.troubles import Troubles
from tests.servers import Postgres, S3Server, free_ports, weed_command, weed_ports

ROOT = Path(__file__).parents[2]
SOHOA = Path(sys.executable).with_name("sohoa")
OWNER = {"owner": "040323199413", "purpose": "1.001193", "dossier_code": "H40.12-260331-0007"}
KEY = "sohoa:chaos"
SECRET = "a secret of the chaos for tokens"
_START_SECONDS = 120
_SICK = ("worker-1", "worker-2", "flow", "flow", "prefect", "postgres", "s3", "api", "driver")
"""Who is killed, each as often as it stands here: flow runs do the work."""
_DOCUMENT_BYTES = 2 * 1024**2
"""Room that a document takes at the most: its scan, its copy, and what a log-structured store leaves behind."""


class Plan(NamedTuple):
    """What is let loose."""

    documents: int
    shard: int
    kills: int
    every: float = 5.0
    """Seconds between two kills, on average."""
    workers: int = 2
    seed: int = 1
    troubles: int = 0
    """How many lines are cut, disks filled and clocks set wrong."""


class Found(NamedTuple):
    """What came of it."""

    documents: int
    seconds: float
    """From the first shard to the last."""
    kills: Counter[str]
    troubles: Counter[str]
    starts: Counter[str]
    """How often each process was started: the first time, and after it died."""
    outcomes: Counter[str]
    twice: int
    """Rows with more than one outcome, records that two rows name."""
    without: int
    """Rows without an outcome."""
    extra: int
    """Records and receipts beyond one a row."""
    broken: int
    """Records of which anything does not verify."""
    catalog_differs: int
    """Entries in which the catalog differs from one that is made anew from the store."""
    answered: int
    """Lookups that were answered meanwhile."""
    log_faults: int
    """What is wrong with the audit log, or answered and not in it."""
    prefect_bytes: int
    """By how much Prefect's database grew."""

    @property
    def lost(self) -> int:
        """How much is wrong, of whatever kind."""
        return self.twice + self.without + self.extra + self.broken + self.catalog_differs + self.log_faults


class Part:
    """A process that is started again when it has died."""

    def __init__(self, name: str, command: Sequence[object], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._command = [str(word) for word in command]
        self._environment = dict(environment)
        self._folder = folder
        self.log = folder / f"{name}.log"
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a group of processes of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    def runs(self) -> bool:
        """Return whether it lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill it with everything that it started, as when a machine loses its power."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill_flow(self) -> bool:
        """Kill only the flow run that it has started, if there is one; return whether there was."""
        if not self.runs() or self.process is None:
            return False
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(OSError):
                for child in (thread / "children").read_text().split():
                    os.kill(int(child), signal.SIGKILL)
                    return True
        return False


class Scene:
    """Everything that a backfill needs."""

    def __init__(self, folder: Path, plan: Plan, scan: Path = SCAN) -> None:
        self.plan = plan
        self._scan = scan
        self._folder = folder
        self._random = random.Random(plan.seed)
        self._stack = ExitStack()
        self._kills: Counter[str] = Counter()
        self._answered: list[str] = []
        self._over = threading.Event()

        ports = weed_ports()
        prefect, api = free_ports(2)
        database = Path(self._stack.enter_context(TemporaryDirectory(prefix="sohoa-postgres-")))
        (folder / "s3").mkdir()
        self._troubles = troubles = Troubles(folder, plan.troubles, plan.every, plan.seed)
        self._stack.callback(troubles.close)
        room = plan.documents * _DOCUMENT_BYTES + 1024**3
        troubles.disk("postgres", database, room)
        troubles.disk("s3", folder / "s3", room, self._have_the_store_started_again)
        self.postgres = Postgres(database)
        to_postgres = troubles.line("postgres", self.postgres.port)
        self.settings = Settings(
            home=folder / "home",
            workers=1,
            owner_secret="a secret of the chaos",
            store=S3Server(f"127.0.0.1:{troubles.line('s3', ports['s3.port'])}").settings("chaos"),
            catalog=CatalogSettings(url=self.postgres.url("catalog", port=to_postgres)),
            prefect=PrefectSettings(api_url=f"http://127.0.0.1:{troubles.line('prefect', prefect)}/api"),
            api=ApiSettings(port=api, token=SECRET),
        )
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("SOHOA_", "PREFECT_"))}
        ours |= quiet_environment(self.settings.home) | self.settings.environment()
        ours |= {"PYTHONPATH": str(ROOT), "PREFECT_API_URL": str(self.settings.prefect.api_url)}
        ours |= {"PREFECT_API_AUTH_STRING": KEY, RECORDING: str(folder / "recorded")}
        server = ours | {
            "PREFECT_SERVER_API_PORT": str(prefect),
            "PREFECT_SERVER_API_AUTH_STRING": KEY,
            "PREFECT_API_DATABASE_CONNECTION_URL": self.postgres.url("prefect", "asyncpg", to_postgres),
        }
        lane = [sys.executable, "-m", "benchmarks.recorded_lane"]
        self.parts = {
            part.name: part
            for part in (
                Part("s3", weed_command(folder / "s3", ports), os.environ | {"HOME": str(folder / "s3")}, folder),
                Part("postgres", self.postgres.command, os.environ, database),
                Part("prefect", [SOHOA, "up", "prefect"], server | troubles.clock("prefect"), folder),
                Part("api", [SOHOA, "up", "api"], ours | troubles.clock("api"), folder),
                *(
                    Part(name, lane, ours | troubles.clock(name), folder)
                    for name in (f"worker-{n + 1}" for n in range(plan.workers))
                ),
            )
        }
        self.environment = ours | troubles.clock("driver")

    # --- laying out ----------------------------------------------------------------------------------------------
    def lay_out(self) -> str:
        """Start everything, record what a scan says, make the inventory and plan it; return the plan's id."""
        self.prepare()
        return self.get_ready()

    def prepare(self) -> None:
        """Start store and database, record what a scan says and make the inventory."""
        folder = self._folder
        for name in ("s3", "postgres"):
            self.parts[name].start()
        _until(self.postgres.answers)
        for name in ("catalog", "prefect"):
            self.postgres.make_database(name)
        _until(lambda: _answers(f"http://{self.settings.store.endpoint}/status"))
        Recorded.of(self.settings, 1, self._scan).keep(folder / "recorded")
        make_inventory(folder / "in", self.plan.documents, self._scan)

    def get_ready(self) -> str:
        """Plan the inventory and start everything but the command that hands out; return the plan's id."""
        folder = self._folder
        house = House.open(self.settings)
        with Workers(2, self.settings.limits) as workers:
            layout = load_layout("civil_status_birth")
            found = look_through(self.settings, folder / "in", layout, self.settings.scanned_by, workers)
        planned = found.plan(self.plan.shard)
        plan_id = house.backfills.keep_plan(planned, found.shards(self.plan.shard))
        self.parts["prefect"].start()
        _until(lambda: _answers(f"{self.settings.prefect.api_url}/health"))
        for part in self.parts.values():
            if not part.runs():
                part.start()
        command = [SOHOA, "backfill", "run", plan_id, "--hand-out", str(self.plan.workers)]
        self.parts["driver"] = Part("driver", command, self.environment, folder)
        return plan_id

    # --- what happens ----------------------------------------------------------------------------------------------
    def play(self, patience: float) -> Found:
        """Run the backfill while everything is killed, and then look what came of it.

        Args:
            patience: seconds after which whatever is not done is left.
        """
        try:
            plan_id = self.lay_out()
            before = self.postgres.size("prefect")
            threading.Thread(target=self._ask, daemon=True).start()
            began = time.monotonic()
            self._run(plan_id, began + patience)
            seconds = time.monotonic() - began
            self._over.set()
            self._mend()
            return self._look(plan_id, seconds, self.postgres.size("prefect") - before)
        finally:
            self.close()

    def close(self) -> None:
        """End everybody."""
        self._over.set()
        for part in reversed(self.parts.values()):
            part.kill()
        self._stack.close()

    def _run(self, plan_id: str, until: float) -> None:
        next_kill = time.monotonic() + self._random.uniform(1, 2 * self.plan.every)
        down: dict[str, float] = {}
        while time.monotonic() < until:
            driver = self.parts["driver"]
            if driver.process is not None and driver.process.poll() in {0, 21}:
                return
            now = time.monotonic()
            for name, part in self.parts.items():
                if not part.runs() and now >= down.setdefault(name, now + self._random.uniform(0.2, 2.0)):
                    part.start()
                    del down[name]
            if self._kills.total() < self.plan.kills and now >= next_kill:
                was_there = self._kill(self._random.choice(_SICK))
                next_kill = now + (self._random.uniform(0.5, 2 * self.plan.every) if was_there else 0.5)
            self._troubles.tend(now)
            time.sleep(0.1)

    def _kill(self, name: str) -> bool:
        """Kill something; return whether it was there."""
        if name == "flow":
            killed = self.parts[f"worker-{self._random.randint(1, self.plan.workers)}"].kill_flow()
        else:
            killed = name in self.parts and self.parts[name].runs()
            if killed:
                self.parts[name].kill()
        if killed:
            self._kills[name] += 1
        return killed

    def _ask(self) -> None:
        """Look an owner up, again and again, and keep the numbers of the acts of which the answers tell."""
        token = issue(
            SECRET, self.settings.api.audience, "chaos", READING, timedelta(hours=12), datetime.now(UTC)
        ).token
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.settings.api.port}/v1/lookups",
            json.dumps(OWNER).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        while not self._over.wait(0.5):
            with suppress(OSError, ValueError), urllib.request.urlopen(request, timeout=10) as answer:
                self._answered.append(json.load(answer)["audit_id"])

    def _have_the_store_started_again(self) -> None:
        """SeaweedFS's index takes nothing any more once it had no room, as docs/operations.md says."""
        self.parts["s3"].kill()

    def _mend(self) -> None:
        """Have the servers there that are needed for looking, and no trouble."""
        self._troubles.end()
        for name in ("s3", "postgres"):
            if not self.parts[name].runs():
                self.parts[name].start()
        _until(self.postgres.answers)
        _until(lambda: _answers(f"http://{self.settings.store.endpoint}/status"))

    # --- looking -------------------------------------------------------------------------------------------------
    def _look(self, plan_id: str, seconds: float, prefect_bytes: int) -> Found:
        house = House.open(self.settings)
        lines = list(report(house, house.backfills.plan(plan_id)))
        named = [record for line in lines for record in line.records]
        kept = {version.record_id for version in house.warehouse.versions()}
        receipts = list(house.inbox.receipts())
        made_anew = rebuild(house.inbox, house.warehouse, house.catalog)
        acts = {entry.entry_id for entry in house.audit.entries()}
        return Found(
            documents=self.plan.documents,
            seconds=seconds,
            kills=self._kills,
            troubles=self._troubles.had,
            starts=Counter({name: part.starts for name, part in self.parts.items()}),
            outcomes=Counter(line.status for line in lines),
            twice=len(lines) - len({line.number for line in lines}) + len(named) - len(set(named)),
            without=sum(line.status == "waiting" for line in lines) + self.plan.documents - len(lines),
            extra=len(kept ^ set(named)) + len(receipts) - self.plan.documents,
            broken=sum(verify_target(self.settings, each).verdict != "VALID" for each in sorted(kept)),
            catalog_differs=made_anew.removed + made_anew.added + len(made_anew.damaged),
            answered=len(self._answered),
            log_faults=len(set(self._answered) - acts),
            prefect_bytes=prefect_bytes,
        )


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(str(holds))
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
