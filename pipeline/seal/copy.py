"""The copy before it is signed: a PDF/A-2b of the scan as it is, upright and straight, with what was read on it.

Turning and straightening happen in the placement matrix: no pixel is touched, and the bytes of the picture are those
of the scanner (ND 30/2020: an accurate copy; 100 %, in colour where the scan is).
"""

import io
import struct
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, pdfa
from PIL import ImageCms

from pipeline.geometry import Affine, straighten
from pipeline.prepare.pages import raw_page
from pipeline.prepare.pixels import Pixels
from pipeline.seal.appearance import DEPTH, Stamps, as_rectangle, lay_out, stamp_face
from pipeline.seal.code import QrCode
from pipeline.seal.fonts import Face, embed, glyphless_face
from pipeline.seal.ink import ink_on_top
from pipeline.seal.photograph import as_photographed
from pipeline.seal.pictures import Picture, opened_pictures
from pipeline.seal.text_layer import characters, text_layer
from schemas.page import Page, PageReading
from schemas.problem import COPY_NOT_PDFA
from schemas.settings import Flavour, Limits

STAMP_FONT = "Stamp"
"""Name of the signatures' font in the resources of page 1, where it waits for them."""

_TEXT_FONT = "Text"
_VERSION: Final[dict[Flavour, str]] = {"1b": "1.4", "2b": "1.7", "3b": "1.7"}
"""The PDF that each flavour of PDF/A is a part of."""
_ICC_MADE_AT = slice(24, 36)
"""Where an ICC profile says when it was made (ICC.1:2022, 7.2)."""
_EPOCH = struct.pack(">6H", 1970, 1, 1, 0, 0, 0)
_A4_HEIGHT = 297 / 25.4 * 72
_PAGE_SIDES = (3.0, 14400.0)
"""Points that a page may measure (ISO 32000-1, annex C)."""


class UnsignedCopy(NamedTuple):
    """A copy that waits for its two signatures."""

    pdf: bytes
    """PDF/A; the signatures are appended to it."""
    stamps: Stamps
    """What the signatures will show, and where."""


def make_copy(
    path: Path,
    media_type: str,
    readings: Sequence[PageReading],
    *,
    title: str,
    made_at: datetime,
    scanner: str,
    agency: str,
    limits: Limits,
    flavour: Flavour = "2b",
    code: QrCode | None = None,
) -> UnsignedCopy:
    """Return the copy of one document, still unsigned; the same arguments give the same bytes.

    Args:
        path: the admitted file.
        media_type: what it was admitted as.
        readings: the pages of the document, in its order; blank ones too, for the copy shows the paper as it is.
        title: for the metadata.
        made_at: for the metadata.
        scanner: name of the person who scanned, as their signature will show it.
        agency: name of the agency, as its signature will show it.
        limits: what a page may cost that has to be drawn.
        flavour: of PDF/A, which the copy will be.
        code: drawn on the first page, where nothing is; None: none.

    Raises:
        ProblemError: `copy-not-pdfa`; `tool-missing` when the font is; what `prepare.pages.raw_page` raises.
    """
    with pikepdf.new() as pdf, opened_pictures(path, media_type, limits) as pictures:
        face = glyphless_face(characters(word for reading in readings for word in reading.words))
        font = embed(pdf, face, tells_what_it_has=flavour == "1b")
        for reading in readings:
            picture = pictures(pdf, reading.page.number)
            scan = straighten(picture.width, picture.height, picture.turn, 0)
            _add_page(pdf, as_photographed(reading, scan.width, scan.height), picture, face, font)
        first = readings[0]
        pixels = raw_page(path, media_type, first.page.number, limits).pixels
        seen = as_photographed(first, pixels.shape[1], pixels.shape[0])
        stamps = _make_room(pdf, flavour, seen, pixels, scanner, agency)
        if code is not None:
            _draw(code, pdf, seen, pixels, stamps)
        _describe(pdf, flavour, title, made_at)
        return UnsignedCopy(_saved(pdf, flavour, path.name), stamps)


def points_per_pixel(page: Page) -> float:
    """Return the scale of the copy: 1:1 where the resolution is known, else what makes the longer side that of A4."""
    if page.dpi is not None:
        scale = 72 / page.dpi
        smallest, largest = _PAGE_SIDES
        if smallest <= min(page.width, page.height) * scale and max(page.width, page.height) * scale <= largest:
            return scale
    return _A4_HEIGHT / max(page.width, page.height)


