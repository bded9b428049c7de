"""A worker of the backfill lane that replays what was recorded: `python -m benchmarks.recorded_lane`."""

import os
from pathlib import Path

from prefect import flow

from benchmarks.recorded import Recorded
from flows.backfill.lane import run_shard
from flows.worker import serve_backfill_lane
from schemas.backfill import PlanId

RECORDING = "RECORDED_READING"
"""The variable that says where it is."""


@flow(name="backfill", persist_result=False)
def backfill(plan_id: PlanId, shard: int) -> bool:
    """Work off one shard of a plan, but for the reading; return whether it is done, or else was stopped."""
    with Recorded.load(Path(os.environ[RECORDING])).replayed():
        return run_shard(plan_id, shard)


if __name__ == "__main__":
    from benchmarks.recorded_lane import backfill as by_name  # flow runs find it by the name of its module

    serve_backfill_lane(by_name)
