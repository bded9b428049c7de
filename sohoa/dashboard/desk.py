"""The review desk as its supervisor sees it: what waits since when, what is settled a day, how long it takes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from schemas.vietnam import TIME_ZONE
from storage.review_queue import Backlog, Throughput

DAYS = 14
_PACE_DAYS = 7
_AGES = ((0, "hôm nay"), (2, "1–2 ngày"), (7, "3–7 ngày"), (30, "8–30 ngày"), (None, "trên 30 ngày"))
"""At most so many days old, and how that is called."""


class Day(NamedTuple):
    """What people settled on one day in Vietnam."""

    day: date
    records: int
    fields: int


class Age(NamedTuple):
    """How much waits for about so long."""

    said: str
    live: int
    backfill: int


class Desk(NamedTuple):
    """Everything on the page."""

    days: tuple[Day, ...]
    """The last ones, today last."""
    ages: tuple[Age, ...]
    """The youngest first."""
    waiting: int
    oldest: datetime | None
    """The hour since when something waits; None: nothing does."""
    days_left: float | None
    """How long that takes at the pace of the last days; None if nothing was settled in them."""


def overlook(backlog: Sequence[Backlog], throughput: Iterable[Throughput], now: datetime) -> Desk:
    """Return how the desk stands.

    Args:
        backlog: what waits.
        throughput: what was settled in the last `DAYS` days at least.
        now: the time.
    """
    today = now.astimezone(TIME_ZONE).date()
    records, fields = Counter[date](), Counter[date]()
    for each in throughput:
        records[_day(each.hour)] += each.records
        fields[_day(each.hour)] += each.fields
    days = tuple(
        Day(day, records[day], fields[day]) for day in (today - timedelta(back) for back in range(DAYS - 1, -1, -1))
    )
    waiting = sum(each.records for each in backlog)
    settled = sum(each.records for each in days[-_PACE_DAYS:]) / _PACE_DAYS
    return Desk(
        days=days,
        ages=_ages(backlog, today),
        waiting=waiting,
        oldest=_moment(backlog[0].hour) if backlog else None,
        days_left=waiting / settled if settled else None,
    )


def _ages(backlog: Iterable[Backlog], today: date) -> tuple[Age, ...]:
    waiting = Counter[tuple[str, bool]]()
    for each in backlog:
        old = (today - _day(each.hour)).days
        said = next(said for most, said in _AGES if most is None or old <= most)
        waiting[said, each.backfill] += each.records
    return tuple(Age(said, waiting[said, False], waiting[said, True]) for _, said in _AGES)


def _moment(hour: str) -> datetime:
    return datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC)


def _day(hour: str) -> date:
    return _moment(hour).astimezone(TIME_ZONE).date()
