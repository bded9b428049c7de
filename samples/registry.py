"""A population registry of people who do not exist, and papers about some of them. Same seed, same people.

Families as there are: parents with several children, twins, the same few family names, and given names of which some
are very common. What is in a registry is not all right either: years without a day, parents whom nobody wrote down.
The papers are older, and say less, or wrong things: each kind of damage is drawn by lot, so that several come together.

    python -m samples.registry registry.sqlite3 --people 10000
"""

import argparse
import datetime as dt
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import NamedTuple
from unicodedata import normalize

from pipeline.linkage.index import keys_of, names_of
from pipeline.understand.folding import without_tone
from pipeline.understand.names import OTHER
from samples.people import ETHNICITIES, PROVINCE, Ethnicity, Sex, personal_id
from schemas.identifier import PersonalIdentifier
from schemas.lexicon import communes
from schemas.linkage import Person, Registered
from storage.registry import Index, make_registry

SEED = 20261128
NAME = "Made registry of nobody"
AS_OF = dt.date(2026, 11, 1)
INDEX = Index(keys_of, names_of)

_FAMILIES = (
    ("Nguyễn", 30), ("Trần", 11), ("Lê", 9), ("Phạm", 6), ("Hoàng", 5), ("Phan", 5), ("Võ", 4), ("Hồ", 4), ("Đặng", 3),
    ("Cao", 3), ("Bùi", 2), ("Ngô", 2), ("Đậu", 2), ("Chu", 2), ("Thái", 2), ("Vũ", 2), ("Đinh", 2), ("Trương", 2),
    ("Dương", 1), ("Lưu", 1), ("Tạ", 1), ("Mai", 1),
)  # fmt: skip
_MIDDLE_MEN = (
    ("Văn", 46), ("Đức", 7), ("Hữu", 6), ("Xuân", 5), ("Quốc", 4), ("Minh", 4), ("Đình", 6), ("Sỹ", 3), ("Trọng", 3),
    ("Công", 3), ("Anh", 2), ("Ngọc", 4), ("Thanh", 3), ("Bá", 3), ("Viết", 2), ("Mạnh", 1),
)  # fmt: skip
_MIDDLE_WOMEN = (
    ("Thị", 66), ("Thị Thu", 4), ("Thị Thanh", 3), ("Thị Hồng", 3), ("Thị Kim", 2), ("Thị Mỹ", 2), ("Ngọc", 3),
    ("Khánh", 3), ("Thùy", 3), ("Bảo", 2), ("Phương", 3), ("Thị Ngọc", 3), ("Quỳnh", 2), ("", 1),
)  # fmt: skip
_LOST_LETTERS = {"n": "m", "u": "n", "h": "b", "o": "e", "i": "l", "g": "q", "a": "o", "t": "l", "c": "e", "m": "n"}
_TODAY_MARKED = {"hòa": "hoà", "thúy": "thuý", "thủy": "thuỷ", "hóa": "hoá", "thùy": "thuỳ", "khỏe": "khoẻ"}


class Paper(NamedTuple):
    """What a paper says of somebody, who they are, and what happened to it."""

    said: Person
    truth: PersonalIdentifier | None
    """None: the registry does not know them."""
    damage: frozenset[str]


@dataclass(slots=True)
class _Adult:
    """Somebody who may have children."""

    name: str
    sex: Sex
    born: dt.date


class _Names:
    """Draws names as they are given: some to thousands of people, most to a few."""

    def __init__(self, rng: Random) -> None:
        given = sorted(OTHER - {"thị", "văn"})
        rng.shuffle(given)
        half = len(given) // 2
        self._rng = rng
        self._given = {"nam": _often(given[: half + 60]), "nữ": _often(given[half - 60 :])}

    def family(self, people: Ethnicity) -> str:
        return self._one(_FAMILIES) if people.name == "Kinh" else self._rng.choice(people.families)

    def full(self, family: str, sex: Sex, unlike: Iterable[str] = ()) -> str:
        names, weights = self._given[sex]
        while True:
            middle = self._one(_MIDDLE_MEN if sex == "nam" else _MIDDLE_WOMEN)
            given = self._rng.choices(names, cum_weights=weights)[0].capitalize()
            name = " ".join(filter(None, (family, middle, given)))
            if name not in unlike:
                return name

    def _one(self, weighted: Sequence[tuple[str, int]]) -> str:
        names, weights = _apart(tuple(weighted))
        return self._rng.choices(names, cum_weights=weights)[0]


