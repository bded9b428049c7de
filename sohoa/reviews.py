"""The verbs of a reviewer: what waits for a person, one record of it, and what they decide."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from schemas.problem import DECISION_UNFIT, Exit
from sohoa import console
from sohoa.verbs import Configured, Verbs, json_option

if TYPE_CHECKING:
    from schemas.review import Act


@click.group(cls=Verbs)
def review() -> None:
    """Settle what the machine was not sure of."""


@review.command("pass", epilog="sohoa review pass binh")
@click.argument("name", metavar="NAME")
@click.pass_obj
def pass_(configuration: Configured, name: str) -> None:
    """Print what the reviewer of this name signs in with at the desk in the browser; hand it to them alone.

    It is made of the API's token: whoever can read that can make it, and a new token makes new ones.
    """
    from sohoa.api.token import api_token
    from sohoa.reviewing import pass_of

    console.say(pass_of(name, api_token(configuration.settings)))


@review.command("list", epilog="sohoa review list\nsohoa review list --json | jq -r .record_id")
@json_option
@click.pass_obj
def list_(configuration: Configured, *, as_json: bool) -> None:
    """Show what waits for a person and why: live papers before legacy ones, the longest waiting first."""
    from sohoa.looking import existing_house
    from sohoa.reviewing import every_waiting

    found = every_waiting(existing_house(configuration.settings))
    if as_json:
        for each in found:
            console.print_json(each._asdict())
        return
    rows = [
        (each.record_id, each.document_type or "unknown", each.since[:16], " ".join(each.reasons)) for each in found
    ]
    console.print_table(f"{len(rows)} records wait for a person.", ("record", "type", "since", "why"), rows)


@review.command(epilog="sohoa review show 0f3a…\nsohoa review show --json 0f3a… | jq .review_reasons")
@click.argument("record_id", metavar="RECORD_ID")
@json_option
@click.pass_obj
def show(configuration: Configured, record_id: str, *, as_json: bool) -> None:
    """Show a record that waits, as `sohoa record show` does. It is written to the audit log first."""
    from sohoa.looking import existing_house, this_user
    from sohoa.reviewing import take

    found = take(existing_house(configuration.settings), record_id, this_user())
    if as_json:
        console.print_json(found)
    else:
        console.print_record(found)


@review.command(
    epilog="sohoa review decide 0f3a… --confirm full_name --correct date_of_birth=31/3/2016\n"
    'sohoa review decide 0f3a… --unreadable ethnicity --rescan --reason "mất góc dưới"'
)
@click.argument("record_id", metavar="RECORD_ID")
@click.option("--confirm", metavar="FIELD", multiple=True, help="The value is what the paper says; may be repeated.")
@click.option("--correct", metavar="FIELD=VALUE", multiple=True, help="The paper says this; may be repeated.")
@click.option("--unreadable", metavar="FIELD", multiple=True, help="Nobody can read it; may be repeated.")
@click.option("--rescan", is_flag=True, help="The paper has to be scanned again.")
@click.option("--no-rescan", is_flag=True, help="Nobody will scan it again: decide from what there is.")
@click.option(
    "--replaced-by", metavar="RECORD_ID", multiple=True, help="It was scanned again, and that is this record."
)
@click.option("--papers", metavar="PAGES", help="Which pages of the file make up which paper: '1-2; 3'.")
@click.option("--reason", default="", help="Why, in your words.")
@json_option
@click.pass_obj
def decide(
    configuration: Configured,
    record_id: str,
    confirm: Sequence[str],
    correct: Sequence[str],
    unreadable: Sequence[str],
    replaced_by: Sequence[str],
    papers: str | None,
    reason: str,
    *,
    rescan: bool,
    no_rescan: bool,
    as_json: bool,
) -> Exit:
    """Decide about a record: its next version is sealed, the earlier ones stay as they are.

    `--correct document_type=CODE` makes it a paper of another type, whose fields a person then reads.

    Identifiers, and whatever changes who the owner is, hold when a second person says the same. Ends with 21 while
    something still waits.
    """
    from flows.keyring import Keyring
    from flows.regrouping import regroup
    from flows.reviewing import decide as decide_about
    from sohoa.looking import existing_house, this_user
    from sohoa.reviewing import decision_about, parse_papers, take

    pairs = [each.partition("=") for each in correct]
    if any(not equals for _, equals, _ in pairs):
        raise DECISION_UNFIT.error("a correction is written FIELD=VALUE")
    house = existing_house(configuration.settings)
    seen = take(house, record_id, this_user())
    said: list[tuple[str, Act, str]] = [
        *((name, "confirm", "") for name in confirm),
        *((name, "correct", typed) for name, _, typed in pairs),
        *((name, "unreadable", "") for name in unreadable),
    ]
    if papers is not None:
        keyring = Keyring.open(configuration.settings, datetime.now(UTC))
        regroup(house, keyring, seen, parse_papers(papers), this_user(), lambda: datetime.now(UTC))
        console.note("The file is read again, and its papers take the place of this one.")
        return Exit.WAITS_FOR_REVIEW
    decision = decision_about(
        seen,
        this_user(),
        said,
        rescan=rescan,
        no_rescan=no_rescan,
        replaced_by=replaced_by,
        reason=reason,
    )
    keyring = Keyring.open(configuration.settings, datetime.now(UTC))
    made = decide_about(house, keyring, decision, lambda: datetime.now(UTC))
    if as_json:
        console.print_json(made)
    else:
        console.print_record(made)
    return Exit.WAITS_FOR_REVIEW if made.needs_review else Exit.DONE
