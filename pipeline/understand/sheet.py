"""A page as its layout is seen: its rows, and the little questions that are asked about them everywhere."""

from typing import NamedTuple

from pipeline.understand.lines import Passage, Row
from schemas.field import Check
from schemas.page import Word


class Sheet(NamedTuple):
    """The rows of one page and its size in pixels."""

    rows: tuple[Row, ...]
    width: int
    height: int


class Part(NamedTuple):
    """Where a part stands, and what its place says about the reading."""

    passage: Passage
    checks: tuple[Check, ...] = ()


def is_capitals(word: Word) -> bool:
    """Return whether a word is in capitals; a dash and a number beside capitals are."""
    plain = [letter for letter in word.text if letter.isalpha()]
    return word.text == "-" or (not plain and word.text.isdigit()) or (bool(plain) and word.text == word.text.upper())


def is_title(row: Row) -> bool:
    """Return whether all words of a row are in capitals."""
    words = [word.text for word in row.words if any(letter.isalpha() for letter in word.text)]
    return bool(words) and all(word == word.upper() for word in words)


def centre(row: Row) -> float:
    """Return the middle of a row in pixels from the left."""
    return (row.left + row.right) / 2


def right_pieces(row: Row, sheet: Sheet) -> list[Row]:
    """Return the pieces of a row that stand in the right half of the page."""
    pieces = row.pieces()
    return [
        piece
        for piece in pieces
        if piece.left > 0.4 * sheet.width and (piece.left + piece.right) / 2 > 0.5 * sheet.width
    ]
