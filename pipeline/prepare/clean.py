"""From a scan to a picture that an engine reads well: red ink dropped, paper made white, rules and dots taken out."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.prepare.layout import Pieces, shrunk
from pipeline.prepare.pixels import GREY_AXES, PAPER, Grey, Ink, Pixels, in_grey

_RED = 40
"""How far red outshines green and blue where it is a stamp's ink, not black ink or paper with a tint."""
_STAMP = 25
"""Percentile of the red ink's brightness that stands for stamp alone: less of it lies on letters than beside them."""

_BLOCK = 4
_SPARSE = 20
_JOIN = np.ones((5, 5), np.uint8)
_PRINT_HEIGHTS = (3, 24)
_PRINT_LENGTH = 2.5
_PRINT_FULLNESS = 0.45
"""On a picture 4 times smaller, where letters 20 pixels apart join: a line of red print is 12 to 64 pixels high, two of
them (cards have titles in two languages) up to 96, and at least 2.5 times as long; a stamp is higher, its crumbs are
shorter, the arcs of its ring do not fill their box."""

_COARSE = 8
_LETTER = 7
"""Kernel on the coarse picture that covers every letter: 56 pixels, or 7 mm at 200 dpi."""
_LID = 0.6
"""What is darker than this share of the paper over an area larger than letters, and reaches the edge, is no paper."""

_LEADER_DOT = 6
_LEADER_AREA = 3
_LEADER_GAP = 13
_LEADER_REACH = 81
"""Dots of a leader at 200 dpi: up to 6 pixels, at most 12 apart; what is as small within 40 of a row is part of it."""
_LEADER_LEVEL = 6
_LEADER_NEIGHBOURS = 11
_LEADER_EVEN = 1.25
_LEADER_PHASE = 0.22
_LEADER_SPREAD = 3
"""The dots around one say what a dot holds: up to a quarter more ink than the median of eleven. Their median deviation
from it is up to 0.22 of it by how they fall on the pixels; what it is beyond that, where a scan in black and white
makes them uneven, counts three times."""

_PALEST_DOT = 205
"""The dots of a dotted line are pale: smaller than a pixel's worth of ink."""
_DOT = 12
_DOT_GAP = 9
"""Dots of a printed leader are small and stand at most 8 pixels apart at 200 dpi (full stops of 13 pt type)."""
_SOLID = 0.93
_SOLID_LENGTH = 60
_RULE_LENGTH = 41
_RULE_THICKNESS = 6
_RULE_CLEARANCE = 3
_RULE_TOUCHED = 0.3
_UNEVEN_TOUCHED = 0.12
"""Share of a rule's length where ink comes near it from one side: descenders do, the stems above a baseline's serifs
do so much more often."""

_SPECK = 6
_SPECK_ALONE = 25
"""A piece of ink up to 6 pixels (0.8 mm at 200 dpi) with no larger one within 12 is dust."""


def without_stamps(picture: Pixels) -> Grey:
    """Return the picture in grey, the red ink of stamps and frames shining like paper; what they cover stays.

    Red print stays ink: titles of forms and cards are printed in it. Only red is dropped: dropping blue as well costs
    more letters (blue pens, blue typescript) than it saves.
    """
    if picture.ndim == GREY_AXES:
        return picture
    red, green, blue = cv2.split(picture)
    reddish = cv2.threshold(cv2.subtract(red, cv2.max(green, blue)), _RED, PAPER, cv2.THRESH_BINARY)[1]
    grey = in_grey(picture)
    if cv2.hasNonZero(reddish):
        # As bright as paper where there is stamp alone; darker where it lies on letters.
        stamp = float(np.percentile(red[reddish > 0], _STAMP))
        bright = cv2.convertScaleAbs(red, alpha=PAPER / max(stamp, 1))
        stamps = cv2.subtract(reddish, _red_print(np.asarray(reddish, np.uint8)))
        cv2.copyTo(bright, cv2.dilate(stamps, np.ones((3, 3), np.uint8)), grey)
    return grey


