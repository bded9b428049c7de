"""zxing-cpp: QR and bar codes on a picture."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import zxingcpp
from numpy.typing import NDArray


class Symbol(NamedTuple):
    """A code on a picture."""

    data: bytes | None
    """Its bytes; None where a code was seen but has too much damage to be decoded."""
    corners: NDArray[np.float64]
    """Four points (x, y) in pixels of the picture, not necessarily within it."""


def qr_codes(picture: NDArray[np.uint8]) -> list[Symbol]:
    """Return the QR codes on a grey *picture*, turned or tilted as they may be, those that cannot be decoded too.

    About 1 ms a million pixels. Dark on light only: the other way round costs as much again, and nobody prints it.
    """
    return list(_found(picture, zxingcpp.BarcodeFormat.QRCode, errors=True))


def bar_codes(picture: NDArray[np.uint8]) -> list[Symbol]:
    """Return the bar codes (Code 128) on a grey *picture*, turned by quarters or slightly tilted as they may be."""
    return list(_found(picture, zxingcpp.BarcodeFormat.Code128, errors=False))


def _found(picture: NDArray[np.uint8], kind: zxingcpp.BarcodeFormat, *, errors: bool) -> Iterator[Symbol]:
    # A list of kinds that outlives the call is reported as a leak when the program ends.
    formats = zxingcpp.BarcodeFormats([kind])
    codes = zxingcpp.read_barcodes(
        np.ascontiguousarray(picture), formats=formats, try_invert=False, try_downscale=False, return_errors=errors
    )
    for code in codes:
        place = code.position
        points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        corners = np.array([(point.x, point.y) for point in points], np.float64)
        yield Symbol(code.bytes if code.valid else None, corners)
