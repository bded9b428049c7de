"""From a scan to a picture that an engine reads well: red ink dropped, paper made white, rules and dots taken out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.pages import Pixels

Grey = NDArray[np.uint8]
"""Grey pixels (rows, columns)."""
Ink = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere (rows, columns)."""

PAPER = 255

_RED = 40
"""How far red outshines green and blue where it is a stamp's ink, not black ink or paper with a tint."""

_COARSE = 8
_LETTER = 7
"""Kernel on the coarse picture that covers every letter: 56 pixels, or 7 mm at 200 dpi."""

_DOT_DARKNESS = 205
"""The dots of a dotted line are pale: smaller than a pixel's worth of ink."""
_DOT_GAP = 9
"""Dots of a printed leader stand at most 8 pixels apart at 200 dpi (full stops of 13 pt type)."""
_RULE_LENGTH = 40
_RULE_THICKNESS = 6
_RULE_CLEARANCE = 3
_RULE_TOUCHED = 0.3
"""Share of a rule's length where ink comes near it from one side: descenders do, the stems above a baseline's serifs
do so much more often."""


def without_red(picture: Pixels) -> Grey:
    """Return the picture in grey, red ink shining like paper: stamps and red frames go, what they cover stays.

    Only red: dropping blue as well costs more letters (blue pens, blue typescript) than it saves.
    """
    if picture.ndim == 2:
        return picture
    red, green, blue = cv2.split(picture)
    stamped = cv2.compare(cv2.subtract(red, cv2.max(green, blue)), _RED, cv2.CMP_GT)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    cv2.copyTo(red, stamped, grey)
    return np.asarray(grey, np.uint8)


def flattened(grey: Grey) -> Grey:
    """Return the picture divided by its background, so that paper is white under any light.

    The background is what remains on a coarse picture when everything the size of letters is closed.
    """
    height, width = grey.shape
    coarse = cv2.resize(grey, (max(1, width // _COARSE), max(1, height // _COARSE)), interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_LETTER, _LETTER)))
    paper = cv2.medianBlur(paper, 2 * _LETTER + 1)
    background = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, background, scale=PAPER), np.uint8)


def without_rules(flat: Grey) -> Grey:
    """Return a straight picture without thin rules and without the dotted lines that values are written on.

    Tesseract takes a dotted line for letters, or gives up the text line above it. A line is a run of ink (dots closed
    to one) that is long, thin and alone: hardly touched from above or below. Where a descender crosses it, the
    descender stays.
    """
    level = _rows_removed(flat, dot_gap=_DOT_GAP)
    return np.ascontiguousarray(_rows_removed(np.ascontiguousarray(level.T), dot_gap=1).T)


def _rows_removed(flat: Grey, *, dot_gap: int) -> Grey:
    ink = cv2.threshold(flat, _DOT_DARKNESS, PAPER, cv2.THRESH_BINARY_INV)[1]
    if dot_gap > 1:
        ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, dot_gap), np.uint8))
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, _RULE_LENGTH), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    cleaned = flat.copy()
    for left, top, width, height, _ in stats[1:]:
        if height <= _RULE_THICKNESS:
            _remove_row(cleaned, ink, left, top, left + width, top + height)
    return cleaned


def _remove_row(cleaned: Grey, ink: NDArray[np.uint8], left: int, top: int, right: int, bottom: int) -> None:
    above = ink[max(0, top - 1 - _RULE_CLEARANCE) : max(0, top - 1), left:right]
    below = ink[bottom + 1 : bottom + 1 + _RULE_CLEARANCE, left:right]
    touched_above, touched_below = (side.max(axis=0, initial=0) > 0 for side in (above, below))
    if max(touched_above.mean(), touched_below.mean()) > _RULE_TOUCHED:
        return
    alone = ~(above[-1:].max(axis=0, initial=0) > 0) & ~(below[:1].max(axis=0, initial=0) > 0)
    cleaned[max(0, top - 1) : bottom + 1, left:right][:, alone] = PAPER
