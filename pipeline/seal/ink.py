"""Where the upper edge of a page is dark: print, handwriting, stamps, or the black that a scanner shows beside a sheet.

Words alone would not do: what no engine reads must stay visible too, and black letters on black would not be.
"""

import math

import cv2
import numpy as np

from pipeline.geometry import straighten
from pipeline.prepare.pixels import Pixels, in_grey
from pipeline.seal.appearance import Rectangle
from schemas.page import Page

_INK = 48
"""Grey levels, of 255, by which ink is darker than its paper."""
_DARK = 128
"""Nothing is written on paper darker than this."""
_SPECK = 3
"""Square points that dust may cover."""


def ink_on_top(pixels: Pixels, page: Page, *, scale: float, depth: float) -> list[Rectangle]:
    """Return rectangles around everything dark within *depth* points of the page's upper edge.

    Args:
        pixels: the scan as `prepare.pages.raw_page` returns it.
        page: how it becomes upright and straight.
        scale: points a pixel.
        depth: how far down to look, in points.
    """
    grey = in_grey(pixels)
    rows, columns = grey.shape
    small = cv2.resize(
        grey, (max(1, round(columns * scale)), max(1, round(rows * scale))), interpolation=cv2.INTER_AREA
    )
    a, b, c, d, e, f = straighten(columns, rows, page.rotation, page.skew_degrees).matrix
    matrix = np.array([[a, b, c * scale], [d, e, f * scale]])
    size = (math.ceil(page.width * scale), math.ceil(depth))
    band = cv2.warpAffine(small, matrix, size, borderValue=(255, 255, 255))
    dark = band < max(_DARK, float(np.median(small)) - _INK)
    _, _, found, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8))
    height = page.height * scale
    return [
        Rectangle(float(x), height - float(y + h), float(x + w), height - float(y))
        for x, y, w, h, area in found[1:].tolist()
        if area > _SPECK
    ]
