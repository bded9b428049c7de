"""The machine-readable zone of an identity card (ICAO Doc 9303 part 5, TD1): three lines of 30 letters in OCR-B.

The Vietnamese model takes 3 for 5, 0 for 6 and I for T there. The model that comes with Tesseract knows the digits, but
takes fillers for a K; so the zone is read again with it, and only what its check digits confirm is believed. Vietnamese
cards have the personal identifier in the first line twice: its last nine digits as the card's number, all twelve as
optional data with a check digit of their own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, groupby
from typing import Final, NamedTuple

import cv2
import numpy as np

from pipeline.geometry import straighten
from pipeline.prepare.pages import RawPage
from pipeline.prepare.pixels import Grey, in_grey
from pipeline.tools import tesseract
from schemas.page import Box, Code, PageReading, Word
from schemas.settings import Limits

LENGTH: Final = 30
_LINES: Final = 3
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
_FILLERS: Final = 3
"""A word with so many is a part of the zone."""
_STEP: Final = 1.67
"""From line to line, in widths of a letter: ten letters and six lines an inch."""
_BESIDE: Final = 2.0
_LETTER: Final = 22
"""Pixels of a letter's width at which it is read best."""
_DPI: Final = 220
_SHARE_OF_TIME: Final = 0.1
_SETTLED: Final = 0.99
"""Confidence of what check digits confirm."""

_DIGITS: Final = str.maketrans("OQDUILTZSGBAJ", "0000111256843")
"""What a digit is taken for; used only where nothing but digits can stand, and check digits have the last word."""
_NUMBER, _IDENTIFIER = 9, 12
_SHIFTS: Final = range(8)
"""Letters at the beginning of a line before what is sought: `IDVNM`, and strokes that were read as letters."""
_BIRTH_SEX_EXPIRY: Final = re.compile(r"(.{7})([MF])(.{7})")
_SMALLEST_LINE: Final = 20
_TAIL: Final = re.compile(r"[<KCESRX]{3,}$|<+$")
"""Fillers behind the name, and what they are taken for."""


class _Line(NamedTuple):
    text: str
    top: float
    bottom: float


def find_mrz(raw: RawPage, reading: PageReading, limits: Limits) -> Code | None:
    """Return the lines of a machine-readable zone that check digits confirm, and the name; None where there are none.

    Args:
        raw: the page as it came.
        reading: what was read on it: fillers tell where a zone is.
        limits: what it may cost.

    Raises:
        ProblemError: see `tesseract.recognise`.
    """
    parts = [word for word in reading.words if word.text.count("<") >= _FILLERS]
    if not parts:
        return None
    place = _zone(parts)
    scale = _LETTER * (LENGTH + 2 * _BESIDE) / place.w
    tokens = tesseract.recognise(
        _cut_out(raw, reading, place, scale),
        segmentation=tesseract.BLOCK,
        dpi=_DPI,
        seconds=limits.wall_seconds(_SHARE_OF_TIME * limits.page_seconds),
        model=tesseract.latin_model(),
        letters=_ALPHABET,
    )
    found = []
    for _, line in groupby(tokens, key=lambda token: (token.block, token.paragraph, token.line)):
        words = list(line)
        top, bottom = min(word.top for word in words), max(word.top + word.height for word in words)
        found.append(_Line("".join(word.text for word in words), place.y + top / scale, place.y + bottom / scale))
    lines = list(_settled(found))
    if not lines:
        return None
    top, bottom = round(lines[0].top), round(lines[-1].bottom)
    return Code("mrz", "\n".join(line.text for line in lines), place._replace(y=top, h=max(1, bottom - top)))


def with_mrz(reading: PageReading, zone: Code) -> PageReading:
    """Return the page with the zone among its codes, and, if it is whole, in the place of what was read there first."""
    codes = tuple(sorted((*reading.codes, zone), key=lambda code: (code.box.y, code.box.x)))
    lines = zone.text.split("\n")
    inside = [_is_within(word, zone.box) for word in reading.words]
    if len(lines) < _LINES or not any(inside):
        return reading._replace(codes=codes)
    height = zone.box.h // _LINES
    boxes = [zone.box._replace(y=zone.box.y + number * height, h=max(1, height)) for number in range(_LINES)]
    better = [
        Word(text, _SETTLED, box, -1 - number) for number, (text, box) in enumerate(zip(lines, boxes, strict=True))
    ]
    at = inside.index(True)
    others = [word for word, gone in zip(reading.words, inside, strict=True) if not gone]
    return reading._replace(words=_numbered([*others[:at], *better, *others[at:]]), codes=codes)


