"""Which pages make up one paper: a scanned file often holds several (form, certificate, both sides of a card).

A new paper begins behind a separator sheet, with a printed title, or with a letterhead. What says neither stays with
the pages before it: backs, second pages, annexes. Where the signs contradict each other, or say nothing although the
paper before is complete, the pages are kept as they seem to lie and a person is asked.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from pipeline.understand.classify import by_title, classify
from pipeline.understand.dossier import is_separator, separator_code
from pipeline.understand.folding import letters
from pipeline.understand.labels import mentions
from pipeline.understand.letter import find_header, find_parts
from pipeline.understand.lines import Row, rows
from pipeline.understand.sheet import Sheet, centre, is_title
from pipeline.understand.signature import find_signature
from schemas.document_type import DocumentType
from schemas.page import PageReading

_SURE_TITLE: Final = 0.82
"""Confidence of a type by its title that is more than a line which happens to say the same."""
_ABOVE_HEADER: Final = 6
"""Rows that stamps and notes may put above the name of the republic; more are running text."""
_HEADER_AT: Final = 0.3
"""The name of the republic stands in this upper part of a first page."""
_EDGE: Final = 0.12
"""Page numbers stand in this upper or lower part of a page (NĐ 30/2020 annex I: centred in the upper margin)."""
_NUMBERED: Final = re.compile(r"^\W*(?:trang\s*)?(\d{1,3})\W*(?:/\s*\d{1,3})?\W*$", re.IGNORECASE)
_ANNEX: Final = ("phuluc", "kemtheo", "bieuso", "danhsachkemtheo")
_FIRST_ROWS: Final = 5
_TITLE_WORDS: Final = 2
_OWN_MARKS: Final = 2
"""So many printed words of its type make a page one of a document's."""


Papers = Sequence[Sequence[int]]
"""Numbers of the pages of each paper, as a person says."""


class Stack(NamedTuple):
    """The pages of one paper, and the separators beside it."""

    readings: tuple[PageReading, ...]
    separators: tuple[int, ...]
    """Numbers of the separator pages before it, or behind it where no other paper follows; their blank backs too."""
    dossier_code: str | None
    """What the last separator before it says."""
    reasons: tuple[str, ...]
    """Why a person has to look: `unsure:pages` for what belongs together, `unread:dossier_code` for a separator's code.
    """


class _Sign(Enum):
    """What a page says about itself."""

    BEGINS = auto()
    MAY_BEGIN = auto()
    GOES_ON = auto()
    NOTHING = auto()
    CONTRADICTS = auto()


def split(readings: Sequence[PageReading], types: Mapping[str, DocumentType]) -> tuple[Stack, ...]:
    """Return the papers that the pages of one file make up, in order; none if all are blank or separators.

    Every page belongs to one paper or is one of the separators: blank pages go with the page before them, those at the
    beginning with the first paper.
    """
    piles = _Piles(types)
    for reading in readings:
        piles.add(reading)
    return piles.finished()


def grouped(readings: Sequence[PageReading], papers: Papers) -> tuple[Stack, ...]:
    """Return the papers that the pages of one file make up, as a person says; what they leave out are separators."""
    by_number = {reading.page.number: reading for reading in readings}
    said = {number for paper in papers for number in paper}
    left_out = tuple(number for number in by_number if number not in said)
    stacks = (tuple(by_number[number] for number in sorted(paper)) for paper in papers)
    return tuple(Stack(pages, () if at else left_out, None, ()) for at, pages in enumerate(stacks))


