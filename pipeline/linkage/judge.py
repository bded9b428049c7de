"""What agreement comes to: how likely it is that somebody in a registry is who a paper is about.

Each candidate's odds are weighed against those of all others and against nobody of them being it. So two people who are
alike are at most half likely each, however well they agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import log2
from typing import Final

from pipeline.linkage.compare import Agreement, compare
from pipeline.linkage.index import names_of
from schemas.linkage import FAMILY, Answer, Candidate, Comparison, Judgement, Person, Weight, Weights

SURE: Final = 0.9995
"""How likely a link has to be. Chosen so that of a thousand links less than one is wrong: docs/linkage.md."""
LIKELY: Final = 0.01
"""Who is less likely than this is not shown to anybody."""
MOST: Final = 500
"""So many people are compared; where there are more, nobody is sure."""
_SHOWN: Final = 5
_UNRELATED: Final = frozenset({"other"})


def judge(asked: Person, answer: Answer, population: int, weights: Weights) -> Judgement:
    """Return who of those whom a registry named is the one on the paper.

    Args:
        asked: what the paper says.
        answer: who may be meant.
        population: how many people the registry knows.
        weights: what agreement weighs.
    """
    agreements = [compare(asked, each.person) for each in answer.people]
    weighed = [tuple(weigh(each, asked, answer.called, population, weights)) for each in agreements]
    shares = probabilities([sum(weight.bits for weight in each) for each in weighed], population, weights.present)
    likely = sorted(
        (
            Candidate(registered, share, found)
            for registered, share, found in zip(answer.people, shares, weighed, strict=True)
            if share >= LIKELY
        ),
        key=lambda candidate: (-candidate.probability, candidate.registered.identifier.digits),
    )
    sure = bool(likely) and answer.complete and likely[0].probability >= SURE and _is_named(likely[0])
    return Judgement(tuple(likely[:_SHOWN]), sure)


def weigh(
    agreement: Agreement, asked: Person, called: Mapping[str, int], population: int, weights: Weights
) -> Iterator[Weight]:
    """Yield what each comparison speaks for; behind them, what brothers and sisters would have in common too.

    That somebody has these parents and is of this place says at most that they are one of their children.
    """
    family = 0.0
    for comparison, level in agreement:
        bits = _bits(comparison, level, asked, called, population, weights)
        family += bits if comparison in FAMILY else 0.0
        yield Weight.model_construct(comparison=comparison, level=level, bits=round(bits, 2))
    most = log2(max(1.0, population / weights.siblings))
    if family > most:
        yield Weight.model_construct(comparison="siblings", level="", bits=round(most - family, 2))


def probabilities(bits: Sequence[float], population: int, present: float) -> list[float]:
    """Return how likely each candidate is the one, from what speaks for each in bits."""
    prior = present / population
    odds = [prior * 2.0 ** min(each, 1000.0) for each in bits]
    whole = sum(odds) + 1 - present
    return [each / whole for each in odds]


def _bits(
    comparison: Comparison, level: str, asked: Person, called: Mapping[str, int], population: int, weights: Weights
) -> float:
    chances = weights.chances[comparison][level]
    u = chances.u
    if comparison in {"name", "mother", "father"} and level in {"exact", "letters", "parts"}:
        written = {"name": asked.name, "mother": asked.mother, "father": asked.father}[comparison]
        whole, short = names_of(written)
        those = called.get(short if level == "parts" else whole, 0)
        halves = 1 if comparison == "name" else 2  # mothers are women
        u *= min(1.0, halves * max(those, 1) / population)
    return _log(chances.m / u)


@lru_cache(maxsize=1 << 12)
def _log(ratio: float) -> float:
    return log2(ratio)


def _is_named(candidate: Candidate) -> bool:
    """Return whether name and birth are not others: a brother has the same parents."""
    said = {weight.comparison: weight.level for weight in candidate.weights}
    births = {said.get("birth"), said.get("birth_year")} - {None}
    return said["name"] not in _UNRELATED and bool(births) and not births & _UNRELATED
