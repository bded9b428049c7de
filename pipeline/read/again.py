"""A second reading of a few words: from the scan itself, larger, and by another model than the first.

What both readings say is far more often right than the engine's confidence in one of them tells. The second one has to
be independent for that: it has other pixels (the scan's, not those of the page that was cleaned and made smaller) and
another network, so that it seldom makes the same mistake.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.geometry import Affine, straighten
from pipeline.prepare import laid_flat, raw_page
from pipeline.prepare.clean import without_stamps
from pipeline.prepare.pixels import PAPER, Grey, Ink, Pixels
from pipeline.read.words import word_of
from pipeline.tools import tesseract
from pipeline.tools.tesseract import Token
from schemas.page import Box, PageReading, Spot, Word
from schemas.problem import PAGE_FAILED
from schemas.settings import Limits

_LARGER = 1.5
"""Than on the picture that was read first; letters of usual size stand at 240 dpi then."""
_DPI = 240
_ABOVE = 0.3
_BESIDE = 0.4
_BESIDE_DIGITS = 1.0
"""What belongs to a line beyond its box, in heights of the box: marks and descenders, and a margin. With digits it is
wide enough for one more of them: the first reading may have lost the end of a number."""
_MIDDLE = 0.06
"""Share of a strip's height around its middle that every word of its line reaches."""
_GAP = 40
"""Pixels between two strips."""
_INK = 215
"""What is darker on the cleaned picture is ink, the soft edges of letters too."""
_PAPER_SHARE = 80
"""Percentile of a strip's columns that is paper: letters take less than four fifths of its height."""
_PAPER_REACH = 101
"""Columns over which the paper's brightness is evened out."""
_SHARE_OF_TIME = 0.8
"""Of a page's time, what the engine may take."""


class _Strip(NamedTuple):
    """A line of a spot, cut out."""

    spot: Spot
    pixels: Grey
    left: float
    top: float
    """Where it begins, in pixels of the page."""


class _Sheet(NamedTuple):
    """A page to cut strips from."""

    pixels: Pixels
    """As scanned."""
    way: Affine
    """From the scan to the upright, straight page."""
    ink: Ink
    """Of the cleaned picture."""
    scale: float
    """Pixels of `ink` per pixel of the page."""
    words: tuple[Word, ...]


