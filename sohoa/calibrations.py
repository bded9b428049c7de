"""The verbs of calibration: where acceptance stands, and a new calibration from what is known."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option


@click.group(cls=Verbs)
def calibration() -> None:
    """How likely what was read is right, and what the machine may accept by itself."""


@calibration.command(
    epilog="sohoa calibration report\nsohoa calibration report --plots plots/\nsohoa calibration report --json | jq ."
)
@click.option("--plots", type=PathWord(), help="Folder to draw plots into (SVG).")
@json_option
@click.pass_obj
def report(configuration: Configured, plots: Path | None, *, as_json: bool) -> None:
    """Show where acceptance stands, by type of paper and kind of value.

    What was measured when the calibration was made, and what people have found out since about values drawn by lot.
    """
    from sohoa.calibration.report import COLUMNS, cells, known_to, rows

    known, sampled = known_to(configuration.settings)
    found = rows(known, sampled)
    if as_json:
        for row in found:
            console.print_json(row)
    else:
        made_of = f"{known.provenance.papers} papers, {len(sampled)} decisions since"
        console.print_table(f"Calibration {known.version}: {made_of}.", COLUMNS, map(cells, found))
    if plots is not None:
        from sohoa.calibration.plots import draw

        for path in draw(known, found, plots):
            console.note(f"drawn: {path}")


@calibration.command(
    epilog="sohoa extract --json tuning/*.jpg > readings.jsonl\n"
    "sohoa calibration fit readings.jsonl > calibration.json\n"
    "sohoa calibration fit readings.jsonl --decisions > calibration.json"
)
@click.argument("readings", metavar="[READINGS.jsonl]...", nargs=-1, type=PathWord())
@click.option("--decisions", is_flag=True, help="Learn from what people decided here, too.")
@click.option("--note", default="", help="How the papers came about: kept with the calibration.")
@click.pass_obj
def fit(configuration: Configured, readings: Sequence[Path], note: str, *, decisions: bool) -> None:
    """Make a calibration and print it: one JSON object.

    READINGS.jsonl is what `sohoa extract --json` printed about scans with NAME.truth.json beside each. Name the file
    that you keep it in as `acceptance.calibration`.
    """
    from sohoa.calibration.learning import decided_in, learn, observed_in
    from sohoa.looking import existing_house

    observations = [each for path in readings for each in observed_in(path)]
    if decisions:
        observations += decided_in(existing_house(configuration.settings))
    console.print_json(learn(observations, datetime.now(UTC), note))
