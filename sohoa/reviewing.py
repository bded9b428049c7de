"""The review desk, for whatever door: what waits, one record to decide about, and the decision."""

import hmac
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from flows.house import House
from schemas.backfill import STATION
from schemas.document_type import document_types
from schemas.problem import DECISION_UNFIT, REVIEW_NOT_WAITING
from schemas.record import Amendment, Record, RecordId
from schemas.review import SECOND_PERSON, UNREADABLE, Act, Decision, FieldDecision, parse_value, value_of
from sohoa.looking import write_down
from storage.catalog import Waiting

PURPOSE = "review"
LEASE = timedelta(minutes=15)
PAGE = 50
_PASS_DIGITS = 32


def waiting(house: House, after: RecordId | None = None, limit: int = PAGE) -> tuple[Waiting, ...]:
    """Return a page of what waits for a person, live papers first."""
    return house.catalog.in_review(STATION, limit, after)


def every_waiting(house: House) -> Iterator[Waiting]:
    """Yield everything that waits, page by page."""
    after = None
    while page := waiting(house, after):
        yield from page
        after = page[-1].record_id


def take(house: House, record_id: RecordId, who: str) -> Record:
    """Return a record to look at; the audit log says who does, before they see it.

    Raises:
        ProblemError: `record-unknown`, `review-not-waiting`.
    """
    record = house.warehouse.record(record_id, known=max(1, house.catalog.version_of(record_id))).value
    write_down(house, "record", PURPOSE, record, who)
    if not record.needs_review:
        raise REVIEW_NOT_WAITING.error(f"record {record_id} is {record.status}")
    return record


def next_for(house: House, who: str, after: RecordId | None = None) -> RecordId | None:
    """Lease the first record that nobody else looks at to *who*; None if there is none left for them."""
    now = datetime.now(UTC)
    while page := waiting(house, after):
        for each in page:
            if _has_work(house, each, who) and house.catalog.lease(each.record_id, who, now, now + LEASE):
                return each.record_id
        after = page[-1].record_id
    return None


def _has_work(house: House, each: Waiting, who: str) -> bool:
    """Return whether a person can do something about what waits: not for paper, nor for another person than them."""
    codes = {reason.partition(":")[0] for reason in each.reasons}
    if "rescan" in codes or codes <= {UNREADABLE}:
        return False
    person = who.partition(":")[2].casefold()
    left = codes <= {UNREADABLE, SECOND_PERSON}
    return not (left and any(decision.person == person for decision in house.reviews.of(each.record_id)))


def decision_about(
    record: Record,
    who: str,
    said: Iterable[tuple[str, Act, str]],
    *,
    rescan: bool = False,
    reason: str = "",
    amends: Amendment | None = None,
) -> Decision:
    """Return the decision that a person made about *record*.

    Args:
        record: the version that they saw.
        who: they.
        said: field, act and, for a correction, what they typed; typing what is there already confirms it.
        rescan: whether the paper has to be scanned again.
        reason: in their words.
        amends: what it does after the fact, on which legal basis; None for a decision of the review desk.

    Raises:
        ProblemError: `decision-unfit`.
    """
    fields = tuple(_said(record, *each) for each in said)
    try:
        return Decision(
            record_id=record.record_id, version=record.version, who=who, at=datetime.now(UTC),
            fields=fields, rescan=rescan, reason=reason, amends=amends,
        )  # fmt: skip
    except ValueError as error:
        raise DECISION_UNFIT.error("something has to be decided, and about each field once") from error


def _said(record: Record, name: str, act: Act, typed: str) -> FieldDecision:
    before = value_of(record, name)
    if act == "confirm":
        return FieldDecision(field=name, act=act, before=before, after=before)
    if act == "unreadable":
        return FieldDecision(field=name, act=act, before=before, after=None)
    type_ = document_types().get(record.document_type or "")
    if type_ is None or name not in record.fields:
        raise DECISION_UNFIT.error(f"{name[:100]}: there is no such field in the record")
    after = parse_value(typed, type_.spec(name))
    return FieldDecision(field=name, act="confirm" if after == before else act, before=before, after=after)


def pass_of(name: str, token: str) -> str:
    """Return what the reviewer of this name signs in with: theirs alone, so that one person is not two.

    Args:
        name: as it stands in their decisions.
        token: of the API: whoever has it can make every pass, and with another token all passes are others.
    """
    return hmac.digest(token.encode(), f"review pass of {name}".encode(), "sha256").hex()[:_PASS_DIGITS]
