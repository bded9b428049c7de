"""Rings of seals taken off the names and titles they are set on, where their colour does not tell them from letters.

On a grey or black and white scan a seal is as dark as print, and the engine gives up the words that its rings cross.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.layout import Pieces
from pipeline.prepare.pixels import PAPER, Grey

_RADII = (110, 175)
"""Radii of seals 28 to 44 mm across, in pixels at 200 dpi: those of authorities measure about 36 mm."""
_PIECE = (30, 80)
"""A broken seal's largest pieces measure at least this much the short and the long way."""
_LARGEST = 700
"""Larger pieces are frames and tables; a signature across a seal is smaller."""
_COARSE = 8
_MARGIN = 24
_HALF = 2
_EDGE = 100
_VOTES = 50
"""Thresholds of the Hough transform at 100 dpi: low, because what it finds is only where to look."""

_PALEST = 205
_STARTS = (-8, -4, 0, 4, 8)
"""Seals have rings 7 pixels apart: the best one is looked for from radii that are that much off."""
_NEAR = (6, 4, 2, 2)
"""Pixels from the circle within which ink belongs to it, while it is fitted."""
_FEWEST = 50

_RINGS = (0.5, 1.06)
"""Where rings lie, in radii of the best one."""
_ROUND = 0.55
"""Share of the way round on which a ring has ink at least; lettering on a circle has less."""
_THICKEST = 16
"""Pixels that a ring is broad at most (2 mm: two that have run into one); an inscription is broader."""
_BESIDE = 2
_BLACK = 60
_DARKER = 0.75
"""Where a seal is grey, letters are darker than this share of its brightness."""


class _Circle(NamedTuple):
    x: float
    y: float
    radius: float


def without_seals(flat: Grey, pieces: Pieces) -> Grey:
    """Return a straight picture at 200 dpi without the rings of round seals; strokes that cross them stay."""
    for area in _areas(pieces, flat.shape):
        circle = _circle(flat, area)
        if circle is not None:
            flat = _without_rings(flat, circle)
    return flat


def _areas(pieces: Pieces, shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Yield the rows and columns where large loose pieces of ink lie close together."""
    sides = pieces.boxes[:, 2:]
    short, long = _PIECE
    large = (sides.min(axis=1) >= short) & (sides.max(axis=1) >= long) & (sides.max(axis=1) <= _LARGEST)
    coarse = np.zeros((shape[0] // _COARSE + 1, shape[1] // _COARSE + 1), np.uint8)
    for x, y, w, h in pieces.boxes[large].tolist():
        corner, opposite = (x - _MARGIN, y - _MARGIN), (x + w + _MARGIN, y + h + _MARGIN)
        cv2.rectangle(
            coarse,
            (corner[0] // _COARSE, corner[1] // _COARSE),
            (opposite[0] // _COARSE, opposite[1] // _COARSE),
            1,
            thickness=cv2.FILLED,
        )
    _, _, stats, _ = cv2.connectedComponentsWithStats(coarse)
    for x, y, w, h in (stats[1:, :4] * _COARSE).tolist():
        if min(w, h) >= _RADII[0] and max(w, h) <= 2 * _LARGEST:
            yield slice(y, y + h), slice(x, x + w)


def _circle(flat: Grey, area: tuple[slice, slice]) -> _Circle | None:
    """Return the circle that the most ink of an area lies on."""
    rows, columns = area
    crop = np.ascontiguousarray(flat[area][::_HALF, ::_HALF])
    smallest, largest = (radius // _HALF for radius in _RADII)
    found = cv2.HoughCircles(
        crop,
        cv2.HOUGH_GRADIENT,
        dp=_HALF,
        minDist=max(crop.shape),
        param1=_EDGE,
        param2=_VOTES,
        minRadius=smallest,
        maxRadius=largest,
    )
    if found is None:
        return None
    x, y, radius = (float(value) * _HALF for value in found.ravel()[:3])
    ys, xs = np.nonzero(flat[area] < _PALEST)
    fits = [_fitted(xs.astype(float), ys.astype(float), _Circle(x, y, radius + more)) for more in _STARTS]
    _, best = max(fits)
    return best._replace(x=best.x + columns.start, y=best.y + rows.start)


def _fitted(x: NDArray[np.float64], y: NDArray[np.float64], circle: _Circle) -> tuple[float, _Circle]:
    """Fit a circle to the points near it, ever nearer (Kåsa's least squares); return its points per radius too."""
    for near in _NEAR:
        on = np.abs(np.hypot(x - circle.x, y - circle.y) - circle.radius) <= near
        if on.sum() < _FEWEST:
            return 0.0, circle
        points = np.column_stack([x[on], y[on], np.ones(on.sum())])
        (p, q, c), *_ = np.linalg.lstsq(points, x[on] ** 2 + y[on] ** 2, rcond=None)
        circle = _Circle(float(p) / 2, float(q) / 2, float(np.sqrt(max(1.0, c + (p * p + q * q) / 4))))
    on = np.abs(np.hypot(x - circle.x, y - circle.y) - circle.radius) <= _NEAR[-1]
    return float(on.sum()) / circle.radius, circle


def _without_rings(flat: Grey, circle: _Circle) -> Grey:
    """Take out the rings around a centre: on a picture unrolled around it they are level rows of ink."""
    nearest, farthest = (int(share * circle.radius) for share in _RINGS)
    turns = int(2 * np.pi * circle.radius)
    radii = np.arange(nearest, farthest, dtype=np.float64)
    angles = np.linspace(0, 2 * np.pi, turns, endpoint=False)
    across = (circle.x + np.outer(radii, np.cos(angles))).astype(np.float32)
    down = (circle.y + np.outer(radii, np.sin(angles))).astype(np.float32)
    unrolled = cv2.remap(flat, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=PAPER)
    rings = _rings(np.asarray(unrolled, np.uint8))
    if not rings.any():
        return flat
    top, left = max(0, int(circle.y) - farthest), max(0, int(circle.x) - farthest)
    cleaned = flat.copy()
    part = cleaned[top : int(circle.y) + farthest, left : int(circle.x) + farthest]
    y = np.arange(part.shape[0])[:, None] + top - circle.y
    x = np.arange(part.shape[1])[None, :] + left - circle.x
    row = np.rint(np.hypot(x, y)).astype(np.intp) - nearest
    column = np.rint(np.arctan2(y, x) * turns / (2 * np.pi)).astype(np.intp) % turns
    within = (row >= 0) & (row < len(rings))
    part[within & rings[np.where(within, row, 0), column]] = PAPER
    return cleaned


def _rings(unrolled: Grey) -> NDArray[np.bool_]:
    """Return what belongs to rings on an unrolled picture: not where a stroke crosses one, not what is darker."""
    gone = np.zeros(unrolled.shape, np.bool_)
    inked = np.concatenate([[False], (unrolled < _PALEST).mean(axis=1) >= _ROUND, [False]])
    for first, last in list(pairwise(np.flatnonzero(np.diff(inked)).tolist()))[::2]:
        if last - first > _THICKEST:
            continue
        tone = float(np.median(unrolled[first:last].min(axis=0)))
        is_black = tone < _BLACK
        letters = unrolled < (_PALEST if is_black else _DARKER * tone)
        top, bottom = max(0, first - 1), last + 1
        inside, outside = letters[max(0, top - _BESIDE) : top], letters[bottom : bottom + _BESIDE]
        crossed = inside.any(axis=0) & outside.any(axis=0)
        gone[top:bottom] = ~crossed & (is_black | ~letters[top:bottom])
    return gone
