"""Making a calibration from values whose truth is known: a logistic model that anybody can read, and what it is worth.

Papers are parted in two halves by a hash of their names. On the one half the model is fitted, on the other everything
is measured that promises are made of: what was fitted to a value says nothing about the next one.

The model adds up evidence in log-odds. A piece of evidence can only count the way it must (`evidence.SIGNS`). What a
group or one type's group adds is pulled to 0 by a penalty, the more the fewer values were seen (ridge, which is the
mode of a model with normally distributed effects): thin strata borrow from all others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.calibrate.evidence import ONE, SIGNS, Evidence, probability
from pipeline.calibrate.standing import tallied
from schemas.calibration import Bin, Calibration, Provenance, Tally, group_in

Numbers = NDArray[np.float64]

COVERAGES: Final = (1.0, 0.8, 0.5)
"""Parts of the values that the rules accept, the surest ones, from which acceptance may begin in each group."""
_PENALTIES: Final = {"fact": 0.3, "group": 1.0, "stratum": 4.0}
"""Of the squares of weights: as if they had standard deviations of 1.8, 1 and a half."""
_ROUNDS: Final = 50
_STILL: Final = 1e-8
_EDGES: Final = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 1.0)
_DIGITS: Final = 6


class Observation(NamedTuple):
    """One value that somebody compared with the paper."""

    origin: str
    """Where its paper came from: a folder, or `decisions`."""
    paper: str
    """A name of the paper; its values are in one half."""
    evidence: Evidence
    accepted: bool
    """Whether the rules accept it."""
    right: bool


def fit(observations: Sequence[Observation], made_at: datetime, note: str = "") -> Calibration:
    """Return the calibration that follows from what was observed.

    Args:
        observations: every value that somebody compared with the paper.
        made_at: now.
        note: how the papers came about.

    Raises:
        ValueError: if one half has no right or no wrong value, so that there is nothing to tell apart.
    """
    fitted = [each for each in observations if _is_fitted(each.paper)]
    measured = [each for each in observations if not _is_fitted(each.paper)]
    if {each.right for each in fitted} != {True, False} or not measured:
        message = "too few values: among half of the papers some have to be right and some wrong"
        raise ValueError(message)
    names, rows = _design(fitted)
    found = dict(zip(names, _weights(names, rows, np.array([each.right for each in fitted], float)), strict=True))
    model = Calibration(
        provenance=Provenance(
            made_at=made_at,
            note=note,
            origins=_origins(observations),
            papers=len({each.paper for each in observations}),
            fitted=_tally(fitted),
            measured=_tally(measured),
        ),
        weights={name: round(found[name], _DIGITS) for name in (ONE, *SIGNS)},
        offsets={name: round(weight, _DIGITS) for name, weight in found.items() if name not in {ONE, *SIGNS}},
        steps={},
        strata={},
        bins=(),
    )
    steps = dict(_steps(fitted, model))
    judged = [(each, probability(each.evidence, model)) for each in measured]
    return model.model_copy(
        update={"steps": steps, "strata": dict(_strata(judged, steps)), "bins": tuple(_bins(judged))}
    )


def _is_fitted(paper: str) -> bool:
    return sha256(paper.encode()).digest()[0] % 2 == 0


def _tally(values: Sequence[Observation]) -> Tally:
    return Tally(values=len(values), wrong=sum(not each.right for each in values))


def _origins(values: Iterable[Observation]) -> dict[str, int]:
    papers = {(each.origin, each.paper) for each in values}
    return {name: sum(origin == name for origin, _ in papers) for name in sorted({origin for origin, _ in papers})}


def _design(values: Sequence[Observation]) -> tuple[list[str], Numbers]:
    """Return the names of all weights, and for each value what stands before each of them."""
    groups = sorted({each.evidence.group for each in values})
    strata = sorted({each.evidence.stratum for each in values})
    names = [ONE, *SIGNS, *groups, *strata]
    place = {name: column for column, name in enumerate(names)}
    rows = np.zeros((len(values), len(names)))
    rows[:, 0] = 1
    for row, each in zip(rows, values, strict=True):
        for name, fact in each.evidence.facts.items():
            row[place[name]] = fact
        row[place[each.evidence.group]] = row[place[each.evidence.stratum]] = 1
    return names, rows


def _weights(names: Sequence[str], rows: Numbers, right: Numbers) -> list[float]:
    """Return the weights that explain best what was right; one that would count the wrong way is 0."""
    kept = np.ones(len(names), bool)
    while True:
        weights = np.zeros(len(names))
        weights[kept] = _newton(rows[:, kept], right, _penalties(names)[kept])
        wrong = [column for column, name in enumerate(names) if SIGNS.get(name, 0) * weights[column] < 0]
        if not wrong:
            return [float(weight) for weight in weights]
        kept[wrong] = False


def _penalties(names: Sequence[str]) -> Numbers:
    kinds = ["fact" if name in SIGNS else "stratum" if "/" in name else "group" for name in names]
    return np.array([0.0 if name == ONE else _PENALTIES[kind] for name, kind in zip(names, kinds, strict=True)])


def _newton(rows: Numbers, right: Numbers, penalties: Numbers) -> Numbers:
    """Return the maximum of the penalized likelihood, which is one hill: by Newton's steps, halved where too long."""
    weights = np.zeros(rows.shape[1])
    best = _loss(weights, rows, right, penalties)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (right - chance) - penalties * weights
        curve = (rows.T * (chance * (1 - chance))) @ rows + np.diag(penalties + _STILL)
        step = np.linalg.solve(curve, slope)
        while (loss := _loss(weights + step, rows, right, penalties)) > best and np.abs(step).max() > _STILL:
            step /= 2
        weights, gained, best = weights + step, best - loss, loss
        if gained < _STILL:
            break
    return weights


def _loss(weights: Numbers, rows: Numbers, right: Numbers, penalties: Numbers) -> float:
    odds = rows @ weights
    return float(np.sum(np.logaddexp(0, odds) - right * odds) + penalties @ weights**2 / 2)


def _steps(fitted: Sequence[Observation], model: Calibration) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield, by group, the probabilities at which acceptance may begin; no truth goes into them."""
    chances: dict[str, list[float]] = {}
    for each in fitted:
        if each.accepted:
            chances.setdefault(each.evidence.group, []).append(probability(each.evidence, model))
    for group, found in sorted(chances.items()):
        surer = np.quantile(found, [1 - coverage for coverage in COVERAGES[1:]])
        yield group, (0.0, *(round(float(step), _DIGITS) for step in surer))


def _strata(
    judged: Sequence[tuple[Observation, float]], steps: Mapping[str, Sequence[float]]
) -> Iterator[tuple[str, tuple[Tally, ...]]]:
    found: dict[str, list[tuple[float, bool]]] = {}
    for each, chance in judged:
        if each.accepted and each.evidence.group in steps:
            found.setdefault(each.evidence.stratum, []).append((chance, not each.right))
    for name, values in sorted(found.items()):
        yield name, tallied(steps[group_in(name)], values)


def _bins(judged: Sequence[tuple[Observation, float]]) -> Iterator[Bin]:
    """Yield how often values were right that were about equally likely to be."""
    for low, high in pairwise((0.0, *_EDGES)):
        inside = [(chance, each.right) for each, chance in judged if low <= chance < high]
        if inside:
            yield Bin(
                upto=high,
                predicted=round(sum(chance for chance, _ in inside) / len(inside), _DIGITS),
                tally=Tally(values=len(inside), wrong=sum(not right for _, right in inside)),
            )
