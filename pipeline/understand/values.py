"""From what stands on the paper to a value in normal form, one function a kind.

Numbers and names of people stay as they were read. Members of closed sets (sex, ethnic group, nationality, kinds of
documents) are given as the set has them, and the check `as_printed` says when the paper was read otherwise. For a place
or a usual phrase that was read with other marks the likely one is proposed, with a check that fails: a person looks,
unless another reading says the same (docs/why.md). `raw_text` is always what was read.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import pairwise, zip_longest
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.understand import dates
from pipeline.understand.folding import fold, letters
from pipeline.understand.lines import Passage
from pipeline.understand.names import crowded, likelier, unusual
from pipeline.understand.places import is_cut_off, is_province, known_agency, look_up
from pipeline.understand.syllables import implausible
from pipeline.understand.vocabulary import (
    ABBREVIATIONS,
    ETHNIC_GROUPS,
    LEVELS,
    NATIONALITIES,
    OTHER_SPELLINGS,
    as_usual_words,
    is_level,
    is_symbol,
    misread_words,
)
from schemas.document_type import ValueKind
from schemas.field import Check, Source
from schemas.page import Box, Spot, Word

_NOTHING: Final = frozenset({"", "khong", "khongco", "chuaxacdinh", "khongxacdinh", "khongro", "chuaro", "none"})
_RANKS: Final = re.compile(
    r"^(((thượng|đại|trung|thiếu)\s+(tá|tướng|úy)|ths|ts|pgs|gs|bs|bsck\w*|ks|ckii?|luật sư|ông|bà)[.:]?\s+)+",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_NUMBER: Final = re.compile(
    r"(?<![\w/])(\d{1,6}(?:[a-zđ](?![^\W\d_]))?"
    r"(?:\s*[/-]\s*[\wĐ&.]+(?:[-/&][\w&]+|\s*[-/]\s*(?=[^\W\d_])[\w&]+)*)?)",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(r"\s*[/:§&]|-\S|[^\W\d_]")
_NO_STROKE: Final = re.compile(r"(?<![\w/])(\d{1,6})[ :.,|]?([A-ZĐ]{2}[\wĐ&]*(?:-[\wĐ&]+)*)(?![\w/])")
_DIGIT_RUN: Final = re.compile(r"\d(?:[ .]?\d)*")
_AMOUNT: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+|\d+")
_STOP_BEFORE_LEVEL: Final = re.compile(rf"(?:(?<=[^\W\d_]{{2}})|(?<=\d))\s?[.](?=\s*(?:{'|'.join(LEVELS)})\b)")
_STOP: Final = re.compile(r"(?<=[^\W\d_][a-zà-ỹ])[.](?=\s)")
_SPECK_AFTER_COMMITTEE: Final = re.compile(r"(?<=nhân dân)\s?[.:](?=\s)", re.IGNORECASE)
_SPECK_BETWEEN_WORDS: Final = re.compile(r"(?<=[^\W\d_]{2})[-~](?=[^\W\d_]{2})")
_STOP_WITHIN: Final = re.compile(
    rf"[^\W\d_]{{3}}[.:](?=\s)|;|(?<!\w)[^\W\d_a-zà-ỹ][a-zà-ỹ]+\s(?:{'|'.join(LEVELS)})\s[^\W\d_a-zà-ỹ]"
)
"""What was a comma, or a speck, and is not of an abbreviation such as `TP.`; and two levels with no comma between."""
_UY_BAN: Final = re.compile(r"\b(?:Uỷ|UỶ)(?=\s+ban\b)", re.IGNORECASE)
_PROVINCE: Final = re.compile(r"\btỉnh\s+([^,]+)$", re.IGNORECASE)
_PROVINCES: Final = re.compile(r"\btỉnh\b", re.IGNORECASE)
_HAMLET_NUMBER: Final = re.compile(r"\b(xóm|thôn|bản|khối) ([óÓlI|!]\d?)(?=,|$)", re.IGNORECASE)
"""What stands for a figure where a hamlet has a number: `Xóm ó`."""
_STATION: Final = re.compile(r"\b(trạm) (tế)\b", re.IGNORECASE)
"""`Trạm Y tế` without its lonely letter, which looks like a stroke of something else."""
_TRULY_HOOKED: Final = frozenset({"tỉnh", "chỉ"})
_TIGHT_COMMA: Final = re.compile(rf"(?<=\w),(?=(?:{'|'.join(LEVELS)})\s)")
"""Before the next level: `Khối 7,thị trấn`."""
_GLUED_COMMA: Final = re.compile(r"(?<=[^\W\d_]),(?=[^\W\d_])")
_STOPS_IN_NAME: Final = re.compile(r"(?<=[^\W\d_]{2})[.,;:]+(?=\s+[^\W\d_])")
_MIDDLE: Final = frozenset({"y", "thị", "văn"})
"""Middle names that no name ends in: behind them a given name was lost."""
_NAME_WORDS: Final = range(2, 8)
_PERSON: Final = re.compile(r"\b(?:[ôÔ]ng|[bB]à|[aA]nh|[cC]hị)((?:\s[^\W\d_a-zà-ỹ][^\W\d_]*){2,})")
"""A name in running text."""
_CONFIRMED: Final = 0.60
"""A word that a lexicon confirms may be read this badly."""
_WELL_READ: Final = 0.95
_GAP: Final = "…"
_ONLY_YEARS: Final = 1960
"""Of people who were born before, papers often know the year only; of others a day was rather not read."""
_IDENTIFIER_LENGTHS: Final = (12, 9)
_OLD_CARD: Final = re.compile(r"chung minh nhan dan|\bcmnd\b")
"""The card that had nine digits, where it is named before its number: then no three were lost."""


class Coded(NamedTuple):
    """The code that a value was taken from."""

    source: Source
    page: int
    box: Box
    confidence: float


class Reading(NamedTuple):
    """A value, the words that it was read from, and what speaks for and against it."""

    value: str | int | None
    words: Passage
    checks: tuple[Check, ...] = ()
    spot: Spot | None = None
    """Where it can be read again."""
    agreed: float | None = None
    """Confidence of a second reading that says the same value."""
    sure: tuple[Word, ...] = ()
    """Those of the words that a lexicon confirms: they may be read worse than others."""
    coded: Coded | None = None
    """Where the value comes from when that is not the words."""

    @property
    def confidence(self) -> float:
        """The engine's confidence in the worst of the words; what a lexicon confirms counts as well read."""
        if self.coded is not None:
            return self.coded.confidence
        return min((self._worth(word) for word in self.words.words), default=0.0)

    def _worth(self, word: Word) -> float:
        confirmed = word in self.sure and word.confidence >= _CONFIRMED
        return max(word.confidence, _WELL_READ) if confirmed else word.confidence


