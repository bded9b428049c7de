"""Shards are handed to the workers of the backfill lane through a Prefect server, and watched until they are done.

Prefect notices when the process of a flow run dies, not when its worker or its whole machine does: a run whose heart
stops, or in which nothing comes to an end for a long time, is given up here, and the shard is handed out anew. Both
working on it would do no harm. While the server itself is away, everybody goes on and this waits.
"""

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from typing import Any

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.house import House
from flows.orchestrator import HEARTBEAT_SECONDS
from schemas.backfill import Plan
from schemas.problem import CONFIGURATION, ORCHESTRATOR_UNREACHABLE, SHARD_FAILED

DEPLOYMENT = "backfill/backfill"

_LOOK_SECONDS = 2.0
_COUNT_SECONDS = 60.0
_SILENT_SECONDS = 1800.0
"""After so long without any outcome a run is given up: more than the longest scan takes."""
_LIFELESS = timedelta(seconds=5 * HEARTBEAT_SECONDS)
"""After so long without a heartbeat too: more than a process takes to start."""
_AWAY_SECONDS = 300.0
"""For so long the server may be away."""
_TRIES = 3
_AWAY = (httpx.TransportError, httpx.HTTPStatusError)
"""What Prefect's client raises when the server does not answer, or has no database."""


def hand_out(house: House, plan: Plan, stopping: Event, number: int) -> bool:
    """Have a shard worked off by whoever serves the lane; return whether it is done, or else was stopped.

    Args:
        house: where to look what is done.
        plan: which plan.
        stopping: set when nobody wants to wait for it any more; the flow run goes on.
        number: which of its shards.

    Raises:
        ProblemError: `configuration` if no worker ever served the lane; `shard-failed`; `orchestrator-unreachable`.
    """
    try:
        return _hand_out(house, plan, stopping, number)
    except ObjectNotFound as error:
        raise CONFIGURATION.error("no worker serves the backfill lane: start `sohoa up backfill`") from error
    except _AWAY as error:
        raise ORCHESTRATOR_UNREACHABLE.error("the Prefect server does not answer") from error


def _hand_out(house: House, plan: Plan, stopping: Event, number: int) -> bool:
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(DEPLOYMENT).id
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
    seen, began = 0, time.monotonic()
    moved = counted = answered = back = began
    while not stopping.wait(_LOOK_SECONDS):
        now = time.monotonic()
        try:
            run = client.read_flow_run(run.id)
            back = now if now - answered > _COUNT_SECONDS else back  # hearts were not heard while the server was away
            answered = now
            if run.state is None or run.state.is_scheduled():
                moved = now  # nobody has taken it yet
            elif run.state.is_final():
                return run
            elif now - counted > _COUNT_SECONDS:
                counted, before = now, seen
                seen = _outcomes(house, plan, number)
                moved = now if seen > before else moved
                if now - moved > _SILENT_SECONDS or (
                    now - back > _COUNT_SECONDS and not _lives(client, run, run.state)
                ):
                    client.set_flow_run_state(run.id, Crashed(message="it shows no sign of life"), force=True)
        except _AWAY as error:
            if now - answered > _AWAY_SECONDS:
                raise ORCHESTRATOR_UNREACHABLE.error("the Prefect server does not answer any more") from error
    return run


def _lives(client: SyncPrefectClient, run: FlowRun, state: State[Any]) -> bool:
    """Return whether a flow run was taken just now, or its heart was heard lately."""
    now = datetime.now(UTC)
    if now - state.timestamp < _LIFELESS:
        return True
    heard = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
        occurred=EventOccurredFilter(since=now - _LIFELESS),
    )
    return bool(client.read_events(heard, limit=1).events)


def _outcomes(house: House, plan: Plan, number: int) -> int:
    sent = [item.manifest for item in house.backfills.shard(plan, number).items if item.manifest is not None]
    return sum(house.inbox.outcome(manifest.submission_id) is not None for manifest in sent)
