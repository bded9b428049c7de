"""What the two signatures show, and where: on top of page 1, never over anything that is already there.

The person who scans signs top left, with name and scan time (TT 01/2023/TT-VPCP art. 8); the agency top right, with
name and signing time: upright 10 pt Times New Roman, black, no image (NĐ 30/2020/NĐ-CP, annex I).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from pipeline.seal.fonts import Face, serif_face
from schemas.page import Box

VIETNAM = timezone(timedelta(hours=7))
"""No daylight saving time: a fixed offset, whatever the host's zone."""
SIZE = 10.0
"""Font size, in points."""
DEPTH = 64.0
"""Signatures stay within this many points of the upper edge: above the first line of an administrative letter."""

_TIME_CHARACTERS = frozenset("0123456789-+:T")
_A4_WIDTH = 595.0
"""Points. Everything below is meant for this width and shrinks with a narrower page."""
_WIDEST = {"left": 170.0, "right": 188.0}
_SIDE_MARGIN = 12.0
_TOP_MARGIN = 9.0
_LEADING = 1.15
_CLEAR = 2.0
"""Distance kept from what is on the page."""
_STEP = 1.0


class Rectangle(NamedTuple):
    """A rectangle in points; origin bottom left, y upwards, as in PDF."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Rectangle") -> bool:
        """Return whether the two share any area."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


class Stamp(NamedTuple):
    """The visible part of one signature, but for its time."""

    name: tuple[str, ...]
    """The name, wrapped into lines."""
    size: float
    """Font size, in points."""
    area: Rectangle
    """Where it is, on the first page of the copy."""


class Stamps(NamedTuple):
    """The visible parts of both signatures."""

    scanner: Stamp
    agency: Stamp


class Layout(NamedTuple):
    """Where the signatures go, and by how much the page has to grow for them."""

    stamps: Stamps
    strip: float
    """Points added to the page above its upper edge; 0 where its own margin has room."""


def stamp_face(names: Iterable[str]) -> Face:
    """Return the font for stamps with these names.

    Raises:
        ProblemError: `tool-missing` when the font is not installed.
    """
    return serif_face(_TIME_CHARACTERS.union(*names))


def time_text(moment: datetime) -> str:
    """Return the time as a stamp shows it: ISO 8601, to the second, with the offset of Vietnam."""
    return moment.astimezone(VIETNAM).isoformat(timespec="seconds")


def lay_out(scanner: str, agency: str, *, width: float, height: float, taken: Sequence[Rectangle]) -> Layout:
    """Return where the two stamps go on a page.

    Args:
        scanner: name of the person who scanned.
        agency: name of the agency.
        width: of the page, in points.
        height: of the page, in points.
        taken: what is on the page and must stay visible.

    Where the upper margin has no room for either stamp, both go into a strip that is added above the page.
    """
    shrink = min(1.0, width / _A4_WIDTH)
    face = stamp_face([scanner, agency])
    left, right = _sized(scanner, face, "left", shrink), _sized(agency, face, "right", shrink)
    places = [_free_place(stamp, width, height, taken, shrink) for stamp in (left, right)]
    if places[0] is not None and places[1] is not None:
        return Layout(Stamps(left.at(places[0]), right.at(places[1])), 0.0)
    strip = max(left.height, right.height) + 2 * _CLEAR
    top = height + strip - _CLEAR
    return Layout(Stamps(left.at(left.area(width, top, shrink)), right.at(right.area(width, top, shrink))), strip)


def drawn(stamp: Stamp, moment: datetime, face: Face, font: str) -> bytes:
    """Return the content stream of a stamp: name and time, centred, black, relative to its lower left corner.

    Args:
        stamp: what and how large.
        moment: the time that it shows.
        face: the one that `stamp_face` returned for the names of both stamps.
        font: its name in the resources.
    """
    width = stamp.area.right - stamp.area.left
    operators = [b"q 0 g BT /%s %.2f Tf" % (font.encode(), stamp.size)]
    base = stamp.area.top - stamp.area.bottom - stamp.size * face.ascent / 1000
    for line in (*stamp.name, time_text(moment)):
        indent = (width - face.width(line, stamp.size)) / 2
        operators.append(b"1 0 0 1 %.2f %.2f Tm %s Tj" % (indent, base, face.encode(line)))
        base -= stamp.size * _LEADING
    return b"\n".join([*operators, b"ET Q"])


class _Sized(NamedTuple):
    """A stamp that has lines and measures but no place yet."""

    name: tuple[str, ...]
    size: float
    width: float
    height: float
    side: str

    def area(self, page_width: float, top: float, shrink: float) -> Rectangle:
        margin = _SIDE_MARGIN * shrink
        left = margin if self.side == "left" else page_width - margin - self.width
        return Rectangle(left, top - self.height, left + self.width, top)

    def at(self, area: Rectangle) -> Stamp:
        return Stamp(self.name, self.size, area)


def _sized(name: str, face: Face, side: str, shrink: float) -> _Sized:
    size = SIZE * shrink
    lines = tuple(_wrapped(name, face, size, _WIDEST[side] * shrink))
    time_width = len("2026-03-31T09:41:22+07:00") * face.width("0", size)
    width = max(time_width, *(face.width(line, size) for line in lines))
    return _Sized(lines, size, width, (len(lines) + 1) * size * _LEADING, side)


def _wrapped(text: str, face: Face, size: float, width: float) -> Iterator[str]:
    """Yield the lines of *text*, broken between words, or inside one that is wider than a line."""
    line = ""
    for word in text.split():
        rest = word
        while face.width(rest, size) > width:
            if line:
                yield line
                line = ""
            fitting = next(end for end in range(len(rest), 0, -1) if end == 1 or face.width(rest[:end], size) <= width)
            yield rest[:fitting]
            rest = rest[fitting:]
        longer = f"{line} {rest}".strip()
        if face.width(longer, size) > width:
            yield line
            line = rest
        else:
            line = longer
    if line:
        yield line


def _free_place(
    stamp: _Sized, width: float, height: float, taken: Sequence[Rectangle], shrink: float
) -> Rectangle | None:
    """Return the highest place on its side of the upper margin where *stamp* covers nothing."""
    drop = _TOP_MARGIN * shrink
    while drop + stamp.height <= DEPTH * shrink:
        area = stamp.area(width, height - drop, shrink)
        wide = Rectangle(area.left - _CLEAR, area.bottom - _CLEAR, area.right + _CLEAR, area.top + _CLEAR)
        if not any(wide.overlaps(other) for other in taken):
            return area
        drop += _STEP
    return None


def as_rectangle(box: Box, *, scale: float, height: float) -> Rectangle:
    """Return a box of pixels in points.

    Args:
        box: in pixels of the upright, straight page.
        scale: points a pixel.
        height: of the page, in points.
    """
    return Rectangle(box.x * scale, height - box.bottom * scale, box.right * scale, height - box.y * scale)
