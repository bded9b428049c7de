"""How the review desk stands: by days in Vietnam, by age, and how long it takes at the pace of the last days."""

from datetime import date, timedelta

import pytest

from sohoa.dashboard.desk import DAYS, overlook
from storage.review_queue import Backlog, Throughput
from tests.storage.examples import NOON


def test_an_hour_belongs_to_the_day_that_it_is_in_vietnam():
    desk = overlook((), [Throughput("2026-11-19T16", 1, 2), Throughput("2026-11-19T17", 3, 4)], NOON)
    assert len(desk.days) == DAYS
    assert [tuple(each) for each in desk.days[-2:]] == [(date(2026, 11, 19), 1, 2), (date(2026, 11, 20), 3, 4)]


def test_how_long_it_takes_follows_from_the_last_seven_days():
    backlog = (Backlog("2026-11-01T00", True, 30), Backlog("2026-11-20T01", False, 12))
    desk = overlook(backlog, [Throughput("2026-11-18T05", 42, 1)], NOON)
    assert (desk.waiting, desk.days_left) == (42, pytest.approx(7))
    assert desk.oldest.isoformat() == "2026-11-01T00:00:00+00:00"
    assert overlook(backlog, (), NOON).days_left is None
    assert overlook((), (), NOON).oldest is None


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "hôm nay"), (1, "1–2 ngày"), (2, "1–2 ngày"), (3, "3–7 ngày"), (8, "8–30 ngày"), (31, "trên 30 ngày")],
)
def test_what_waits_is_told_by_its_age(days, said):
    since = f"{NOON - timedelta(days=days):%Y-%m-%dT%H}"
    desk = overlook((Backlog(since, False, 2), Backlog(since, True, 3)), (), NOON)
    assert [(each.said, each.live, each.backfill) for each in desk.ages if each.live] == [(said, 2, 3)]
    assert sum(each.live + each.backfill for each in desk.ages) == 5
