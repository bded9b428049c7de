"""What people decided, applied to a record: a pure function, so that a version follows from the one before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipeline.understand import consequences
from pipeline.understand.folding import letters
from schemas.document_type import DocumentType
from schemas.field import Check, Field
from schemas.record import Amended, Amendment, Link, Owner, Record
from schemas.review import (
    REGROUPED,
    RESCAN,
    REVIEWED,
    SECOND_PERSON,
    TYPE,
    UNMATCHED,
    UNREAD,
    UNREADABLE,
    Decision,
    FieldDecision,
    agreed,
    needs_two,
    owner_called,
    parse_owner,
)
from schemas.vietnam import TIME_ZONE

_NOTHING: Final = Field(value=None, confidence=0.0, accepted=False)


def reviewed(record: Record, decisions: Sequence[Decision], types: Mapping[str, DocumentType]) -> Record:
    """Return the next version of *record*.

    Args:
        record: the version that was looked at; it stays as it is.
        decisions: every decision about the record up to this version; the last one is applied, the earlier ones say
            whether another person said the same.
        types: the document types by code.
    """
    last = decisions[-1]
    if last.matched:
        return _matched(record, last)
    if last.replaced_by:
        return _next(record, last, status="superseded", review_reasons=(), replaced_by=last.replaced_by)
    if last.regrouped is not None:
        return _next(record, last, review_reasons=(*record.review_reasons, REGROUPED))
    other = next((said.after for said in last.fields if said.field == TYPE and said.act == "correct"), None)
    if other is not None:
        record = _of_type(record, types[str(other)])
    type_ = types.get(record.document_type or "")
    fields, reasons = _settled(record, () if other else last.fields, decisions, type_)
    if last.rescan and RESCAN not in reasons:
        reasons.append(RESCAN)
    if last.no_rescan:
        reasons = [_unread_again(reason) for reason in reasons if reason not in {RESCAN, REGROUPED}]
    changes: dict[str, object] = {
        "status": "review" if reasons else "active",
        "document_type_confidence": 1.0
        if any(said.field == TYPE for said in last.fields)
        else record.document_type_confidence,
        "fields": fields,
        "review_reasons": tuple(reasons),
    }
    if last.fields:
        owners, valid_from, valid_to = consequences(fields, type_)
        said = [each for each in last.fields if type_ and needs_two(each, type_) and agreed(each, decisions)]
        owners = tuple(_known(owner, record, said, last) for owner in owners)
        changes |= {"owners": owners, "valid_from": valid_from, "valid_to": valid_to}
    if last.amends is not None:
        changes["amendments"] = (*record.amendments, _amended(last, last.amends))
    version = _next(record, last, **changes)
    today = last.at.astimezone(TIME_ZONE).date()
    return version.model_copy(update={"status": version.status_on(today)})


def _matched(record: Record, decision: Decision) -> Record:
    """Return the version that a match makes: its owners as the registry knows them, or for a person to look at."""
    sure = {match.role: match for match in decision.matched if match.identifier is not None}
    owners = tuple(
        owner.model_copy(update={"identifier": sure[owner.role].identifier, "link": sure[owner.role].link})
        if owner.role in sure
        else owner
        for owner in record.owners
    )
    reasons = tuple(f"{UNMATCHED}:{match.role}" for match in decision.matched if match.identifier is None)
    status = "review" if reasons else record.status
    return _next(record, decision, owners=owners, review_reasons=reasons, status=status)


def _known(owner: Owner, record: Record, said: Sequence[FieldDecision], decision: Decision) -> Owner:
    """Return an owner with the identifier that does not stand on the paper, as far as it holds still.

    What a registry was asked about was a name: of another one it has to be asked anew. What people say holds until they
    say something else, or find an identifier on the paper.
    """
    before = owner_called(record, owner.role)
    answer = next((each for each in said if each.field == owner.role), None)
    if answer is not None and answer.act != "confirm":
        link = Link(by="people", at=decision.at) if answer.after is not None else None
        return owner.model_copy(update={"identifier": parse_owner(answer.after), "link": link})
    if before is None or before.link is None or owner.identifier is not None:
        return owner
    holds = before.link.by == "people" or before.name == owner.name
    return owner.model_copy(update={"identifier": before.identifier, "link": before.link}) if holds else owner


def _amended(decision: Decision, amendment: Amendment) -> Amended:
    """Return an amendment as the version that it makes tells of it."""
    return Amended(
        **dict(amendment),
        version=decision.version + 1,
        who=decision.who,
        at=decision.at,
        fields=tuple(said.field for said in decision.fields),
    )


def _settled(
    record: Record, said: Sequence[FieldDecision], decisions: Sequence[Decision], type_: DocumentType | None
) -> tuple[dict[str, Field], list[str]]:
    """Return the fields as people decided about them, and why somebody has to look still."""
    reasons = list(record.review_reasons)
    fields = dict(record.fields)
    for each in said:
        settled = type_ is None or not needs_two(each, type_) or agreed(each, decisions)
        reasons = [reason for reason in reasons if reason.partition(":")[2] != each.field]
        if not settled:
            reasons.append(f"{SECOND_PERSON}:{each.field}")
        elif each.act == "unreadable" and each.field in fields and type_ and type_.spec(each.field).required:
            reasons.append(f"{UNREADABLE}:{each.field}")
        if settled and each.field in fields:
            people = tuple(_who_said(each, decisions))
            fields[each.field] = _decided(fields[each.field], each, ", ".join(dict.fromkeys(people)))
    return fields, reasons


def _next(record: Record, decision: Decision, **changes: object) -> Record:
    return record.model_copy(update={"version": record.version + 1, "created_at": decision.at, **changes})


def _of_type(record: Record, type_: DocumentType) -> Record:
    """Return a record as one of another type: a person reads every field of it.

    What was read under the same name is proposed; of the others nothing is known.
    """
    fields: dict[str, Field] = {}
    for name, spec in type_.fields.items():
        if name in type_.table and not spec.labels and spec.part is None:
            continue
        read = record.fields.get(name)
        fields[name] = (read or _NOTHING).model_copy(update={"accepted": False})
    kept = (reason for reason in record.review_reasons if reason.partition(":")[2] not in {TYPE, *record.fields})
    asked = (f"{UNREAD if field.value is None else 'unsure'}:{name}" for name, field in fields.items())
    return record.model_copy(
        update={"document_type": type_.code, "fields": fields, "review_reasons": (*kept, *asked)},
    )


def _unread_again(reason: str) -> str:
    """Return why what waited for a better scan waits now: a person says what the paper has."""
    code, _, name = reason.partition(":")
    return f"{UNREAD}:{name}" if code == UNREADABLE else reason


def is_same_paper(one: Record, other: Record, type_: DocumentType) -> bool:
    """Return whether two scans show one paper: a number or an owner is the same on both, and none is surely another."""
    owners = {name for owner in type_.owners for name in (owner.identifier, owner.name)}
    telling = [name for name, spec in type_.fields.items() if name in owners or spec.kind == "number"]
    pairs = [(one.fields[name], other.fields[name]) for name in telling if name in one.fields and name in other.fields]
    read = [(mine, its) for mine, its in pairs if mine.value and its.value]
    same = [letters(str(mine.value)) == letters(str(its.value)) for mine, its in read]
    sure = [mine.accepted and its.accepted for mine, its in read]
    return any(same) and all(agrees or not both for agrees, both in zip(same, sure, strict=True))


def _decided(field: Field, said: FieldDecision, people: str) -> Field:
    """Return a field as people decided it; where it stands and how it was read stays as evidence."""
    readable = said.act != "unreadable"
    check = Check(name=REVIEWED, passed=readable, detail=f"{said.act} by {people}")
    return field.model_copy(
        update={
            "value": said.after,
            "confidence": 1.0 if readable else 0.0,
            "source": "keyed" if said.act == "correct" else field.source,
            "accepted": readable,
            "checks": (*field.checks, check),
        }
    )


def _who_said(said: FieldDecision, decisions: Sequence[Decision]) -> Iterator[str]:
    for decision in decisions:
        for same in (each for each in decision.fields if (each.field, each.after) == (said.field, said.after)):
            yield from (each for each in (same.also, decision.who) if each is not None)
