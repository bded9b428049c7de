"""Backfill: legacy papers and the tables that were keyed from them, planned, worked off in shards, and accounted for.

A plan is made of values that say the same whenever it is made of the same inventory: run it twice, and nothing doubles.
"""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, StringConstraints, ValidationError, model_validator
from pydantic import Field as Constraint

from schemas.digest import Sha256, sha256_hex
from schemas.document_type import document_types
from schemas.model import Value
from schemas.problem import CONFIGURATION, FILE_MISSING, Problem
from schemas.record import RecordId
from schemas.submission import Manifest

STATION = "backfill"
"""What papers of a backfill come from, in the place of a station: they are a lane of their own."""

_BRACED = re.compile(r"\{(\w+)\}")
_TEMPLATE = re.compile(r"(?:[^{}]|\{\w+\})*")

PlanId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The hash of a plan."""


# --- how a table is laid out -----------------------------------------------------------------------------------
class ColumnSpec(Value):
    """Where a field stands in a table."""

    columns: tuple[str, ...] = Constraint(min_length=1)
    """Headings of its column, as keys or as labels; the first one that is there counts."""
    codes: dict[str, str] = Constraint(default_factory=dict)
    """What codes in the cells stand for."""


class Layout(Value):
    """How a table of keyed values is laid out, and how a row says which scan it was keyed from."""

    document_type: str
    """What all its papers are."""
    file: tuple[str, ...] = ()
    """Columns that name the scan."""
    pattern: str | None = None
    """Regular expression of the names of scans, with named groups."""
    keys: dict[str, str] = Constraint(default_factory=dict)
    """What such a name says: by column, the groups put into a text (`quyenSo = "{book}/{byear}"`)."""
    fields: dict[str, ColumnSpec]
    """By the name of a field of the document type."""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        type_ = document_types().get(self.document_type)
        if type_ is None:
            raise ValueError(f"document_type: {self.document_type} is none that is known")
        unknown = sorted(set(self.fields) - set(type_.fields))
        if unknown:
            raise ValueError(f"fields: {', '.join(unknown)}: a {self.document_type} has no such fields")
        if not self.file and not self.keys:
            raise ValueError("neither `file` nor `keys` says which scan a row belongs to")
        if self.keys:
            self._check_keys()
        return self

    def _check_keys(self) -> None:
        if self.pattern is None:
            raise ValueError("`keys` needs a `pattern`")
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(f"pattern: {error}") from None
        for template in self.keys.values():
            if not _TEMPLATE.fullmatch(template) or not set(_BRACED.findall(template)) <= set(groups):
                raise ValueError("keys: only the named groups of `pattern` can stand in braces")


def load_layout(name: str) -> Layout:
    """Return the layout that comes with Sohoa under this name, or that the file at this path describes.

    Raises:
        ProblemError: `configuration`, naming every key that is wrong; `file-missing`.
    """
    bundled = files("schemas") / "layouts" / f"{name}.toml"
    try:
        text = bundled.read_text("utf-8") if bundled.is_file() else Path(name).read_text("utf-8")
        return Layout.model_validate(tomllib.loads(text))
    except FileNotFoundError as error:
        raise FILE_MISSING.error("no layout is there", file=name) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CONFIGURATION.error(f"cannot be read: {error}", file=name) from error
    except ValidationError as error:
        errors = error.errors(include_input=False)
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'layout'}: {each['msg']}" for each in errors)
        raise CONFIGURATION.error(wrong, file=name) from error


# --- what is planned -------------------------------------------------------------------------------------------
class KeyedRow(Value):
    """What somebody keyed from one paper. It is kept beside the scan, under the hash of these values."""

    file_sha256: Sha256
    """The scan: two papers that say the same still have two rows."""
    document_type: str
    fields: dict[str, str | int]
    unread: tuple[str, ...] = ()
    """Fields whose cell holds something that is no value of its kind."""


class Item(Value):
    """One row of an inventory, or one scan that no row names."""

    number: int = Constraint(ge=1)
    """Its place in the plan."""
    table: str | None = None
    """The table, by its path in the inventory, and its sheet; None for a scan without a row."""
    row: int | None = None
    """Number of the row in that table, as a spreadsheet counts."""
    scan: str | None = None
    """Path of the scan in the inventory; behind a `!`, its name in an archive."""
    manifest: Manifest | None = None
    """What will be sent; None where nothing can be."""
    keyed: KeyedRow | None = None
    same_as: int | None = None
    """Number of the item that is the same scan with the same values."""
    problem: Problem | None = None
    """Why nothing can come of it as it is."""

    @model_validator(mode="after")
    def _has_one_fate(self) -> Self:
        if sum(fate is not None for fate in (self.manifest, self.same_as, self.problem)) != 1:
            raise ValueError("an item is sent, is the same as another one, or has a problem")
        return self


class Shard(Value):
    """Items that one flow run works off."""

    number: int = Constraint(ge=1)
    items: tuple[Item, ...]


class Plan(Value):
    """An inventory that was checked and cut into shards. Its id is its hash: the same inventory, the same plan."""

    inventory: str
    """Where it was when it was planned; scans are taken from there when it runs."""
    layout: Layout | None
    """None: scans without a table."""
    items: int
    files: int
    """Scans that will be sent."""
    bytes: int
    """How large they are together."""
    shards: tuple[Sha256, ...]
    """The hash of each shard, in order."""

    @property
    def plan_id(self) -> PlanId:
        """The SHA-256 of the canonical plan."""
        return sha256_hex(self.canonical_bytes())


# --- how it runs -----------------------------------------------------------------------------------------------
HOURS = r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d"
"""Regular expression of hours of the day and nothing around it."""

Hours = Annotated[str, StringConstraints(pattern=rf"^{HOURS}$")]
"""Hours of the day in Vietnam, such as `18:00-06:00`."""


class Step(Value):
    """One decision about a running plan; the last one counts."""

    at: AwareDatetime
    state: Literal["running", "paused"]
    per_hour: int | None = Constraint(default=None, ge=1)
    """How many documents may be begun in an hour; None: as many as can be."""
    hours: Hours | None = None
    """When work may begin; None: always."""


class Sent(Value):
    """What was sent of a shard: all of it, but for what could not be found again as it was planned."""

    number: int
    refused: dict[str, Problem] = Constraint(default_factory=dict)
    """By the number of the item."""


Fate = Literal["stored", "review", "duplicate", "refused"]


class ItemOutcome(Value):
    """What became of an item: one, ever."""

    number: int
    status: Fate
    """`duplicate`: of the records that are named, or of the item `same_as`."""
    records: tuple[RecordId, ...] = ()
    same_as: int | None = None
    problem: Problem | None = None


class Done(Value):
    """What became of every item of a shard."""

    number: int
    at: AwareDatetime
    """When the last of them was done."""
    worked_off: int
    """How many of them were scans that were worked off."""
    outcomes: tuple[ItemOutcome, ...]


# --- what the operator is told ---------------------------------------------------------------------------------
class Forecast(Value):
    """What a plan will cost, from what a few documents cost."""

    canary: int
    """How many documents were tried."""
    cpu_seconds: float
    """Of one processor core, for all that is to be read."""
    hours: float
    """With the workers of this machine."""
    disk_bytes: int
    """What the store will grow by."""
    review: int
    """Documents that a person will have to look at."""
    person_hours: float
    """For those, with the minutes a document that were given."""


class Planned(Value):
    """`sohoa backfill plan`: what an inventory comes to."""

    plan_id: PlanId
    inventory: str
    items: int
    rows: int
    files: int
    same: int
    """Rows that say what another row says of the same scan."""
    problems: dict[str, int]
    """How many items have which problem, by the last part of its type."""
    unread_cells: dict[str, int]
    """By field, in how many rows the cell holds no value of its kind: those fields wait for a person."""
    bytes: int
    shards: int
    forecast: Forecast | None = None


class Progress(Value):
    """`sohoa backfill status`: how far a plan is."""

    plan_id: PlanId
    inventory: str
    state: Literal["planned", "running", "paused", "done"]
    per_hour: int | None
    hours: Hours | None
    items: int
    outcomes: dict[Fate, int]
    waiting: int
    """Items without an outcome."""
    shards: int
    shards_done: int
    begun_at: AwareDatetime | None
    """When it was first run."""
    documents_per_hour: float | None
    """Measured, over the shards of the last hour in which work was done; None before the first one is done."""
    done_at: AwareDatetime | None
    """When everything will be done if it goes on like that."""
    reasons: dict[str, int]
    """How many items were refused for which reason, by the last part of the problem's type."""


class ReportLine(Value):
    """`sohoa backfill report`: one item and what became of it."""

    number: int
    table: str | None
    row: int | None
    scan: str | None
    status: Fate | Literal["waiting"]
    records: tuple[RecordId, ...] = ()
    same_as: int | None = None
    problem: str | None = None
    """The last part of the problem's type."""
    detail: str = ""
