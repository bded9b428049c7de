"""What a picture of ink consists of: letters, and the lines they stand in."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.prepare.pixels import PAPER, Grey, Ink, Pixels, Places

WORKING_DPI = 200
"""Resolution at which pages are cleaned and measured: the dots of dotted lines can still be told apart."""

_FAINTEST = 110
_PALEST = 200
"""Where ink may begin on a flattened picture: Otsu's threshold, kept within what letters can look like."""

_ASKED = 2
"""Every fourth pixel says as much as all of them."""

_LETTER_HEIGHTS = (7, 60)
"""Of the smallest x-height (6 pt) to the largest capital with its marks (24 pt), in pixels at 200 dpi."""
_LETTER_WIDEST = 90
_LETTER_FULLNESS = 0.08
"""Letters fill at least this much of their box; frames and arcs of stamps fill less."""

HALF = 2
"""Letters and lines are looked for at half the resolution."""
_LETTER_GAP = 13
"""Pixels at 100 dpi that join the letters and words of one line, and not two lines."""


class Pieces(NamedTuple):
    """The connected pieces of ink of a picture. A twentieth of a page is ink, so its pixels are kept, not a picture."""

    shape: tuple[int, int]
    """Rows and columns of the picture."""
    places: Places
    """Where there is ink."""
    owners: NDArray[np.int32]
    """For each of these pixels the number of its piece; pieces count from 1."""
    boxes: NDArray[np.int32]
    """x, y, w, h of each piece in pixels at 200 dpi, by its number."""
    areas: NDArray[np.int64]
    """Pixels of each piece at 200 dpi, by its number."""
    reduced: int
    """How many times smaller than at 200 dpi the picture is: 1 or 2."""

    def mask(self, chosen: NDArray[np.bool_]) -> Ink:
        """Return the ink of the chosen pieces alone, on a picture of the same size."""
        ink = np.zeros(self.shape, np.uint8)
        ink.ravel()[self.places[chosen[self.owners]]] = PAPER
        return ink


class Letters(NamedTuple):
    """The pieces of ink that have the size of letters."""

    boxes: NDArray[np.int32]
    """x, y, w, h of each in pixels at 200 dpi."""
    ink: Ink
    """Nothing but them, at 100 dpi."""


def ink_of(flat: Grey) -> Ink:
    """Return the ink of a flattened picture."""
    return np.asarray(cv2.threshold(flat, palest_ink(flat), PAPER, cv2.THRESH_BINARY_INV)[1], np.uint8)


def palest_ink(flat: Grey) -> float:
    """Return the grey level up to which a flattened picture is ink."""
    threshold, _ = cv2.threshold(np.ascontiguousarray(flat[::_ASKED, ::_ASKED]), 0, PAPER, cv2.THRESH_OTSU)
    return min(max(threshold, _FAINTEST), _PALEST)


def shrunk(picture: Pixels, times: int) -> Pixels:
    """Return the picture that many times smaller.

    What is left over at the right and at the bottom is cut off: exact steps are ten times as fast.
    """
    height, width = (max(1, side // times) for side in picture.shape[:2])
    whole = picture[: height * times, : width * times]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def pieces_of(ink: Ink, *, reduced: int = 1) -> Pieces:
    """Return the connected pieces of a picture of ink.

    Args:
        ink: at 200 dpi, or that many times smaller.
        reduced: how many times; the boxes and areas are those at 200 dpi.
    """
    count, labels = cv2.connectedComponents(ink, connectivity=8)
    places = np.flatnonzero(ink.view(np.bool_))
    owners = np.asarray(labels, np.int32).ravel()[places]
    y, x = np.divmod(places.astype(np.int32), np.int32(ink.shape[1]))
    ends = np.zeros((4, count), np.int32)
    left, top, right, bottom = ends
    bottom[owners] = y  # the last pixel of each piece counts
    top[owners[::-1]] = y[::-1]
    left[:] = ink.shape[1]
    np.minimum.at(left, owners, x)
    np.maximum.at(right, owners, x)
    boxes = np.column_stack([left, top, right - left + 1, bottom - top + 1]) * np.int32(reduced)
    boxes[0] = 0
    areas = np.bincount(owners, minlength=count) * reduced * reduced
    return Pieces((ink.shape[0], ink.shape[1]), places, owners, boxes, areas, reduced)


def letters_of(pieces: Pieces) -> Letters:
    """Return the letters of a picture."""
    chosen = are_letters(pieces)
    ink = pieces.mask(chosen)
    return Letters(pieces.boxes[chosen], ink if pieces.reduced == HALF else np.ascontiguousarray(ink[::HALF, ::HALF]))


def are_letters(pieces: Pieces) -> NDArray[np.bool_]:
    """Return which pieces have the size of letters: rules, frames, photographs, dark edges and specks have not."""
    _, _, w, h = pieces.boxes.T
    lowest, highest = _LETTER_HEIGHTS
    sized = (h >= lowest) & (h <= highest) & (w <= _LETTER_WIDEST)
    return np.asarray(sized & (pieces.areas >= _LETTER_FULLNESS * w * h), np.bool_)


def lines_of(letters: Letters) -> NDArray[np.int32]:
    """Return for each letter the number of the line across the page that it stands in; 0 for none."""
    joined = cv2.morphologyEx(letters.ink, cv2.MORPH_CLOSE, np.ones((1, _LETTER_GAP), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    x, y, w, h = letters.boxes.T
    seen = [
        labels[(y + down * h // 4) // HALF, (x + along * w // 4) // HALF] for down in (1, 2, 3) for along in (1, 2, 3)
    ]
    return np.asarray(np.max(seen, axis=0), np.int32)
