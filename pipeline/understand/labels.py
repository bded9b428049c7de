"""Labels of a form and the values that belong to them, found by what is printed and by where it stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import letters
from pipeline.understand.lines import COLUMN_GAP, Passage, Row, pitch, right_margin
from pipeline.understand.vocabulary import is_level
from schemas.page import Word

_COLON: Final = re.compile(r"[:;]$")
_NUMBER: Final = re.compile(r"^\(?\d{1,2}[.)]$")
_NUMBERING: Final = re.compile(r"^(\(?\d{1,2}[.)]?|[-–+*•]|[^\W\d_])$")
_SURE_WITHOUT_COLON: Final = 7
"""A label of so many letters is known at the start of a line even if its colon was not read."""
_VALUE_GAP: Final = 7.0
"""A space wider than this, in letter heights, inside a value: something else stands there."""
_LINE_GAP: Final = 1.75
"""A value goes on in the next row only if that is nearer than so many usual row distances."""
_ABBREVIATED: Final = 3
"""A full stop behind so few letters is that of an abbreviation (`TP.`)."""
_LEVEL: Final = 1.5
"""Labels side by side are less than so many letter heights apart."""
_INDENT: Final = 3.0
"""How far right of a section's label, in letter heights, its column still begins."""


_BOUNDS: Final = ((5, 0), (9, 1), (13, 2))
"""Letters that may be misread in labels shorter than so many letters."""


class Hit(NamedTuple):
    """A label found on the page."""

    row: int
    """Index of the row in the document."""
    start: int
    """Index of its first word in the row, or of the numbering before it."""
    end: int
    """Index after its last word."""
    label: str
    """Its folded letters, as the document type has them."""
    left: int
    """Where it begins, in pixels."""


