"""Which way up a page is, from the shapes of its lines; reading has the last word."""

import numpy as np

from pipeline.prepare.layout import Letters, lines_of

_ASKED = 400
"""Letters whose neighbours are looked at: more change nothing."""
_SEED = 2
NO_AXIS = 0.5
"""The share of sideways neighbours that says nothing."""
_SURE = 0.15
"""Distance of the share of sideways neighbours from one half at which the axis is sure."""

_FEWEST_LETTERS = 6
_OUTSTANDING = 0.2
"""Share of a letter's height by which it stands out of its line."""


def sideways_share(letters: Letters) -> float:
    """Return the share of letters whose nearest neighbour stands beside them, not above or below.

    Letters stand closer in a line than lines do on a page: near 1 when lines run across the page, near 0 when they run
    up and down; 0.5 means nothing.
    """
    boxes = letters.boxes
    if len(boxes) <= 1:
        return NO_AXIS
    centres = (boxes[:, :2] + boxes[:, 2:] / 2).astype(np.float32)
    asked = np.random.default_rng(_SEED).permutation(len(centres))[:_ASKED]
    dx = np.subtract.outer(centres[asked, 0], centres[:, 0])
    dy = np.subtract.outer(centres[asked, 1], centres[:, 1])
    distance = dx * dx + dy * dy
    rows = np.arange(len(asked))
    distance[rows, asked] = np.inf
    nearest = distance.argmin(axis=1)
    return float(np.mean(np.abs(dx[rows, nearest]) > np.abs(dy[rows, nearest])))


def is_axis_sure(share: float) -> bool:
    """Whether `sideways_share` decides between lines that run across and lines that run up and down."""
    return abs(share - NO_AXIS) > _SURE


def upright_vote(letters: Letters) -> float:
    """Return from -1 to 1 how much a straight page looks upright; below 0 it looks upside down.

    Vietnamese letters carry their marks above, and there are more ascenders than descenders: more letters stand out of
    the top of their line than out of its bottom.
    """
    lines = lines_of(letters)
    _, top, _, height = letters.boxes.T
    bottom = top + height
    above = below = 0
    for line in np.unique(lines[lines > 0]):
        members = lines == line
        if members.sum() < _FEWEST_LETTERS:
            continue
        margin = _OUTSTANDING * np.median(height[members])
        above += int((top[members] < np.median(top[members]) - margin).sum())
        below += int((bottom[members] > np.median(bottom[members]) + margin).sum())
    return (above - below) / max(1, above + below)
