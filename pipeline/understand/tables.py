"""Tables in which each row is about another person, such as form 53 of NĐ 131/2021/NĐ-CP annex I.

Rules are taken out before a page is read, and the narrow heads of such tables are its worst print. So the rows are
known by the shape of what stands in them (a running number, a year, amounts, a date), and the columns by where those
stand; names and other words belong to the column that they stand in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pipeline.understand.lines import Passage, Row
from schemas.document_type import ValueKind
from schemas.field import Check
from schemas.page import Word

_SHAPES: Final[dict[ValueKind, re.Pattern[str]]] = {
    "year": re.compile(r"^(?:18|19|20)\d\d[.,]?$"),
    "amount": re.compile(r"^\d{1,3}(?:[.,]\d{3})+[.,]?$"),
    "date": re.compile(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}[.,]?$|^\d{1,2}/\d{4}[.,]?$"),
}
_RUNNING: Final = re.compile(r"^(\d{1,2})[.)]?$")
_PROSE: Final = re.compile(r":$|^đồng", re.IGNORECASE)
_BETWEEN_LINES: Final = 1.3
"""A line of a cell stands within so many letter heights of the middle of its row."""
_BESIDE_COLUMN: Final = 3.0
"""A word belongs to a column if it is less than so many letter heights beside what was read of it elsewhere."""
_SHAPES_IN_A_ROW: Final = 2


class TableRow(NamedTuple):
    """What a row says, by column, and what speaks for its being read rightly and being the whole table."""

    cells: Mapping[str, Passage]
    checks: Mapping[str, tuple[Check, ...]]


class _Span(NamedTuple):
    left: float
    right: float

    def distance(self, word: Word) -> float:
        """Return how far the middle of a word is from this column, in pixels; 0 inside it."""
        middle = word.box.x + word.box.w / 2
        return max(self.left - middle, middle - self.right, 0.0)


def table_rows(rows: Sequence[Row], columns: Mapping[str, ValueKind]) -> tuple[TableRow, ...]:
    """Return the rows of the table that stands on a document's pages, from top to bottom; none without one.

    Args:
        rows: every row of the document.
        columns: what is wanted of each row, from left to right. Of several amounts side by side it is the last one,
            the total of the others.
    """
    lines = [row for row in rows if _is_record(row, columns)]
    spans = _spans(lines, columns)
    if not spans:
        return ()
    found = []
    for number, line in enumerate(lines, start=1):
        words = sorted(_words_of(line, lines, rows), key=lambda word: (word.line, word.box.x))
        cells = {name: Passage(tuple(_cell(name, words, columns, spans)), line.page) for name in columns}
        found.append(TableRow(cells, _checks(number, line, cells, columns)))
    return tuple(found)


def _is_record(row: Row, columns: Mapping[str, ValueKind]) -> bool:
    """Return whether a row of the page has the shapes of a row of the table."""
    shapes = {kind for word in row.words if (kind := _shape(word, columns)) is not None}
    prose = any(_PROSE.search(word.text) for word in row.words)
    return len(shapes) >= _SHAPES_IN_A_ROW and "amount" in shapes and not prose


def _shape(word: Word, columns: Mapping[str, ValueKind]) -> ValueKind | None:
    return next((kind for kind, shape in _SHAPES.items() if kind in columns.values() and shape.match(word.text)), None)


def _spans(lines: Sequence[Row], columns: Mapping[str, ValueKind]) -> dict[str, _Span]:
    """Return where the columns stand, by the rows in which each of them was read; empty if there is none such."""
    complete = [cells for line in lines if all((cells := _by_order(line, columns)).values())]
    return {name: _span([cells[name] for cells in complete]) for name in columns} if complete else {}


def _span(cells: Sequence[Sequence[Word]]) -> _Span:
    """Return where a column stands: the rightmost, where a row lacks its total and another amount was taken for it."""
    spans = [_Span(words[0].box.x, max(word.box.right for word in words)) for words in cells]
    rightmost = max(spans, key=lambda span: span.right)
    own = [span for span in spans if span.right > rightmost.left]
    return _Span(min(span.left for span in own), rightmost.right)


def _by_order(line: Row, columns: Mapping[str, ValueKind]) -> dict[str, list[Word]]:
    """Return the words of a row by column, going from left to right: shapes end what stands before them."""
    words = [word for index, word in enumerate(line.words) if index or not _RUNNING.match(word.text)]
    cells: dict[str, list[Word]] = {}
    at = 0
    for name, kind in columns.items():
        shape = kind if kind in _SHAPES else None
        end = at
        while end < len(words) and _shape(words[end], columns) == shape:
            end += 1
        cells[name] = words[end - 1 : end] if kind in _SHAPES and end > at else words[at:end]
        at = end
    return cells


def _words_of(line: Row, lines: Sequence[Row], rows: Sequence[Row]) -> Iterator[Word]:
    """Yield the words of a row of the table, with those lines of its cells that stand a little above or below."""
    yield from line.words
    for row in rows:
        near = row.page == line.page and abs(row.middle - line.middle) < _BETWEEN_LINES * line.height
        if near and row not in lines:
            yield from row.words


def _cell(
    name: str, words: Sequence[Word], columns: Mapping[str, ValueKind], spans: Mapping[str, _Span]
) -> Iterator[Word]:
    for word in words:
        shape = _shape(word, columns)
        if shape is not None:
            if columns[name] == shape and spans[name].distance(word) == 0:
                yield word
        elif columns[name] not in _SHAPES and word.box.right > min(span.left for span in spans.values()):
            nearest = min(spans, key=lambda each: spans[each].distance(word))
            if nearest == name and spans[name].distance(word) < _BESIDE_COLUMN * word.box.h:
                yield word


def _checks(
    number: int, line: Row, cells: Mapping[str, Passage], columns: Mapping[str, ValueKind]
) -> dict[str, tuple[Check, ...]]:
    """Return the checks of a row: rows are numbered without gaps, and the parts of an amount come to its total."""
    running = _RUNNING.match(line.words[0].text)
    follows = Check(
        name="row_number",
        passed=running is not None and int(running[1]) == number,
        detail=f"row {number} says {line.words[0].text}",
    )
    amounts = [_amount(word) for word in line.words if _SHAPES["amount"].match(word.text)]
    total = Check(
        name="total",
        passed=len(amounts) > 1 and sum(amounts[:-1]) == amounts[-1],
        detail=" + ".join(map(str, amounts[:-1])) or "no parts to add up",
    )
    return {name: (follows, total) if columns[name] == "amount" else (follows,) for name in cells}


def _amount(word: Word) -> int:
    return int(re.sub(r"\D", "", word.text))
