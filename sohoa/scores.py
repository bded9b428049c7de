"""The verbs of the score: the points of QĐ 766/QĐ-TTg, who has done what, and the dossiers that cost points."""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import NamedTuple, TypeVar

import click

from schemas.model import Value
from schemas.problem import Exit
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

T = TypeVar("T")

Verb = Callable[..., T]


class Words(NamedTuple):
    """Which dossiers are meant, as it was typed."""

    first: str | None
    last: str | None
    unit: str | None


class Files(NamedTuple):
    """Where a table goes beside the terminal."""

    as_csv: Path | None
    as_xlsx: Path | None

    def write(self, rows: Iterable[Value]) -> None:
        """Write values as a table; the mark at the beginning of CSV tells Excel that it is UTF-8."""
        from sohoa.workbook import Sheet, workbook

        listed = [row.model_dump() for row in rows]
        header = list(listed[0]) if listed else []
        if self.as_csv is not None:
            with self.as_csv.open("w", encoding="utf-8-sig", newline="") as file:
                table = csv.DictWriter(file, header)
                table.writeheader()
                table.writerows(listed)
        if self.as_xlsx is not None:
            self.as_xlsx.write_bytes(workbook([Sheet("Sohoa", [header, *(list(row.values()) for row in listed)])]))


def _of_period(verb: Verb[T]) -> Verb[T]:
    """Give a verb the options that say which dossiers it is about, as `words`, and where its table goes."""

    @click.option("--from", "first", metavar="MONTH", help="First month, such as 2026-01; by default the last one.")
    @click.option("--to", "last", metavar="MONTH", help="Last month; by default the first one.")
    @click.option("--unit", metavar="UNIT", help="Of this agency and those below it, such as H40.12.")
    @click.option("--csv", "as_csv", type=PathWord(), help="Write the table into this file, which Excel opens.")
    @click.option("--xlsx", "as_xlsx", type=PathWord(), help="Write it into this file, as Excel's own.")
    @json_option
    @wraps(verb)
    def told(
        *given: object,
        first: str | None,
        last: str | None,
        unit: str | None,
        as_csv: Path | None,
        as_xlsx: Path | None,
        **others: object,
    ) -> T:
        return verb(*given, words=Words(first, last, unit), files=Files(as_csv, as_xlsx), **others)

    return told


@click.group(cls=Verbs)
def score() -> None:
    """Count the points for digitization that QĐ 766/QĐ-TTg gives, and find the dossiers that cost some."""


@score.command("take", epilog="sohoa score take dossiers-2026-03.json")
@click.argument("file", metavar="FILE", type=PathWord())
@json_option
@click.pass_obj
def score_take(configuration: Configured, file: Path, *, as_json: bool) -> Exit:
    """Take in what the dossier system tells the national portal: its dossier objects, as JSON or one a line.

    Nothing about people is kept. What is said later of a dossier takes the place of what was said before.
    """
    from sohoa.scoring import take_dossiers

    taken = take_dossiers(configuration.settings, file)
    if as_json:
        console.print_json(taken)
    else:
        console.say(f"{taken.dossiers} dossiers, {taken.changed} of them new or changed.")
    for problem in taken.refused:
        console.print_problem(problem)
    return Exit.DONE if not taken.refused else Exit.PARTLY_FAILED if taken.dossiers else Exit.REFUSED


@score.command(
    "show", epilog="sohoa score show\nsohoa score show --from 2026-01 --to 2026-03 --unit H40.12 --csv score.csv"
)
@_of_period
@click.pass_obj
def score_show(configuration: Configured, *, words: Words, files: Files, as_json: bool) -> None:
    """Print the points, indicator by indicator."""
    from sohoa.looking import existing_house
    from sohoa.scoring import dossiers_of, period_of, score_of

    house = existing_house(configuration.settings, needs_catalog=False)
    period = period_of(house, *words)
    told = score_of(dossiers_of(house, period), period, configuration.settings.score)
    files.write(told.lines)
    if as_json:
        console.print_json(told)
        return
    rows = [
        (
            line.number, line.title, "–" if line.denominator is None else f"{line.numerator}/{line.denominator}",
            "–" if line.rate is None else f"{line.rate:.2%}", "–" if line.points is None else f"{line.points:.2f}",
            f"{line.most:g}",
        )
        for line in told.lines
    ]  # fmt: skip
    title = f"{told.unit or 'everybody'}, {told.first} to {told.last}: {told.points:.2f} of {told.most:g} points"
    console.print_table(title, ("", "indicator", "dossiers", "rate", "points", "of"), rows)


@score.command("by", epilog="sohoa score by unit\nsohoa score by procedure --from 2026-01 --to 2026-03 --csv units.csv")
@click.argument("what", type=click.Choice(["unit", "procedure", "month"]))
@_of_period
@click.pass_obj
def score_by(configuration: Configured, what: str, *, words: Words, files: Files, as_json: bool) -> None:
    """Print what each unit, procedure or month has done."""
    from sohoa.looking import existing_house
    from sohoa.scoring import dossiers_of, period_of, shares_by

    house = existing_house(configuration.settings, needs_catalog=False)
    _print(shares_by(dossiers_of(house, period_of(house, *words)), what), files, as_json=as_json)


@score.command("wanting", epilog="sohoa score wanting 4.3 --unit H40.12")
@click.argument("number")
@_of_period
@click.pass_obj
def score_wanting(configuration: Configured, number: str, *, words: Words, files: Files, as_json: bool) -> None:
    """Print the dossiers that cost points of an indicator.

    First those of which the warehouse has a signed copy: they only have to be synced.
    """
    from sohoa.looking import existing_house
    from sohoa.scoring import dossiers_of, period_of, wanting_of

    house = existing_house(configuration.settings)
    dossiers = dossiers_of(house, period_of(house, *words))
    _print(wanting_of(house, dossiers, number), files, as_json=as_json)


@score.command("reuse", epilog="sohoa score reuse\nsohoa score reuse --from 2026-01 --to 2026-12 --csv reuse.csv")
@_of_period
@click.pass_obj
def score_reuse(configuration: Configured, *, words: Words, files: Files, as_json: bool) -> None:
    """Print what lookups spared people, month by month: papers and pages that were there already.

    Counted from the audit log, for dossiers that something was looked up for.
    """
    from sohoa.looking import existing_house
    from sohoa.scoring import period_of, reuse_of

    house = existing_house(configuration.settings, needs_catalog=False)
    _print(reuse_of(house, period_of(house, *words)), files, as_json=as_json)


def _print(rows: Sequence[Value], files: Files, *, as_json: bool) -> None:
    files.write(rows)
    if as_json:
        for row in rows:
            console.print_json(row)
    elif rows:
        shown = [row.model_dump() for row in rows]
        console.print_table("", tuple(shown[0]), [[str(cell) for cell in row.values()] for row in shown])
    else:
        console.say("There is none.")
