"""What people decided, applied to a record: a pure function, so that a version follows from the one before it."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.understand import consequences
from schemas.document_type import DocumentType
from schemas.field import Check, Field
from schemas.record import Amended, Amendment, Record
from schemas.review import RESCAN, REVIEWED, SECOND_PERSON, UNREADABLE, Decision, FieldDecision, agreed, needs_two
from schemas.vietnam import TIME_ZONE


def reviewed(record: Record, decisions: Sequence[Decision], types: Mapping[str, DocumentType]) -> Record:
    """Return the next version of *record*.

    Args:
        record: the version that was looked at; it stays as it is.
        decisions: every decision about the record up to this version; the last one is applied, the earlier ones say
            whether another person said the same.
        types: the document types by code.
    """
    last = decisions[-1]
    type_ = types.get(record.document_type or "")
    reasons = list(record.review_reasons)
    fields = dict(record.fields)
    for said in last.fields:
        settled = type_ is None or not needs_two(said, type_) or agreed(said, decisions)
        reasons = [reason for reason in reasons if reason.partition(":")[2] != said.field]
        if not settled:
            reasons.append(f"{SECOND_PERSON}:{said.field}")
        elif said.act == "unreadable" and type_ is not None and type_.spec(said.field).required:
            reasons.append(f"{UNREADABLE}:{said.field}")
        if settled and said.field in fields:
            people = tuple(_who_said(said, decisions))
            fields[said.field] = _decided(fields[said.field], said, ", ".join(dict.fromkeys(people)))
    if last.rescan and RESCAN not in reasons:
        reasons.append(RESCAN)
    sure = any(said.field == "document_type" for said in last.fields)
    changes: dict[str, object] = {
        "version": record.version + 1,
        "status": "review" if reasons else "active",
        "document_type_confidence": 1.0 if sure else record.document_type_confidence,
        "fields": fields,
        "review_reasons": tuple(reasons),
        "created_at": last.at,
    }
    if last.fields:
        changes |= zip(("owners", "valid_from", "valid_to"), consequences(fields, type_), strict=True)
    if last.amends is not None:
        changes["amendments"] = (*record.amendments, _amended(last, last.amends))
    version = record.model_copy(update=changes)
    today = last.at.astimezone(TIME_ZONE).date()
    return version.model_copy(update={"status": version.status_on(today)})


def _amended(decision: Decision, amendment: Amendment) -> Amended:
    """Return an amendment as the version that it makes tells of it."""
    return Amended(
        **dict(amendment),
        version=decision.version + 1,
        who=decision.who,
        at=decision.at,
        fields=tuple(said.field for said in decision.fields),
    )


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
        if any((each.field, each.after) == (said.field, said.after) for each in decision.fields):
            yield decision.who
