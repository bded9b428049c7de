"""What a second reading of a field is worth.

Two readings that are made from other pixels by other networks seldom make the same mistake: what both say may be read
worse than what one alone says. A second reading that says something else settles nothing: a person looks, and sees the
better of the two.
"""

import re
from collections.abc import Callable, Mapping
from itertools import groupby, starmap
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.understand.clash import settle
from pipeline.understand.dates import FIGURES
from pipeline.understand.folding import letters
from pipeline.understand.lines import Passage, tidy, union
from pipeline.understand.names import FAMILY, OTHER
from pipeline.understand.syllables import is_syllable
from pipeline.understand.values import Reading
from pipeline.understand.vocabulary import as_usual_words
from schemas.document_type import ValueKind
from schemas.field import Check
from schemas.page import Spot, Word

Opinions = Mapping[Spot, tuple[Word, ...]]
"""What was read a second time, by where."""

CHECK: Final = "read_again"
SETTLED: Final = "settled"
"""The readings differ, and only one of them can be right; its detail is what the other one said."""

_OF_DIGITS: Final = frozenset({"date", "year", "personal_id", "number", "amount"})
"""Kinds whose letters suffer most where dots and rules are taken out (the bars of TT look like a rule)."""
_OF_SURROUNDINGS: Final = frozenset({"number_alone"})
"""Checks of what stands beside a value, which is not read again."""
_SOUND: Final = 0.80
_SOUND_INSTEAD: Final = 0.60
"""Confidence of a second reading that takes the place of a weak first one; less where the first is no sound value."""
_WEAK: Final = 0.70
_WORD_BY_WORD: Final = frozenset({"person_name", "text"})
"""Kinds in which words stand for themselves; the parts of an address have to fit together."""
_MARKS: Final = ".,;:()"
_FIGURES: Final = re.compile(r"[\d\]\[|!lIJÌÍÏÎìíïîŠ.,/-]+")
_STROKES: Final = re.compile(r"[\]\[|!ÌÍÏÎìíïî]")


def read_twice(kind: ValueKind, passage: Passage, read: Callable[[Passage], Reading], opinions: Opinions) -> Reading:
    """Return what both readings of a passage come to.

    Args:
        kind: of the field.
        passage: what was read first.
        read: from words to a value.
        opinions: the second readings that there are.
    """
    reading = _read_twice(kind, passage, read, opinions)
    if kind != "text" or not isinstance(reading.value, str):
        return reading
    return reading._replace(value=as_usual_words(reading.value))  # a check fails where it was read otherwise


def _read_twice(kind: ValueKind, passage: Passage, read: Callable[[Passage], Reading], opinions: Opinions) -> Reading:
    first = read(passage)
    spot = spot_of(kind, first, passage)
    if spot is None:
        return first
    opinion = opinions.get(spot, ())
    words = tuple(tidy(map(_upright, opinion) if kind == "date" else opinion))
    if not words:
        return first._replace(spot=spot)
    return _weighed(kind, first._replace(spot=spot), read(Passage(words, passage.page)), read)


def _upright(word: Word) -> Word:
    """Return a part of a date with each of its strokes as an I, whatever the network took it for: `2]`, `Ì`."""
    return word._replace(text=_STROKES.sub("I", word.text)) if _FIGURES.fullmatch(word.text) else word


def spot_of(kind: ValueKind, first: Reading, passage: Passage) -> Spot | None:
    """Return where a value would be read again: its words, or where none was made out, all that stands there."""
    words = first.words.words if first.value is not None else passage.words
    boxes = (union(word.box for word in line) for _, line in groupby(words, key=lambda word: word.line))
    lines = tuple(box for box in boxes if box is not None)
    return Spot(passage.page, lines, as_scanned=kind in _OF_DIGITS) if lines else None


def _weighed(kind: ValueKind, first: Reading, second: Reading, read: Callable[[Passage], Reading]) -> Reading:
    if second.value is None:
        return first
    said = second.words.text
    if second.value == first.value:
        beyond = tuple(check for check in first.checks if check.name in _OF_SURROUNDINGS and not check.passed)
        checks = beyond or min(first.checks, second.checks, key=_failures)
        agrees = Check(name=CHECK, passed=True, detail=said)
        return first._replace(checks=(*checks, agrees), agreed=second.confidence)
    right = settle(kind, first, second)
    if right is not None:
        other = second if right is first else first
        settled = Check(name=SETTLED, passed=True, detail=other.words.text)
        return right._replace(spot=first.spot, checks=(*right.checks, settled))
    differs = Check(name=CHECK, passed=False, detail=said)
    likeliest = _likeliest_words(kind, first.words, second.words)
    best = read(likeliest) if likeliest is not None else second if _is_better(second, first) else first
    return best._replace(spot=first.spot, checks=(*best.checks, differs))


def _likeliest_words(kind: ValueKind, first: Passage, second: Passage) -> Passage | None:
    """Return, word by word, the likelier of two readings, for a person to look at; None where words were lost.

    Each may have another word right: `tạm dừng … đê nâng cấp` and `tạm dùng … để nâng cấp`.
    """
    pairs = list(zip(first.words, second.words, strict=False))
    if kind not in _WORD_BY_WORD or len(first.words) != len(second.words) or not all(starmap(_are_alike, pairs)):
        return None
    likely = _is_name if kind == "person_name" else is_syllable
    best = (max(pair, key=lambda word: (likely(word.text.strip(_MARKS)), word.confidence)) for pair in pairs)
    return Passage(tuple(best), first.page)


def _are_alike(one: Word, other: Word) -> bool:
    return Levenshtein.distance(letters(one.text), letters(other.text)) <= len(one.text) // 2


def _is_name(word: str) -> bool:
    return word.lower() in FAMILY | OTHER


def _is_better(second: Reading, first: Reading) -> bool:
    """Return whether the second reading is sound where the first is not."""
    if _failures(tuple(check for check in second.checks if check.name != FIGURES)):
        return False
    if first.value is None or _failures(first.checks):
        return second.confidence >= _SOUND_INSTEAD
    return first.confidence < _WEAK and second.confidence >= _SOUND


def _failures(checks: tuple[Check, ...]) -> int:
    return sum(not check.passed for check in checks)
