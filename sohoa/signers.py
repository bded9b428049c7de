"""The verbs of the directory of signers: whose key signs for which agency, from when to when."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from schemas.problem import BAD_REQUEST, Exit, refused_by_system
from schemas.signer import SignerState
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

if TYPE_CHECKING:
    from schemas.signer import Role

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Verbs)
def signers() -> None:
    """Keep the directory of who signs for which agency."""


@signers.command(
    epilog="sohoa signers add --agency H40.12 --role agency ubnd-xa.pem\n"
    "sohoa signers add --agency H40.12 --role scanner --from 2026-01-01 --until 2026-06-30 officer.pem"
)
@click.argument("file", metavar="CERTIFICATE.pem", type=PathWord())
@click.option("--agency", required=True, metavar="CODE", help="Code of the agency (mã định danh).")
@click.option("--role", required=True, type=click.Choice(["scanner", "agency"]), help="What they sign as.")
@click.option("--from", "signs_from", type=_DAY, help="First day; otherwise that of the certificate.")
@click.option("--until", "signs_until", type=_DAY, help="Last day; otherwise that of the certificate.")
@json_option
@click.pass_obj
def add(
    configuration: Configured,
    file: Path,
    agency: str,
    role: "Role",
    signs_from: datetime | None,
    signs_until: datetime | None,
    *,
    as_json: bool,
) -> Exit:
    """Write a signer down. For one who is there already: from now on as said here.

    CERTIFICATE.pem: the signer's certificate, then those between it and the root.
    """
    from flows.signers import add_signer
    from sohoa.looking import existing_house, this_user

    house = existing_house(configuration.settings, needs_catalog=False)
    first, last = _day(signs_from), _day(signs_until)
    try:
        state = add_signer(house, file.read_bytes(), agency, role, first, last, by=this_user(), at=datetime.now(UTC))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))} {item['msg']}" for item in error.errors(include_input=False)
        )
        raise BAD_REQUEST.error(wrong.strip()) from error
    except OSError as error:
        raise refused_by_system(error) from error
    _tell([state], as_json=as_json)
    return state.exit_code


@signers.command("list", epilog="sohoa signers list\nsohoa signers list --agency H40.12 --json")
@click.option("--agency", metavar="CODE", help="Only those who sign for this agency.")
@json_option
@click.pass_obj
def list_(configuration: Configured, agency: str | None, *, as_json: bool) -> None:
    """Show who signs for which agency, and how many days are left."""
    from flows.signers import state_of
    from sohoa.looking import existing_house

    known = existing_house(configuration.settings, needs_catalog=False).signers.all()
    now = datetime.now(UTC)
    states = [state_of(entry, now) for entry in known if agency in {None, entry.agency}]
    _tell(sorted(states, key=lambda state: (state.agency, state.days_left)), as_json=as_json)


@signers.command(epilog="sohoa signers check\nsohoa signers check --json | jq -r 'select(.days_left < 30) | .name'")
@json_option
@click.pass_obj
def check(configuration: Configured, *, as_json: bool) -> Exit:
    """Ask authorities whether certificates were revoked; warn 60, 30 and 7 days before somebody's right ends.

    Ends with 22 if somebody cannot sign any more.
    """
    from flows.signers import check_signers
    from sohoa.looking import existing_house

    house = existing_house(configuration.settings, needs_catalog=False)
    states = list(check_signers(house, datetime.now(UTC)))
    _tell(states, as_json=as_json)
    for state in states:
        if state.revocation == "revoked":
            console.note(f"{state.name} ({state.agency}): the certificate was revoked.")
        elif state.warns_within is not None:
            console.note(f"{state.name} ({state.agency}): until {state.signs_until}, {state.days_left} days.")
    return max((state.exit_code for state in states), default=Exit.DONE)


def _tell(states: list[SignerState], *, as_json: bool) -> None:
    if as_json:
        for state in states:
            console.print_json(state)
        return
    columns = ("agency", "role", "name", "from", "until", "days left", "revocation", "certificate")
    console.print_table("", columns, map(_row, states))


def _row(state: SignerState) -> tuple[str, ...]:
    return (
        state.agency,
        state.role,
        state.name,
        str(state.signs_from),
        str(state.signs_until),
        str(state.days_left),
        state.revocation or "",
        state.certificate_sha256[:16],
    )


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
