"""Pages as pixels: out of PDFs without re-encoding where they are plain scans, rasterised otherwise."""

import io
import math
import warnings
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import numpy as np
import pikepdf
from PIL import ExifTags, Image, UnidentifiedImageError

from pipeline.prepare.pixels import PAPER, Pixels
from pipeline.tools import poppler
from pipeline.tools.pdf import ScanImage, scan_image
from schemas.page import Corners, Rotation
from schemas.problem import FILE_DAMAGED, FILE_ENCRYPTED, PAGE_TOO_LARGE, ProblemError
from schemas.settings import Limits

DRAWN_DPI = 300
"""Resolution at which a page that is no plain scan is rasterised."""
PDF = "application/pdf"

_A4_RATIO = math.sqrt(2)
_A4_INCHES = 11.693
_RATIO_MARGIN = 0.04
_PAPER_INCHES = (2.0, 24.0)
"""Long sides that scanned paper has, from a card to A2: a file that says otherwise does not know its resolution."""
_EXIF_TURNS: dict[int, Rotation] = {3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}
_EXIF_MIRRORED = frozenset([2, 4, 5, 7])
_SEEN_THROUGH = frozenset(["RGBA", "LA", "PA", "La", "RGBa"])
"""Pillow's modes that have an alpha channel."""
_NUMPY_TURNS: dict[Rotation, int] = {90: 3, 180: 2, 270: 1}


class RawPage(NamedTuple):
    """One page as it came: what a viewer shows, at the scan's own resolution."""

    number: int
    """Place in its file, from 1."""
    pixels: Pixels
    dpi: int | None
    """As the file says or as the size implies; None when neither is known."""
    how: Literal["decoded", "embedded", "rasterised"]
    """`decoded`: from an image file; `embedded`: the image a PDF page consists of; `rasterised`: drawn by Poppler."""
    corners: Corners | None = None
    """Where the sheet was on a photograph from which it was taken; None where the page is as it came."""


def raw_page(path: Path, media_type: str, number: int, limits: Limits) -> RawPage:
    """Return page *number* (from 1) of a JPEG, PNG, TIFF or PDF file.

    Turns that the file prescribes (EXIF, `/Rotate`, a placement matrix) are already made, alpha lies on white, 16 bits
    are 8, every colour space is grey or RGB.

    Raises:
        ProblemError: `file-damaged`, `file-encrypted`, `page-too-large`, `page-failed`, `tool-missing`.
    """
    if media_type == PDF:
        return _pdf_page(path, number, limits)
    try:
        with _opened(path) as picture:
            picture.seek(number - 1)
            pixels = _decoded(picture, limits, number)
            return RawPage(number, pixels, _dpi(picture, pixels), "decoded")
    except EOFError as error:
        raise FILE_DAMAGED.error("the page is not there", page=number) from error


def exif_turn(path: Path) -> Rotation:
    """Return the clockwise turn that an image file prescribes for its stored pixels (EXIF orientation)."""
    with _opened(path) as picture:
        return _EXIF_TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1), 0)


def turned(pixels: Pixels, clockwise: Rotation) -> Pixels:
    """Return the picture turned by quarters."""
    return pixels if clockwise == 0 else np.ascontiguousarray(np.rot90(pixels, _NUMPY_TURNS[clockwise]))


def _pdf_page(path: Path, number: int, limits: Limits) -> RawPage:
    try:
        with pikepdf.open(path) as pdf:
            scan = scan_image(pdf, number)
            pixels = None if scan is None else _embedded(scan, limits, number)
            inches = _page_inches(pdf.pages[number - 1])
    except pikepdf.PasswordError as error:
        raise FILE_ENCRYPTED.error("its pages cannot be opened", page=number) from error
    except (pikepdf.PdfError, IndexError) as error:
        raise FILE_DAMAGED.error("the page is not there", page=number) from error
    if scan is not None and pixels is not None:
        return RawPage(number, turned(pixels, scan.rotation), scan.dpi, "embedded")
    wanted = DRAWN_DPI if scan is None else scan.dpi
    dpi = max(1, min(wanted, math.floor(math.sqrt(limits.page_pixels / inches))))
    drawn = poppler.rasterise(path, number, dpi=dpi, seconds=limits.wall_seconds(limits.page_seconds))
    return RawPage(number, drawn if scan is None else _cut_out(drawn, scan), dpi, "rasterised")


