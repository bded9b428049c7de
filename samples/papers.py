"""What a composed paper is, and the parts that papers have in common.

A new kind of paper is a module with tables `LAYOUTS` and `HELD_OUT`, entered in `make.KINDS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypedDict, TypeVar

from samples.blocks import Block, Columns, Page, Rule, SignatureRoom, Text

Fields = dict[str, str | int | None]  # amounts are whole đồng


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants to be on the paper, beyond what the lot decides."""

    without: frozenset[str] = frozenset()  # "personal_id", "father": left empty on the form
    paragraphs: int | None = None  # length of the body, where a paper has one


class Besides(TypedDict, total=False):
    """What only some papers have, under the names that it has in the truth."""

    qr: str  # what the code says
    mrz: list[str]  # the machine-readable lines
    rows: list[Fields]  # the rows of a table of people; `fields` tells the first
    dossier_code: str | None  # of a paper in a pile: the last separator's


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The contents of one paper, and what a reader should find in them."""

    fields: Fields
    blocks: tuple[Block, ...] = ()
    pages: tuple[Page, ...] = ()  # for what no flow of blocks can lay out: then there are no blocks
    landscape: bool = False
    accept: dict[str, list[str]] = field(default_factory=dict)  # other readings that are as good
    besides: Besides = field(default_factory=Besides)


Layout = Callable[[Random, Wishes], Paper]
Form = TypeVar("Form")


def layouts(made: Callable[[Form, Random, Wishes], Paper], forms: Mapping[str, Form]) -> dict[str, Layout]:
    """Return a layout for each of the forms of a kind of paper, which *made* fills in."""
    return {name: partial(made, form) for name, form in forms.items()}


MOTTO = ("**CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM**", "**Độc lập - Tự do - Hạnh phúc**")


def column(*parts: str, size: float = 13.0, align: str = "centre", seal: str = "") -> tuple[Block, ...]:
    """Return the blocks of one column: `---` is a rule, `~~~` room for signature and seal, anything else a line."""
    return tuple(_part(part, size, align, seal) for part in parts)


def _part(part: str, size: float, align: str, seal: str) -> Block:
    match part:
        case "---":
            return Rule(0.36)
        case "~~~":
            return SignatureRoom(seal)
        case _:
            return Text(part, size, "centre" if align == "centre" else "left", after=1.0)


def heading(left: tuple[str, ...], right: tuple[str, ...] = (), size: float = 12.4) -> Columns:
    """Return the header: the agency at the left, the state's name and motto at the right (NĐ 30/2020, boxes 1 to 4)."""
    motto = (*column(*MOTTO, size=size), Rule(0.5))
    return Columns(column(*left, size=size), motto + column(*right, size=size), share=0.41, reach=16.0)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a form's line with its values marked and named as such."""
    return template.format_map({name: f"‹{name}={value}›" for name, value in values.items()})
