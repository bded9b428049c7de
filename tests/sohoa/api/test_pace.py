import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sohoa.api.pace import Breadth, Pace, TooFastError


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@given(per_minute=st.integers(1, 120), waits=st.lists(st.floats(0, 90), max_size=60))
def test_never_more_than_a_bucket_and_what_came_into_it_since(per_minute, waits):
    clock = Clock()
    pace, taken = Pace(per_minute, clock), 0
    for wait in waits:
        clock.now += wait
        try:
            pace.take("mot-cua")
            taken += 1
        except TooFastError as slow:
            clock.now += slow.seconds
            pace.take("mot-cua")  # what it said is true
            taken += 1
        assert taken <= per_minute + (clock.now - 1000.0) * per_minute / 60 + 1e-6


def test_nobody_waits_for_others():
    pace = Pace(1, Clock())
    pace.take("mot-cua")
    pace.take("cong-dvc")
    with pytest.raises(TooFastError) as slow:
        pace.take("mot-cua")
    assert slow.value.seconds == 60


def test_who_asks_about_many_people_is_named_once_an_hour(caplog):
    clock, alarms = Clock(), []
    breadth = Breadth(3, lambda: alarms.append(clock.now), clock)

    def asks(*owners):
        caplog.clear()
        for owner in owners:
            breadth.note("client:mot-cua", owner)
        return [record.message for record in caplog.records]

    with caplog.at_level(logging.WARNING):
        assert asks("a", "b", "c", "a", "b", "c") == []
        assert asks("d", "e", "f") == ["client:mot-cua asked about more than 3 people within an hour"]
        assert asks("g") == []
        clock.now += 3600
        assert asks("a", "b", "c") == []
        assert len(asks("d")) == 1
    assert alarms == [1000, 4600]
