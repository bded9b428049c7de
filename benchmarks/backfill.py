"""What does the orchestration of a backfill cost, beside the reading? `python -m benchmarks.backfill`.

An inventory of copies of one scan, each with bytes and a row of its own, goes the whole way: it is planned, sent into a
real S3 server, worked off in real flow runs of a real Prefect server, signed, and accounted for. Only what a page says
and its unsigned copy are recorded beforehand instead of made again; what they cost is measured with a few scans. Where
`SOHOA_CATALOG__URL` names a PostgreSQL database, that is the catalog; otherwise SQLite is.
"""

import argparse
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.recorded import Recorded, cpu, make_inventory
from benchmarks.run import table
from flows.backfill.accounting import report
from flows.backfill.driving import Drive, Here
from flows.backfill.planning import look_through
from flows.house import House
from flows.keyring import Keyring
from flows.orchestrator import orchestrator
from pipeline.workers import Workers
from schemas.backfill import Step, load_layout
from schemas.settings import CatalogSettings, Settings
from tests.servers import seaweedfs

PROVINCE = 1_075_695
"""Births, merit records and results that wait in the province."""
_READ = 4
"""Scans that are really read, for the cost of reading."""
_SHARD = 300


class Cost(NamedTuple):
    """Processor seconds."""

    ours: float
    """The process that runs the flows: planning, sending, receipts, records, catalog, signing."""
    prefect: float
    store: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print what it comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=600)
    documents: int = parser.parse_args(arguments).documents
    with tempfile.TemporaryDirectory() as name, seaweedfs(Path(name)) as s3:
        folder = Path(name)
        catalog = CatalogSettings(url=os.environ.get("SOHOA_CATALOG__URL"))
        settings = Settings(home=folder / "home", store=s3.settings("backfill"), catalog=catalog)
        recorded = Recorded.of(settings, _READ)
        signing = _signing_cost(settings, recorded)
        make_inventory(folder / "in", documents)
        with orchestrator(settings), recorded.replayed():
            from flows.backfill.lane import backfill  # noqa: PLC0415 - see `orchestrator`

            database = settings.home / "prefect" / "prefect.db"
            began, before, size = time.monotonic(), _costs(), _size(database)
            statuses = _run(settings, folder / "in", backfill)
            seconds, after, grown = time.monotonic() - began, _costs(), _size(database) - size
    assert sum(statuses.values()) == documents == statuses["stored"] + statuses["review"], statuses
    cost = Cost(*(late - early for late, early in zip(after, before, strict=True)))
    print(_report(documents, seconds, cost, recorded.cpu, signing, grown))


# --- what is recorded, and what it cost --------------------------------------------------------------------------


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


def _run(settings: Settings, inventory: Path, flow: Callable[[str, int], bool]) -> Counter[str]:
    """Plan and run a backfill; return how many documents ended in which way."""
    house = House.open(settings)
    with Workers(1, settings.limits) as workers:
        layout = load_layout("civil_status_birth")
        found = look_through(settings, inventory, layout, settings.scanned_by, workers)
    plan = found.plan(_SHARD)
    house.backfills.keep_plan(plan, found.shards(_SHARD))
    house.backfills.decide(plan.plan_id, Step(at=_now(), state="running"))
    work = partial(flow, plan.plan_id)
    for number in Drive(house=house, plan=plan, work=work, pool=Here(), at_once=1, clock=_now, sleep=time.sleep).run():
        print(f"shard {number} of {len(plan.shards)} is done", file=sys.stderr)
    return Counter(each.status for each in report(house, plan))


def _now() -> datetime:
    return datetime.now(UTC)


# --- what it took ------------------------------------------------------------------------------------------------


def _costs() -> Cost:
    """Return the processor seconds so far of this process and of the servers that it started."""
    by_name = Counter[str]()
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            name = "prefect" if b"flows.embedded" in command else "store" if b"weed" in command else "other"
            fields = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()
            by_name[name] += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")  # type: ignore[assignment] # proc(5)
    return Cost(cpu(resource.RUSAGE_SELF), by_name["prefect"], by_name["store"])


def _size(database: Path) -> int:
    """Return how large a database is, with what is not yet in its main file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        pages, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages) * int(size)


def _report(documents: int, seconds: float, cost: Cost, reading: float, signing: float, grown: int) -> str:
    each = Cost(*(part / documents for part in cost))
    ours = each.ours - signing
    orchestration = ours + each.prefect
    together = reading + signing + orchestration + each.store
    parts = {
        "reading, and making the copy": reading,
        "four signatures": signing,
        "our side of flows, store and catalog": ours,
        "Prefect server": each.prefect,
        "S3 server": each.store,
    }
    rows = [(name, f"{1000 * value:.1f}", f"{value / reading:.2%}") for name, value in parts.items()]
    hours = PROVINCE * together / 3600
    days = ", ".join(f"{cores} cores {hours / cores / 24:.1f} days" for cores in (2, 16, 32, 64))
    said = (
        f"{documents} documents in {seconds:.0f} s without reading: {3600 * documents / seconds:.0f} an hour."
        f" Orchestration (our side and Prefect) is {orchestration / reading:.2%} of reading. Prefect's database grew by"
        f" {grown / 1024 / documents * 1000:.0f} KiB per 1000 documents."
    )
    arithmetic = f"{PROVINCE} documents of one page: {hours:.0f} core hours; with all cores busy, {days}."
    return "\n\n".join([table(["part", "CPU ms a document", "of reading"], rows), said, arithmetic])


if __name__ == "__main__":
    main()
