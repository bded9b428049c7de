"""Shards are handed to the workers of the backfill lane through a Prefect server, and watched until they are done.

Prefect notices when the process of a flow run dies, not when its whole machine does: a run in which nothing comes to
an end for a long time is given up here, and the shard is handed out anew. Both working on it would do no harm.
"""

import time
from itertools import count
from threading import Event

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.house import House
from schemas.backfill import Plan
from schemas.problem import CONFIGURATION, SHARD_FAILED

DEPLOYMENT = "backfill/backfill"

_LOOK_SECONDS = 2.0
_COUNT_SECONDS = 60.0
_SILENT_SECONDS = 1800.0
"""After so long without any outcome a run is given up: more than the longest scan takes."""
_TRIES = 3


def hand_out(house: House, plan: Plan, stopping: Event, number: int) -> bool:
    """Have a shard worked off by whoever serves the lane; return whether it is done, or else was stopped.

    Args:
        house: where to look what is done.
        plan: which plan.
        stopping: set when nobody wants to wait for it any more; the flow run goes on.
        number: which of its shards.

    Raises:
        ProblemError: `configuration` if no worker ever served the lane; `shard-failed`.
    """
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(DEPLOYMENT).id
        except ObjectNotFound as error:
            raise CONFIGURATION.error("no worker serves the backfill lane: start `sohoa up backfill`") from error
        tries = 0
        for attempt in count(1):
            key = f"{plan.plan_id}-{number}-{attempt}"
            parameters = {"plan_id": plan.plan_id, "shard": number}
            run = client.create_flow_run_from_deployment(deployment, parameters=parameters, idempotency_key=key)
            if run.state is not None and run.state.is_final():
                continue  # of an earlier attempt: the key finds it again
            ended = _watched(client, run, house, plan, number, stopping)
            tries += 1
            if ended.state is None or not ended.state.is_crashed() or tries == _TRIES or stopping.is_set():
                break
    if stopping.is_set() or (ended.state is not None and ended.state.is_completed()):
        return house.backfills.done(plan.plan_id, number) is not None
    raise SHARD_FAILED.error(f"shard {number}: flow run {ended.name} ended as {ended.state_name}")


def _watched(
    client: SyncPrefectClient, run: FlowRun, house: House, plan: Plan, number: int, stopping: Event
) -> FlowRun:
    """Return a flow run when it has ended, or when it has to be given up."""
    seen, since, counted = 0, time.monotonic(), time.monotonic()
    while not stopping.wait(_LOOK_SECONDS):
        run = client.read_flow_run(run.id)
        now = time.monotonic()
        if run.state is not None and run.state.is_final():
            return run
        if run.state is None or not run.state.is_running():
            since = now
        elif now - counted > _COUNT_SECONDS:
            counted, before = now, seen
            seen = _outcomes(house, plan, number)
            since = now if seen > before else since
        if now - since > _SILENT_SECONDS:
            client.set_flow_run_state(run.id, Crashed(message="nothing came to an end for too long"), force=True)
    return run


def _outcomes(house: House, plan: Plan, number: int) -> int:
    sent = [item.manifest for item in house.backfills.shard(plan, number).items if item.manifest is not None]
    return sum(house.inbox.outcome(manifest.submission_id) is not None for manifest in sent)
