"""A printed form as data: its lines with the names of values in braces, and how it becomes the blocks of a paper."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from samples.blocks import Block, Columns, Gap, Text
from samples.papers import column, filled, heading

OFFICES = (("CHỦ TỊCH",), ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"))
COLLECTIVE = "TM. ỦY BAN NHÂN DÂN"
SIZE = 13.2


@dataclass(frozen=True, slots=True)
class Beside:
    """Lines in two columns of the same width; those of a pair start level."""

    left: tuple[str, ...]
    right: tuple[str, ...]


Part = str | Text | Beside  # a `Text` is a line of another size or place


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One printed form. Names in braces are values."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    title: tuple[str, ...]
    body: tuple[Part, ...]
    used: tuple[dt.date, dt.date]  # from when to when papers were made on this form
    foot_left: tuple[str | Beside, ...] = ()
    foot_right: tuple[str, ...] = ()  # above the signer's office
    number: str = "{count}"
    after: float = 5.2  # points between two lines
    landscape: bool = False

    def asks_for(self, name: str) -> bool:
        """Return whether the form has a place for this value."""
        return any(f"{{{name}}}" in line for part in self.body for line in _lines(part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signs a paper: offices from the highest to the signer's own, the name as printed, the seal's inscription."""

    offices: tuple[str, ...]
    name: str
    seal: str


def centred(markup: str, size: float = SIZE) -> Text:
    """Return a line in the middle of the form."""
    return Text(markup, size, "centre", after=5.0)


def _lines(part: Part) -> tuple[str, ...]:
    match part:
        case str():
            return (part,)
        case Text():
            return (part.markup,)
        case Beside():
            return part.left + part.right


def blocks(form: Form, values: Mapping[str, str], signature: Signature) -> tuple[Block, ...]:
    """Return a form with its values filled in, signed. An empty value leaves its place empty."""
    typed = {name: filled(f"{{{name}}}", values) for name in ("number", "book") if name in values}
    header_values = {**values, **typed}
    offices = tuple(f"**{line}**" for line in signature.offices)
    foot_right = tuple(line.format_map(values) for line in form.foot_right)
    return (
        heading(
            tuple(line.format_map(header_values) for line in form.left),
            tuple(line.format_map(header_values) for line in form.right),
        ),
        Gap(16.0),
        *(Text(line, 13.5 if number else 19.0, "centre", title=True) for number, line in enumerate(form.title)),
        Gap(10.0),
        *(_in_body(part, values, form.after) for part in form.body),
        Gap(10.0),
        Columns(
            tuple(_foot(form.foot_left, values)),
            column(*foot_right, *offices, "~~~", f"**{signature.name}**", seal=signature.seal),
            share=0.46,
        ),
    )


def _in_body(part: Part, values: Mapping[str, str], after: float) -> Block:
    match part:
        case str():
            return Text(filled(part, values), SIZE, after=after)
        case Text():
            return replace(part, markup=filled(part.markup, values))
        case Beside():
            left, right = (
                tuple(Text(filled(line, values), SIZE, after=after) for line in lines)
                for lines in (part.left, part.right)
            )
            return Columns(left, right, share=0.5, level=True, gutter=14.0)


def _foot(parts: tuple[str | Beside, ...], values: Mapping[str, str]) -> Iterator[Block]:
    for part in parts:
        if isinstance(part, Beside):
            left, right = (
                column(*(line.format_map(values) for line in lines), size=12.4) for lines in (part.left, part.right)
            )
            yield Columns(left, right, share=0.5)
        else:
            yield from column(part.format_map(values), size=12.4)
