"""What agreement weighs, learnt without anybody saying who is who: expectation maximisation (Dempster et al., 1977)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from random import Random
from typing import NamedTuple

from pipeline.linkage import spelling
from pipeline.linkage.compare import Agreement, compare
from pipeline.linkage.judge import probabilities, weigh
from schemas.linkage import LEVELS, Answer, Chances, Comparison, Person, Weights

_ROUNDS = 12
_SEEN_BEFORE = 1.0
"""What every level is taken to have been seen before: nothing is impossible."""
_NAMES: frozenset[Comparison] = frozenset({"name", "mother", "father"})
_SAMPLE = 200_000
"""So many people of a registry are compared with each other."""
_PAIRS = 300_000
_PAIRS_EACH = 50


class Asked(NamedTuple):
    """Somebody on a paper, and who may be meant."""

    person: Person
    answer: Answer


def begin(people: Iterable[Person], rng: Random) -> Weights:
    """Return weights to begin with: how often strangers agree so well (u), and a first guess of the rest.

    Args:
        people: everybody whom a registry knows, two at least; those who are compared are drawn by lot.
        rng: draws them.
    """
    some: list[Person] = []
    families = Counter[int]()
    for number, person in enumerate(people):
        if person.mother and person.father:
            families[hash((person.mother, person.father))] += 1
        place = number if number < _SAMPLE else rng.randrange(number + 1)  # reservoir sampling (Vitter, 1985)
        if place < _SAMPLE:
            some[place : place + 1] = [person]
    # The same one twice is rare, and errs on the safe side: agreement then weighs a little less.
    pairs = ((rng.choice(some), rng.choice(some)) for _ in range(min(_PAIRS, _PAIRS_EACH * len(some))))
    chances = chance_of_strangers(pairs, _namesakes(some))
    return Weights(
        present=0.9,
        siblings=max(1.0, sum(count * count for count in families.values()) / max(1, families.total())),
        chances={name: _guessed(levels, chances[name]) for name, levels in LEVELS.items()},
    )


def _guessed(levels: Sequence[str], u: Mapping[str, float]) -> dict[str, Chances]:
    """Return a first guess: that nine of ten agree in the best level, and the rest in the others."""
    rest = 0.1 / (len(levels) - 1)
    return {level: Chances(m=rest if place else 0.9, u=u[level]) for place, level in enumerate(levels)}


def _namesakes(people: Sequence[Person]) -> Iterator[tuple[Person, Person]]:
    def letters(person: Person) -> str:
        return spelling.name(person.name).joined

    for _, those in groupby(sorted(people, key=letters), key=letters):
        yield from pairwise(those)


def chance_of_strangers(
    strangers: Iterable[tuple[Person, Person]], namesakes: Iterable[tuple[Person, Person]]
) -> dict[Comparison, dict[str, float]]:
    """Return how often two people who are not one agree so well (u).

    Args:
        strangers: pairs drawn by lot.
        namesakes: pairs drawn by lot among people whose names have the same letters: what else they agree in is not
            known from their name already.
    """
    among = {name: Counter[str]() for name in LEVELS}
    for one, other in strangers:
        for comparison, level in compare(one, other):
            among[comparison][level] += 1
    alike = [dict(compare(one, other)) for one, other in namesakes]
    exact = Counter(each["name"] for each in alike)
    among["sex"] = Counter(each["sex"] for each in alike if "sex" in each)
    found = {name: _shares(counted, LEVELS[name], _SEEN_BEFORE) for name, counted in among.items()}
    for name in _NAMES:
        share = exact["exact"] / max(1, exact["exact"] + exact["letters"])
        found[name] |= {"exact": share, "letters": 1 - share, "parts": 1.0}
    return found


def learn(cases: Sequence[Asked], population: int, before: Weights, note: str) -> Weights:
    """Return weights that fit what people on papers and people in a registry agree in.

    Args:
        cases: people on papers.
        population: how many people the registry knows.
        before: weights to begin with; their u stays.
        note: how *cases* came about.
    """
    agreed = [[compare(case.person, each.person) for each in case.answer.people] for case in cases]
    found = before
    for _ in range(_ROUNDS):
        shares = [_shares_of(case, each, population, found) for case, each in zip(cases, agreed, strict=True)]
        found = _fitted(agreed, shares, found)
    return found.model_copy(update={"note": note})


def _shares_of(case: Asked, agreed: Sequence[Agreement], population: int, weights: Weights) -> list[float]:
    bits = [
        sum(weight.bits for weight in weigh(each, case.person, case.answer.called, population, weights))
        for each in agreed
    ]
    return probabilities(bits, population, weights.present)


def _fitted(agreed: Sequence[Sequence[Agreement]], shares: Sequence[Sequence[float]], before: Weights) -> Weights:
    counted: dict[Comparison, dict[str, float]] = {name: dict.fromkeys(levels, 0.0) for name, levels in LEVELS.items()}
    for agreements, its in zip(agreed, shares, strict=True):
        for agreement, share in zip(agreements, its, strict=True):
            for comparison, level in agreement:
                counted[comparison][level] += share
    chances = {}
    for name, levels in LEVELS.items():
        m = _shares(counted[name], levels, _SEEN_BEFORE)
        chances[name] = {level: Chances(m=m[level], u=before.chances[name][level].u) for level in levels}
        worst = chances[name][levels[-1]]  # never speaks for anybody, also where no stranger disagrees so much
        chances[name][levels[-1]] = worst.model_copy(update={"u": max(worst.u, worst.m)})
    present = sum(map(sum, shares)) / max(1, len(shares))
    return before.model_copy(update={"chances": chances, "present": min(0.999, max(0.001, present))})


def _shares(counted: Mapping[str, float], levels: Iterable[str], before: float) -> dict[str, float]:
    seen = {level: counted.get(level, 0) + before for level in levels}
    whole = sum(seen.values())
    return {level: each / whole for level, each in seen.items()}
