"""How legible a page is, and whether there is anything on it."""

import cv2
import numpy as np

from pipeline.prepare.layout import Letters, Pieces, lines_of
from pipeline.prepare.pixels import PAPER, Grey, Ink
from schemas.page import Quality

LOW_DPI = 150
BLURRED = 0.3
FAINT = 0.35

_DARKEST = 10
"""Percentile of ink that stands for its darkness: the middle of strokes, not their edges."""
_STROKE_LENGTH = 100
_STROKE_BREADTH = 25
"""Pixels at 200 dpi, 13 x 3 mm: more than a punch hole, a staple or a fold takes."""
_LETTERS_OF_A_LINE = 5


def measured(flat: Grey, ink: Ink) -> Quality:
    """Return what can be measured before reading, on a straight, flattened picture and its ink."""
    share = float(np.mean(ink > 0))
    if share == 0:
        return Quality(ink=0.0, sharpness=0.0, contrast=0.0)
    contrast = 1 - float(np.percentile(flat[ink > 0], _DARKEST)) / PAPER
    kernel = np.ones((3, 3), np.uint8)
    edge = (ink > 0) & (cv2.erode(ink, kernel) == 0)
    steepness = float(np.median(cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, kernel)[edge])) / PAPER
    return Quality(ink=share, sharpness=steepness / max(contrast, 1 / PAPER), contrast=contrast)


def warnings_of(quality: Quality, dpi: int | None, *, skew_undecided: bool) -> tuple[str, ...]:
    """Return the codes of what is wrong with a page as it came."""
    found = {
        "low_dpi": dpi is not None and dpi < LOW_DPI,
        "blurred": quality.sharpness < BLURRED,
        "faint": quality.contrast < FAINT,
        "skew_undecided": skew_undecided,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def is_blank(flat: Grey, pieces: Pieces, letters: Letters) -> bool:
    """Whether nothing is written on a page, whichever way up it lies.

    Specks, punch holes, folds, shadows at the edges, a stamp or print that shows through from the other side are
    nothing; one short line of print or one signature is something.
    """
    return not (_has_stroke(pieces) or _has_line(flat, letters))


def _has_stroke(pieces: Pieces) -> bool:
    """Whether there is a piece of ink of the size of a signature, a drawing or a photograph."""
    sides = pieces.boxes[:, 2:]
    return bool(np.any((sides.max(axis=1) >= _STROKE_LENGTH) & (sides.min(axis=1) >= _STROKE_BREADTH)))


def _has_line(flat: Grey, letters: Letters) -> bool:
    inked = flat[letters.ink > 0]
    if not len(inked) or 1 - float(np.percentile(inked, _DARKEST)) / PAPER < FAINT:
        return False
    sideways = letters._replace(boxes=letters.boxes[:, [1, 0, 3, 2]], ink=np.ascontiguousarray(letters.ink.T))
    return any(
        np.bincount(line[line > 0], minlength=1).max() >= _LETTERS_OF_A_LINE
        for line in (lines_of(letters), lines_of(sideways))
    )
