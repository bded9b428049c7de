"""Decisions of people about what the machine was not sure of: append-only, one for each version that was looked at."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, StringConstraints, model_validator
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.document_type import DocumentType, FieldSpec, document_types
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.model import Value
from schemas.problem import AMENDMENT_UNFIT, DECISION_UNFIT, REVIEW_NOT_WAITING
from schemas.record import BARS, OWNER_DIED, Amendment, Link, Owner, Record, RecordId

Act = Literal["confirm", "correct", "unreadable"]
"""The value is what the paper says (for None: the paper has none); it is another one; nobody can read it."""
Who = Annotated[str, StringConstraints(pattern=r"^[a-z]+:\S{1,150}$")]
"""Who decided, and through which door: `web:binh`, `cli:binh` are one person."""

LONGEST_VALUE = 500
RESCAN = "rescan:document"
REGROUPED = "regrouped:pages"
SECOND_PERSON = "second_person"
UNREADABLE = "unreadable"
UNREAD = "unread"
UNMATCHED = "unmatched"
"""Somebody in the registry may be meant, and it is not sure who."""
TYPE = "document_type"
REVIEWED = "reviewed"
"""Name of the check that says what people decided about a field: `confirm by web:binh`."""
_PARTIAL_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")


def person_of(who: Who) -> str:
    """Return who it was, through whatever door."""
    return who.partition(":")[2].casefold()


class FieldDecision(Value):
    """What a person says about one field, or about what else is named in a review reason (`document_type`, `copy`)."""

    field: str = Constraint(min_length=1, max_length=100)
    act: Act
    before: str | int | None
    """The value that they saw."""
    after: str | int | None
    """The value that holds from now on."""
    also: Who | None = Constraint(default=None, exclude_if=lambda who: who is None)
    """Another person who said the same, each seeing nothing but the place on the paper (`schemas/snippet.py`)."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.act == "confirm" and self.after != self.before:
            message = "what is confirmed stays as it is"
            raise ValueError(message)
        if self.act == "correct" and self.after in {None, "", self.before}:
            message = "a correction is another value"
            raise ValueError(message)
        if self.act == "unreadable" and self.after is not None:
            message = "what cannot be read has no value"
            raise ValueError(message)
        if isinstance(self.after, str) and len(self.after) > LONGEST_VALUE:
            message = f"a value has at most {LONGEST_VALUE} characters"
            raise ValueError(message)
        return self


class Match(Value):
    """What a registry says of one owner."""

    role: str
    identifier: PersonalIdentifier | None
    """None: it is not sure who; a person looks. Those who may be meant are not kept: the page asks for them anew."""
    link: Link


class Decision(Value):
    """What one person decided about one version of a record. It makes the next version."""

    record_id: RecordId
    version: int = Constraint(ge=1, le=999_998)
    """The version that they looked at: only one decision is ever made about it."""
    who: Who
    at: AwareDatetime
    fields: tuple[FieldDecision, ...] = Constraint(default=(), max_length=500)
    rescan: bool = False
    """Whether the paper has to be scanned again."""
    no_rescan: bool = Constraint(default=False, exclude_if=lambda said: not said)
    """Whether nobody will scan it again: what could not be read is decided about from what there is."""
    replaced_by: tuple[RecordId, ...] = Constraint(default=(), max_length=1000, exclude_if=lambda records: not records)
    """The records that stand in its place from now on: the paper scanned again, or its pages grouped otherwise."""
    regrouped: Sha256 | None = Constraint(default=None, exclude_if=lambda submission_id: submission_id is None)
    """The submission in which its pages are grouped otherwise, and which will replace it."""
    matched: tuple[Match, ...] = Constraint(default=(), max_length=50, exclude_if=lambda matched: not matched)
    """What a registry says of owners without an identifier; the machine asks it, people do not say so."""
    reason: str = Constraint(default="", max_length=500)
    amends: Amendment | None = Constraint(default=None, exclude_if=lambda amends: amends is None)
    """Done after the fact, on a legal basis; None where the review desk decided about what it was asked."""

    @model_validator(mode="after")
    def _decides_something_once(self) -> Self:
        names = [each.field for each in self.fields]
        if len(names) != len(set(names)):
            message = "a field is decided about once"
            raise ValueError(message)
        acts = [self.rescan, self.no_rescan, bool(self.replaced_by), self.regrouped is not None, bool(self.matched)]
        if sum(acts) > 1 or (names and (self.replaced_by or self.regrouped or self.matched)):
            message = "the whole paper is scanned again, or not, or replaced, or its pages are grouped otherwise"
            raise ValueError(message)
        if not names and not any(acts) and self.amends is None:
            message = "nothing is decided"
            raise ValueError(message)
        if self.amends is not None and (any(acts) or bool(names) != (self.amends.act == "correct")):
            message = "a correction is about fields, and nothing else that is done after the fact"
            raise ValueError(message)
        return self

    @property
    def person(self) -> str:
        """Who it was, through whatever door."""
        return person_of(self.who)

    def same_as(self, other: "Decision") -> bool:
        """Whether the same person decided the same, perhaps at another moment: it was sent twice."""
        return self.model_copy(update={"at": other.at}) == other


