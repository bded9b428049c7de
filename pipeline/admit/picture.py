"""Inspect JPEG, PNG and TIFF files: headers first, and data only when their size is known."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pipeline.admit.findings import (
    LEAST_SIDE,
    Findings,
    check_page_count,
    check_pixels,
    damaged,
    damaged_if_it_raises,
)
from schemas.problem import FILE_TYPE_UNKNOWN, NO_PAGES, PAGE_TOO_SMALL
from schemas.settings import Limits

_BAD_HEADER = "Its header makes no sense."
_BAD_DATA = "The picture breaks off, or its data make no sense."

_TIFF_DATA = ((273, 279), (324, 325), (513, 514))
"""Tags that say where the pixels are and how many bytes they have: strips, tiles, or one JPEG of the old style."""


def inspect_jpeg(data: bytes, limits: Limits) -> Findings:
    """Return what is found in a JPEG file.

    Some phones store several pictures in one file (MPO); the first is the photograph, and the one page. It is decoded
    at an eighth of its size: that unpacks all its data for a fraction of the cost.

    Raises:
        ProblemError: `file-damaged`, `page-too-large`, `page-too-small`.
    """
    with _reading(_BAD_HEADER):
        image = JpegImageFile(BytesIO(data))
    _check_size(image, 1, limits)
    with _reading(_BAD_DATA):
        image.draft("L", (image.width // 8, image.height // 8))
        image.load()
    return Findings(page_count=1)


def inspect_png(data: bytes, limits: Limits) -> Findings:
    """Return what is found in a PNG file.

    Raises:
        ProblemError: `file-damaged`, `page-too-large`, `page-too-small`; `file-type-unknown` for an animation.
    """
    with _reading(_BAD_HEADER):
        image = PngImageFile(BytesIO(data))
    _check_size(image, 1, limits)
    if image.is_animated:
        detail = "It is an animation (APNG)."
        raise FILE_TYPE_UNKNOWN.error(detail)
    with _reading(_BAD_DATA):
        image.load()
    return Findings(page_count=1)


def inspect_tiff(data: bytes, limits: Limits) -> Findings:
    """Return what is found in a TIFF file: each of its directories is a page.

    The pixels are not decoded, because there may be hundreds of pages: it is enough that all of them are there.

    Raises:
        ProblemError: `file-damaged`, `no-pages`, `too-many-pages`, `page-too-large`, `page-too-small`.
    """
    count = 0
    for count, _ in enumerate(_tiff_directories(data), start=1):
        check_page_count(count, limits)
    if count == 0:
        detail = "There is no picture in it."
        raise NO_PAGES.error(detail)
    with _reading(_BAD_HEADER, page=1):
        image = TiffImageFile(BytesIO(data))
    for page in range(1, count + 1):
        with _reading(_BAD_HEADER, page=page):
            image.seek(page - 1)
            ends = _tiff_data_ends(image)
        _check_size(image, page, limits)
        if not ends or max(ends) > len(data):
            detail = "The picture breaks off."
            raise damaged(detail, page=page)
    return Findings(page_count=count)


def _check_size(image: JpegImageFile | PngImageFile | TiffImageFile, page: int, limits: Limits) -> None:
    check_pixels(*image.size, limits, page=page)
    if min(image.size) < LEAST_SIDE:
        detail = f"It has {image.width} x {image.height} pixels; each side needs {LEAST_SIDE}."
        raise PAGE_TOO_SMALL.error(detail, page=page)


@contextmanager
def _reading(detail: str, *, page: int | None = None) -> Iterator[None]:
    """Call Pillow on foreign bytes; its warnings about them are of no use to anybody."""
    with damaged_if_it_raises(detail, page=page), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tiff_directories(data: bytes) -> Iterator[int]:
    """Yield the offset of each directory (TIFF 6.0, section 2; BigTIFF has wider numbers).

    Raises:
        ProblemError: `file-damaged` when the chain leaves the file or runs in a circle; Pillow would end it there.
    """
    order = "<" if data.startswith(b"II") else ">"
    is_big = b"+" in data[2:4]  # 43; 42 in the ordinary kind
    first, entry_size = (8, 20) if is_big else (4, 12)
    counter, pointer = (struct.Struct(order + code) for code in (("Q", "Q") if is_big else ("H", "I")))

    def number(form: struct.Struct, at: int) -> int:
        with damaged_if_it_raises("It breaks off: a page that it announces is not there."):
            return int(form.unpack_from(data, at)[0])

    seen: set[int] = set()
    offset = number(pointer, first)
    while offset:
        if offset in seen:
            detail = "Its list of pages runs in a circle."
            raise damaged(detail)
        seen.add(offset)
        yield offset
        offset = number(pointer, offset + counter.size + entry_size * number(counter, offset))


def _tiff_data_ends(image: TiffImageFile) -> list[int]:
    """Return where each part of the pixels of the current page ends, as an offset in the file."""
    for offset_tag, count_tag in _TIFF_DATA:
        if offsets := _numbers(image, offset_tag):
            # Without byte counts (some old fax programs) it is at least known that a part begins within the file.
            counts = _numbers(image, count_tag) or (1,) * len(offsets)
            return [offset + count for offset, count in zip(offsets, counts, strict=True)]
    return []


def _numbers(image: TiffImageFile, tag: int) -> tuple[int, ...]:
    value = image.tag_v2.get(tag, ())
    return value if isinstance(value, tuple) else (value,)
