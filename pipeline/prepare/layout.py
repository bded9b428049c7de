"""What a picture of ink consists of: letters, and the lines they stand in."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.clean import Grey, Ink

Numbers = NDArray[np.float64]

READING_DPI = 200
"""Resolution of the reading picture, and so of everything measured on it. More costs time and reads no better."""

_FAINTEST = 110
_PALEST = 200
"""Where ink may begin on a flattened picture: Otsu's threshold, kept within what letters can look like."""

_LETTER_HEIGHTS = (7, 60)
"""Of the smallest x-height (6 pt) to the largest capital with its marks (24 pt), in pixels at 200 dpi."""
_LETTER_WIDEST = 90
_LETTER_FULLNESS = 0.08
"""Letters fill at least this much of their box; frames and arcs of stamps fill less."""


class Letters(NamedTuple):
    """The connected pieces of ink that have the size of letters."""

    boxes: NDArray[np.int32]
    """x, y, w, h of each."""
    ink: Ink
    """Nothing but them."""


def ink_of(flat: Grey) -> Ink:
    """Return the ink of a flattened picture."""
    threshold, _ = cv2.threshold(flat, 0, 255, cv2.THRESH_OTSU)
    level = min(max(threshold, _FAINTEST), _PALEST)
    return np.asarray(cv2.threshold(flat, level, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)


def letters_of(ink: Ink) -> Letters:
    """Return what has the size of letters: rules, frames, photographs, dark edges and specks are left out."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    x, y, w, h, area = stats.T
    lowest, highest = _LETTER_HEIGHTS
    chosen = (h >= lowest) & (h <= highest) & (w <= _LETTER_WIDEST) & (area >= _LETTER_FULLNESS * w * h)
    chosen[0] = False
    lookup = np.where(chosen, 255, 0).astype(np.uint8)
    return Letters(np.stack([x, y, w, h], axis=1)[chosen], lookup[labels])
