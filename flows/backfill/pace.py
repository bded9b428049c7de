"""How fast a backfill may go just now: pure functions of what was decided and of the time."""

from datetime import datetime, time, timedelta

from schemas.backfill import Hours, Step
from schemas.vietnam import TIME_ZONE

_DAY = timedelta(days=1)


def may_begin(step: Step | None, now: datetime) -> bool:
    """Return whether anything may be begun now; what was never decided about does not run."""
    return step is not None and step.state == "running" and (step.hours is None or is_within(step.hours, now))


def is_within(hours: Hours, now: datetime) -> bool:
    """Return whether it is one of these hours in Vietnam; `18:00-06:00` goes over midnight, `08:00-08:00` is always."""
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    moment = now.astimezone(TIME_ZONE).time()
    return begins <= moment < ends if begins < ends else moment >= begins or moment < ends


def share_of_day(hours: Hours | None) -> float:
    """Return which part of a day these hours are, from 0 to 1."""
    if hours is None:
        return 1.0
    begins, ends = (timedelta(hours=int(part[:2]), minutes=int(part[3:])) for part in hours.split("-"))
    return ((ends - begins) % _DAY or _DAY) / _DAY


def next_at(begun_at: datetime, items: int, per_hour: int | None) -> datetime:
    """Return when more may be begun after so many items were begun."""
    return begun_at + timedelta(hours=items / per_hour) if per_hour is not None else begun_at
