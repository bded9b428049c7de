"""Which words are written by hand: a pen leaves other strokes than the print around it.

Print of administrative papers is thick across its stems and thin along its bars; a pen is as thick both ways. It is
heavier or thinner than the print beside it, often paler, and its digits are larger or smaller. The engine is unsure of
it as well. Nothing of that is sure by itself; together, weighed by a logistic regression, it tells most handwriting and
hardly ever takes print for it. It is evidence to keep a value from being accepted, never to change one.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.pixels import PAPER, Grey
from schemas.page import Word

_RUN: Final = re.compile(r"\d+|[^\W\d]{2,}")
"""What is judged by itself: number and word may have been written by different means and read as one."""
_INK: Final = 0.3
"""Share of full black from which a pixel belongs to a stroke."""
_SHARE: Final = 0.35
"""Of the strokes of a word, counted from the thinnest: the one that stands for all, as bars count along with stems."""
_STEPS: Final = 16
_THICKEST: Final = 255
"""Thickness is counted in sixteenths of a pixel, up to sixteen pixels."""
_SHARPEST: Final = 0.85
"""Enlargement of the scan up to which strokes can be measured: about 190 dpi at least."""
_SMALL: Final = 0.72
"""Share of the usual height of words below which it is small print, in another type than the rest."""
_BELOW: Final = 0.4
"""Distance between the middles of two words, in heights of letters, from which they stand in two rows."""
_BESIDE: Final = 3
"""Runs in one row that are enough to know what is usual there."""
_MOST: Final = 0.8
"""Logarithm beyond which a ratio is some mistake and tells nothing more."""
_SURE: Final = 0.9
"""Confidence of the engine from which a word is taken for print: what is usual on a page is measured on those."""
_ENOUGH: Final = 8
"""Runs of such words that are enough to know the print by."""
_MOST_UNSURE: Final = 0.6
"""Doubt of the engine beyond which it tells nothing more: a word that is smeared is not written by hand for that."""
_FAINTEST: Final = 1e-3
_FEW: Final = 20
"""Words that a page has at least, for the usual one to be known."""


class _Weights(NamedTuple):
    """Weights of the logistic regression: what one unit of each evidence is worth."""

    even: float = -8.8
    heavier: float = 11.5
    thinner: float = -10.9
    size: float = 4.7
    paler: float = 20.3
    unsure: float = 10.2
    constant: float = -8.7


_WEIGHTS: Final = _Weights()
"""Fitted on words of made papers (tuning half) and of real ones; the constant is one lower, for print's sake."""


class Strokes(NamedTuple):
    """What was measured of one run of letters or digits of a word."""

    word: int
    """Its place among the words."""
    is_number: bool
    across: float
    """Thickness of strokes met going from left to right, in pixels."""
    down: float
    """Thickness of strokes met going down."""
    black: float
    """How black the ink is, 0 to 1."""
    height: float
    """Of the digits of a number; of the box of a word."""
    middle: float
    confidence: float


def mark_handwriting(words: Sequence[Word], picture: Grey, scale: float) -> tuple[Word, ...]:
    """Return the words, those marked that look handwritten; on a scan too coarse to tell, none.

    Args:
        words: of the page, with boxes in its pixels.
        picture: the page as it was read, dark on white.
        scale: pixels of the picture per pixel of the page.
    """
    if scale > _SHARPEST or len(words) < _FEW:
        return tuple(words)
    by_hand = {run.word for run, score in scored(strokes_of(words, picture, scale)) if score > 0}
    return tuple(word._replace(handwritten=place in by_hand) for place, word in enumerate(words))


def strokes_of(words: Sequence[Word], picture: Grey, scale: float) -> list[Strokes]:
    """Return what can be measured of the strokes of each run of digits or letters; small print is left out."""
    usual = float(np.median([word.box.h for word in words]))
    runs = [
        (place, match)
        for place, word in enumerate(words)
        if word.box.h >= _SMALL * usual
        for match in _RUN.finditer(word.text)
    ]
    owners = np.zeros(picture.shape, np.int16)
    heights = []
    for number, (place, match) in enumerate(runs, start=1):
        box = words[place].box
        letter = box.w / len(words[place].text)
        left, right = (round((box.x + at * letter) * scale) for at in match.span())
        top, bottom = max(0, round(box.y * scale)), round(box.bottom * scale)
        owners[top:bottom, left : right + 1] = number
        is_number = match.group().isdigit()
        heights.append(_height(picture[top:bottom, left : right + 1]) if is_number else bottom - top)
    black = cv2.copyTo(cv2.bitwise_not(picture), (owners > 0).view(np.uint8))
    across, blackest = _thickness(np.asarray(black, np.uint8), owners, len(runs))
    down, _ = _thickness(np.asarray(cv2.transpose(black), np.uint8), owners.T, len(runs))
    return [
        Strokes(
            word=place,
            is_number=match.group().isdigit(),
            across=float(across[number]),
            down=float(down[number]),
            black=float(blackest[number]),
            height=float(height),
            middle=(words[place].box.y + words[place].box.h / 2) * scale,
            confidence=words[place].confidence,
        )
        for number, ((place, match), height) in enumerate(zip(runs, heights, strict=True))
        if across[number] > 0 and down[number] > 0
    ]


