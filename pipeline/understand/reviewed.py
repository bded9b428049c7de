"""What people decided, applied to a record: a pure function, so that a version follows from the one before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipeline.understand import consequences
from schemas.document_type import DocumentType
from schemas.field import Check, Field
from schemas.record import Record
from schemas.review import RESCAN, SECOND_PERSON, UNREADABLE, Decision, FieldDecision, agreed, needs_two

CHECK: Final = "reviewed"
"""What a person said of a field; the detail says who."""


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
    owners, valid_from, valid_to = consequences(fields, type_)
    sure = any(said.field == "document_type" for said in last.fields)
    return record.model_copy(
        update={
            "version": record.version + 1,
            "status": "review" if reasons else "active",
            "document_type_confidence": 1.0 if sure else record.document_type_confidence,
            "fields": fields,
            "owners": owners,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "review_reasons": tuple(reasons),
            "created_at": last.at,
        }
    )


def _decided(field: Field, said: FieldDecision, people: str) -> Field:
    """Return a field as people decided it; where it stands and how it was read stays as evidence."""
    readable = said.act != "unreadable"
    check = Check(name=CHECK, passed=readable, detail=f"{said.act} by {people}")
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
