"""Leptonica, the imaging library under Tesseract, through ctypes: its sweep for the skew of a page."""

import ctypes
import ctypes.util
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.tools import Tool
from schemas.problem import TOOL_MISSING

PACKAGE = "liblept5"
_SONAMES = ("liblept.so.5", "libleptonica.so.6")
"""Debian 12 and 13; ctypes' own search needs a compiler or ldconfig, which a slim image may not have."""
_SILENT = 6
"""L_SEVERITY_NONE: what goes wrong is told by return values, not by lines on stderr."""

_SWEEP_REDUCTION = 2
_SEARCH_REDUCTION = 1
"""Of a picture at 100 dpi."""
_SWEEP_STEP = 0.5
"""Degrees; half of Leptonica's own step, so that the narrow peak of a dense page is not stepped over."""
_FINEST_STEP = 0.01
"""Degrees between the last two angles that the binary search compares."""


class Skew(NamedTuple):
    """What the sweep found."""

    degrees: float
    """How far the content is turned counter-clockwise, as seen."""
    confidence: float
    """Ratio of the best score to the worst: above 3 for a page of text, 0 when nothing was found."""


def tool() -> Tool:
    """Say whether Leptonica is there, and its version."""
    library = _library()
    if library is None:
        return Tool("leptonica", None, PACKAGE)
    library.getLeptonicaVersion.restype = ctypes.c_char_p
    return Tool("leptonica", library.getLeptonicaVersion().decode().removeprefix("leptonica-"), PACKAGE)


def skew(ink: NDArray[np.uint8], reach: float) -> Skew:
    """Return the skew of a picture of ink, sought within +-*reach* degrees.

    The score of an angle is the summed square of the differences between neighbouring rows' ink (D. Bloomberg,
    G. Kopec, L. Dasari, "Measuring document image skew and orientation", SPIE 2422, 1995).

    Args:
        ink: at 100 dpi; pixels that are not 0 are ink.
        reach: degrees to both sides.

    Raises:
        ProblemError: `tool-missing`.
    """
    library = _library()
    if library is None:
        detail = f"Leptonica is missing (Debian package {PACKAGE}; it comes with tesseract-ocr)"
        raise TOOL_MISSING.error(detail)
    angle, confidence = ctypes.c_float(), ctypes.c_float()
    pix = _pix(library, ink)
    try:
        failed = library.pixFindSkewSweepAndSearch(
            pix,
            ctypes.byref(angle),
            ctypes.byref(confidence),
            _SWEEP_REDUCTION,
            _SEARCH_REDUCTION,
            ctypes.c_float(reach),
            ctypes.c_float(_SWEEP_STEP),
            ctypes.c_float(_FINEST_STEP),
        )
    finally:
        library.pixDestroy(ctypes.byref(pix))
    # Leptonica gives the clockwise turn that straightens the page.
    return Skew(0.0, 0.0) if failed else Skew(angle.value, confidence.value)


@cache
def _library() -> ctypes.CDLL | None:
    for name in (*_SONAMES, ctypes.util.find_library("lept"), ctypes.util.find_library("leptonica")):
        if name is None:
            continue
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.pixCreate.restype = ctypes.c_void_p
        library.pixGetData.restype = ctypes.c_void_p
        library.pixGetData.argtypes = library.pixGetWpl.argtypes = [ctypes.c_void_p]
        library.pixFindSkewSweepAndSearch.argtypes = [
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_float),
            ctypes.POINTER(ctypes.c_float),
            ctypes.c_int,
            ctypes.c_int,
            ctypes.c_float,
            ctypes.c_float,
            ctypes.c_float,
        ]
        library.setMsgSeverity(_SILENT)
        return library
    return None


def _pix(library: ctypes.CDLL, ink: NDArray[np.uint8]) -> ctypes.c_void_p:
    """Return a 1-bit Pix: rows of 32-bit words, the leftmost pixel in the highest bit."""
    height, width = ink.shape
    pix = ctypes.c_void_p(library.pixCreate(width, height, 1))
    words = library.pixGetWpl(pix)
    rows = np.zeros((height, words * 4), np.uint8)
    packed = np.packbits(ink != 0, axis=1)
    rows[:, : packed.shape[1]] = packed
    native = rows.view(">u4").astype("=u4")
    ctypes.memmove(library.pixGetData(pix), native.ctypes.data, native.nbytes)
    return pix
