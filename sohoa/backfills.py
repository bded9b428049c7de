"""The verbs of whoever runs a backfill: plan it, run it, watch it, throttle it, account for it."""

import re
from collections import Counter
from pathlib import Path

import click

from schemas.backfill import HOURS, Planned, Progress
from schemas.problem import Exit
from schemas.vietnam import TIME_ZONE
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

_SHARD_ITEMS = 300


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
    configuration: Configured,
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


def _as_hours(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(HOURS, value):
        raise click.BadParameter("hours are given like 18:00-06:00.")
    return value


_plan_argument = click.argument("inventory", metavar="INVENTORY|PLAN_ID")


@backfill.command(
    epilog="sohoa backfill run so-khai-sinh/\nsohoa backfill run so-khai-sinh/ --per-hour 2000 --hours 18:00-06:00\n"
    "sohoa backfill run so-khai-sinh/ --hand-out 4"
)
@_plan_argument
@click.option(
    "--hand-out",
    type=click.IntRange(1, 256),
    help="Have so many shards at a time worked off by workers (`sohoa up backfill`), none in this process.",
)
@click.option("--per-hour", type=click.IntRange(1), help="Begin at most so many documents in an hour.")
@click.option("--hours", metavar="HH:MM-HH:MM", callback=_as_hours, help="Begin work only in these hours (Vietnam).")
@json_option
@click.pass_obj
def run(
    configuration: Configured,
    inventory: str,
    hand_out: int | None,
    per_hour: int | None,
    hours: str | None,
    *,
    as_json: bool,
) -> Exit:
    """Take in what was planned, shard by shard, until every row has an outcome.

    Killed or stopped at any moment, the same command goes on where it was. It waits while the plan is paused and
    outside of its hours.
    """
    from sohoa.backfilling import run_backfill

    progress, problems = run_backfill(
        configuration.settings, inventory, hand_out=hand_out, per_hour=per_hour, hours=hours
    )
    _tell(progress, as_json=as_json)
    for problem in problems:
        console.print_problem(problem)
    return Exit.PARTLY_FAILED if problems else _exit_of(progress)


@backfill.command(
    epilog="sohoa backfill status so-khai-sinh/\nsohoa backfill status so-khai-sinh/ --json | jq .done_at"
)
@_plan_argument
@json_option
@click.pass_obj
def status(configuration: Configured, inventory: str, *, as_json: bool) -> None:
    """Show how far a plan is, how fast it goes, when it will be done, and why documents were refused."""
    from sohoa.backfilling import backfill_progress

    _tell(backfill_progress(configuration.settings, inventory), as_json=as_json)


@backfill.command(epilog="sohoa backfill pause so-khai-sinh/")
@_plan_argument
@click.pass_obj
def pause(configuration: Configured, inventory: str) -> None:
    """Begin nothing more until it is resumed.

    What was begun is finished, within minutes. Whoever runs the plan waits.
    """
    from sohoa.backfilling import decide

    decide(configuration.settings, inventory, state="paused")
    console.say("Paused. Nothing new is begun.")


@backfill.command(
    epilog="sohoa backfill resume so-khai-sinh/\nsohoa backfill resume so-khai-sinh/ --per-hour 500 --hours 18:00-06:00"
)
@_plan_argument
@click.option("--per-hour", type=click.IntRange(1), help="Begin at most so many documents in an hour.")
@click.option("--hours", metavar="HH:MM-HH:MM", callback=_as_hours, help="Begin work only in these hours (Vietnam).")
@click.pass_obj
def resume(configuration: Configured, inventory: str, per_hour: int | None, hours: str | None) -> None:
    """Go on, from now on as fast and in the hours that are said here; also to change those.

    Needs a `sohoa backfill run` that is waiting, or a new one.
    """
    from sohoa.backfilling import decide

    decide(configuration.settings, inventory, state="running", per_hour=per_hour, hours=hours)
    console.say("Goes on.")


@backfill.command(
    epilog="sohoa backfill report so-khai-sinh/\n"
    "sohoa backfill report so-khai-sinh/ --csv report.csv\n"
    "sohoa backfill report so-khai-sinh/ --json | jq -r 'select(.status == \"refused\") | .problem'"
)
@_plan_argument
@click.option("--csv", "csv_file", metavar="FILE", type=PathWord(), help="Write every row into a CSV file.")
@json_option
@click.pass_obj
def report(configuration: Configured, inventory: str, csv_file: Path | None, *, as_json: bool) -> Exit:
    """Account for every row of the inventory: record, duplicate of, waits for review, refused and why.

    Ends with 27 while any row has no outcome yet.
    """
    from sohoa.backfilling import backfill_report, write_csv

    lines = backfill_report(configuration.settings, inventory)
    counts: Counter[tuple[str, str]] = Counter()
    if csv_file is not None:
        lines = write_csv(csv_file, lines)
    for line in lines:
        counts[line.status, line.problem or ""] += 1
        if as_json:
            console.print_json(line)
    if not as_json:
        rows = [(status, problem, str(count)) for (status, problem), count in sorted(counts.items())]
        console.print_table("", ("outcome", "why", "rows"), [*rows, ("together", "", str(counts.total()))])
    waiting = counts["waiting", ""]
    said = f"{waiting} have none yet." if waiting else "Each of them has exactly one outcome."
    console.note(f"{counts.total()} rows and scans were planned. {said}")
    return Exit.PARTLY_FAILED if waiting else Exit.DONE


def _tell(progress: Progress, *, as_json: bool) -> None:
    if as_json:
        console.print_json(progress)
        return
    share = (progress.items - progress.waiting) / progress.items if progress.items else 1.0
    limits = [
        *([f"at most {progress.per_hour} an hour"] if progress.per_hour else []),
        *([f"in the hours {progress.hours}"] if progress.hours else []),
    ]
    facts = [
        ("plan", progress.plan_id),
        ("state", ", ".join([progress.state, *limits])),
        ("have an outcome", f"{progress.items - progress.waiting} of {progress.items} ({share:.1%})"),
        *((f"  {status}", str(count)) for status, count in sorted(progress.outcomes.items())),
        *((f"    {reason}", str(count)) for reason, count in sorted(progress.reasons.items())),
        ("shards done", f"{progress.shards_done} of {progress.shards}"),
        ("documents an hour", "–" if progress.documents_per_hour is None else f"{progress.documents_per_hour:.0f}"),
        ("done at", "–" if progress.done_at is None else f"{progress.done_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}"),
    ]
    console.print_table("", ("", ""), facts)


def _exit_of(progress: Progress) -> Exit:
    if progress.outcomes.get("refused") or progress.waiting:
        return Exit.PARTLY_FAILED
    return Exit.WAITS_FOR_REVIEW if progress.outcomes.get("review") else Exit.DONE
