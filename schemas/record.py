"""The record: the reusable datum about one document, versioned and sealed."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Base64Bytes, ConfigDict, StringConstraints, model_validator
from pydantic import Field as Constraint

from schemas.digest import Sha256, sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.linkage import Weight
from schemas.model import Value, canonical_bytes
from schemas.page import Page

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""32 hex digits, derived from what the record is about."""

Bar = Literal["revoked", "superseded", "suspended"]
"""What an act of a person can put in the way of reusing a record (thu hồi, thay thế, tạm đình chỉ)."""

RecordStatus = Literal["active", "review", Bar]
"""On the day of the version. `review`: a person has to look before it may be reused, whatever else there is. Expiry is
not a status: it is computed from the dates."""

AmendmentAct = Literal["correct", "supersede", "revoke", "suspend", "reinstate"]
"""What can be done to a record after the fact: cải chính, thay thế, thu hồi, tạm đình chỉ, khôi phục."""

BARS: dict[AmendmentAct, Bar] = {"revoke": "revoked", "supersede": "superseded", "suspend": "suspended"}
"""The acts after which a record cannot be reused, the gravest first."""

REASONS: dict[AmendmentAct, dict[str, str]] = {
    "correct": {
        "register_corrected": "the register was corrected (cải chính hộ tịch)",
        "issuer_corrected": "its issuer corrected the paper (đính chính)",
        "misread": "the paper says something else than what was taken from it",
        "identifier_reestablished": "the identifier was cancelled and re-established (xác lập lại số định danh)",
    },
    "supersede": {
        "reissued": "the paper was issued anew (cấp lại, cấp đổi)",
        "content_changed": "a later paper says what has changed (thay đổi, bổ sung)",
        "same_paper": "the same paper was taken in twice",
    },
    "revoke": {
        "issued_unlawfully": "it was issued against the law (cấp trái quy định)",
        "withdrawn_by_issuer": "its issuer withdrew it (thu hồi)",
        "annulled_by_court": "a court annulled it (Tòa án tuyên hủy)",
        "forged": "it is not genuine (giả mạo)",
        "taken_in_by_mistake": "it should not have been taken in",
        "owner_died": "its owner has died, and what it says ended with that",
    },
    "suspend": {
        "complaint": "a complaint is being settled (khiếu nại, tố cáo)",
        "under_inspection": "it is being inspected or investigated (thanh tra, điều tra)",
        "court_measure": "a court ordered so for the time being (biện pháp khẩn cấp tạm thời)",
    },
    "reinstate": {
        "suspension_ended": "what it was suspended for has ended",
        "act_annulled": "what stood against it was annulled (hủy quyết định)",
        "entered_by_mistake": "what stood against it was entered by mistake",
    },
}
"""Why, for each act: codes for programs, and what they mean."""
OWNER_DIED = "owner_died"
"""The reason by which an act says that the one owner of a record has died."""

InstrumentCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{1,6}[^\s/0-9]{0,3}(/[^\s/]{1,30}){1,4}$", max_length=100)
]
"""Number and symbol of an instrument (số, ký hiệu): `12/QĐ-UBND`, `60/2014/QH13`."""


class Link(Value):
    """How it is known who an owner is whom the paper names without an identifier."""

    by: Literal["registry", "people"]
    """A match that is sure, or two people who said so: who they were stands in the decisions."""
    at: AwareDatetime
    registry: str | None = None
    """Which registry knew them."""
    as_of: date | None = None
    """The day that its data were of."""
    weights: str | None = Constraint(default=None, pattern=r"^[0-9a-f]{12}$")
    """Version of the weights (`schemas/linkage.json`)."""
    probability: float | None = Constraint(default=None, ge=0, le=1)
    """That it is they."""
    evidence: tuple[Weight, ...] = ()
    """What spoke for it, and against."""


class Owner(Value):
    """A person that a record belongs to, as the paper names them."""

    role: str
    """Which one, where a paper has several: `child`, `husband`, `wife`; otherwise `owner`."""
    identifier: PersonalIdentifier | None
    """None when nobody knows it or it was not accepted: the record is then not found by owner."""
    name: str | None = None
    link: Link | None = Constraint(default=None, exclude_if=lambda link: link is None)
    """None where the identifier is what the paper says."""


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


