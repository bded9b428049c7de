"""`sohoa token …`: letting a system ask, and taking that back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from pydantic import ValidationError

from schemas.audit import AuditEntry
from schemas.problem import BAD_REQUEST, FILE_MISSING, FILE_UNREADABLE
from schemas.settings import Settings
from schemas.token import ClientName, RevokedToken, Scope, TokenId
from sohoa.api.clients import Issued, issue
from sohoa.api.token import api_token
from sohoa.looking import existing_house, this_user


def give_token(
    settings: Settings,
    name: ClientName,
    scopes: tuple[Scope, ...],
    lasts: timedelta,
    now: datetime,
    certificate: Path | None,
) -> Issued:
    """Return a token for a system, bound to its certificate if that is given.

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `bad-request` about the file of the certificate.
    """
    bound_to = None if certificate is None else _certificate_in(certificate)
    return issue(api_token(settings), settings.api.audience, name, scopes, lasts, now, bound_to)


def revoke_token(settings: Settings, issuer: str, token_id: TokenId, reason: str) -> RevokedToken:
    """Take a token back, and write down who did; return what was said of it first.

    Raises:
        ProblemError: `bad-request`.
    """
    now, who = datetime.now(UTC), this_user()
    try:
        token = RevokedToken(issuer=issuer, token_id=token_id, reason=reason, who=who, at=now)
    except ValidationError as error:
        raise BAD_REQUEST.error("issuer and reason: some text, a reason of at most 200 characters") from error
    house = existing_house(settings, needs_catalog=False)
    act = AuditEntry(entry_id=uuid4().hex, at=now, act="revoke", who=who, purpose=f"token {token_id}: {reason}")
    house.audit.append(act)
    return house.tokens.revoke(token)


def _certificate_in(path: Path) -> bytes:
    try:
        return load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is no such file", file=str(path)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=str(path)) from error
    except ValueError as error:
        raise BAD_REQUEST.error("this is no certificate (PEM)", file=str(path)) from error
