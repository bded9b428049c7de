"""Columns that are out of step: read one below the other, because side by side their lines run into each other.

The engine takes a page for one block of text. Where the lines of two columns stand side by side on one level that does
no harm; where they are half a line apart, as heads and feet of administrative papers often are, it loses lines. There
the picture is cut: the left column first, the right column below it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.prepare.layout import ink_of
from pipeline.prepare.pixels import PAPER, Grey, Ink
from pipeline.tools.tesseract import Token

_HALF = 2
_LETTER_GAP = 11
"""Pixels at 80 dpi that join the letters and words of a line."""
_GUTTER = 24
"""Pixels at 160 dpi that part columns at least."""
_LINE_HEIGHTS = (8, 60)
_LINE_LENGTH = 20
_OUT_OF_STEP = 0.3
"""Distance between the middles of two lines, in heights of the lower one, from which they run into each other."""
_NEXT = 2.5
"""Distance between two lines of one block, in heights."""
_CUT = 16
"""Width of the clear band along which a block is cut."""
_DUST = 1
"""Pixels of ink that a row of that band may have."""
_MARGIN = 10
"""Pixels above and below a block that belong to it: marks and descenders."""


class Strip(NamedTuple):
    """A part of the page that is read on its own level; what lies left and right of it is blank there."""

    top: int
    bottom: int
    left: int
    right: int


class _Line(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def is_level_with(self, other: "_Line") -> bool:
        return self.top < other.bottom and other.top < self.bottom

    def is_out_of_step_with(self, other: "_Line") -> bool:
        apart = abs(self.top + self.bottom - other.top - other.bottom) / 2
        return apart > _OUT_OF_STEP * min(self.height, other.height)


class _Block(NamedTuple):
    """Two columns: from where to where, the gutter between them, and whether they are out of step."""

    top: int
    bottom: int
    gutter_left: int
    gutter_right: int
    out_of_step: bool

    def joined(self, other: "_Block") -> "_Block | None":
        """Return both as one block, or None when they have no gutter in common or stand too far apart."""
        left, right = max(self.gutter_left, other.gutter_left), min(self.gutter_right, other.gutter_right)
        if right - left < _GUTTER or other.top - self.bottom > _NEXT * (other.bottom - other.top):
            return None
        top, bottom = min(self.top, other.top), max(self.bottom, other.bottom)
        return _Block(top, bottom, left, right, self.out_of_step or other.out_of_step)


def strips_of(picture: Grey, letters: Ink) -> list[Strip]:
    """Return the strips of a page in the order in which they are read: one, where no columns are out of step.

    Args:
        picture: an upright, straight, clean page at 160 dpi.
        letters: ink of the letters on it.
    """
    height, width = picture.shape
    lines = _lines(letters)
    blocks = list(_blocks(lines))
    ink = ink_of(picture) if blocks else letters
    strips: list[Strip] = []
    done = 0
    for found in blocks:
        block = _clear(found, ink, lines)
        top, bottom = (0, 0) if block is None else _edges(block, lines, height)
        if block is None or top < done:
            continue
        middle = (block.gutter_left + block.gutter_right) // 2
        strips += [Strip(done, top, 0, width), Strip(top, bottom, 0, middle), Strip(top, bottom, middle, width)]
        done = bottom
    return [strip for strip in [*strips, Strip(done, height, 0, width)] if strip.bottom > strip.top]


def unfolded(picture: Grey, strips: Sequence[Strip]) -> Grey:
    """Return the picture with its strips one below the other."""
    if len(strips) == 1:
        return picture
    levels = []
    for strip in strips:
        level = np.full((strip.bottom - strip.top, picture.shape[1]), PAPER, np.uint8)
        level[:, strip.left : strip.right] = picture[strip.top : strip.bottom, strip.left : strip.right]
        levels.append(level)
    return np.concatenate(levels)


def folded(tokens: Sequence[Token], strips: Sequence[Strip]) -> list[Token]:
    """Return words of an unfolded picture where they stand on the page."""
    starts = np.cumsum([0, *(strip.bottom - strip.top for strip in strips)])
    placed = []
    for token in tokens:
        at = int(np.searchsorted(starts, token.top + token.height // 2, side="right")) - 1
        placed.append(token._replace(top=int(token.top - starts[at] + strips[at].top)))
    return placed


def _lines(letters: Ink) -> list[_Line]:
    small = np.ascontiguousarray(letters[::_HALF, ::_HALF])
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((1, _LETTER_GAP), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    lowest, highest = _LINE_HEIGHTS
    return [
        _Line(_HALF * x, _HALF * y, _HALF * (x + w), _HALF * (y + h))
        for x, y, w, h, _ in stats[1:].tolist()
        if lowest <= _HALF * h <= highest and _HALF * w >= _LINE_LENGTH
    ]


def _blocks(lines: Sequence[_Line]) -> Iterator[_Block]:
    """Yield the blocks of columns that are out of step, from the top."""
    current: _Block | None = None
    for pair in sorted(_pairs(lines)):
        grown = current.joined(pair) if current is not None else None
        if grown is None:
            if current is not None and _is_cut(current, lines):
                yield current
            grown = pair
        current = grown
    if current is not None and _is_cut(current, lines):
        yield current


def _clear(block: _Block, ink: Ink, lines: Sequence[_Line]) -> _Block | None:
    """Return the part of a block whose gutter is clear: a title below a head may run across it."""
    inked_here = ink[block.top : block.bottom, block.gutter_left : block.gutter_right] > 0
    clearest = int(np.argmin(np.convolve(inked_here.sum(axis=0), np.ones(_CUT), mode="valid")))
    gutter = inked_here[:, clearest : clearest + _CUT]
    inked = np.flatnonzero(gutter.sum(axis=1) > _DUST)
    ends = np.concatenate([[-1], inked, [len(gutter)]])
    longest = int(np.argmax(np.diff(ends)))
    first, last = block.top + int(ends[longest]) + 1, block.top + int(ends[longest + 1])
    within = [line for line in lines if line.top >= first and line.bottom <= last]
    if not within:
        return None
    left = block.gutter_left + clearest
    top, bottom = min(line.top for line in within), max(line.bottom for line in within)
    return block._replace(top=top, bottom=bottom, gutter_left=left, gutter_right=left + _CUT)


def _edges(block: _Block, lines: Sequence[_Line], height: int) -> tuple[int, int]:
    """Return where to cut above and below a block: through the middle of the gap, or at its margin."""
    above = max((line.bottom for line in lines if line.bottom <= block.top), default=0)
    below = min((line.top for line in lines if line.top >= block.bottom), default=height)
    return max(block.top - _MARGIN, (above + block.top) // 2), min(block.bottom + _MARGIN, (block.bottom + below) // 2)


def _pairs(lines: Sequence[_Line]) -> Iterator[_Block]:
    """Yield every two lines that stand side by side with nothing between them."""
    for line in lines:
        beside = [other for other in lines if other.left - line.right >= _GUTTER and line.is_level_with(other)]
        for other in beside:
            if other.left == min(one.left for one in beside if one.is_level_with(other)):
                top, bottom = min(line.top, other.top), max(line.bottom, other.bottom)
                yield _Block(top, bottom, line.right, other.left, line.is_out_of_step_with(other))


def _is_cut(block: _Block, lines: Sequence[_Line]) -> bool:
    """Whether a block is worth and safe to be cut: out of step, and no line runs across its gutter."""
    crossing = (
        line
        for line in lines
        if line.top < block.bottom
        and line.bottom > block.top
        and line.left < block.gutter_right
        and line.right > block.gutter_left
    )
    return block.out_of_step and next(crossing, None) is None
