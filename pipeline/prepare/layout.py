"""What a picture of ink consists of: letters, and the lines they stand in."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.pixels import PAPER, Grey, Ink

WORKING_DPI = 200
"""Resolution at which pages are cleaned and measured: the dots of dotted lines can still be told apart."""

_FAINTEST = 110
_PALEST = 200
"""Where ink may begin on a flattened picture: Otsu's threshold, kept within what letters can look like."""

_LETTER_HEIGHTS = (7, 60)
"""Of the smallest x-height (6 pt) to the largest capital with its marks (24 pt), in pixels at 200 dpi."""
_LETTER_WIDEST = 90
_LETTER_FULLNESS = 0.08
"""Letters fill at least this much of their box; frames and arcs of stamps fill less."""

_HALF = 2
_LETTER_GAP = 13
"""Pixels at 100 dpi that join the letters and words of one line, and not two lines."""


class Pieces(NamedTuple):
    """The connected pieces of ink of a picture."""

    labels: NDArray[np.int32]
    """For each pixel the number of its piece; 0 is paper."""
    boxes: NDArray[np.int32]
    """x, y, w, h of each piece, by its number."""
    areas: NDArray[np.int32]
    """Pixels of each piece, by its number."""

    def mask(self, chosen: NDArray[np.bool_]) -> Ink:
        """Return the ink of the chosen pieces alone."""
        return np.where(chosen, PAPER, 0).astype(np.uint8)[self.labels]


class Letters(NamedTuple):
    """The pieces of ink that have the size of letters."""

    boxes: NDArray[np.int32]
    """x, y, w, h of each."""
    ink: Ink
    """Nothing but them."""


def ink_of(flat: Grey) -> Ink:
    """Return the ink of a flattened picture."""
    threshold, _ = cv2.threshold(flat, 0, PAPER, cv2.THRESH_OTSU)
    level = min(max(threshold, _FAINTEST), _PALEST)
    return np.asarray(cv2.threshold(flat, level, PAPER, cv2.THRESH_BINARY_INV)[1], np.uint8)


def pieces_of(ink: Ink) -> Pieces:
    """Return the connected pieces of a picture of ink."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    boxes, areas = np.asarray(stats[:, :4], np.int32), np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32)
    boxes[0] = areas[0] = 0
    return Pieces(np.asarray(labels, np.int32), boxes, areas)


def letters_of(pieces: Pieces) -> Letters:
    """Return what has the size of letters: rules, frames, photographs, dark edges and specks are left out."""
    _, _, w, h = pieces.boxes.T
    lowest, highest = _LETTER_HEIGHTS
    chosen = (h >= lowest) & (h <= highest) & (w <= _LETTER_WIDEST) & (pieces.areas >= _LETTER_FULLNESS * w * h)
    return Letters(pieces.boxes[chosen], pieces.mask(chosen))


def lines_of(letters: Letters) -> NDArray[np.int32]:
    """Return for each letter the number of the line across the page that it stands in; 0 for none."""
    small = np.ascontiguousarray(letters.ink[::_HALF, ::_HALF])
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((1, _LETTER_GAP), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    return np.array(
        [
            labels[y // _HALF : (y + h + 1) // _HALF, x // _HALF : (x + w + 1) // _HALF].max(initial=0)
            for x, y, w, h in letters.boxes
        ],
        np.int32,
    )
