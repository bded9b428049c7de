"""`sohoa token`: what a system is let in with, where no OpenID Connect issuer gives out tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import click
from pydantic import TypeAdapter, ValidationError

from schemas.token import READING, ClientName, Scope
from sohoa import console
from sohoa.verbs import Configured, Verb, json_option

_SCOPES = get_args(Scope)
_MOST_DAYS = 366

_name: TypeAdapter[str] = TypeAdapter(ClientName)


def _client_name(_context: click.Context, _parameter: click.Parameter, value: str) -> ClientName:
    try:
        return _name.validate_python(value)
    except ValidationError as error:
        raise click.BadParameter(
            "letters, digits, dots, hyphens, underscores: it names a system, not a person"
        ) from error


@click.command(
    cls=Verb, epilog="sohoa token mot-cua\nsohoa token cong-dvc --scope lookup --days 90\nsohoa token mot-cua --json"
)
@click.argument("name", metavar="NAME", callback=_client_name)
@click.option("--scope", "scopes", type=click.Choice(_SCOPES), multiple=True, help="What it may do; all but admin.")
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=30, show_default=True, help="How long it holds.")
@json_option
@click.pass_obj
def token(configuration: Configured, name: ClientName, scopes: Sequence[Scope], days: int, *, as_json: bool) -> None:
    """Print a token for the system that asks under this name, which the audit log will name.

    It cannot be taken back alone: a new secret of the API (`api.token`) ends all of them at once.
    """
    from sohoa.api.clients import issue
    from sohoa.api.token import api_token

    settings, now = configuration.settings, datetime.now(UTC)
    made = issue(api_token(settings), settings.api.audience, name, tuple(scopes) or READING, timedelta(days=days), now)
    if as_json:
        console.print_json({"token": made, "expires_at": (now + timedelta(days=days)).isoformat(timespec="seconds")})
    else:
        console.say(made)
