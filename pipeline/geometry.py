"""From the pixels of a scan to those of the upright, straight page: one matrix, to read by and to make the copy by.

A photograph has one step more: the sheet on it, seen at an angle, is laid flat first.
"""

import math
from typing import NamedTuple

from schemas.page import Corners, Rotation

_A4_RATIO = math.sqrt(2)
_NEARLY_A4 = 0.08


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

    def inverse(self) -> "Affine":
        """Return the matrix of the way back."""
        a, b, c, d, e, f = self
        area = a * e - b * d
        return Affine(e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area)


class Projective(NamedTuple):
    """`x' = (a x + b y + c) / (g x + h y + i)`, `y' = (d x + e y + f) / (g x + h y + i)`."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    g: float
    h: float
    i: float

    def apply(self, x: float, y: float) -> tuple[float, float]:
        """Return where the point goes."""
        depth = self.g * x + self.h * y + self.i
        return (self.a * x + self.b * y + self.c) / depth, (self.d * x + self.e * y + self.f) / depth


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


def sheet_size(corners: Corners) -> tuple[int, int]:
    """Return width and height, in pixels, of a photographed sheet laid flat; of nearly A4's shape becomes A4's.

    Args:
        corners: of the sheet on the photograph, clockwise from the one at the top left.
    """
    top_left, top_right, bottom_right, bottom_left = corners
    width = (math.dist(top_left, top_right) + math.dist(bottom_left, bottom_right)) / 2
    height = (math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)) / 2
    long, short = max(width, height), min(width, height)
    if abs(long / short / _A4_RATIO - 1) < _NEARLY_A4:
        short = math.sqrt(long * short / _A4_RATIO)
        long = short * _A4_RATIO
    return (round(long), round(short)) if width > height else (round(short), round(long))


def sheet_to_scan(corners: Corners, width: int, height: int) -> Projective:
    """Return the way from a sheet of *width* x *height* pixels laid flat back to the photograph.

    P. Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    ax, ay, bx, by = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    area = ax * by - bx * ay
    g, h = (sx * by - bx * sy) / area, (ax * sy - sx * ay) / area
    return Projective(
        (x1 - x0 + g * x1) / width, (x3 - x0 + h * x3) / height, x0,
        (y1 - y0 + g * y1) / width, (y3 - y0 + h * y3) / height, y0,
        g / width, h / height, 1,
    )  # fmt: skip