def read_value(kind: ValueKind, passage: Passage) -> Reading:
    """Return the value of *kind* that *passage* says; never raises, whatever is printed there."""
    if says_nothing(passage.text):
        return Reading(None, passage)
    return _READERS[kind](passage)


def says_nothing(text: str) -> bool:
    """Return whether *text* is empty, or the way in which forms say that there is no value."""
    return letters(text) in _NOTHING


def clean(text: str) -> str:
    """Return *text* in NFC with single spaces, and without the punctuation that ends a line of a form."""
    collapsed = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    tight = re.sub(r"\s+([,;.:])", r"\1", collapsed)
    return tight.strip(" .,;:_…|'\"“”`-")


def _name(passage: Passage) -> Reading:
    words = Passage(tuple(word for word in passage.words if _is_name_part(word.text)), passage.page)
    value = _RANKS.sub("", clean(_STOPS_IN_NAME.sub("", _parted(words.text))))
    parts = value.split()
    shape = Check(
        name="name_shape", passed=len(parts) in _NAME_WORDS and all(p[:1].isupper() for p in parts), detail=""
    )
    if len(parts) < _NAME_WORDS.start:
        return Reading(None, words)
    whole = Check(name="whole", passed=parts[-1].lower() not in _MIDDLE, detail="")
    rare = unusual(value)
    usual = Check(name="usual_name", passed=not rare, detail=" ".join(rare))
    crowd = crowded(value)
    marks = Check(name="marks_in_capitals", passed=not crowd, detail=" ".join(crowd))
    hooks = likelier(value)
    dots = Check(name="likelier_name", passed=not hooks, detail=" ".join(hooks))
    return Reading(value, words, (shape, whole, usual, marks, _dots_of_i(value), dots))


