"""Ruled tables: a head, whose columns may stand in groups, and rows that are not cut in two by the end of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from samples.blocks import Align, Frame, Look, Row, Text
from samples.typesetting import rows, stacked

PADDING = 3.0  # points


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its head says, its share of the table's width, and the head that it has with its neighbours."""

    title: str
    share: float
    group: str = ""
    align: Align = "centre"


@dataclass(frozen=True, slots=True)
class Table:
    """A block of ruled rows; each has one piece of markup for every column."""

    columns: tuple[Column, ...]
    lines: tuple[tuple[str, ...], ...]
    size: float = 11.6

    def laid(self, x: float, room: float, look: Look) -> list[Row]:
        """Return the head and the rows, together as wide as *room*."""
        look = replace(look, dotted_lines=False)  # a cell's frame says where its value belongs
        total = sum(column.share for column in self.columns)
        widths = [room * column.share / total for column in self.columns]
        lefts = [x + before for before in accumulate(widths[:-1], initial=0.0)]
        places = list(zip(self.columns, lefts, widths, strict=True))
        head: list[_Cell] = []
        for group, members in groupby(places, key=lambda place: place[0].group):
            titles = [_Cell.of(f"**{column.title}**", at, wide, self.size, look) for column, at, wide in members]
            head += [_grouped(group, titles, self.size, look)] if group else titles
        body = [
            [
                _Cell.of(text, at, wide, self.size, look, column.align)
                for text, (column, at, wide) in zip(line, places, strict=True)
            ]
            for line in self.lines
        ]
        return [_ruled(cells) for cells in (head, *body)] + [Row(8.0)]


@dataclass(frozen=True, slots=True)
class _Cell:
    x: float
    width: float
    contents: Row

    @classmethod
    def of(cls, markup: str, x: float, width: float, size: float, look: Look, align: Align = "centre") -> "_Cell":
        text = rows(Text(markup, size, align, after=0.0), x + PADDING, width - 2 * PADDING, look)
        return cls(x, width, stacked([Row(PADDING), *text, Row(PADDING)]))


def _grouped(title: str, cells: Sequence[_Cell], size: float, look: Look) -> _Cell:
    """Return one cell that holds the group's title and its columns' titles under it."""
    x, width = cells[0].x, sum(cell.width for cell in cells)
    above = _Cell.of(f"**{title}**", x, width, size, look)
    return _Cell(x, width, stacked([_ruled([above]), _ruled(cells)]))


def _ruled(cells: Sequence[_Cell]) -> Row:
    """Put cells of one height beside each other, framed, with what they say in the middle."""
    height = max(cell.contents.height for cell in cells)
    middled = [stacked([cell.contents], (height - cell.contents.height) / 2) for cell in cells]
    frames = tuple(Frame(cell.x, 0.0, cell.width, height) for cell in cells)
    marks = tuple(mark for row in middled for mark in row.marks)
    return Row(height, frames + marks, tuple(line for row in middled for line in row.lines))