@cache
def _apart(weighted: tuple[tuple[str, int], ...]) -> tuple[list[str], list[int]]:
    return [name for name, _ in weighted], list(accumulate(weight for _, weight in weighted))


def _often(names: Sequence[str]) -> tuple[list[str], list[float]]:
    """Return names with how often they are given: the tenth a tenth as often as the first (Zipf)."""
    return list(names), list(accumulate(1 / (8 + place) for place in range(len(names))))


def residents(count: int, seed: int = SEED) -> Iterator[Registered]:
    """Yield so many people who do not exist, family by family."""
    rng = Random(seed)
    names = _Names(rng)
    taken: dict[str, int] = {}
    yield from islice(_people(rng, names, taken), count)


def _people(rng: Random, names: _Names, taken: dict[str, int]) -> Iterator[Registered]:
    districts = [(district, at) for district, at in _communes().items()]
    weights = [people.weight for people in ETHNICITIES]
    while True:
        district, places = rng.choice(districts)
        people = rng.choices(ETHNICITIES, weights=weights)[0]
        adults: list[_Adult] = []
        for _ in range(40):  # a village of founders, whose parents are not known any more
            sex: Sex = rng.choice(("nam", "nữ"))
            adult = _Adult(names.full(names.family(people), sex), sex, _day(rng, 1930, 1962))
            adults.append(adult)
            parents = [names.full(names.family(people), each) if rng.random() < 0.6 else "" for each in ("nữ", "nam")]
            yield _registered(rng, taken, adult, (parents[0], parents[1]), (None, None), _at(rng, places, district))
        while adults:
            adults = yield from _generation(rng, names, taken, adults, (places, district))


def _generation(
    rng: Random, names: _Names, taken: dict[str, int], adults: Sequence[_Adult], where: tuple[tuple[str, ...], str]
) -> Generator[Registered, None, list[_Adult]]:
    """Yield the children of a generation; return those of them who will have children."""
    grown = []
    for father, mother in _couples(rng, adults):
        place = _at(rng, *where)
        for child in _children(rng, names, father, mother):
            parents = (mother.name if rng.random() < 0.99 else "", father.name if rng.random() < 0.95 else "")
            years = [each.born.year if rng.random() < 0.6 else None for each in (mother, father)]
            yield _registered(rng, taken, child, parents, (years[0], years[1]), place)
            if child.born.year < 2000:
                grown.append(child)
    return grown


def _couples(rng: Random, adults: Sequence[_Adult]) -> Iterator[tuple[_Adult, _Adult]]:
    """Yield pairs of about the same age, not of one family."""
    men, women = (
        sorted((each for each in adults if each.sex == sex), key=lambda each: each.born) for sex in ("nam", "nữ")
    )
    for man, woman in zip(men, women[rng.randrange(1, 4) :], strict=False):
        if abs(man.born.year - woman.born.year) < 12:
            yield man, woman


def _children(rng: Random, names: _Names, father: _Adult, mother: _Adult) -> Iterator[_Adult]:
    family = father.name.split()[0]
    called: list[str] = []
    born = max(father.born, mother.born) + dt.timedelta(days=rng.randint(7000, 9500))
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 5))):
        twins = rng.random() < 0.012
        for _ in range(2 if twins else 1):
            if born.year > 2025:
                return
            sex: Sex = rng.choice(("nam", "nữ"))
            is_alike = called and rng.random() < 0.02  # Hùng and Hưng
            name = _other_marks(rng, called[-1]) if is_alike else names.full(family, sex, called)
            called.append(name)
            yield _Adult(name, sex, born)
        born += dt.timedelta(days=rng.randint(400, 1800))


