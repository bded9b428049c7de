"""How far a value reaches: which section and column of the form its label stands in, and where the value ends."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pipeline.understand.folding import letters
from pipeline.understand.labels import Hit
from pipeline.understand.lines import COLUMN_GAP, Passage, Row, pitch, right_margin
from pipeline.understand.sheet import is_capitals, is_title
from pipeline.understand.vocabulary import is_level
from schemas.page import Word

_VALUE_GAP: Final = 7.0
"""A space wider than this, in letter heights, inside a value: something else stands there."""
_LINE_GAP: Final = 1.75
"""A value goes on in the next row only if that is nearer than so many usual row distances."""
_SPACE: Final = 0.5
"""Between two words, in letter heights, with what lines that are not justified leave at the margin."""
_ABBREVIATED: Final = 3
"""A full stop behind so few letters is that of an abbreviation (`TP.`)."""
_LEVEL: Final = 1.5
"""Labels side by side are less than so many letter heights apart."""
_INDENT: Final = 3.0
"""How far right of a section's label, in letter heights, its column still begins."""


class Place(NamedTuple):
    """Which section of the form a label stands in, and the pixels that its column reaches from and to."""

    section: str | None
    left: float
    right: float


def place_hits(rows: Sequence[Row], hits: Sequence[Hit], sections: Mapping[str, Sequence[str]]) -> list[Place]:
    """Return the place of each hit.

    A section begins at one of its labels and ends where the next one begins; sections that begin side by side are
    columns, also where the paper is bent and one begins a little lower. So `Năm sinh` is the mother's because it stands
    below the mother's name, in whatever order they come.
    """
    begins = {letters(label): name for name, labels in sections.items() for label in labels}
    starts = [hit for hit in hits if hit.label in begins]
    places = []
    for hit in hits:
        level: list[Hit] = []
        for start in reversed([start for start in starts if start.row <= hit.row]):
            level = sorted((each for each in starts if _beside(each, start, rows)), key=lambda each: each.left)
            if start.row < hit.row or hit.left >= level[0].left:
                break
            level = []
        if not level:
            places.append(Place(None, 0.0, float("inf")))
            continue
        reach = _INDENT * rows[hit.row].height
        at = max((index for index, start in enumerate(level) if start.left <= hit.left + reach), default=0)
        left = level[at].left - reach if at else 0.0
        right = level[at + 1].left - reach / 2 if at + 1 < len(level) else float("inf")
        if _same_section(level, begins):
            left, right = 0.0, float("inf")
        places.append(Place(begins[level[at].label], left, right))
    return places


def _beside(one: Hit, other: Hit, rows: Sequence[Row]) -> bool:
    """Return whether two labels stand side by side: in one row, or so little apart that they are two columns."""
    if one.row == other.row:
        return True
    above, below = rows[min(one.row, other.row)], rows[max(one.row, other.row)]
    apart = above.right < below.left or below.right < above.left
    return apart and above.page == below.page and below.middle - above.middle < _LEVEL * max(above.height, below.height)


def _same_section(level: Sequence[Hit], begins: Mapping[str, str]) -> bool:
    return len({begins[start.label] for start in level}) == 1


def value_after(rows: Sequence[Row], hits: Sequence[Hit], hit: Hit, place: Place, *, goes_on: bool) -> Passage:
    """Return the words that belong to a label: to its right, and in the rows below as far as they continue it.

    Args:
        rows: the rows of the document.
        hits: every label found in them; each one ends the value before it.
        hit: the label.
        place: its section and column.
        goes_on: whether the value may take more than one row. In one of several columns every value may: there is
            little room, and what has no label of its own goes on.
    """
    row = rows[hit.row]
    in_column = place.left > 0 or place.right < float("inf")
    goes_on = goes_on or in_column
    beside = [other for other in hits if other.row == hit.row]
    later = [other for other in beside if other.start > hit.start and other.left < place.right]
    after = min(later, default=None, key=lambda other: other.start)
    words = list(row.words[hit.end : after.start if after else len(row.words)])
    words = _until_gap([word for word in words if word.box.x < place.right], row.height)
    if words and (after or not goes_on):
        return Passage(tuple(words), row.page)
    # Labels side by side with nothing between them: the value of each stands below it.
    follows = any(other.end == hit.start for other in beside)
    apart = follows or after is not None
    reach = _INDENT * row.height
    left = max(place.left, hit.left - reach) if follows else place.left
    right = min(place.right, after.left - reach / 2) if after else place.right
    column = [inside for each in rows if (inside := each.between(left, right))] if in_column else rows
    step = pitch(column) or 2 * row.height
    margin = min(right_margin(rows), right)
    last, height = row, row.height
    for index in range(hit.row + 1, len(rows)):
        below = rows[index]
        here = _in_column(below, left, right)
        first = min((o.start for o in hits if o.row == index and left <= o.left < right), default=None)
        if below.page != row.page or below.middle - last.middle > _LINE_GAP * step or _is_heading(below, words):
            break
        if not here:
            continue
        if first is not None and below.words[first].box.x <= here[0].box.x + height:
            break
        if apart and not begins_piece(below, here[0]):
            break
        if words and not (in_column or _continues(words[-1], here[0], margin, height)):
            break
        if not words and below.middle - row.middle > _LINE_GAP * step:
            break
        end = below.words[first].box.x if first is not None else right
        words += _until_gap([word for word in here if word.box.x < end], height)
        last = below
        if first is not None or not goes_on:
            break
    return Passage(tuple(words), row.page)


def _is_heading(row: Row, words: Sequence[Word]) -> bool:
    """Return whether a row in capitals cannot continue a value that is not."""
    return bool(words) and is_title(row) and not is_capitals(words[-1])


def _in_column(row: Row, left: float, right: float) -> tuple[Word, ...]:
    """Return the words of a row that begin in a column, without the end of what stands left of it and reaches in."""
    inside = tuple(word for word in row.words if left <= word.box.x < right)
    start = next((index for index, word in enumerate(inside) if begins_piece(row, word)), len(inside))
    return inside[start:] if left > 0 else inside


def begins_piece(row: Row, word: Word) -> bool:
    """Return whether nothing stands close before a word in its row."""
    return any(piece.words[0] == word for piece in row.pieces(0.6 * COLUMN_GAP))


def _continues(before: Word, after: Word, margin: float, height: float) -> bool:
    """Return whether a line break stands between two words: the second one had no room, or is in mid-sentence."""
    if before.text.endswith(".") and len(before.text) > _ABBREVIATED:
        return False
    no_room = before.box.right + _SPACE * height + after.box.w > margin
    mid_sentence = before.text.endswith((",", "-")) or after.text[:1].islower()
    # `huyện Yên Thành` ends in a name, though towns are called `thành phố`.
    name_follows = is_level(before.text) and (before.text.islower() or is_capitals(before))
    return no_room or mid_sentence or name_follows


def _until_gap(words: Sequence[Word], height: float) -> list[Word]:
    kept = list(words[:1])
    for before, after in pairwise(words):
        if after.box.x - before.box.right > _VALUE_GAP * height:
            break
        kept.append(after)
    return kept
