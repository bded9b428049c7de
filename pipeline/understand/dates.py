"""Dates as papers write them, to ISO 8601, and what speaks against a date that was read."""

import re
from datetime import date
from typing import Final, NamedTuple

from pipeline.understand.folding import fold
from schemas.field import Check

FIGURES: Final = "figures"
"""The check that fails where a figure was read as a letter that looks like it."""

_FIRST_YEAR: Final = 1850
_LAST_YEAR: Final = 2100

_DAY_MONTH_YEAR: Final = re.compile(r"(\d{1,2})\s*[/.,-]\s*(\d{1,2})\s*[/.,-]\s*(\d{4})(?!\d)")
_STROKE: Final = r"[/.,\-Il|1]"
_STROKES_LOST: Final = tuple(
    re.compile(rf"(\d{{2}}){one}(\d{{2}}){other}(\d{{4}})", re.ASCII)
    for one in (_STROKE, "")
    for other in (_STROKE, "")
)
_DIGITS_APART: Final = re.compile(r"(?<!\d)([0-2](?= \d)|3(?= [01])) (\d)(?=\s*(?:[/.-]|th))")
"""Both figures of a day, which a fold or a dot of the form parts; the text keeps its length when they are joined."""
_LONG_DATE: Final = re.compile(
    r"(?<!\d)(\d{1,2})[\s.,]*(?:th[aoe]ng|thắng)[\s.,:]*(\d{1,2})[\s.,]*n[ao]m[\s.,:]*(\d{4})(?!\d)"
)
_MONTH_YEAR: Final = re.compile(
    r"(?:thang\s*(\d{1,2})[\s.,]*nam[\s.,:]*|(?<![\d/.-])(\d{1,2})\s*[/.-]\s*)(\d{4})(?!\d)"
)


_ALIKE: Final = {
    **dict.fromkeys("IlLiJj|![]", "1"), **dict.fromkeys("ÌÍÏÎìíïî", "1"),
    **dict.fromkeys("OoØøQD", "0"), **dict.fromkeys("SsŠšŞş§", "5"), "Z": "2", "z": "2", "B": "8", "ó": "6", "Ó": "6",
}  # fmt: skip
"""Figures and what the networks make of them: `II` for 11, `1Š` for 15."""
_SLOT: Final = rf"[\d{re.escape(''.join(_ALIKE))}]"
_FEW: Final = rf"{_SLOT}(?:\s?{_SLOT})?"
_YEAR: Final = rf"(?:[12]{_SLOT}{{3}})"
_ALIKE_DATES: Final = (
    re.compile(
        rf"(?<![^\W_])({_FEW})[\s.,]*(?:th[áaàâoôóeê]ng|thắng)[\s.,:]*({_FEW})[\s.,]*n[ăaâàoô]m[\s.,:]*({_YEAR})(?![^\W_])",
        re.IGNORECASE,
    ),
    re.compile(rf"(?<![^\W_])({_FEW})\s?[/.,-]\s?({_FEW})\s?[/.,-]\s?({_YEAR})(?![^\W_])"),
)
"""Dates in which letters may stand for figures; the first two figures of the year decide that it is one."""


class Dated(NamedTuple):
    """A whole date in a text."""

    value: str
    """ISO 8601."""
    start: int
    end: int
    checks: tuple[Check, ...]


def whole(text: str) -> Dated | None:
    """Return the first whole date in *text*, `ngày 02 tháng 9 năm 2024` or `02/9/2024`; None if there is none."""
    folded = _DIGITS_APART.sub(r"\1\2 ", fold(text))
    found = []
    for pattern in (_LONG_DATE, _DAY_MONTH_YEAR):
        for match in pattern.finditer(folded):
            value = iso_date(*(int(part) for part in reversed(match.groups())))
            if value is not None:
                found.append((match.start(), match.end(), value))
    guess = _guessed(text)
    if not found:
        return guess
    start, end, value = min(found)
    if guess is not None and guess.start < start < guess.end:  # `J1-02-1954` is not the first of February
        return guess
    others = {other for _, _, other in found} - {value}
    single = Check(name="one_date", passed=not others)
    before = text[:start]
    alone = not before.strip() or before[-1].isalpha() or bool(re.search(r"[^\W\d_]\s$", before))
    clear = Check(name="clear_start", passed=alone, detail=before)
    return Dated(value, start, end, (single, clear, _digits(text[start:end])))


def _guessed(text: str) -> Dated | None:
    """Return the date in which some figures were read as letters; `figures` fails, until another reading agrees."""
    for pattern in _ALIKE_DATES:
        for match in pattern.finditer(text):
            day, month, year = map(figures, match.groups())
            value = iso_date(int(year), int(month), int(day))
            if value is not None:
                guess = Check(name=FIGURES, passed=False, detail=match[0])
                return Dated(value, *match.span(), (guess,))
    return None


def figures(text: str) -> str:
    """Return what signs stand for where only figures can stand: `11` for `I 1`."""
    return "".join(_ALIKE.get(sign, sign).strip() for sign in text)


def _digits(printed: str) -> Check:
    """Return whether day and month have as many digits as they are written with.

    Where `tháng` is said, days below 10, January and February have a 0 (NĐ 30/2020 annex I, II.4): of `2 tháng 9` and
    `9 tháng 1` a digit was mostly not read. Where only figures are, both have it or neither: `1-06` was `21-06`.
    A day whose figures stand apart (`1 1/8`) fails too.
    """
    day, month, *_ = re.findall(r"\d+", printed)
    said = bool(re.search(r"\s[^\W\d_]", printed))
    no_day = len(day) == 1 and (said or month[0] == "0" or bool(re.match(r"\d \d", printed)))
    no_month = month in {"1", "2"} and (said or day[0] == "0")
    return Check(name="date_digits", passed=not (no_day or no_month), detail=printed)


def without_strokes(word: str) -> str | None:
    """Return the date whose strokes were read as letters or as a 1, or not at all: a guess that a person confirms."""
    matches = (pattern.fullmatch(word) for pattern in _STROKES_LOST)
    found = {iso_date(int(match[3]), int(match[2]), int(match[1])) for match in matches if match} - {None}
    return found.pop() if len(found) == 1 else None


def month_or_year(text: str) -> str | None:
    """Return `1990-02` or `1990` if *text* says that and nothing else."""
    folded = fold(text)
    match = _MONTH_YEAR.fullmatch(folded.strip(" .,;:-"))
    if match and iso_date(int(match[3]), int(match[1] or match[2]), 1):
        return f"{match[3]}-{int(match[1] or match[2]):02d}"
    match = re.fullmatch(r"(?:nam\s*)?(\d{4})\W*", folded.strip())
    return match[1] if match and is_year(match[1]) else None


def is_year(digits: str) -> bool:
    """Return whether four digits are a year between 1850 and 2100."""
    return _FIRST_YEAR <= int(digits) <= _LAST_YEAR


def iso_date(year: int, month: int, day: int) -> str | None:
    """Return the date in ISO 8601, or None if there is no such day between 1850 and 2100."""
    try:
        value = date(year, month, day)
    except ValueError:
        return None
    return value.isoformat() if _FIRST_YEAR <= year <= _LAST_YEAR else None
