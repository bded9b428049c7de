"""What is wrong with pages that a person at the scanner can mend."""

import io
from collections.abc import Iterator, Sequence
from typing import Final, cast, get_args

import numpy as np
from PIL import Image, UnidentifiedImageError
from rapidfuzz import fuzz

from pipeline.prepare.pages import RawPage
from pipeline.prepare.picture import prepare
from schemas.legibility import PREVIEW_DPI, Fault, Glance, PageFaults
from schemas.page import Page, PageReading
from schemas.problem import FILE_DAMAGED, FILE_TYPE_UNKNOWN, PAGE_TOO_LARGE

_SKEWED: Final = 10.0
"""Degrees. Up to 15 a page is put straight, but its corners may be missing."""
_ALIKE: Final = 92.0
"""How much of the text of two pages has to be the same, in per cent, for them to be one paper that was scanned twice.

Of 33 bundled pages, scanned again askew and with noise, two readings agree in 95 or more, of one filled in by hand in
89; the texts of two people's papers on the same form in 83 at most.
"""
_LEAST_TEXT: Final = 200
"""Characters; shorter texts, such as a signer's block, are often alike."""
_NEAR: Final = 10
"""How many pages apart two scans of one page lie at most."""
_PREVIEW_PIXELS: Final = 4_000_000
"""A sheet of A3 at 100 dpi has half of that."""


def faults_of(page: Page) -> tuple[Fault, ...]:
    """Return what is wrong with one page, by itself."""
    if page.blank:
        return ("blank",)
    known: tuple[Fault, ...] = get_args(Fault)
    found = {*page.quality.warnings, *(["skewed"] if abs(page.skew_degrees) > _SKEWED else [])}
    return tuple(fault for fault in known if fault in found)


def faults_among(readings: Sequence[PageReading]) -> Iterator[PageFaults]:
    """Yield those of the pages of one file that should be scanned once more; blank backs of sheets should not."""
    for place, reading in enumerate(readings):
        if reading.page.blank:
            continue
        before = readings[max(0, place - _NEAR) : place]
        twice: tuple[Fault, ...] = ("twice",) if any(_alike(each.text, reading.text) for each in before) else ()
        faults = faults_of(reading.page) + twice
        if faults:
            yield PageFaults(page=reading.page.number, faults=faults)


def _alike(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _LEAST_TEXT:
        return False
    return fuzz.ratio(one, other, score_cutoff=_ALIKE) > 0


def glance(preview: bytes) -> Glance:
    """Return what is wrong with a page, by a JPEG of it at `PREVIEW_DPI`.

    At that size a page that is blurred at its own resolution still is, and a sharp one is not: on 33 bundled pages both
    were measured alike. Whether the scan has dots enough, the preview does not show.

    Raises:
        ProblemError: `file-type-unknown`, `file-damaged`, `page-too-large`.
    """
    try:
        with Image.open(io.BytesIO(preview), formats=("JPEG",)) as picture:
            if picture.width * picture.height > _PREVIEW_PIXELS:
                raise PAGE_TOO_LARGE.error(f"{picture.width} x {picture.height} pixels are no preview")
            pixels = np.asarray(picture.convert("L"))
    except UnidentifiedImageError as error:
        raise FILE_TYPE_UNKNOWN.error("a preview is a JPEG") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FILE_DAMAGED.error("the preview breaks off or is garbled") from error
    faults = faults_of(prepare(RawPage(1, pixels, PREVIEW_DPI, "decoded")).page)
    return Glance(faults=tuple(cast("Fault", fault) for fault in faults if fault != "low_dpi"))