def _registered(
    rng: Random,
    taken: dict[str, int],
    who: _Adult,
    parents: tuple[str, str],
    years: tuple[int | None, int | None],
    place: str,
) -> Registered:
    digits = personal_id(rng, who.sex, who.born)
    number = taken[digits[:6]] = taken.get(digits[:6], int(digits[6:])) + 387_199  # goes round: no two are the same
    is_vague = who.born.year < 1960 and rng.random() < 0.15
    birth = str(who.born.year) if is_vague else who.born.isoformat()
    lives = place if rng.random() < 0.6 else f"{rng.choice(_new_communes())}, tỉnh {PROVINCE}"
    person = Person(who.name, birth, who.sex, *parents, *years, (place, lives))
    return Registered(PersonalIdentifier(f"{digits[:6]}{number % 1_000_000:06d}"), person)


@cache
def _communes() -> dict[str, tuple[str, ...]]:
    """Return the communes of each district between 2020 and 2024."""
    return next(each.communes for each in communes()[1] if each.since == dt.date(2020, 2, 1))


@cache
def _new_communes() -> tuple[str, ...]:
    """Return the communes since July 2025, which belong to no district."""
    [units] = communes()[1][-1].communes.values()
    return tuple(each if each.startswith("phường") else f"xã {each}" for each in units)


def _at(rng: Random, places: tuple[str, ...], district: str) -> str:
    commune = rng.choice(places)
    level = "" if commune.startswith(("thị trấn", "phường")) else "xã "
    return f"{level}{commune}, {district}, tỉnh {PROVINCE}"


def _day(rng: Random, first: int, last: int) -> dt.date:
    return dt.date(first, 1, 1) + dt.timedelta(days=rng.randrange(365 * (last - first)))


# --- papers ----------------------------------------------------------------------------------------------------
def papers(people: Sequence[Registered], strangers: Sequence[Registered], seed: int = SEED) -> Iterator[Paper]:
    """Yield a paper about each of *people*, whom a registry knows, and of *strangers*, whom it does not."""
    rng = Random(seed)
    for known, each in ((known, each) for known, those in ((True, people), (False, strangers)) for each in those):
        said, damage = _damaged(rng, _as_printed(each.person))
        yield Paper(said, each.identifier if known else None, frozenset(damage))


def _as_printed(person: Person) -> Person:
    """Return what a birth certificate says: in capitals, and not where its owner lives now."""
    return person._replace(name=person.name.upper(), places=person.places[:1])


def _damaged(rng: Random, person: Person) -> tuple[Person, list[str]]:
    damage = []
    for kind, share, change in _DAMAGES:
        if rng.random() < share:
            changed = change(rng, person)
            if changed != person:
                damage.append(kind)
                person = changed
    return person, damage or ["none"]


