"""Separator sheets: paper between two dossiers in a pile. A QR code says to which one the next pages belong."""

import re
from collections.abc import Sequence

import segno

from schemas.submission import DOSSIER_CODE, DossierCode

_PREFIX = "sohoa:dossier:"
_SAID = re.compile(rf"{_PREFIX}({DOSSIER_CODE})")
_WIDTH, _HEIGHT = 595, 842
"""A4 in points."""
_SIDE = 340
"""The code's side in points, 12 cm: it is read from a bad scan, and no code on a paper looks like it."""
_LETTER = 28
_LETTER_WIDTH = 0.6
"""Width of every letter of Courier, in its size."""


def dossier_of(text: str) -> DossierCode | None:
    """Return the dossier that a code's *text* begins; None: it is not the code of a separator sheet.

    A bare dossier code, such as is printed on receipts, separates nothing.
    """
    said = _SAID.fullmatch(text)
    return said[1] if said else None


def sheets(codes: Sequence[DossierCode]) -> bytes:
    """Return a PDF of A4 pages, one sheet for each dossier, to be printed."""
    contents = [_sheet(code) for code in codes]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold >>"
    numbers = [4 + 2 * at for at in range(len(contents))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(numbers)} /MediaBox [0 0 {_WIDTH} {_HEIGHT}] >>".encode(),
        font,
    ]
    for number, content in zip(numbers, contents, strict=True):
        page = f"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F 3 0 R >> >> /Contents {number + 1} 0 R >>"
        objects.append(page.encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _pdf(objects)


def _sheet(code: DossierCode) -> bytes:
    """Return what draws a sheet: the code as squares, and the same in letters."""
    modules = [list(row) for row in segno.make(_PREFIX + code, error="h", micro=False).matrix]
    side = _SIDE / len(modules)
    left, top = (_WIDTH - _SIDE) / 2, (_HEIGHT + _SIDE) / 2
    squares = "\n".join(
        f"{left + column * side:.2f} {top - (row + 1) * side:.2f} {side + 0.05:.2f} {side + 0.05:.2f} re"
        for row, dark in enumerate(modules)
        for column, is_dark in enumerate(dark)
        if is_dark
    )
    start = (_WIDTH - len(code) * _LETTER * _LETTER_WIDTH) / 2
    letters = f"BT /F {_LETTER} Tf {start:.2f} {top - _SIDE - 3 * _LETTER:.2f} Td ({code}) Tj ET"
    return f"{squares}\nf\n{letters}".encode("ascii")


def _pdf(objects: Sequence[bytes]) -> bytes:
    """Return a PDF file of *objects*, numbered from 1; the first is the catalog (ISO 32000-1, 7.5)."""
    output = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(output))
        output += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(output)
    output += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    output += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    output += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(output)
