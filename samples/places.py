"""Where each field's value stands on a paper, and which of its words are written by hand."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypedDict

from samples.blocks import Mark, Page, Word
from samples.typesetting import ink_box, width
from samples.wording import long_date, short_date

Handwriting = bool | Literal["number_and_day"]
"""Whether every value is filled in by hand, or only number and day, as on most papers of an office, or nothing."""

NUMBERED = frozenset({"number", "number_symbol"})
DATED = frozenset({"issue_date"})


class Place(TypedDict):
    """Where a value stands: pixels of the upright, straight sheet at its resolution, as x, y, width, height."""

    page: int
    box: list[int]


def named(
    pages: Sequence[Page], fields: Mapping[str, object], accept: Mapping[str, list[str]], family: str
) -> list[Page]:
    """Return the pages with the words of each field named after it.

    What the form's markup names is taken as it is. Any other value is looked for: signers at their last mention, all
    else at the first.
    """
    found = [list(page.marks) for page in pages]
    known = {mark.field for page in pages for mark in page.marks if isinstance(mark, Word)}
    for name, value in fields.items():
        if name in known or value is None:
            continue
        wanted = [form for text in (str(value), *accept.get(name, ())) for form in _printed_forms(text)]
        hits = [(page, hit) for page in range(len(pages)) for hit in _mentions(pages[page], wanted, family)]
        if hits:
            page, places = hits[-1 if name.startswith("signer") else 0]
            for place in places:
                mark = found[page][place]
                if isinstance(mark, Word):
                    found[page][place] = replace(mark, field=name)
    return [replace(page, marks=tuple(marks)) for page, marks in zip(pages, found, strict=True)]


def _printed_forms(value: str) -> tuple[str, ...]:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        date = dt.date.fromisoformat(value)
        return long_date(date), short_date(date)
    return (value,)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _mentions(page: Page, wanted: Sequence[str], family: str) -> Iterator[list[int]]:
    """Yield, for each place where one of the wanted texts stands, the marks that print it, in reading order."""
    text, owners = "", list[int]()
    for place, mark in enumerate(page.marks):
        if isinstance(mark, Word):
            glued = bool(owners) and not mark.spaced and _touches(page.marks[owners[-1]], mark, family)
            piece = ("" if glued else " ") + _folded(mark.text)
            text += piece
            owners += [place] * len(piece)
    for hit in sorted(
        (match.span() for one in wanted for match in re.finditer(rf"(?<!\w){re.escape(_folded(one))}(?!\w)", text)),
    ):
        yield sorted({owners[at] for at in range(*hit) if text[at] != " "})


def _touches(before: object, word: Word, family: str) -> bool:
    return isinstance(before, Word) and before.y == word.y and abs(ink_box(before, family)[2] - word.x) < word.size


def by_hand(pages: Sequence[Page], how: Handwriting, family: str) -> list[Page]:
    """Return the pages with the words marked that somebody fills in; fields must be named before."""
    return [replace(page, marks=tuple(_penned(page.marks, how, family))) for page in pages] if how else list(pages)


def _penned(marks: Sequence[Mark], how: Handwriting, family: str) -> Iterator[Mark]:
    before = ""
    for mark in marks:
        if not isinstance(mark, Word):
            yield mark
            continue
        yield from _parts(mark, how, family, after_day=before.casefold() == "ngày")
        before = mark.text


def _parts(word: Word, how: Handwriting, family: str, *, after_day: bool) -> Iterator[Word]:
    """Yield a word, or its digits and the rest of it where only those are filled in: 12 of 12/QĐ-UBND."""
    digits = re.match(r"\d+", word.text)
    if (how is True and word.value) or (word.field in DATED and after_day and word.text.isdigit()):
        yield replace(word, hand=True)
    elif word.field in NUMBERED and digits:
        number = replace(word, text=digits.group(), hand=True)
        yield number
        if rest := word.text[digits.end() :]:
            yield replace(word, text=rest, spaced=False, x=word.x + width(number, family))
    else:
        yield word


def handwritten(pages: Sequence[Page]) -> list[str]:
    """Return the fields of whose values at least a part is written by hand."""
    hands = (mark.field for page in pages for mark in page.marks if isinstance(mark, Word) and mark.hand)
    return list(dict.fromkeys(name for name in hands if name))


def boxes(pages: Sequence[Page], family: str, dpi: int) -> dict[str, Place]:
    """Return where each field stands that is on the paper; a value on two pages counts where it begins."""
    places: dict[str, Place] = {}
    scale = dpi / 72
    for number, page in enumerate(pages, 1):
        words: dict[str, list[tuple[float, float, float, float]]] = {}
        for mark in page.marks:
            if isinstance(mark, Word) and mark.field and mark.field not in places:
                words.setdefault(mark.field, []).append(ink_box(mark, family))
        for name, inks in words.items():
            left, top = min(ink[0] for ink in inks), min(ink[1] for ink in inks)
            right, bottom = max(ink[2] for ink in inks), max(ink[3] for ink in inks)
            box = [round(side * scale) for side in (left, top, right - left, bottom - top)]
            places[name] = Place(page=number, box=box)
    return places