def keep_ink(picture: Grey, path: Path) -> None:
    """Write down where the ink of a cleaned picture is, for `read_again`."""
    ink = cv2.threshold(picture, _INK, PAPER, cv2.THRESH_BINARY_INV)[1]
    path.write_bytes(cv2.imencode(".png", ink, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes())


def read_again(
    path: Path, media_type: str, reading: PageReading, spots: Sequence[Spot], ink: Path, limits: Limits
) -> dict[Spot, tuple[Word, ...]]:
    """Return what a second reading finds at each spot, line by line; nothing where it finds nothing.

    Args:
        path: the file.
        media_type: of the file.
        reading: the page, as it was read first.
        spots: where to look; all on this page.
        ink: what `keep_ink` wrote for it.
        limits: what it may cost.

    Raises:
        ProblemError: see `raw_page`; `tool-missing`, `page-failed`.
    """
    sheet = _sheet(path, media_type, reading, ink, limits)
    strips = [_strip(sheet, spot, box) for spot in spots for box in spot.lines]
    tokens = tesseract.recognise(
        _stacked([strip.pixels for strip in strips]),
        segmentation=tesseract.BLOCK,
        dpi=_DPI,
        seconds=limits.wall_seconds(_SHARE_OF_TIME * limits.page_seconds),
        model=tesseract.second_model(),
    )
    found: dict[Spot, tuple[Word, ...]] = dict.fromkeys(spots, ())
    for line, (strip, words) in enumerate(zip(strips, _apart(tokens, strips), strict=True)):
        placed = (_placed(word_of(token, 1.0), strip, _LARGER * sheet.scale, line) for token in words)
        found[strip.spot] += tuple(word for word in placed if word.text)
    return found


def _sheet(path: Path, media_type: str, reading: PageReading, ink: Path, limits: Limits) -> _Sheet:
    page = reading.page
    raw = laid_flat(raw_page(path, media_type, page.number, limits), page.corners)
    height, width = raw.pixels.shape[:2]
    way = straighten(width, height, page.rotation, page.skew_degrees)
    kept = cv2.imread(str(ink), cv2.IMREAD_GRAYSCALE)
    if kept is None:
        raise PAGE_FAILED.error("its cleaned picture is gone", page=page.number)
    return _Sheet(raw.pixels, way.matrix, np.asarray(kept, np.uint8), kept.shape[1] / page.width, reading.words)


def _strip(sheet: _Sheet, spot: Spot, box: Box) -> _Strip:
    left, right = _sides(box, sheet.words, _BESIDE_DIGITS if spot.as_scanned else _BESIDE)
    top, bottom = _edges(box, sheet.words)
    zoom = _LARGER * sheet.scale
    size = (max(1, round((right - left) * zoom)), max(1, round((bottom - top) * zoom)))
    scanned = _scanned(sheet, Affine(zoom, 0, -left * zoom, 0, zoom, -top * zoom), size)
    corners = (left, right, top, bottom)
    strip = _within_ink(scanned, sheet.ink, *(max(0, round(edge * sheet.scale)) for edge in corners))
    if spot.as_scanned:  # the dots of a form run below figures and touch them: `189` becomes `489`
        foot = round((box.bottom - top) * zoom)
        strip[:foot] = scanned[:foot]
    return _Strip(spot, strip, left, top)


def _sides(box: Box, words: Iterable[Word], beside_it: float) -> tuple[float, float]:
    """Return where a strip begins and ends: with a margin, in heights of the box, or half way to the words beside."""
    middle, margin = box.y + box.h / 2, beside_it * box.h
    beside = [word.box for word in words if word.box.y < middle < word.box.bottom]
    before = max((other.right for other in beside if other.x + other.w / 2 < box.x), default=box.x - 2 * margin)
    after = min((other.x for other in beside if other.x + other.w / 2 > box.right), default=box.right + 2 * margin)
    left, right = max(box.x - margin, (box.x + before) / 2), min(box.right + margin, (box.right + after) / 2)
    return min(left, box.x), max(right, box.right)


def _edges(box: Box, words: Iterable[Word]) -> tuple[float, float]:
    """Return where a strip begins and ends in height: with a margin, but without the lines above and below."""
    others = [word.box for word in words if word.box.x < box.right and box.x < word.box.right]
    above = max((other.bottom for other in others if other.y + other.h / 2 < box.y), default=0)
    below = min((other.y for other in others if other.y + other.h / 2 > box.bottom), default=box.bottom + box.h)
    top, bottom = max(box.y - _ABOVE * box.h, above), min(box.bottom + _ABOVE * box.h, below)
    return min(top, box.y), max(bottom, box.bottom)


def _scanned(sheet: _Sheet, to_strip: Affine, size: tuple[int, int]) -> Grey:
    """Return a part of the upright, straight page in grey on white paper, from the scan's pixels."""
    m = sheet.way.then(to_strip)
    back = cv2.invertAffineTransform(np.array([[m.a, m.b, m.c], [m.d, m.e, m.f]]))
    corners = back @ np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]], [1, 1, 1, 1]])
    height, width = sheet.pixels.shape[:2]
    x0, y0 = (max(0, int(low) - 2) for low in corners.min(axis=1))
    x1, y1 = (min(most, int(high) + 3) for most, high in zip((width, height), corners.max(axis=1), strict=True))
    part = sheet.pixels[y0:y1, x0:x1]
    if part.size == 0:
        return np.full(size[::-1], PAPER, np.uint8)
    zoom = to_strip.a
    finest = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    sized = np.asarray(cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=finest), np.uint8)
    way = Affine(1, 0, 0.5, 0, 1, 0.5).then(Affine(1 / zoom, 0, x0, 0, 1 / zoom, y0)).then(m)
    way = way.then(Affine(1, 0, -0.5, 0, 1, -0.5))
    matrix = np.array([[way.a, way.b, way.c], [way.d, way.e, way.f]])
    straight = cv2.warpAffine(
        without_stamps(sized), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _on_white(np.asarray(straight, np.uint8))


def _on_white(strip: Grey) -> Grey:
    paper = np.percentile(strip, _PAPER_SHARE, axis=0).astype(np.uint8)[np.newaxis]
    even = cv2.blur(paper, (_PAPER_REACH, 1), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.divide(strip, np.broadcast_to(even, strip.shape).copy(), scale=PAPER), np.uint8)


def _within_ink(strip: Grey, ink: Ink, left: int, right: int, top: int, bottom: int) -> Grey:
    """Return a strip with nothing where the cleaned picture has nothing."""
    here = ink[top:bottom, left:right]
    if here.size == 0:
        return strip.copy()
    fitted = cv2.resize(here, strip.shape[::-1], interpolation=cv2.INTER_LINEAR)
    near = cv2.dilate(fitted, np.ones((3, 3), np.uint8))
    return np.where(near > 0, strip, PAPER).astype(np.uint8)


def _stacked(strips: Sequence[Grey]) -> Grey:
    """Return strips one below the other, with gaps between them: one call of the engine reads them all."""
    width = max(strip.shape[1] for strip in strips) + 2 * _GAP
    picture = np.full((sum(strip.shape[0] + _GAP for strip in strips) + _GAP, width), PAPER, np.uint8)
    top = _GAP
    for strip in strips:
        picture[top : top + strip.shape[0], _GAP : _GAP + strip.shape[1]] = strip
        top += strip.shape[0] + _GAP
    return picture


def _apart(tokens: Iterable[Token], strips: Sequence[_Strip]) -> list[list[Token]]:
    """Return the words of each strip of a stack from left to right, placed as if it stood alone.

    Words that do not cross the middle of their strip belong to the lines above and below.
    """
    heights = [strip.pixels.shape[0] + _GAP for strip in strips]
    starts = _GAP / 2 + np.concatenate([[0], np.cumsum(heights)])
    found: list[list[Token]] = [[] for _ in strips]
    for token in sorted(tokens, key=lambda token: token.left):
        at = int(np.searchsorted(starts, token.top + token.height / 2, side="right")) - 1
        if 0 <= at < len(strips):
            top = round(token.top - starts[at] - _GAP / 2)
            height = strips[at].pixels.shape[0]
            if top + token.height < (0.5 - _MIDDLE) * height or top > (0.5 + _MIDDLE) * height:
                continue
            found[at].append(token._replace(left=token.left - _GAP, top=top))
    return found


def _placed(word: Word, strip: _Strip, zoom: float, line: int) -> Word:
    """Return a word of a strip where it stands on the page."""
    box = word.box
    x, y = round(strip.left + box.x / zoom), round(strip.top + box.y / zoom)
    return word._replace(box=Box(x, y, max(1, round(box.w / zoom)), max(1, round(box.h / zoom))), line=line)
