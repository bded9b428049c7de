"""What does the orchestration of a backfill cost, beside the reading, and who waits for it? `make bench-backfill`.

An inventory of copies of one scan, each with bytes and a row of its own, goes the whole way: planned, sent into a real
S3 server, handed out through a real Prefect server with its tables in a real PostgreSQL, worked off in flow runs by
workers of the backfill lane, signed, and accounted for. Only what a page says and its unsigned copy are recorded
beforehand instead of made again; what they cost is measured with a few scans.

With several numbers after `--workers` the whole run is made with each. With `--live`, papers come in at a counter
beside it, really read, and how long they take from receipt to record is measured before it begins and meanwhile.
"""

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from benchmarks.recorded import SCAN, Recorded, cpu, marked
from benchmarks.run import table
from flows.backfill.accounting import report
from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.waking import Waker
from schemas.digest import Sha256
from schemas.settings import Settings
from schemas.submission import Manifest, SubmittedFile
from tests.faults.backfill import KEY, SOHOA, Part, Plan, Scene

PROVINCE = 1_075_695
"""Births, merit records and results that wait in the province."""
_READ = 4
"""Scans that are really read, for the cost of reading."""
_LOOK_SECONDS = 1.0
_LOOKS = 4
"""How often in a run memory and tables are looked at, besides at its beginning."""
_ENDED_WELL = {0, 21}


class Cost(NamedTuple):
    """Processor seconds."""

    driver: float
    """Planning, sending, receipts, and handing out."""
    workers: float
    """Flow runs and whatever starts them: records, catalog, signing."""
    prefect: float
    postgres: float
    s3: float


class Look(NamedTuple):
    """How it is at one moment."""

    shards: int
    """That are done."""
    prefect_bytes: int
    """What Prefect's database takes."""
    memory: Cost
    """Bytes that are in memory (PSS), of each part."""


