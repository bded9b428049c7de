"""A plan is run: shard by shard, what is not done yet is sent and handed to whoever works it off.

Whoever drives may be killed at any moment: the next one finds in the store what is done and what was sent. Two may
even drive at the same time; they do the same things twice, and nothing comes of it twice.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ParamSpec, TypeVar

from flows.backfill.pace import may_begin, next_at
from flows.backfill.shards import conclude_unsent, send
from flows.house import House
from flows.keyring import Clock
from pipeline.inventory import Holding, holdings
from schemas.backfill import Plan
from schemas.problem import ProblemError

P = ParamSpec("P")
T = TypeVar("T")

Work = Callable[[int], bool]
"""Works off a shard that was sent; returns whether it is done, or else was stopped."""

LOOK_SECONDS = 5.0
"""How often is looked whether work may begin that may not begin now."""


class Here(Executor):
    """Calls in the thread that asks, at once: a signal then stops what goes on, and nothing has to be waited for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call *fn*; return its result as a future that is done."""
        task: Future[T] = Future()
        try:
            task.set_result(fn(*args, **kwargs))
        except ProblemError as error:
            task.set_exception(error)
        return task


@dataclass(kw_only=True)
class Drive:
    """One run of a plan."""

    house: House
    plan: Plan
    work: Work
    pool: Executor
    """Where that is called."""
    at_once: int
    """How many shards are worked off at the same time."""
    clock: Clock
    sleep: Callable[[float], None]
    failed: dict[int, ProblemError] = field(default_factory=dict)
    """Shards that could not be finished, and why: they are left to the next run."""

    @cached_property
    def _scans(self) -> Mapping[str, Holding]:
        """What is in the inventory now: only looked for if something is yet to be sent."""
        found = holdings(Path(self.plan.inventory), self.house.settings.home, self.house.settings.limits)
        return {each.name: each for each in found if isinstance(each, Holding)}

    def run(self) -> Iterator[int]:
        """Yield the number of each shard when it is done, until nothing is left that can be done.

        Raises:
            ProblemError: a failure that may pass; everything that was begun is found by the next run.
        """
        done = self.house.backfills.numbers_done(self.plan.plan_id)
        todo = deque(number for number in range(1, len(self.plan.shards) + 1) if number not in done)
        may_go = self.clock()
        running: dict[Future[bool], int] = {}
        while todo or running:
            step, now = self.house.backfills.step(self.plan.plan_id), self.clock()
            if todo and len(running) < self.at_once and may_begin(step, now) and now >= may_go:
                number = todo.popleft()
                items = self._ready(number)
                if items == 0:
                    yield number
                else:
                    running[self.pool.submit(self.work, number)] = number
                    may_go = next_at(now, items, step.per_hour if step is not None else None)
            elif running:
                for task in wait(running, LOOK_SECONDS, FIRST_COMPLETED).done:
                    number = running.pop(task)
                    if self._is_done(number, task):
                        yield number
                    elif number not in self.failed:
                        todo.appendleft(number)
            else:
                self.sleep(LOOK_SECONDS)

    def _ready(self, number: int) -> int:
        """Send a shard, unless that is done; return how many of its items are to be worked off."""
        shard = self.house.backfills.shard(self.plan, number)
        if conclude_unsent(self.house, self.plan, shard, self.clock()):
            return 0
        if self.house.backfills.sent(self.plan.plan_id, number) is None:
            send(self.house, self.plan, shard, self._scans)
        return sum(item.manifest is not None for item in shard.items)

    def _is_done(self, number: int, task: Future[bool]) -> bool:
        try:
            return task.result()
        except ProblemError as error:
            if error.kind.transient:
                raise
            self.failed[number] = error
            return False