def _parted(name: str) -> str:
    """Return a name with its words apart: within a word no capital follows a small letter (`TrầnThanhTuyết`)."""
    return "".join(f" {b}" if a.islower() and b.isupper() else b for a, b in pairwise(f" {name}"))


def _is_name_part(text: str) -> bool:
    return any(letter.isalpha() for letter in text) and not any(letter.isdigit() for letter in text)


def _spelling(value: str) -> Check:
    """Return whether every word can be Vietnamese. Foreign words fail it: then a person looks."""
    odd = implausible(word for word in value.replace("-", " ").split() if word.strip(".,;:()") not in ABBREVIATIONS)
    return Check(name="syllables", passed=not odd, detail=" ".join(odd))


def _dots_of_i(value: str, *, truly: Container[str] = ()) -> Check:
    """Return whether no dot of an i was read as the mark hỏi: the engine makes `Nghỉ` of `Nghi`, and `Chỉ` of `Chi`."""
    hooked = [word for word in value.lower().split() if "ỉ" in word and word.strip(",.") not in truly]
    return Check(name="dots_of_i", passed=not hooked, detail=" ".join(hooked))


def _text(passage: Passage) -> Reading:
    value = clean(passage.text)
    if not value:
        return Reading(None, passage)
    stops = Check(name="punctuation", passed=";" not in value)  # a comma, more often than not
    return Reading(value, passage, (stops, *_checks_of_text(value)))


def _checks_of_text(value: str) -> tuple[Check, ...]:
    hooks = likelier(" ".join(word for word in value.split()[1:] if word[:1].isupper()))
    names = Check(name="likelier_name", passed=not hooks, detail=" ".join(hooks))
    rare = [part for name in _PERSON.findall(value) for part in unusual(name.strip())]
    usual = Check(name="usual_name", passed=not rare, detail=" ".join(rare))
    return _spelling(value), _usual_words(value), names, usual


def _address(passage: Passage) -> Reading:
    """Return an address or an agency: levels parted by commas, which the dots of a form make hard to read."""
    printed = clean(passage.text)
    value = _UY_BAN.sub(lambda match: "ỦY" if match[0].isupper() else "Ủy", printed)
    value = _STOP_BEFORE_LEVEL.sub(",", _GLUED_COMMA.sub(" ", _TIGHT_COMMA.sub(", ", value)))
    value = _STOP.sub("", _SPECK_AFTER_COMMITTEE.sub("", value))
    if not value:
        return Reading(None, passage)
    commas = value.count(",") == printed.count(",") and not _SPECK_BETWEEN_WORDS.search(value)
    value = _SPECK_BETWEEN_WORDS.sub(" ", value)
    dots = Check(name="punctuation", passed=commas and not _STOP_WITHIN.search(value))
    value, letter = _HAMLET_NUMBER.subn(lambda match: f"{match[1]} {dates.figures(match[2])}", value)
    number = Check(name=dates.FIGURES, passed=not letter, detail=printed if letter else "")
    usual = _usual_words(value)
    if _STATION.search(value):
        value, usual = _STATION.sub(r"\1 Y \2", value), usual.model_copy(update={"passed": False, "detail": "trạm tế"})
    marked = as_usual_words(value)
    last = _PROVINCE.search(marked)
    province = Check(
        name="province", passed=last is None or is_province(last[1]), detail=last[1] if last is not None else ""
    )
    places = look_up(marked)
    known = {word for check in places.checks if check.passed for word in re.findall(r"\w+", check.detail.lower())}
    whole = Check(name="whole", passed=not is_level(value.split()[-1]) and not is_cut_off(value))
    one = Check(name="one_province", passed=len(_PROVINCES.findall(value)) <= 1)
    shape = Check(name="place_shape", passed=" " in value or not value.isupper())  # `MẪU` lies over specimens
    hooks = _dots_of_i(marked, truly=_TRULY_HOOKED | known)
    checks = (number, _spelling(marked), hooks, usual, whole, one, shape, dots, province, *places.checks)
    return Reading(places.value, passage, checks, sure=_words_at(passage, value, places.sure))


