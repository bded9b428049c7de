"""Where acceptance stands in each stratum: what people found out about accepted values, against the promise.

A *stratum* is one group of values on one type of paper. Its values are accepted from one of a few *steps* on, which
are probabilities fixed when the calibration was made; the lowest is 0, where the rules alone decide. As a step is
chosen by what was seen, each has to prove the promise with its part of the doubt (Bonferroni).

- *proven*: the bound keeps the promise.
- *unproven*: too few values were looked at to prove anything, and nothing speaks against the rules: they decide.
- *lowered*: what was seen does not keep the promise; only the surest values are accepted, from the highest step on.
- *closed*: not even these keep it; people look at everything.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from pipeline.calibrate.bounds import DOUBT, at_most, lasting_bound, needed
from schemas.calibration import Calibration, Sampled, Tally, group_in, in_all_types, promise_of

State = Literal["proven", "unproven", "lowered", "closed"]

WINDOW: Final = 1000
"""So many decisions, the last ones, are looked at for drift."""
_REFUTED: Final = 0.01
"""What would be seen so seldom if the promise were kept speaks against it."""


class Standing(NamedTuple):
    """Where acceptance stands in one stratum, or in a group over all types."""

    state: State
    needed: float
    """The probability that a value has to reach; 1: none is accepted."""
    seen: Tally
    """What was looked at of the values that the rules accept."""
    accepted: Tally
    """Of these, what reaches the probability that is needed."""
    bound: float
    """Upper 95 % bound on the share of accepted values that are wrong; 1 when none is accepted."""
    pooled: bool = False
    """Whether it is that of the group over all types, since too few values of this type were looked at."""


def stand(steps: Sequence[float], bands: Sequence[Tally], last: Sequence[Tally], promise: float) -> Standing:
    """Return where acceptance stands.

    Args:
        steps: where it may begin, rising from 0.
        bands: everything that was looked at, between one step and the next.
        last: of that, what people looked at last; it must not refute the promise, whatever was seen before.
        promise: the largest share of accepted values that may be wrong.
    """
    doubt = DOUBT / len(steps)
    totals, lasts = ([_above(span, place) for place in range(len(steps))] for span in (bands, last))
    bounds = [lasting_bound(total.wrong, total.values, doubt) for total in totals]
    open_ = [
        place for place in range(len(steps)) if not (refuted(totals[place], promise) or refuted(lasts[place], promise))
    ]

    def at(state: State, place: int) -> Standing:
        return Standing(state, steps[place], totals[0], totals[place], bounds[place])

    for place in open_:
        if bounds[place] <= promise:
            return at("proven", place)
    if 0 in open_ and totals[0].values < needed(promise, doubt):
        return at("unproven", 0)
    surest = len(steps) - 1
    if 0 < surest in open_ and totals[surest].wrong <= promise * totals[surest].values > 0:
        return at("lowered", surest)
    return Standing("closed", 1.0, totals[0], Tally(), 1.0)


def refuted(seen: Tally, promise: float) -> bool:
    """Return whether so many wrong ones would hardly be seen if the promise were kept."""
    return seen.wrong > 0 and 1 - at_most(seen.wrong - 1, seen.values, promise) <= _REFUTED


def _above(bands: Sequence[Tally], place: int) -> Tally:
    return sum(bands[place:], Tally())


def standings(calibration: Calibration, sampled: Sequence[Sampled] = ()) -> dict[str, Standing]:
    """Return where acceptance stands in each stratum, and in each group over all types.

    Where too few values of a stratum were looked at, its group over all types decides, as far as that knows more.

    Args:
        calibration: what was measured when it was made.
        sampled: what people found out since about values that it judged, in the order in which they decided.
    """
    measured = dict(calibration.strata)
    for name, bands in calibration.strata.items():
        pool = in_all_types(name)
        measured[pool] = _summed(measured.get(pool, _none(bands)), bands)
    later: dict[str, list[Sampled]] = {}
    for each in sampled:
        for name in (each.stratum, in_all_types(each.stratum)):
            later.setdefault(name, []).append(each)
    found = {}
    for name in sorted(measured.keys() | later.keys()):
        steps = calibration.steps.get(group_in(name), (0.0,))
        found[name] = _standing(steps, measured.get(name, _none(steps)), later.get(name, []), promise_of(name))
    return {name: _pooled(own, found[in_all_types(name)]) for name, own in found.items()}


def _standing(steps: Sequence[float], measured: Sequence[Tally], later: Sequence[Sampled], promise: float) -> Standing:
    since, last = (
        tallied(steps, ((each.probability, each.wrong) for each in span)) for span in (later, later[-WINDOW:])
    )
    return stand(steps, _summed(measured, since), last, promise)


def _pooled(own: Standing, pool: Standing) -> Standing:
    return pool._replace(pooled=True) if own.state == "unproven" != pool.state else own


def tallied(steps: Sequence[float], values: Iterable[tuple[float, bool]]) -> tuple[Tally, ...]:
    """Return how many values fall between one step and the next, and how many of them are wrong.

    Args:
        steps: rising from 0.
        values: probability of each, and whether it is wrong.
    """
    counts = Counter((bisect_right(steps, probability) - 1, wrong) for probability, wrong in values)
    return tuple(
        Tally(values=counts[place, False] + counts[place, True], wrong=counts[place, True])
        for place in range(len(steps))
    )


def _none(steps: Sequence[object]) -> tuple[Tally, ...]:
    return (Tally(),) * len(steps)


def _summed(one: Sequence[Tally], other: Sequence[Tally]) -> tuple[Tally, ...]:
    return tuple(mine + its for mine, its in zip(one, other, strict=True))
