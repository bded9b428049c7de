"""How legible a page is, and whether there is anything on it."""

import numpy as np

from pipeline.prepare.layout import HALF, Letters, Pieces, lines_of, palest_ink
from pipeline.prepare.pixels import PAPER, Grey, Places
from schemas.legibility import LEAST_DPI
from schemas.page import Quality

BLURRED = 0.3
FAINT = 0.35

_DARKEST = 10
"""Percentile of ink that stands for its darkness: the middle of strokes, not their edges."""
_ASKED = 20000
"""Pixels of ink that are looked at: more change nothing."""
_MIDDLE = 4
"""Of a pixel and the eight around it, row by row, the pixel itself."""
_STROKE_LENGTH = 100
_STROKE_BREADTH = 25
"""Pixels at 200 dpi, 13 x 3 mm: more than a punch hole, a staple or a fold takes."""
_LETTERS_OF_A_LINE = 5
_AT_EDGE = 3
"""Pixels at 200 dpi."""
_CUT_LETTERS = 3
"""Letters at one edge that mean that lines go on beyond it; fewer may be specks of the scanner's lid."""


def measured(flat: Grey, places: Places) -> Quality:
    """Return what can be measured before reading.

    Args:
        flat: a straight, flattened picture.
        places: where ink was on it before it was cleaned, as places in the flattened array.
    """
    level, width = palest_ink(flat), flat.shape[1]
    places = places[flat.ravel()[places] <= level]
    inner = places[(places > width) & (places < flat.size - width - 1)]
    asked = inner[:: max(1, len(inner) // _ASKED)]
    if not len(asked):
        return Quality(ink=0.0, sharpness=0.0, contrast=0.0)
    around = flat.ravel()[asked[:, None] + np.add.outer([-width, 0, width], [-1, 0, 1]).ravel()]
    contrast = 1 - float(np.percentile(around[:, _MIDDLE], _DARKEST)) / PAPER
    paler = around.max(axis=1)
    at_edge = paler > level
    steep = (paler - around.min(axis=1))[at_edge]
    steepness = float(np.median(steep)) / PAPER if len(steep) else 0.0
    return Quality(ink=len(places) / flat.size, sharpness=steepness / max(contrast, 1 / PAPER), contrast=contrast)


def warnings_of(quality: Quality, dpi: int | None, *, skew_undecided: bool, cut_off: bool) -> tuple[str, ...]:
    """Return the codes of what is wrong with a page as it came."""
    found = {
        "low_dpi": dpi is not None and dpi < LEAST_DPI,
        "blurred": quality.sharpness < BLURRED,
        "faint": quality.contrast < FAINT,
        "cut_off": cut_off,
        "skew_undecided": skew_undecided,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def is_cut_off(letters: Letters, shape: tuple[int, ...]) -> bool:
    """Whether lines of print go on beyond an edge of the picture, however the page lies.

    Args:
        letters: of the page as it came.
        shape: rows and columns of its picture at 200 dpi.
    """
    x, y, w, h = letters.boxes.T
    edges = (x <= _AT_EDGE, y <= _AT_EDGE, x + w >= shape[1] - _AT_EDGE, y + h >= shape[0] - _AT_EDGE)
    return max(int(np.count_nonzero(edge)) for edge in edges) >= _CUT_LETTERS


def is_blank(flat: Grey, pieces: Pieces, letters: Letters) -> bool:
    """Whether nothing is written on a page, whichever way up it lies.

    Specks, punch holes, folds, shadows at the edges, a stamp or print that shows through from the other side are
    nothing; one short line of print or one signature is something.

    Args:
        flat: the flattened picture.
        pieces: its ink, at half its resolution.
        letters: the letters of it.
    """
    return not (_has_stroke(pieces) or _has_line(flat, letters))


def _has_stroke(pieces: Pieces) -> bool:
    """Whether there is a piece of ink of the size of a signature, a drawing or a photograph."""
    sides = pieces.boxes[:, 2:]
    return bool(np.any((sides.max(axis=1) >= _STROKE_LENGTH) & (sides.min(axis=1) >= _STROKE_BREADTH)))


def _has_line(flat: Grey, letters: Letters) -> bool:
    inked = flat[::HALF, ::HALF][: letters.ink.shape[0], : letters.ink.shape[1]][letters.ink > 0]
    if not len(inked) or 1 - float(np.percentile(inked, _DARKEST)) / PAPER < FAINT:
        return False
    sideways = letters._replace(boxes=letters.boxes[:, [1, 0, 3, 2]], ink=np.ascontiguousarray(letters.ink.T))
    return any(_longest(way) >= _LETTERS_OF_A_LINE for way in (letters, sideways))


def _longest(letters: Letters) -> int:
    """Return how many letters the longest line has."""
    lines = lines_of(letters)
    return int(np.bincount(lines[lines > 0], minlength=1).max())
