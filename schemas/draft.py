"""Drafts: what is known of a submission whose copies wait for the person who scanned, whose key is at the station.

The server keeps a draft and hands out what is to be signed; the station signs it with its own token; then the draft
becomes copies and records.
"""

from typing import Annotated

from pydantic import Base64Bytes, ConfigDict
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.model import Value
from schemas.outcome import DocumentOutcome
from schemas.record import Record
from schemas.submission import DossierCode, Moment, StationId

MOST_TO_SIGN = 100
"""Copies that a station is told of at once."""

Pem = Annotated[str, Constraint(min_length=1, max_length=64 * 1024)]
"""PEM: the signer's certificate, then those between it and the root."""


class DraftStamp(Value):
    """What the signature of one party will show, and where on page 1, in points from bottom left."""

    name: tuple[str, ...]
    """The name, wrapped into lines."""
    size: float
    area: tuple[float, float, float, float]
    """Left, bottom, right, top."""


class DraftCopy(Value):
    """A copy that nobody has signed yet."""

    sha256: Sha256
    """Of its bytes, which are kept like a file."""
    digest: Sha256
    """Of the same with an empty signature, as the signature has to be about it (ISO 32000-1, 12.8.1)."""
    scanner: DraftStamp
    agency: DraftStamp


class DraftDocument(Value):
    """One document on its way into the warehouse."""

    model_config = ConfigDict(serialize_by_alias=True)

    outcome: DocumentOutcome
    """What will be said of it, but for what its record says."""
    record: Record | None = None
    """Its record; the place of the copy is taken by the unsigned one. None where the file was refused."""
    waits: DraftCopy | None = None
    """The copy that waits to be signed; None where nothing has to be."""


class Draft(Value):
    """A submission that was read and whose copies wait to be signed."""

    model_config = ConfigDict(serialize_by_alias=True)

    submission_id: Sha256
    station: StationId
    scanned_by: str = Constraint(min_length=1, max_length=200)
    """Who has to sign: as their certificate says."""
    scanned_at: Moment
    documents: tuple[DraftDocument, ...]

    @property
    def waits(self) -> tuple[DraftCopy, ...]:
        """What waits to be signed."""
        return tuple(each.waits for each in self.documents if each.waits is not None)


class SigningRequest(Value):
    """Who wants to sign what waits."""

    certificates: Pem


class ToSign(Value):
    """A copy that waits for somebody's signature."""

    submission_id: Sha256
    copy_sha256: Sha256
    """Of the copy before it is signed."""
    dossier_code: DossierCode | None
    document_type: str | None
    pages: int = Constraint(ge=1)
    scanned_at: Moment
    attributes: Base64Bytes
    """What the key has to sign: the signed attributes (RFC 5652, 5.4), DER; they hold the digest of the copy and the
    hash of the signer's certificate."""


class SigningWork(Value):
    """What a station is asked to sign, the oldest first."""

    documents: tuple[ToSign, ...] = Constraint(max_length=MOST_TO_SIGN)
    """At most `MOST_TO_SIGN`: when they are signed, the next ones are told of."""
    others: tuple[str, ...] = ()
    """For whom else copies wait at this station, by name."""


class OfficerSignature(Value):
    """The signature of the person who scanned."""

    certificates: Pem
    signature: Base64Bytes = Constraint(min_length=1, max_length=8 * 1024)
    """RSA PKCS#1 v1.5 or ECDSA in DER, over SHA-256, of the attributes that were to be signed."""


class KeptSignature(Value):
    """Whose signature of a copy is kept: the first one that was right, for ever."""

    copy_sha256: Sha256
    certificate_sha256: Sha256