def _add_page(pdf: pikepdf.Pdf, reading: PageReading, picture: Picture, face: Face, font: pikepdf.Object) -> None:
    page, scale = reading.page, points_per_pixel(reading.page)
    width, height = page.width * scale, page.height * scale
    content = b"q %s cm /Scan Do Q\n" % _numbers(_placement(picture, page, scale))
    resources = Dictionary(XObject=Dictionary(Scan=picture.image))
    if reading.words:
        content += text_layer(reading.words, face, _TEXT_FONT, scale=scale, height=height)
        resources.Font = Dictionary({f"/{_TEXT_FONT}": font})
    pdf.pages.append(
        pikepdf.Page(
            Dictionary(
                Type=Name.Page,
                MediaBox=_box(width, height),
                Resources=resources,
                Contents=pdf.make_stream(content),
            )
        )
    )


def _placement(picture: Picture, page: Page, scale: float) -> tuple[float, float, float, float, float, float]:
    """Return the PDF matrix that lays the picture on its page, upright and straight."""
    turned = straighten(picture.width, picture.height, picture.turn, 0)
    straight = straighten(turned.width, turned.height, page.rotation, page.skew_degrees)
    unit_square_to_pixels = Affine(picture.width, 0, 0, 0, -picture.height, picture.height)
    pixels_to_points = Affine(scale, 0, 0, 0, -scale, page.height * scale)
    way = unit_square_to_pixels.then(turned.matrix).then(straight.matrix).then(pixels_to_points)
    return way.a, way.d, way.b, way.e, way.c, way.f


def _make_room(
    pdf: pikepdf.Pdf, flavour: Flavour, reading: PageReading, pixels: Pixels, scanner: str, agency: str
) -> Stamps:
    """Lay the stamps out on page 1, grow it where they have no room, and leave their font in its resources."""
    scale = points_per_pixel(reading.page)
    width, height = reading.page.width * scale, reading.page.height * scale
    taken = [as_rectangle(word.box, scale=scale, height=height) for word in reading.words]
    taken += ink_on_top(pixels, reading.page, scale=scale, depth=DEPTH)
    layout = lay_out(scanner, agency, width=width, height=height, taken=taken)
    page = pdf.pages[0]
    page.obj.MediaBox = _box(width, height + layout.strip)
    fonts = page.obj.Resources.get("/Font", Dictionary())
    fonts[f"/{STAMP_FONT}"] = embed(pdf, stamp_face([scanner, agency]), tells_what_it_has=flavour == "1b")
    page.obj.Resources.Font = fonts
    return layout.stamps


def _draw(code: QrCode, pdf: pikepdf.Pdf, reading: PageReading, pixels: Pixels, stamps: Stamps) -> None:
    """Draw a code on page 1, clear of all that is there and of the signatures to come; grow the page if it has to."""
    scale = points_per_pixel(reading.page)
    width, height = reading.page.width * scale, reading.page.height * scale
    taken = [as_rectangle(word.box, scale=scale, height=height) for word in reading.words]
    taken += ink_on_top(pixels, reading.page, scale=scale, depth=height)
    taken += [stamp.area for stamp in stamps]
    place = code.placed(width, height, taken)
    page = pdf.pages[0]
    page.contents_add(code.drawn(place.area))
    left, bottom, right, top = map(float, page.mediabox)
    page.obj.MediaBox = Array([left, round(bottom - place.strip, 2), right, top])


def _describe(pdf: pikepdf.Pdf, flavour: Flavour, title: str, made_at: datetime) -> None:
    pdf.Root.Lang = pikepdf.String("vi-VN")
    profile = "sRGB" if flavour == "1b" else _srgb()  # PDF/A-1 takes none of version 4: pikepdf brings an older one
    pdfa.prepare(pdf, flavour, output_intent=profile)
    moment = made_at.isoformat(timespec="seconds")
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:title"] = title
        metadata["dc:language"] = {"vi-VN"}
        metadata["xmp:CreateDate"] = moment
        metadata["xmp:ModifyDate"] = moment
        metadata["xmp:MetadataDate"] = moment


@cache
def _srgb() -> bytes:
    """Return the sRGB profile that Little CMS makes, without the time at which it was made."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[: _ICC_MADE_AT.start] + _EPOCH + profile[_ICC_MADE_AT.stop :]


def _saved(pdf: pikepdf.Pdf, flavour: Flavour, file: str) -> bytes:
    written = io.BytesIO()
    try:
        pdfa.save(pdf, written, flavour, repair=False, deterministic_id=True, min_version=_VERSION[flavour])
    except pdfa.PdfaError as error:
        found = "; ".join(dict.fromkeys(f"{finding.rule} {finding.message}" for finding in error.report.findings))
        raise COPY_NOT_PDFA.error(found, file=file) from error
    return written.getvalue()


def _box(width: float, height: float) -> Array:
    return Array([0, 0, round(width, 2), round(height, 2)])


def _numbers(values: Sequence[float]) -> bytes:
    return b" ".join(b"%.4f" % value for value in values)
