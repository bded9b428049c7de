"""What a paper is made of: blocks that say what it says, and the marks that these become on its pages.

Lengths are points, from the top left of the page. Markup inside a line: **bold**, __italic__, ‹a value typed or written
in›, ‹name=a value whose field is named›, and ` | ` between cells that stand side by side.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

Align = Literal["left", "centre", "justify"]

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
LEFT, RIGHT, TOP, BOTTOM = 82.0, 48.0, 57.0, 57.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a paper is printed, whatever it says."""

    family: str = "Liberation Serif"
    dotted_lines: bool = False
    blue_values: bool = False
    ornament: bool = False  # the Ministry's blank: frame, pale pattern, red title


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or a line of cells."""

    markup: str
    size: float = 13.5
    align: Align = "left"
    indent: float = 0.0
    after: float = 3.0
    title: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line in the middle of the column, as under the motto."""

    share: float = 0.4
    after: float = 4.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing, so high."""

    height: float


@dataclass(frozen=True, slots=True)
class SignatureRoom:
    """Where somebody signs and the seal is pressed; the ring of the seal says `seal`."""

    seal: str
    height: float = 86.0


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns that start level and stay on one page: the header, the signature block."""

    left: "tuple[Block, ...]"
    right: "tuple[Block, ...]"
    share: float = 0.44
    reach: float = 0.0  # how far the columns stand out into both margins
    gutter: float = 0.0  # free room at the right of the left column
    level: bool = False  # each part starts level with its neighbour


@dataclass(frozen=True, slots=True)
class Picture:
    """Something drawn, not set: a code, a side of a card. As a block it stands at the column's edge and takes no room.

    *paint* returns it at a resolution in dots per inch; where it has an alpha channel, the paper shows through.
    """

    paint: Callable[[int], Image.Image]
    x: float = 0.0
    y: float = 0.0


class Laid(Protocol):
    """A block that knows by itself how it is laid out, such as a table."""

    def laid(self, x: float, room: float, look: Look) -> "list[Row]":
        """Return the strips that it needs in a column that starts at x and is *room* wide."""


Block = Text | Rule | Gap | SignatureRoom | Columns | Picture | Laid


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters of one kind, placed with its baseline at (x, y)."""

    text: str
    size: float
    bold: bool = False
    italic: bool = False
    value: bool = False
    spaced: bool = False  # a space stands before it
    title: bool = False
    x: float = 0.0
    y: float = 0.0
    field: str = ""  # whose value it is part of
    hand: bool = False  # not printed: somebody writes it in


@dataclass(frozen=True, slots=True)
class Stroke:
    """A level line from x to end: a thin rule, or a dotted leader."""

    x: float
    end: float
    y: float
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class SignaturePlace:
    """The middle of a signature, where the name under it starts and ends in height, and the seal's inscription."""

    x: float
    y: float
    name_y: float
    seal: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The thin lines around a cell of a table."""

    x: float
    y: float
    width: float
    height: float


Mark = Word | Stroke | Frame | SignaturePlace | Picture


@dataclass(frozen=True, slots=True)
class Line:
    """What one printed line says, and how far down it stands."""

    y: float
    text: str
    continues: bool = False  # the sentence goes on in the next line


@dataclass(frozen=True, slots=True)
class Row:
    """A strip of a page that is not cut in two."""

    height: float
    marks: tuple[Mark, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One composed page: what is drawn where, and what it says in reading order."""

    marks: tuple[Mark, ...]
    lines: tuple[Line, ...]
    width: float = PAGE_WIDTH
    height: float = PAGE_HEIGHT
