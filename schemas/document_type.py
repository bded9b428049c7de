"""Document types are data: one TOML file a type in `schemas/document_types/`, checked as it is loaded.

Adding a type means adding a file (docs/document-types.md shows how); no code changes.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import Field as Constraint
from pydantic import StringConstraints, ValidationError, model_validator

from schemas.model import Value
from schemas.problem import CONFIGURATION

ValueKind = Literal[
    "person_name", "date", "year", "sex", "ethnicity", "nationality", "place", "agency", "personal_id",
    "number", "amount", "text",
]  # fmt: skip
"""How a value is read, written in normal form and checked (`pipeline/understand/values.py`)."""

LetterPart = Literal[
    "number_symbol", "issue_date", "issue_place", "issuer_name", "document_kind", "abstract",
    "signer_name", "signer_title",
]  # fmt: skip
"""A place in the layout of an administrative document (NĐ 30/2020 annex I), found by position instead of a label."""


ResultCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,5}(\.[A-Z0-9]{1,12}){1,5}$")]
"""Code of a result type in the national procedure database, such as `KQ.G15.000031`."""


class FieldSpec(Value):
    """How one field is found on the paper and what its value must be."""

    kind: ValueKind
    labels: tuple[str, ...] = ()
    """Every way the label is printed, old forms and new; longer ones win."""
    part: LetterPart | None = None
    """Instead of labels (or where none is found): a place in the letter layout."""
    named: bool = False
    """Where no label says it: the one of the `usual` values that the abstract names."""
    inside: tuple[str, ...] = ()
    """Words in the middle of a sentence that it follows, where no label says it."""
    section: str | None = None
    """Only in this section of the form: `Năm sinh` means the mother's below the mother's name. None: before the first
    section begins, or anywhere in a form without sections."""
    partial: bool = False
    """A date of which only the month or the year is printed is a value too (`1934`)."""
    in_words: tuple[str, ...] = ()
    """Labels of a second reading of a date or an amount, written out (`ghi bằng chữ`)."""
    alone: bool = False
    """The paper has only one such number: found by its shape where its label cannot be read."""
    usual: tuple[str, ...] = ()
    """The values that a text usually has, as printed; with any other one a person looks. `…` stands for a gap in them
    that is filled in: a number, a date, a name."""
    required: bool = False
    """A person has to look when it is missing."""
    sensitive: bool = False
    """Sensitive personal data (Luật 91/2025/QH15 art. 2): only told to procedures that name it (`procedures.toml`)."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.named and not self.usual:
            message = "only one of the `usual` values can be `named`"
            raise ValueError(message)
        if self.usual and self.kind != "text":
            message = "only a `text` has `usual` values"
            raise ValueError(message)
        if self.alone and self.kind != "personal_id":
            message = "only a `personal_id` is known by its shape `alone`"
            raise ValueError(message)
        return self


class OwnerSpec(Value):
    """Which fields say who the record belongs to."""

    role: str
    identifier: str | None = None
    """None where papers of this type have none."""
    name: str
    birth: str | None = None
    sex: str | None = None
    mother: str | None = None
    mother_birth: str | None = None
    father: str | None = None
    father_birth: str | None = None
    places: tuple[str, ...] = ()
    """Of origin, of registration, of residence: with all this an owner without an identifier is looked for."""
    deceased: bool = False
    """The paper says that this owner has died: of theirs a procedure is told only what it needs of the dead."""

    @property
    def fields(self) -> tuple[str | None, ...]:
        """The names of all these fields."""
        parents = (self.mother, self.mother_birth, self.father, self.father_birth)
        return (self.identifier, self.name, self.birth, self.sex, *parents, *self.places)


class OrderSpec(Value):
    """A date that cannot come before another one."""

    first: str
    then: str
    years: int = 0
    """At least so many years lie between them."""


class SameYearSpec(Value):
    """A number that ends in the year of a date: `195/2016`."""

    number: str
    date: str


class ValiditySpec(Value):
    """How long a document of this type is valid, with the legal source of the rule."""

    term: str = Constraint(pattern=r"^(none|printed|caller|P\d+[DMY])$")
    """`none`: no end; `printed`: the paper says; `caller`: who reuses it decides; else an ISO 8601 term, from `starts`.
    """
    starts: str | None = None
    """The field with the date that it is valid from."""
    ends: str | None = None
    """The field with the printed last day."""
    ended_by: tuple[str, ...] = ()
    """Types of papers of which a later one of the same owner ends it: they say that what it attests has changed."""
    purpose: str | None = None
    """The field that says what it was issued for, where it holds for nothing else. Which purposes serve a procedure,
    the procedure says (`procedures.toml`)."""
    source: str


