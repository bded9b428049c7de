"""Which readings are sure enough to be stored without a person looking. A wrong one is the worst that can happen here.

The engine's confidence of a word says little about a single mark above a letter, so what is a name or a number has to
be read with high confidence in every word *and* pass every check; what is said twice on the paper may be read worse.
"""

from collections.abc import Collection, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.understand.again import SETTLED
from pipeline.understand.fields import Found
from pipeline.understand.folding import letters
from pipeline.understand.syllables import implausible
from pipeline.understand.values import Coded, Reading
from schemas.document_type import ValueKind
from schemas.field import Check, Field
from schemas.page import Box, PageReading, Word

_NEEDED: Final[dict[ValueKind, float]] = {
    "person_name": 0.90,
    "date": 0.92,
    "year": 0.92,
    "sex": 0.60,
    "ethnicity": 0.70,
    "nationality": 0.40,
    "place": 0.90,
    "agency": 0.90,
    "personal_id": 0.93,
    "number": 0.95,
    "amount": 0.92,
    "text": 0.95,
}
"""Confidence of the worst word, by kind; low for members of closed sets, which no other member looks like."""
_AGREED: Final[dict[ValueKind, tuple[float, float]]] = {
    "person_name": (0.40, 0.80),
    "date": (0.35, 0.80),
    "year": (0.50, 0.80),
    "sex": (0.30, 0.60),
    "ethnicity": (0.30, 0.60),
    "nationality": (0.30, 0.60),
    "place": (0.40, 0.88),
    "agency": (0.45, 0.85),
    "personal_id": (0.50, 0.80),
    "number": (0.25, 0.85),
    "amount": (0.50, 0.80),
    "text": (0.55, 0.83),
}
"""Confidence of the less and of the more confident of two readings that say the same.

In 834 labelled papers 1013 values that no check speaks against were accepted for this alone: names 160, dates 97,
numbers 476, identifiers 28, places and agencies 76, texts 151. Two were wrong, both the same hamlet (`Khe Ngâu` for
`Khe Ngậu`, 0.82 and 0.93), at which no threshold helps. What stays below: `TIr` for `TTr` (0.61, 0.68) and a lost comma
(0.53, 0.73).
"""
_ONE_OF_FEW: Final = (0.20, 0.60)
"""Two readings that name the same member of a closed set may both be bad: what they doubt is its marks."""
_OUTWEIGHED: Final = {
    "dots_of_i": (0.85, 0.88),
    "marks_in_capitals": (0.85, 0.88),
    "twelve_digits": (0.50, 0.90),
    "usual_partial": (0.65, 0.90),
    "listed": (0.70, 0.85),
    "filled_in": (0.55, 0.85),
    "as_printed": _ONE_OF_FEW,
}
_OUTWEIGHED_IN_PLACES: Final = {"usual_words": (0.40, 0.80)}
"""Marks of levels, districts, provinces and departments: of each letters there is but one, whatever marks were read."""
"""Checks that doubt what may well be printed so: two readings that are this confident outweigh them.

On the same papers 182 values, none of them wrong: nine digits 105, texts that are not the usual ones 48, months and the
years of old people 22, dots of an i 7.
"""
_LISTED: Final = 0.80
"""What was read as one of the usual kinds of documents or posts may be read a little worse than free text."""
_SETTLED: Final = 0.50
"""Confidence of what another reading contradicts with something that cannot be. On the same papers 141 such values were
accepted and right (names 93, numbers 20, texts 16, places 9, dates 3); with less, two were wrong: `HƯƠNG`, of which
both lost the same mark (0.30), and a lost comma (0.47)."""
_CONFIRMS: Final = frozenset({"in_words", "repeated"})
"""Checks that find the same value said once more."""
_SAID_TWICE: Final = 0.60
"""What is said twice may be read this badly."""
_PLACES: Final = frozenset({"place", "agency"})
_MARKED: Final = frozenset({"person_name", "place", "agency", "text"})
"""Kinds in which a wrong mark makes another word of it."""
_ODD_SHARE: Final = 0.03
_LETTERS_A_SLIP: Final = 4
"""In so many letters of a foreign word one may be misread, and it is still that word."""
_ENOUGH_WORDS: Final = 20
_WIDE_GAP: Final = 1.8
_ALL_READ: Final = "all_read"
_AS_PRINTED: Final = "as_printed"
_BESIDE: Final = 1.5
"""How far beside a value a lost word of it may begin, in letter heights."""
_LETTER: Final = 0.45
"""Height of what may be a letter, in heights of the words beside it."""
_FAILED: Final = 0.5
"""What a check that fails leaves of the confidence."""


