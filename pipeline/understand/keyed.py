"""Keyed values against the paper: what somebody keyed is the value, what is read on the paper is the cross-check.

Where the paper was read well and says something else, nothing is accepted and a person looks. Where it could not be
read, as most handwriting cannot, the keyed value stands; but nothing is accepted of a row unless something that tells
people apart, a name or a number, was found on the paper: else it may be another paper's row.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.understand.folding import fold, letters
from pipeline.understand.labels import mentions
from schemas.backfill import KeyedRow
from schemas.document_type import DocumentType, ValueKind
from schemas.field import Check, Field

CHECK: Final = "paper"
"""What the paper says of a keyed value."""

_AGREED: Final = 0.99
_ALONE: Final = 0.90
"""Confidence of a keyed value that the paper confirms, and of one of which nothing could be read."""
_CONTRADICTED: Final = 0.40
_LEGIBLE: Final = 0.50
"""What was read with less confidence contradicts nobody."""
_TELLING: Final = frozenset({"person_name", "personal_id"})
_LEAST_LETTERS: Final = 6
"""Shorter names stand on many papers."""
_OF_LEVELS: Final = re.compile(
    r"\b(uy ban nhan dan|ubnd|thanh pho|thi xa|thi tran|tinh|huyen|quan|phuong|xa|tp|tx|tt)\b"
)


def crossed(fields: Mapping[str, Field], row: KeyedRow, type_: DocumentType) -> dict[str, Field]:
    """Return the fields of a document with the keyed values in them, each with what the paper says of it.

    Args:
        fields: what was read, every field of the type.
        row: what was keyed.
        type_: of the document.
    """
    nothing = Field(value=None, confidence=0.0, accepted=False)
    names = [*fields, *(name for name in row.fields if name not in fields)]
    return {
        name: _crossed(fields.get(name, nothing), row.fields[name], type_.spec(name).kind)
        if name in row.fields
        else _doubted(fields[name])
        if name in row.unread
        else fields[name]
        for name in names
    }


def _crossed(read: Field, keyed: str | int, kind: ValueKind) -> Field:
    says = read.value
    agrees = says is not None and _same(kind, keyed, says)
    legible = says is not None and (read.accepted or (read.confidence >= _LEGIBLE and not _by_hand(read)))
    if agrees and read.accepted and kind in _TELLING:
        agrees = str(says).casefold() == str(keyed).casefold()  # what was read for sure counts to the mark
    contradicted = legible and not agrees
    detail = "" if agrees else f"read as {says}" if says is not None else "could not be read"
    confidence = _AGREED if agrees else _CONTRADICTED if contradicted else _ALONE
    return Field(
        value=keyed,
        confidence=confidence,
        page=read.page,
        box=read.box,
        source="keyed",
        accepted=not contradicted,
        raw_text=read.raw_text,
        checks=(Check(name=CHECK, passed=not contradicted, detail=detail),),
    )


def _doubted(read: Field) -> Field:
    """Return a field of which something was keyed that is no value: a person says what was meant."""
    return read.model_copy(
        update={"accepted": False, "checks": (*read.checks, Check(name="keyed", passed=False, detail="no such value"))}
    )


def _by_hand(read: Field) -> bool:
    return any(check.name == "printed" and not check.passed for check in read.checks)


def _same(kind: ValueKind, keyed: str | int, says: str | int) -> bool:
    """Return whether both mean the same, as each kind is written now one way, now another."""
    one, other = str(keyed), str(says)
    match kind:
        case "number":  # a register counts from 1 each year; the certificate adds the year
            numbers = [[part.lstrip("0") for part in re.findall(r"\d+", text)] for text in (one, other)]
            return all(mine == its for mine, its in zip(*numbers, strict=False)) and all(numbers)
        case "date" | "year":
            return one.startswith(other) or other.startswith(one)
        case "place" | "agency":
            mine, its = (set(_OF_LEVELS.sub(" ", fold(text)).replace(",", " ").split()) for text in (one, other))
            return bool(mine and its) and (mine <= its or its <= mine)
        case _:
            return letters(one) == letters(other) != ""


def is_confirmed(fields: Mapping[str, Field], row: KeyedRow, type_: DocumentType, text: str) -> bool:
    """Return whether something that tells people apart says that row and paper belong together.

    Args:
        fields: from `crossed`.
        row: what was keyed.
        type_: of the document.
        text: everything that was read on it.
    """
    return any(agreed for agreed in _telling(fields, row, type_, text))


def _telling(fields: Mapping[str, Field], row: KeyedRow, type_: DocumentType, text: str) -> Iterator[bool]:
    for name, value in row.fields.items():
        if type_.spec(name).kind in _TELLING:
            yield fields[name].confidence >= _AGREED
            yield len(letters(str(value))) >= _LEAST_LETTERS and mentions(text, str(value))