def _agency(passage: Passage) -> Reading:
    """Return an agency: of those of a province there is a closed list, any other is named by its place."""
    printed = clean(passage.text)
    known = known_agency(printed)
    if known is None:
        return _address(passage)
    return Reading(known, passage, (_as_printed(printed, exact=printed == known),))


def _words_at(passage: Passage, value: str, places: Container[int]) -> tuple[Word, ...]:
    """Return the words that stand at *places* of `value.split()`; none if it was not written word by word."""
    said = [word for word in passage.words if letters(word.text)]
    if [letters(word.text) for word in said] != [letters(part) for part in value.split()]:
        return ()
    return tuple(word for index, word in enumerate(said) if index in places)


def _usual_words(value: str) -> Check:
    """Return whether what the value says is marked as always: `BAN CHÍ ĐẠO` can only be `BAN CHỈ ĐẠO`."""
    wrong = [value[start : start + len(usual)].lower() for start, usual in misread_words(value)]
    return Check(name="usual_words", passed=not wrong, detail=", ".join(wrong))


def _date(passage: Passage) -> Reading:
    found = dates.whole(passage.text)
    if found:
        return Reading(found.value, passage.cut(found.start, found.end), found.checks)
    lost = Check(name="strokes", passed=False, detail="what parts day, month and year was not read")
    for word in passage.words:
        value = dates.without_strokes(word.text)
        if value:
            return Reading(value, Passage((word,), passage.page), (lost,))
    return Reading(None, passage)


def partial_date(passage: Passage) -> Reading:
    """Return `1990-02` or `1990`, the ISO 8601 forms of what old papers say; only if there is nothing else."""
    value = dates.month_or_year(passage.text)
    usual = value is not None and ("-" in value or int(value) < _ONLY_YEARS)
    name = "usual_partial" if usual else "full_date"
    partial = Check(name=name, passed=False, detail="only a month or a year is printed")
    return Reading(value, passage, (partial,) if value else ())


def _year(passage: Passage) -> Reading:
    whole = _date(passage)
    if isinstance(whole.value, str):
        return whole._replace(value=whole.value[:4], checks=())
    match = _YEAR.search(passage.text)
    return (
        Reading(match[1], passage.cut(*match.span())) if match and dates.is_year(match[1]) else Reading(None, passage)
    )


def _sex(passage: Passage) -> Reading:
    for word in passage.words:
        said = letters(word.text)
        if said in {"nam", "nu"}:
            value = "nam" if said == "nam" else "nữ"
            exact = clean(word.text).lower() == value
            return Reading(value, Passage((word,), passage.page), (_as_printed(word.text, exact=exact),))
    return Reading(None, passage)


def _as_printed(text: str, *, exact: bool) -> Check:
    return Check(name="as_printed", passed=exact, detail="" if exact else f"read as {text}")


def member(text: str, known: Iterable[str]) -> tuple[str, int] | None:
    """Return the member of a closed set that *text* is, and its distance: 0 exact, 1 marks or one letter misread.

    None if nothing is near, or if two members are equally near.
    """
    wanted, folded = clean(text).casefold(), letters(text)
    names = tuple(known)
    for name in names:
        if name.casefold() == wanted:
            return name, 0
    same = [name for name in names if letters(name) == folded]
    if not same and len(folded) > 3:  # noqa: PLR2004 - in three letters one misreading is too much
        same = [name for name in names if Levenshtein.distance(letters(name), folded, score_cutoff=1) <= 1]
    return (same[0], 1) if len({letters(name) for name in same}) == 1 else None


def _closed(known: Iterable[str]) -> Callable[[Passage], Reading]:
    names = tuple(known)

    def read(passage: Passage) -> Reading:
        for count in range(min(len(passage.words), 4), 0, -1):  # specks after the value do not count
            words = Passage(passage.words[:count], passage.page)
            found = member(words.text, names)
            if found:
                return Reading(found[0], words, (_as_printed(words.text, exact=found[1] == 0),))
        value = clean(passage.text) or None
        listed = Check(name="listed", passed=False, detail="not in the list")
        return Reading(value, passage, (listed,) if value else ())

    return read