def subjects(record: Record) -> tuple[str, ...]:
    """Return what a person has to decide about, in the order of the fields: fields first, then all else."""
    named = [reason.partition(":")[2] for reason in record.review_reasons if reason not in {RESCAN, REGROUPED}]
    return tuple(dict.fromkeys([name for name in record.fields if name in named] + named))


def value_of(record: Record, subject: str) -> str | int | None:
    """Return the value that is decided about; None where the subject is no field and has no value."""
    if subject in record.fields:
        return record.fields[subject].value
    owner = owner_called(record, subject)
    if owner is not None:
        return owner.identifier.digits if owner.identifier else None
    return record.document_type if subject == TYPE else None


def owner_called(record: Record, role: str) -> Owner | None:
    """Return the owner with a role, about whom people decide by that; None where it has none or several."""
    found = [owner for owner in record.owners if owner.role == role]
    return found[0] if len(found) == 1 else None


def needs_two(said: FieldDecision, type_: DocumentType) -> bool:
    """Return whether a second person has to say the same: identifiers, and whatever changes who the owner is."""
    if said.field in {owner.role for owner in type_.owners}:
        return True
    if said.field not in type_.fields and said.field.rsplit("_", 1)[0] not in type_.fields:
        return False
    base = said.field if said.field in type_.fields else said.field.rsplit("_", 1)[0]
    owns = {name for owner in type_.owners for name in (owner.identifier, owner.name)}
    return type_.fields[base].kind == "personal_id" or (said.act != "confirm" and base in owns)


def agreed(said: FieldDecision, decisions: Sequence[Decision]) -> bool:
    """Return whether somebody else than the person of the last decision said the same, before them or with them.

    What two people agreed on once is done with: whoever wants to change it back needs a second person anew.
    """
    open_: list[tuple[str, tuple[bool, str | int | None]]] = []
    settled = False
    for each in decisions:
        for word in (word for word in each.fields if word.field == said.field):
            same = (word.act == "unreadable", word.after)
            people = {each.person} if word.also is None else {each.person, person_of(word.also)}
            settled = len(people) > 1 or any(person != each.person and other == same for person, other in open_)
            open_ = [] if settled else [*open_, (each.person, same)]
    return settled


def was_right(field: Field) -> bool | None:
    """Return whether the value that was read is what the paper says; None: nobody has decided.

    By the first decision that counted: what is corrected after the fact may have been right when it was read.
    """
    said = (check.detail.partition(" ")[0] for check in field.checks if check.name == REVIEWED)
    first = next(said, None)
    return None if first is None else first == "confirm"


def parse_value(text: str, spec: FieldSpec) -> str | int:
    """Return the value that a person typed, in its normal form.

    Raises:
        ProblemError: `decision-unfit` if a field of this kind cannot have it. The message does not repeat it.
    """
    value = " ".join(unicodedata.normalize("NFC", text).split())
    digits = re.sub(r"[\s.]", "", value)
    match spec.kind:
        case "personal_id" if re.fullmatch(r"[0-9]{12}|[0-9]{9}", digits):
            return digits
        case "amount" if re.fullmatch(r"[0-9]{1,15}", digits):
            return int(digits)
        case "year" if re.fullmatch(r"[0-9]{4}", value):
            return int(value)
        case "sex" if value.casefold() in {"nam", "nữ"}:
            return value.casefold()
        case "date":
            return _date(value, spec)
        case "personal_id" | "amount" | "year" | "sex":
            raise DECISION_UNFIT.error(f"this is no value of a field of the kind {spec.kind}")
        case _ if value and len(value) <= LONGEST_VALUE and value.isprintable():
            return value
    raise DECISION_UNFIT.error(f"a value is printable text of 1 to {LONGEST_VALUE} characters")


