"""The verbs of one record: look at it, and what can be done to it after the fact."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from schemas.problem import Exit
from schemas.record import REASONS, AmendmentAct
from schemas.search import MOST_FOUND
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option


@click.group(cls=Verbs)
def record() -> None:
    """Show, explain, amend or export one record."""


@record.command(epilog="sohoa record show 0f3a…\nsohoa record show --json 0f3a… | jq .fields")
@click.argument("record_id", metavar="RECORD_ID")
@json_option
@click.pass_obj
def show(configuration: Configured, record_id: str, *, as_json: bool) -> None:
    """Show the latest version of a record: its fields, owners, dates, and where it came from.

    Like a lookup, it is written to the audit log first.
    """
    from sohoa.looking import show_record

    found = show_record(configuration.settings, record_id)
    if as_json:
        console.print_json(found)
    else:
        console.print_record(found)


@record.command(
    epilog='sohoa record find --name "Bùi Thị Chi" --purpose 1.001193\n'
    "sohoa record find --number 195/2016 --type birth_certificate --purpose 1.001193 --json\n"
    'sohoa record find --issuer "UBND xã Nghĩa Hợp" --from 2016-01-01 --to 2016-12-31 --purpose "kiểm kê"'
)
@click.option("--owner", metavar="ID", help="Personal identifier of an owner.")
@click.option("--name", metavar="NAME", help="Whole name of an owner.")
@click.option("--number", metavar="NUMBER", help="Its number and symbol: 195/2016.")
@click.option("--issuer", metavar="NAME", help="Who issued it, as it stands on the paper.")
@click.option("--dossier", "dossier_code", metavar="CODE", help="Dossier code (mã hồ sơ).")
@click.option("--type", "document_type", metavar="TYPE", help="Only records of this type.")
@click.option("--from", "issued_from", metavar="DATE", help="Issued on this day, 2016-01-01, or later.")
@click.option("--to", "issued_to", metavar="DATE", help="Issued on this day or before.")
@click.option("--purpose", metavar="TEXT", required=True, help="What for: a procedure (mã TTHC), or in words.")
@click.option("--limit", type=click.IntRange(1, MOST_FOUND), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="RECORD_ID", help="The next page: the last record of the one before.")
@json_option
@click.pass_obj
def find(configuration: Configured, /, *, as_json: bool, **words: str | int | None) -> None:
    """Find records by what is known of a paper exactly; marks (dấu), capitals and punctuation make no difference.

    It says which records there are, not what they say. Like a lookup, it is written to the audit log first.
    """
    from sohoa.looking import existing_house, this_user
    from sohoa.searching import find, parse_search

    asked = parse_search(words)
    answer = find(existing_house(configuration.settings), asked, this_user())
    if as_json:
        console.print_json(answer)
    else:
        console.print_found(answer)


@record.command(
    epilog="sohoa record explain 0f3a…\nsohoa record explain 0f3a… full_name\n"
    "sohoa record explain 0f3a… --json | jq -c '.versions[]'"
)
@click.argument("record_id", metavar="RECORD_ID")
@click.argument("field", metavar="[FIELD]", required=False)
@json_option
@click.pass_obj
def explain(configuration: Configured, record_id: str, field: str | None, *, as_json: bool) -> None:
    """Say why a record says what it says: what was read where, which checks it passed, who decided, who signed.

    Like a lookup, it is written to the audit log first.
    """
    from sohoa.explaining import explain_record

    found = explain_record(configuration.settings, record_id, field)
    if as_json:
        console.print_json(found)
    else:
        console.print_explanation(found)


@record.command(epilog="sohoa record export 0f3a… --to folder")
@click.argument("record_id", metavar="RECORD_ID")
@click.option("--to", "folder", type=PathWord(), required=True, help="Folder to write into.")
@click.pass_obj
def export(configuration: Configured, record_id: str, folder: Path) -> None:
    """Write copy, record, signature, certificates and evidence as plain files; a README says how to check them.

    Like a lookup, it is written to the audit log first.
    """
    from sohoa.looking import hand_out_record

    for path in hand_out_record(configuration.settings, record_id, folder):
        console.say(str(path))


# --- after the fact --------------------------------------------------------------------------------------------
def _ground(act: AmendmentAct) -> Callable[[Callable[..., Exit]], Callable[..., Exit]]:
    """Return what adds the words that every amendment needs: which record, why, on which legal basis, from when on."""
    codes = "\n".join(f"  {code}: {meaning}" for code, meaning in REASONS[act].items())
    added = (
        click.argument("record_id", metavar="RECORD_ID"),
        click.option(
            "--reason", metavar="CODE", required=True, type=click.Choice(list(REASONS[act])), help=f"\b\nWhy:\n{codes}"
        ),
        click.option(
            "--legal-basis", metavar="CODE", required=True, help="Number and symbol of the instrument: 12/QĐ-UBND."
        ),
        click.option("--words", metavar="TEXT", default="", help="The legal basis in words: article, whose, of when."),
        click.option(
            "--effective",
            metavar="DATE",
            type=click.DateTime(["%Y-%m-%d"]),
            help="First day on which it counts, 2026-11-03; today if not said.",
        ),
        json_option,
        click.pass_obj,
    )
    return lambda verb: reduce(lambda made, add: add(made), reversed(added), verb)


@record.command(
    epilog="sohoa record correct 0f3a… --set date_of_birth=31/3/2016 --reason register_corrected \\\n"
    '    --legal-basis 12/QĐ-UBND --words "Quyết định cải chính hộ tịch, UBND xã Kim Liên" --effective 2026-11-03'
)
@_ground("correct")
@click.option("--set", "changes", metavar="FIELD=VALUE", multiple=True, required=True, help="May be repeated.")
def correct(configuration: Configured, record_id: str, **words: Any) -> Exit:  # noqa: ANN401 - click's
    """Correct what a record says (cải chính, đính chính).

    Identifiers, and whatever changes who the owner is, hold when a second person says the same; until then the record
    waits for review, and this ends with 21.
    """
    return _amend(configuration, record_id, "correct", **words)


@record.command(
    epilog="sohoa record supersede 0f3a… --by 77c1… --reason reissued --legal-basis 60/2014/QH13 --effective 2026-11-03"
)
@_ground("supersede")
@click.option("--by", metavar="RECORD_ID", required=True, help="The record that takes its place.")
def supersede(configuration: Configured, record_id: str, **words: Any) -> Exit:  # noqa: ANN401 - click's
    """Let another record take the place of this one (cấp lại, thay đổi).

    Lookups then say which one in `superseded_by`.
    """
    return _amend(configuration, record_id, "supersede", **words)


@record.command(
    epilog="sohoa record revoke 0f3a… --reason issued_unlawfully --legal-basis 45/QĐ-UBND --effective 2026-11-03"
)
@_ground("revoke")
def revoke(configuration: Configured, record_id: str, **words: Any) -> Exit:  # noqa: ANN401 - click's
    """Revoke a record (thu hồi): from its day on it cannot replace paper."""
    return _amend(configuration, record_id, "revoke", **words)


@record.command(epilog="sohoa record suspend 0f3a… --reason complaint --legal-basis 7/TB-UBND --effective 2026-11-03")
@_ground("suspend")
def suspend(configuration: Configured, record_id: str, **words: Any) -> Exit:  # noqa: ANN401 - click's
    """Suspend a record (tạm đình chỉ) until it is reinstated."""
    return _amend(configuration, record_id, "suspend", **words)


@record.command(
    epilog="sohoa record reinstate 0f3a… --reason suspension_ended --legal-basis 9/TB-UBND --effective 2026-12-01"
)
@_ground("reinstate")
def reinstate(configuration: Configured, record_id: str, **words: Any) -> Exit:  # noqa: ANN401 - click's
    """Reinstate a record (khôi phục): lifts whatever stands against it on that day, from that day on."""
    return _amend(configuration, record_id, "reinstate", **words)


def _amend(
    configuration: Configured,
    record_id: str,
    act: AmendmentAct,
    *,
    as_json: bool,
    **words: Any,  # noqa: ANN401 - click's
) -> Exit:
    from sohoa.amending import amend

    made = amend(configuration.settings, record_id, act, **words)
    if as_json:
        console.print_json(made)
    else:
        console.print_record(made)
    return Exit.WAITS_FOR_REVIEW if act == "correct" and made.needs_review else Exit.DONE
