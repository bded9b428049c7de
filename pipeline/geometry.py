"""From the pixels of a scan to those of the upright, straight page: one matrix, to read by and to make the copy by."""

import math
from typing import NamedTuple

from schemas.page import Rotation


class Affine(NamedTuple):
    """`x' = a x + b y + c`, `y' = d x + e y + f`; pixels, origin top left, y downwards."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def then(self, other: "Affine") -> "Affine":
        """Return the matrix that does this one first and *other* after it."""
        return Affine(
            other.a * self.a + other.b * self.d,
            other.a * self.b + other.b * self.e,
            other.a * self.c + other.b * self.f + other.c,
            other.d * self.a + other.e * self.d,
            other.d * self.b + other.e * self.e,
            other.d * self.c + other.e * self.f + other.f,
        )

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Return where the point goes."""
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f


class Straightening(NamedTuple):
    """How a scan becomes the upright, straight page, and how large that is."""

    matrix: Affine
    width: int
    height: int


def straighten(width: int, height: int, rotation: Rotation, skew_degrees: float) -> Straightening:
    """Return the way from a scan of *width* x *height* pixels to its upright, straight page.

    Args:
        width: columns of the scan.
        height: rows of the scan.
        rotation: clockwise turn that makes it upright.
        skew_degrees: how far the content is then turned counter-clockwise, as seen; it is turned back by this much.
            The page grows so that no corner of the paper is cut off.
    """
    turns = {
        0: (Affine(1, 0, 0, 0, 1, 0), width, height),
        90: (Affine(0, -1, height, 1, 0, 0), height, width),
        180: (Affine(-1, 0, width, 0, -1, height), width, height),
        270: (Affine(0, 1, 0, -1, 0, width), height, width),
    }
    upright, w, h = turns[rotation]
    if skew_degrees == 0:
        return Straightening(upright, w, h)
    angle = math.radians(skew_degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    wide = math.ceil(w * abs(cos) + h * abs(sin))
    high = math.ceil(w * abs(sin) + h * abs(cos))
    clockwise = Affine(
        cos, -sin, wide / 2 - (cos * w - sin * h) / 2,
        sin, cos, high / 2 - (sin * w + cos * h) / 2,
    )  # fmt: skip
    return Straightening(upright.then(clockwise), wide, high)
