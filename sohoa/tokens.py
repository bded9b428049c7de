"""`sohoa token`: what a system is let in with, where no OpenID Connect issuer gives out tokens; and taking one back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import click
from pydantic import TypeAdapter, ValidationError

from schemas.token import LOCAL_ISSUER, READING, ClientName, Scope, TokenId
from sohoa import console
from sohoa.verbs import Configured, PathWord, Verbs, json_option

_SCOPES = get_args(Scope)
_MOST_DAYS = 366

_name: TypeAdapter[str] = TypeAdapter(ClientName)
_token_id: TypeAdapter[str] = TypeAdapter(TokenId)


class _Token(Verbs):
    """Its verbs, and `sohoa token NAME`, which is what it is there for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        is_verb = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if is_verb else ["give", *args])


def _client_name(_context: click.Context, _parameter: click.Parameter, value: str) -> ClientName:
    try:
        return _name.validate_python(value)
    except ValidationError as error:
        raise click.BadParameter(
            "letters, digits, dots, hyphens, underscores: it names a system, not a person"
        ) from error


def _id_of_token(_context: click.Context, _parameter: click.Parameter, value: str) -> TokenId:
    try:
        return _token_id.validate_python(value)
    except ValidationError as error:
        raise click.BadParameter("the `jti` of a token: printed when it was made") from error


@click.group(cls=_Token)
def token() -> None:
    """Give a system a token, `sohoa token NAME`, or take one back."""


@token.command(
    epilog="sohoa token mot-cua\nsohoa token cong-dvc --scope lookup --days 90\n"
    "sohoa token mot-cua --certificate mot-cua.pem --json"
)
@click.argument("name", metavar="NAME", callback=_client_name)
@click.option(
    "--scope", "scopes", type=click.Choice(_SCOPES), multiple=True, help="What it may do; reading if not said."
)
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=30, show_default=True, help="How long it holds.")
@click.option("--certificate", type=PathWord(), help="PEM file: only over a connection with this client certificate.")
@json_option
@click.pass_obj
def give(
    configuration: Configured,
    name: ClientName,
    scopes: Sequence[Scope],
    days: int,
    certificate: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print a token for the system that asks under this name, which the audit log will name: `sohoa token NAME`.

    Its id, by which it can be taken back, stands beside it. A new secret of the API (`api.token`) ends all at once.
    """
    from sohoa.admitting import give_token

    now = datetime.now(UTC)
    made = give_token(configuration.settings, name, tuple(scopes) or READING, timedelta(days=days), now, certificate)
    if as_json:
        expires_at = (now + timedelta(days=days)).isoformat(timespec="seconds")
        console.print_json({"token": made.token, "token_id": made.token_id, "expires_at": expires_at})
    else:
        console.say(made.token)
        console.note(f"To take it back: sohoa token revoke {made.token_id} --reason …")


@token.command(
    epilog='sohoa token revoke 5f0c… --reason "máy chủ bị mất"\n'
    "sohoa token revoke 5f0c… --issuer https://id.example.vn/realms/tinh --reason leaked"
)
@click.argument("token_id", metavar="TOKEN_ID", callback=_id_of_token)
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the audit log.")
@click.option("--issuer", metavar="URL", default=LOCAL_ISSUER, help="Who gave it out, if not `sohoa token`.")
@json_option
@click.pass_obj
def revoke(configuration: Configured, token_id: TokenId, reason: str, issuer: str, *, as_json: bool) -> None:
    """Take a token back for ever, by its id (`jti`): within half a minute nobody is let in with it any more."""
    from sohoa.admitting import revoke_token

    revoked = revoke_token(configuration.settings, issuer, token_id, reason)
    if as_json:
        console.print_json(revoked)
    else:
        console.say(f"It was taken back by {revoked.who} at {revoked.at:%Y-%m-%d %H:%M:%S %Z}: {revoked.reason}")
