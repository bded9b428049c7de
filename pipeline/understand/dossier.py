"""Which dossier pages belong to: separator sheets and receipts carry its code (mã hồ sơ), printed and as a QR code.

TT 01/2023/TT-VPCP puts a QR code with at least the dossier's code on papers that the system issues; its syntax is not
laid down, so the code is found by its own shape.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Final

from pipeline.understand.folding import letters
from schemas.page import PageReading, Word
from schemas.submission import DOSSIER_CODE

_CODE: Final = re.compile(rf"(?<![\w.-])(?:{DOSSIER_CODE})(?![\w-])", re.ASCII)
_DASHES: Final = re.compile("[‐‑‒–—−]")
_LABEL: Final = "mahoso"
_TITLES: Final = (
    "tophancach", "phieuphancach", "trangphancach", "giaytiepnhanhosovahen", "phieukiemsoatquatrinh",
)  # fmt: skip
"""Separator sheets, and forms 01 and 05 of TT 01/2018/TT-VPCP, which lie on top of a dossier's papers."""
_ABOVE: Final = 0.6
"""Titles stand in the upper part of the page."""
_FEW_WORDS: Final = 60
"""A page with the code of a dossier as a QR code and no more words than that is there for the code."""
_SURE: Final = 0.9
"""Confidence from which on a printed code is believed: it has no check digit, and leads to somebody's dossier."""


def separator_code(reading: PageReading) -> str | None:
    """Return the dossier code if a page is a separator sheet or a receipt: a new dossier begins with it.

    None for any other page, and for one whose code cannot be read for sure: two codes are as bad as none.
    """
    return dossier_code(reading) if is_separator(reading) else None


def is_separator(reading: PageReading) -> bool:
    """Return whether a page is a separator sheet, a receipt or a control sheet, whether or not its code can be read."""
    upper = (word.text for word in reading.words if word.box.y < _ABOVE * reading.page.height)
    said = letters("".join(text for text in upper if text == text.upper()))  # running text may speak of receipts
    if any(title in said for title in _TITLES):
        return True
    return len(reading.words) <= _FEW_WORDS and any(_codes_in(code.text) for code in reading.codes)


def dossier_code(reading: PageReading) -> str | None:
    """Return the dossier code that a page names, in a QR or bar code or behind `Mã hồ sơ`; None for none or several.

    A printed one that is not read for sure neither counts nor contradicts.
    """
    found = {match for code in reading.codes for match in _codes_in(code.text)} | set(_printed(reading.words))
    return found.pop() if len(found) == 1 else None


def _printed(words: Iterable[Word]) -> Iterable[str]:
    """Yield the codes in lines that have the label; one code may have been read as several words."""
    for _, line in groupby(words, key=lambda word: word.line):
        row = list(line)
        ends = (end for end in range(1, len(row) + 1) if _LABEL in letters("".join(word.text for word in row[:end])))
        start = next(ends, len(row))
        sure = "".join(word.text if word.confidence >= _SURE else "?" for word in row[start:])
        yield from _codes_in(sure)


def _codes_in(text: str) -> list[str]:
    matches = (match.group() for match in _CODE.finditer(_DASHES.sub("-", text)))
    return [code for code in matches if _has_day(code)]


def _has_day(code: str) -> bool:
    """Return whether the middle part of a code is a day, `yymmdd`."""
    try:
        datetime.strptime(code.split("-")[-2], "%y%m%d")  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return False
    return True
