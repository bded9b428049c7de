"""Backfills in the object store: what was planned, what was decided, what was sent, what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.backfill import Done, Plan, PlanId, Sent, Shard, Step
from schemas.digest import Sha256, sha256_hex
from schemas.problem import INTEGRITY_MISMATCH, PLAN_UNKNOWN
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, keep, load


@dataclass(frozen=True, slots=True)
class Backfills:
    """The plans in an object store. What is left to do is what was planned and has no outcome: nothing else counts."""

    store: ObjectStore

    # --- plans -------------------------------------------------------------------------------------------------
    def keep_plan(self, plan: Plan, shards: Iterator[Shard]) -> PlanId:
        """Store a plan, its shards before it; return its id. Any number of times."""
        plan_id = plan.plan_id
        for shard in shards:
            key = keys.backfill_part(plan_id, "shards", shard.number)
            self.store.put(key, shard.canonical_bytes(), content_type=JSON)
        self.store.put(keys.plan(plan_id), plan.canonical_bytes(), content_type=JSON)
        return plan_id

    def plan(self, plan_id: PlanId) -> Plan:
        """Return a plan.

        Raises:
            ProblemError: `plan-unknown`; `integrity-mismatch` if it is not what was planned.
        """
        plan = load(self.store, Plan, keys.plan(plan_id))
        if plan is None:
            raise PLAN_UNKNOWN.error(f"{plan_id} is not kept here")
        _check(keys.plan(plan_id), plan.plan_id, plan_id)
        return plan

    def plans(self) -> Iterator[PlanId]:
        """Yield every plan, in no order that means anything."""
        return map(keys.plan_of, self.store.list(keys.PLANS))

    def plans_of(self, inventory: str) -> list[PlanId]:
        """Return the plans of an inventory, the one that was last decided about at the end."""
        found = [plan_id for plan_id in self.plans() if self.plan(plan_id).inventory == inventory]
        return sorted(found, key=lambda plan_id: step.at.timestamp() if (step := self.step(plan_id)) else 0.0)

    def shard(self, plan: Plan, number: int) -> Shard:
        """Return a shard of a plan.

        Raises:
            ProblemError: `integrity-mismatch` if it is lost, or not what was planned.
        """
        key = keys.backfill_part(plan.plan_id, "shards", number)
        shard = load(self.store, Shard, key)
        if shard is None:
            raise INTEGRITY_MISMATCH.error(f"{key} is lost")
        _check(key, sha256_hex(shard.canonical_bytes()), plan.shards[number - 1])
        return shard

    # --- decisions ---------------------------------------------------------------------------------------------
    def decide(self, plan_id: PlanId, step: Step) -> Step:
        """Store a decision after those that are there; return it."""
        number = max(self._numbers(plan_id, "steps"), default=0) + 1
        while True:
            kept, _ = keep(self.store, keys.backfill_part(plan_id, "steps", number), step)
            if kept == step:
                return kept
            number += 1  # somebody else decided at the same moment: ours comes after theirs

    def step(self, plan_id: PlanId) -> Step | None:
        """Return the last decision about a plan, None if there was none."""
        number = max(self._numbers(plan_id, "steps"), default=0)
        return load(self.store, Step, keys.backfill_part(plan_id, "steps", number)) if number else None

    def begun(self, plan_id: PlanId) -> Step | None:
        """Return the first decision about a plan, None if there was none."""
        return load(self.store, Step, keys.backfill_part(plan_id, "steps", 1))

    # --- shards ------------------------------------------------------------------------------------------------
    def keep_sent(self, plan_id: PlanId, sent: Sent) -> Sent:
        """Store what was sent of a shard, unless that is stored; return what is."""
        return keep(self.store, keys.backfill_part(plan_id, "sent", sent.number), sent)[0]

    def sent(self, plan_id: PlanId, number: int) -> Sent | None:
        """Return what was sent of a shard, None while it was not sent."""
        return load(self.store, Sent, keys.backfill_part(plan_id, "sent", number))

    def conclude(self, plan_id: PlanId, done: Done) -> Done:
        """Store what became of a shard, unless that is stored; return what is."""
        return keep(self.store, keys.backfill_part(plan_id, "done", done.number), done)[0]

    def done(self, plan_id: PlanId, number: int) -> Done | None:
        """Return what became of a shard, None while it is not done."""
        return load(self.store, Done, keys.backfill_part(plan_id, "done", number))

    def numbers_done(self, plan_id: PlanId) -> set[int]:
        """Return the numbers of the shards that are done."""
        return set(self._numbers(plan_id, "done"))

    def _numbers(self, plan_id: PlanId, part: keys.BackfillPart) -> Iterator[int]:
        return map(keys.backfill_number_of, self.store.list(keys.backfill(plan_id, part)))


def _check(key: str, is_: Sha256, planned: Sha256) -> None:
    if is_ != planned:
        raise INTEGRITY_MISMATCH.error(f"{key} is not what was planned")
