"""Stations: who may send, what each says that it will send, in a sequence without gaps, and how that is signed.

The journal of a station is a chain: every entry names the SHA-256 of the one before it, and the station signs each with
its Ed25519 key (RFC 8032). An entry reaches the server before the pages that it speaks of, over however poor a line: so
what does not arrive is missing by name.
"""

from base64 import b64encode
from typing import Annotated, Literal

from pydantic import Base64Bytes, StringConstraints
from pydantic import Field as Constraint

from schemas.digest import Sha256, sha256_hex
from schemas.model import Value, canonical_bytes
from schemas.submission import DossierCode, Manifest, Moment, Receipt, StationId

FIRST = "0" * 64
"""What the first entry of a journal has in the place of the hash of the entry before."""
AUDIENCE = "sohoa-intake"
"""Whom the tokens of stations are meant for (`aud`, RFC 7519)."""
TOKEN_SECONDS = 300
"""How long a station's token lives."""
CHUNK_BYTES = 256 * 1024
"""What a station sends in one go: half a minute at 64 kbit/s is lost at most when the line breaks."""

Ed25519Key = Annotated[Base64Bytes, Constraint(min_length=32, max_length=32)]
"""A raw public key of 32 bytes."""
Ed25519Signature = Annotated[Base64Bytes, Constraint(min_length=64, max_length=64)]


class JournalEntry(Value):
    """One submission, as the station that will send it wrote it down."""

    station: StationId
    sequence: int = Constraint(ge=1, le=2**53 - 1)
    """1, 2, 3 …: no number is left out and none is used twice."""
    previous: Sha256
    """Hash of the canonical bytes of the entry before; `FIRST` for the first one."""
    written_at: Moment
    """By the station's clock, which may be wrong."""
    submission_id: Sha256
    dossier_code: DossierCode | None = None
    file_count: int = Constraint(ge=1)
    scanned_pages: int = Constraint(ge=1)
    declared_pages: int | None = Constraint(default=None, ge=1)
    """Pages of paper that the operator counted (TT 01/2023/TT-VPCP art. 8)."""

    @property
    def sha256(self) -> Sha256:
        """What the next entry names."""
        return sha256_hex(self.canonical_bytes())


class SignedEntry(Value):
    """A journal entry and the station's Ed25519 signature over its canonical bytes."""

    entry: JournalEntry
    signature: Ed25519Signature

    @classmethod
    def of(cls, entry: JournalEntry, signature: bytes) -> "SignedEntry":
        """Return the entry with the raw *signature*."""
        return cls(entry=entry, signature=b64encode(signature))


class Journal(Value):
    """Entries in their order, as a station sends them."""

    entries: tuple[SignedEntry, ...] = Constraint(min_length=1, max_length=500)


class JournalState(Value):
    """How far the server knows a station's journal."""

    station: StationId
    next_sequence: int = Constraint(ge=1)
    """The first entry that the server does not have."""


StationKind = Literal["counter", "post_office"]
"""What a station is."""


class EnrolmentRequest(Value):
    """What a station asks to be known by; nothing in it is secret. Made by `sohoa station enroll`."""

    station: StationId
    kind: StationKind
    agency: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    public_key: Ed25519Key


class Enrolment(Value):
    """One step in the life of a station's right to send. The last one counts; none is ever taken back."""

    request: EnrolmentRequest
    number: int = Constraint(ge=1)
    """1, 2, 3 … for each station."""
    status: Literal["enrolled", "revoked"]
    decided_at: Moment
    decided_by: str = Constraint(min_length=1, max_length=200)
    reason: str = Constraint(default="", max_length=500)
    daily_bytes: int = Constraint(default=2 * 1024**3, ge=1)
    """Quota: bytes that it may send in a day."""


class Welcome(Value):
    """What a station needs to talk to the server, and to know its receipts. Made by `sohoa station register`."""

    station: StationId
    server: str
    """Address of the API, without a path."""
    receipt_certificate: str
    """PEM of the certificate that receipts are signed with, or of its root."""


class SignedReceipt(Value):
    """A receipt as it goes to the station: its canonical bytes are what the signature is over."""

    receipt: Receipt
    signature: Base64Bytes
    """CMS SignedData, detached, DER (RFC 5652), as it is stored beside the receipt."""


class AdmittedFile(Value):
    """A file that has arrived whole and is a scan."""

    sha256: Sha256
    size: int = Constraint(ge=1)
    pages: int = Constraint(ge=1)


class Gap(Value):
    """A submission that a station announced and that did not arrive, or a number of its journal that is unknown."""

    station: StationId
    sequence: int
    entry: JournalEntry | None
    """What is missing, by name; None when not even the journal entry arrived, but a later one did."""


class Quarantined(Value):
    """Something from a station that was not taken as it came, and why. Nothing that is refused is dropped."""

    station: StationId
    at: Moment
    """When it came for the first time."""
    problem: str = Constraint(max_length=100)
    """The `type` of the problem."""
    detail: str = Constraint(max_length=1000)
    entry: SignedEntry | None = None
    """A journal entry that breaks the chain, or that comes before those that it follows."""
    manifest: Manifest | None = None
    """A submission that is not what the journal says. Its files are under `files/`."""
    file: Sha256 | None = None
    """A file that is no scan. Its bytes are under `files/`."""

    @property
    def identity(self) -> Sha256:
        """The same refusal of the same thing has the same one, whenever it comes."""
        return sha256_hex(canonical_bytes(self.model_dump(mode="json", exclude={"at"})))
