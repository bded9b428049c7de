"""From what people keyed to a decision: what two of them say independently holds, as if both had decided."""

from flows.house import House
from flows.keyring import Keyring
from flows.reviewing import Clock, decide, finish
from schemas.problem import REVIEW_CONFLICT, REVIEW_NOT_WAITING, ProblemError
from schemas.record import Record
from schemas.review import Decision, FieldDecision, subjects
from schemas.snippet import Keying, agreeing, this_round

_TRIES = 5
"""So often somebody else may decide about another field of the record at the same moment."""


def key_in(house: House, keyring: Keyring, keying: Keying, clock: Clock) -> None:
    """Store what a person keyed, and decide if another one said the same. Any number of times.

    Raises:
        ProblemError: `record-unknown`; `review-conflict` if others were faster again and again.
    """
    house.warehouse.record(keying.record_id, keying.version)  # it has to be there
    house.keyings.keep(keying)
    for left in range(_TRIES - 1, -1, -1):
        try:
            settle(house, keyring, keying.record_id, keying.field, clock)
        except ProblemError as error:
            if error.kind is REVIEW_NOT_WAITING:  # decided at the desk meanwhile
                return
            if error.kind is not REVIEW_CONFLICT or not left:
                raise
        else:
            return


def settle(house: House, keyring: Keyring, record_id: str, field: str, clock: Clock) -> None:
    """Decide about a field of a record if two people keyed the same and it still waits."""
    record = finish(house, keyring, record_id, clock)
    pair = agreeing(this_round(house.keyings.of(record_id), house.reviews.of(record_id), field))
    if pair is not None and record.needs_review and field in record.fields and field in subjects(record):
        decide(house, keyring, _decision(record, field, *pair), clock)


def _decision(record: Record, field: str, one: Keying, other: Keying) -> Decision:
    before = record.fields[field].value
    same = before is not None and str(before).casefold() == one.said
    after = before if same else one.value
    act = "unreadable" if after is None else "confirm" if same else "correct"
    said = FieldDecision.model_validate({"field": field, "act": act, "before": before, "after": after, "also": one.who})
    return Decision(record_id=record.record_id, version=record.version, who=other.who, at=other.at, fields=(said,))
