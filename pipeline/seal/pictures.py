"""The picture of a page as it goes into a copy: the very bytes that the scanner wrote, wherever PDF/A takes them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import img2pdf
import numpy as np
import pikepdf
from pikepdf import Name
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from pipeline.prepare.pages import PDF, exif_turn, raw_page
from pipeline.prepare.pixels import Pixels
from pipeline.tools.pdf import scan_image
from schemas.page import Rotation
from schemas.problem import FILE_DAMAGED
from schemas.settings import Limits

_TAKEN_AS_THEY_ARE = frozenset(["image/jpeg", "image/png"])
_MODES_TAKEN = frozenset(["1", "L", "I;16", "P", "RGB"])
"""Grey and RGB as Pillow names them; PDF/A takes neither CMYK without its own output intent nor unflattened alpha."""
_MIRRORED = frozenset([2, 4, 5, 7])
"""EXIF orientations that no turn can make."""
_SPACES_TAKEN = frozenset(["/DeviceGray", "/DeviceRGB", "/CalGray", "/CalRGB"])
_KEYS_TAKEN = frozenset(
    ["/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Decode", "/Filter",
     "/DecodeParms", "/Length"]
)  # fmt: skip
"""All that a plain picture needs; what else a scanner writes (/Interpolate, /Intent, /OPI) PDF/A may refuse."""
_ICC_VERSIONS = 5
"""PDF 1.7 knows profiles up to version 4."""
_LOSSY = frozenset(["/DCTDecode", "/JPXDecode", "jpeg", "webp"])
"""Encodings that do not keep every pixel, as PDF and as Pillow (for TIFF) name them."""

_GROWTH = 1.15
"""A picture that has to be encoded anew may become this much larger than it was, if any quality below allows."""
_QUALITIES = (95, 90, 80, 70)
_DRAWN_QUALITY = 80
_POINTS = 72
"""Sides of a page that only carries its picture here."""
_WHITE = 255
_COLOURLESS = 16
"""Channels that differ by no more than this, of 255, are noise."""


class Picture(NamedTuple):
    """One picture, and how it has to be turned."""

    image: pikepdf.Object
    """An image XObject of the copy."""
    width: int
    """Columns as stored."""
    height: int
    """Rows as stored."""
    turn: Rotation
    """Clockwise: from the stored pixels to those of the scan, before `geometry.straighten`."""


class Pictures(Protocol):
    """Gives the picture of each page of one file."""

    def __call__(self, copy: pikepdf.Pdf, number: int) -> Picture:
        """Return the picture of page *number* (from 1) of the file, added to *copy*."""


@contextmanager
def opened_pictures(path: Path, media_type: str, limits: Limits) -> Iterator[Pictures]:
    """Open an admitted file for its pictures.

    Raises:
        ProblemError: as `prepare.pages.raw_page` does, then or when a picture is asked for.
    """
    if media_type != PDF:
        yield lambda copy, number: _of_image_file(copy, path, media_type, number, limits)
        return
    try:
        source = pikepdf.open(path)
    except pikepdf.PdfError as error:
        raise FILE_DAMAGED.error("the PDF cannot be opened") from error
    with source:
        yield lambda copy, number: _of_pdf_page(copy, source, path, number, limits)


def _of_pdf_page(copy: pikepdf.Pdf, source: pikepdf.Pdf, path: Path, number: int, limits: Limits) -> Picture:
    scan = scan_image(source, number)
    if scan is not None and _is_taken(scan.image):
        image = copy.copy_foreign(scan.image)
        for key in set(image.keys()) - _KEYS_TAKEN:
            del image[key]
        _mend_colour_space(image, "/ColorSpace")
        return Picture(image, scan.width, scan.height, scan.rotation)
    pixels = raw_page(path, PDF, number, limits).pixels
    if scan is None:
        return _added(copy, _as_jpeg(pixels, _DRAWN_QUALITY))
    size = len(scan.image.read_raw_bytes())
    return _added(copy, _within(pixels, size) if _LOSSY & set(_filters(scan.image)) else _lossless(pixels))


def _of_image_file(copy: pikepdf.Pdf, path: Path, media_type: str, number: int, limits: Limits) -> Picture:
    with Image.open(path) as picture:
        picture.seek(number - 1)
        is_plain = picture.mode in _MODES_TAKEN and "transparency" not in picture.info
        is_mirrored = picture.getexif().get(ExifTags.Base.Orientation, 1) in _MIRRORED
        is_lossy = media_type == "image/jpeg" or picture.info.get("compression") in _LOSSY
        frames = getattr(picture, "n_frames", 1)
    if media_type in _TAKEN_AS_THEY_ARE and is_plain and not is_mirrored:
        return _added(copy, path.read_bytes(), turn=exif_turn(path))
    pixels = raw_page(path, media_type, number, limits).pixels
    return _added(copy, _within(pixels, path.stat().st_size // frames) if is_lossy else _lossless(pixels))


def _is_taken(image: pikepdf.Stream) -> bool:
    """Return whether PDF/A-2 with an sRGB output intent takes this image as it is."""
    return "/JPXDecode" not in _filters(image) and _is_space_taken(image.get("/ColorSpace"))


def _is_space_taken(space: pikepdf.Object | None) -> bool:
    if not isinstance(space, pikepdf.Array):
        return str(space) in _SPACES_TAKEN
    match str(space[0]):
        case "/Indexed":
            return _is_space_taken(space[1])
        case "/ICCBased":
            return int(space[1].N) in {1, 3}
        case name:
            return name in _SPACES_TAKEN


def _filters(image: pikepdf.Stream) -> list[str]:
    filters = image.get("/Filter", pikepdf.Array())
    return [str(filters)] if isinstance(filters, Name) else [str(name) for name in filters.as_list()]


def _added(copy: pikepdf.Pdf, data: bytes, *, turn: Rotation = 0) -> Picture:
    """Add a JPEG, PNG or Group 4 TIFF file to *copy* without re-encoding."""
    on_any_page = img2pdf.get_layout_fun((_POINTS, _POINTS))
    made = img2pdf.convert(
        data, first_frame_only=True, rotation=img2pdf.Rotation.none, nodate=True, layout_fun=on_any_page
    )
    with pikepdf.open(io.BytesIO(made)) as carrier:
        (found,) = carrier.pages[0].get_images().values()
        image = copy.copy_foreign(found)
    _mend_colour_space(image, "/ColorSpace")
    return Picture(image, int(image.Width), int(image.Height), turn)


def _mend_colour_space(holder: pikepdf.Object, key: str | int) -> None:
    """Take colours for sRGB or grey where their profile is broken or belongs to others; unpack a name in an array."""
    space = holder[key]
    if not isinstance(space, pikepdf.Array):
        return
    if len(space) == 1:
        holder[key] = space[0]
    elif space[0] == Name.Indexed:
        _mend_colour_space(space, 1)
    elif space[0] == Name.ICCBased and not _is_sound(space[1].read_bytes(), int(space[1].N)):
        holder[key] = Name.DeviceGray if int(space[1].N) == 1 else Name.DeviceRGB


def _is_sound(profile: bytes, components: int) -> bool:
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    except OSError:
        return False
    return read.xcolor_space.strip() == ("GRAY" if components == 1 else "RGB") and read.version < _ICC_VERSIONS


def _within(pixels: Pixels, size: int) -> bytes:
    """Return a JPEG of a picture that took *size* bytes, as good as the room for growth allows."""
    made = (_as_jpeg(pixels, quality) for quality in _QUALITIES)
    smallest = b""
    for smallest in made:
        if len(smallest) <= _GROWTH * size:
            break
    return smallest


def _as_jpeg(pixels: Pixels, quality: int) -> bytes:
    written = io.BytesIO()
    Image.fromarray(_without_idle_colour(pixels)).save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()


def _lossless(pixels: Pixels) -> bytes:
    """Return a PNG, or a TIFF of one bit a pixel (CCITT Group 4, in one strip) where there is only black and white."""
    picture = Image.fromarray(_without_idle_colour(pixels, tolerance=0))
    written = io.BytesIO()
    if picture.mode == "L" and not np.any((pixels != 0) & (pixels != _WHITE)):
        bilevel = picture.convert("1", dither=Image.Dither.NONE)
        bilevel.save(written, "TIFF", compression="group4", tiffinfo={TiffImagePlugin.ROWSPERSTRIP: picture.height})
    else:
        picture.save(written, "PNG")
    return written.getvalue()


def _without_idle_colour(pixels: Pixels, tolerance: int = _COLOURLESS) -> Pixels:
    """Return the picture in grey when it is grey anyway."""
    if pixels.ndim == 2:  # noqa: PLR2004 - rows and columns: grey already
        return pixels
    red, green, blue = cv2.split(pixels)
    if max(int(cv2.absdiff(red, green).max()), int(cv2.absdiff(green, blue).max())) > tolerance:
        return pixels
    return np.asarray(green, np.uint8)