class LegalBasis(Value):
    """What an act rests on."""

    code: InstrumentCode
    text: str = Constraint(default="", max_length=500)
    """In words: which article, whose decision, of which day."""


class Amendment(Value):
    """What is done to a record after the fact, why, on which legal basis, and from which day on it counts."""

    act: AmendmentAct
    reason: str
    """One of the codes in `REASONS` for this act."""
    legal_basis: LegalBasis
    effective: date = Constraint(ge=date(1900, 1, 1), lt=date(2200, 1, 1))
    """The first day on which it counts. What a correction says was true all along (Luật Hộ tịch 60/2014/QH13 art. 4:
    what is corrected was wrong); its day is that of the decision."""
    superseded_by: RecordId | None = None
    """The record that takes the place of this one."""

    @model_validator(mode="after")
    def _fits_its_act(self) -> Self:
        if self.reason not in REASONS[self.act]:
            message = f"no reason to {self.act}; there are: {', '.join(REASONS[self.act])}"
            raise ValueError(message)
        if (self.superseded_by is not None) != (self.act == "supersede"):
            message = "a record is superseded by another one, and by nothing else"
            raise ValueError(message)
        return self


class Amended(Amendment):
    """An amendment that was made: by whom, when, and in which version."""

    version: int = Constraint(ge=2, le=999_999)
    """The version that it made."""
    who: str = Constraint(min_length=1, max_length=200)
    at: AwareDatetime
    fields: tuple[str, ...] = ()
    """Of a correction: which fields it is about."""


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
    """When this version was made; when it was sealed, its signature says."""
    text: str
    amendments: tuple[Amended, ...] = Constraint(default=(), exclude_if=lambda amendments: not amendments)
    """What was done to it after the fact, in the order in which it was. Left out where nothing was."""
    replaced_by: tuple[RecordId, ...] = Constraint(default=(), exclude_if=lambda records: not records)
    """The records that stand in its place, on every day: of a new scan, or of its pages grouped otherwise."""

    def in_force(self, day: date) -> tuple[Amended, ...]:
        """Return what stands against reusing the record on a day, as far as this version knows; the gravest first.

        A reinstatement lifts, from its own day on, what was done before it and had taken effect by that day. What was
        to take effect later still does.
        """
        against = [
            each
            for number, each in enumerate(self.amendments, start=1)
            if each.act in BARS and each.effective <= day and not _is_lifted(each, self.amendments[number:], day)
        ]
        return tuple(sorted(against, key=lambda each: list(BARS).index(each.act)))

    def successor_on(self, day: date) -> RecordId | None:
        """Return which record takes its place on a day, as far as this version knows; None too if there are several."""
        if self.replaced_by:
            return self.replaced_by[0] if len(self.replaced_by) == 1 else None
        return next((each.superseded_by for each in reversed(self.in_force(day)) if each.superseded_by), None)

    def status_on(self, day: date) -> RecordStatus:
        """Return what its status is on a day, as far as this version knows."""
        if self.replaced_by:
            return "superseded"
        if self.needs_review:
            return "review"
        if not self.amendments:
            return self.status  # what is not reusable stays so on every day when nothing says since when
        return next((BARS[each.act] for each in self.in_force(day)), "active")

    def says_owner_died(self, on: date) -> bool:
        """Return whether an act that stands on that day says so; of several owners it could not say which."""
        return len(self.owners) == 1 and any(each.reason == OWNER_DIED for each in self.in_force(on))

    @property
    def needs_review(self) -> bool:
        """Whether a person has to look before the record may be reused."""
        return self.status == "review"


def _is_lifted(act: Amended, later: tuple[Amended, ...], day: date) -> bool:
    return any(each.act == "reinstate" and act.effective <= each.effective <= day for each in later)


class SignedRecord(Value):
    """A record version as it goes to an agency: its canonical bytes (RFC 8785) are what the signature is over."""

    model_config = ConfigDict(serialize_by_alias=True)

    record: Record
    signature: Base64Bytes
    """CMS SignedData, detached, DER (RFC 5652), as it is stored beside the record."""


def record_id(origin: Origin) -> RecordId:
    """Return the id of the record about these pages of this file: the same paper sent twice is one record."""
    return sha256_hex(canonical_bytes(["record", origin.model_dump(mode="json")]))[:32]
