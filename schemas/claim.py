"""Claims: what the QR code of a copy says, whose keys sign that, and what a check of one comes to."""

from typing import Annotated, Self

from pydantic import AwareDatetime, StringConstraints, model_validator
from pydantic import Field as Constraint

from schemas.digest import sha256_hex
from schemas.model import Value
from schemas.record import RecordId, RecordStatus
from schemas.verdict import Verdict

IssuerId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""First 8 bytes of the SHA-256 of an issuer's public key, as hex digits: the key id that a claim names."""


class Issuer(Value):
    """A key that signs claims for an agency. The agency says so by its detached signature over this value."""

    issuer_id: IssuerId
    public_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Ed25519 (RFC 8032), 64 hex digits."""
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    """Until when its claims can be checked: the end of the agency's certificate."""

    @model_validator(mode="after")
    def _is_named_after_its_key(self) -> Self:
        if self.issuer_id != issuer_id(bytes.fromhex(self.public_key)):
            message = "the id is not that of the key"
            raise ValueError(message)
        return self


class Withdrawal(Value):
    """A key that signs claims was taken back before its end: somebody else may have it, and say anything with it.

    Whoever checks a claim may read all of this.
    """

    issuer_id: IssuerId
    since: AwareDatetime
    """Claims that say that they are of this moment or later do not count."""
    reason: str = Constraint(min_length=1, max_length=200)
    at: AwareDatetime
    """When it was taken back."""


class KnownIssuer(Issuer):
    """An issuer as it is known here today."""

    withdrawn: Withdrawal | None = None


def issuer_id(public_key: bytes) -> IssuerId:
    """Return the id of a key that signs claims."""
    return sha256_hex(public_key)[:16]


class ClaimVerdict(Value):
    """A claim, judged."""

    verdict: Verdict
    """`VALID`: the agency's key signed it. That says nothing of what is printed beside it."""
    reasons: tuple[str, ...] = ()
    """Why it is not `VALID`, in words; empty when it is."""
    issuer: str | None = None
    """Common name in the agency's certificate; None unless the claim is signed by a key of theirs."""
    record_id: RecordId | None = None
    file: str | None = None
    """First 32 hex digits of the SHA-256 of the scan as it was received."""
    scanned_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    withdrawn_since: AwareDatetime | None = None
    """Since when claims of its key do not count, where that is why it is not `VALID`."""
    status: RecordStatus | None = None
    """Of the record today, as far as it is known here; None: it is not."""
