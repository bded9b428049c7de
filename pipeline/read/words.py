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
_GARBAGE_CONFIDENCE = 0.3
_COLUMN_GAP = 1.8
"""Gap between two columns, in heights of the line; words of one column stand less than half a height apart."""


class _Piece(NamedTuple):
    """Words of one line and one column."""

    words: tuple[Word, ...]
    box: Box


def words_of(tokens: Iterable[Token], scale: float) -> tuple[Word, ...]:
    """Return the words in reading order.

    Args:
        tokens: the engine's words.
        scale: pixels of the picture that was read per pixel of the page; boxes are given in the latter.
    """
    rows = [
        _pieces([word for token in row if (word := _word(token, scale)) is not None])
        for _, row in groupby(tokens, key=lambda token: (token.block, token.paragraph, token.line))
    ]
    ordered = [piece for run in _runs([row for row in rows if row]) for piece in run]
    return tuple(word._replace(line=line) for line, piece in enumerate(ordered) for word in piece.words)


def _word(token: Token, scale: float) -> Word | None:
    text = _LEADER.sub("", unicodedata.normalize("NFC", token.text)).strip()
    confidence = min(max(token.confidence / 100, 0.0), 1.0)
    if not text or (confidence < _GARBAGE_CONFIDENCE and not any(map(str.isalnum, text))):
        return None
    left, top = round(token.left / scale), round(token.top / scale)
    box = Box(left, top, max(1, round(token.width / scale)), max(1, round(token.height / scale)))
    return Word(text, confidence, box, 0)


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
        if len(row) != 2 or any(":" in word.text for word in row[1].words):
            break
        left, right = max(left, row[0].box.right), min(right, row[1].box.x)
        if left >= right:
            break
        end += 1
    return max(end, start + 1)
