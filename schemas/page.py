"""Pages, the words on them, and where they stand."""

from typing import Literal, NamedTuple

from pydantic import Field as Constraint

from schemas.model import Value

Rotation = Literal[0, 90, 180, 270]
"""Clockwise turn, in degrees, that makes a page upright."""


Point = tuple[float, float]
"""x and y in pixels of a picture as it came; origin top left, y downwards."""
Corners = tuple[Point, Point, Point, Point]
"""Of a sheet on a photograph: clockwise, from the one at the top left."""


class Box(NamedTuple):
    """A rectangle in pixels of the upright, straight page; origin top left, y downwards."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column right of the box."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.h

    def meets(self, other: "Box") -> bool:
        """Whether the two have a pixel in common."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def union(self, other: "Box") -> "Box":
        """Return the smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


class Word(NamedTuple):
    """One word as the engine read it."""

    text: str
    """NFC, no white space."""
    confidence: float
    """0 to 1, the engine's own."""
    box: Box
    line: int
    """Number of the text line on the page, from 0, in reading order."""
    handwritten: bool = False
    """Whether its strokes look like a pen's; False too where the scan is too coarse to tell."""


class Spot(NamedTuple):
    """Words of one page that are to be read a second time."""

    page: int
    lines: tuple[Box, ...]
    """Where they stand, a box for each line of text."""
    as_scanned: bool
    """From the scan as it is: what was taken out around letters (stamps, dots, rules) may have been a part of them."""


class Code(NamedTuple):
    """A printed code that was decoded: a QR code, a bar code, or the machine-readable zone of a card."""

    symbology: str
    """As ISO/IEC name it, in lower case: `qr`, `code128`; `mrz` for the zone (ISO/IEC 7501-1, ICAO Doc 9303)."""
    text: str
    """On one line; the lines of a zone are parted by line feeds."""
    box: Box


class Quality(Value):
    """How legible a page is. Every number is measured on the upright, straight page."""

    ink: float = Constraint(ge=0, le=1)
    """Share of dark pixels after the paper's background is taken out."""
    sharpness: float = Constraint(ge=0)
    """Steepness of the edges of letters: about 1 for a sharp scan, below 0.3 for a blurred one."""
    contrast: float = Constraint(ge=0, le=1)
    """Difference between paper and ink: 1 for black on white."""
    ink_read: float | None = Constraint(default=None, ge=0, le=1)
    """Share of the ink that lies inside words that were read; low means that whole lines were lost."""
    confidence: float | None = Constraint(default=None, ge=0, le=1)
    """Mean confidence of the words that were read."""
    skew_agreement: float | None = Constraint(default=None, ge=0)
    """Difference, in degrees, between the two skew estimates; None when there was nothing to measure."""
    warnings: tuple[str, ...] = ()
    """What is wrong with the page: `low_dpi`, `blurred`, `faint`, `cut_off`, `skew_undecided`, `ink_not_read`."""


class Page(Value):
    """One image of one side of paper, and what was done to it before it was read."""

    number: int = Constraint(ge=1)
    """Place in its file, from 1."""
    rotation: Rotation
    skew_degrees: float
    """How far the content was turned counter-clockwise, as seen, after `rotation`; it was turned back by this much."""
    dpi: int | None = Constraint(default=None, ge=1)
    """Dots per inch as the file says or as its size implies; None when neither is known."""
    width: int = Constraint(ge=1)
    """Pixels of the upright, straight page."""
    height: int = Constraint(ge=1)
    blank: bool
    corners: Corners | None = None
    """Where the sheet was on a photograph; it was laid flat before `rotation`. None for a scan."""
    quality: Quality


class PageReading(NamedTuple):
    """A page and everything that was read on it."""

    page: Page
    words: tuple[Word, ...]
    """In reading order; empty for a blank page."""
    codes: tuple[Code, ...] = ()
    """From top to bottom, then from left to right."""
    unread: tuple[Box, ...] = ()
    """Ink of the size of letters that lies within no word: strokes of words that were lost, of pens and of stamps."""

    @property
    def text(self) -> str:
        """The words, one text line a line."""
        lines: dict[int, list[str]] = {}
        for word in self.words:
            lines.setdefault(word.line, []).append(word.text)
        return "\n".join(" ".join(words) for words in lines.values())
