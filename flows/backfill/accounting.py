"""What became of a plan: every item of it, and how far it is. Asked of the store alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from flows.backfill.pace import share_of_day
from flows.house import House
from schemas.backfill import Done, Fate, Item, ItemOutcome, Plan, Progress, ReportLine, Sent, Shard, Step
from schemas.digest import Sha256
from schemas.outcome import Outcome
from schemas.problem import INTEGRITY_MISMATCH, Problem

_WINDOW = timedelta(hours=1)


def report(house: House, plan: Plan) -> Iterator[ReportLine]:
    """Yield a line for each item of a plan, in order, each exactly once.

    Raises:
        ProblemError: `integrity-mismatch` if what is stored does not add up.
    """
    count = 0
    for number in range(1, len(plan.shards) + 1):
        shard = house.backfills.shard(plan, number)
        outcomes = {each.number: each for each in _outcomes(house, plan, shard)}
        for item in shard.items:
            count += 1
            if item.number != count:
                raise INTEGRITY_MISMATCH.error(f"shard {number}: item {count} is missing")
            yield _line(item, outcomes.pop(item.number, None))
        if outcomes:
            raise INTEGRITY_MISMATCH.error(f"shard {number}: {len(outcomes)} outcomes of items that it does not have")
    if count != plan.items:
        raise INTEGRITY_MISMATCH.error(f"{count} items in the shards, {plan.items} in the plan")


def _outcomes(house: House, plan: Plan, shard: Shard) -> Iterable[ItemOutcome]:
    """Return what became of the items of a shard so far."""
    done = house.backfills.done(plan.plan_id, shard.number)
    if done is not None:
        return done.outcomes
    sent = house.backfills.sent(plan.plan_id, shard.number)
    if sent is None:
        return fates(shard, Sent(number=shard.number), {})
    ids = [item.manifest.submission_id for item in shard.items if item.manifest is not None]
    found = {each: outcome for each in ids if (outcome := house.inbox.outcome(each)) is not None}
    return fates(shard, sent, found)


def _line(item: Item, outcome: ItemOutcome | None) -> ReportLine:
    problem = outcome.problem if outcome is not None else None
    return ReportLine(
        number=item.number,
        table=item.table,
        row=item.row,
        scan=item.scan,
        status=outcome.status if outcome is not None else "waiting",
        records=outcome.records if outcome is not None else (),
        same_as=item.same_as,
        problem=_reason(problem) if problem is not None else None,
        detail=problem.detail if problem is not None else "",
    )


def _reason(problem: Problem) -> str:
    return problem.type.rpartition(":")[2]


def progress(house: House, plan: Plan, now: datetime) -> Progress:
    """Return how far a plan is."""
    statuses: Counter[Fate] = Counter()
    reasons: Counter[str] = Counter()
    done: list[Done] = []
    for number in range(1, len(plan.shards) + 1):
        ended = house.backfills.done(plan.plan_id, number)
        if ended is not None:
            done.append(ended)
        outcomes = ended.outcomes if ended is not None else _outcomes(house, plan, house.backfills.shard(plan, number))
        add_up(outcomes, statuses, reasons)
    return told(house, plan, done, statuses, reasons, now)


def add_up(outcomes: Iterable[ItemOutcome], statuses: Counter[Fate], reasons: Counter[str]) -> None:
    """Count outcomes, and the problems among them."""
    for outcome in outcomes:
        statuses[outcome.status] += 1
        if outcome.problem is not None:
            reasons[_reason(outcome.problem)] += 1


def told(
    house: House, plan: Plan, done: Sequence[Done], statuses: Counter[Fate], reasons: Counter[str], now: datetime
) -> Progress:
    """Return how far a plan is.

    Args:
        house: where decisions about it are.
        plan: which plan.
        done: its shards that are done.
        statuses: how many items ended in which way.
        reasons: how many had which problem.
        now: the time.
    """
    step, begun = house.backfills.step(plan.plan_id), house.backfills.begun(plan.plan_id)
    waiting = plan.items - statuses.total()
    rate = throughput(done, begun)
    return Progress(
        plan_id=plan.plan_id,
        inventory=plan.inventory,
        state="done" if len(done) == len(plan.shards) else step.state if step is not None else "planned",
        per_hour=step.per_hour if step is not None else None,
        hours=step.hours if step is not None else None,
        items=plan.items,
        outcomes=dict(statuses),
        waiting=waiting,
        shards=len(plan.shards),
        shards_done=len(done),
        begun_at=begun.at if begun is not None else None,
        documents_per_hour=rate,
        done_at=expected(waiting, rate, step, now),
        reasons=dict(reasons),
    )


def throughput(done: Sequence[Done], begun: Step | None) -> float | None:
    """Return how many documents an hour were worked off, over the last hour in which shards were done."""
    ordered = sorted(done, key=lambda each: each.at)
    if not ordered or begun is None:
        return None
    last = ordered[-1].at
    recent = [each for each in ordered if each.at > last - _WINDOW]
    before = ordered[: len(ordered) - len(recent)]
    since = max(before[-1].at if before else begun.at, begun.at)
    hours = (last - since) / _WINDOW
    return round(sum(each.worked_off for each in recent) / hours, 1) if hours > 0 else None


def expected(waiting: int, rate: float | None, step: Step | None, now: datetime) -> datetime | None:
    """Return when everything will be done if it goes on like that, None if that cannot be said."""
    if not waiting:
        return None
    if step is None or step.state == "paused" or not rate:
        return None
    allowed = min(rate, step.per_hour) if step.per_hour is not None else rate
    return now + timedelta(hours=waiting / allowed / share_of_day(step.hours))


def fates(shard: Shard, sent: Sent, outcomes: Mapping[Sha256, Outcome]) -> Iterator[ItemOutcome]:
    """Yield what became of each item of a shard that something became of, in order: a pure function.

    Args:
        shard: what was planned.
        sent: what of that could not be sent.
        outcomes: what became of what was sent, by submission.
    """
    for item in shard.items:
        problem = item.problem or sent.refused.get(str(item.number))
        if problem is not None:
            yield ItemOutcome(number=item.number, status="refused", problem=problem)
        elif item.same_as is not None:
            yield ItemOutcome(number=item.number, status="duplicate", same_as=item.same_as)
        elif item.manifest is not None and (outcome := outcomes.get(item.manifest.submission_id)) is not None:
            yield _fate(item.number, outcome)


def _fate(number: int, outcome: Outcome) -> ItemOutcome:
    """Return the one outcome of a scan: of several documents in it, the one that leaves most to be done."""
    statuses: Counter[Fate] = Counter(document.status for document in outcome.documents)
    order: Sequence[Fate] = ("refused", "review", "stored", "duplicate")
    return ItemOutcome(
        number=number,
        status=next(status for status in order if statuses[status]),
        records=tuple(document.record_id for document in outcome.documents if document.record_id is not None),
        problem=next((document.problem for document in outcome.documents if document.problem is not None), None),
    )
