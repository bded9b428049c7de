"""Set papers in type: blocks become rows, rows fill A4 pages, and every line that is drawn is also kept as text.

Lengths are points; only `draw` knows pixels. Markup inside a line: **bold**, __italic__, ‹a value typed or written in›,
‹name=a value whose field is named›, and ` | ` between cells that stand side by side.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Protocol

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Align = Literal["left", "centre", "justify"]
Ink = Literal["black", "blue", "red"]

PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89
LEFT, RIGHT, TOP, BOTTOM = 82.0, 48.0, 57.0, 57.0
LEADING = 1.26
CELL_GAP = 34.0
INKS: dict[Ink, Colour] = {"black": (22, 22, 24), "blue": (28, 52, 140), "red": (196, 32, 44)}

FONTS = "/usr/share/fonts"


@dataclass(frozen=True, slots=True)
class Family:
    """A family of fonts: four files, and the Debian package that has them."""

    package: str
    folder: str
    regular: str
    bold: str
    italic: str
    bold_italic: str
    scale: float = 1.0  # offices print a wide family smaller

    def path(self, *, bold: bool, italic: bool) -> str:
        """Return the file of one face."""
        face = (self.regular, self.bold, self.italic, self.bold_italic)[bold + 2 * italic]
        return f"{FONTS}/{self.folder}/{face}"


# Liberation Serif has the widths of Times New Roman, which NĐ 30/2020 asks for. It must be the files of
# fonts-liberation2: those of fonts-liberation lack Vietnamese letters.
FAMILIES: dict[str, Family] = {
    "Liberation Serif": Family(
        "fonts-liberation2",
        "truetype/liberation2",
        "LiberationSerif-Regular.ttf",
        "LiberationSerif-Bold.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationSerif-BoldItalic.ttf",
    ),
    "FreeSerif": Family(
        "fonts-freefont-ttf",
        "truetype/freefont",
        "FreeSerif.ttf",
        "FreeSerifBold.ttf",
        "FreeSerifItalic.ttf",
        "FreeSerifBoldItalic.ttf",
    ),
    "DejaVu Serif": Family(
        "fonts-dejavu-extra",
        "truetype/dejavu",
        "DejaVuSerifCondensed.ttf",
        "DejaVuSerifCondensed-Bold.ttf",
        "DejaVuSerifCondensed-Italic.ttf",
        "DejaVuSerifCondensed-BoldItalic.ttf",
        scale=0.88,
    ),
    "Linux Libertine": Family(
        "fonts-linuxlibertine",
        "opentype/linux-libertine",
        "LinLibertine_R.otf",
        "LinLibertine_RB.otf",
        "LinLibertine_RI.otf",
        "LinLibertine_RZI.otf",  # semibold: the bold italic has no ơ and ư
    ),
    "Liberation Sans": Family(
        "fonts-liberation2",
        "truetype/liberation2",
        "LiberationSans-Regular.ttf",
        "LiberationSans-Bold.ttf",
        "LiberationSans-Italic.ttf",
        "LiberationSans-BoldItalic.ttf",
    ),
}
VALUE = "‹(?:[a-z_]+=)?"
UNITS = 1000  # text is measured at this many pixels an em, so that line breaks do not depend on the resolution


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


# ---------------------------------------------------------------------------------------------------------- measuring


@cache
def font(family: str, pixels: float, *, bold: bool = False, italic: bool = False) -> ImageFont.FreeTypeFont:
    """Return one face. The basic layout engine gives the same letters with and without libraqm."""
    path = FAMILIES[family].path(bold=bold, italic=italic)
    try:
        return ImageFont.truetype(path, pixels, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        msg = f"cannot open {path}: install the package {FAMILIES[family].package}"
        raise FileNotFoundError(msg) from error


def missing_glyphs(text: str, family: str) -> set[str]:
    """Return the letters of *text* that some face of the family cannot draw."""
    return {
        letter
        for bold in (False, True)
        for italic in (False, True)
        for letter in set(text) - {" ", "\n"}
        if _is_missing(letter, family, bold=bold, italic=italic)
    }


@cache
def _is_missing(letter: str, family: str, *, bold: bool, italic: bool) -> bool:
    face = font(family, 64, bold=bold, italic=italic)
    nothing = face.getmask("\uffff")  # a code point that no font has: shows the glyph for "missing"
    mask = face.getmask(letter)
    return mask.size == nothing.size and bytes(mask) == bytes(nothing)


@cache
def _advances(text: str, family: str, *, bold: bool, italic: bool) -> tuple[float, ...]:
    """Return where each letter starts and the last one ends, in ems."""
    face = font(family, UNITS, bold=bold, italic=italic)
    return tuple(face.getlength(text[:length]) / UNITS for length in range(len(text) + 1))


def width(word: Word, family: str) -> float:
    """Return how long a word is printed."""
    return _size(word, family) * _advances(word.text, family, bold=word.bold, italic=word.italic)[-1]


def ink_box(word: Word, family: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a placed word's ink, or of the room in which it is written by hand."""
    size = _size(word, family)
    if word.hand:
        return word.x, word.y - size, word.x + width(word, family), word.y + 0.35 * size
    box = _ink(word.text, family, bold=word.bold, italic=word.italic)
    left, top, right, bottom = (side / UNITS * size for side in box)
    return word.x + left, word.y + top, word.x + right, word.y + bottom


