"""`sohoa issuers`: whose keys sign the claims in QR codes, for machines that check them without the warehouse."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sohoa import console
from sohoa.verbs import Configured, PathWord, Verb, json_option

if TYPE_CHECKING:
    from schemas.claim import Issuer


@click.command(cls=Verb, epilog="sohoa issuers\nsohoa issuers --to /media/stick/issuers")
@click.option("--to", "folder", type=PathWord(), metavar="FOLDER", help="Write what is new to this folder.")
@json_option
@click.pass_obj
def issuers(configuration: Configured, folder: Path | None, *, as_json: bool) -> None:
    """Show whose keys sign the claims in QR codes on copies, and hand out what checks them.

    With FOLDER, `sohoa verify --issuers FOLDER` checks printed copies on a machine that knows nothing but the root.
    """
    from flows.claims import hand_out_issuers
    from sohoa.looking import existing_house

    house = existing_house(configuration.settings, needs_catalog=False)
    known = list(hand_out_issuers(house, folder))
    if as_json:
        for issuer in known:
            console.print_json(issuer)
        return
    console.print_table("", ("issuer", "from", "until"), map(_row, known))


def _row(issuer: "Issuer") -> tuple[str, ...]:
    return issuer.issuer_id, f"{issuer.valid_from:%Y-%m-%d}", f"{issuer.valid_until:%Y-%m-%d}"
