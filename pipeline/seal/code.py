"""The QR code on page 1 of a copy: where nothing is, as near to the lower right corner as can be, always 1:1."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.seal.appearance import Rectangle
from pipeline.tools.qr import Modules, modules

_MODULE = 1.2
"""Points: 0.42 mm, 2.5 pixels at 150 dpi."""
_QUIET = 4
"""Modules that stay blank around a code (ISO/IEC 18004, 6.3.8)."""
_MARGIN = 12
"""Points from the edges of the page that stay blank: few printers reach them."""


class CodePlace(NamedTuple):
    """Where a code goes, quiet zone included, and by how much the page has to grow for it."""

    area: Rectangle
    strip: float
    """Points added to the page below its lower edge; 0 where the page has room."""


class QrCode(NamedTuple):
    """A code that has no place yet."""

    modules: Modules

    @classmethod
    def of(cls, address: str, claim: str) -> "QrCode":
        """Return the code that leads to a page with a claim."""
        return cls(modules((f"{address}#", claim)))

    @property
    def side(self) -> float:
        """Points, quiet zone included."""
        return (len(self.modules) + 2 * _QUIET) * _MODULE

    def placed(self, width: float, height: float, taken: Iterable[Rectangle]) -> CodePlace:
        """Return where it goes on a page of a size in points.

        Args:
            width: of the page.
            height: of the page.
            taken: what is on the page and must stay visible.

        Where the page has no room, the code goes into a strip that is added below it; it covers nothing, ever.
        """
        free = _free_square(math.ceil(self.side), math.floor(width), math.floor(height), height, taken)
        if free is not None:
            return CodePlace(free, 0.0)
        side = min(self.side, width)
        left = max(0.0, width - _MARGIN - side)
        return CodePlace(Rectangle(left, -side, left + side, 0.0), side)

    def drawn(self, area: Rectangle) -> bytes:
        """Return the content that draws it: one path, since there would be seams between several."""
        module = (area.right - area.left) / (len(self.modules) + 2 * _QUIET)
        size = len(self.modules)
        runs = (
            b"%d %d %d 1 re" % (left, size - row - 1, right - left)
            for row, line in enumerate(self.modules)
            for left, right in _runs(line)
        )
        corner = area.left + _QUIET * module, area.bottom + _QUIET * module
        return b"q 0 g %.4f 0 0 %.4f %.2f %.2f cm\n%s\nf Q" % (module, module, *corner, b"\n".join(runs))


def _runs(line: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Yield where dark modules begin and end in a row."""
    begin: int | None = None
    for place, dark in enumerate((*line, False)):
        if dark and begin is None:
            begin = place
        elif not dark and begin is not None:
            yield begin, place
            begin = None


def _free_square(side: int, columns: int, rows: int, height: float, taken: Iterable[Rectangle]) -> Rectangle | None:
    """Return the free square nearest to the lower right corner, tried point by point; None if there is none."""
    room = np.zeros((rows, columns), np.uint8)
    for each in taken:
        top, bottom = max(0, math.floor(height - each.top)), math.ceil(height - each.bottom)
        room[top : max(0, bottom), max(0, math.floor(each.left)) : max(0, math.ceil(each.right))] = 1
    if min(rows, columns) < side + 2 * _MARGIN:
        return None
    sums = cv2.integral(room)
    covered = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    inside = covered[_MARGIN : rows - side - _MARGIN + 1, _MARGIN : columns - side - _MARGIN + 1]
    places = np.argwhere(inside == 0)
    if not len(places):
        return None
    down, across = (int(each) + _MARGIN for each in places[places.sum(axis=1).argmax()])
    return Rectangle(float(across), height - down - side, float(across + side), height - down)
