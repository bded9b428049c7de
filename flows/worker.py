"""The workers: each takes flow runs of one lane from the Prefect server until it is told to stop.

`python -m flows.worker PARENT` serves the live lane. `reconcile` runs when it is called for (`flows/waking.py`) and
every minute, so that whatever has a receipt gets an outcome, whatever was killed in between. What the catalog missed
when something was killed is looked for in the store once, at the start, and so are decisions whose versions
are not made.
"""

import os
import sys
from typing import Any

from prefect import Flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from flows.backfill.lane import backfill
from flows.house import House
from flows.ingest import check_signatures, check_signers, fixity, ingest, now, preserve, raise_levels, reconcile
from flows.lifeline import end_with
from flows.reviewing import finish_all
from schemas.settings import Settings
from storage.rebuild import catch_up

_RECONCILE_SECONDS = 60
_RAISE_SECONDS = 3600
"""Finding what is to be raised lists all records."""
_DAY_SECONDS = 86_400
"""A day's records share one time-stamp, and each object has its day to be read again."""
_YIELDING = 15
"""Niceness: a process of 0 gets some thirty times the processor time of one of 15."""
_ALONE = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run of `reconcile` takes along what comes meanwhile, so a second one would have nothing to do."""


def main() -> None:
    """Serve the live lane for as long as the parent lives."""
    end_with(int(sys.argv[1]))
    serve_live_lane()


def serve_live_lane() -> None:
    """Take flow runs of the live lane until told to stop."""
    house = House.open(Settings.load(os.environ).settings)
    catch_up(house.inbox, house.warehouse, house.catalog)
    finish_all(house, now)
    serve(
        _deployment(ingest),
        _deployment(reconcile, interval=_RECONCILE_SECONDS, concurrency_limit=_ALONE),
        _deployment(raise_levels, interval=_RAISE_SECONDS, concurrency_limit=_ALONE),
        _deployment(preserve, interval=_DAY_SECONDS, concurrency_limit=_ALONE),
        _deployment(check_signatures, interval=_DAY_SECONDS, concurrency_limit=_ALONE),
        _deployment(check_signers, interval=_DAY_SECONDS, concurrency_limit=_ALONE),
        _deployment(fixity, interval=_DAY_SECONDS, concurrency_limit=_ALONE),
    )


def serve_backfill_lane(flow: Flow[..., Any] = backfill) -> None:
    """Take flow runs of the backfill lane until told to stop, one at a time.

    One run has the pages of its shard read on all cores. It yields to everything else on this machine: whoever stands
    at a counter waits no longer because old papers are read.
    """
    os.nice(_YIELDING)
    serve(_deployment(flow, lane="backfill"), limit=1)


def _deployment(
    flow: Flow[..., Any],
    *,
    lane: str = "live",
    interval: float | None = None,
    concurrency_limit: ConcurrencyLimitConfig | None = None,
) -> RunnerDeployment:
    module = EntrypointType.MODULE_PATH  # a path to a file would only hold in one folder
    return RunnerDeployment.from_flow(
        flow, lane, interval=interval, concurrency_limit=concurrency_limit, entrypoint_type=module
    )


if __name__ == "__main__":
    main()
