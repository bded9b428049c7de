"""Asking for an owner's records for a stated purpose, and the answer (design: a lookup is an act with a purpose)."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Constraint
from pydantic.json_schema import SkipJsonSchema

from schemas.digest import Sha256
from schemas.document_type import document_types
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.model import Value
from schemas.problem import BASIS_UNFIT
from schemas.record import BARS, OWNER_DIED, InstrumentCode, Record, RecordId, RecordStatus
from schemas.submission import DocumentTypeCode, DossierCode, Moment, ProcedureCode

AuditId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]

Reason = Literal[
    "unreviewed", "superseded", "revoked", "suspended", "not_yet_valid", "expired", "ended", "wrong_purpose"
]
"""Why a record cannot be reused, for programs. `ended`: a later paper of the owner says that what it attests has
changed; `wrong_purpose`: the paper holds for nothing but what it was issued for, and that is something else."""
_REASONS: dict[RecordStatus, tuple[Reason, ...]] = {
    "active": (),
    "review": ("unreviewed",),
    "superseded": ("superseded",),
    "revoked": ("revoked",),
    "suspended": ("suspended",),
}


Opens = Literal["record", "copy"]
"""What an address that is handed out opens."""


Basis = Literal["tthc_processing", "owner_self", "consent", "court_or_police", "audit"]
"""What lets somebody ask (Luật 91/2025/QH15): the law of the procedure, without anybody's consent; the owner asks about
themselves; the owner has consented, and that is on record; a court or the police demand it; an inspection does. None of
them opens more than the procedure does."""
BY_DOCUMENT: frozenset[Basis] = frozenset({"consent", "court_or_police", "audit"})
"""Those that rest on a document: which one has to be said."""


class Ground(Value):
    """What asking rests on. It is kept in the audit log, and the once-only receipt says it."""

    legal_basis: Basis = "tthc_processing"
    basis_document: InstrumentCode | None = None
    """Number and symbol of the consent on record, of the demand, of the decision to inspect: `45/QĐ-TTr`."""
    requester: PersonalIdentifier | None = None
    """The person for whom a system asks, where there is one: the log can tell that they did."""

    def check_about(self, people: Iterable[PersonalIdentifier]) -> None:
        """Make sure that people can be asked about on this basis.

        Raises:
            ProblemError: `basis-unfit`.
        """
        if (self.basis_document is None) == (self.legal_basis in BY_DOCUMENT):
            raise BASIS_UNFIT.error(f"basis_document: said with {', '.join(sorted(BY_DOCUMENT))}, and only there")
        if self.legal_basis == "owner_self" and {self.requester} != set(people):
            raise BASIS_UNFIT.error("requester: with owner_self they ask about themselves, and about nobody else")


class Inquiry(Ground):
    """Whose records, for which procedure."""

    owner: PersonalIdentifier
    purpose: ProcedureCode
    """The procedure that needs them (mã TTHC)."""
    dossier_code: DossierCode | None
    """None only where the national look-up asks, which does not say it."""
    document_types: tuple[str, ...] = ()
    """Only these; empty: all."""
    valid_on: date | None = None
    """Valid on this day; None: today, or the day of `known_at`."""
    known_at: Moment | None = None
    """As the answer would have been at this moment of the past, whatever came later; None: as it is now."""


class LookupRequest(Inquiry):
    """Whose records, for which procedure and dossier."""

    dossier_code: DossierCode


class FoundRecord(Value):
    """One record of the owner, and whether it can stand in for paper."""

    record_id: RecordId
    version: int
    document_type: str | None
    status: RecordStatus
    reusable: bool
    reasons: tuple[Reason, ...]
    superseded_by: RecordId | None = None
    """The record to use instead, where one is superseded."""
    valid_from: date | None
    valid_to: date | None
    copy_sha256: Sha256
    fields: dict[str, Field]
    withheld: tuple[str, ...] = Constraint(default=(), exclude_if=lambda names: not names)
    """Fields that the record has and the procedure is not told: it does not need them."""
    record_url: str | None = Constraint(default=None, exclude_if=lambda url: url is None)
    """Opens the sealed record for five minutes, with no token: below the API's address. Left out where it may not be
    had: on the command line, and where the record cannot be reused."""
    copy_url: str | None = Constraint(default=None, exclude_if=lambda url: url is None)
    """Opens the signed copy in the same way."""


class LookupAnswer(Value):
    """What was found.

    An owner that nobody knows, one without records, and one who has died and about whom the procedure may not ask any
    more, look the same.
    """

    audit_id: AuditId
    """The entry in the audit log that was written before this answer."""
    kept_in: SkipJsonSchema[AuditId] = Constraint(default="0" * 32, exclude=True)
    """The object of the log that this entry is in; not part of the answer that is given."""
    valid_on: date
    known_at: AwareDatetime | None = None
    """As asked."""
    records: tuple[FoundRecord, ...] = Constraint(default=())


class ScanQuestion(Value):
    """What a station asks before it scans: whether this owner's paper of this type has to be scanned at all."""

    owner: PersonalIdentifier
    document_type: DocumentTypeCode
    purpose: ProcedureCode
    dossier_code: DossierCode


