"""What a plan will cost: some of its documents are really worked off, in a house that is thrown away afterwards."""

import resource
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.backfill.planning import Inventory
from flows.backfill.shards import send, work_off
from flows.house import House
from flows.keyring import Clock, Keyring
from pipeline.digitize import Unwatched
from pipeline.workers import Workers
from schemas.backfill import Forecast, Plan
from schemas.settings import Settings


def forecast(
    settings: Settings, inventory: Inventory, plan: Plan, count: int, minutes: float, clock: Clock
) -> Forecast:
    """Return what a plan will cost, from what some documents cost that are spread over it.

    Args:
        settings: how many workers, and what they may use.
        inventory: where the documents are.
        plan: made of it.
        count: how many documents are tried at most.
        minutes: what a person needs for a document that waits for review.
        clock: tells the time of day; how long it takes is measured.
    """
    sendable = [claim for claim in inventory.claims if claim.sha256 is not None]
    tried = sendable[:: max(1, len(sendable) // count)][:count]
    sample = replace(inventory, claims=tuple(tried))
    trial = sample.plan(len(tried))
    scans = {each.name: each for each in inventory.scans if each is not None}
    with TemporaryDirectory() as folder:
        house = House.open(Settings(home=Path(folder), workers=settings.workers, limits=settings.limits))
        keyring = Keyring.open(house.settings, clock())
        house.backfills.keep_plan(trial, sample.shards(len(tried)))
        before, began = _cpu(), time.monotonic()
        for shard in sample.shards(len(tried)):
            send(house, trial, shard, scans)
            with Workers(settings.workers, settings.limits) as workers:
                done = work_off(
                    house, keyring, workers, trial, shard.number, clock=clock, watcher=Unwatched(), go_on=_always
                )
        seconds, cpu = time.monotonic() - began, _cpu() - before
        disk = sum(file.stat().st_size for file in Path(folder, "store").rglob("*") if file.is_file())
    review = sum(outcome.status == "review" for outcome in done.outcomes) if done is not None else 0
    times = plan.files / len(tried)
    return Forecast(
        canary=len(tried),
        cpu_seconds=round(cpu * times, 1),
        hours=round(seconds * times / 3600, 3),
        disk_bytes=round(disk * times),
        review=round(review * times),
        person_hours=round(review * times * minutes / 60, 2),
    )


def _always() -> bool:
    return True


def _cpu() -> float:
    """Return the processor seconds of this process and of those that it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
