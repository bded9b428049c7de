"""Addresses that open one record or one copy for a few minutes, with no token: what the answer to a lookup hands out.

A GET says no purpose, and whoever pulls files by their address (as the national portal does) has no token of ours. So
the address itself is the right: a signed statement (JWT, RFC 7519) that one act in the audit log has answered with this
record. That act says who asked, for which procedure and dossier; the address says nothing about anybody.
"""

import hmac
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

import jwt
from pydantic import TypeAdapter, ValidationError

from schemas.lookup import AuditId, LookupAnswer, Opens
from schemas.problem import LINK_CLOSED, ProblemError
from schemas.record import RecordId

OPEN_FOR = timedelta(minutes=5)
_KEY = b"sohoa/link/1"
_ALGORITHM = "HS256"
_audit_id: TypeAdapter[str] = TypeAdapter(AuditId)


class Lookup(NamedTuple):
    """The act that an address goes back to, and its day (UTC), by which it is found in the log."""

    day: date
    kept_in: AuditId
    """The object of the log that it is in."""
    audit_id: AuditId


class Links:
    """Makes such addresses, and knows its own."""

    def __init__(self, secret: str) -> None:
        """Sign with what *secret* says; whoever has the same one opens what was handed out here."""
        self._key = hmac.digest(secret.encode(), _KEY, "sha256")

    def address(self, opens: Opens, record: RecordId, answer: LookupAnswer, now: datetime) -> str:
        """Return the address of a record or its copy, for somebody whose lookup at that time was answered with it."""
        claims = {"aud": opens, "sub": record, "jti": answer.audit_id, "in": answer.kept_in, "iat": now}
        link = urlencode({"link": jwt.encode(claims, self._key, _ALGORITHM)})
        return f"/v1/records/{record}{'/copy' if opens == 'copy' else ''}?{link}"

    def opened(self, opens: Opens, record: RecordId, link: str, now: datetime) -> Lookup:
        """Return the lookup that *link* was handed out by.

        Raises:
            ProblemError: `link-closed`, the same whatever is wrong: nobody learns here which records there are.
        """
        try:
            claims = jwt.decode(
                link,
                self._key,
                algorithms=[_ALGORITHM],
                audience=opens,
                subject=record,
                options={"require": ["aud", "sub", "jti", "in", "iat"], "verify_iat": False},
            )
            made = datetime.fromtimestamp(claims["iat"], UTC)
            if not made - OPEN_FOR <= now <= made + OPEN_FOR:
                raise closed()
            return Lookup(made.date(), *(_audit_id.validate_python(claims[name]) for name in ("in", "jti")))
        except (jwt.InvalidTokenError, ValidationError, ValueError, TypeError, OverflowError) as error:
            raise closed() from error


def closed() -> ProblemError:
    """Return the one answer for what is not opened."""
    return LINK_CLOSED.error("it has ended, was not handed out here, or the record is not as it was")
