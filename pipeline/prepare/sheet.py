"""Photographs of paper: the sheet is found on what it lies on, and laid flat.

Only where there is no doubt: a sheet brighter than all around it, four straight edges, each within the picture. What is
in doubt stays as it came, and so does a scan whose sheet is a rectangle already.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import sheet_size, sheet_to_scan
from pipeline.prepare.layout import shrunk
from pipeline.prepare.pages import RawPage, dpi_of_sheet
from pipeline.prepare.pixels import GREY_AXES, PAPER, Grey, Pixels, in_grey
from schemas.page import Corners

_LONG_SIDE = 700
"""Pixels on which a sheet is looked for; a line through its edge is known to a twentieth of one."""
_RIM = 0.01
"""Share of the picture's sides that is its rim."""
_DARKER = 0.75
"""What lies around a sheet is darker than this share of it."""
_LETTERS = 0.02
"""Share of the long side within which letters are closed."""
_SMALLEST = 0.3
"""Share of the picture that the sheet takes at least."""
_FILLED = 0.97
"""Share of the four corners' area that is sheet, and share of the sheet that lies within them."""
_ENDS = 0.08
"""Share of an edge at either end that is not asked: corners are rounded and dog-eared."""
_NEAR = 0.015
_ASTRAY = 0.0015
"""Shares of the long side: how far an outline may be from its edge to belong to it, and from the straight line."""
_ANGLES = (65.0, 115.0)
_ASPECTS = (1.2, 1.75)
"""Of paper, from A4 and forms to cards."""
_ASKEW = 0.006
"""Share of the long side by which a corner is off the nearest rectangle, from where the picture is a photograph."""

Points = NDArray[np.float64]


def laid_flat(raw: RawPage, corners: Corners | None = None) -> RawPage:
    """Return the sheet alone where the page is a photograph of one, seen at an angle; else the page as it came.

    Args:
        raw: the page as it came.
        corners: of the sheet on it, where they are known.
    """
    found = corners or sheet_corners(raw.pixels)
    if found is None:
        return raw
    width, height = sheet_size(found)
    way = np.array(sheet_to_scan(found, width, height)).reshape(3, 3)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from the middle of a pixel
    flat = cv2.warpPerspective(
        raw.pixels,
        np.linalg.inv(half) @ way @ half,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return raw._replace(pixels=np.asarray(flat, np.uint8), dpi=dpi_of_sheet(width, height), corners=found)


def sheet_corners(pixels: Pixels) -> Corners | None:
    """Return the corners of a sheet that was photographed at an angle, or None where there is none for sure.

    Returns:
        In pixels of the picture, clockwise as seen from the one nearest to the top left.
    """
    if not _has_dark_rim(pixels):
        return None
    times = max(1, max(pixels.shape[:2]) // _LONG_SIDE)
    small = shrunk(pixels, times)
    grey = in_grey(small)
    outline = _outline(grey)
    rough = None if outline is None else _four_corners(outline)
    if outline is None or rough is None:
        return None
    corners = _refined(outline, rough, max(grey.shape))
    if corners is None or not _is_sheet(corners, grey, outline) or _is_rectangle(corners, max(grey.shape)):
        return None
    # An outline runs through the middle of the outermost pixels of the sheet.
    middle = corners.mean(axis=0)
    corners = corners + 0.5 + 0.5 * np.sign(corners - middle)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (corners * times).round(1).tolist()
    return (ax, ay), (bx, by), (cx, cy), (dx, dy)


def _has_dark_rim(pixels: Pixels) -> bool:
    """Whether the picture is darker all around than in the middle: most scans are not, and that is quickly seen."""
    green = pixels if pixels.ndim == GREY_AXES else pixels[:, :, 1]
    height, width = green.shape
    rows, columns = max(1, int(_RIM * height)), max(1, int(_RIM * width))
    step = max(1, max(height, width) // 200)
    paper = float(np.percentile(green[::step, ::step], 75))
    sides = (green[:rows:2, ::step], green[-rows::2, ::step], green[::step, :columns:2], green[::step, -columns::2])
    return all(float(np.median(side)) < _DARKER * paper for side in sides)


def _outline(grey: Grey) -> Points | None:
    """Return the outline of the largest bright area, or None when it is too small."""
    side = 2 * int(_LETTERS * max(grey.shape) / 2) + 1
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8), borderValue=0)
    bright = cv2.threshold(closed, 0, PAPER, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(outlines, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) < _SMALLEST * grey.size:
        return None
    return np.asarray(largest, np.float64).reshape(-1, 2)


def _four_corners(outline: Points) -> Points | None:
    """Return the corners of the outline's hull, if it has four; clockwise, from the one nearest to the top left."""
    hull = cv2.convexHull(outline.astype(np.float32))
    for tolerance in (0.01, 0.02, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, tolerance * cv2.arcLength(hull, closed=True), closed=True).reshape(-1, 2)
        if len(corners) == 4:  # noqa: PLR2004 - a sheet of paper
            around = np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T[::-1]))
            ordered = corners[around]
            return np.asarray(np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0), np.float64)
    return None