def _red_print(reddish: Ink) -> Ink:
    """Return the areas of red ink that have the shape of a line of print."""
    height, width = reddish.shape
    dense = cv2.threshold(shrunk(reddish, _BLOCK), _SPARSE, 1, cv2.THRESH_BINARY)[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(dense, cv2.MORPH_CLOSE, _JOIN))
    along, across = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    along, across = np.maximum(along, across), np.minimum(along, across)
    lowest, highest = _PRINT_HEIGHTS
    lines = (across >= lowest) & (across <= highest) & (along >= _PRINT_LENGTH * across)
    lines &= stats[:, cv2.CC_STAT_AREA] >= _PRINT_FULLNESS * along * across
    lines[0] = False
    areas = cv2.dilate(np.where(lines, PAPER, 0).astype(np.uint8)[labels], np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(areas, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def flattened(grey: Grey) -> Grey:
    """Return the picture divided by its background, so that paper is white under any light.

    The background is what remains on a coarse picture when everything the size of letters is closed. What lies beyond
    the edge of the paper becomes white too.
    """
    height, width = grey.shape
    whole = cv2.copyMakeBorder(grey, 0, -height % _COARSE, 0, -width % _COARSE, cv2.BORDER_REPLICATE)
    coarse = shrunk(shrunk(np.asarray(whole, np.uint8), 2), _COARSE // 2)
    beyond = _beyond_the_paper(coarse)
    coarse[beyond > 0] = np.median(coarse)
    paper = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_LETTER, _LETTER)))
    paper = cv2.medianBlur(paper, 2 * _LETTER + 1)
    background = cv2.resize(paper, whole.shape[::-1], interpolation=cv2.INTER_LINEAR)[:height, :width]
    flat = np.asarray(cv2.divide(grey, background, scale=PAPER), np.uint8)
    if cv2.hasNonZero(beyond):
        flat[cv2.resize(beyond, whole.shape[::-1], interpolation=cv2.INTER_NEAREST)[:height, :width] > 0] = PAPER
    return flat


def _beyond_the_paper(coarse: Grey) -> Ink:
    """Return the dark areas at the edges of a coarse picture: the scanner's lid, its shadow, a black background."""
    dark = cv2.threshold(coarse, _LID * float(np.median(coarse)), PAPER, cv2.THRESH_BINARY_INV)[1]
    _, labels = cv2.connectedComponents(dark, connectivity=8)
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    beyond = np.isin(labels, at_edge[at_edge > 0]).astype(np.uint8) * PAPER
    return np.asarray(cv2.dilate(beyond, np.ones((3, 3), np.uint8)), np.uint8)


def without_leaders(flat: Grey, pieces: Pieces) -> Grey:
    """Return a straight picture without rows of dots, such as values are written on; close to letters or not.

    A row is a run of small pieces of ink on one level, each near the next; what is as small on that level nearby
    belongs to it too. The dots of letters do not stand so close; a dot below (ạ) holds more ink than its neighbours.
    """
    _, _, w, h = pieces.boxes.T
    small = (np.maximum(w, h) <= _LEADER_DOT) & (pieces.areas >= _LEADER_AREA)
    small[0] = False
    joined = cv2.morphologyEx(pieces.mask(small), cv2.MORPH_CLOSE, np.ones((1, _LEADER_GAP), np.uint8))
    seeds = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((1, _RULE_LENGTH), np.uint8))
    if not cv2.hasNonZero(seeds):
        return flat
    reach = cv2.dilate(seeds, np.ones((1, _LEADER_REACH), np.uint8))
    dotted = small[pieces.owners]
    places, owners = pieces.places[dotted], pieces.owners[dotted]
    weights = np.bincount(owners, weights=1 - flat.ravel()[places] / PAPER, minlength=len(small))
    near = np.unique(owners[reach.ravel()[places] > 0])
    leader = np.zeros(len(small), np.bool_)
    leader[near[_is_even_with_neighbours(pieces.boxes[near], weights[near])]] = True
    return _without(flat, pieces.mask(leader))


def _without(flat: Grey, ink: Ink) -> Grey:
    """Return the picture with some ink taken out, its edges too."""
    return np.asarray(cv2.max(flat, cv2.dilate(ink, np.ones((3, 3), np.uint8))), np.uint8)


