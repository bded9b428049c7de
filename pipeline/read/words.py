"""From the engine's words to the page's: garbage dropped, columns told apart, lines in reading order."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

from pipeline.tools.tesseract import Token
from schemas.page import Box, Word

_LEADER = re.compile(r"[.…·_]{3,}|…")
"""Dots to write on, not to read."""
_SMEAR = "¬|~^`´ˆ¨_°®©™¡⁄\\"
"""What specks, folds and the arcs of stamps are taken for; no Vietnamese paper prints these at the end of a word."""
_DASHES = frozenset("-–—")
_PUNCTUATION = frozenset("-–—.,:;()/&%+*\"'“”")

_TALL = 2.2
_FLAT = 0.25
"""Heights, in those of the page's usual word, beyond which a word is a stroke of a pen, a stamp or a fold."""
_SURE = 0.8
_LONE_LETTER = 0.75
_LONE_DIGIT = 0.4
_PAIR = 0.2
_KEPT = 3
_ANY = 0.5
"""Confidence below which a piece of line that has nothing better is dropped whole."""

_COLUMN_GAP = 1.8
"""Gap between two columns, in heights of the line; words of one column stand less than half a height apart."""


class _Piece(NamedTuple):
    """Words of one line and one column."""

    words: tuple[Word, ...]
    box: Box


def words_of(tokens: Sequence[Token], scale: float) -> tuple[Word, ...]:
    """Return the words in reading order.

    Args:
        tokens: the engine's words.
        scale: pixels of the picture that was read per pixel of the page; boxes are given in the latter.
    """
    usual = _usual_height(tokens)
    rows = [
        [piece for piece in _pieces(_kept(row, usual, scale)) if max(word.confidence for word in piece.words) >= _ANY]
        for _, row in groupby(tokens, key=lambda token: (token.block, token.paragraph, token.line))
    ]
    ordered = [piece for run in _runs([row for row in rows if row]) for piece in run]
    return tuple(word._replace(line=line) for line, piece in enumerate(ordered) for word in piece.words)


def _usual_height(tokens: Sequence[Token]) -> float:
    sure = [token.height for token in tokens if token.confidence >= 100 * _SURE and len(token.text) > 1]
    return median(sure or [token.height for token in tokens] or [1])


def _kept(tokens: Iterable[Token], usual: float, scale: float) -> list[Word]:
    words = [(token, _word(token, scale)) for token in tokens]
    return [word for token, word in words if word.text and not _is_garbage(word, token.height / usual)]


def _word(token: Token, scale: float) -> Word:
    text = _LEADER.sub("", unicodedata.normalize("NFC", token.text)).strip().strip(_SMEAR)
    left, top = round(token.left / scale), round(token.top / scale)
    box = Box(left, top, max(1, round(token.width / scale)), max(1, round(token.height / scale)))
    return Word(text, min(max(token.confidence / 100, 0.0), 1.0), box, 0)


def _is_garbage(word: Word, height: float) -> bool:
    """Whether a word is no writing but a crumb of something else; *height* is in those of the usual word.

    Three letters or digits together are always kept, however unsure: they may be handwriting, or an amount.
    """
    letters = sum(map(str.isalnum, word.text))
    if height > _TALL and (word.confidence < _SURE or letters <= 1):
        return True
    if letters == 0:
        return not _DASHES.issuperset(word.text) and not (
            word.confidence >= _SURE and _PUNCTUATION.issuperset(word.text)
        )
    if height < _FLAT:
        return True
    if letters > 1:
        return letters < _KEPT and word.confidence < _PAIR
    return word.confidence < (_LONE_DIGIT if any(map(str.isdigit, word.text)) else _LONE_LETTER)


def _pieces(words: Sequence[Word]) -> list[_Piece]:
    """Cut a line where the gap is too wide for one column."""
    if not words:
        return []
    ordered = sorted(words, key=lambda word: word.box.x)
    height = median(word.box.h for word in ordered)
    cut: list[list[Word]] = [[ordered[0]]]
    for word in ordered[1:]:
        if word.box.x - cut[-1][-1].box.right > _COLUMN_GAP * height:
            cut.append([])
        cut[-1].append(word)
    return [_Piece(tuple(piece), _around(piece)) for piece in cut]


def _around(words: Sequence[Word]) -> Box:
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    return box


def _runs(rows: Sequence[list[_Piece]]) -> Iterable[list[_Piece]]:
    """Put lines in reading order: where two or more rows are parted by the same gap, left column first."""
    at = 0
    while at < len(rows):
        end = _columns_end(rows, at)
        block = rows[at:end]
        if end - at > 1:
            yield [row[0] for row in block]
            yield [piece for row in block for piece in row[1:]]
        else:
            yield block[0]
        at = max(end, at + 1)


def _columns_end(rows: Sequence[list[_Piece]], start: int) -> int:
    """Return the row after the last one that has the same two columns as the row *start*."""
    left, right = 0, 10**9
    end = start
    for row in rows[start:]:
        # A label on the right is the next field of the same row, not another column.
        first, *rest = row
        if len(rest) != 1 or any(":" in word.text for word in rest[0].words):
            break
        left, right = max(left, first.box.right), min(right, rest[0].box.x)
        if left >= right:
            break
        end += 1
    return max(end, start + 1)
