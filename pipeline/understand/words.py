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


def _tokens(text: str) -> list[str]:
    """Return the folded words of *text*; one that is a single letter off a number word becomes that word."""
    return [_nearest(token) for token in re.findall(r"[a-z]+", fold(text))]


def _nearest(token: str) -> str:
    if token in _VOCABULARY or len(token) < _SHORTEST_REPAIR:
        return token
    near = [known for known in _VOCABULARY if Levenshtein.distance(token, known, score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else token


def _below_thousand(tokens: Sequence[str]) -> int | None:
    """Return the number of `hai trăm linh năm`, `mười lăm`, `bốn mươi mốt`; digits read one by one count too."""
    value, pending = 0, None
    for token in tokens:
        if token in _FILLERS:
            continue
        if token == "tram":
            value, pending = value + 100 * (1 if pending is None else pending), None
        elif token == "muoi":
            value, pending = value + 10 * (pending or 1), None
        elif token in _DIGITS and pending is None:
            pending = _DIGITS[token]
        else:
            return None
    return value + (pending or 0)


def number(tokens: Sequence[str]) -> int | None:
    """Return the whole number that folded words say, or None if they do not say one."""
    if not tokens:
        return None
    if len(tokens) > 1 and all(token in _DIGITS for token in tokens):  # hai không một sáu
        return int("".join(str(_DIGITS[token]) for token in tokens))
    total, part = 0, []
    smaller = 10**12
    for token in tokens:
        scale = _SCALES.get(token)
        if scale is None:
            part.append(token)
            continue
        below = _below_thousand(part) if part else None
        if below is None or scale >= smaller:
            return None
        total, part, smaller = total + below * scale, [], scale
    rest = _below_thousand(part)
    return None if rest is None else total + rest


def amount_in_words(text: str) -> int | None:
    """Return the amount of `Sáu triệu một trăm ba mươi hai nghìn đồng chẵn`, or None."""
    tokens = _tokens(text)
    end = tokens.index("dong") if "dong" in tokens else len(tokens)
    return number(tokens[:end])


def date_in_words(text: str) -> date | None:
    """Return the date of `Ngày hai mươi hai, tháng hai, năm hai nghìn không trăm mười sáu`, or None."""
    tokens = _tokens(text)
    if "thang" not in tokens:
        return None
    start = tokens.index("ngay") + 1 if "ngay" in tokens else 0
    month_at = tokens.index("thang")
    day = number(tokens[start:month_at])
    # `năm` is the year and also the number five: the right one is that with a month before it and a year after it.
    for year_at in (index for index, token in enumerate(tokens) if token == "nam" and index > month_at + 1):
        month = _month(tokens[month_at + 1 : year_at])
        year = number(tokens[year_at + 1 :])
        if day and month and year:
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None


def _month(tokens: Sequence[str]) -> int | None:
    if len(tokens) == 1 and tokens[0] in _MONTHS:
        return _MONTHS[tokens[0]]
    value = number(tokens)
    return value if value is not None and 1 <= value <= _LAST_MONTH else None