def _height(part: Grey) -> int:
    """Return from which to which row there is ink, in rows; all, where there is none."""
    inked = np.flatnonzero(part.min(axis=1, initial=PAPER) < PAPER * (1 - _INK))
    return int(inked[-1] - inked[0]) + 1 if len(inked) else len(part)


def _thickness(
    black: NDArray[np.uint8], owners: NDArray[np.int16], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the thickness of the strokes of each owner, met row by row, and how black their middles are.

    A stroke is counted in pixels of full black, so that its edges may lie between pixels.
    """
    places = np.flatnonzero(black > int(_INK * PAPER))
    if not len(places):
        return np.zeros(count), np.zeros(count)
    begins = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    ink = black.ravel()[places].astype(np.float32) / PAPER
    thick = np.minimum(np.add.reduceat(ink, begins) * _STEPS, _THICKEST).astype(np.int64)
    darkest = (np.maximum.reduceat(ink, begins) * _THICKEST).astype(np.int64)
    owner = owners[np.divmod(places[begins], black.shape[1])].astype(np.int64) - 1
    return _of_each(owner, thick, count, _SHARE) / _STEPS, _of_each(owner, darkest, count, 1 / 2) / _THICKEST


def _of_each(owner: NDArray[np.int64], values: NDArray[np.int64], count: int, share: float) -> NDArray[np.float64]:
    """Return the quantile of the values, 0 to 255, of each owner; 0 for one that has none."""
    keys = np.sort(owner * (_THICKEST + 1) + values)
    first = np.searchsorted(keys, np.arange(count + 1) * (_THICKEST + 1))
    at = first[:-1] + ((first[1:] - first[:-1]) * share).astype(np.int64)
    found = keys[np.minimum(at, len(keys) - 1)] % (_THICKEST + 1)
    return np.where(first[1:] > first[:-1], found, 0).astype(np.float64)


def scored(runs: Sequence[Strokes]) -> list[tuple[Strokes, float]]:
    """Return each run with the logarithm of the odds that it is written by hand."""
    evidence = evidence_of(runs)
    return list(zip(runs, (evidence @ np.array(_WEIGHTS[:-1]) + _WEIGHTS.constant).tolist(), strict=True))


def evidence_of(runs: Sequence[Strokes]) -> NDArray[np.float64]:
    """Return one row for each run: the evidence that `_Weights` weighs, in its order."""
    if not runs:
        return np.zeros((0, len(_WEIGHTS) - 1))
    across, down, black, height, middle, confidence = (
        np.array([getattr(run, name) for run in runs])
        for name in ("across", "down", "black", "height", "middle", "confidence")
    )
    numbers = np.array([run.is_number for run in runs])
    print_ = confidence >= _SURE
    if np.count_nonzero(print_) < _ENOUGH:
        print_ = confidence >= np.median(confidence)
    thin_bars = np.log(across / down)
    rows = _rows(middle, float(np.median(height)))
    weight = np.log(across / _usual(across, rows, print_))
    digits = height[numbers & print_] if (numbers & print_).any() else height
    paler = np.log(np.maximum(_usual(black, rows, print_), _FAINTEST) / np.maximum(black, _FAINTEST))
    return np.column_stack(
        [
            np.clip(thin_bars - np.median(thin_bars[print_]), -_MOST, _MOST),
            np.clip(weight, 0, _MOST),
            np.clip(-weight, 0, _MOST),
            np.where(numbers, np.minimum(np.abs(np.log(height / np.median(digits))), _MOST), 0),
            np.clip(paler, 0, _MOST),
            np.minimum(1 - confidence, _MOST_UNSURE),
        ]
    )


def _rows(middles: NDArray[np.float64], height: float) -> NDArray[np.int64]:
    """Return for each run the number of its row, from the top: a new one begins where the next middle is far below."""
    order = np.argsort(middles)
    rows = np.zeros(len(middles), np.int64)
    rows[order] = np.cumsum(np.diff(middles[order], prepend=middles[order[0]]) > _BELOW * height)
    return rows


def _usual(values: NDArray[np.float64], rows: NDArray[np.int64], print_: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each run the median of the print in its row; of all print, where little stands in the row."""
    usual = np.full(len(values), np.median(values[print_]))
    for row in np.flatnonzero(np.bincount(rows[print_], minlength=1) >= _BESIDE):
        usual[rows == row] = np.median(values[(rows == row) & print_])
    return usual
