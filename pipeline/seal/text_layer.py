"""The invisible text layer: words lie over their picture, to be searched, selected and copied."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from statistics import median

from pipeline.seal.fonts import Face
from schemas.page import Word

_INVISIBLE = 3
"""Text render mode (ISO 32000-1, table 106)."""


def characters(words: Iterable[Word]) -> set[str]:
    """Return every character that the text layer of these words needs."""
    return {" "}.union(*(word.text for word in words))


def text_layer(words: Iterable[Word], face: Face, font: str, *, scale: float, height: float) -> bytes:
    """Return the content stream that lays the words over their boxes, unseen.

    Args:
        words: in reading order.
        face: the glyphless one, with the `characters` of the words.
        font: its name in the page's resources.
        scale: points a pixel.
        height: of the page, in points.
    """
    operators = [b"BT %d Tr" % _INVISIBLE]
    for _, line in groupby(words, key=attrgetter("line")):
        operators += _line(list(line), face, font, scale, height)
    return b"\n".join([*operators, b"ET"])


def _line(words: list[Word], face: Face, font: str, scale: float, height: float) -> Iterator[bytes]:
    """Yield the operators for one line, a space after each word.

    One size and one base line for all of it: selected text looks ragged otherwise.
    """
    size = max(1, median(word.box.h for word in words)) * scale
    base = height - median(word.box.bottom for word in words) * scale
    yield b"/%s %.1f Tf" % (font.encode(), size)
    for word in words:
        stretch = 100 * max(1, word.box.w) * scale / face.width(word.text, size)
        shown = face.encode(f"{word.text} ")
        yield b"1 0 0 1 %.1f %.1f Tm %.1f Tz %s Tj" % (word.box.x * scale, base, stretch, shown)