class _Piles:
    """Papers as they come out of a stack, page by page."""

    def __init__(self, types: Mapping[str, DocumentType]) -> None:
        self._types = types
        self._done: list[Stack] = []
        self._pages: list[PageReading] = []
        self._sheets: list[Sheet] = []
        self._separators: list[int] = []
        self._separated = self._after_separator = False
        self._code: str | None = None
        self._doubtful = False

    def add(self, reading: PageReading) -> None:
        if is_separator(reading):
            self._close()
            self._separators.append(reading.page.number)
            self._separated = self._after_separator = True
            self._code = separator_code(reading)
            return
        found = rows(reading)
        if not found:
            self._add_blank(reading)
            return
        sheet = Sheet(found, reading.page.width, reading.page.height)
        begins, doubtful = self._decide(sheet) if self._sheets else (False, False)
        if begins:
            self._doubtful |= doubtful
            self._close()
        self._pages.append(reading)
        self._sheets.append(sheet)
        self._after_separator = False
        self._doubtful |= doubtful

    def finished(self) -> tuple[Stack, ...]:
        """Return the papers; separators and blank pages behind the last one are named with it."""
        self._close()
        if self._done:
            last = self._done[-1]
            blank = tuple(self._pages)
            self._done[-1] = last._replace(
                readings=last.readings + blank, separators=last.separators + tuple(self._separators)
            )
        return tuple(self._done)

    def _add_blank(self, reading: PageReading) -> None:
        if self._after_separator:
            self._separators.append(reading.page.number)
        else:
            self._pages.append(reading)

    def _close(self) -> None:
        if not self._sheets:
            return
        reasons = ["unsure:pages"] if self._doubtful else []
        reasons += ["unread:dossier_code"] if self._separated and self._code is None else []
        self._done.append(Stack(tuple(self._pages), tuple(self._separators), self._code, tuple(reasons)))
        self._pages, self._sheets, self._separators, self._doubtful = [], [], [], False

    def _decide(self, sheet: Sheet) -> tuple[bool, bool]:
        """Return whether a page begins a new paper, and whether that is doubtful."""
        opening = _opening(sheet, self._types)
        going_on = self._going_on(sheet)
        if opening is _Sign.NOTHING:
            surprising = going_on is _Sign.NOTHING and self._is_complete() and not self._is_of_its_type(sheet)
            return False, surprising or going_on is _Sign.CONTRADICTS
        if going_on is _Sign.GOES_ON:
            return opening is _Sign.BEGINS and not _is_annex(sheet), True
        return True, opening is _Sign.MAY_BEGIN

    def _going_on(self, sheet: Sheet) -> _Sign:
        """Return whether a page says that it is not the first one of a paper."""
        number = _page_number(sheet)
        if number is not None and number > 1:
            return _Sign.GOES_ON if number in {len(self._pages) + 1, len(self._sheets) + 1} else _Sign.CONTRADICTS
        return _Sign.GOES_ON if _is_annex(sheet) or _begins_in_mid_sentence(sheet) else _Sign.NOTHING

    def _is_complete(self) -> bool:
        """Return whether nothing is missing on the pages so far, so that one without any sign is a surprise."""
        own = self._own_type()
        return own is not None and (not own.letter or "signer_name" in find_signature(self._sheets))

    def _is_of_its_type(self, sheet: Sheet) -> bool:
        """Return whether other printed words make a page one of this paper, such as the back of a card."""
        own, text = self._own_type(), "\n".join(row.text for row in sheet.rows)
        return own is not None and sum(mentions(text, mark) for mark in own.marks) >= _OWN_MARKS

    def _own_type(self) -> DocumentType | None:
        return self._types.get(classify(self._sheets, self._types).code or "")


def _opening(sheet: Sheet, types: Mapping[str, DocumentType]) -> _Sign:
    """Return whether a page says that it is the first one of a paper."""
    title = max((by_title(sheet, type_).confidence for type_ in types.values() if not type_.letter), default=0.0)
    if title >= _SURE_TITLE:
        return _Sign.BEGINS
    header = find_header(sheet)
    above = sum(row.middle < header.top for row in sheet.rows)
    parts = find_parts([sheet])
    placed = {"number_symbol", "issue_date"} <= parts.keys()
    if header.found and header.top < _HEADER_AT * sheet.height and above <= _ABOVE_HEADER:
        named = "document_kind" in parts or any(_is_heading(row, sheet) for row in _below(sheet, header.top))
        return _Sign.BEGINS if named else _Sign.MAY_BEGIN
    return _Sign.MAY_BEGIN if title > 0 or placed else _Sign.NOTHING


def _below(sheet: Sheet, top: float) -> list[Row]:
    return [row for row in sheet.rows if top + 1.5 * row.height < row.middle < 0.5 * sheet.height]


def _is_heading(row: Row, sheet: Sheet) -> bool:
    """Return whether a row is a title: capitals only, alone in the middle of the page."""
    return len(row.words) >= _TITLE_WORDS and is_title(row) and abs(centre(row) - sheet.width / 2) < 0.1 * sheet.width


def _page_number(sheet: Sheet) -> int | None:
    """Return the page number that stands alone at the upper or lower edge."""
    for row in sheet.rows:
        if _EDGE * sheet.height < row.middle < (1 - _EDGE) * sheet.height:
            continue
        number = _NUMBERED.match(row.text)
        if number:
            return int(number[1])
    return None


def _is_annex(sheet: Sheet) -> bool:
    return any(letters(row.text).startswith(_ANNEX) for row in sheet.rows[:_FIRST_ROWS])


def _begins_in_mid_sentence(sheet: Sheet) -> bool:
    first = next((row for row in sheet.rows if len(row.words) > _TITLE_WORDS), None)
    return first is not None and first.words[0].text[0].islower()
