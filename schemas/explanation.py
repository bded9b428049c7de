"""Why a record says what it says: candidates, checks, sources, people, versions, signatures."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.digest import Sha256
from schemas.document_type import document_types
from schemas.field import Assessment, Field, Source
from schemas.lookup import Reason
from schemas.model import Value
from schemas.page import Box
from schemas.record import Amended, AmendmentAct, Engine, Owner, Record, RecordId, RecordStatus
from schemas.report import Proof
from schemas.review import Act, Decision, FieldDecision

CHECKS: dict[str, str] = {
    "aligned": "the lines of it stand below each other, so no word of them was lost",
    "all_read": "nothing that was not read stands beside it",
    "as_printed": "it was read to the letter, not only nearly, as one of the usual values",
    "centred": "it stands in the middle, where such a line belongs",
    "clear_start": "nothing stands before the date that may be a part of it",
    "date_digits": "day and month are each printed with two digits",
    "deputy": "who signs for the head is a deputy",
    "dots_of_i": "no letter looks like an i that lost its dot",
    "figures": "the figures of the date were read as figures, not as letters",
    "filled_in": "what was written into a usual sentence was read twice",
    "full_date": "a whole date is printed, as it should be here",
    "identifier": "it agrees with what the identifier says about sex and year of birth",
    "identifier_structure": "the digits are built as those of a personal identifier",
    "in_words": "the same is written out in words",
    "keyed": "what was keyed is a value of this kind",
    "known_place": "it is a place that there is",
    "likelier_name": "no other name looks the same and is more usual",
    "listed": "it is one of the usual values",
    "marks_in_capitals": "the marks above capital letters are sure",
    "mrz": "the machine-readable zone says the same",
    "name_shape": "it looks like the name of a person",
    "number_alone": "nothing stands before the number",
    "of_this_card": "the code belongs to this card",
    "one_date": "only one date stands there",
    "one_post": "only one post stands there",
    "one_province": "it names one province at most",
    "one_value": "only one value stands behind this label",
    "order": "the dates follow each other as they must",
    "page_legible": "the page was read well: few of its words are impossible",
    "paper": "the paper does not say something else than what was keyed",
    "place_shape": "it looks like the name of a place",
    "print": "the print does not say something else than the code",
    "printed": "it is printed, not written by hand",
    "province": "the province is one that there is",
    "punctuation": "the stops and commas are where they belong",
    "qr": "the QR code says the same",
    "read_again": "a second reading said the same",
    "repeated": "the same stands in another field too",
    "reviewed": "a person looked at it",
    "row_number": "the rows of the table are numbered without a gap",
    "same_year": "the number ends in the year of the date",
    "settled": "of two readings only this one can be printed",
    "strokes": "no stroke of it was lost",
    "syllables": "every syllable is one that there is",
    "total": "the parts add up to the amount",
    "twelve_digits": "it has twelve digits",
    "unbroken": "the words stand close to each other, so none between them was lost",
    "untouched": "nothing touches it",
    "usual_name": "the name is made of usual words",
    "usual_partial": "a whole date is printed; of old people often only the year is",
    "usual_post": "it is one of the usual posts",
    "usual_words": "it is made of usual words",
    "whole": "it is whole: nothing before or after it is missing",
}
"""What each check says when it passed, in plain words."""

_OTHER_READINGS = {
    "read_again": "second reading",
    "settled": "other reading",
    "print": "print",
    "paper": "paper",
    "qr": "QR code",
    "mrz": "machine-readable zone",
}
_SAYS = ("read as ", "says ")


class Candidate(Value):
    """What one source said of a field."""

    source: str
    text: str


class AppliedCheck(Value):
    """A rule that was applied to a field."""

    name: str
    passed: bool
    meaning: str
    """What it says when it passed, in plain words."""
    detail: str


class Word(Value):
    """What a person said of a field."""

    version: int
    """The version that they looked at."""
    who: str
    at: AwareDatetime
    act: Act
    before: str | int | None
    after: str | int | None
    reason: str
    """The code of an amendment, or their words; empty without."""
    legal_basis: str


class ExplainedField(Value):
    """One field: what it says, and everything that led there."""

    name: str
    label: str
    """As the form prints it."""
    value: str | int | None
    accepted: bool
    confidence: float
    source: Source
    page: int | None
    box: Box | None
    """Pixels of the upright, straight page."""
    assessment: Assessment | None
    """How likely it was right when it was read, and what was needed; None where a rule was against it."""
    waits_for: tuple[str, ...]
    """Why a person has to look, as codes."""
    candidates: tuple[Candidate, ...]
    """Each text that was read for it, and by what."""
    checks: tuple[AppliedCheck, ...]
    decisions: tuple[Word, ...]
    """What people said, in the order in which they did."""


class ExplainedVersion(Value):
    """One version: when it was sealed, and why there is one."""

    version: int
    sealed_at: AwareDatetime
    """As its signature states."""
    status: RecordStatus
    cause: Literal["read", "review", "match", AmendmentAct]
    """What was read from the scan, what the review desk decided, what a registry says of its owners, or what was done
    after the fact."""
    who: str | None
    """The person, or `sohoa:…` where nobody had to decide; None for what was read."""
    changed: tuple[str, ...]
    """Fields that say something else than in the version before."""
    amendment: Amended | None
    replaced_by: tuple[RecordId, ...]
    """The records that stand in its place since then."""
    review_reasons: tuple[str, ...]


class Explanation(Value):
    """Everything that a record rests on."""

    record_id: RecordId
    version: int
    document_type: str | None
    title: str
    """Vietnamese name of the type; empty where it is not known."""
    on: date
    """The day that `reusable` is about: on its own, for another paper of the owner may end it."""
    reusable: bool
    reasons: tuple[Reason, ...]
    valid_from: date | None
    valid_to: date | None
    validity: str
    """Legal source of the rule."""
    submission_id: Sha256
    dossier_code: str | None
    file_sha256: Sha256
    pages: tuple[int, ...]
    engine: Engine
    owners: tuple[Owner, ...]
    """Whose it is, and how that is known where the paper has no identifier."""
    fields: tuple[ExplainedField, ...]
    versions: tuple[ExplainedVersion, ...]
    signatures: tuple[Proof, ...]
    """Each signature with its level, and whatever is not as it was stored."""


def explain_field(record: Record, name: str, decisions: Iterable[Decision]) -> ExplainedField:
    """Return what led to the value of a field of *record*.

    Args:
        record: the version that is explained.
        name: one of its fields.
        decisions: every decision about the record, by version.
    """
    field, type_ = record.fields[name], document_types().get(record.document_type or "")
    labels = type_.spec(name).labels if type_ else ()
    checks = (
        AppliedCheck(name=each.name, passed=each.passed, meaning=CHECKS.get(each.name, ""), detail=each.detail)
        for each in field.checks
    )
    named = (each.partition(":") for each in record.review_reasons)
    return ExplainedField(
        name=name,
        label=labels[0] if labels else name,
        value=field.value,
        accepted=field.accepted,
        confidence=field.confidence,
        source=field.source,
        page=field.page,
        box=field.box,
        assessment=field.assessment,
        waits_for=tuple(code for code, _, about in named if about == name),
        candidates=tuple(_candidates(field)),
        checks=tuple(checks),
        decisions=tuple(
            _word(each, said)
            for each in decisions
            if each.version < record.version
            for said in each.fields
            if said.field == name
        ),
    )


def explain_versions(
    records: Iterable[tuple[Record, AwareDatetime]], decisions: Iterable[Decision]
) -> Iterator[ExplainedVersion]:
    """Yield why there is each version of a record.

    Args:
        records: its versions from the first one on, each with the moment when it was sealed.
        decisions: every decision about the record.
    """
    made_by = {each.version + 1: each for each in decisions}
    before: dict[str, Field] = {}
    for record, sealed_at in records:
        decision = made_by.get(record.version)
        amends = decision.amends if decision else None
        yield ExplainedVersion(
            version=record.version,
            sealed_at=sealed_at,
            status=record.status,
            cause=amends.act if amends else "read" if not decision else "match" if decision.matched else "review",
            who=decision.who if decision else None,
            changed=tuple(n for n, field in record.fields.items() if n in before and before[n].value != field.value),
            amendment=record.amendments[-1] if amends else None,
            replaced_by=record.replaced_by,
            review_reasons=record.review_reasons,
        )
        before = record.fields


def _candidates(field: Field) -> Iterator[Candidate]:
    if field.raw_text:
        yield Candidate(source="first reading", text=field.raw_text)
    for check in field.checks:
        source = _OTHER_READINGS.get(check.name)
        text = check.detail
        for says in _SAYS:
            text = text.removeprefix(says)
        if source and text:
            yield Candidate(source=source, text=text)


def _word(decision: Decision, said: FieldDecision) -> Word:
    amends = decision.amends
    return Word(
        version=decision.version,
        who=decision.who,
        at=decision.at,
        act=said.act,
        before=said.before,
        after=said.after,
        reason=amends.reason if amends else decision.reason,
        legal_basis=amends.legal_basis.code if amends else "",
    )
