"""`sohoa backfill …`: inventories become plans, plans are run, and every row is accounted for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from flows.backfill.canary import forecast
from flows.backfill.planning import look_through, summary
from flows.house import House
from flows.keyring import Keyring
from pipeline.workers import Workers
from schemas.backfill import Planned, load_layout
from schemas.problem import Problem
from schemas.settings import Settings
from sohoa import console

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
    laid_out = load_layout(layout)
    house = House.open(settings)
    scanned_by = Keyring.open(settings, _now()).scanner.signer.name
    with Workers(settings.workers, settings.limits) as workers:
        found = look_through(settings, inventory.absolute(), laid_out, scanned_by, workers, lambda: None)
    plan = found.plan(shard_items)
    with console.waiting_for("Trying some documents …"):
        told = forecast(settings, found, plan, canary, minutes, _now) if canary and plan.files else None
    house.backfills.keep_plan(plan, found.shards(shard_items))
    problems = (item.problem for item in found.items() if item.problem is not None)
    return summary(plan, found.items(), told), list(islice(problems, _MOST_TOLD))


def _now() -> datetime:
    return datetime.now(UTC)
