"""Numbers and dates written out in Vietnamese words, the second reading that forms ask for (`ghi bằng chữ`)."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import fold

_DIGITS: Final = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "nham": 5, "sau": 6,
    "bay": 7, "tam": 8, "chin": 9,
}  # fmt: skip
_SCALES: Final = {"nghin": 10**3, "ngan": 10**3, "trieu": 10**6, "ty": 10**9, "ti": 10**9}
_FILLERS: Final = {"linh", "le", "mong", "mung"}
_MONTHS: Final = {"gieng": 1, "chap": 12}
_VOCABULARY: Final = {
    *_DIGITS, *_SCALES, *_FILLERS, *_MONTHS, "muoi", "tram", "ngay", "thang", "dong", "chan",
}  # fmt: skip
_SHORTEST_REPAIR: Final = 4
_LAST_MONTH: Final = 12


def _number_words(text: str) -> list[str]:
    """Return the folded words of *text*; one that is a single letter off a number word becomes that word."""
    return [_nearest(word) for word in re.findall(r"[a-z]+", fold(text))]


def _nearest(word: str) -> str:
    if word in _VOCABULARY or len(word) < _SHORTEST_REPAIR:
        return word
    near = [known for known in _VOCABULARY if Levenshtein.distance(word, known, score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else word


def _below_thousand(words: Sequence[str]) -> int | None:
    """Return the number of `hai trăm linh năm`, `mười lăm`, `bốn mươi mốt`; digits read one by one count too."""
    value, pending = 0, None
    for word in words:
        if word in _FILLERS:
            continue
        if word == "tram":
            value, pending = value + 100 * (1 if pending is None else pending), None
        elif word == "muoi":
            value, pending = value + 10 * (pending or 1), None
        elif word in _DIGITS and pending is None:
            pending = _DIGITS[word]
        else:
            return None
    return value + (pending or 0)


def number(words: Sequence[str]) -> int | None:
    """Return the whole number that folded words say, or None if they do not say one."""
    if not words:
        return None
    if len(words) > 1 and all(word in _DIGITS for word in words):  # hai không một sáu
        return int("".join(str(_DIGITS[word]) for word in words))
    total, part = 0, []
    smaller = 10**12
    for word in words:
        scale = _SCALES.get(word)
        if scale is None:
            part.append(word)
            continue
        below = _below_thousand(part) if part else None
        if below is None or scale >= smaller:
            return None
        total, part, smaller = total + below * scale, [], scale
    rest = _below_thousand(part)
    return None if rest is None else total + rest


def amount_in_words(text: str) -> int | None:
    """Return the amount of `Sáu triệu một trăm ba mươi hai nghìn đồng chẵn`, or None."""
    words = _number_words(text)
    end = words.index("dong") if "dong" in words else len(words)
    return number(words[:end])


def date_in_words(text: str) -> date | None:
    """Return the date of `Ngày hai mươi hai, tháng hai, năm hai nghìn không trăm mười sáu`, or None."""
    words = _number_words(text)
    if "thang" not in words:
        return None
    start = words.index("ngay") + 1 if "ngay" in words else 0
    month_at = words.index("thang")
    day = number(words[start:month_at])
    # `năm` is the year and also the number five: the right one is that with a month before it and a year after it.
    for year_at in (index for index, word in enumerate(words) if word == "nam" and index > month_at + 1):
        month = _month(words[month_at + 1 : year_at])
        year = number(words[year_at + 1 :])
        if day and month and year:
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None


def _month(words: Sequence[str]) -> int | None:
    if len(words) == 1 and words[0] in _MONTHS:
        return _MONTHS[words[0]]
    value = number(words)
    return value if value is not None and 1 <= value <= _LAST_MONTH else None
