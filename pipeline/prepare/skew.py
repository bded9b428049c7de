"""The skew of a page by two independent estimators, and the refusal to tilt it when they differ."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from pipeline.prepare.pixels import Ink
from pipeline.tools import leptonica

_SWEEP = 17.0
"""Degrees to both sides that are swept. Paper lies no more than 15 askew in a feeder or on the glass, and what is found
near the end of a sweep is not believed.
"""
AGREE = 0.25
"""Degrees by which the estimators may differ. Each is wrong by less than 0.2 where there are lines to go by."""
STRAIGHT = 0.07
"""Degrees below which a page is straight: the estimators are off by as much, and turning it would only blur it."""

_LETTER_GAP = 17
"""Pixels at 100 dpi that join the letters and words of one line, and not two lines."""
_LINE_LENGTH = 60
_LINE_SLENDERNESS = 20
"""Ratio of a line's variance along its length to that across it; a stamp or a photograph has less."""


class SkewEstimate(NamedTuple):
    """The skew of a page, and how well two ways of measuring it agree."""

    degrees: float
    """How far the content is turned counter-clockwise, as seen; 0 when undecided or straight."""
    agreement: float | None
    """Difference between the estimators in degrees; None when there was nothing to measure."""

    @property
    def is_undecided(self) -> bool:
        """Whether the page was left as it is because the estimators differ."""
        return self.agreement is not None and self.agreement > AGREE


def skew_of(letters: Ink) -> SkewEstimate:
    """Return the skew of a page whose text runs across it.

    Leptonica's sweep and the lines of text are asked; where they agree, their mean is truer than either.

    Args:
        letters: ink of the letters alone, at 100 dpi.
    """
    by_lines = skew_by_lines(letters)
    by_sweep = leptonica.skew(letters, _SWEEP)
    if by_lines is None or by_sweep.confidence == 0:
        return SkewEstimate(0.0, None)
    agreement, mean = abs(by_lines - by_sweep.degrees), (by_lines + by_sweep.degrees) / 2
    degrees = mean if agreement <= AGREE and abs(mean) >= STRAIGHT else 0.0
    return SkewEstimate(round(degrees, 3), round(agreement, 3))


def skew_by_lines(letters: Ink) -> float | None:
    """Return the skew by least squares: the median slope of straight lines laid through the lines of text.

    Returns:
        Degrees counter-clockwise, or None when there is no line to go by.
    """
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, _LETTER_GAP), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    places = np.flatnonzero(letters.view(np.bool_))
    line = labels.ravel()[places]
    y, x = np.divmod(places, letters.shape[1])
    weight = np.maximum(np.bincount(line, minlength=count), 1)
    dx = x - (np.bincount(line, x, count) / weight)[line]
    dy = y - (np.bincount(line, y, count) / weight)[line]
    along, mixed, across = (np.bincount(line, values, count) for values in (dx * dx, dx * dy, dy * dy))
    residue = np.maximum(across - mixed * mixed / np.maximum(along, 1), 1)
    # A line of even ink has the variance of its length squared over 12.
    chosen = (12 * along > _LINE_LENGTH**2 * weight) & (along > _LINE_SLENDERNESS * residue)
    chosen[0] = False
    if not chosen.any():
        return None
    slopes = mixed[chosen] / along[chosen]
    weights = weight[chosen] * along[chosen] / residue[chosen]  # the inverse of each slope's variance
    order = np.argsort(slopes)
    heaped = np.cumsum(weights[order])
    median = slopes[order][np.searchsorted(heaped, heaped[-1] / 2)]
    return -math.degrees(math.atan(median))
