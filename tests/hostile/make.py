"""Hostile files, made the same way every time: each is to be refused with one kind of problem.

python tests/hostile/make.py FOLDER      writes them all and prints `path<TAB>problem type`
"""

import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pikepdf
from PIL import Image, ImageDraw

from schemas.problem import (
    FILE_ACTIVE_CONTENT,
    FILE_DAMAGED,
    FILE_EMPTY,
    FILE_ENCRYPTED,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_TYPE_UNKNOWN,
    FILE_UNREADABLE,
    NO_PAGES,
    PAGE_TOO_LARGE,
    PAGE_TOO_SMALL,
    TOO_MANY_PAGES,
    Kind,
)
from schemas.settings import Limits

MIB = 1024**2


class Hostile(NamedTuple):
    """A path that has to be refused."""

    name: str
    kind: Kind
    put: Callable[[Path], object]
    """Makes it there."""


def write_all(folder: Path) -> list[tuple[Path, Kind]]:
    """Put every hostile file into *folder* and return where each is and how it is to be refused."""
    for hostile in HOSTILE:
        hostile.put(folder / hostile.name)
    return [(folder / hostile.name, hostile.kind) for hostile in HOSTILE]


# --- sound files, to be spoiled ------------------------------------------------------------------------------------


def picture(width: int = 620, height: int = 877) -> Image.Image:
    """Return a small page with something on it that does not compress to nothing."""
    page = Image.new("L", (width, height), 250)
    draw = ImageDraw.Draw(page)
    for line in range(40, height - 40, 18):
        for column in range(40, width - 40, 11):
            shade = (line * 7919 + column * 104_729) % 200
            draw.rectangle((column, line, column + 4 + shade % 5, line + 9), fill=shade)
    return page


def encoded(format_: str, *, pages: int = 1, **options: object) -> bytes:
    """Return a sound JPEG, PNG or TIFF file."""
    buffer = io.BytesIO()
    if pages > 1:
        options |= {"save_all": True, "append_images": [picture()] * (pages - 1)}
    picture().save(buffer, format_, **options)
    return buffer.getvalue()


A4 = b"/MediaBox[0 0 595 842]"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF file of these objects, numbered from 1; the first is the catalog."""
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(out)


def document(*more: bytes, catalog: bytes = b"", page: bytes = A4) -> bytes:
    """Return a PDF file of one page (object 3), with additions; *more* are the objects from 4 on."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R%s>>" % page,
        *more,
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def scanned() -> bytes:
    """Return a sound PDF file that consists of one JPEG."""
    jpeg = encoded("JPEG")
    entries = b"/Type/XObject/Subtype/Image/Width 620/Height 877/ColorSpace/DeviceGray/BitsPerComponent 8"
    return document(
        stream(b"q 595 0 0 842 0 0 cm /P Do Q"),
        stream(jpeg, entries + b"/Filter/DCTDecode"),
        page=A4 + b"/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>>>",
    )


def bomb(mebibytes: int = 1024) -> bytes:
    """Return about a kilobyte of Deflate data for each mebibyte of blanks that they become."""
    engine = zlib.compressobj(9)
    blanks = b" " * MIB
    head = engine.compress(b"") + engine.flush(zlib.Z_FULL_FLUSH)
    first = engine.compress(blanks) + engine.flush(zlib.Z_FULL_FLUSH)
    again = engine.compress(blanks) + engine.flush(zlib.Z_FULL_FLUSH)  # no memory of what came before: repeatable
    return head + first + again * (mebibytes - 1) + engine.flush()


# --- spoiled PDFs --------------------------------------------------------------------------------------------------


def locked(user: str, owner: str) -> bytes:
    """Return a PDF file that is encrypted; with an empty *user* password everybody can read it."""
    buffer = io.BytesIO()
    rc4 = pikepdf.Encryption(user=user, owner=owner, R=3, aes=False, metadata=False)  # without random numbers
    with pikepdf.open(io.BytesIO(scanned())) as sound:
        sound.save(buffer, encryption=rc4, static_id=True)
    return buffer.getvalue()