@cache
def _ink(text: str, family: str, *, bold: bool, italic: bool) -> tuple[float, float, float, float]:
    return font(family, UNITS, bold=bold, italic=italic).getbbox(text, anchor="ls")


def space(word: Word, family: str) -> float:
    """Return how much room there is before a word."""
    return _size(word, family) * _advances(" ", family, bold=False, italic=False)[-1] if word.spaced else 0.0


def _size(word: Word, family: str) -> float:
    return word.size * FAMILIES[family].scale


# ---------------------------------------------------------------------------------------------------------- words


def parse(markup: str, size: float, *, title: bool = False) -> list[Word]:
    """Return the words of one cell; a piece that touches the one before it has no space before it."""
    words: list[Word] = []
    bold = italic = value = spaced = False
    name = ""
    for piece in re.split(rf"(\*\*|__|{VALUE}|›|\s+)", markup):
        match piece:
            case "**":
                bold = not bold
            case "__":
                italic = not italic
            case "›":
                value, name = False, ""
            case _ if piece.startswith("‹"):
                value, name = True, piece[1:-1]
            case "":
                pass
            case _ if piece.isspace():
                spaced = True
            case _:
                words.append(Word(piece, size, bold, italic, value, spaced and bool(words), title, field=name))
                spaced = False
    return words


def plain(markup: str) -> str:
    """Return what a piece of markup says."""
    return re.sub(r"\s+", " ", re.sub(rf"\*\*|__|{VALUE}|›|\|", "", markup)).strip()


def broken(words: Sequence[Word], room: float, indent: float, family: str) -> list[list[Word]]:
    """Break words into lines no longer than *room*; only where a space stands."""
    lines: list[list[Word]] = [[]]
    used = indent
    for chunk in _chunks(words):
        length = sum(width(word, family) for word in chunk)
        if lines[-1] and used + space(chunk[0], family) + length > room:
            lines.append([])
            used = 0.0
        used += (space(chunk[0], family) if lines[-1] else 0.0) + length
        lines[-1].extend(chunk)
    return lines


