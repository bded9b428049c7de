"""The verb of the tables for analysis."""

import click

from sohoa import console
from sohoa.verbs import Configured, Verbs, json_option


@click.group(cls=Verbs)
def tables() -> None:
    """Write tables for analysis, without anything about people."""


@tables.command("export", epilog="sohoa tables export\nsohoa tables export --from 2026-01 --to 2026-03 --json")
@click.option(
    "--from",
    "first",
    metavar="MONTH",
    help="First month, such as 2026-01; by default that of --to, or last month.",
)
@click.option("--to", "last", metavar="MONTH", help="Last month; by default this one.")
@json_option
@click.pass_obj
def tables_export(configuration: Configured, first: str | None, last: str | None, *, as_json: bool) -> None:
    """Write the tables of some months into the object store, as Parquet; what has not changed is not written again."""
    from sohoa.analysing import export_tables

    for written in export_tables(configuration.settings, first, last):
        if as_json:
            console.print_json(written)
        else:
            console.say(f"{'written' if written.new else 'as it was'}  {written.rows} rows  {written.key}")