def _other_marks(rng: Random, name: str) -> str:
    """Return a name of which one syllable has lost its tone or got one."""
    parts = name.split()
    if not parts:
        return name
    at = rng.randrange(len(parts))
    bare, tones = without_tone(parts[at])
    vowels = [place for place, letter in enumerate(bare) if letter.lower() in "aăâeêioôơuưy"]
    if tones or not vowels:
        parts[at] = bare
    else:
        place = vowels[len(vowels) // 2]
        parts[at] = normalize("NFC", bare[: place + 1] + rng.choice("\u0301\u0300\u0309")) + bare[place + 1 :]
    return " ".join(parts)


def _letter(rng: Random, name: str) -> str:
    places = [at for at, letter in enumerate(name) if letter.lower() in _LOST_LETTERS and at]
    if not places:
        return name
    at = rng.choice(places)
    other = _LOST_LETTERS[name[at].lower()]
    return name[:at] + (other.upper() if name[at].isupper() else other) + name[at + 1 :]


def _no_middle(name: str) -> str:
    parts = name.split()
    return f"{parts[0]} {parts[-1]}" if len(parts) > 2 else name


def _moved(name: str) -> str:
    first, *rest = name.split()
    return " ".join((*rest, first))


def _marked_as_of_old(_: Random, person: Person) -> Person:
    return person._replace(name=_old_marks(person.name), mother=_old_marks(person.mother))


def _other_year(rng: Random, person: Person) -> Person:
    year = person.mother_birth
    return person if year is None else person._replace(mother_birth=year + rng.randint(-3, 3))


def _anywhere(rng: Random) -> str:
    district, places = rng.choice(tuple(_communes().items()))
    return _at(rng, places, district)


def _old_marks(name: str) -> str:
    for new, old in _TODAY_MARKED.items():
        name = name.replace(new.capitalize(), old.capitalize()).replace(new.upper(), old.upper())
    return name


def _swapped(birth: str) -> str:
    year, *rest = birth.split("-")
    return f"{year}-{rest[1]}-{rest[0]}" if len(rest) == 2 and int(rest[1]) <= 12 else birth


def _digit_off(rng: Random, birth: str) -> str:
    year, *rest = birth.split("-")
    if len(rest) < 2:
        return birth
    if rng.random() < 0.7:
        return f"{year}-{rest[0]}-{rng.randint(1, 28):02d}"
    return f"{year}-{rng.randint(1, 12):02d}-{rest[1]}"


def _year_off(rng: Random, birth: str) -> str:
    return f"{int(birth[:4]) + rng.choice((-1, 1))}{birth[4:]}"


def _without_district(place: str) -> str:
    return ", ".join(part for part in place.split(", ") if not part.startswith(("huyện", "thị xã", "thành phố")))


_DAMAGES: Sequence[tuple[str, float, Callable[[Random, Person], Person]]] = (
    ("marks of the name", 0.10, lambda rng, p: p._replace(name=_other_marks(rng, p.name))),
    ("a letter of the name", 0.05, lambda rng, p: p._replace(name=_letter(rng, p.name))),
    ("middle name left out", 0.03, lambda _, p: p._replace(name=_no_middle(p.name))),
    ("parts of the name moved", 0.02, lambda _, p: p._replace(name=_moved(p.name))),
    ("tone marks placed as of old", 0.50, _marked_as_of_old),
    ("only the year of birth", 0.20, lambda _, p: p._replace(birth=p.birth[:4])),
    ("day and month swapped", 0.03, lambda _, p: p._replace(birth=_swapped(p.birth))),
    ("day or month wrong", 0.03, lambda rng, p: p._replace(birth=_digit_off(rng, p.birth))),
    ("year a year off", 0.02, lambda rng, p: p._replace(birth=_year_off(rng, p.birth))),
    ("no mother", 0.03, lambda _, p: p._replace(mother="", mother_birth=None)),
    ("no father", 0.08, lambda _, p: p._replace(father="", father_birth=None)),
    ("marks of the mother's name", 0.10, lambda rng, p: p._replace(mother=_other_marks(rng, p.mother))),
    ("a letter of the father's name", 0.05, lambda rng, p: p._replace(father=_letter(rng, p.father))),
    ("another year of a parent", 0.05, _other_year),
    ("no years of parents", 0.30, lambda _, p: p._replace(mother_birth=None, father_birth=None)),
    (
        "place without its district",
        0.15,
        lambda _, p: p._replace(places=tuple(map(_without_district, p.places))),
    ),
    ("another place", 0.08, lambda rng, p: p._replace(places=(_anywhere(rng),))),
    ("no place", 0.05, lambda _, p: p._replace(places=())),
)
"""What happens to papers, how often, and how."""


def main() -> None:
    """Write a made registry into a file."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--people", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=SEED)
    given = arguments.parse_args()
    make_registry(given.file, residents(given.people, given.seed), INDEX, NAME, AS_OF)


if __name__ == "__main__":
    main()
