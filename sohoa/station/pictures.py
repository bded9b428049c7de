"""Scans as a station looks at them: whether they are whole, how many pages, separator sheets, pictures made one file.

Nothing is judged here beyond that: whether a page is fit to be read is asked at the server, by a preview.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import img2pdf
import pikepdf
import zxingcpp
from PIL import Image, UnidentifiedImageError

from schemas.legibility import LEAST_DPI, PREVIEW_BYTES, PREVIEW_DPI
from schemas.problem import (
    FILE_DAMAGED,
    FILE_ENCRYPTED,
    FILE_TOO_LARGE,
    FILE_TYPE_UNKNOWN,
    NO_PAGES,
    PAGE_TOO_LARGE,
    TOO_MANY_PAGES,
    ProblemError,
)
from schemas.settings import Limits
from schemas.submission import DossierCode
from sohoa.station import separators

PDF: Final = "application/pdf"
SUFFIXES: Final = {PDF: "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}
_FORMATS: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff"}
_MAGIC: Final = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_TAIL = 1024
_STRIPS = ((273, 279), (324, 325))
"""TIFF tags: offsets and lengths of strips, and of tiles."""
_LOOKED_AT = 1600
"""Pixels of the long side in which a separator's code is looked for: its modules are over 3 mm."""
_SCREEN_DPI = 100
"""Up to here it is what programs write that know no resolution."""
_A4_LONG_POINTS = 297 / 25.4 * 72
_POINTS = 72
_NO_PICTURE: Final = (pikepdf.PdfError, pikepdf.UnsupportedImageTypeError, NotImplementedError, OSError, ValueError)
"""What is raised for a picture in a PDF that cannot be decoded here; libraries say so in all these ways."""
_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


class Part(NamedTuple):
    """A separator sheet, or pages between two of them."""

    separator: DossierCode | None
    """The dossier that what follows belongs to; None: this part is pages."""
    media: str = ""
    is_picture: bool = False
    """One page on one picture: it may be one of several of a paper."""
    pages: int = 0
    content: bytes | None = None
    """Its bytes; None: the file as it is."""


def is_whole(path: Path) -> bool:
    """Return whether the file has the end that its type demands: cheap, and no proof that it can be read.

    A file of another type is never whole.

    Raises:
        OSError: it cannot be opened; on Windows that is so while the scanning software has it.
    """
    with path.open("rb") as file:
        head = file.read(8)
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    match _media(head):
        case "application/pdf":
            return b"%%EOF" in tail
        case "image/jpeg":
            return b"\xff\xd9" in tail[-64:]  # some scanners pad
        case "image/png":
            return b"IEND\xaeB`\x82" in tail[-64:]
        case "image/tiff":
            return _tiff_is_whole(path, size)
    return False


def parts(path: Path, limits: Limits) -> Iterator[Part]:
    """Yield what is in a file, in order: pages, and the separator sheets between them. A file without is one part.

    Raises:
        ProblemError: why the file cannot be taken.
    """
    if path.stat().st_size > limits.file_bytes:
        raise FILE_TOO_LARGE.error(f"it has more than {limits.file_bytes} bytes")
    with path.open("rb") as file:
        media = _media(file.read(8))
    if media is None:
        raise FILE_TYPE_UNKNOWN.error("it is neither PDF, JPEG, PNG nor TIFF")
    if media == PDF:
        yield from _pdf_parts(path, limits)
    else:
        yield from _picture_parts(path, limits)


def as_one_file(pictures: Sequence[bytes]) -> bytes:
    """Return a PDF with *pictures* as its pages, each as the scanner encoded it. The same pictures give the same bytes.

    Raises:
        ProblemError: `file-damaged`.
    """
    try:
        pdf: bytes = img2pdf.convert(
            [_without_alpha(picture) for picture in pictures],
            engine=img2pdf.Engine.internal,
            layout_fun=_layout,
            rotation=img2pdf.Rotation.ifvalid,
            nodate=True,
        )
    except (img2pdf.ImageOpenError, img2pdf.JpegColorspaceError, OSError, ValueError) as error:
        raise FILE_DAMAGED.error(f"the pictures cannot be put together: {type(error).__name__}") from error
    return pdf