def _date(value: str, spec: FieldSpec) -> str:
    """Return an ISO 8601 date; it may be typed as it is printed (`31/3/2016`)."""
    printed = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", value)
    iso = f"{printed[3]}-{int(printed[2]):02d}-{int(printed[1]):02d}" if printed else value
    if spec.partial and _PARTIAL_DATE.fullmatch(iso):
        return iso
    try:
        return date.fromisoformat(iso).isoformat()
    except ValueError as error:
        raise DECISION_UNFIT.error("this is no date; write 31/3/2016 or 2016-03-31") from error


def check_fits(decision: Decision, record: Record, type_: DocumentType | None) -> None:
    """Make sure that *decision* can be made about *record*.

    Raises:
        ProblemError: `review-not-waiting`; `decision-unfit` if it is about something else than what the record says;
            `amendment-unfit` if other records stand in its place.
    """
    _check_state(decision, record)
    if record.record_id in decision.replaced_by:
        raise DECISION_UNFIT.error("a record does not replace itself")
    for said in decision.fields:
        if said.field not in {TYPE, *record.fields, *subjects(record), *(owner.role for owner in record.owners)}:
            raise DECISION_UNFIT.error("there is no such field in the record")
        if said.before != value_of(record, said.field):
            raise DECISION_UNFIT.error(f"{said.field}: the record says something else than what was seen")
        if owner_called(record, said.field) is not None:
            parse_owner(said.after)
        elif said.field not in record.fields:
            _check_whole(said, record, alone=len(decision.fields) == 1)
        elif type_ is not None:
            _check_form(said, type_.spec(said.field))


def _check_state(decision: Decision, record: Record) -> None:
    if decision.matched:
        _check_matched(decision, record)
    elif decision.amends is None and not record.needs_review:
        raise REVIEW_NOT_WAITING.error(f"record {record.record_id} is {record.status}")
    if decision.amends is not None and record.replaced_by:
        raise AMENDMENT_UNFIT.error("another record stands in its place: amend that one")


def _check_matched(decision: Decision, record: Record) -> None:
    if record.status != "active":
        raise REVIEW_NOT_WAITING.error(f"record {record.record_id} is {record.status}")
    owners = [owner_called(record, match.role) for match in decision.matched]
    if any(owner is None or owner.identifier is not None for owner in owners):
        raise DECISION_UNFIT.error("there is no such owner without an identifier")


def parse_owner(said: str | int | None) -> PersonalIdentifier | None:
    """Return who an owner is as a person said it, None if nobody can say.

    Raises:
        ProblemError: `decision-unfit` if it is no identifier. The message does not repeat it.
    """
    if said is None:
        return None
    try:
        return PersonalIdentifier.parse(str(said))
    except ValueError as error:
        raise DECISION_UNFIT.error(str(error)) from error


def _check_whole(said: FieldDecision, record: Record, *, alone: bool) -> None:
    if said.field == TYPE and said.act == "correct":
        if not alone or said.after not in document_types():
            raise DECISION_UNFIT.error("another type is one that is known, and decided before the fields it has")
    elif said.act != "confirm" or (said.field == TYPE and record.document_type is None):
        raise DECISION_UNFIT.error(f"{said.field}: this can only be confirmed, or the paper scanned again")


def _check_form(said: FieldDecision, spec: FieldSpec) -> None:
    if isinstance(said.after, str | int):
        parsed = said.after if said.act == "confirm" else parse_value(str(said.after), spec)
        if parsed != said.after:
            raise DECISION_UNFIT.error(f"{said.field}: the value is not in its normal form")


def check_amends(amendment: Amendment, decision: Decision, record: Record, today: date) -> None:
    """Make sure that *amendment*, a part of *decision*, changes something about *record*.

    Args:
        amendment: what is to be done.
        decision: names the fields of a correction.
        record: its latest version.
        today: the day in Vietnam.

    Raises:
        ProblemError: `amendment-unfit`.
    """
    if amendment.act == "correct":
        if amendment.effective > today:
            raise AMENDMENT_UNFIT.error("what is corrected was wrong all along: its day cannot be one to come")
        if all(said.act == "confirm" for said in decision.fields):
            raise AMENDMENT_UNFIT.error("the record says that already")
        return
    if amendment.reason == OWNER_DIED and len(record.owners) != 1:
        raise AMENDMENT_UNFIT.error("it does not belong to one person alone: keep the death extract instead")
    against = record.in_force(amendment.effective)
    if amendment.act == "reinstate" and not against:
        raise AMENDMENT_UNFIT.error(f"nothing stands against the record on {amendment.effective}")
    same = [each for each in against if (each.act, each.superseded_by) == (amendment.act, amendment.superseded_by)]
    if amendment.act != "reinstate" and same:
        raise AMENDMENT_UNFIT.error(f"it is {BARS[amendment.act]} since {same[0].effective} already")