class ScanAdvice(Value):
    """The answer: no more than a counter has to know."""

    audit_id: AuditId
    """The entry in the audit log that was written before this answer."""
    reusable: tuple[RecordId, ...]
    """Records that can stand in for the paper today; none: scan it."""


def judge_all(records: Iterable[Record], on: date) -> tuple[FoundRecord, ...]:
    """Return the records of one owner as answers, each in view of the others."""
    found = [judge(record, on) for record in records]
    return tuple(_in_view_of(found, each, on) for each in found)


def may_tell_of_death(record: Record) -> bool:
    """Return whether a record may say, on whichever day, that its owner has died: which ones have to be asked."""
    type_ = document_types().get(record.document_type or "")
    return (type_ is not None and type_.is_of_dead) or any(each.reason == OWNER_DIED for each in record.amendments)


def tells_of_death(record: Record, on: date) -> bool:
    """Return whether a record says for sure that its owner has died: a death extract that could be reused, or an act.

    One that waits for review says nothing yet: a misread number must not shut out the living.
    """
    type_ = document_types().get(record.document_type or "")
    return record.says_owner_died(on) or (type_ is not None and type_.is_of_dead and judge(record, on).reusable)


def ended_by(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the types of papers that may end one of these types."""
    known = (document_types().get(code) for code in codes)
    return tuple(code for type_ in known if type_ is not None for code in type_.validity.ended_by)


def _in_view_of(all_: Sequence[FoundRecord], found: FoundRecord, on: date) -> FoundRecord:
    begins, ending = found.valid_from, ended_by([found.document_type or ""])
    later = (
        each.valid_from
        for each in all_
        if each.reusable and each.document_type in ending and each.valid_from is not None
    )
    if begins is None or not any(begins < day <= on for day in later):
        return found
    return found.model_copy(update={"reusable": False, "reasons": (*found.reasons, "ended")})


def judge(record: Record, on: date) -> FoundRecord:
    """Return *record* as an answer: reusable on that day, or every reason why not."""
    reasons = list(_REASONS["review" if record.needs_review else record.status_on(on)])
    reasons += [BARS[each.act] for each in record.in_force(on)]
    if record.valid_from is not None and on < record.valid_from:
        reasons.append("not_yet_valid")
    if record.valid_to is not None and on > record.valid_to:
        reasons.append("expired")
    return FoundRecord(
        record_id=record.record_id,
        version=record.version,
        document_type=record.document_type,
        status=record.status_on(on),
        reusable=not reasons,
        reasons=tuple(dict.fromkeys(reasons)),
        superseded_by=record.successor_on(on),
        valid_from=record.valid_from,
        valid_to=record.valid_to,
        copy_sha256=record.copy_.sha256,
        fields=record.fields,
    )
