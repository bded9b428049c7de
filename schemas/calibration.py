"""The calibration of acceptance: how likely a value is right, and on what that was measured. A data file.

`schemas/calibration.json` is made by `sohoa calibration fit` and never written by hand; docs/calibration.md says how.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, Self

from pydantic import AwareDatetime, model_validator
from pydantic import Field as Constraint

from schemas.data_file import parse
from schemas.digest import sha256_hex
from schemas.document_type import ValueKind
from schemas.field import Source
from schemas.model import Value
from schemas.record import Record
from schemas.review import was_right

PROMISE: Final = 0.001
PROMISE_IDENTIFIERS: Final = 0.0005
"""The largest share of accepted values that may be wrong; an identifier leads to a person."""
IMPROBABLE: Final = "improbable"
RANDOM_SAMPLE: Final = "random_sample"
"""Why a person looks, in `review_reasons`: not likely enough to be right; drawn by lot, to keep the promise honest."""

Group = Literal["identifier", "name", "date", "number", "listed", "place", "text", "keyed"]
"""Kinds of values that are misread alike; what was keyed by people is a group of its own."""
_GROUPS: Final[dict[ValueKind, Group]] = {
    "personal_id": "identifier",
    "person_name": "name",
    "date": "date",
    "year": "date",
    "number": "number",
    "amount": "number",
    "sex": "listed",
    "ethnicity": "listed",
    "nationality": "listed",
    "place": "place",
    "agency": "place",
    "text": "text",
}
_VERSION_DIGITS: Final = 12


def group_of(kind: ValueKind, source: Source) -> Group:
    """Return the group of a value."""
    return "keyed" if source == "keyed" else _GROUPS[kind]


@cache
def stratum_of(document_type: str, group: Group) -> str:
    """Return the name of the values that are judged alike: `TYPE/GROUP`."""
    return f"{document_type}/{group}"


@cache
def in_all_types(stratum: str) -> str:
    """Return the name of the same group over all types: `*/GROUP`."""
    return f"*/{group_in(stratum)}"


def group_in(stratum: str) -> str:
    """Return the group of a stratum."""
    return stratum.rpartition("/")[2]


def promise_of(stratum: str) -> float:
    """Return the largest share of the accepted values of a stratum that may be wrong."""
    return PROMISE_IDENTIFIERS if group_in(stratum) == "identifier" else PROMISE


class Sampled(NamedTuple):
    """What people found out about one value that was drawn by lot."""

    stratum: str
    probability: float
    """That it was right, as the calibration said."""
    wrong: bool


def sampled_in(record: Record) -> Iterator[tuple[str, str, Sampled]]:
    """Yield the values of a record that were drawn by lot and decided about: field, calibration, finding.

    It follows from the latest version of a record alone, which follows from the decisions under `reviews/`.
    """
    for name, field in record.fields.items():
        assessed, right = field.assessment, was_right(field)
        if assessed is not None and assessed.sampled and right is not None:
            yield name, assessed.calibration, Sampled(assessed.stratum, assessed.probability, not right)


class Tally(Value):
    """Values that somebody compared with the paper, and how many of them were wrong."""

    values: int = Constraint(default=0, ge=0)
    wrong: int = Constraint(default=0, ge=0)

    @model_validator(mode="after")
    def _no_more_are_wrong_than_there_are(self) -> Self:
        if self.wrong > self.values:
            message = "more are wrong than there are"
            raise ValueError(message)
        return self

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(values=self.values + other.values, wrong=self.wrong + other.wrong)


class Bin(Value):
    """Values that were about equally likely to be right, and how many of them were."""

    upto: float = Constraint(gt=0, le=1)
    """The upper end; the lower one is that of the bin before."""
    predicted: float = Constraint(ge=0, le=1)
    """The mean of their probabilities."""
    tally: Tally


class Provenance(Value):
    """What a calibration was made of."""

    made_at: AwareDatetime
    note: str = Constraint(default="", max_length=1000)
    """How the papers came about, so that they can be made again: a command with its seed."""
    origins: dict[str, int]
    """How many papers came from where: a folder's name, `decisions`."""
    papers: int
    fitted: Tally
    """The values that the probabilities were fitted to."""
    measured: Tally
    """The other half, of other papers, on which everything else here was measured."""


class Calibration(Value):
    """How likely a value is right, and on what that was measured."""

    provenance: Provenance
    weights: dict[str, float]
    """What each piece of evidence is worth, in log-odds (docs/calibration.md); `one` is what everything begins with."""
    offsets: dict[str, float]
    """What `GROUP` and `TYPE/GROUP` add to that; small where few values were seen."""
    steps: dict[str, tuple[float, ...]]
    """By group: probabilities at which acceptance may begin, rising from 0, where the rules alone decide."""
    strata: dict[str, tuple[Tally, ...]]
    """By stratum: what was measured of the values that the rules accept, between one step and the next."""
    bins: tuple[Bin, ...]
    """What was measured of all values that were read, from the least to the most likely one."""

    @model_validator(mode="after")
    def _has_a_tally_for_each_step(self) -> Self:
        for group, steps in self.steps.items():
            if steps[:1] != (0.0,) or list(steps) != sorted(steps) or steps[-1] > 1:
                message = f"steps of {group}: probabilities rise from 0"
                raise ValueError(message)
        for name, bands in self.strata.items():
            if len(bands) != len(self.steps.get(group_in(name), ())):
                message = f"stratum {name}: one tally for each step of its group"
                raise ValueError(message)
        return self

    @property
    def version(self) -> str:
        """Its hash, so that a field can name it."""
        return sha256_hex(self.canonical_bytes())[:_VERSION_DIGITS]


@cache
def calibration() -> Calibration:
    """Return the calibration that comes with this package."""
    file = files("schemas") / "calibration.json"
    return parse(Calibration, file.read_text("utf-8"), origin=file.name)