@cache
def _allowed(length: int) -> int:
    """Return how many letters of a label may be misread: none in short ones, about one in six in long ones."""
    return next((allowed for limit, allowed in _BOUNDS if length < limit), length // 6)


def find_in_row(row: Row, wanted: Iterable[str], *, anywhere: bool = False) -> list[tuple[int, int, str]]:
    """Return the labels in a row as `(first word, word after the last, label)`, from left to right.

    Args:
        row: where to look.
        wanted: folded letters of the labels.
        anywhere: also where neither a colon nor the start of a piece of the row speaks for a label.
    """
    words = [letters(word.text) for word in row.words]
    gaps = _starts_of_pieces(row)
    found, at = [], 0
    while at < len(words):
        best = _best_at(row, words, at, wanted, starts=anywhere or at in gaps, anywhere=anywhere)
        if best is None:
            at += 1
            continue
        # One word further on it may fit better: `DÂN CỘNG HÒA …` is within the bound for `CỘNG HÒA …`.
        later = _best_at(row, words, at + 1, wanted, starts=anywhere or at + 1 in gaps, anywhere=anywhere)
        if later is not None and later.label == best.label and later.score > best.score:
            at += 1
        else:
            found.append((at, best.end, best.label))
            at = best.end
            gaps.discard(at)  # what stands after a label is its value
    return found


class _Match(NamedTuple):
    end: int
    label: str
    score: float


def _starts_of_pieces(row: Row) -> set[int]:
    starts, height = {0}, row.height
    for index, (before, after) in enumerate(pairwise(row.words), 1):
        wide = after.box.x - before.box.right > 0.6 * COLUMN_GAP * height
        if wide or (index - 1 in starts and _NUMBERING.match(before.text)):
            starts.add(index)
    return starts


def _best_at(
    row: Row, words: Sequence[str], at: int, wanted: Iterable[str], *, starts: bool, anywhere: bool
) -> _Match | None:
    best: _Match | None = None
    ends = []
    joined = ""
    for end in range(at + 1, len(words) + 1):
        joined += words[end - 1]
        colon = bool(_COLON.search(row.words[end - 1].text))
        ends.append((end, joined, colon))
        if colon:
            break
    if not starts:  # then a colon alone can tell that it is a label
        ends = [one for one in ends[-1:] if one[2]]
    for label in wanted if ends else ():
        allowed = _allowed(len(label))
        for end, text, colon in ends:
            if len(text) < len(label) - allowed:
                continue
            if len(text) > len(label) + allowed:
                break
            known = colon or (starts and (anywhere or len(label) >= _SURE_WITHOUT_COLON or _digit_next(row, end)))
            distance = Levenshtein.distance(text, label, score_cutoff=allowed)
            if not known or distance > allowed or not words[end - 1]:
                continue
            score = len(label) - 2 * distance + (0.5 if colon else 0.0)
            if best is None or score > best.score:
                best = _Match(end, label, score)
    return best


def _digit_next(row: Row, end: int) -> bool:
    return end < len(row.words) and row.words[end].text[:1].isdigit()


def find_labels(rows: Sequence[Row], wanted: Iterable[str]) -> tuple[Hit, ...]:
    """Return every label in reading order; *wanted* are the labels as printed."""
    folded = sorted({letters(label) for label in wanted})
    return tuple(
        Hit(index, first, end, label, row.words[first].box.x)
        for index, row in enumerate(rows)
        for start, end, label in find_in_row(row, folded)
        for first in [_numbered(row, start)]
    )


def _numbered(row: Row, start: int) -> int:
    """Return where a label begins with its numbering: `7. Nơi tạm trú` ends the value before it at the `7.`."""
    return start - 1 if start and _NUMBER.match(row.words[start - 1].text) else start


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
        here = tuple(word for word in below.words if left <= word.box.x < right)
        first = min((o.start for o in hits if o.row == index and left <= o.left < right), default=None)
        if below.page != row.page or below.middle - last.middle > _LINE_GAP * step:
            break
        if not here:
            continue
        if first is not None and below.words[first].box.x <= here[0].box.x + height:
            break
        if apart and not begins_piece(below, here[0]):
            break
        if words and not in_column and not _continues(words[-1], here[0], margin, height):
            break
        if not words and below.middle - row.middle > _LINE_GAP * step:
            break
        end = below.words[first].box.x if first is not None else right
        words += _until_gap([word for word in here if word.box.x < end], height)
        last = below
        if first is not None or not goes_on:
            break
    return Passage(tuple(words), row.page)


def begins_piece(row: Row, word: Word) -> bool:
    """Return whether nothing stands close before a word in its row."""
    return any(piece.words[0] == word for piece in row.pieces(0.6 * COLUMN_GAP))


def _continues(before: Word, after: Word, margin: float, height: float) -> bool:
    """Return whether a line break stands between two words: the second one had no room, or is in mid-sentence."""
    if before.text.endswith(".") and len(before.text) > _ABBREVIATED:
        return False
    no_room = before.box.right + 0.2 * height + after.box.w > margin
    mid_sentence = before.text.endswith((",", "-")) or after.text[:1].islower()
    return no_room or mid_sentence or is_level(before.text)


def _until_gap(words: Sequence[Word], height: float) -> list[Word]:
    kept = list(words[:1])
    for before, after in pairwise(words):
        if after.box.x - before.box.right > _VALUE_GAP * height:
            break
        kept.append(after)
    return kept


def mentions(text: str, phrase: str) -> bool:
    """Return whether *phrase* stands in *text*, marks and small misreadings aside."""
    wanted, inside = letters(phrase), letters(text)
    if wanted in inside:
        return True
    size, allowed = len(wanted), _allowed(len(wanted))
    return any(
        Levenshtein.distance(inside[at : at + size], wanted, score_cutoff=allowed) <= allowed
        for at in _likely_places(inside, wanted, allowed)
    )


def _likely_places(text: str, wanted: str, misread: int) -> set[int]:
    """Return where *wanted* may begin: one of its parts at least has no misread letter, for there is one part more."""
    cuts = [len(wanted) * part // (misread + 1) for part in range(misread + 2)]
    last = max(0, len(text) - len(wanted))
    places: set[int] = set()
    for start, end in pairwise(cuts):
        at = text.find(wanted[start:end])
        while at >= 0:
            places.update(range(max(0, at - start - misread), min(last, at - start + misread) + 1))
            at = text.find(wanted[start:end], at + 1)
    return places
