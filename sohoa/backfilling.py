"""`sohoa backfill …`: inventories become plans, plans are run, and every row is accounted for."""

import csv
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal

from flows.backfill.accounting import progress, report
from flows.house import House
from flows.orchestrator import orchestrator
from schemas.backfill import Plan, Planned, Progress, ReportLine, Step, load_layout
from schemas.problem import CONFIGURATION, PLAN_UNKNOWN, Problem
from schemas.settings import Settings
from sohoa import console
from sohoa.looking import existing_house

if TYPE_CHECKING:
    from flows.backfill.driving import Work

_MOST_TOLD = 50
"""Problems that are told one by one; the report has all of them."""


def plan_backfill(
    settings: Settings, inventory: Path, layout: str, *, shard_items: int, canary: int, minutes: float
) -> tuple[Planned, Sequence[Problem]]:
    """Keep a plan of the inventory; return what it comes to, and the first problems of its rows and scans.

    Args:
        settings: the house that it will go into.
        inventory: a folder, an archive or a table.
        layout: name or file.
        shard_items: how many rows a flow run works off.
        canary: how many documents are tried, for the forecast.
        minutes: what a person needs for a document.
    """
    from flows.backfill.canary import forecast  # who asks how far a plan is reads no scans
    from flows.backfill.planning import look_through, summary
    from flows.keyring import Keyring
    from pipeline.workers import Workers

    laid_out = load_layout(layout)
    house = House.open(settings)
    scanned_by = Keyring.open(settings, _now()).scanner.signer.name
    with console.waiting_for("Looking through the inventory …"), Workers(settings.workers, settings.limits) as workers:
        found = look_through(settings, inventory.absolute(), laid_out, scanned_by, workers)
    plan = found.plan(shard_items)
    with console.waiting_for("Trying some documents …"):
        told = forecast(settings, found, plan, canary, minutes, _now) if canary and plan.files else None
    house.backfills.keep_plan(plan, found.shards(shard_items))
    problems = (claim.problem.problem for claim in found.claims if claim.problem is not None)
    return summary(plan, found, told), list(islice(problems, _MOST_TOLD))


def run_backfill(
    settings: Settings, inventory: str, *, hand_out: int | None, per_hour: int | None, hours: str | None
) -> tuple[Progress, Sequence[Problem]]:
    """Run a plan until nothing is left that can be done; return how far it is, and why shards could not be finished.

    Args:
        settings: the house.
        inventory: path that was planned, or the id of a plan.
        hand_out: how many shards workers have at a time; None: everything is done in this process.
        per_hour: how many documents may be begun in an hour; with *hours* None too, what was decided before holds.
        hours: in which hours.
    """
    from flows.backfill.driving import Drive

    house = House.open(settings)
    plan = _plan(house, inventory)
    if house.backfills.step(plan.plan_id) is None or per_hour is not None or hours is not None:
        house.backfills.decide(plan.plan_id, Step(at=_now(), state="running", per_hour=per_hour, hours=hours))
    if len(house.backfills.numbers_done(plan.plan_id)) == len(plan.shards):
        return progress(house, plan, _now()), ()
    if hand_out is not None and settings.prefect.api_url is None:
        raise CONFIGURATION.error("prefect.api_url is not set: there is nobody to hand anything out to")
    with ExitStack() as stack:
        with console.waiting_for("Starting the orchestrator …"):
            stack.enter_context(orchestrator(settings))
        work, pool = stack.enter_context(_handing_out(house, plan, hand_out) if hand_out else _here(plan))
        drive = Drive(house=house, plan=plan, work=work, pool=pool, at_once=hand_out or 1, clock=_now, sleep=time.sleep)
        for number in drive.run():
            console.note(f"shard {number} of {len(plan.shards)} is done")
    return progress(house, plan, _now()), [error.problem for error in drive.failed.values()]


@contextmanager
def _here(plan: Plan) -> Iterator[tuple["Work", Executor]]:
    """Work shards off in this process, and show how far they are."""
    from flows.backfill.driving import Here
    from flows.backfill.lane import backfill  # Prefect reads the environment when it is imported
    from flows.progress import watched_by

    with console.file_progress(plan.files) as bar, watched_by(bar):
        yield partial(backfill, plan.plan_id), Here()


@contextmanager
def _handing_out(house: House, plan: Plan, at_once: int) -> Iterator[tuple["Work", Executor]]:
    """Have shards worked off by workers; they go on when this ends, and the next run finds what they did."""
    from flows.backfill.handing_out import hand_out  # Prefect reads the environment when it is imported

    stopping = Event()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield partial(hand_out, house, plan, stopping), pool
        finally:
            stopping.set()


def backfill_progress(settings: Settings, inventory: str) -> Progress:
    """Return how far a plan is."""
    house = existing_house(settings, needs_catalog=False)
    return progress(house, _plan(house, inventory), _now())


def backfill_report(settings: Settings, inventory: str) -> Iterator[ReportLine]:
    """Yield what became of each item of a plan."""
    house = existing_house(settings, needs_catalog=False)
    return report(house, _plan(house, inventory))


def write_csv(path: Path, lines: Iterable[ReportLine]) -> Iterator[ReportLine]:
    """Yield the lines of a report and write them into a table that spreadsheet programs open."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ReportLine.model_fields)
        for line in lines:
            cells = line.model_dump(mode="json") | {"records": " ".join(line.records)}
            writer.writerow([_harmless(cell) for cell in cells.values()])
            yield line


def _harmless(cell: object) -> object:
    """Return a cell that no spreadsheet program takes for a formula: names of files come from others."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def decide(
    settings: Settings,
    inventory: str,
    *,
    state: Literal["running", "paused"],
    per_hour: int | None = None,
    hours: str | None = None,
) -> None:
    """Write down a decision about a plan; who runs it acts on it within seconds."""
    house = existing_house(settings, needs_catalog=False)
    house.backfills.decide(
        _plan(house, inventory).plan_id, Step(at=_now(), state=state, per_hour=per_hour, hours=hours)
    )


def _plan(house: House, inventory: str) -> Plan:
    """Return the plan with this id, or the last one of the inventory at this path.

    Raises:
        ProblemError: `plan-unknown`.
    """
    if re.fullmatch(r"[0-9a-f]{64}", inventory):
        return house.backfills.plan(inventory)
    path = str(Path(inventory).absolute())
    found = house.backfills.plans_of(path)
    if not found:
        raise PLAN_UNKNOWN.error("nothing was planned under this path", file=path)
    return house.backfills.plan(found[-1])


def _now() -> datetime:
    return datetime.now(UTC)