class Seen(NamedTuple):
    """How a page looks."""

    jpeg: bytes | None
    """In grey at `PREVIEW_DPI`; None where that cannot be made here: of drawn pages, and of rare encodings."""
    low_dpi: bool
    """Whether the scan has too few dots an inch."""


_UNSEEN: Final = Seen(None, low_dpi=False)


def previews(content: BinaryIO, media: str, pages: Sequence[int], limits: Limits) -> Iterator[tuple[int, Seen]]:
    """Yield each of the *pages* (from 1) of a scan, with how it looks."""
    left = list(pages)
    try:
        for number, seen in _looks(content, media, pages, limits):
            left.remove(number)
            yield number, seen
    except (pikepdf.PdfError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, ProblemError):
        yield from ((number, _UNSEEN) for number in left)  # the server judges it, when all of it is there


def _looks(content: BinaryIO, media: str, pages: Sequence[int], limits: Limits) -> Iterator[tuple[int, Seen]]:
    if media == PDF:
        with pikepdf.open(content) as pdf:
            yield from ((number, _seen_of_page(pdf.pages[number - 1], limits)) for number in pages)
        return
    with Image.open(content, formats=("JPEG", "PNG", "TIFF")) as picture:
        for number in pages:
            picture.seek(number - 1)
            yield number, _seen(picture, max(picture.info.get("dpi", (0, 0))), limits)


def _seen_of_page(page: pikepdf.Page, limits: Limits) -> Seen:
    try:
        image = _picture_of(page)
        if image is None:
            return _UNSEEN
        left, bottom, right, top = map(float, page.cropbox)
        inches = max(right - left, top - bottom) * float(page.obj.get("/UserUnit", 1)) / _POINTS
        dpi = max(image.width, image.height) / inches
        if image.width * image.height > limits.page_pixels:
            return _UNSEEN
        with image.as_pil_image() as picture:
            return _seen(picture, dpi, limits)
    except (*_NO_PICTURE, ZeroDivisionError):
        return _UNSEEN


def _seen(picture: Image.Image, dpi: float, limits: Limits) -> Seen:
    """Return how a picture looks; one that does not say its resolution is taken for A4."""
    if picture.width * picture.height > limits.page_pixels:
        return _UNSEEN
    dpi = dpi if dpi > _SCREEN_DPI else max(picture.size) / (_A4_LONG_POINTS / _POINTS)
    size = tuple(max(1, round(side * PREVIEW_DPI / dpi)) for side in picture.size)
    picture.draft("L", (size[0], size[1]))
    small = picture.convert("L").resize((size[0], size[1]), Image.Resampling.LANCZOS)
    for quality in (40, 20, 5):
        output = io.BytesIO()
        small.save(output, "JPEG", quality=quality, dpi=(PREVIEW_DPI, PREVIEW_DPI))
        if output.tell() <= PREVIEW_BYTES:
            return Seen(output.getvalue(), low_dpi=round(dpi) < LEAST_DPI)
    return Seen(None, low_dpi=round(dpi) < LEAST_DPI)


def _media(head: bytes) -> str | None:
    return next((media for magic, media in _MAGIC if head.startswith(magic)), None)


