"""The flow of the backfill lane: one run works off one shard. Its parameters are a plan's id and a number."""

import os

from prefect import flow, task

from flows.backfill.pace import may_begin
from flows.backfill.shards import work_off
from flows.house import House
from flows.ingest import may_pass, now
from flows.keyring import Keyring
from flows.meters import told
from flows.progress import watcher
from pipeline.workers import Workers
from schemas.backfill import PlanId
from schemas.problem import ProblemError
from schemas.settings import Settings


@task(retries=3, retry_delay_seconds=[2, 10, 30], retry_condition_fn=may_pass, persist_result=False)
def run_shard(plan_id: PlanId, shard: int) -> bool:
    """Work off a shard; return whether it is done, or else was stopped."""
    settings = Settings.load(os.environ).settings
    house = House.open(settings)

    def go_on() -> bool:
        return may_begin(house.backfills.step(plan_id), now())

    try:
        with told(house, "backfill"), Workers(settings.workers, settings.limits) as workers:
            keyring, plan = Keyring.open(settings, now()), house.backfills.plan(plan_id)
            done = work_off(house, keyring, workers, plan, shard, clock=now, watcher=watcher(), go_on=go_on)
            return done is not None
    except ProblemError as error:
        # Prefect keeps the words of what a task raises, and names of files may be names of people.
        raise ProblemError(error.kind, error.problem.model_copy(update={"file": None})) from None


@flow(name="backfill", persist_result=False)
def backfill(plan_id: PlanId, shard: int) -> bool:
    """Work off one shard of a plan; return whether it is done, or else was stopped."""
    return run_shard(plan_id, shard)