class DocumentType(Value):
    """One kind of paper: how it is known, what is on it, whose it is and how long it holds."""

    code: str = Constraint(pattern=r"^[a-z][a-z_]{2,60}$")
    title: str
    """Its Vietnamese name."""
    result_code: ResultCode | None = None
    """Code of the result type in the national procedure database (`KQ.…`), where it is known."""
    titles: tuple[str, ...] = ()
    """Printed titles that identify it, upper case."""
    not_titles: tuple[str, ...] = ()
    """Titles that look alike but are other papers."""
    marks: tuple[str, ...] = ()
    """Other printed words that speak for this type, in any place on the page."""
    marks_needed: int = Constraint(default=0, ge=0)
    """So many of the marks have to be there: for titles that other papers have too (`QUYẾT ĐỊNH`)."""
    letter: bool = False
    """True for the general administrative letter layout: chosen when no other type's title is found."""
    sections: dict[str, tuple[str, ...]] = Constraint(default_factory=dict)
    """Parts of the form that repeat the same labels for several people, and the labels that begin them."""
    other_labels: tuple[str, ...] = ()
    """Labels of what is not a field: they end the value before them."""
    table: tuple[str, ...] = ()
    """Fields that stand in a table in some papers of this type, as its columns from left to right. The first row gives
    them their values; the next ones give `full_name_2`, `full_name_3`, …, and an owner each. A field without labels and
    without a part is there only where a table is."""
    codes: Literal["identity_card"] | None = None
    """What its QR code and its machine-readable zone say is another reading of its fields, if they are those of an
    identity card."""
    fields: dict[str, FieldSpec]
    orders: tuple[OrderSpec, ...] = ()
    same_year: tuple[SameYearSpec, ...] = ()
    owners: tuple[OwnerSpec, ...] = ()
    validity: ValiditySpec

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        unknown = {spec.section for spec in self.fields.values()} - set(self.sections) - {None}
        named = {name for owner in self.owners for name in owner.fields}
        named |= {name for order in self.orders for name in (order.first, order.then)}
        named |= {name for pair in self.same_year for name in (pair.number, pair.date)}
        named |= {self.validity.starts, self.validity.ends, self.validity.purpose, *self.table}
        unknown |= named - set(self.fields) - {None}
        if {owner.role for owner in self.owners} & set(self.fields):
            message = "the role of an owner is no name of a field: people decide about both"
            raise ValueError(message)
        lost = {name for name, spec in self.fields.items() if not spec.labels and spec.part is None} - set(self.table)
        if lost:
            message = f"neither `labels` nor a `part` nor in the `table`: {', '.join(sorted(lost))}"
            raise ValueError(message)
        if unknown:
            message = f"names that do not exist: {', '.join(sorted(map(str, unknown)))}"
            raise ValueError(message)
        return self

    @property
    def is_of_dead(self) -> bool:
        """Whether it says that its owner has died."""
        return any(owner.deceased for owner in self.owners)

    def spec(self, name: str) -> FieldSpec:
        """Return what is known of a field, also of one in a later row of a table (`full_name_2`)."""
        return self.fields[name] if name in self.fields else self.fields[name.rsplit("_", 1)[0]]


def in_row(name: str, row: int) -> str:
    """Return the name of a field in a row of a table, from 1."""
    return name if row == 1 else f"{name}_{row}"


def parse_document_type(text: str, *, origin: str) -> DocumentType:
    """Return the document type that a TOML *text* describes.

    Raises:
        ProblemError: `configuration`, naming *origin* and every key that is wrong.
    """
    try:
        return DocumentType.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CONFIGURATION.error(str(error), file=origin) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise CONFIGURATION.error(wrong, file=origin) from error


@cache
def document_types() -> dict[str, DocumentType]:
    """Return every document type by its code, from the data files that come with this package."""
    folder = files("schemas") / "document_types"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    types = [parse_document_type(entry.read_text("utf-8"), origin=entry.name) for entry in found]
    return {type_.code: type_ for type_ in types}


def types_of(result_codes: Iterable[ResultCode]) -> set[str]:
    """Return the codes of the document types whose papers are one of these results."""
    wanted = set(result_codes)
    return {type_.code for type_ in document_types().values() if type_.result_code in wanted}
