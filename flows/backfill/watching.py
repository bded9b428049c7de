"""Plans, watched by whoever looks often: what was read of a shard that is done is never read again, for it holds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from flows.backfill.accounting import add_up, told
from flows.house import House
from schemas.backfill import Done, Fate, Plan, PlanId, Progress
from schemas.problem import INTEGRITY_MISMATCH


@dataclass
class _Watched:
    """What is known of a plan."""

    plan: Plan
    done: dict[int, Done] = field(default_factory=dict)
    """Without their outcomes: these are counted."""
    statuses: Counter[Fate] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Watch:
    """How far every plan is, but for what is not done yet of the shards that are under way."""

    house: House
    _known: dict[PlanId, _Watched] = field(default_factory=dict)

    def look(self, now: datetime) -> Iterator[Progress]:
        """Yield how far each plan is that somebody has begun."""
        for plan_id in self.house.backfills.plans():
            if plan_id not in self._known:
                self._known[plan_id] = _Watched(self.house.backfills.plan(plan_id))
            watched = self._known[plan_id]
            self._read_on(watched)
            found = told(self.house, watched.plan, [*watched.done.values()], watched.statuses, watched.reasons, now)
            if found.begun_at is not None:
                yield found

    def _read_on(self, watched: _Watched) -> None:
        plan = watched.plan
        if len(watched.done) == len(plan.shards):
            return
        for number in self.house.backfills.numbers_done(plan.plan_id) - set(watched.done):
            done = self.house.backfills.done(plan.plan_id, number)
            if done is None:
                raise INTEGRITY_MISMATCH.error(f"shard {number}: what became of it is listed, and not there")
            add_up(done.outcomes, watched.statuses, watched.reasons)
            watched.done[number] = done.model_copy(update={"outcomes": ()})