def _tiff_is_whole(path: Path, size: int) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                tags: Any = getattr(picture, "tag_v2", {})
                for offsets, lengths in _STRIPS:
                    ends = zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False)
                    if any(offset + length > size for offset, length in ends):
                        return False
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError):
        return False
    return True


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as picture:
            if picture.width * picture.height > limits.page_pixels:
                raise PAGE_TOO_LARGE.error(f"{picture.width} by {picture.height} pixels")
            yield picture
    except Image.DecompressionBombError as error:
        raise PAGE_TOO_LARGE.error("it has far too many pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise FILE_DAMAGED.error("the picture cannot be opened") from error


def _picture_parts(path: Path, limits: Limits) -> Iterator[Part]:
    with _opened(path, limits) as picture:
        media = _FORMATS[picture.format or ""]
        frames = getattr(picture, "n_frames", 1) if media == "image/tiff" else 1
        if frames > limits.pages:
            raise TOO_MANY_PAGES.error(f"{frames} pages")
        codes = [_separator_on(picture, number) for number in range(frames)]
        if not any(codes):
            yield Part(None, media, frames == 1, frames)
            return
        for number, code in enumerate(codes):
            if code is not None:
                yield Part(code)
            else:
                picture.seek(number)
                yield Part(None, "image/png", is_picture=True, pages=1, content=_as_png(picture))


def _pdf_parts(path: Path, limits: Limits) -> Iterator[Part]:
    try:
        with pikepdf.open(path) as pdf:
            if not len(pdf.pages):
                raise NO_PAGES.error("the PDF has no pages")
            if len(pdf.pages) > limits.pages:
                raise TOO_MANY_PAGES.error(f"{len(pdf.pages)} pages")
            codes = [_separator_of_page(page, limits) for page in pdf.pages]
            if not any(codes):
                yield Part(None, PDF, is_picture=False, pages=len(codes))
                return
            first = 0
            for number, code in enumerate([*codes, ""]):
                if code is None:
                    continue
                if number > first:
                    yield Part(None, PDF, pages=number - first, content=_pages_of(pdf, first, number))
                if code:
                    yield Part(code)
                first = number + 1
    except pikepdf.PasswordError as error:
        raise FILE_ENCRYPTED.error("the PDF has a password") from error
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError) as error:
        raise FILE_DAMAGED.error("the PDF cannot be opened") from error


def _separator_of_page(page: pikepdf.Page, limits: Limits) -> DossierCode | None:
    """Return the code on a page that is one picture; a drawn page is no scanned sheet."""
    try:
        # A picture that cannot be decoded here is a page like others, and no separator: the server judges it.
        image = _picture_of(page)
        if image is None:
            return None
        if image.width * image.height > limits.page_pixels:
            raise PAGE_TOO_LARGE.error(f"{image.width} by {image.height} pixels")
        with image.as_pil_image() as picture:
            return _separator_on(picture, 0)
    except _NO_PICTURE:
        return None


def _picture_of(page: pikepdf.Page) -> pikepdf.PdfImage | None:
    """Return the picture that a page of a PDF consists of; None for a page that is drawn."""
    images = list(page.get_images().values())
    match images:
        case [pikepdf.Stream() as only]:
            return pikepdf.PdfImage(only)
    return None


def _separator_on(picture: Image.Image, number: int) -> DossierCode | None:
    picture.seek(number)
    picture.draft("L", (_LOOKED_AT, _LOOKED_AT))
    grey = picture.convert("L")
    grey.thumbnail((_LOOKED_AT, _LOOKED_AT))
    found = zxingcpp.read_barcodes(grey, formats=_QR, try_invert=False, try_downscale=False)
    return next((code for code in (separators.dossier_of(each.text) for each in found) if code), None)


def _pages_of(pdf: pikepdf.Pdf, first: int, end: int) -> bytes:
    some = pikepdf.new()
    some.pages.extend(pdf.pages[first:end])
    output = io.BytesIO()
    some.save(output, deterministic_id=True)
    return output.getvalue()


def _as_png(picture: Image.Image) -> bytes:
    output = io.BytesIO()
    picture.save(output, "PNG", dpi=picture.info.get("dpi", (0, 0)))
    return output.getvalue()


def _without_alpha(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as opened:
        if not opened.has_transparency_data:
            return picture
        paper = Image.new("RGBA", opened.size, "white")
        paper.alpha_composite(opened.convert("RGBA"))
        flat = paper.convert("RGB")
        flat.info |= {key: value for key, value in opened.info.items() if key == "dpi"}
        return _as_png(flat)


def _layout(width: int, height: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the sides of page and picture in points; a scan that does not say its resolution is taken for A4."""
    if max(dpi) <= _SCREEN_DPI:
        scale = _A4_LONG_POINTS / max(width, height)
        sides = width * scale, height * scale
    else:
        sides = width / dpi[0] * _POINTS, height / dpi[1] * _POINTS
    return *sides, *sides
