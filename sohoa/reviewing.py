"""The review desk, for whatever door: what waits, one record to decide about, and the decision."""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from flows.house import House
from schemas.document_type import document_types
from schemas.outcome import DocumentOutcome
from schemas.problem import DECISION_UNFIT, REVIEW_NOT_WAITING
from schemas.record import Amendment, Record, RecordId
from schemas.review import (
    REGROUPED,
    RESCAN,
    SECOND_PERSON,
    TYPE,
    UNREADABLE,
    Act,
    Decision,
    FieldDecision,
    owner_called,
    parse_owner,
    parse_value,
    person_of,
    value_of,
)
from schemas.vietnam import TIME_ZONE
from sohoa.looking import write_down
from storage.review_queue import Decided, Waiting

PURPOSE = "review"
LEASE = timedelta(minutes=15)
PAGE = 50
_PASS_DIGITS = 32
_PART = r"\s*[0-9]{1,4}\s*(-\s*[0-9]{1,4}\s*)?"
_PAPERS = rf"(?=.{{1,2000}}$){_PART}([,;]{_PART})*"


def waiting(house: House, after: RecordId | None = None, limit: int = PAGE) -> tuple[Waiting, ...]:
    """Return a page of what waits for a person, live papers first."""
    return house.catalog.queue.in_review(limit, after)


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
    while page := waiting(house, after):
        for each in page:
            if _has_work(house, each, who) and hold(house, each.record_id, who):
                return each.record_id
        after = page[-1].record_id
    return None


def hold(house: House, record_id: RecordId, who: str) -> bool:
    """Lease a record to *who* from now on; return whether they have it, False while somebody else does."""
    now = datetime.now(UTC)
    return house.catalog.queue.lease(record_id, who, now, now + LEASE)


def release(house: House, record_id: RecordId, who: str) -> None:
    """End the lease of *who*, if they have it."""
    now = datetime.now(UTC)
    house.catalog.queue.lease(record_id, who, now, now)


class Progress(NamedTuple):
    """What one person did today."""

    records: int
    fields: int
    seconds: float | None
    """That a field took them, breaks apart; None: not known yet."""
    waiting: int
    """Records that wait for somebody."""


def progress(house: House, who: str, now: datetime) -> Progress:
    """Return what a person did since midnight in Vietnam, and how much is left for all."""
    midnight = now.astimezone(TIME_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    done = house.catalog.queue.decided_by(who, midnight)
    fields = sum(each.fields for each in done)
    return Progress(len(done), fields, seconds_a_field(done), house.catalog.queue.waits())


def seconds_a_field(done: Sequence[Decided]) -> float | None:
    """Return how long a field took, from one decision to the next; who comes back after a lease had a break."""
    worked = [
        (later.at - earlier.at, later.fields) for earlier, later in pairwise(done) if later.at - earlier.at <= LEASE
    ]
    fields = sum(fields for _, fields in worked)
    return sum((took for took, _ in worked), timedelta()).total_seconds() / fields if fields else None


def waits_for_paper(reasons: Iterable[str]) -> bool:
    """Return whether a person can do nothing about the fields: the paper comes again, or has to."""
    return RESCAN in reasons or REGROUPED in reasons or {reason.partition(":")[0] for reason in reasons} <= {UNREADABLE}


def _has_work(house: House, each: Waiting, who: str) -> bool:
    """Return whether a person can do something about what waits: not for paper, nor for another person than them."""
    codes = {reason.partition(":")[0] for reason in each.reasons}
    if waits_for_paper(each.reasons):
        return False
    person = person_of(who)
    left = codes <= {UNREADABLE, SECOND_PERSON}
    return not (left and any(decision.person == person for decision in house.reviews.of(each.record_id)))


def decision_about(
    record: Record,
    who: str,
    said: Iterable[tuple[str, Act, str]],
    *,
    rescan: bool = False,
    no_rescan: bool = False,
    replaced_by: Iterable[str] = (),
    reason: str = "",
    amends: Amendment | None = None,
) -> Decision:
    """Return the decision that a person made about *record*.

    Args:
        record: the version that they saw.
        who: they.
        said: field, act and, for a correction, what they typed; typing what is there already confirms it.
        rescan: whether the paper has to be scanned again.
        no_rescan: whether nobody will do that.
        replaced_by: the records that stand in its place.
        reason: in their words.
        amends: what it does after the fact, on which legal basis; None for a decision of the review desk.

    Raises:
        ProblemError: `decision-unfit`.
    """
    fields = tuple(_said(record, *each) for each in said)
    try:
        return Decision(
            record_id=record.record_id, version=record.version, who=who, at=datetime.now(UTC), fields=fields,
            rescan=rescan, no_rescan=no_rescan, replaced_by=tuple(replaced_by), reason=reason, amends=amends,
        )  # fmt: skip
    except ValueError as error:
        detail = "something has to be decided, about each field once, and about the whole paper one thing"
        raise DECISION_UNFIT.error(detail) from error


def _said(record: Record, name: str, act: Act, typed: str) -> FieldDecision:
    before = value_of(record, name)
    if act == "confirm":
        return FieldDecision(field=name, act=act, before=before, after=before)
    if act == "unreadable":
        return FieldDecision(field=name, act=act, before=before, after=None)
    if name == TYPE:
        return FieldDecision(field=name, act="confirm" if typed == before else act, before=before, after=typed)
    if owner_called(record, name) is not None:
        owner = parse_owner(typed)
        digits = owner.digits if owner else None
        return FieldDecision(field=name, act="confirm" if digits == before else act, before=before, after=digits)
    type_ = document_types().get(record.document_type or "")
    if type_ is None or name not in record.fields:
        raise DECISION_UNFIT.error(f"{name[:100]}: there is no such field in the record")
    after = parse_value(typed, type_.spec(name))
    return FieldDecision(field=name, act="confirm" if after == before else act, before=before, after=after)


def parse_papers(text: str) -> tuple[tuple[int, ...], ...]:
    """Return which pages make up which paper, as a person writes it: `1-2; 3, 5; 4`.

    Raises:
        ProblemError: `decision-unfit`.
    """
    if not re.fullmatch(_PAPERS, text):
        raise DECISION_UNFIT.error("write the pages of each paper, and a semicolon between papers: 1-2; 3, 5; 4")
    return tuple(tuple(_pages(paper)) for paper in text.split(";"))


def written(papers: Iterable[DocumentOutcome]) -> str:
    """Return which pages make up which paper, as a person would write it."""
    return "; ".join(", ".join(map(str, each.pages)) for each in papers)


def _pages(paper: str) -> Iterator[int]:
    for part in paper.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def pass_of(name: str, token: str) -> str:
    """Return what the reviewer of this name signs in with: theirs alone, so that one person is not two.

    Args:
        name: as it stands in their decisions.
        token: of the API: whoever has it can make every pass, and with another token all passes are others.
    """
    return hmac.digest(token.encode(), f"review pass of {name}".encode(), "sha256").hex()[:_PASS_DIGITS]
