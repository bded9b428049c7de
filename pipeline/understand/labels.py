"""Labels of a form, found by what is printed and by where it stands."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand.folding import letters
from pipeline.understand.lines import COLUMN_GAP, Row
from pipeline.understand.sheet import is_title

_COLON: Final = re.compile(r"[:;]$")
_NUMBER: Final = re.compile(r"^\(?\d{1,2}[.)]$")
_NUMBERING: Final = re.compile(r"^(\(?\d{1,2}[.)]?|[-–+*•]|[^\W\d_])$")
_SURE_WITHOUT_COLON: Final = 7
"""A label of so many letters is known at the start of a line even if its colon was not read."""
_LEADS_ON: Final = re.compile(r"\d|\b(?:gồm|sau|là|rằng|tại|của):$", re.IGNORECASE)
"""No label has digits or ends so, but a sentence before what it names: `…, tỉnh Nghệ An, gồm:`."""
_LONGEST_LABEL: Final = 8
"""Words before the colon, at most."""


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
    colons = [index + 1 for index, word in enumerate(row.words) if _COLON.search(word.text)]
    gaps = _starts_of_pieces(row)
    found, at = [], 0
    while at < len(words):
        best = _best_at(row, words, colons, at, wanted, starts=anywhere or at in gaps, anywhere=anywhere)
        if best is None:
            at += 1
            continue
        # One word further on it may fit better: `DÂN CỘNG HÒA …` is within the bound for `CỘNG HÒA …`, and
        # `an Giấy tờ tùy thân:` for `Số giấy tờ tùy thân:`.
        later = _best_at(row, words, colons, at + 1, wanted, starts=anywhere or at + 1 in gaps, anywhere=anywhere)
        if later is not None and later.score > best.score:
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
    row: Row,
    words: Sequence[str],
    colons: Sequence[int],
    at: int,
    wanted: Iterable[str],
    *,
    starts: bool,
    anywhere: bool,
) -> _Match | None:
    colon_end = next((end for end in colons if end > at), None)
    if colon_end is None and not starts:  # a colon alone could tell that it is a label
        return None
    best: _Match | None = None
    ends = list(enumerate(accumulate(words[at:colon_end]), at + 1))
    if not starts:
        ends = ends[-1:]
    lengths = [len(text) for _, text in ends]
    for label in wanted if ends else ():
        allowed = _allowed(len(label))
        for end, text in ends[bisect_left(lengths, len(label) - allowed) :]:
            if len(text) > len(label) + allowed:
                break
            sure = anywhere or len(label) >= _SURE_WITHOUT_COLON or _digit_next(row, end) or _named_again(row, end)
            known = end == colon_end or (starts and sure)
            distance = Levenshtein.distance(text, label, score_cutoff=allowed)
            if not known or distance > allowed or not words[end - 1]:
                continue
            score = len(label) - 2 * distance + (0.5 if end == colon_end else 0.0)
            if best is None or score > best.score:
                best = _Match(end, label, score)
    return best


def _digit_next(row: Row, end: int) -> bool:
    return end < len(row.words) and row.words[end].text[:1].isdigit()


def _is_heading(row: Row) -> bool:
    """Return whether a row is one line in capitals: `TÌNH TRẠNG HÔN NHÂN` in a title labels nothing."""
    return is_title(row) and not _COLON.search(row.text) and len(row.pieces()) == 1


def _named_again(row: Row, end: int) -> bool:
    """Return whether another name of a label stands behind it, up to the colon."""
    return end < len(row.words) and row.words[end].text.startswith(("/", "(")) and _colon_after(row, end) > end


def find_labels(rows: Sequence[Row], wanted: Iterable[str]) -> tuple[Hit, ...]:
    """Return every label in reading order, also those that nobody knows: they end the value before them.

    Args:
        rows: where to look.
        wanted: the labels as printed. Unknown is what begins a piece of a row with a capital and ends in a colon.
    """
    folded = sorted({letters(label) for label in wanted})
    parted = _over_two_rows(rows, frozenset(folded))
    hits = []
    for index, row in enumerate(rows):
        known = [_whole(row, *found) for found in find_in_row(row, folded)] if not _is_heading(row) else []
        known = [*parted.get(index, ()), *(each for each in known if not _meets(each, parted.get(index, ())))]
        hits += [
            Hit(index, first, end, label, row.words[first].box.x)
            for start, end, label in sorted([*known, *_unknown(row, known)])
            for first in [_numbered(row, start)]
        ]
    return tuple(hits)


_Found = tuple[int, int, str]


def _whole(row: Row, start: int, end: int, label: str) -> _Found:
    """Return a label up to its colon.

    Another name of the same thing may stand before it (`Giới tính / Sex:`, `Số định danh (nếu có):`); with other words
    it is another label: `Nơi đăng ký thường trú:` is not where anything was registered.
    """
    if _COLON.search(row.words[end - 1].text):
        return start, end, label
    colon = _colon_after(row, end)
    words = [word.text for word in row.words[end:colon]]
    if not words or any(letter.isdigit() for word in words for letter in word):
        return start, end, label
    if _named_again(row, end):
        return start, colon, label
    return (start, colon, label + letters("".join(words))) if all(map(str.islower, words)) else (start, end, label)


def _over_two_rows(rows: Sequence[Row], wanted: Collection[str]) -> dict[int, list[_Found]]:
    """Return, by row, the parts of labels between which a line ends: `… Nguyên` and `nhân: Tuổi già`.

    Each part goes by the name of the whole: the first ends the value before it, behind the second one stands its own.
    """
    found: dict[int, list[_Found]] = {}
    for index, (row, below) in enumerate(pairwise(rows)):
        end = _colon_after(below, 0) if row.page == below.page else 0
        rest = letters("".join(word.text for word in below.words[:end]))
        if not end or rest in wanted:
            continue
        for start in range(len(row.words) - 1, max(0, len(row.words) - _LONGEST_LABEL), -1):
            label = letters("".join(word.text for word in row.words[start:])) + rest
            if label in wanted and row.words[start].text[0].isupper():
                found.setdefault(index, []).append((start, len(row.words), label))
                found.setdefault(index + 1, []).append((0, end, label))
    return found


def _meets(one: _Found, others: Iterable[_Found]) -> bool:
    return any(one[0] < end and start < one[1] for start, end, _ in others)


def _unknown(row: Row, known: Sequence[_Found]) -> Iterator[_Found]:
    for start in _starts_of_pieces(row):
        end = _colon_after(row, start)
        words = [word.text for word in row.words[start:end]]
        taken = any(other < end and start <= other_end for other, other_end, _ in known)
        if words and not taken and words[0][0].isupper() and not _LEADS_ON.search(" ".join(words)):
            yield start, end, letters("".join(words))


def _colon_after(row: Row, start: int) -> int:
    """Return the index after the first word with a colon, few and close words on; *start* if there is none."""
    for index in range(start, min(start + _LONGEST_LABEL, len(row.words))):
        if index > start and row.words[index].box.x - row.words[index - 1].box.right > COLUMN_GAP * row.height:
            break
        if row.words[index].text.endswith(":"):
            return index + 1
    return start


def _numbered(row: Row, start: int) -> int:
    """Return where a label begins with its numbering: `7. Nơi tạm trú` ends the value before it at the `7.`."""
    return start - 1 if start and _NUMBER.match(row.words[start - 1].text) else start


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