def _zone(parts: Sequence[Word]) -> Box:
    """Return where the whole zone is when some of its lines were seen, with a margin."""
    whole = parts[0].box
    for word in parts[1:]:
        whole = whole.union(word.box)
    letter = max(word.box.w / max(len(word.text), 1) for word in parts)
    lines = len({word.line for word in parts})
    margin = round(((_LINES - lines) * _STEP + 1.2) * letter)
    beside = round(_BESIDE * letter)
    return Box(whole.x - beside, whole.y - margin, whole.w + 2 * beside, whole.h + 2 * margin)


def _cut_out(raw: RawPage, reading: PageReading, place: Box, scale: float) -> Grey:
    """Return a place of the upright, straight page in grey, from the scan's own pixels."""
    height, width = raw.pixels.shape[:2]
    m = straighten(width, height, reading.page.rotation, reading.page.skew_degrees).matrix
    matrix = scale * np.array([[m.a, m.b, m.c - place.x], [m.d, m.e, m.f - place.y]])
    size = (max(1, round(place.w * scale)), max(1, round(place.h * scale)))
    part = cv2.warpAffine(raw.pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return in_grey(np.asarray(part, np.uint8))


def _settled(found: Sequence[_Line]) -> Iterator[_Line]:
    """Yield the lines that check digits confirm, as they must be printed, and the name if it follows them."""
    first = next((line._replace(text=text) for line in found if (text := first_line(line.text))), None)
    second = next(
        ((at, line._replace(text=text)) for at, line in enumerate(found) if (text := second_line(line.text))), None
    )
    if first is None:
        if second is not None:
            yield second[1]
        return
    yield first
    if second is None:
        return
    at, line = second
    composite = check_digit(first.text[5:] + line.text[:7] + line.text[8:15] + line.text[18:29])
    yield line._replace(text=line.text[:29] + composite)
    if at + 1 < len(found) and (name := name_line(found[at + 1].text)):
        yield found[at + 1]._replace(text=name)


def check_digit(text: str) -> str:
    """Return the check digit of *text*: weights 7, 3, 1; A is 10, Z is 35, a filler 0."""
    values = (0 if letter == "<" else int(letter, 36) for letter in text)
    return str(sum(weight * value for weight, value in zip(cycle((7, 3, 1)), values, strict=False)) % 10)


def first_line(text: str) -> str | None:
    """Return `IDVNM`, number, identifier and their check digits if *text* says them, as 30 letters; else None."""
    if "NM" not in text[: max(_SHIFTS)]:
        return None
    for start in _SHIFTS:
        digits = text[start : start + _NUMBER + 1 + _IDENTIFIER].translate(_DIGITS)
        check = text[start + _NUMBER + 1 + _IDENTIFIER + 2 :][:1].translate(_DIGITS)
        if not (digits + check).isdecimal() or len(digits + check) < _NUMBER + _IDENTIFIER + 2:
            continue
        number, identifier = digits[:_NUMBER], digits[_NUMBER + 1 :]
        checked = check_digit(number) == digits[_NUMBER] and check_digit(identifier) == check
        if checked and identifier.endswith(number):
            return f"IDVNM{digits}<<{check}"
    return None


def second_line(text: str) -> str | None:
    """Return birth, sex and expiry with their check digits if *text* says them, as 30 letters; else None.

    The last check digit, over both lines, is left open.
    """
    for start in _SHIFTS[:3] if len(text) >= _SMALLEST_LINE else ():
        match = _BIRTH_SEX_EXPIRY.match(text, start)
        if match is None:
            continue
        birth, expiry = (part.translate(_DIGITS) for part in (match[1], match[3]))
        if all(day.isdecimal() and _is_day(day) and check_digit(day[:6]) == day[6] for day in (birth, expiry)):
            return f"{birth}{match[2]}{expiry}VNM".ljust(LENGTH, "<")
    return None


def _is_day(digits: str) -> bool:
    return 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31  # noqa: PLR2004 - months and days


def name_line(text: str) -> str | None:
    """Return the name of a third line with its fillers, as 30 letters; nothing confirms it."""
    name = _TAIL.sub("", text)
    return name.ljust(LENGTH, "<")[:LENGTH] if name.strip("<") and not any(map(str.isdecimal, name)) else None


def _is_within(word: Word, box: Box) -> bool:
    x, y = word.box.x + word.box.w / 2, word.box.y + word.box.h / 2
    return box.x <= x < box.right and box.y <= y < box.bottom


def _numbered(words: Iterable[Word]) -> tuple[Word, ...]:
    """Return the words with their lines numbered from 0 again, in the order in which they begin."""
    numbers: dict[int, int] = {}
    return tuple(word._replace(line=numbers.setdefault(word.line, len(numbers))) for word in words)
