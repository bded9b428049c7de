"""The verbs of owners: identifiers that were cancelled and established anew."""

from datetime import datetime

import click

from schemas.problem import Exit
from sohoa import console
from sohoa.verbs import Configured, Verbs, json_option


@click.group(cls=Verbs)
def owner() -> None:
    """Say which identifiers belong to one person."""


@owner.command(
    epilog="sohoa owner reestablish 040095001234 040095004321 --legal-basis 15/QĐ-CAT --effective 2026-11-03\n"
    "sohoa owner reestablish 040095001234 --legal-basis 16/QĐ-CAT"
)
@click.argument("cancelled", metavar="CANCELLED_ID")
@click.argument("new", metavar="[NEW_ID]", required=False)
@click.option("--legal-basis", metavar="CODE", required=True, help="Number and symbol of the instrument: 15/QĐ-CAT.")
@click.option("--words", metavar="TEXT", default="", help="The legal basis in words.")
@click.option(
    "--effective", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Since when, 2026-11-03; today if not said."
)
@json_option
@click.pass_obj
def reestablish(
    configuration: Configured,
    cancelled: str,
    new: str | None,
    legal_basis: str,
    words: str,
    effective: datetime | None,
    *,
    as_json: bool,
) -> Exit:
    """Say that an identifier was cancelled and another established in its place (hủy, xác lập lại số định danh).

    When a second person says the same, lookups by either one find the records of both. Without NEW_ID: there is none
    in its place, what was said was a mistake. Ends with 21 while it waits for the second person.
    """
    from sohoa.amending import reestablished

    holds = reestablished(
        configuration.settings, cancelled, new, legal_basis=legal_basis, words=words, effective=effective
    )
    if as_json:
        console.print_json({"holds": holds})
    else:
        console.say("It holds." if holds else "It waits for a second person, who says the same.")
    return Exit.DONE if holds else Exit.WAITS_FOR_REVIEW