def page_check(reading: PageReading, printed: Collection[str] = ()) -> Check:
    """Return whether the marks above the letters of a page can be trusted: few of its words are impossible ones.

    Args:
        reading: the page.
        printed: folded letters of words that the form prints, which may be foreign; they do not count.
    """
    read = (word for word in reading.words if not word.handwritten and word.confidence > _SAID_TWICE)
    sure = (word.text for word in read if len(word.text) > 1)
    words = [word for word in sure if not _is_foreign(letters(word), printed)]
    plain = [word for word in words if word[1:].strip(".,;:)").isalpha() and word[1:].islower()]
    odd = implausible(plain)
    passed = len(plain) < _ENOUGH_WORDS or len(odd) <= max(1, _ODD_SHARE * len(plain))
    return Check(name="page_legible", passed=passed, detail=f"{len(odd)} of {len(plain)} words are impossible")


def _is_foreign(word: str, printed: Collection[str]) -> bool:
    """Return whether *word* is one of the foreign words of a form, or nearly: `Piace` of `Place`."""
    return word in printed or any(
        Levenshtein.distance(word, other, score_cutoff=len(other) // _LETTERS_A_SLIP) <= len(other) // _LETTERS_A_SLIP
        for other in printed
    )


def unbroken(words: Sequence[Word]) -> Check:
    """Return whether the words of a value follow each other closely: in a wide gap a word may have been lost."""
    height = median(word.box.h for word in words) if words else 1.0
    gaps = [
        (after.box.x - before.box.right) / height
        for before, after in pairwise(words)
        if before.line == after.line and after.box.x > before.box.x
    ]
    widest = max(gaps, default=0.0)
    return Check(name="unbroken", passed=widest <= _WIDE_GAP, detail=f"widest gap {widest:.1f} letter heights")


def all_read(found: Found, unread: Sequence[Box]) -> tuple[Check, ...]:
    """Return a failed check where strokes that were not read stand in the row of a value; none where all was read.

    The words of the first reading count: what they leave out is known of the whole page.
    """
    lost = 0
    for _, line in groupby(_first_words(found), key=lambda word: word.line):
        row = list(line)
        height = median(word.box.h for word in row)
        left, right = row[0].box.x - _BESIDE * height, row[-1].box.right + _BESIDE * height
        top, bottom = min(word.box.y for word in row), max(word.box.bottom for word in row)
        lost += sum(
            box.h >= _LETTER * height
            and left < box.right
            and box.x < right
            and min(bottom, box.bottom) - max(top, box.y) > box.h / 2
            for box in unread
        )
    return (Check(name=_ALL_READ, passed=False, detail=f"{lost} strokes beside it"),) if lost else ()


def by_hand(found: Found) -> tuple[Check, ...]:
    """Return a failed check where a value looks handwritten; none where nothing speaks against print.

    One number is enough, since often only the day is filled in; of words half, since a signature may cross one. The
    words of the first reading count: it looked at the whole page, and knows what its print looks like.
    """
    words = _first_words(found)
    penned = [word for word in words if word.handwritten]
    number = any(letter.isdigit() for word in penned for letter in word.text)
    if not penned or not (number or 2 * len(penned) >= len(words)):
        return ()
    return (Check(name="printed", passed=False, detail=f"{len(penned)} of {len(words)} words look handwritten"),)


def _first_words(found: Found) -> list[Word]:
    """Return the words that the first reading found where the value stands."""
    box = found.reading.words.box
    return [word for word in found.passage.words if box is not None and word.box.meets(box)]


def judge(
    found: Found, kind: ValueKind, checks: Sequence[Check], page: Check, unread: Sequence[Box], *, sure_type: bool
) -> Field:
    """Return the field: the value that was read, how sure that is, and whether it is accepted.

    Args:
        found: value and words.
        kind: of the field.
        checks: those between fields; the reading brings its own.
        page: whether marks can be trusted on the page that it stands on.
        unread: the strokes of that page that were not read.
        sure_type: whether the type of the document is sure; if not, nothing is accepted.
    """
    reading = found.reading
    if reading.value is None:
        return Field(value=None, confidence=0.0, accepted=False, raw_text=found.passage.text)
    if reading.coded is not None:
        return _by_code(found, reading.coded, (*reading.checks, *checks), sure_type=sure_type)
    marks = (page, unbroken(reading.words.words)) if kind in _MARKED else ()
    applied = (*reading.checks, *checks, *marks, *by_hand(found), *all_read(found, unread))
    worst = reading.confidence
    twice = any(check.name in _CONFIRMS and check.passed for check in applied)
    one_of_few = any(check.name == _AS_PRINTED for check in reading.checks)
    listed = kind == "text" and one_of_few
    needed = _SAID_TWICE if twice else _LISTED if listed else _NEEDED[kind]
    settled = any(check.name == SETTLED for check in applied) and worst >= _SETTLED
    sure = worst >= needed or settled or _agreed(reading, _ONE_OF_FEW if one_of_few else _AGREED[kind])
    against_it = _OUTWEIGHED | (_OUTWEIGHED_IN_PLACES if kind in _PLACES else {})
    outweighed = {name for name, confidences in against_it.items() if _agreed(reading, confidences)}
    against = [check for check in applied if not check.passed and check.name not in outweighed]
    return Field(
        value=reading.value,
        confidence=round(_confidence(worst, len(against), twice=twice or reading.agreed is not None), 4),
        page=reading.words.page if reading.words.words else None,
        box=reading.words.box,
        accepted=sure_type and sure and not against,
        raw_text=found.passage.text,
        checks=applied,
    )


def _by_code(found: Found, coded: Coded, checks: tuple[Check, ...], *, sure_type: bool) -> Field:
    """Return a field whose value was decoded: how well its print was read does not count, what contradicts it does."""
    words, failures = found.reading.words, sum(not check.passed for check in checks)
    return Field(
        value=found.reading.value,
        confidence=round(_confidence(coded.confidence, failures, twice=False), 4),
        page=words.page if words.words else coded.page,
        box=words.box or coded.box,
        source=coded.source,
        accepted=sure_type and not failures,
        raw_text=found.passage.text,
        checks=checks,
    )


def is_doubtful(field: Field, kind: ValueKind) -> bool:
    """Return whether a second reading is worth its cost: for what is not accepted, and for free text.

    Free text has neither shape nor lexicon: nothing but the engine's confidence speaks for `chuyến` or `chuyển`. Where
    strokes were left out a person looks, whatever a second reading would say of the rest.
    """
    if any(check.name == _ALL_READ for check in field.checks):
        return False
    free = kind == "text" and not any(check.name == _AS_PRINTED for check in field.checks)
    return free or not field.accepted


def _agreed(reading: Reading, needed: tuple[float, float]) -> bool:
    """Return whether a second reading says the same, and both are as confident as *needed*."""
    if reading.agreed is None:
        return False
    lower, upper = sorted((reading.confidence, reading.agreed))
    return lower >= needed[0] and upper >= needed[1]


def _confidence(worst: float, failures: int, *, twice: bool) -> float:
    read = 1 - (1 - worst) / 2 if twice else worst
    return min(1.0, max(0.0, read * _FAILED**failures))
