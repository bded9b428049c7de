"""The verbs of owners: who they are where a paper does not say, and identifiers that were cancelled."""

from datetime import datetime

import click

from schemas.problem import Exit
from sohoa import console
from sohoa.verbs import Configured, Verbs, json_option


@click.group(cls=Verbs)
def owner() -> None:
    """Say who an owner is, and which identifiers belong to one person."""


@owner.command(epilog="sohoa owner match\nsohoa owner match --json | jq .doubtful")
@json_option
@click.pass_obj
def match(configuration: Configured, *, as_json: bool) -> Exit:
    """Match the owners whom papers name without an identifier against the population registry.

    Who is sure is linked, as a new sealed version. Who is doubtful waits for a person; then this ends with 21. It may
    be stopped and run again at any time: what is done is not done twice.
    """
    from sohoa.matching import match_owners

    found = match_owners(configuration.settings)
    if as_json:
        console.print_json(found._asdict())
    else:
        rows = [(name, str(count)) for name, count in found._asdict().items()]
        console.print_table("", ("owners", "records"), rows)
    return Exit.WAITS_FOR_REVIEW if found.doubtful else Exit.DONE


@owner.command(epilog="sohoa owner candidates 0f3a…\nsohoa owner candidates 0f3a… --json | jq -c '.candidates[]'")
@click.argument("record_id", metavar="RECORD_ID")
@json_option
@click.pass_obj
def candidates(configuration: Configured, record_id: str, *, as_json: bool) -> None:
    """Show who may be meant by the owners of a record who are not known, how likely each is, and why.

    Like a lookup, it is written to the audit log first.
    """
    from sohoa.matching import as_json_value, who_may_be_meant

    for role, found in who_may_be_meant(configuration.settings, record_id).items():
        if as_json:
            console.print_json({"role": role, "candidates": [as_json_value(each) for each in found]})
        else:
            console.print_candidates(role, found)


@owner.command(epilog="sohoa owner learn > weights.json")
@click.option(
    "--most", type=click.IntRange(min=1), default=20_000, show_default=True, help="Learn from so many owners."
)
@click.pass_obj
def learn(configuration: Configured, most: int) -> None:
    """Learn what agreement with the registry weighs, from the papers that are here, and print it: one JSON object.

    Nobody has to say who is who. All of the extract is read. Name the file that you keep it in as `registry.weights`.
    """
    from sohoa.matching import learn_weights

    console.print_json(learn_weights(configuration.settings, most))


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