def as_usual(reading: Reading, usual: Iterable[str]) -> Reading:
    """Return a text as the usual value that it is, marks or a single letter aside; any other text fails a check.

    A usual value with gaps (`…`) is one of the sentences that the law gives, with what was written into it.
    """
    if not isinstance(reading.value, str):
        return reading
    found = member(reading.value, (each for each in usual if _GAP not in each))
    filled = next((value for each in usual if (value := _filled_in(reading.value, each)) is not None), None)
    if found is None and filled is not None:
        return reading._replace(value=filled, checks=(*_checks_of_gaps(filled), *_checks_of_text(filled)))
    if found is None:
        return reading._replace(checks=(*reading.checks, Check(name="listed", passed=False, detail="not in the list")))
    value, distance = found
    return reading._replace(value=value, checks=(_as_printed(reading.words.text, exact=distance == 0),))


def _filled_in(value: str, sentence: str) -> str | None:
    """Return *value* with its words marked as in *sentence* if it is that, with something in each of its gaps."""
    parts = sentence.split(_GAP)
    match = re.fullmatch("([^;]+)".join(re.escape(fold(part)) for part in parts), fold(value)) if parts[1:] else None
    if match is None:
        return None
    gaps = (value[slice(*match.span(number))] for number in range(1, len(parts)))
    return "".join(text for pair in zip_longest(parts, gaps, fillvalue="") for text in pair)


def _checks_of_gaps(value: str) -> tuple[Check, ...]:
    """Return what is known of a usual sentence: what was written into it has to be read twice, and is of one year."""
    years = set(_YEAR.findall(value))
    twice = Check(name="filled_in", passed=False, detail="it names something that stands nowhere else")
    return twice, Check(name="same_year", passed=len(years) <= 1, detail=", ".join(sorted(years)))


def _number(passage: Passage) -> Reading:
    match = _NUMBER.search(passage.text)
    if match is None:
        return Reading(None, passage)
    if _GOES_ON.match(passage.text, match.end()):  # `3///TLKT`, `1421:QĐ`: a part of it was not read
        return _without_stroke(passage)
    value = re.sub(r"\s+", "", match[1]).rstrip("/-.")
    words = passage.cut(*match.span(1))
    first = passage.text[: match.start(1)].strip(" :.")
    return Reading(value, words, (Check(name="number_alone", passed=not first, detail=first),))


def _without_stroke(passage: Passage) -> Reading:
    """Return a number whose stroke was not read, as `61UBND-XNTTHN`: a guess that another reading confirms."""
    match = _NO_STROKE.search(passage.text)
    if match is None or not is_symbol(match[2]):
        return Reading(None, passage)
    lost = Check(name="strokes", passed=False, detail=match[0])
    return Reading(f"{match[1]}/{match[2]}", passage.cut(*match.span()), (lost,))


def _identifier(passage: Passage) -> Reading:
    """Return the first number of 12 digits, or else of 9 (the identity card before 2012)."""
    runs = [(re.sub(r"\D", "", run.group()), run.span()) for run in _DIGIT_RUN.finditer(passage.text)]
    for length in _IDENTIFIER_LENGTHS:
        for digits, span in runs:
            if len(digits) == length:
                old = bool(_OLD_CARD.search(fold(passage.text[: span[0]])))
                twelve = Check(name="twelve_digits", passed=length == _IDENTIFIER_LENGTHS[0] or old)
                return Reading(digits, passage.cut(*span), (twelve,))
    return Reading(None, passage)


def is_identifier(text: str) -> bool:
    """Return whether a word is a number of 12 digits and nothing else."""
    return re.fullmatch(rf"\d{{{_IDENTIFIER_LENGTHS[0]}}}", text, re.ASCII) is not None


def _amount(passage: Passage) -> Reading:
    match = _AMOUNT.search(passage.text)
    if match is None:
        return Reading(None, passage)
    return Reading(int(re.sub(r"\D", "", match[0])), passage.cut(*match.span()))


_READERS: Final[Mapping[ValueKind, Callable[[Passage], Reading]]] = {
    "person_name": _name,
    "date": _date,
    "year": _year,
    "sex": _sex,
    "ethnicity": _closed((*ETHNIC_GROUPS, *OTHER_SPELLINGS)),
    "nationality": _closed(NATIONALITIES),
    "place": _address,
    "agency": _agency,
    "personal_id": _identifier,
    "number": _number,
    "amount": _amount,
    "text": _text,
}