def _refined(outline: Points, rough: Points, side: int) -> Points | None:
    """Return where straight lines through the four edges meet, or None when an edge is not straight."""
    lines = []
    for start, end in zip(rough, np.roll(rough, -1, axis=0), strict=True):
        along = (end - start) / np.linalg.norm(end - start)
        place, off = (outline - start) @ along, (outline - start) @ np.array([-along[1], along[0]])
        length = float(np.linalg.norm(end - start))
        edge = outline[(np.abs(off) < _NEAR * side) & (place > _ENDS * length) & (place < (1 - _ENDS) * length)]
        if len(edge) < length / 2:
            return None
        vx, vy, x, y = cv2.fitLine(edge.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
        if float(np.percentile(np.abs((edge - (x, y)) @ np.array([-vy, vx])), 90)) > max(1.0, _ASTRAY * side):
            return None
        lines.append(((-vy, vx), -vy * x + vx * y))
    return np.array([_meeting(lines[number - 1], lines[number]) for number in range(4)])


def _meeting(one: tuple[tuple[float, float], float], other: tuple[tuple[float, float], float]) -> Points:
    return np.asarray(np.linalg.solve(np.array([one[0], other[0]]), np.array([one[1], other[1]])), np.float64)


def _is_sheet(corners: Points, grey: Grey, outline: Points) -> bool:
    """Whether four corners can be those of a sheet of paper that lies within the picture, on something darker."""
    height, width = grey.shape
    x, y = corners.T
    if x.min() < 1 or y.min() < 1 or x.max() > width - 2 or y.max() > height - 2:
        return False
    sides = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(sides, axis=1)
    cosines = -np.sum(sides * np.roll(sides, 1, axis=0), axis=1) / (lengths * np.roll(lengths, 1))
    angles = np.degrees(np.arccos(cosines))
    across, down = (lengths[0] + lengths[2]) / 2, (lengths[1] + lengths[3]) / 2
    if angles.min() < _ANGLES[0] or angles.max() > _ANGLES[1]:
        return False
    if not _ASPECTS[0] <= max(across, down) / min(across, down) <= _ASPECTS[1]:
        return False
    within, sheet = np.zeros_like(grey), np.zeros_like(grey)
    cv2.fillConvexPoly(within, corners.round().astype(np.int32), 1)
    cv2.fillPoly(sheet, [outline.astype(np.int32)], 1)
    both = cv2.countNonZero(cv2.multiply(within, sheet))
    if both < _FILLED * max(cv2.countNonZero(within), cv2.countNonZero(sheet)):
        return False
    rim = np.ones((5, 5), np.uint8)
    around = cv2.subtract(cv2.dilate(within, rim, iterations=3), cv2.dilate(within, rim))
    return float(np.median(grey[around > 0])) < _DARKER * float(np.median(grey[within > 0]))


def _is_rectangle(corners: Points, side: int) -> bool:
    """Whether the corners are those of a rectangle: a sheet on a scanner's glass, however it lies."""
    parallelogram = np.abs(corners[0] - corners[1] + corners[2] - corners[3]).max() / 4
    diagonals = np.linalg.norm(corners[0] - corners[2]), np.linalg.norm(corners[1] - corners[3])
    return bool(max(parallelogram, abs(diagonals[0] - diagonals[1]) / 4) < _ASKEW * side / 2)