def script_in_an_object_stream() -> bytes:
    """Return a PDF file whose script is not to be found by searching its bytes."""
    plain = document(b"<</S/JavaScript/JS(app.alert\\(1\\))>>", catalog=b"/OpenAction 4 0 R")
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain)) as sound:
        sound.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate, static_id=True)
    return buffer.getvalue()


def object_stream_bomb() -> bytes:
    """Return a PDF file whose page tree lies in an object stream that unpacks to a gibibyte."""
    body = bomb()
    head = b"%PDF-1.7\n"
    catalog = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    packed = b"3 0 obj\n" + stream(body, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode") + b"\nendobj\n"
    at_catalog, at_packed = len(head), len(head) + len(catalog)
    table = at_packed + len(packed)
    rows = [(0, 0, 0), (1, at_catalog, 0), (2, 3, 0), (1, at_packed, 0), (1, table, 0)]
    entries = b"".join(struct.pack(">BIB", *row) for row in rows)
    cross = b"4 0 obj\n" + stream(entries, b"/Type/XRef/Size 5/W[1 4 1]/Root 1 0 R") + b"\nendobj\n"
    return head + catalog + packed + cross + b"startxref\n%d\n%%%%EOF\n" % table


def deep_page_tree(levels: int) -> bytes:
    """Return a PDF file with its one page this deep in the tree."""
    nodes = [b"<</Type/Pages/Count 1/Kids[%d 0 R]/Parent %d 0 R>>" % (n + 1, n - 1) for n in range(2, levels + 2)]
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", *nodes, b"<</Type/Page%s/Parent %d 0 R>>" % (A4, levels + 1))


def many_pages(count: int) -> bytes:
    """Return a PDF file with *count* empty pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids),
        *[b"<</Type/Page/Parent 2 0 R%s>>" % A4] * count,
    )


def table_loop() -> bytes:
    """Return a PDF file whose table of objects says that the one before it is itself, and lacks the pages."""
    sound = document()
    table = sound.index(b"xref\n0")
    short = b"xref\n0 2\n0000000000 65535 f \n%010d 00000 n \n" % sound.index(b"1 0 obj")
    return sound[:table] + short + b"trailer\n<</Size 2/Root 1 0 R/Prev %d>>\nstartxref\n%d\n" % (table, table)


def with_hole(data: bytes, begin: float, end: float) -> bytes:
    """Return *data* with zeros between these shares of it: what a broken transfer leaves of a file."""
    a, b = int(begin * len(data)), int(end * len(data))
    return data[:a] + bytes(b - a) + data[b:]


def image_of(width: int, height: int, data: bytes = b"", entries: bytes = b"") -> bytes:
    """Return a PDF file with an image of this size, as it says."""
    size = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % (width, height)
    return document(
        stream(b"q 595 0 0 842 0 0 cm /P Do Q"),
        stream(data, size + entries),
        page=A4 + b"/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>>>",
    )


# --- spoiled pictures ----------------------------------------------------------------------------------------------


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG file with this header (8-bit grey) and these chunks."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (header, *chunks, (b"IEND", b""))
    )


def blank_png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG file of a blank page, with chunks before its data."""
    return png(300, 300, *chunks, (b"IDAT", zlib.compress(bytes(301 * 300))))


def animation() -> bytes:
    """Return an animated PNG."""
    buffer = io.BytesIO()
    picture().save(buffer, "PNG", save_all=True, append_images=[picture().rotate(180)])
    return buffer.getvalue()


def tiff(*, follows: int = 0, data: bytes = bytes(300 * 300), **changes: int) -> bytes:
    """Return a TIFF file of one page (8-bit grey, 300 x 300), with other values for some of its tags.

    Args:
        follows: offset of the next directory.
        data: the pixels.
        changes: `width`, `height`, `compression`, `offset`, `count`.
    """
    values = {"width": 300, "height": 300, "compression": 1, "offset": 8, "count": len(data)} | changes
    tags = [
        (256, values["width"]), (257, values["height"]), (258, 8), (259, values["compression"]), (262, 1),
        (273, values["offset"]), (277, 1), (278, values["height"]), (279, values["count"]),
    ]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + directory + struct.pack("<I", follows)


def many_tiff_pages(count: int) -> bytes:
    """Return a TIFF file with *count* pages, which share their pixels."""
    first = tiff()
    begin = 8 + 300 * 300
    directory, size = first[begin:-4], len(first) - begin
    return first[:begin] + b"".join(
        directory + struct.pack("<I", begin + size * (number + 1) if number + 1 < count else 0)
        for number in range(count)
    )


def jpeg_of(width: int, height: int) -> bytes:
    """Return a JPEG file that says that it has this size."""
    data = bytearray(encoded("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


# --- the list ------------------------------------------------------------------------------------------------------


def share(data: bytes, part: float) -> bytes:
    """Return the beginning of *data*."""
    return data[: int(part * len(data))]


SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
FLATE = b"/Filter/FlateDecode"

FILES: tuple[tuple[str, Kind, Callable[[], bytes]], ...] = (
    # other than they say
    ("empty.pdf", FILE_EMPTY, lambda: b""),
    ("zeros.tif", FILE_TYPE_UNKNOWN, lambda: bytes(4096)),
    ("text.pdf", FILE_TYPE_UNKNOWN, lambda: b"Kinh g\xe1\xbb\xadi: UBND\n"),
    ("web-page.pdf", FILE_TYPE_UNKNOWN, lambda: b"<!DOCTYPE html><script>alert(1)</script>"),
    ("drawing.png", FILE_TYPE_UNKNOWN, lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ("archive.pdf", FILE_TYPE_UNKNOWN, lambda: b"PK\x03\x04" + bytes(100)),
    ("old-word.pdf", FILE_TYPE_UNKNOWN, lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)),
    ("program.jpg", FILE_TYPE_UNKNOWN, lambda: b"\x7fELF\x02\x01\x01" + bytes(100)),
    ("program.tif", FILE_TYPE_UNKNOWN, lambda: b"MZ" + bytes(100)),
    ("script.png", FILE_TYPE_UNKNOWN, lambda: b"#!/bin/sh\nexit 0\n"),
    ("gif.jpg", FILE_TYPE_UNKNOWN, lambda: encoded("GIF")),
    ("bmp.tif", FILE_TYPE_UNKNOWN, lambda: encoded("BMP")),
    ("webp.png", FILE_TYPE_UNKNOWN, lambda: encoded("WEBP")),
    ("heic.jpg", FILE_TYPE_UNKNOWN, lambda: b"\0\0\0\x18ftypheic" + bytes(100)),
    ("animation.png", FILE_TYPE_UNKNOWN, animation),
    # broken
    ("header-only.pdf", FILE_DAMAGED, lambda: b"%PDF-1.7\n"),
    ("cut-early.pdf", FILE_DAMAGED, lambda: share(scanned(), 0.3)),
    ("cut-late.pdf", FILE_DAMAGED, lambda: share(scanned(), 0.98)),
    ("cut-in-the-table.pdf", FILE_DAMAGED, lambda: scanned()[:-40]),
    ("hole.pdf", FILE_DAMAGED, lambda: with_hole(scanned(), 0.002, 0.02)),
    ("filled-up-with-zeros.pdf", FILE_DAMAGED, lambda: with_hole(scanned(), 0.6, 1)),
    ("jpeg-and-pdf.pdf", FILE_DAMAGED, lambda: b"\xff\xd8\xff\xe0" + scanned()),
    ("header-only.jpg", FILE_DAMAGED, lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    ("cut-in-the-scan.jpg", FILE_DAMAGED, lambda: share(encoded("JPEG"), 0.6)),
    ("cut-progressive.jpg", FILE_DAMAGED, lambda: share(encoded("JPEG", progressive=True), 0.7)),
    ("header-only.png", FILE_DAMAGED, lambda: encoded("PNG")[:20]),
    ("cut-in-the-data.png", FILE_DAMAGED, lambda: share(encoded("PNG"), 0.7)),
    ("hole.png", FILE_DAMAGED, lambda: with_hole(encoded("PNG"), 0.4, 0.5)),
    ("header-only.tif", FILE_DAMAGED, lambda: b"II*\0"),
    ("cut-strips.tif", FILE_DAMAGED, lambda: share(encoded("TIFF"), 0.9)),
    ("cut-directory.tif", FILE_DAMAGED, lambda: tiff()[:-30]),
    ("cut-second-page.tif", FILE_DAMAGED, lambda: share(encoded("TIFF", pages=2), 0.9)),
    ("directory-loop.tif", FILE_DAMAGED, lambda: tiff(follows=8 + 300 * 300)),
    ("directory-outside.tif", FILE_DAMAGED, lambda: tiff(follows=2**32 - 16)),
    ("giant-strips.tif", FILE_DAMAGED, lambda: tiff(count=2**32 - 16)),
    ("strips-outside.tif", FILE_DAMAGED, lambda: tiff(offset=2**31)),
    ("unknown-compression.tif", FILE_DAMAGED, lambda: tiff(compression=65000)),
    ("page-tree-loop.pdf", FILE_DAMAGED, lambda: pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>")),
    ("parent-loop.pdf", FILE_DAMAGED, lambda: pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]/Parent 2 0 R>>",
        b"<</Type/Page/Parent 2 0 R%s>>" % A4)),
    ("deep-page-tree.pdf", FILE_DAMAGED, lambda: deep_page_tree(20_000)),
    ("table-loop.pdf", FILE_DAMAGED, table_loop),
    ("instructions-as-picture.pdf", FILE_DAMAGED, lambda: document(
        stream(encoded("JPEG"), b"/Filter/DCTDecode"), page=A4 + b"/Contents 4 0 R")),
    ("picture-of-no-size.pdf", FILE_DAMAGED, lambda: document(
        stream(b"", b"/Subtype/Image"), page=A4 + b"/Resources<</XObject<</P 4 0 R>>>>")),
    # without pages, or too many
    ("no-pages.pdf", NO_PAGES, lambda: pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>")),
    ("no-pages.tif", NO_PAGES, lambda: b"II*\0\0\0\0\0"),
    ("many-pages.pdf", TOO_MANY_PAGES, lambda: many_pages(10_000)),
    ("many-pages.tif", TOO_MANY_PAGES, lambda: many_tiff_pages(10_000)),
    # locked
    ("locked.pdf", FILE_ENCRYPTED, lambda: locked("secret", "secret")),
    ("locked-for-changes.pdf", FILE_ENCRYPTED, lambda: locked("", "secret")),
    ("locked-in-an-unknown-way.pdf", FILE_ENCRYPTED, lambda: pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>",
        trailer=b"/Encrypt<</Filter/Odd/V 9>>/ID[<00><00>]")),
    # active
    ("script-at-opening.pdf", FILE_ACTIVE_CONTENT, lambda: document(catalog=b"/OpenAction" + SCRIPT)),
    ("script-by-name.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        SCRIPT, catalog=b"/Names<</JavaScript<</Names[(a)4 0 R]>>>>")),
    ("script-spelt-oddly.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        catalog=b"/OpenAction<</S/J#61vaScript/#4aS(1)>>")),
    ("script-on-a-page.pdf", FILE_ACTIVE_CONTENT, lambda: document(page=A4 + b"/AA<</O" + SCRIPT + b">>")),
    ("script-packed.pdf", FILE_ACTIVE_CONTENT, script_in_an_object_stream),
    ("program-start.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        b"<</Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a.exe)>>>>", page=A4 + b"/Annots[4 0 R]")),
    ("web-at-opening.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        catalog=b"/OpenAction<</S/URI/URI(http://example.vn)>>")),
    ("web-after-a-jump.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[<</S/URI/URI(http://example.vn)>>]>>")),
    ("other-file.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        catalog=b"/OpenAction<</S/GoToR/F(\\\\\\\\example.vn\\\\a)>>")),
    ("form-that-sends.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        b"<</Subtype/Widget/Rect[0 0 9 9]/A<</S/SubmitForm/F(http://example.vn)>>>>", page=A4 + b"/Annots[4 0 R]")),
    ("attachment.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        stream(b"MZ", b"/Type/EmbeddedFile"), b"<</Type/Filespec/F(a.exe)/EF<</F 4 0 R>>>>",
        catalog=b"/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>")),
    ("film.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        b"<</Subtype/RichMedia/Rect[0 0 9 9]>>", page=A4 + b"/Annots[4 0 R]")),
    ("xfa-form.pdf", FILE_ACTIVE_CONTENT, lambda: document(
        stream(b"<xdp/>"), catalog=b"/AcroForm<</Fields[]/XFA 4 0 R>>")),
    # far too large, once unpacked
    ("bomb-in-the-page.pdf", FILE_TOO_LARGE, lambda: document(
        stream(bomb(), FLATE), page=A4 + b"/Contents 4 0 R")),
    ("bomb-in-a-picture.pdf", FILE_TOO_LARGE, lambda: image_of(300, 300, bomb(), FLATE)),
    ("bomb-in-a-bomb.pdf", FILE_TOO_LARGE, lambda: document(
        stream(zlib.compress(bomb()), b"/Filter[/FlateDecode/FlateDecode]"), page=A4 + b"/Contents 4 0 R")),
    ("bomb-of-objects.pdf", FILE_TOO_LARGE, object_stream_bomb),
    ("bomb-in-a-text.png", FILE_DAMAGED, lambda: blank_png((b"zTXt", b"a\0\0" + bomb(100)))),
    ("bomb-in-a-profile.png", FILE_DAMAGED, lambda: blank_png((b"iCCP", b"a\0\0" + bomb(100)))),
    ("giant-picture.pdf", PAGE_TOO_LARGE, lambda: image_of(100_000, 100_000)),
    ("giant-page.pdf", PAGE_TOO_LARGE, lambda: document(page=b"/MediaBox[0 0 14400 14400]/UserUnit 100")),
    ("endless-page.pdf", PAGE_TOO_LARGE, lambda: document(page=b"/MediaBox[0 0 9999999999 842]")),
    ("giant.png", PAGE_TOO_LARGE, lambda: png(100_000, 100_000, (b"IDAT", zlib.compress(b"")))),
    ("giant.jpg", PAGE_TOO_LARGE, lambda: jpeg_of(65_500, 65_500)),
    ("giant.tif", PAGE_TOO_LARGE, lambda: tiff(width=100_000, height=100_000)),
    # far too small
    ("flat-page.pdf", PAGE_TOO_SMALL, lambda: document(page=b"/MediaBox[0 0 595 0]")),
    ("dot.png", PAGE_TOO_SMALL, lambda: png(1, 1, (b"IDAT", zlib.compress(bytes(2))))),
    ("line.tif", PAGE_TOO_SMALL, lambda: tiff(height=1)),
)  # fmt: skip


def put_large(path: Path) -> None:
    """Make a file that is larger than files may be, without using the room."""
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(Limits().file_bytes + MIB)


PATHS = (
    Hostile("too-large.pdf", FILE_TOO_LARGE, put_large),
    Hostile("folder.pdf", FILE_UNREADABLE, Path.mkdir),
    Hostile("pipe.pdf", FILE_UNREADABLE, os.mkfifo),
    Hostile("device.pdf", FILE_UNREADABLE, lambda path: path.symlink_to("/dev/zero")),
    Hostile("link-to-itself.pdf", FILE_UNREADABLE, lambda path: path.symlink_to(path)),
    Hostile("link-to-nothing.pdf", FILE_MISSING, lambda path: path.symlink_to("nothing.pdf")),
    Hostile("missing.pdf", FILE_MISSING, lambda path: path),
)


def _writing(make: Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(make())


HOSTILE = (*(Hostile(name, kind, _writing(make)) for name, kind, make in FILES), *PATHS)


if __name__ == "__main__":
    for path, kind in write_all(Path(sys.argv[1])):
        print(path, kind.type, sep="\t")
