"""The record: the reusable datum about one document, versioned and sealed."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from schemas.digest import Sha256, sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.model import Value, canonical_bytes
from schemas.page import Page

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""32 hex digits, derived from what the record is about."""

RecordStatus = Literal["active", "review", "superseded", "revoked", "suspended"]
"""`review`: a person has to look before it may be reused. Expiry is not a status: it is computed from the dates."""


class Owner(Value):
    """A person that a record belongs to, as the paper names them."""

    role: str
    """Which one, where a paper has several: `child`, `husband`, `wife`; otherwise `owner`."""
    identifier: PersonalIdentifier | None
    """None when the paper has none or it was not accepted: the record is then not found by owner."""
    name: str | None = None


class Copy(Value):
    """The bytes that attest the paper."""

    sha256: Sha256
    size: int = Constraint(ge=1)
    original: bool
    """True when the file came signed and is kept byte for byte; False for a PDF/A made and signed here."""


class Origin(Value):
    """Where a document came from: the file as received and the pages of it."""

    file_sha256: Sha256
    pages: tuple[int, ...] = Constraint(min_length=1)


class Engine(Value):
    """What read the document: enough to read it again the same way."""

    pipeline: str
    """Version of the stages in `pipeline/`."""
    tesseract: str
    language: str
    model_sha256: Sha256


class Record(Value):
    """What one document says, and how we know. A correction is a new version, sealed anew."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    record_id: RecordId
    version: int = Constraint(ge=1, le=999_999)
    status: RecordStatus
    document_type: str | None
    """None when no known type fits: a person has to say."""
    document_type_confidence: float = Constraint(ge=0, le=1)
    owners: tuple[Owner, ...]
    fields: dict[str, Field]
    pages: tuple[Page, ...]
    copy_: Copy = Constraint(alias="copy")
    origin: Origin
    submission_id: Sha256
    dossier_code: str | None
    valid_from: date | None
    valid_to: date | None
    review_reasons: tuple[str, ...]
    """Why a person has to look, as `code:field`; empty when nobody has to."""
    engine: Engine
    created_at: AwareDatetime
    text: str

    @property
    def needs_review(self) -> bool:
        """Whether a person has to look before the record may be reused."""
        return self.status == "review"


class SignedRecord(Value):
    """A record version as it goes to an agency: its canonical bytes (RFC 8785) are what the signature is over."""

    model_config = ConfigDict(serialize_by_alias=True)

    record: Record
    signature: Base64Bytes
    """CMS SignedData, detached, DER (RFC 5652), as it is stored beside the record."""


def record_id(origin: Origin) -> RecordId:
    """Return the id of the record about these pages of this file: the same paper sent twice is one record."""
    return sha256_hex(canonical_bytes(["record", origin.model_dump(mode="json")]))[:32]