class Run(NamedTuple):
    """What a run took."""

    documents: int
    workers: int
    seconds: float
    cost: Cost
    looks: tuple[Look, ...]
    before: tuple[float, ...]
    """Seconds from receipt to record of live papers, before the backfill began."""
    beside: tuple[float, ...]
    """The same while it went on."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print what it comes to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--shard", type=int, default=300, help="documents in a flow run")
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--live", type=int, default=0, help="papers at the counter, before and beside each run")
    parser.add_argument("--pace", type=float, default=10.0, help="seconds between two of them")
    parser.add_argument("--light", action="store_true", help="scans of 50 kB, where many of 360 would not fit")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sohoa-backfill-") as name:
        settings = Settings(home=Path(name) / "home")
        recorded = Recorded.of(settings, _READ)
        signing = _signing_cost(settings, recorded)
        scan = _light(Path(name)) if asked.light else SCAN
        runs = []
        for workers in asked.workers:
            folder = Path(name) / f"{workers}"
            folder.mkdir()
            plan = Plan(asked.documents, asked.shard, kills=0, workers=workers)
            runs.append(_run(folder, plan, scan, asked.live, asked.pace))
            shutil.rmtree(folder)
            print(_report(runs[-1], recorded.cpu, signing), flush=True)
    print(_compared(runs))


# --- what is recorded, and what it cost --------------------------------------------------------------------------


def _light(folder: Path) -> Path:
    """Return the scan once more, grey and with 150 dots per inch."""
    path = folder / "light.jpg"
    with Image.open(SCAN) as scan:
        half = scan.convert("L").resize((scan.width // 2, scan.height // 2))
        half.save(path, quality=40, dpi=tuple(float(each) / 2 for each in scan.info["dpi"]))
    return path


def _signing_cost(settings: Settings, recorded: Recorded) -> float:
    """Return the processor seconds for the signatures of a document: two on the copy, receipt and record."""
    keyring = Keyring.open(settings, datetime.now(UTC))
    seal = keyring.sealing(recorded.copy, datetime.now(UTC), _now)
    sign = keyring.signing(_now)
    began = time.thread_time()
    for _ in range(_READ):
        seal(recorded.copy.pdf)
        sign(b"receipt")
        sign(b"record")
    return (time.thread_time() - began) / _READ


# --- the run -----------------------------------------------------------------------------------------------------


def _run(folder: Path, plan: Plan, scan: Path, live: int, pace: float) -> Run:
    with closing(Scene(folder, plan, scan)) as scene:
        scene.prepare()
        planning = cpu(resource.RUSAGE_SELF) + cpu(resource.RUSAGE_CHILDREN)
        plan_id = scene.get_ready()
        planning = cpu(resource.RUSAGE_SELF) + cpu(resource.RUSAGE_CHILDREN) - planning
        counter = _Counter(scene, folder) if live else None
        before = tuple(counter.serve(live, pace)) if counter else ()
        at_first, ended_before, began = _costs(scene), cpu(resource.RUSAGE_CHILDREN), time.monotonic()
        scene.parts["driver"].start()
        looks = _Looks(scene, -(-plan.documents // plan.shard))
        beside = tuple(counter.serve(live, pace, looks.go_on)) if counter else ()
        while looks.go_on():
            time.sleep(_LOOK_SECONDS)
        driving = cpu(resource.RUSAGE_CHILDREN) - ended_before  # nobody else has ended, but who asked for sizes
        spent = Cost(*(late - early for late, early in zip(_costs(scene), at_first, strict=True)))
        house = House.open(scene.settings)
        statuses = Counter(line.status for line in report(house, house.backfills.plan(plan_id)))
    assert sum(statuses.values()) == plan.documents == statuses["stored"] + statuses["review"], statuses
    cost = spent._replace(driver=planning + driving)
    return Run(plan.documents, plan.workers, looks.ended - began, cost, tuple(looks.taken), before, beside)


class _Looks:
    """Looks at a run from time to time."""

    def __init__(self, scene: Scene, shards: int) -> None:
        self.taken: list[Look] = []
        self.ended = 0.0
        """When the run ended, by the clock that is never set."""
        self._scene, self._shards = scene, shards

    def go_on(self) -> bool:
        """Look, if it is time to; return whether the run goes on."""
        if self.ended:
            return False
        driver = self._scene.parts["driver"]
        assert driver.process is not None
        ended = driver.process.poll()
        if ended is not None and ended not in _ENDED_WELL:
            raise RuntimeError(driver.log.read_text("utf-8"))
        done = self._shards if ended is not None else driver.log.read_text("utf-8").count(" is done")
        if done >= len(self.taken) * self._shards / _LOOKS:
            self.taken.append(Look(done, self._scene.postgres.size("prefect"), _memory(self._scene)))
            print(f"{done} of {self._shards} shards are done", file=sys.stderr)
        if ended is not None:
            self.ended = time.monotonic()
        return ended is None


class _Counter:
    """A counter at which papers come in, one after the other, and the worker of the live lane that reads them."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self._folder = folder
        self._house = House.open(scene.settings)
        self._keyring = Keyring.open(scene.settings, _now())
        self._wake = Waker(str(scene.settings.prefect.api_url), KEY)
        self._papers = 0
        scene.parts["live"] = Part("live", [SOHOA, "up", "worker"], scene.environment, folder)
        scene.parts["live"].start()
        list(self.serve(1, 0.0))  # until it is there

    def serve(self, papers: int, pace: float, go_on: Callable[[], bool] = lambda: True) -> Iterator[float]:
        """Take papers in, and yield of each how many seconds it took from its receipt to its record.

        Args:
            papers: how many.
            pace: seconds between two.
            go_on: asked before each; no more are taken in when it says no.
        """
        sent = []
        for _ in range(papers):
            if not go_on():
                break
            sent.append(self._take_in())
            time.sleep(pace)
        for submission_id in sent:
            while (outcome := self._house.inbox.outcome(submission_id)) is None:
                go_on()
                time.sleep(_LOOK_SECONDS)
            receipt, _ = self._house.received(submission_id)
            [document] = outcome.documents
            assert document.record_id is not None
            record = self._house.warehouse.record(document.record_id).value
            yield (record.created_at - receipt.received_at).total_seconds()

    def _take_in(self) -> Sha256:
        self._papers += 1
        data = marked(SCAN.read_bytes(), 10**9 + self._papers)
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._folder / "paper.jpg"
        path.write_bytes(data)
        file = SubmittedFile(sha256=sha256, size=len(data), name=path.name)
        manifest = Manifest(station="vinh-01", scanned_by="Nguyễn Thị Quét", scanned_at=_now(), files=(file,))
        receive(self._house, self._keyring, manifest, {sha256: path}, _now)
        self._wake()
        return manifest.submission_id


