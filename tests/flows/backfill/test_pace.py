"""How fast a backfill may go."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.backfill.pace import is_within, may_begin, next_at, share_of_day
from schemas.backfill import Step

NOON = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)
"""In Vietnam."""


@pytest.mark.parametrize(
    ("hours", "inside", "share"),
    [
        ("08:00-17:00", True, 9 / 24),
        ("18:00-06:00", False, 0.5),
        ("12:00-13:00", True, 1 / 24),
        ("11:00-12:00", False, 1 / 24),
        ("08:00-08:00", True, 1.0),
    ],
)
def test_hours_are_those_of_vietnam_and_may_go_over_midnight(hours, inside, share):
    assert is_within(hours, NOON) is inside
    assert share_of_day(hours) == pytest.approx(share)


@pytest.mark.parametrize(
    ("step", "may"),
    [
        (None, False),
        (Step(at=NOON, state="running"), True),
        (Step(at=NOON, state="paused"), False),
        (Step(at=NOON, state="running", hours="18:00-06:00"), False),
    ],
)
def test_nothing_begins_without_a_decision_while_paused_or_outside_of_its_hours(step, may):
    assert may_begin(step, NOON) is may


def test_so_many_documents_an_hour():
    assert next_at(NOON, 300, 600) == NOON + timedelta(minutes=30)
    assert next_at(NOON, 300, None) == NOON
