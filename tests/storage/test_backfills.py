"""Backfills in the object store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from schemas.backfill import Done, Item, ItemOutcome, Plan, Sent, Shard, Step
from schemas.digest import sha256_hex
from schemas.problem import INTEGRITY_MISMATCH, PLAN_UNKNOWN, SCAN_WITHOUT_ROW, ProblemError
from storage import keys
from storage.backfills import Backfills
from storage.local import LocalStore

NOW = datetime(2026, 3, 31, 5, 0, tzinfo=UTC)
ITEM = Item(number=1, scan="a.pdf", problem=SCAN_WITHOUT_ROW.error("no row").problem)
SHARD = Shard(number=1, items=(ITEM,))


def plan_of(inventory="/in", shard=SHARD):
    hashes = (sha256_hex(shard.canonical_bytes()),)
    return Plan(inventory=inventory, layout=None, items=1, files=0, bytes=0, shards=hashes)


@pytest.fixture
def backfills(tmp_path):
    store = LocalStore(tmp_path / "store")
    store.prepare()
    return Backfills(store)


def test_a_plan_is_found_by_its_id_and_by_its_inventory_and_the_last_decision_says_which_one(backfills):
    old, new, other = plan_of(), plan_of(shard=Shard(number=1, items=(ITEM, ITEM))), plan_of("/other")
    for plan, shard in ((old, SHARD), (new, Shard(number=1, items=(ITEM, ITEM))), (other, SHARD)):
        assert backfills.keep_plan(plan, iter([shard])) == plan.plan_id
    assert set(backfills.plans_of("/in")) == {old.plan_id, new.plan_id}
    backfills.decide(new.plan_id, Step(at=NOW, state="running"))
    backfills.decide(old.plan_id, Step(at=NOW + timedelta(hours=1), state="running"))
    assert backfills.plans_of("/in") == [new.plan_id, old.plan_id]
    assert backfills.plan(old.plan_id) == old
    with pytest.raises(ProblemError) as refusal:
        backfills.plan("0" * 64)
    assert refusal.value.kind is PLAN_UNKNOWN


def test_every_decision_is_kept_though_many_decide_at_once(backfills):
    steps = [Step(at=NOW + timedelta(seconds=number), state="running") for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda step: backfills.decide("ab" * 32, step), steps)) == steps
    kept = list(backfills.store.list(keys.backfill("ab" * 32, "steps")))
    assert len(kept) == len(steps)
    assert backfills.step("ab" * 32) in steps


def test_a_shard_that_is_not_what_was_planned_is_noticed(backfills):
    plan = plan_of()
    with pytest.raises(ProblemError) as lost:
        backfills.shard(plan, 1)
    other = Shard(number=1, items=(ITEM, ITEM))
    backfills.store.put(keys.backfill_part(plan.plan_id, "shards", 1), other.canonical_bytes())
    with pytest.raises(ProblemError) as changed:
        backfills.shard(plan, 1)
    assert lost.value.kind is changed.value.kind is INTEGRITY_MISMATCH


def test_the_first_word_on_a_shard_is_the_last(backfills):
    first = Done(number=1, at=NOW, worked_off=0, outcomes=(ItemOutcome(number=1, status="refused"),))
    second = first.model_copy(update={"at": NOW + timedelta(hours=1)})
    assert backfills.conclude("ab" * 32, first) == backfills.conclude("ab" * 32, second) == first
    assert backfills.numbers_done("ab" * 32) == {1}
    assert backfills.keep_sent("ab" * 32, Sent(number=1)) == backfills.sent("ab" * 32, 1)
