"""Set papers in type: blocks become rows, rows fill A4 pages, and every line that is drawn is also kept as text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from samples.blocks import (
    BOTTOM,
    LEFT,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RIGHT,
    TOP,
    Block,
    Columns,
    Gap,
    Line,
    Look,
    Mark,
    Page,
    Picture,
    Row,
    Rule,
    SignaturePlace,
    SignatureRoom,
    Stroke,
    Text,
    Word,
)
from samples.fonts import FAMILIES, advances, ink

LEADING = 1.26
CELL_GAP = 34.0
VALUE = "‹(?:[a-z_]+=)?"


# ---------------------------------------------------------------------------------------------------------- measuring


def width(word: Word, family: str) -> float:
    """Return how long a word is printed."""
    return size_of(word, family) * advances(word.text, family, bold=word.bold, italic=word.italic)[-1]


def ink_box(word: Word, family: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a placed word's ink, or of the room in which it is written by hand."""
    size = size_of(word, family)
    if word.hand:
        return word.x, word.y - size, word.x + width(word, family), word.y + 0.35 * size
    box = ink(word.text, family, bold=word.bold, italic=word.italic)
    left, top, right, bottom = (side * size for side in box)
    return word.x + left, word.y + top, word.x + right, word.y + bottom


def space(word: Word, family: str) -> float:
    """Return how much room there is before a word."""
    return size_of(word, family) * advances(" ", family, bold=False, italic=False)[-1] if word.spaced else 0.0


def size_of(word: Word, family: str) -> float:
    """Return the size in which a word is printed: offices print a wide family smaller."""
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
