"""`sohoa issuers withdraw`: taking back a key that signs claims, and writing down who did."""

from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationError

from schemas.audit import AuditEntry
from schemas.claim import IssuerId, Withdrawal
from schemas.problem import BAD_REQUEST
from schemas.settings import Settings
from schemas.vietnam import TIME_ZONE
from sohoa.looking import existing_house, this_user


def withdraw_issuer(settings: Settings, issuer: IssuerId, since: datetime | None, reason: str) -> Withdrawal:
    """Take the key of an issuer back for ever, and write down who did; return what was said of it first.

    Args:
        settings: where it is known.
        issuer: its id.
        since: from when on its claims do not count; without a time zone: in Vietnam; None: now.
        reason: why; whoever checks a claim may read it.

    Raises:
        ProblemError: `bad-request` for an issuer that nobody knows here, a moment to come, or no fitting reason.
    """
    now = datetime.now(UTC)
    first = now.replace(microsecond=0) if since is None else since if since.tzinfo else since.replace(tzinfo=TIME_ZONE)
    if first > now:
        raise BAD_REQUEST.error("it is taken back now, or since a moment of the past")
    try:
        withdrawal = Withdrawal(issuer_id=issuer, since=first.astimezone(UTC), reason=reason, at=now)
    except ValidationError as error:
        raise BAD_REQUEST.error("the id of an issuer is 16 hex digits, a reason 1 to 200 characters") from error
    house = existing_house(settings, needs_catalog=False)
    if house.claims.issuer(issuer) is None:
        raise BAD_REQUEST.error("no issuer has this id; `sohoa issuers` lists them")
    purpose = f"issuer {issuer}, since {withdrawal.since:%Y-%m-%dT%H:%M:%SZ}: {reason}"
    house.audit.append(AuditEntry(entry_id=uuid4().hex, at=now, act="revoke", who=this_user(), purpose=purpose))
    return house.claims.withdraw(withdrawal)