def _page_inches(page: pikepdf.Page) -> float:
    """Return the page's area in square inches."""
    x0, y0, x1, y1 = map(float, page.cropbox)
    unit = float(page.obj.get("/UserUnit", 1)) / 72
    return max(abs((x1 - x0) * (y1 - y0)) * unit * unit, 1e-6)


def _embedded(scan: ScanImage, limits: Limits, number: int) -> Pixels | None:
    """Return the stored pixels of a scan, or None for an encoding that only Poppler reads as it should be."""
    if scan.width * scan.height > limits.page_pixels:
        raise _too_large(scan.width, scan.height, limits, number)
    if "/Decode" in scan.image:
        return None
    if scan.image.get("/Filter") == pikepdf.Name.DCTDecode:
        with _opened(io.BytesIO(scan.image.read_raw_bytes())) as picture:
            # A PDF viewer ignores what EXIF says within.
            return _decoded(picture, limits, number, obey_exif=False)
    try:
        picture = pikepdf.PdfImage(scan.image).as_pil_image()
    except (pikepdf.PikepdfError, OSError, ValueError):
        return None
    return _decoded(picture, limits, number, obey_exif=False)


def _cut_out(drawn: Pixels, scan: ScanImage) -> Pixels:
    """Return the part of a drawn page that shows the scan, at the scan's own size."""
    height, width = drawn.shape[:2]
    left, top, right, bottom = (
        share * side for share, side in zip(scan.shown, (width, height, width, height), strict=True)
    )
    columns, rows = (scan.width, scan.height) if scan.rotation in {0, 180} else (scan.height, scan.width)
    across, down = (right - left) / columns, (bottom - top) / rows
    matrix = np.array([[across, 0, left + (across - 1) / 2], [0, down, top + (down - 1) / 2]])
    cut = cv2.warpAffine(
        drawn,
        matrix,
        (columns, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cut, np.uint8)


def _opened(source: Path | io.BytesIO) -> Image.Image:
    """Open an image file; its pixel count is checked against our own limit, so Pillow's warning is not needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(source)
    except Image.DecompressionBombError as error:
        raise PAGE_TOO_LARGE.error(str(error)) from error
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise FILE_DAMAGED.error("the image cannot be opened") from error


def _decoded(picture: Image.Image, limits: Limits, number: int, *, obey_exif: bool = True) -> Pixels:
    if picture.width * picture.height > limits.page_pixels:
        raise _too_large(picture.width, picture.height, limits, number)
    try:
        pixels = _as_pixels(picture)
    except (OSError, ValueError, SyntaxError) as error:
        raise FILE_DAMAGED.error("the image breaks off or is garbled", page=number) from error
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1) if obey_exif else 1
    mirrored = pixels[:, ::-1] if orientation in _EXIF_MIRRORED else pixels
    return turned(np.ascontiguousarray(mirrored), _EXIF_TURNS.get(orientation, 0))


def _as_pixels(picture: Image.Image) -> Pixels:
    if picture.mode in _SEEN_THROUGH or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    elif picture.mode.startswith("I"):
        deep = np.asarray(picture, dtype=np.int64)
        return (deep >> 8 if deep.max(initial=0) > PAPER else deep).clip(0, PAPER).astype(np.uint8)
    elif picture.mode not in {"L", "RGB"}:
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    return np.asarray(picture)


def _dpi(picture: Image.Image, pixels: Pixels) -> int | None:
    """Return what the file says when paper of that size exists, else what an A4 sheet of this size would have."""
    height, width = pixels.shape[:2]
    said = float(picture.info.get("dpi", (0, 0))[0])
    smallest, largest = _PAPER_INCHES
    if said and smallest <= max(height, width) / said <= largest:
        return round(said)
    return dpi_of_sheet(width, height)


def dpi_of_sheet(width: int, height: int) -> int | None:
    """Return the resolution of an A4 sheet of this size in pixels; None when it has not the shape of one."""
    long, short = max(width, height), min(width, height)
    is_a4 = abs(long / short / _A4_RATIO - 1) < _RATIO_MARGIN
    return round(long / _A4_INCHES) if is_a4 else None


def _too_large(width: int, height: int, limits: Limits, number: int) -> ProblemError:
    detail = f"{width} x {height} pixels; the limit is {limits.page_pixels / 1e6:.0f} million"
    return PAGE_TOO_LARGE.error(detail, page=number)
