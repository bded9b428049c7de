"""`sohoa issuers`: whose keys sign the claims in QR codes, for machines without the warehouse; and taking one back."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

if TYPE_CHECKING:
    from schemas.claim import KnownIssuer


@click.group(cls=Verbs, invoke_without_command=True, epilog="sohoa issuers\nsohoa issuers --to /media/stick/issuers")
@click.option("--to", "folder", type=PathWord(), metavar="FOLDER", help="Write what is new to this folder.")
@json_option
@click.pass_context
def issuers(context: click.Context, folder: Path | None, *, as_json: bool) -> None:
    """Show whose keys sign the claims in QR codes on copies, and hand out what checks them.

    With FOLDER, `sohoa verify --issuers FOLDER` checks printed copies on a machine that knows nothing but the root.
    """
    if context.invoked_subcommand is not None:
        return
    from flows.claims import hand_out_issuers
    from sohoa.looking import existing_house

    house = existing_house(context.obj.settings, needs_catalog=False)
    known = list(hand_out_issuers(house, folder))
    if as_json:
        for issuer in known:
            console.print_json(issuer)
        return
    console.print_table("", ("issuer", "from", "until", "taken back"), map(_row, known))


@issuers.command(
    epilog='sohoa issuers withdraw 5f0c1e22a9b44d01 --reason "máy chủ bị mất"\n'
    "sohoa issuers withdraw 5f0c1e22a9b44d01 --since 2026-11-20T08:00:00+07:00 --reason leaked --json"
)
@click.argument("issuer_id", metavar="ISSUER")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
    help="From when on its claims do not count; now if not said. A day alone is its beginning in Vietnam.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why; whoever checks a claim of this key may read it.")
@json_option
@click.pass_obj
def withdraw(configuration: Configured, issuer_id: str, since: datetime | None, reason: str, *, as_json: bool) -> None:
    """Take a key that signs claims back for ever, because somebody else may have it; another one signs from now on.

    What it signed before counts where the warehouse shows that the claim was made there. Hand out the folder of
    issuers anew: `sohoa issuers --to FOLDER`.
    """
    from sohoa.withdrawing import withdraw_issuer

    withdrawn = withdraw_issuer(configuration.settings, issuer_id, since, reason)
    if as_json:
        console.print_json(withdrawn)
    else:
        console.say(f"Its claims do not count since {withdrawn.since:%Y-%m-%d %H:%M:%S %Z}: {withdrawn.reason}")


def _row(issuer: "KnownIssuer") -> tuple[str, ...]:
    since = "" if issuer.withdrawn is None else f"{issuer.withdrawn.since:%Y-%m-%d}"
    return issuer.issuer_id, f"{issuer.valid_from:%Y-%m-%d}", f"{issuer.valid_until:%Y-%m-%d}", since