def _now() -> datetime:
    return datetime.now(UTC)


# --- what it took ------------------------------------------------------------------------------------------------


def _costs(scene: Scene) -> Cost:
    """Return the processor seconds so far of each part, with all that it ever started."""
    return _of_each(scene, _processor_seconds)


def _memory(scene: Scene) -> Cost:
    return _of_each(scene, _resident_bytes)


def _of_each(scene: Scene, measure: Callable[[int], float]) -> Cost:
    found = Counter[str]()
    for name, part in scene.parts.items():
        if part.process is not None and name not in {"api", "live"}:
            key = "workers" if name.startswith("worker") else name
            found[key] += sum(map(measure, _with_children(part.process.pid)))  # type: ignore[assignment]
    return Cost(*(found[name] for name in Cost._fields))


def _with_children(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _with_children(int(child))


def _processor_seconds(pid: int) -> float:
    """Of a process and of those that it started and that have ended: proc(5)."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _resident_bytes(pid: int) -> float:
    """What is in memory of a process; of what it shares with others, its share."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 0.0


def _report(run: Run, reading: float, signing: float) -> str:
    each = Cost(*(part / run.documents for part in run.cost))
    ours = each.driver + each.workers - signing
    orchestration = ours + each.prefect + each.postgres
    together = reading + signing + orchestration + each.s3
    parts = {
        "reading, and making the copy": reading,
        "four signatures": signing,
        "planning, sending, handing out": each.driver,
        "workers without reading and signing": each.workers - signing,
        "Prefect server": each.prefect,
        "PostgreSQL: catalog and Prefect's tables": each.postgres,
        "S3 server": each.s3,
    }
    rows = [(name, f"{1000 * value:.1f}", f"{value / reading:.2%}") for name, value in parts.items()]
    hours = PROVINCE * together / 3600
    days = ", ".join(f"{cores} cores {hours / cores / 24:.1f} days" for cores in (2, 16, 32, 64))
    said = (
        f"{run.documents} documents, {run.workers} workers: {run.seconds:.0f} s without reading,"
        f" {3600 * run.documents / run.seconds:.0f} an hour. Orchestration (all but reading, signing and the S3 server)"
        f" is {orchestration / reading:.2%} of reading."
    )
    arithmetic = f"{PROVINCE} documents of one page: {hours:.0f} core hours; with all cores busy, {days}."
    return "\n\n".join(
        [table(["part", "CPU ms a document", "of reading"], rows), said, _over_time(run), arithmetic, ""]
    )


def _over_time(run: Run) -> str:
    """Return a table of what grows with the documents, and what should not."""
    first, shards = run.looks[0], run.looks[-1].shards
    rows = []
    for look in run.looks:
        documents = round(look.shards / shards * run.documents)
        grown = (look.prefect_bytes - first.prefect_bytes) / 1024
        rate = f"{1000 * grown / documents:.0f}" if documents else "–"
        memory = (f"{part / 1024**2:.0f}" for part in look.memory)
        rows.append((str(documents), f"{look.prefect_bytes / 1024**2:.1f}", rate, *memory))
    heads = ["documents", "Prefect's database, MiB", "grown, KiB per 1000", *(f"{name}, MiB" for name in Cost._fields)]
    return table(heads, rows)


def _compared(runs: Sequence[Run]) -> str:
    """Return how fast each number of workers was, and how long live papers took."""
    rows = []
    for run in runs:
        speed = f"{3600 * run.documents / run.seconds:.0f}"
        ratio = f"{_p95(run.beside) / _p95(run.before):.2f}" if run.before and run.beside else "–"
        live = (f"{statistics.median(each):.1f}, {_p95(each):.1f} ({len(each)})" if each else "–" for each in run[-2:])
        rows.append((str(run.workers), speed, *live, ratio))
    heads = ["workers", "documents an hour", "live alone, s: median, p95", "beside the backfill", "ratio of the p95"]
    return table(heads, rows)


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(len(seconds) * 95 // 100, len(seconds) - 1)]


if __name__ == "__main__":
    main()
