"""PDF pages through pikepdf: which of them are plain scans, and the pixels of those without re-encoding."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Matrix, Name, Rectangle

from schemas.page import Rotation

_PAGE_COVERED = 0.95
"""A scan fills its page, give or take a rounding margin."""
_IMAGE_SHOWN = 0.98
"""And next to nothing of it is cut off by the page's edge, or the copy would show more than the page does."""
_SQUARE = 0.05
"""Horizontal and vertical resolution of a scan differ by less than this; fax modes (204 x 98 dpi) do not count."""
_ZERO = 1e-3
"""Matrix entries below this share of the others come from rounding."""
_NESTING = 4
"""Form XObjects within form XObjects that are followed."""

_IDENTITY = (1, 0, 0, 1, 0, 0)
_PAINTS = frozenset(["f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "BI"]) | {"INLINE IMAGE"}
_SHOWS_TEXT = frozenset(["Tj", "TJ", "'", '"'])
_UNSEEN_TEXT_MODES = frozenset([3, 7])
"""Text render modes that leave no mark: what an OCR layer uses (ISO 32000-1, table 106)."""


@dataclass(frozen=True, slots=True)
class ScanImage:
    """The one image that a PDF page consists of.

    The page as a viewer shows it is this image, turned clockwise by `rotation`. Sohoa's "pixels of the scan" are the
    pixels after that turn, so a copy embeds `image` as it is, turned by `rotation` and then by `geometry.straighten`.
    """

    image: pikepdf.Stream
    """The image XObject itself: lives only as long as its open `Pdf`."""
    rotation: Rotation
    """Clockwise turn implied by the placement matrix and the page's `/Rotate` together."""
    dpi: int
    """From the placement: pixels of the image per inch of the page."""
    width: int
    """Columns of the stored image, before the turn."""
    height: int
    """Rows of the stored image, before the turn."""
    shown: tuple[float, float, float, float]
    """Where the turned image lies on the shown page: left, top, right, bottom as shares of the page's size."""


class _Placed(NamedTuple):
    image: pikepdf.Stream
    matrix: Matrix
    clip: "_Span"


class _Span(NamedTuple):
    """A rectangle in the page's own coordinates (y upwards)."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)

    def within(self, other: "_Span") -> "_Span":
        return _Span(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )


def scan_image(pdf: pikepdf.Pdf, number: int) -> ScanImage | None:
    """Return the image that page *number* (from 1) of *pdf* consists of, or None when the page is no plain scan.

    A plain scan shows exactly one opaque image, upright or turned by quarters, that covers the page, and nothing else:
    no letters (an invisible OCR layer is allowed), no lines, no visible annotation or signature stamp, no layers.
    Strips of one image are not put together: such a page is not plain.
    """
    page = pdf.pages[number - 1]
    if _has_visible_annotation(page):
        return None
    box = _span(page.cropbox).within(_span(page.mediabox))
    seen = list(islice(_visible(page, _resources(page.obj), _Graphics(Matrix(), box), _NESTING), 2))
    if len(seen) != 1 or seen[0] is None or box.area == 0:
        return None
    return _as_scan(seen[0], box, page)


def _as_scan(placed: _Placed, box: _Span, page: pikepdf.Page) -> ScanImage | None:
    image, m = placed.image, placed.matrix
    if not _is_opaque(image):
        return None
    turned = abs(m.b) + abs(m.c) > abs(m.a) + abs(m.d)
    along, across = ((m.b, m.c), (m.a, m.d)) if turned else ((m.a, m.d), (m.b, m.c))
    mirrored = m.a * m.d - m.b * m.c <= 0
    if mirrored or max(map(abs, across)) > _ZERO * max(map(abs, along)):
        return None
    width, height = int(image.Width), int(image.Height)
    unit = float(page.obj.get("/UserUnit", 1)) / 72
    across_dpi, down_dpi = width / (abs(along[0]) * unit), height / (abs(along[1]) * unit)
    if abs(across_dpi / down_dpi - 1) > _SQUARE:
        return None
    whole = _span([0, 0, 1, 1], m)
    visible = whole.within(box).within(placed.clip)
    if visible.area < _PAGE_COVERED * box.area or visible.area < _IMAGE_SHOWN * whole.area:
        return None
    # The first column of the matrix is where the image's rows run to: right, up, left or down on the page.
    counter_clockwise = round(math.degrees(math.atan2(m.b, m.a)) / 90) * 90
    page_turn = page.rotation or 0
    return ScanImage(
        image=image,
        rotation=_quarter(page_turn - counter_clockwise),
        dpi=max(1, round(math.sqrt(across_dpi * down_dpi))),
        width=width,
        height=height,
        shown=_shares(whole, box, _quarter(page_turn)),
    )


def _quarter(degrees: int) -> Rotation:
    turns: dict[int, Rotation] = {0: 0, 90: 90, 180: 180, 270: 270}
    return turns[degrees % 360]


def _shares(inner: _Span, outer: _Span, turn: Rotation) -> tuple[float, float, float, float]:
    """Return *inner* as shares of *outer*, y downwards, after a clockwise *turn* of both."""
    wide, high = outer.right - outer.left, outer.top - outer.bottom
    left, right = (inner.left - outer.left) / wide, (inner.right - outer.left) / wide
    top, bottom = (outer.top - inner.top) / high, (outer.top - inner.bottom) / high
    match turn:
        case 90:
            return 1 - bottom, left, 1 - top, right
        case 180:
            return 1 - right, 1 - bottom, 1 - left, 1 - top
        case 270:
            return top, 1 - right, bottom, 1 - left
    return left, top, right, bottom


def _is_opaque(image: pikepdf.Stream) -> bool:
    return not image.get("/ImageMask", False) and not any(key in image for key in ("/SMask", "/Mask", "/OC"))


def _has_visible_annotation(page: pikepdf.Page) -> bool:
    hidden, no_view = 2, 32
    return any(
        not int(annotation.get("/F", 0)) & (hidden | no_view)
        and annotation.get("/Subtype") != Name.Popup
        and "/AP" in annotation
        and _span(annotation.Rect).area > 0
        for annotation in page.obj.get("/Annots", [])
        if isinstance(annotation, pikepdf.Dictionary)
    )


def _resources(holder: pikepdf.Object) -> pikepdf.Object:
    """Return the resources of a page, its own or inherited (ISO 32000-1, 7.7.3.4), or of a form."""
    node: pikepdf.Object | None = holder
    while node is not None:
        if "/Resources" in node:
            return node["/Resources"]
        node = node.get("/Parent")
    return pikepdf.Dictionary()


class _Graphics(NamedTuple):
    """The part of the graphics state that decides what is seen."""

    matrix: Matrix
    clip: _Span
    unseen_text: bool = False
    plain: bool = True
    """No transparency, and a clip that is a rectangle."""
    path: tuple[_Span | None, ...] = ()
    """The path built so far: its rectangles, None for any other part."""
    saved: "_Graphics | None" = None

    def after(self, operator: str, operands: Sequence[Any], resources: pikepdf.Object) -> "_Graphics":
        """Return the state after one operator that draws nothing (ISO 32000-1, annex A)."""
        changed: dict[str, Any] = {}
        match operator:
            case "q":
                changed = {"saved": self}
            case "Q":
                return self.saved or self
            case "cm":
                changed = {"matrix": _matrix(operands) @ self.matrix}
            case "re":
                changed = {"path": (*self.path, _rectangle(self.matrix, *map(float, operands)))}
            case "m" | "l" | "c" | "v" | "y" | "h":
                changed = {"path": (*self.path[:1], None)}
            case "W" | "W*":
                return self._clipped()
            case "n":
                changed = {"path": ()}
            case "gs":
                changed = {"plain": self.plain and _is_plain_state(resources, operands[0])}
            case "Tr":
                changed = {"unseen_text": int(operands[0]) in _UNSEEN_TEXT_MODES}
        return self._replace(**changed)

    def _clipped(self) -> "_Graphics":
        if len(self.path) == 1 and self.path[0] is not None:
            return self._replace(clip=self.path[0].within(self.clip))
        return self._replace(plain=False)


def _visible(
    holder: pikepdf.Object | pikepdf.Page, resources: pikepdf.Object, start: _Graphics, depth: int
) -> Iterator[_Placed | None]:
    """Yield every visible thing that *holder*'s content draws: an image with its place, or None for anything else."""
    now = start
    for instruction in pikepdf.parse_content_stream(holder):
        name, operands = str(instruction.operator), list(instruction.operands)
        if name == "Do":
            yield from _drawn(_resource(resources, "/XObject", operands[0]), resources, now, depth)
        elif name in _PAINTS or (name in _SHOWS_TEXT and not now.unseen_text) or _is_layer(name, operands):
            yield None
        else:
            now = now.after(name, operands, resources)


def _drawn(
    xobject: pikepdf.Object | None, resources: pikepdf.Object, now: _Graphics, depth: int
) -> Iterator[_Placed | None]:
    if not isinstance(xobject, pikepdf.Stream) or not now.plain:
        yield None
    elif xobject.get("/Subtype") == Name.Image:
        yield _Placed(xobject, now.matrix, now.clip)
    elif xobject.get("/Subtype") != Name.Form or "/OC" in xobject or depth == 0:
        yield None
    else:
        matrix = _matrix(xobject.get("/Matrix", _IDENTITY)) @ now.matrix
        clip = _span(xobject.BBox, matrix).within(now.clip)
        yield from _visible(xobject, xobject.get("/Resources", resources), _Graphics(matrix, clip), depth - 1)


def _rectangle(matrix: Matrix, x: float, y: float, w: float, h: float) -> _Span | None:
    """Return where a rectangle lies on the page; None when it is turned out of the axes."""
    is_upright = min(abs(matrix.b) + abs(matrix.c), abs(matrix.a) + abs(matrix.d)) < _ZERO
    return _span([x, y, x + w, y + h], matrix) if is_upright else None


def _is_plain_state(resources: pikepdf.Object, name: pikepdf.Object) -> bool:
    state = _resource(resources, "/ExtGState", name)
    return state is not None and (
        state.get("/SMask", Name("/None")) == Name("/None")
        and state.get("/BM", Name.Normal) in (Name.Normal, Name.Compatible)
        and float(state.get("/ca", 1)) == 1
    )


def _resource(resources: pikepdf.Object, kind: str, name: pikepdf.Object) -> pikepdf.Object | None:
    table = resources.get(kind)
    return None if table is None else table.get(str(name))


def _matrix(numbers: Iterable[Any]) -> Matrix:
    a, b, c, d, e, f = map(float, numbers)
    return Matrix(a, b, c, d, e, f)


def _span(corners: Iterable[Any], matrix: Matrix | None = None) -> _Span:
    """Return the rectangle that a PDF array of two corners means, seen through *matrix*."""
    x0, y0, x1, y1 = map(float, corners)
    rectangle = Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    seen = rectangle if matrix is None else matrix.transform(rectangle)
    return _Span(seen.llx, seen.lly, seen.urx, seen.ury)


def _is_layer(name: str, operands: Sequence[Any]) -> bool:
    return name == "BDC" and operands[0] == Name.OC
