"""The kinds of pixels that are passed around."""

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
