"""From the engine's words to the page's: garbage dropped, columns told apart, lines in reading order."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
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
_LONG = 8
_ANY_LONG = 0.2
"""Confidence below which a piece of line that has nothing better, or nothing longer, is dropped whole."""

_COLUMN_GAP = 1.8
"""Gap between two columns, in heights of the line; words of one column stand less than half a height apart."""
_LEVEL = 0.25
"""Share of their height by which two pieces of one row overlap at least."""
_ROW_GAP = 2.5
"""Gap between two rows of one block, in heights of a line."""
_CAPITALS = 0.7


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
    pieces = [
        piece
        for _, line in groupby(tokens, key=lambda token: (token.block, token.paragraph, token.line))
        for piece in _pieces(_kept(line, usual, scale))
        if any(map(_is_writing, piece.words))
    ]
    ordered = _in_order(_rows(pieces))
    return tuple(word._replace(line=line) for line, piece in enumerate(ordered) for word in piece.words)


def _usual_height(tokens: Sequence[Token]) -> float:
    sure = [token.height for token in tokens if token.confidence >= 100 * _SURE and len(token.text) > 1]
    return median(sure or [token.height for token in tokens] or [1])


def _kept(tokens: Iterable[Token], usual: float, scale: float) -> list[Word]:
    words = [(token, word_of(token, scale)) for token in tokens]
    return [word for token, word in words if word.text and not _is_garbage(word, token.height / usual)]


def word_of(token: Token, scale: float) -> Word:
    """Return one word as it stands on the page, without dots and smears at its ends; its line is not yet known."""
    text = _LEADER.sub("", unicodedata.normalize("NFC", token.text)).strip().strip(_SMEAR).replace("⁄", "/")
    left, top = round(token.left / scale), round(token.top / scale)
    box = Box(left, top, max(1, round(token.width / scale)), max(1, round(token.height / scale)))
    return Word(text, min(max(token.confidence / 100, 0.0), 1.0), box, 0)


def _is_garbage(word: Word, height: float) -> bool:
    """Whether a word is no writing but a crumb of something else; *height* is in those of the usual word.

    Three letters or two digits together are always kept, however unsure: they may be handwriting, or a date.
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
        return letters < _KEPT and word.confidence < _PAIR and not word.text.isdigit()
    return word.confidence < (_LONE_DIGIT if any(map(str.isdigit, word.text)) else _LONE_LETTER)


def _is_writing(word: Word) -> bool:
    return word.confidence >= (_ANY_LONG if len(word.text) >= _LONG else _ANY)


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


def _rows(pieces: Iterable[_Piece]) -> list[list[_Piece]]:
    """Put pieces that stand side by side into one row, from the top, from the left."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.y + piece.box.bottom):
        if rows and all(_is_beside(piece.box, other.box) for other in rows[-1]):
            rows[-1] = sorted([*rows[-1], piece], key=lambda piece: piece.box.x)
        else:
            rows.append([piece])
    return rows


def _is_beside(box: Box, other: Box) -> bool:
    level = min(box.bottom, other.bottom) - max(box.y, other.y)
    return level > _LEVEL * min(box.h, other.h) and (box.x >= other.right or other.x >= box.right)


def _in_order(rows: Sequence[list[_Piece]]) -> Iterator[_Piece]:
    """Yield pieces in reading order: row by row, but a block of two columns left column first."""
    at = 0
    while at < len(rows):
        left, right, taken = _columns(rows[at:])
        yield from left
        yield from right
        at += taken


def _columns(rows: Sequence[list[_Piece]]) -> tuple[list[_Piece], list[_Piece], int]:
    """Return the left and the right column of the block that *rows* begin with, and how many rows it takes.

    Vietnamese administrative papers have two such blocks (NĐ 30/2020/NĐ-CP, annex I): issuer beside national title,
    recipients beside signer. They begin with capitals on one side. On forms, what stands on the right is another field
    of the same row: it has a label of its own, with a colon.
    """
    left, right = rows[0][:1], rows[0][1:]
    if len(right) != 1 or _is_labelled(right[0]) or not any(map(_is_heading, rows[0])):
        return left, right, 1
    for taken, row in enumerate(rows[1:], start=1):
        ends, starts = max(piece.box.right for piece in left), min(piece.box.x for piece in right)
        on_left = [piece for piece in row if piece.box.right < starts]
        on_right = [piece for piece in row if piece.box.x > ends]
        gap = min(piece.box.y for piece in row) - max(piece.box.bottom for piece in (left[-1], right[-1]))
        parted = len(row) == len(on_left) + len(on_right) and len(on_left) <= 1 and len(on_right) <= 1
        if not parted or gap > _ROW_GAP * row[0].box.h:
            return left, right, taken
        left, right = left + on_left, right + on_right
    return left, right, len(rows)


def _is_labelled(piece: _Piece) -> bool:
    return any(":" in word.text for word in piece.words)


def _is_heading(piece: _Piece) -> bool:
    letters = [letter for word in piece.words for letter in word.text if letter.isalpha()]
    return bool(letters) and sum(map(str.isupper, letters)) >= _CAPITALS * len(letters)
