"""The audit log: acts as leaves of one Merkle tree (RFC 9162, RFC 6962), tree heads, and the receipt of one act."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Base64Bytes
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.lookup import AuditId, Basis, FoundRecord, Reason
from schemas.model import Value
from schemas.record import InstrumentCode, RecordId
from schemas.submission import StationId

BEFORE_FIRST = "0" * 64
"""What the first head has in the place of the hash of the head before."""
Index = Annotated[int, Constraint(ge=0)]


class Judgement(Value):
    """What an answer said of one record: which version, and whether it could stand in for paper on that day."""

    version: int = Constraint(ge=1)
    reusable: bool
    reasons: tuple[Reason, ...]
    """Why it could not."""

    @classmethod
    def of(cls, found: FoundRecord) -> Self:
        """Return what the answer said."""
        return cls(version=found.version, reusable=found.reusable, reasons=found.reasons)


class AuditEntry(Value):
    """One act. It names the owner by their key and the records by their ids, and holds nothing that they say."""

    entry_id: AuditId
    """New for each act: `uuid4().hex`."""
    at: AwareDatetime
    act: Literal["lookup", "search", "record", "copy", "review", "amend", "enrol", "revoke", "conflict", "audit"]
    """Asked for an owner's records; searched the catalog; read one record; read a copy. Decided about what a record
    says; amended it after the fact. Let a station send; stopped it, or took back a client's token or a key
    that signs claims; its journal contradicted itself. Read who had looked at an owner's records."""
    who: str = Constraint(min_length=1, max_length=200)
    purpose: str = Constraint(min_length=1, max_length=500)
    """The procedure that needs it (mã TTHC); for an act about a station, a token or a key, the reason; for an
    amendment, what was done, the code of the reason and the legal basis."""
    station: StationId | None = None
    dossier_code: str | None = None
    owner_key: Sha256 | None = None
    document_types: tuple[str, ...] = ()
    """Only these were asked for; empty: all."""
    records: tuple[RecordId, ...] = ()
    """Which records the answer holds, in its order."""
    judgements: tuple[Judgement, ...] = Constraint(default=(), exclude_if=lambda judgements: not judgements)
    """Of a lookup: what it said of each of them. Left out where there are none, as in acts of earlier versions."""
    valid_on: date | None = Constraint(default=None, exclude_if=lambda day: day is None)
    """Of a lookup: the day that they are about."""
    known_at: AwareDatetime | None = Constraint(default=None, exclude_if=lambda moment: moment is None)
    """Of a lookup: the moment of the past as of which it was answered."""
    missed: tuple[str, ...] = Constraint(default=(), exclude_if=lambda types: not types)
    """Of a lookup: the types that it was for and of which nothing could be reused. They tell what to bring in next."""
    requester_key: Sha256 | None = Constraint(default=None, exclude_if=lambda key: key is None)
    """Of a lookup: the key of the person for whom a system asked."""
    legal_basis: Basis | None = Constraint(default=None, exclude_if=lambda basis: basis is None)
    """Of a lookup and what it opened: what asking rested on. Left out in acts of earlier versions."""
    basis_document: InstrumentCode | None = Constraint(default=None, exclude_if=lambda code: code is None)
    """The document that it rested on, where it did on one."""
    sought: tuple[str, ...] = Constraint(default=(), exclude_if=lambda terms: not terms)
    """Of a search: what it was for, as `name:` and the key that the catalog has of it."""


class Segment(Value):
    """Acts that were sealed together, in the order in which they are leaves of the tree."""

    number: int = Constraint(ge=1)
    """1, 2, 3 …: none is left out."""
    first: Index
    """Index of its first leaf in the whole log."""
    previous_head: Sha256
    """Hash of the canonical bytes of the head before; `BEFORE_FIRST` for the first one."""
    sealed_at: AwareDatetime
    objects: tuple[AuditId, ...] = Constraint(default=(), exclude_if=lambda names: not names)
    """The objects in which these acts were stored, and no others. Left out in segments of earlier versions: there, each
    act was an object of its own, named by its id."""
    entries: tuple[AuditEntry, ...] = Constraint(min_length=1)


class TreeHead(Value):
    """What the whole log was when a segment had been added. The agency signs it."""

    number: int = Constraint(ge=1)
    size: int = Constraint(ge=1)
    """Leaves of the tree."""
    root: Sha256
    """Merkle tree hash of all of them (RFC 9162 section 2.1.1)."""
    peaks: tuple[Sha256, ...]
    """Roots of the perfect subtrees that the tree consists of, from the left: what the next segment is added to."""
    segment: Sha256
    """Hash of the canonical bytes of the segment."""
    previous_head: Sha256
    sealed_at: AwareDatetime


class OnceOnlyReceipt(Value):
    """The proof that an act is in the log: who asked for what, and which records the answer held.

    It can be checked with nothing but the agency's root certificate.
    """

    entry: AuditEntry
    index: Index
    """Which leaf it is."""
    path: tuple[Sha256, ...]
    """Inclusion proof (RFC 9162 section 2.1.3), from the leaf up."""
    head: TreeHead
    signature: Base64Bytes
    """Of the head's canonical bytes: CMS SignedData, detached, DER."""
