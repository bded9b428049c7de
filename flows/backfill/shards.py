"""One shard of a plan: what it holds is sent into the store, worked off, and accounted for."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.backfill.accounting import fates
from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import Clock, Known, process
from pipeline.digitize import Watcher
from pipeline.inventory import Holding, take_out
from pipeline.workers import Workers
from schemas.backfill import Done, Item, Plan, Sent, Shard
from schemas.digest import Sha256
from schemas.outcome import Outcome
from schemas.problem import FILE_MISSING, INTEGRITY_MISMATCH, SCAN_CHANGED, Problem, ProblemError

_LOOK_EVERY = 20
"""Items between two looks at whether work should still go on."""


def send(house: House, plan: Plan, shard: Shard, scans: Mapping[str, Holding]) -> Sent:
    """Store the scans and the keyed values of a shard; return what could not be sent as it was planned.

    Args:
        house: where they go.
        plan: whose shard it is.
        shard: what is sent.
        scans: what is in the inventory now, by name.

    Raises:
        ProblemError: `store-unreachable`, `store-full`; nothing is written down then, and the shard is sent again.
    """
    refused: dict[str, Problem] = {}
    with TemporaryDirectory() as folder:
        for item in shard.items:
            try:
                _send(house, item, scans, Path(folder, "scan"))
            except ProblemError as error:
                if error.kind.transient:
                    raise
                refused[str(item.number)] = error.problem
    return house.backfills.keep_sent(plan.plan_id, Sent(number=shard.number, refused=refused))


def _send(house: House, item: Item, scans: Mapping[str, Holding], scratch: Path) -> None:
    if item.manifest is None or item.scan is None:
        return
    holding = scans.get(item.scan)
    if holding is None:
        raise SCAN_CHANGED.error("it is not there any more", file=item.scan)
    path = holding.path
    if holding.entry is not None:
        take_out(holding, scratch)
        path = scratch
    try:
        house.inbox.put_file(item.manifest.files[0], path)
    except ProblemError as error:
        if error.kind in {INTEGRITY_MISMATCH, FILE_MISSING}:
            raise SCAN_CHANGED.error("it is gone or holds other bytes than it did", file=item.scan) from error
        raise
    if item.keyed is not None:
        house.inbox.put_keyed(item.keyed)


def work_off(
    house: House,
    keyring: Keyring,
    workers: Workers,
    plan: Plan,
    number: int,
    *,
    clock: Clock,
    watcher: Watcher,
    go_on: Callable[[], bool],
) -> Done | None:
    """Give receipts for what was sent of a shard and work it off; return what became of it, None if it was stopped.

    Receipts are given just before the work on each item begins: whatever is killed leaves only a few without outcome.

    Args:
        house: where everything is kept.
        keyring: whose keys sign.
        workers: in which pages are read.
        plan: which plan.
        number: which of its shards.
        clock: tells the time.
        watcher: told about progress.
        go_on: whether more should be begun.

    Raises:
        ProblemError: as for `process`; `integrity-mismatch` if the shard was never sent.
    """
    known = house.backfills.done(plan.plan_id, number)
    if known is not None:
        return known
    shard, sent = house.backfills.shard(plan, number), house.backfills.sent(plan.plan_id, number)
    if sent is None:
        raise INTEGRITY_MISMATCH.error(f"shard {number} was not sent")
    items = [item for item in shard.items if item.manifest is not None and str(item.number) not in sent.refused]

    received: Known = {}

    def ids() -> Iterator[Sha256]:
        for count, item in enumerate(items):
            if item.manifest is None or (count % _LOOK_EVERY == 0 and not go_on()):
                return
            receipt = receive(house, keyring, item.manifest, {}, clock).value
            received[receipt.submission_id] = receipt, item.manifest
            yield receipt.submission_id

    done = process(house, keyring, workers, ids(), clock=clock, watcher=watcher, known=received)
    outcomes = {each.submission_id: each for each in done}
    if len(outcomes) < len({item.manifest.submission_id for item in items if item.manifest is not None}):
        return None
    return house.backfills.conclude(plan.plan_id, _done(shard, sent, outcomes, clock()))


def conclude_unsent(house: House, plan: Plan, shard: Shard, at: datetime) -> bool:
    """Write down what became of a shard of which nothing can be sent; return whether it is one."""
    if any(item.manifest is not None for item in shard.items):
        return False
    house.backfills.conclude(plan.plan_id, _done(shard, Sent(number=shard.number), {}, at))
    return True


def _done(shard: Shard, sent: Sent, outcomes: Mapping[Sha256, Outcome], at: datetime) -> Done:
    return Done(number=shard.number, at=at, worked_off=len(outcomes), outcomes=tuple(fates(shard, sent, outcomes)))
