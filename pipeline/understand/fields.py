"""Every field of a document: where it stands, what is read there, and every rule that was applied to it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from pipeline.understand.again import Opinions, read_twice
from pipeline.understand.folding import fold, letters
from pipeline.understand.labels import Hit, find_in_row, find_labels
from pipeline.understand.letter import find_kind, find_parts, strip_subject
from pipeline.understand.lines import Passage, Row
from pipeline.understand.reach import Place, place_hits, value_after
from pipeline.understand.sheet import Part, Sheet
from pipeline.understand.signature import known_post, usual_end
from pipeline.understand.syllables import implausible
from pipeline.understand.tables import table_rows
from pipeline.understand.values import Reading, as_usual, clean, is_identifier, partial_date, read_value
from pipeline.understand.words import amount_in_words, date_in_words
from schemas.document_type import DocumentType, FieldSpec, LetterPart, ValueKind, in_row
from schemas.field import Check

_SHORT_LABEL = 5
_SHORT_NAME = 2
_MORE_THAN_ONE_ROW: frozenset[ValueKind] = frozenset({"place", "agency", "text"})


class Found(NamedTuple):
    """What was found for one field."""

    reading: Reading
    passage: Passage
    """Everything that stands where the value should be."""


_PLACES: frozenset[ValueKind] = frozenset({"place", "agency"})
_ENDS_PLACE = re.compile(r"[,;]?\s+(?:gồm\b|Số\s*[:;]|Quyển số\b|[Nn]gày(?:,|\s+\d))")
"""What may stand behind a place in its line, and is none of it: `…, tỉnh Nghệ An, gồm:`, `… Số: 97 ngày 5/8/2021`."""

_ACTING = re.compile(r"(?:Q|QUYỀN)\b", re.IGNORECASE)
"""Before the post of who holds it for the time being: `Q. GIÁM ĐỐC`."""
_STROKE_IN_NUMBER = re.compile(r"\b[IlOo]+\d|\d[IlOo]+\b")
"""A letter that looks like a digit beside one: `COVID-I9`."""

NOTHING = Passage((), 1)
_CUT_OFF = Check(name="whole", passed=False, detail="after a comma or a dash something follows")


def find_fields(sheets: Sequence[Sheet], type_: DocumentType, opinions: Opinions) -> dict[str, Found]:
    """Return what was found for every field of the type, in its order."""
    parts = find_parts(sheets) if any(spec.part for spec in type_.fields.values()) else {}
    form = _Form.of(sheets, type_, opinions)
    found = {}
    for name, spec in type_.fields.items():
        if not spec.labels and spec.part is None:
            continue
        labelled = form.find(spec) if spec.labels else None
        by_place = _read_part(spec.part, parts, spec.kind, opinions) if spec.part else None
        by_shape = form.find_alone(spec) if spec.alone and labelled is None else None
        by_words = form.find_inside(spec) or _named(spec, parts, opinions) if labelled is None else None
        found[name] = labelled or by_place or by_shape or by_words or Found(Reading(None, NOTHING), NOTHING)
    return found | _in_table(sheets, type_, opinions)


def _in_table(sheets: Sequence[Sheet], type_: DocumentType, opinions: Opinions) -> dict[str, Found]:
    """Return what stands in the rows of a table of several people, as `full_name`, `full_name_2` and so on."""
    rows = [row for sheet in sheets for row in sheet.rows]
    table = table_rows(rows, {name: type_.fields[name].kind for name in type_.table}) if type_.table else ()
    found = {}
    for number, row in enumerate(table, start=1):
        for name, passage in row.cells.items():
            spec = type_.fields[name]
            reading = read_twice(spec.kind, passage, partial(_read_labelled, spec), opinions)
            checked = reading._replace(checks=reading.checks + row.checks[name])
            found[in_row(name, number)] = Found(checked, passage)
    return found


def _named(spec: FieldSpec, parts: Mapping[LetterPart, Part], opinions: Opinions) -> Found | None:
    """Return the usual value that the abstract names; the longest where one is a part of another."""
    if not spec.named or "abstract" not in parts:
        return None
    abstract = parts["abstract"].passage
    said = fold(abstract.text)
    places = {value: said.find(fold(value)) for value in spec.usual}
    value = max((value for value, at in places.items() if at >= 0), key=len, default=None)
    if value is None:
        return None
    passage = abstract.cut(places[value], places[value] + len(value))
    return Found(read_twice(spec.kind, passage, partial(_read_labelled, spec), opinions), passage)


class _Form(NamedTuple):
    """A page of labels and values."""

    sheets: Sequence[Sheet]
    hits: tuple[Hit, ...]
    places: Sequence[Place]
    opinions: Opinions

    @classmethod
    def of(cls, sheets: Sequence[Sheet], type_: DocumentType, opinions: Opinions) -> "_Form":
        rows = [row for sheet in sheets for row in sheet.rows]
        hits = find_labels(rows, _all_labels(type_))
        used = _labels_by_section(type_)
        placed = [
            (hit, place)
            for hit, place in zip(hits, place_hits(rows, hits, type_.sections), strict=True)
            if len(hit.label) >= _SHORT_LABEL or hit.label in used.get(place.section, ())
        ]
        return cls(sheets, tuple(hit for hit, _ in placed), [place for _, place in placed], opinions)

    def find(self, spec: FieldSpec) -> Found | None:
        """Return the first reading of a field that gives a value; with another value elsewhere it fails a check."""
        wanted = {letters(label) for label in spec.labels}
        found = [
            (index, self._read(index, spec))
            for index, (hit, place) in enumerate(zip(self.hits, self.places, strict=True))
            if hit.label in wanted and place.section == spec.section
        ]
        if not found:
            return None
        index, first = next(((i, f) for i, f in found if f.reading.value is not None), found[0])
        others = {str(f.reading.value) for _, f in found if f.reading.value is not None} - {str(first.reading.value)}
        checks = first.reading.checks
        if others:
            checks += (
                Check(name="one_value", passed=False, detail="the label stands there again, with another value"),
            )
        reading = first.reading._replace(checks=checks)
        words = self._in_words(index, spec)
        return first._replace(reading=_said_twice(reading, spec.kind, words) if words else reading)

    def find_alone(self, spec: FieldSpec) -> Found | None:
        """Return the number of the wanted shape that stands by itself, if there is only one."""
        words = ((row.page, word) for sheet in self.sheets for row in sheet.rows for word in row.words)
        passages = [Passage((word,), page) for page, word in words if is_identifier(word.text)]
        if len({passage.text for passage in passages}) != 1:
            return None
        read = partial(read_value, spec.kind)
        return Found(read_twice(spec.kind, passages[0], read, self.opinions), passages[0])

    def find_inside(self, spec: FieldSpec) -> Found | None:
        """Return what follows the first of certain words in the middle of a sentence."""
        rows = [row for sheet in self.sheets for row in sheet.rows]
        wanted = [letters(words) for words in spec.inside]
        for index, row in enumerate(rows):
            after = next((below.words for below in rows[index + 1 : index + 2] if below.page == row.page), ())
            for start, end, label in find_in_row(Row(row.page, (*row.words, *after)), wanted, anywhere=True):
                if start >= len(row.words):
                    break
                broken = end > len(row.words)  # over two lines
                hit = Hit(index + broken, 0 if broken else start, end - broken * len(row.words), label, row.left)
                place = Place(None, 0.0, float("inf"))
                passage = value_after(rows, (*self.hits, hit), hit, place, goes_on=True)
                passage = passage.cut(0, passage.text.find(",") % (len(passage.text) + 1))
                return Found(read_twice(spec.kind, passage, partial(_read_labelled, spec), self.opinions), passage)
        return None

    def _read(self, index: int, spec: FieldSpec) -> Found:
        in_sentence = spec.kind == "person_name" and self._in_sentence(self.hits[index])
        passage = self._value(index, goes_on=spec.kind in _MORE_THAN_ONE_ROW or in_sentence)
        if in_sentence:
            passage = passage._replace(words=tuple(takewhile(lambda word: word.text[0].isupper(), passage.words)))
        end = _ENDS_PLACE.search(passage.text) if spec.kind in _PLACES else None
        if end:
            passage = _closed(passage.cut(0, end.start()))
        return Found(read_twice(spec.kind, passage, partial(_read_labelled, spec), self.opinions), passage)

    def _in_sentence(self, hit: Hit) -> bool:
        """Return whether a label stands close behind other words: `Cấp giấy chứng nhận … đối với ông (bà):`."""
        row = [row for sheet in self.sheets for row in sheet.rows][hit.row]
        return hit.start > 0 and row.words[hit.start].box.x - row.words[hit.start - 1].box.right < row.height

    def _value(self, index: int, *, goes_on: bool) -> Passage:
        rows = [row for sheet in self.sheets for row in sheet.rows]
        return value_after(rows, self.hits, self.hits[index], self.places[index], goes_on=goes_on)

    def _in_words(self, index: int, spec: FieldSpec) -> Passage | None:
        """Return where a value is written out once more, or None where it is not."""
        wanted = {letters(label) for label in spec.in_words}
        after = next((i for i in range(index + 1, len(self.hits)) if self.hits[i].label in wanted), None)
        return self._value(after, goes_on=True) if after is not None else None


def _said_twice(digits: Reading, kind: ValueKind, words: Passage) -> Reading:
    """Return a date or an amount with what its second reading, in words, has to say.

    The same: then either may be read badly. Something else, or the digits cannot be read: a person looks, and is shown
    what was read better.
    """
    amount, day = (amount_in_words(words.text), None) if kind == "amount" else (None, date_in_words(words.text))
    said = day.isoformat() if day is not None else amount
    if said is None:
        return digits
    if said == digits.value:
        return digits._replace(checks=(*digits.checks, Check(name="in_words", passed=True)))
    written = Reading(said, words, spot=digits.spot)
    doubted = any(not check.passed for check in digits.checks) and written.confidence >= digits.confidence
    if digits.value is None or doubted:
        detail = "only the words can be read" if digits.value is None else f"the digits say {digits.value}"
        return written._replace(checks=(Check(name="in_words", passed=False, detail=detail),))
    return digits._replace(
        checks=(*digits.checks, Check(name="in_words", passed=False, detail=f"the words say {said}"))
    )


def _closed(passage: Passage) -> Passage:
    """Return a passage without the comma that led over to what was cut off."""
    *words, last = passage.words or (None,)
    return passage._replace(words=(*words, last._replace(text=last.text.rstrip(",;")))) if last else passage


def _read_labelled(spec: FieldSpec, passage: Passage) -> Reading:
    reading = read_value(spec.kind, passage)
    if reading.value is None and spec.kind == "date" and spec.partial:
        reading = partial_date(passage)
    if spec.usual:
        reading = as_usual(reading, spec.usual)
    in_province = any(check.name == "province" and check.passed and check.detail for check in reading.checks)
    if spec.kind in _MORE_THAN_ONE_ROW and passage.text.endswith((",", "-")) and not in_province:
        reading = reading._replace(checks=(*reading.checks, _CUT_OFF))
    return reading


def _all_labels(type_: DocumentType) -> Iterable[str]:
    for spec in type_.fields.values():
        yield from spec.labels
        yield from spec.in_words
    for labels in type_.sections.values():
        yield from labels
    yield from type_.other_labels


def foreign_words(type_: DocumentType) -> frozenset[str]:
    """Return the folded letters of the words in its labels and marks that are not Vietnamese: of bilingual forms."""
    return frozenset(
        letters(word) for text in (*_all_labels(type_), *type_.marks) for word in implausible(text.split())
    )


def _labels_by_section(type_: DocumentType) -> Mapping[str | None, set[str]]:
    used: dict[str | None, set[str]] = {}
    for spec in type_.fields.values():
        used.setdefault(spec.section, set()).update(letters(label) for label in spec.labels)
    return used


def _read_part(name: LetterPart, parts: Mapping[LetterPart, Part], kind: ValueKind, opinions: Opinions) -> Found | None:
    if name not in parts:
        return None
    passage, checks = parts[name]
    reading = read_twice(kind, passage, partial(_read_as_part, name, kind), opinions)
    return Found(reading._replace(checks=reading.checks + checks), passage)


def _read_as_part(name: LetterPart, kind: ValueKind, passage: Passage) -> Reading:
    reading = read_value(kind, passage)
    if name == "document_kind":
        known = find_kind(passage.text)
        exact = Check(name="as_printed", passed=bool(known and known[1]), detail=passage.text)
        return Reading(known[0] if known else None, passage, (exact,))
    if name == "abstract":
        strokes = Check(name="strokes", passed=_STROKE_IN_NUMBER.search(passage.text) is None)
        value = clean(strip_subject(str(reading.value or ""))) or None
        return reading._replace(value=value, checks=(*reading.checks, strokes))
    if name == "signer_name":
        return reading._replace(checks=(*reading.checks, _whole_name(reading)))
    return _as_post(reading, passage) if name == "signer_title" else reading


def _whole_name(reading: Reading) -> Check:
    """Return whether a name has enough words: one of two may have lost its first one under the stamp."""
    return Check(name="whole", passed=len(str(reading.value or "").split()) > _SHORT_NAME)


def _as_post(reading: Reading, passage: Passage) -> Reading:
    """Return a usual post with its marks where they were lost: posts are a closed set, with rare others beside it."""
    post = known_post(passage.text)
    if post is None:
        value = reading.value if _ACTING.match(passage.text) else usual_end(passage.text) or reading.value
        return reading._replace(value=value, checks=(*reading.checks, Check(name="usual_post", passed=False)))
    exact = Check(name="as_printed", passed=post == str(reading.value).upper(), detail=passage.text)
    return reading._replace(value=post, checks=(exact,))
