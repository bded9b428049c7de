"""One page, from the file to its words: what a worker is given to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.prepare import Prepared, laid_flat, prepare, raw_page
from pipeline.prepare.pixels import Ink
from pipeline.read.again import keep_ink
from pipeline.read.codes import find_codes
from pipeline.read.columns import folded, strips_of, unfolded
from pipeline.read.hand import mark_handwriting
from pipeline.read.mrz import find_mrz, with_mrz
from pipeline.read.words import words_of
from pipeline.tools import tesseract
from schemas.page import Box, PageReading, Word
from schemas.settings import Limits

_DOUBTFUL = 0.65
"""Mean confidence below which the page may be the wrong way up: such pages stay near 0.5, others are above 0.7."""
_LOST = 0.7
"""Share of ink within words below which lines were lost."""
_LETTER = 0.4
"""Height of a small letter without marks, in heights of words."""
_MARGIN = 0.2
"""How far the marks and tails of a word may stand out of its box, in heights of the box."""
_MOST_LEFT = 2000
"""Of a page that was hardly read, not every stroke is worth keeping."""
_SHARE_OF_TIME = 0.4
"""Of a page's time, what one call of the engine may take: the second reading of a page must fit in as well."""


class _Try(NamedTuple):
    """A page prepared in one of the ways that it may be meant, and what was read on it."""

    prepared: Prepared
    reading: PageReading

    @property
    def confidence(self) -> float:
        return self.reading.page.quality.confidence or 0.0


def read_page(path: Path, media_type: str, number: int, limits: Limits, ink: Path | None = None) -> PageReading:
    """Return page *number* (from 1) of a file with everything that was read on it.

    Args:
        path: the file.
        media_type: of the file.
        number: of the page.
        limits: what it may cost.
        ink: where to write down what `read_again` needs to know about the page, unless it is blank.

    Raises:
        ProblemError: see `raw_page`; `tool-missing`, `page-failed`.
    """
    raw = laid_flat(raw_page(path, media_type, number, limits))
    prepared = prepare(raw)
    if prepared.page.blank:
        return PageReading(prepared.page, ())
    best = _try(prepared, limits)
    if best.confidence < _DOUBTFUL:
        best = max(best, _try(prepared.upside_down(), limits), key=lambda one: one.confidence)
    if best.confidence < _DOUBTFUL and not prepared.axis_sure:
        other = prepare(raw, other_axis=True)
        ways = (best, _try(other, limits), _try(other.upside_down(), limits))
        best = max(ways, key=lambda one: one.confidence)
    if ink is not None:
        keep_ink(best.prepared.picture, ink)
    reading = best.reading._replace(codes=find_codes(raw, best.reading.page))
    zone = find_mrz(raw, reading, limits)
    return reading if zone is None else with_mrz(reading, zone)


def _try(prepared: Prepared, limits: Limits) -> _Try:
    return _Try(prepared, read(prepared, limits))


def read(prepared: Prepared, limits: Limits) -> PageReading:
    """Return the words of a prepared page, read once, or twice when much of its ink was not read the first time."""
    first = _read_as(prepared, tesseract.BLOCK, limits)
    if (first.page.quality.ink_read or 0) >= _LOST:
        return first
    return max(
        first, _read_as(prepared, tesseract.COLUMN, limits), key=lambda reading: reading.page.quality.ink_read or 0
    )


def _read_as(prepared: Prepared, segmentation: int, limits: Limits) -> PageReading:
    strips = strips_of(prepared.picture, prepared.letters)
    tokens = tesseract.recognise(
        unfolded(prepared.picture, strips),
        segmentation=segmentation,
        dpi=prepared.dpi,
        seconds=limits.wall_seconds(_SHARE_OF_TIME * limits.page_seconds),
    )
    words = mark_handwriting(words_of(folded(tokens, strips), prepared.scale), prepared.picture, prepared.scale)
    total, rest = cv2.countNonZero(prepared.letters), _without_words(prepared.letters, words, prepared.scale)
    share = 1 - cv2.countNonZero(rest) / total if total else 1.0
    warnings = prepared.page.quality.warnings + (("ink_not_read",) if share < _LOST else ())
    quality = prepared.page.quality.model_copy(
        update={"ink_read": share, "confidence": _mean_confidence(words), "warnings": warnings}
    )
    unread = _letters_left(rest, words, prepared.scale)
    return PageReading(prepared.page.model_copy(update={"quality": quality}), words, unread=unread)


def _mean_confidence(words: Sequence[Word]) -> float | None:
    """Return the mean over letters, so that crumbs count for little."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else None


def _without_words(ink: Ink, words: Sequence[Word], scale: float, margin: float = 0.0) -> Ink:
    """Return the ink that lies outside the boxes of words, each larger by a margin in heights of its own."""
    rest = ink.copy()
    for word in words:
        box, more = word.box, margin * word.box.h
        corners = (box.x - more, box.y - more, box.right + more, box.bottom + more)
        left, top, right, bottom = (round(value * scale) for value in corners)
        cv2.rectangle(rest, (left, top), (right, bottom), 0, thickness=cv2.FILLED)
    return rest


def _letters_left(rest: Ink, words: Sequence[Word], scale: float) -> tuple[Box, ...]:
    """Return where pieces of ink as high as letters are, in pixels of the page; no more than a page has letters."""
    if not words:
        return ()
    least = _LETTER * float(np.median([word.box.h for word in words])) * scale
    apart = _without_words(rest, words, scale, _MARGIN)
    _, _, pieces, _ = cv2.connectedComponentsWithStats(apart, connectivity=8)
    high = pieces[1:][pieces[1:, cv2.CC_STAT_HEIGHT] >= least]
    return tuple(Box(*(round(value / scale) for value in piece[:4].tolist())) for piece in high[:_MOST_LEFT])
