"""A plan is run, watched and accounted for, with what it reads recorded instead of read."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from flows.backfill.accounting import expected, progress, report, throughput
from flows.backfill.driving import Drive, Here
from flows.backfill.planning import look_through
from flows.backfill.watching import Watch
from flows.house import House
from schemas.backfill import Done, ItemOutcome, Step
from schemas.problem import INTEGRITY_MISMATCH, STORE_UNREACHABLE, ProblemError
from schemas.settings import Settings

NOW = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)
RUNNING, PAUSED = Step(at=NOW, state="running"), Step(at=NOW, state="paused")


class Backfill:
    """A plan of seven scans in shards of two, and hours that go by only when somebody waits."""

    def __init__(self, folder, workers):
        self.house = House.open(Settings(home=folder / "home"))
        (folder / "in").mkdir()
        for name in range(7):
            (folder / "in" / f"{name}.pdf").write_bytes(b"%d" % (name % 6))  # the last one is the first one again
        found = look_through(self.house.settings, folder / "in", None, "An", workers)
        self.plan = found.plan(2)
        self.id = self.house.backfills.keep_plan(self.plan, found.shards(2))
        self.worked: list[int] = []
        self.now = NOW
        self.on_sleep = lambda: None

    def work(self, number):
        self.worked.append(number)
        shard = self.house.backfills.shard(self.plan, number)
        outcomes = tuple(ItemOutcome(number=item.number, status="review") for item in shard.items)
        self.house.backfills.conclude(self.id, Done(number=number, at=self.now, worked_off=2, outcomes=outcomes))
        return True

    def sleep(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.on_sleep()

    def drive(self, work=None):
        return Drive(
            house=self.house,
            plan=self.plan,
            work=work or self.work,
            pool=Here(),
            at_once=1,
            clock=lambda: self.now,
            sleep=self.sleep,
        )


@pytest.fixture
def backfill(tmp_path, workers):
    return Backfill(tmp_path, workers)


def test_what_is_done_is_never_done_again_and_shards_without_work_need_no_run(backfill):
    backfill.house.backfills.decide(backfill.id, RUNNING)
    driving = backfill.drive().run()
    assert [next(driving), next(driving)] == [1, 2]
    driving.close()  # killed here
    assert list(backfill.drive().run()) == [3, 4]
    assert backfill.worked == [1, 2, 3]
    assert backfill.house.backfills.done(backfill.id, 4).outcomes[0].same_as == 1


def test_a_paused_plan_waits_and_goes_on_when_it_is_resumed(backfill):
    backfill.house.backfills.decide(backfill.id, PAUSED)
    backfill.on_sleep = lambda: backfill.house.backfills.decide(backfill.id, RUNNING)
    assert list(backfill.drive().run()) == [1, 2, 3, 4]
    assert backfill.now > NOW


def test_work_begins_in_its_hours_and_no_faster_than_was_said(backfill):
    step = Step(at=NOW, state="running", per_hour=1, hours="13:00-12:00")
    backfill.house.backfills.decide(backfill.id, step)
    assert len(list(backfill.drive().run())) == 4
    first, second, third = (backfill.house.backfills.done(backfill.id, number).at - NOW for number in (1, 2, 3))
    assert first == timedelta(hours=1)
    assert (second - first, third - second) == (timedelta(hours=2), timedelta(hours=2))


def test_a_shard_that_fails_does_not_stop_the_others_and_is_tried_by_the_next_run(backfill):
    backfill.house.backfills.decide(backfill.id, RUNNING)

    def work(number):
        if number == 2:
            raise INTEGRITY_MISMATCH.error("files/… is damaged")
        return backfill.work(number)

    drive = backfill.drive(work)
    assert list(drive.run()) == [1, 3, 4]
    assert list(drive.failed) == [2]
    assert list(backfill.drive().run()) == [2]


def test_an_outage_stops_the_run_and_loses_nothing(backfill):
    backfill.house.backfills.decide(backfill.id, RUNNING)

    def work(_number):
        raise STORE_UNREACHABLE.error("no answer")

    with pytest.raises(ProblemError):
        list(backfill.drive(work).run())
    assert list(backfill.drive().run()) == [1, 2, 3, 4]


def test_every_item_is_in_the_report_once_whenever_it_is_asked_for(backfill):
    assert Counter(line.status for line in report(backfill.house, backfill.plan)) == {"waiting": 6, "duplicate": 1}
    backfill.house.backfills.decide(backfill.id, RUNNING)
    next(backfill.drive().run())
    lines = list(report(backfill.house, backfill.plan))
    assert [line.number for line in lines] == list(range(1, 8))
    assert Counter(line.status for line in lines) == {"review": 2, "waiting": 4, "duplicate": 1}
    told = progress(backfill.house, backfill.plan, NOW)
    assert (told.state, told.waiting, told.shards_done, told.outcomes) == (
        "running",
        4,
        1,
        {"review": 2, "duplicate": 1},
    )


def test_a_store_that_does_not_add_up_is_not_reported_as_if_it_did(backfill):
    stranger = ItemOutcome(number=99, status="stored")
    backfill.house.backfills.conclude(backfill.id, Done(number=1, at=NOW, worked_off=1, outcomes=(stranger,)))
    with pytest.raises(ProblemError) as refusal:
        list(report(backfill.house, backfill.plan))
    assert refusal.value.kind is INTEGRITY_MISMATCH


def done(number, minutes, count=100):
    return Done(number=number, at=NOW + timedelta(minutes=minutes), worked_off=count, outcomes=())


@pytest.mark.parametrize(
    ("ended", "rate"),
    [
        ([], None),
        ([done(1, 30)], 200.0),
        ([done(1, 30), done(2, 60)], 200.0),
        ([done(1, 10, 1000), done(2, 600), done(3, 630), done(4, 660)], 200.0),
    ],
)
def test_throughput_is_that_of_the_last_hour_of_work(ended, rate):
    assert throughput(ended, RUNNING) == rate


@pytest.mark.parametrize(
    ("step", "hours"),
    [
        (RUNNING, 10),
        (PAUSED, None),
        (Step(at=NOW, state="running", per_hour=50), 20),
        (Step(at=NOW, state="running", hours="18:00-06:00"), 20),
    ],
)
def test_the_end_is_expected_with_the_pace_and_the_hours_that_were_decided(step, hours):
    assert expected(1000, 100.0, step, NOW) == (None if hours is None else NOW + timedelta(hours=hours))


def test_who_watches_sees_what_is_done_and_reads_no_shard_twice(backfill, monkeypatch):
    watch = Watch(backfill.house)
    assert list(watch.look(NOW)) == []
    backfill.house.backfills.decide(backfill.id, RUNNING)
    driving = backfill.drive().run()
    assert [next(driving), next(driving)] == [1, 2]
    [found] = watch.look(backfill.now)
    assert (found.state, found.shards_done, found.outcomes) == ("running", 2, {"review": 4})
    assert list(driving) == [3, 4]
    read = []
    done = type(backfill.house.backfills).done
    monkeypatch.setattr(type(backfill.house.backfills), "done", lambda *asked: read.append(asked[2]) or done(*asked))
    [found] = watch.look(backfill.now)
    assert sorted(read) == [3, 4]
    assert found == progress(backfill.house, backfill.plan, backfill.now)
    assert (found.state, found.waiting) == ("done", 0)
