"""Tables that others made: XLSX through calamine, and CSV. Foreign bytes: to be called in a worker process.

No cell is interpreted beyond its text: formulas give the value that was stored with them, dates are written out.
"""

import csv
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from schemas.problem import TABLE_TOO_LARGE, TABLE_UNREADABLE

MOST_ROWS = 250_000
"""In one table. With some kilobytes a row, it fits into a worker's memory."""
SUFFIXES = frozenset({".csv", ".xlsx"})

_MOST_COLUMNS = 500
_LONGEST_CELL = 5_000
_LARGEST_INSIDE = 1024**3
"""Bytes of all parts of an XLSX file together, unpacked."""
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ZIP = b"PK\x03\x04"
_SAMPLE = 64 * 1024


class Sheet(NamedTuple):
    """One sheet of a table: its rows as text, the first one is row 1."""

    name: str
    """Empty for CSV."""
    rows: tuple[tuple[str, ...], ...]


def read_table(path: Path) -> tuple[Sheet, ...]:
    """Return the sheets of a table.

    Args:
        path: of an XLSX file, known by its first bytes, or else of a CSV file.

    Raises:
        ProblemError: `table-unreadable`, `table-too-large`.
    """
    with path.open("rb") as file:
        is_xlsx = file.read(len(_ZIP)) == _ZIP
    return _xlsx(path) if is_xlsx else (Sheet("", _csv(path)),)


def _xlsx(path: Path) -> tuple[Sheet, ...]:
    try:
        with zipfile.ZipFile(path) as parts:
            inside = sum(part.file_size for part in parts.infolist())
        if inside > _LARGEST_INSIDE:
            raise TABLE_TOO_LARGE.error(f"{inside} bytes when unpacked; at most {_LARGEST_INSIDE} are taken")
        with CalamineWorkbook.from_path(path) as book:
            return tuple(Sheet(name, _sheet(book, name)) for name in book.sheet_names)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise TABLE_UNREADABLE.error(f"it is no XLSX file that can be read ({type(error).__name__})") from error


def _sheet(book: CalamineWorkbook, name: str) -> tuple[tuple[str, ...], ...]:
    sheet = book.get_sheet_by_name(name)
    first = sheet.start[0] if sheet.start else 0  # rows above the first filled one are not given, but are counted
    return ((),) * first + _limited(tuple(map(_text, row)) for row in sheet.to_python(skip_empty_area=True))


def _text(cell: object) -> str:
    match cell:
        case bool():
            return str(int(cell))
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date():
            return f"{cell:%d.%m.%Y}"
        case _:
            return str(cell)


def _csv(path: Path) -> tuple[tuple[str, ...], ...]:
    try:
        with path.open("rb") as file:
            encoding = "utf-16" if file.read(2) in _BOMS else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            delimiter = _delimiter(file.read(_SAMPLE))
            file.seek(0)
            return _limited(_lines(csv.reader(file, delimiter=delimiter)))
    except (UnicodeError, csv.Error, OSError) as error:
        raise TABLE_UNREADABLE.error(f"it is no CSV file in UTF-8 ({type(error).__name__})") from error


def _lines(reader: Iterable[list[str]]) -> Iterator[tuple[str, ...]]:
    yield from map(tuple, reader)


def _delimiter(sample: str) -> str:
    """Return what parts the cells: whatever is most frequent in the first lines, where quotes hardly stand."""
    return max(",;\t|", key=sample.count)


def _limited(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    taken = tuple(tuple(cell[:_LONGEST_CELL] for cell in row[:_MOST_COLUMNS]) for row in islice(rows, MOST_ROWS + 1))
    if len(taken) > MOST_ROWS:
        raise TABLE_TOO_LARGE.error(f"more than {MOST_ROWS} rows")
    return taken
