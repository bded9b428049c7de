"""From the rows of a table to keyed values: which field each cell is of, in the normal form that readings have too."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from pipeline.tools.spreadsheet import Sheet
from pipeline.understand.lines import Passage
from pipeline.understand.values import clean, partial_date, read_value, says_nothing
from schemas.backfill import ColumnSpec, Layout
from schemas.document_type import DocumentType, FieldSpec, ValueKind
from schemas.page import Box, Word
from schemas.problem import ROW_INCOMPLETE, TABLE_UNFIT, ProblemError

Key = tuple[tuple[str, ...], ...]
"""What says which scan a row was keyed from: the parts of each key column."""

_HEADING_ROWS: Final = 20
"""The headings of the columns stand in one of these; above them are titles."""
_AS_KEYED: Final = frozenset({"person_name", "place", "agency", "text"})
"""What is kept letter by letter: nobody knows better than who keyed it."""
_NO_VALUE: Final = frozenset({"listed"})
"""Checks that say that a value is none of its kind."""
_PARTS: Final = re.compile(r"\d+|[^\W\d_]+")
_ISO_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_LOST_ZERO: Final = re.compile(r"\d{11}")
_NOWHERE: Final = Box(0, 0, 1, 1)
_LARGEST_DAY: Final = 31


class Row(NamedTuple):
    """One row of a table."""

    table: str
    number: int
    scan: str | None = None
    """Name or path of its scan, where the table says one."""
    key: Key | None = None
    fields: Mapping[str, str | int] = {}
    unread: tuple[str, ...] = ()
    problem: ProblemError | None = None


def rows_of(name: str, sheets: Sequence[Sheet], layout: Layout, type_: DocumentType) -> list[Row]:
    """Return every row below the headings that is not blank, those without any use too.

    Args:
        name: of the table.
        sheets: its sheets; those without the headings are left out as long as one has them.
        layout: which columns mean what.
        type_: the document type of the layout.

    Raises:
        ProblemError: `table-unfit` if no sheet has headings of the layout.
    """
    found: list[Row] = []
    fits = False
    for sheet in sheets:
        heading = _heading(sheet.rows, layout)
        if heading is None:
            continue
        fits = True
        where = f"{name}[{sheet.name}]" if sheet.name else name
        read = _reader(where, sheet.rows[heading], layout, type_)
        for number, cells in enumerate(sheet.rows[heading + 1 :], start=heading + 2):
            if any(cell.strip() for cell in cells):
                found.append(read(number, cells))
    if not fits:
        raise TABLE_UNFIT.error(f"no heading of the layout in the first {_HEADING_ROWS} rows", file=name)
    return found


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _heading(rows: Sequence[Sequence[str]], layout: Layout) -> int | None:
    """Return the index of the row with the headings: a column that leads to the scan, and one with a field."""
    leading = {_plain(name) for name in (*layout.file, *layout.keys)}
    valued = {_plain(name) for spec in layout.fields.values() for name in spec.columns}
    for index, row in enumerate(rows[:_HEADING_ROWS]):
        said = {_plain(cell) for cell in row}
        if said & leading and said & (valued - leading):
            return index
    return None


def _reader(
    table: str, headings: Sequence[str], layout: Layout, type_: DocumentType
) -> Callable[[int, Sequence[str]], Row]:
    at: dict[str, int] = {}
    for index, heading in enumerate(headings):
        at.setdefault(_plain(heading), index)

    def column(names: Sequence[str]) -> int | None:
        return next((at[_plain(name)] for name in names if _plain(name) in at), None)

    scan_column = column(layout.file)
    key_columns = [column([name]) for name in layout.keys]
    fields = {name: (spec, column(spec.columns), type_.spec(name)) for name, spec in layout.fields.items()}

    def read(number: int, cells: Sequence[str]) -> Row:
        def cell(index: int | None) -> str:
            return cells[index].strip() if index is not None and index < len(cells) else ""

        scan = unicodedata.normalize("NFC", cell(scan_column)).replace("\\", "/") or None
        parts = [key_part(cell(index)) for index in key_columns]
        key = tuple(parts) if parts and all(parts) else None
        values: dict[str, str | int] = {}
        unread = []
        for name, (columns, index, spec) in fields.items():
            said = cell(index)
            value = keyed_value(said, columns, spec)
            if value is not None:
                values[name] = value
            elif not says_nothing(said):
                unread.append(name)
        problem = None
        if scan is None and key is None:
            lacking = [name for name, part in zip(layout.keys, parts, strict=True) if not part]
            problem = ROW_INCOMPLETE.error(f"row {number}: nothing in {', '.join(lacking or layout.file)}", file=table)
        return Row(table, number, scan, key, values, tuple(unread), problem)

    return read


def key_part(text: str) -> tuple[str, ...]:
    """Return what a key says, however it is written: `05` is `5`, `2017-02-03` is `03.02.2017`."""
    parts = [part.lstrip("0") or "0" if part.isdecimal() else part.casefold() for part in _PARTS.findall(text)]
    is_iso = len(parts) == 3 and all(part.isdecimal() for part in parts) and int(parts[0]) > _LARGEST_DAY  # noqa: PLR2004
    return tuple(reversed(parts)) if is_iso else tuple(parts)


def keyed_value(text: str, columns: ColumnSpec, spec: FieldSpec) -> str | int | None:
    """Return what a cell says of a field, None if it is empty or holds no value of its kind."""
    said = columns.codes.get(text, text)
    if spec.kind == "date" and (iso := _ISO_DATE.fullmatch(said)):
        said = f"{iso[3]}.{iso[2]}.{iso[1]}"
    if spec.kind == "personal_id" and _LOST_ZERO.fullmatch(said):
        said = f"0{said}"  # spreadsheets take it for a number; in Nghệ An each of them begins with a zero
    return _reading(spec.kind, said, partial=spec.partial)


def _reading(kind: ValueKind, text: str, *, partial: bool) -> str | int | None:
    if says_nothing(text):
        return None
    if kind in _AS_KEYED:
        return clean(text) or None
    words = tuple(Word(part, 1.0, _NOWHERE, 0) for part in unicodedata.normalize("NFC", text).split())
    passage = Passage(words, 1)
    reading = read_value(kind, passage)
    if reading.value is None and kind == "date" and partial:
        reading = partial_date(passage)
    refused = any(check.name in _NO_VALUE and not check.passed for check in reading.checks)
    return None if refused else reading.value
