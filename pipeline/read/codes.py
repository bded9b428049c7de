"""Codes on a page: QR and bar codes, found on the scan as it came and placed on the upright, straight page.

What a code says is as easily made as what is printed: it is unsigned. It confirms that the paper was read rightly,
never that the paper is genuine.
"""

import math
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from pipeline.geometry import Affine, straighten
from pipeline.prepare.pages import RawPage
from pipeline.prepare.pixels import Grey, Pixels, in_grey
from pipeline.tools.barcodes import Symbol, bar_codes, qr_codes
from schemas.page import Box, Code, Page

_MOST_CODES: Final = 8
_LONGEST: Final = 1000
"""Characters; a card's code has about 120, the most that a QR code can hold is 4296."""
_MOST_PIXELS: Final = 16_000_000
"""Of a photograph of one page; a sheet at 300 dpi has 8.7 million."""
_BARS_LONG_SIDE: Final = 1700
"""Pixels that are enough for bars on a sheet, whose modules are 0.25 mm wide or more."""
_MOST_RETRIES: Final = 3
_MARGIN: Final = 0.2
"""Of a code's side, kept around it: a code needs its white rim."""
_SMALLEST, _LARGEST = 20, 1200
"""Side in pixels of a code that is worth another look."""
_SHARPENING: Final = 1.5


def find_codes(raw: RawPage, page: Page) -> tuple[Code, ...]:
    """Return the codes on a page, from top to bottom, at most eight.

    Args:
        raw: the page as it came: what cleans a page for reading takes its codes for stamps, rules or pictures.
        page: what was done to it since.
    """
    grey = in_grey(raw.pixels)
    way = straighten(raw.pixels.shape[1], raw.pixels.shape[0], page.rotation, page.skew_degrees)
    found = {
        (kind, text): _placed(symbol, way.matrix)
        for kind, symbol in _symbols(grey)
        if (text := _text(symbol.data)) is not None
    }
    codes = (Code(kind, text, box) for (kind, text), box in found.items())
    return tuple(sorted(codes, key=lambda code: (code.box.y, code.box.x))[:_MOST_CODES])


def qr_texts(pixels: Pixels) -> tuple[str, ...]:
    """Return what the QR codes on a picture say."""
    grey = in_grey(pixels)
    texts = (_text(symbol.data) for symbol in _qr_codes(_reduced(grey, _times(grey))))
    return tuple(text for text in texts if text is not None)


def _symbols(grey: Grey) -> Iterator[tuple[str, Symbol]]:
    """Yield what was decoded and what it is."""
    times = _times(grey)
    yield from (("qr", _enlarged(symbol, times)) for symbol in _qr_codes(_reduced(grey, times)))
    times = max(times, max(grey.shape) // _BARS_LONG_SIDE)
    yield from (("code128", _enlarged(symbol, times)) for symbol in bar_codes(_reduced(grey, times)))


def _times(grey: Grey) -> int:
    """Return how many times smaller a picture is enough for QR codes."""
    return math.ceil(math.sqrt(grey.size / _MOST_PIXELS))


def _reduced(grey: Grey, times: int) -> Grey:
    """Return the picture a whole number of times smaller: any other size costs ten times as much."""
    if times <= 1:
        return grey
    share = 1 / times
    return np.asarray(cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)


def _enlarged(symbol: Symbol, times: int) -> Symbol:
    return symbol._replace(corners=symbol.corners * times)


def _qr_codes(grey: Grey) -> Iterator[Symbol]:
    """Yield the codes that can be decoded; those that are seen but not decoded are enlarged and sharpened first."""
    found = qr_codes(grey)
    yield from (symbol for symbol in found if symbol.data is not None)
    unread = [symbol for symbol in found if symbol.data is None and _SMALLEST <= _side(symbol) <= _LARGEST]
    for symbol in unread[:_MOST_RETRIES]:
        again = next((better for better in _closer(grey, symbol) if better.data is not None), None)
        if again is not None:
            yield again


def _closer(grey: Grey, symbol: Symbol) -> Iterator[Symbol]:
    """Yield what is decoded when the place of a code is enlarged, in every way that has helped, the best first.

    Two pixels a module are too few for a decoder, and enough for interpolation to tell where a module begins.
    """
    margin = _MARGIN * _side(symbol)
    left, top = np.maximum(symbol.corners.min(axis=0) - margin, 0).astype(int)
    right, bottom = (symbol.corners.max(axis=0) + margin).astype(int)
    place = grey[top:bottom, left:right]
    if not place.size:
        return
    for times, sharpening in ((2, 0.0), (3, 0.0), (2, _SHARPENING)):
        larger = np.asarray(cv2.resize(place, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8)
        if sharpening:
            soft = cv2.GaussianBlur(larger, (0, 0), 3)
            larger = np.asarray(cv2.addWeighted(larger, 1 + sharpening, soft, -sharpening, 0), np.uint8)
        for found in qr_codes(larger):
            yield found._replace(corners=found.corners / times + (left, top))


def _side(symbol: Symbol) -> float:
    return float(np.ptp(symbol.corners, axis=0).max())


def _text(data: bytes | None) -> str | None:
    """Return what a code says, on one line; None for what is no text, empty or too long to be on a paper.

    UTF-8 is what the cards have. No other encoding is guessed: a wrong guess gives other names.
    """
    if data is None or len(data) > 4 * _LONGEST:
        return None
    try:
        text = " ".join(data.decode("utf-8").split())
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and 0 < len(text) <= _LONGEST else None


def _placed(symbol: Symbol, matrix: Affine) -> Box:
    points = [matrix.apply(x, y) for x, y in symbol.corners.tolist()]
    left, top = (max(0, round(min(values))) for values in zip(*points, strict=True))
    right, bottom = (round(max(values)) for values in zip(*points, strict=True))
    return Box(left, top, max(1, right - left), max(1, bottom - top))