def _chunks(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words glued together, which a line break must not part."""
    chunk: list[Word] = []
    for word in words:
        if chunk and word.spaced:
            yield chunk
            chunk = []
        chunk.append(word)
    if chunk:
        yield chunk


def placed(words: Sequence[Word], x: float, y: float, family: str, stretch: float = 0.0) -> list[Word]:
    """Put words after each other from x on; every space gets *stretch* more."""
    result: list[Word] = []
    for word in words:
        if result:
            x += space(word, family) + (stretch if word.spaced else 0.0)
        result.append(replace(word, x=x, y=y))
        x += width(word, family)
    return result


def said(words: Sequence[Word]) -> str:
    """Return what placed words say."""
    return "".join((" " if word.spaced and i else "") + word.text for i, word in enumerate(words))


def end(words: Sequence[Word], family: str) -> float:
    """Return where the last of placed words ends."""
    return words[-1].x + width(words[-1], family)


# ---------------------------------------------------------------------------------------------------------- blocks


def rows(block: Block, x: float, room: float, look: Look) -> list[Row]:  # noqa: PLR0911 -- one for each kind
    """Return the strips that a block needs in a column that starts at x and is *room* wide."""
    match block:
        case Gap():
            return [Row(block.height)]
        case Rule():
            half = room * block.share / 2
            middle = x + room / 2
            return [Row(3.0 + block.after, (Stroke(middle - half, middle + half, 3.0),))]
        case SignatureRoom():
            return [Row(block.height, (SignaturePlace(x + room / 2, block.height / 2, block.height, block.seal),))]
        case Columns():
            return [_columns(block, x, room, look)]
        case Picture():
            return [Row(0.0, (replace(block, x=x + block.x),))]
        case Text() if " | " in block.markup:
            return _cells(block, x, room, look)
        case Text():
            return _paragraph(block, x, room, look)
        case _:
            return block.laid(x, room, look)


def _columns(block: Columns, x: float, room: float, look: Look) -> Row:
    x, room = x - block.reach, room + 2 * block.reach
    left_room = room * block.share
    left = [stacked(rows(part, x, left_room - block.gutter, look)) for part in block.left]
    right = [stacked(rows(part, x + left_room, room - left_room, look)) for part in block.right]
    if block.level:
        heights = [max(pair, key=lambda row: row.height).height for pair in zip(left, right, strict=True)]
        left, right = ([replace(row, height=h) for row, h in zip(part, heights, strict=True)] for part in (left, right))
    first, second = stacked(left), stacked(right)
    return Row(max(first.height, second.height), first.marks + second.marks, first.lines + second.lines)


def _paragraph(block: Text, x: float, room: float, look: Look) -> list[Row]:
    height = block.size * LEADING
    words = parse(block.markup, block.size, title=block.title)
    lines = broken(words, room, block.indent, look.family)
    result = []
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        indent = block.indent if number == 0 else 0.0
        free = room - indent - (end(placed(line, 0.0, 0.0, look.family), look.family) if line else 0.0)
        spaces = sum(word.spaced for word in line[1:])
        start = x + indent + (free / 2 if block.align == "centre" else 0.0)
        stretch = free / spaces if block.align == "justify" and spaces and not last else 0.0
        marks = placed(line, start, block.size, look.family, stretch)
        dots = look.dotted_lines and "‹" in block.markup and block.align == "left"
        leaders = _leaders(marks, x + room, block.size, look.family) if dots else []
        after = block.after if last else 0.0
        result.append(Row(height + after, (*marks, *leaders), (Line(0.0, said(line), not last),)))
    return result


def _leaders(words: Sequence[Word], stop: float, y: float, family: str) -> list[Stroke]:
    """Return the dots that a form prints for its values: from where one starts to the next label, or to *stop*."""
    starts = [i for i, word in enumerate(words) if word.value and not (i and words[i - 1].value)]
    if not starts:
        return [Stroke(end(words, family) + 3.0, stop, y + 1.6, dotted=True)]
    stops = [next((word.x - 3.0 for word in words[i:] if not word.value), stop) for i in starts]
    return [Stroke(words[i].x, until, y + 1.6, dotted=True) for i, until in zip(starts, stops, strict=True)]


def _cells(block: Text, x: float, room: float, look: Look) -> list[Row]:
    cells = [parse(cell, block.size) for cell in block.markup.split(" | ")]
    lengths = [end(placed(cell, 0.0, 0.0, look.family), look.family) for cell in cells]
    if sum(lengths) + 8.0 * (len(cells) - 1) > room:
        return _paragraph(replace(block, markup=block.markup.replace(" | ", " ")), x, room, look)
    free = room - sum(lengths)
    gap = free / len(cells) if look.dotted_lines else min(CELL_GAP, free / len(cells))
    marks: list[Mark] = []
    for cell, length in zip(cells, lengths, strict=True):
        words = placed(cell, x, block.size, look.family)
        marks += words
        if look.dotted_lines:
            marks += _leaders(words, x + length + gap - 4.0, block.size, look.family)
        x += length + gap
    text = " ".join(said(cell) for cell in cells)
    return [Row(block.size * LEADING + block.after, tuple(marks), (Line(0.0, text),))]


def moved(mark: Mark, down: float) -> Mark:
    """Return a mark further down."""
    if isinstance(mark, SignaturePlace):
        return replace(mark, y=mark.y + down, name_y=mark.name_y + down)
    return replace(mark, y=mark.y + down)


def stacked(strips: Sequence[Row], y: float = 0.0) -> Row:
    """Put rows under each other, from y on."""
    marks: list[Mark] = []
    lines: list[Line] = []
    for row in strips:
        marks += [moved(mark, y) for mark in row.marks]
        lines += [replace(line, y=line.y + y) for line in row.lines]
        y += row.height
    return Row(y, tuple(marks), tuple(lines))


def composed(blocks: Sequence[Block], look: Look, *, landscape: bool = False) -> list[Page]:
    """Return the pages that the blocks fill; from the second on each has its number at the top (NĐ 30/2020)."""
    width, height = (PAGE_HEIGHT, PAGE_WIDTH) if landscape else (PAGE_WIDTH, PAGE_HEIGHT)
    room = width - LEFT - RIGHT
    waiting = [row for block in blocks for row in rows(block, LEFT, room, look)]
    pages: list[list[Row]] = [[]]
    used = TOP
    for row in waiting:
        if pages[-1] and used + row.height > height - BOTTOM:
            pages.append(rows(Text(str(len(pages) + 1), 13, "centre", after=8.0), LEFT, room, look))
            used = TOP + sum(strip.height for strip in pages[-1])
        pages[-1].append(row)
        used += row.height
    return [Page(page.marks, page.lines, width, height) for page in (stacked(strips, TOP) for strips in pages)]


# ---------------------------------------------------------------------------------------------------------- saying


def text_of(lines: Sequence[Line]) -> str:
    """Return the text of lines, with the lines of one paragraph joined."""
    return "".join(line.text + (" " if line.continues else "\n") for line in lines).strip()


def reading_orders(pages: Sequence[Page]) -> tuple[str, str]:
    """Return the text column by column, and as it stands line by line across the columns."""
    by_column = "\n".join(text_of(page.lines) for page in pages)
    across = "\n".join(text_of(sorted(page.lines, key=lambda line: round(line.y))) for page in pages)
    return by_column, across


# ---------------------------------------------------------------------------------------------------------- drawing


def draw(page: Page, look: Look, dpi: int) -> Image.Image:
    """Return the page as it leaves the printer: nothing written in, no signature, no seal, nothing damaged."""
    scale = dpi / 72
    image = Image.new("RGB", (round(page.width * scale), round(page.height * scale)), "white")
    pen = ImageDraw.Draw(image)
    for mark in page.marks:
        if isinstance(mark, Word) and not mark.hand:
            _draw_word(pen, mark, look, scale)
        elif isinstance(mark, Stroke):
            _draw_stroke(pen, mark, scale)
        elif isinstance(mark, Frame):
            corners = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
            box = tuple(round(side * scale) for side in corners)
            pen.rectangle(box, outline=INKS["black"], width=max(1, round(0.5 * scale)))
        elif isinstance(mark, Picture):
            picture = mark.paint(dpi).convert("RGBA")
            image.paste(picture, (round(mark.x * scale), round(mark.y * scale)), picture)
    return image


def _draw_word(pen: ImageDraw.ImageDraw, word: Word, look: Look, scale: float) -> None:
    ink: Ink = "blue" if word.value and look.blue_values else "red" if word.title and look.ornament else "black"
    size = _size(word, look.family) * scale
    face = font(look.family, size, bold=word.bold, italic=word.italic)
    starts = _advances(word.text, look.family, bold=word.bold, italic=word.italic)
    # Letter by letter: in one go, widths rounded to pixels would add up and eat the space after a long number.
    for letter, start in zip(word.text, starts, strict=False):
        pen.text((word.x * scale + start * size, word.y * scale), letter, fill=INKS[ink], font=face, anchor="ls")


def _draw_stroke(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: float) -> None:
    if not stroke.dotted:
        pen.line(
            (stroke.x * scale, stroke.y * scale, stroke.end * scale, stroke.y * scale),
            fill=INKS["black"],
            width=max(1, round(0.7 * scale)),
        )
        return
    radius, pitch = 0.45 * scale, 2.9
    for step in range(int((stroke.end - stroke.x) / pitch)):
        x, y = (stroke.x + step * pitch) * scale, stroke.y * scale
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(60, 60, 62))
