"""How well somebody on a paper and somebody in a registry agree: a level for each thing that both say."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from rapidfuzz.distance import OSA

from pipeline.linkage import spelling
from schemas.linkage import Comparison, Person

Agreement = tuple[tuple[Comparison, str], ...]

_LONG = 12
"""Names of so many letters may have two of them wrong."""
_WHOLE = len("1987-03-31")
_YEAR = len("1987")
_MONTH = slice(5, 7)
_DAY = slice(8, 10)
_PLACES = ("commune", "district", "province", "other")


def compare(one: Person, other: Person) -> Agreement:
    """Return how well two people agree, in the order of `LEVELS`; what one of them does not say is left out."""
    return tuple(_levels(one, other))


def _levels(one: Person, other: Person) -> Iterator[tuple[Comparison, str]]:
    yield "name", names(one.name, other.name)
    if len(one.birth) == len(other.birth) == _WHOLE:
        yield "birth", days(one.birth, other.birth)
    elif one.birth and other.birth:
        level = years(int(one.birth[:_YEAR]), int(other.birth[:_YEAR]))
        months = one.birth[_MONTH], other.birth[_MONTH]
        yield "birth_year", "close" if level == "same" and all(months) and months[0] != months[1] else level
    if one.sex and other.sex:
        yield "sex", "same" if one.sex == other.sex else "other"
    if one.mother and other.mother:
        yield "mother", names(one.mother, other.mother)
    if one.father and other.father:
        yield "father", names(one.father, other.father)
    if one.mother_birth and other.mother_birth:
        yield "mother_birth", years(one.mother_birth, other.mother_birth)
    if one.father_birth and other.father_birth:
        yield "father_birth", years(one.father_birth, other.father_birth)
    level = places(one.places, other.places)
    if level:
        yield "place", level


@lru_cache(maxsize=1 << 16)
def names(one: str, other: str) -> str:
    """Return how well two names agree: written alike; with other marks; parts moved or left out; a letter off."""
    mine, its = spelling.name(one), spelling.name(other)
    if mine.normal == its.normal:
        return "exact"
    if mine.joined == its.joined:
        return "letters"
    if _same_parts(mine.syllables, its.syllables):
        return "parts"
    most = 1 if min(len(mine.joined), len(its.joined)) < _LONG else 2
    return "near" if OSA.distance(mine.joined, its.joined, score_cutoff=most) <= most else "other"


def _same_parts(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if sorted(one) == sorted(other):
        return True
    few, many = sorted((one, other), key=len)
    ends = bool(few) and (few[0], few[-1]) == (many[0], many[-1])
    return ends and len(few) > 1 and set(few) <= set(many)


def days(one: str, other: str) -> str:
    """Return how well two whole dates agree: the day; day and month swapped; one of both off; the year off."""
    if one == other:
        return "day"
    day, month = (one[_DAY], other[_DAY]), (one[_MONTH], other[_MONTH])
    same_year, same_day, same_month = one[:_YEAR] == other[:_YEAR], day[0] == day[1], month[0] == month[1]
    if same_year and (day[0], month[0]) == (month[1], day[1]):
        return "swapped"
    if same_year and (same_day or same_month):
        return "near"
    return "close" if same_day and same_month else "other"


def years(one: int, other: int) -> str:
    """Return how well two years agree: they are the same, or follow each other."""
    return "same" if one == other else "close" if abs(one - other) == 1 else "other"


def places(ones: tuple[str, ...], others: tuple[str, ...]) -> str:
    """Return the smallest unit that an address of each has in common; nothing where that cannot be told."""
    found = {place_level(one, other) for one, other in product(ones, others)}
    return next((level for level in _PLACES if level in found), "")


@lru_cache(maxsize=1 << 16)
def place_level(one: str, other: str) -> str:
    """Return the smallest unit that two addresses have in common; nothing where that cannot be told.

    Communes of which one was made in 2025 cannot be told from those that it was made of.
    """
    mine, its = spelling.place(one), spelling.place(other)
    districts = mine.district and its.district
    if mine.commune and mine.commune == its.commune and (not districts or mine.district == its.district):
        return "commune"
    if districts and mine.district == its.district:
        return "district"
    if mine.province and its.province and mine.province != its.province:
        return "other"
    return "province" if districts and (mine.province or its.province) else ""
