"""How legible a page is, and whether there is anything on it."""

import cv2
import numpy as np

from pipeline.prepare.clean import PAPER, Grey, Ink
from pipeline.prepare.layout import Letters
from schemas.page import Quality

LOW_DPI = 150
BLURRED = 0.3
FAINT = 0.35


def measured(flat: Grey, ink: Ink) -> Quality:
    """Return what can be measured before reading, on a straight, flattened picture and its ink."""
    share = float(np.mean(ink > 0))
    if share == 0:
        return Quality(ink=0.0, sharpness=0.0, contrast=0.0)
    contrast = 1 - float(np.percentile(flat[ink > 0], 10)) / PAPER
    kernel = np.ones((3, 3), np.uint8)
    edge = (ink > 0) & (cv2.erode(ink, kernel) == 0)
    steepness = float(np.median(cv2.morphologyEx(flat, cv2.MORPH_GRADIENT, kernel)[edge])) / PAPER
    return Quality(ink=share, sharpness=steepness / max(contrast, 1 / PAPER), contrast=contrast)


def warnings_of(quality: Quality, dpi: int | None, *, skew_undecided: bool) -> tuple[str, ...]:
    """Return the codes of what is wrong with a page as it came."""
    found = {
        "low_dpi": dpi is not None and dpi < LOW_DPI,
        "blurred": quality.sharpness < BLURRED,
        "faint": quality.contrast < FAINT,
        "skew_undecided": skew_undecided,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def is_blank(letters: Letters) -> bool:
    """Whether nothing is written on a page: no two pieces of ink that could be letters stand side by side."""
    return bool(len(letters.boxes) < 3)
