"""Where words stand: rows of a page, pieces of a row, and passages whose letters know the words they come from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from pipeline.understand.syllables import is_syllable
from schemas.page import Box, PageReading, Word

_LEADERS: Final = re.compile(r"^[^\w(/-]+|[^\w).:,;/%-]+$|(?<=\w)[.…_]{2,}$|^_+|_+$")
"""Dots of a form, specks and strokes that the engine took for letters, at the ends of a word."""
_GLUED: Final = re.compile(r"(?<=[^\W\d_]):(?=\w)")
_DOTTED: Final = re.compile(
    r"(?<=[^\W\d_])[._…]+(?=[^\W_])|(?<=\d)[._…]+(?=[^\W\d_])"  # `huyện.Nam`, `ngày..15.tháng`
)
_ABBREVIATED: Final = re.compile(r"[A-ZĐ]+\d*([.][A-ZĐ\d][\w-]*)+")
_ETH: Final = re.compile("Đ?Ð")
"""The Icelandic eth looks the same as the Vietnamese Đ; engines give it instead, or both for one letter."""
_NOISE: Final = 0.12
"""What is read with less than this is a speck, unless it is a word for all that."""
_WORD: Final = 3
_YEAR: Final = re.compile(r"(?:18|19|20)\d\d")
_ONE_LETTER: Final = frozenset("YyÝýÀàÁáAaÔôƠơƯưIEÊêOUĐB")
"""Words and abbreviations of one letter; any other lonely letter is a stroke of something else."""
_READ: Final = 0.6
_READ_LETTER: Final = 0.3
_SAME_ROW: Final = 0.45
"""Two lines whose middles are nearer than this, in letter heights, are one row."""
COLUMN_GAP: Final = 2.0
"""A space wider than this, in letter heights, separates columns."""


class Row(NamedTuple):
    """What stands side by side on a page, from left to right."""

    page: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def height(self) -> float:
        """Height of its letters in pixels."""
        return median(word.box.h for word in self.words)

    @property
    def middle(self) -> float:
        """Vertical middle in pixels, not disturbed by a speck above or below."""
        return median(word.box.y + word.box.h / 2 for word in self.words)

    @property
    def left(self) -> int:
        """The first column of pixels."""
        return self.words[0].box.x

    @property
    def right(self) -> int:
        """The column after the last."""
        return max(word.box.right for word in self.words)

    def between(self, left: float, right: float) -> "Row | None":
        """Return the part of the row whose words have their middle in [left, right), or None if there are none."""
        inside = tuple(word for word in self.words if left <= word.box.x + word.box.w / 2 < right)
        return Row(self.page, inside) if inside else None

    def pieces(self, gap: float = COLUMN_GAP) -> "list[Row]":
        """Return the row cut at every space wider than *gap* letter heights."""
        height = self.height
        cuts = [0]
        for index, (before, after) in enumerate(pairwise(self.words), 1):
            if after.box.x - before.box.right > gap * height:
                cuts.append(index)
        cuts.append(len(self.words))
        return [Row(self.page, self.words[start:end]) for start, end in pairwise(cuts)]


class Passage(NamedTuple):
    """Words taken as one text: a place in the text leads back to the words that stand there."""

    words: tuple[Word, ...]
    page: int

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

    def cut(self, start: int, end: int) -> "Passage":
        """Return the words that have letters in `text[start:end]`."""
        found, at = [], 0
        for word in self.words:
            if at < end and start < at + len(word.text):
                found.append(word)
            at += len(word.text) + 1
        return Passage(tuple(found), self.page)

    @property
    def box(self) -> Box | None:
        """The smallest box that holds all words."""
        return union(word.box for word in self.words)


def union(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box that holds all, or None for none."""
    whole: Box | None = None
    for box in boxes:
        whole = box if whole is None else whole.union(box)
    return whole


