"""segno: QR codes (ISO/IEC 18004), as modules to be drawn."""

from collections.abc import Sequence

import segno

Modules = tuple[tuple[bool, ...], ...]
"""Rows from the top, True where it is dark; without the quiet zone."""


def modules(parts: Sequence[str]) -> Modules:
    """Return the modules of a QR code with error correction L, or better where that costs no room.

    Args:
        parts: what it says, in parts that are encoded each in its own way: capitals and digits take 5.5 bits each.
    """
    code = segno.make_qr(parts, error="l")  # type: ignore[arg-type]  # its types leave out that it takes parts
    return tuple(tuple(map(bool, row)) for row in code.matrix)
