"""Which person of the population registry a paper is about: what is asked, who may be meant, and what agreement weighs.

Probabilistic linkage (Fellegi and Sunter, A Theory for Record Linkage, JASA 64, 1969). `schemas/linkage.json` is made
by `python -m benchmarks.linkage --learn` and never written by hand; docs/linkage.md says how.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, Self

from pydantic import Field as Constraint
from pydantic import model_validator

from schemas.data_file import parse
from schemas.digest import sha256_hex
from schemas.identifier import PersonalIdentifier
from schemas.model import Value

Comparison = Literal[
    "name", "birth", "birth_year", "sex", "mother", "father", "mother_birth", "father_birth", "place", "siblings"
]
"""What of two people is compared. `birth` where both dates are whole, else `birth_year`; `siblings` is no comparison:
it takes back what brothers and sisters have in common."""

_NAMES: Final = ("exact", "letters", "parts", "near", "other")
LEVELS: Final[Mapping[Comparison, tuple[str, ...]]] = {
    "name": _NAMES,
    "birth": ("day", "swapped", "near", "close", "other"),
    "birth_year": ("same", "close", "other"),
    "sex": ("same", "other"),
    "mother": _NAMES,
    "father": _NAMES,
    "mother_birth": ("same", "close", "other"),
    "father_birth": ("same", "close", "other"),
    "place": ("commune", "district", "province", "other"),
}
"""How well two people can agree, the best first (docs/linkage.md says when each holds)."""
FAMILY: Final[frozenset[Comparison]] = frozenset({"mother", "father", "mother_birth", "father_birth", "place"})
"""What brothers and sisters have in common."""

_VERSION_DIGITS: Final = 12


class Person(NamedTuple):
    """What a paper or a registry says about somebody; empty where it does not say."""

    name: str
    birth: str = ""
    """`1987-03-31`, `1987-03` or `1987`."""
    sex: str = ""
    mother: str = ""
    father: str = ""
    mother_birth: int | None = None
    """Year."""
    father_birth: int | None = None
    places: tuple[str, ...] = ()
    """Addresses: of origin, where the birth was registered, where they live."""


class Registered(NamedTuple):
    """Somebody whom a registry knows."""

    identifier: PersonalIdentifier
    person: Person


class Answer(NamedTuple):
    """Who may be meant."""

    people: tuple[Registered, ...]
    complete: bool
    """False where there are more: then nobody can say that one of them is the only one."""
    called: Mapping[str, int]
    """How many people of the whole registry are called so, by the keys of names that were asked for."""


class About(NamedTuple):
    """Which registry answers."""

    name: str
    as_of: date
    """The day that its data are of."""
    people: int


class Chances(Value):
    """How often two people agree so well, among pairs that are one person (m) and that are two (u)."""

    m: float = Constraint(gt=0, le=1)
    u: float = Constraint(gt=0, le=1)
    """For names: `exact` and `letters` among people whose names have the same letters, for how many these are the
    registry says; `parts` among those with the same first and last part."""


class Weights(Value):
    """What agreement weighs: made once, and named in each link that rests on it."""

    note: str = Constraint(default="", max_length=1000)
    """What it was learnt from, so that it can be made again."""
    present: float = Constraint(gt=0, lt=1)
    """The share of the people on papers whom the registry knows."""
    siblings: float = Constraint(ge=1)
    """How many people have the same parents, on average over people."""
    chances: dict[Comparison, dict[str, Chances]]

    @model_validator(mode="after")
    def _has_every_level(self) -> Self:
        if {name: tuple(levels) for name, levels in self.chances.items()} != dict(LEVELS):
            message = "chances: for every comparison, each of its levels, the best first"
            raise ValueError(message)
        return self

    @property
    def version(self) -> str:
        """Its hash, so that a link can name it."""
        return sha256_hex(self.canonical_bytes())[:_VERSION_DIGITS]


class Weight(Value):
    """What one comparison speaks for, or against."""

    comparison: Comparison
    level: str
    bits: float
    """Logarithm to the base 2 of m/u: 10 makes it a thousand times likelier that two are one person."""


class Candidate(NamedTuple):
    """Somebody who may be meant, and what speaks for them."""

    registered: Registered
    probability: float
    """That it is they, and neither another one nor somebody whom the registry does not know."""
    weights: tuple[Weight, ...]


class Judgement(NamedTuple):
    """Who is meant, as far as a registry tells."""

    candidates: tuple[Candidate, ...]
    """The likeliest first; none where nobody is at all likely."""
    sure: bool
    """Whether it is the first one; never where two are alike."""


@cache
def weights() -> Weights:
    """Return the weights that come with this package."""
    file = files("schemas") / "linkage.json"
    return parse(Weights, file.read_text("utf-8"), origin=file.name)