def tidy(words: Iterable[Word]) -> Iterator[Word]:
    """Yield the words without leaders and specks; `Số:195` becomes two words, a lonely colon joins the word before."""
    before: Word | None = None
    for word in words:
        if word.text in {":", ";"}:
            if before is not None and word.line == before.line and before.text[-1].isalnum():
                before = before._replace(text=before.text + ":")
            continue
        for part in _parts(word):
            if before is not None:
                yield before
            before = part
    if before is not None:
        yield before


def _parts(word: Word) -> Sequence[Word]:
    """Return the words that the engine ran together, each with its share of the box; none for a speck."""
    text = _LEADERS.sub("", _ETH.sub("Đ", word.text))
    if not any(letter.isalnum() or letter in "/-" for letter in text):
        return ()
    apart = _GLUED.sub(": ", text)
    if not _ABBREVIATED.fullmatch(apart):
        apart = _DOTTED.sub(" ", apart)
    parts = apart.split()
    if word.confidence < _NOISE and not any(_is_word(part) for part in parts):
        return ()
    if len(text) == 1 and text.isalpha() and (text not in _ONE_LETTER or word.confidence < _READ_LETTER):
        return ()
    x, scale = float(word.box.x), word.box.w / sum(len(part) + 1 for part in parts)
    placed = []
    for part in parts:
        width = scale * (len(part) + 1)
        placed.append(word._replace(text=part, box=word.box._replace(x=round(x), w=max(1, round(width)))))
        x += width
    return placed if len(placed) > 1 else (word._replace(text=parts[0]),)


def _is_word(text: str) -> bool:
    plain = text.strip(".,;:")
    if _YEAR.fullmatch(plain):
        return True
    return is_syllable(plain) and (len(plain) >= _WORD or (plain[:1].isupper() and plain[1:].islower()))


def rows(reading: PageReading) -> tuple[Row, ...]:
    """Return the rows of a page from top to bottom.

    The engine's lines are the start: they follow what little slope is left. Lines at the same height, such as two
    columns that it read one after the other, become one row.
    """
    lines: dict[int, list[Word]] = {}
    for word in tidy(reading.words):
        lines.setdefault(word.line, []).append(word)
    number = reading.page.number
    found = sorted((Row(number, tuple(words)) for words in lines.values()), key=lambda row: row.middle)
    merged: list[Row] = []
    for row in found:
        if merged and _side_by_side(merged[-1], row):
            row = _joined(merged.pop(), row)  # noqa: PLW2901 - the joined row takes its place
        merged.append(row)
    return tuple(merged)


def _joined(one: Row, other: Row) -> Row:
    """Return two lines at the same height as one row. Within a line the engine's order is better than its boxes."""
    left, right = sorted((one, other), key=lambda row: row.left)
    words = left.words + right.words
    interleaved = right.left < left.right - left.height
    return Row(one.page, tuple(sorted(words, key=lambda word: word.box.x)) if interleaved else words)


def _side_by_side(above: Row, below: Row) -> bool:
    near = below.middle - above.middle < _SAME_ROW * min(above.height, below.height)
    touch = _SAME_ROW * min(above.height, below.height)
    return near and not any(
        min(one.box.right, other.box.right) - max(one.box.x, other.box.x) > touch
        for one in above.words
        for other in below.words
    )


def pitch(found: Sequence[Row]) -> float:
    """Return the usual distance from one row to the next in pixels; 0 with fewer than two rows."""
    steps = [below.middle - above.middle for above, below in pairwise(found) if above.page == below.page]
    return median(steps) if steps else 0.0


def right_margin(found: Iterable[Row]) -> int:
    """Return where the longest row of running text ends; specks at the edge and headers in two columns do not count."""
    running = (row for row in found if len(row.pieces()) == 1)
    ends = [word.box.right for row in running for word in row.words if len(word.text) > 1 and word.confidence > _READ]
    return max(ends, default=0)
