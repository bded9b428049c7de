"""The pages for readers, taken apart: headings, links, tables and the blocks that a reader would copy."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]))

_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    note: str
    """What stands after the language: why it is not run, or what it is an example of."""
    text: str
    line: int


def name_of(page: Path) -> str:
    """Return how a page is called, such as `docs/errors.md`."""
    return str(page.relative_to(ROOT))


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """Return the page as Markdown tokens."""
    return tuple(MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8")))


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """Return the fenced blocks of a page, in order; only those in *language*, if it is given."""
    fences = [token for token in tokens(page) if token.type == "fence"]
    found = [
        Block(*fence.info.strip().partition(" ")[::2], fence.content, (fence.map or [0])[0] + 1) for fence in fences
    ]
    return [block for block in found if language in {None, block.language}]


def headings(page: Path) -> Iterator[tuple[int, str, str]]:
    """Yield level, text and the text of the paragraph that follows, for each heading."""
    every = tokens(page)
    for at, token in enumerate(every):
        if token.type == "heading_open":
            follows = every[at + 4].content if every[at + 3].type == "paragraph_open" else ""
            yield int(token.tag[1:]), every[at + 1].content, follows


def anchors(page: Path) -> set[str]:
    """Return the names by which links reach the headings of a page, as GitHub makes them."""
    return {_NOT_IN_ANCHORS.sub("", text.lower()).replace(" ", "-") for _, text, _ in headings(page)}


def links(page: Path) -> Iterator[str]:
    """Yield where each link of a page leads."""
    for token in tokens(page):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


def rows(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the tables below *heading* (of any level), without the rows of column names."""
    found: list[list[str]] = []
    inside = False
    in_body = False
    every = tokens(page)
    for at, token in enumerate(every):
        if token.type == "heading_open":
            inside = every[at + 1].content == heading
        in_body = token.type == "tbody_open" or (in_body and token.type != "tbody_close")
        if inside and in_body and token.type == "tr_open":
            found.append([])
        elif inside and in_body and token.type == "td_open":
            found[-1].append(every[at + 1].content)
    return found
