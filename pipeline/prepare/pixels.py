"""The kinds of pixels that are passed around."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Grey (rows, columns) or RGB (rows, columns, 3)."""
Grey = NDArray[np.uint8]
"""Grey (rows, columns)."""
Ink = NDArray[np.uint8]
"""255 where there is ink, 0 elsewhere (rows, columns)."""

Places = NDArray[np.intp]
"""Pixels of a picture, as places in its flattened array."""

PAPER = 255
GREY_AXES = 2


def in_grey(pixels: Pixels) -> Grey:
    """Return a picture in grey."""
    return pixels if pixels.ndim == GREY_AXES else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