def _is_even_with_neighbours(boxes: NDArray[np.int32], weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each dot whether it is as heavy as those next to it in its row."""
    by_level = np.argsort(boxes[:, 1], kind="stable")
    row = np.empty(len(boxes), np.intp)
    row[by_level] = np.cumsum(np.diff(boxes[by_level, 1], prepend=boxes[by_level[0], 1]) > _LEADER_LEVEL)
    order = np.lexsort((boxes[:, 0], row))
    around = sliding_window_view(np.pad(weights[order], _LEADER_NEIGHBOURS // 2, mode="symmetric"), _LEADER_NEIGHBOURS)
    usual = np.median(around, axis=1)
    spread = np.median(np.abs(around - usual[:, None]), axis=1)
    even = np.empty(len(boxes), np.bool_)
    uneven = usual + _LEADER_SPREAD * (spread - _LEADER_PHASE * usual)
    even[order] = weights[order] <= np.maximum(_LEADER_EVEN * usual, uneven)
    return even


def without_rules(flat: Grey) -> Grey:
    """Return a straight picture without thin rules and without the dotted lines that values are written on.

    Tesseract takes a dotted line for letters, or gives up the text line above it. A line is a run of ink (dots closed
    to one) that is long, thin and alone: hardly touched from above or below. Where a descender crosses it, the
    descender stays.
    """
    cleaned = flat.copy()
    ink = _any_ink(cleaned)
    closed = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, _DOT_GAP), np.uint8)), np.uint8)
    for left, top, width, height in _runs(closed, np.ones((1, _RULE_LENGTH), np.uint8)):
        if height <= _RULE_THICKNESS:
            along = slice(left, left + width)
            _remove_row(cleaned[:, along], ink[:, along], closed[:, along], top, top + height)
    ink = _any_ink(cleaned)
    for left, top, width, height in _runs(ink, np.ones((_RULE_LENGTH, 1), np.uint8)):
        if width <= _RULE_THICKNESS:
            along = slice(top, top + height)
            _remove_row(cleaned[along].T, ink[along].T, ink[along].T, left, left + width)
    return cleaned


def without_specks(flat: Grey, pieces: Pieces) -> Grey:
    """Return the picture without specks of dust: tiny pieces of ink far from any other.

    Dots of letters stand near them; a median filter would take those too.
    """
    tiny = pieces.boxes[:, 2:].max(axis=1) <= _SPECK
    near = cv2.dilate(pieces.mask(~tiny), np.ones((_SPECK_ALONE, _SPECK_ALONE), np.uint8))
    tiny[0] = False
    places = pieces.places[tiny[pieces.owners]]
    alone = np.zeros(pieces.shape, np.uint8)
    alone.ravel()[places[near.ravel()[places] == 0]] = PAPER
    return _without(flat, alone)


def _any_ink(flat: Grey) -> Ink:
    return np.asarray(cv2.threshold(flat, _PALEST_DOT, PAPER, cv2.THRESH_BINARY_INV)[1], np.uint8)


def _runs(ink: Ink, kernel: Ink) -> Iterator[tuple[int, int, int, int]]:
    """Yield x, y, w, h of what is as long as the kernel."""
    outlines, _ = cv2.findContours(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    for outline in outlines:
        left, top, width, height = cv2.boundingRect(outline)
        yield left, top, width, height


def _remove_row(cleaned: Grey, ink: Ink, closed: Ink, top: int, bottom: int) -> None:
    """Take out of a strip what lies from *top* to *bottom* in its ink, as it is and closed, if that is a rule."""
    above = closed[max(0, top - 1 - _RULE_CLEARANCE) : max(0, top - 1)]
    below = closed[bottom + 1 : bottom + 1 + _RULE_CLEARANCE]
    touched = max(np.count_nonzero(side.any(axis=0)) for side in (above, below)) / ink.shape[1]
    if touched > _RULE_TOUCHED or (touched > _UNEVEN_TOUCHED and not _is_even(ink[top:bottom].max(axis=0) > 0)):
        return
    alone = ~above[-1:].any(axis=0) & ~below[:1].any(axis=0)
    cleaned[max(0, top - 1) : bottom + 1, alone] = PAPER


def _is_even(inked: NDArray[np.bool_]) -> bool:
    """Whether a run is a solid rule or a row of dots; the tops of TTH are bars with gaps between them."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]])))
    longest = int((ends[1::2] - ends[::2]).max(initial=0))
    return longest <= _DOT or (len(inked) >= _SOLID_LENGTH and bool(inked.mean() >= _SOLID))
