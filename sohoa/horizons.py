"""`sohoa horizon`: what becomes unverifiable when, if nothing is done."""

from datetime import UTC, datetime

import click

from schemas.problem import INTEGRITY_MISMATCH, Exit
from schemas.report import Ending, Horizon
from schemas.settings import Settings
from sohoa import console
from sohoa.verbs import Configured, Verb, json_option


@click.command(cls=Verb, epilog="sohoa horizon\nsohoa horizon --json | jq '.endings[0].until'")
@json_option
@click.pass_obj
def horizon(configuration: Configured, *, as_json: bool) -> Exit:
    """Say what becomes unverifiable when, if nothing is done: certificates, time-stamps, algorithms.

    Reads every record, and every copy that has no time-stamp yet. Ends with 22 if something has ended already.
    """
    found = look_ahead(configuration.settings)
    if as_json:
        console.print_json(found)
    else:
        console.print_table("", ("until", "records", "by", "because", "what to do"), map(_row, found.endings))
    for detail in found.damaged:
        console.print_problem(INTEGRITY_MISMATCH.error(detail).problem)
    return found.exit_code


def look_ahead(settings: Settings) -> Horizon:
    """Return when what is stored, and the keys that sign now, can no longer be relied on."""
    from flows.horizon import horizon as looked
    from flows.keyring import Keyring
    from sohoa.looking import existing_house

    return looked(existing_house(settings, needs_catalog=False), Keyring.load(settings), datetime.now(UTC))


def _row(ending: Ending) -> tuple[str, ...]:
    records = str(ending.records) if ending.records else ""
    return f"{ending.until:%Y-%m-%d}", records, ending.protection, ending.because, ending.remedy
