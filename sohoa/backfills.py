"""The verbs of whoever runs a backfill: plan it, run it, watch it, throttle it, account for it."""

from pathlib import Path
from typing import Protocol

import click

from schemas.backfill import Planned
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa import console
from sohoa.verbs import PathWord, Verbs, json_option

_SHARD_ITEMS = 300


class _Configured(Protocol):
    @property
    def settings(self) -> Settings:
        """What `sohoa` was configured with."""


@click.group(cls=Verbs)
def backfill() -> None:
    """Take in legacy papers at scale, with the tables that were keyed from them."""


@backfill.command(
    epilog="sohoa backfill plan so-khai-sinh/\n"
    "sohoa backfill plan so-khai-sinh/ --canary 20\n"
    "sohoa backfill plan scans/ --layout my-layout.toml --json | jq .problems"
)
@click.argument("inventory", metavar="INVENTORY", type=PathWord())
@click.option("--layout", metavar="NAME|FILE", default="civil_status_birth", help="How the tables are laid out.")
@click.option("--shard", "shard_items", type=click.IntRange(1, 2000), default=_SHARD_ITEMS, help="Rows in a flow run.")
@click.option("--canary", type=click.IntRange(0, 200), default=0, help="Documents to try, for a forecast.")
@click.option(
    "--minutes", type=click.FloatRange(0), default=2.0, help="What a person needs for a document that waits for review."
)
@json_option
@click.pass_obj
def plan(
    configuration: _Configured,
    inventory: Path,
    layout: str,
    shard_items: int,
    canary: int,
    minutes: float,
    *,
    as_json: bool,
) -> Exit:
    """Check an inventory and cut it into shards; say what is wrong and what it will cost.

    INVENTORY is a folder with scans, archives (zip) and tables (XLSX, CSV), or one archive, or one table with its scans
    beside it. Nothing is taken in yet. Planning the same inventory again gives the same plan. Ends with 27 if rows or
    scans have a problem: they will be accounted for as refused.
    """
    from sohoa.backfilling import plan_backfill

    planned, problems = plan_backfill(
        configuration.settings, inventory, layout, shard_items=shard_items, canary=canary, minutes=minutes
    )
    if as_json:
        console.print_json(planned)
    else:
        _print_planned(planned)
    for problem in problems:
        console.print_problem(problem)
    return Exit.PARTLY_FAILED if planned.problems else Exit.DONE


def _print_planned(planned: Planned) -> None:
    facts = [
        ("plan", planned.plan_id),
        ("rows", str(planned.rows)),
        ("scans to take in", f"{planned.files} ({planned.bytes / 1024**2:.1f} MiB)"),
        ("said twice", str(planned.same)),
        ("shards", str(planned.shards)),
        *((f"problem: {kind}", str(count)) for kind, count in sorted(planned.problems.items())),
        *((f"cells that are no {name}", str(count)) for name, count in sorted(planned.unread_cells.items())),
    ]
    if planned.forecast is not None:
        told = planned.forecast
        facts += [
            ("tried", f"{told.canary} documents"),
            ("processor", f"{told.cpu_seconds / 3600:.1f} core hours"),
            ("time on this machine", f"{told.hours:.1f} hours"),
            ("room in the store", f"{told.disk_bytes / 1024**3:.2f} GiB"),
            ("for review", f"{told.review} documents, {told.person_hours:.0f} hours of people"),
        ]
    console.print_table("", ("", ""), facts)
