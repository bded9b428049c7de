"""Which type of document it is: by its printed title, by words that only it has, or by the layout of a letter."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from pipeline.understand.folding import letters
from pipeline.understand.labels import find_labels, mentions
from pipeline.understand.letter import find_header, find_parts
from pipeline.understand.lines import Row
from pipeline.understand.sheet import Sheet
from schemas.document_type import DocumentType

_TITLE_AT: Final = 0.55
"""Titles stand in the upper part of the page."""
_SAME_TITLE: Final = 84.0
"""Likeness, of 100, from which on two titles are the same in spite of misread letters."""
_BY_MARKS: Final = 0.5
"""A title that cannot be read is made up for by this share of the marks, or of the labels beside some marks."""
_SOME_MARKS: Final = 2
_DECLARED: Final = "cam đoan"
"""Whoever applies for a paper declares what the paper will say: the labels are the same, the paper is another."""


class Verdict(NamedTuple):
    """A type, None for unknown, and how sure that is (0 to 1)."""

    code: str | None
    confidence: float


def classify(sheets: Sequence[Sheet], types: Mapping[str, DocumentType]) -> Verdict:
    """Return the type of the document that these pages make up."""
    if not sheets:
        return Verdict(None, 0.0)
    verdicts = [by_title(sheets[0], type_, sheets) for type_ in types.values() if not type_.letter]
    best = max(verdicts, key=lambda verdict: verdict.confidence, default=Verdict(None, 0.0))
    if best.confidence >= _BY_MARKS:
        return best
    letter = next((type_ for type_ in types.values() if type_.letter), None)
    return _as_letter(sheets, letter) if letter is not None else Verdict(None, 0.0)


def by_title(sheet: Sheet, type_: DocumentType, sheets: Sequence[Sheet] = ()) -> Verdict:
    """Return the type if a page has its title, or enough of what else is printed on it.

    Args:
        sheet: the page with the title.
        type_: a type that has one.
        sheets: all pages of the document, for what else speaks for it; none: that page alone.
    """
    text = "\n".join(row.text for each in sheets or (sheet,) for row in each.rows)
    found = sum(mentions(text, mark) for mark in type_.marks)
    share = found / len(type_.marks) if type_.marks else 0.0
    if found < type_.marks_needed:
        return Verdict(None, 0.0)
    likeness = _likeness(sheet, type_.titles)
    if likeness < _SAME_TITLE:
        if found >= _SOME_MARKS:
            share = max(share, _labels_found(sheets or (sheet,), type_))
        another = _likeness(sheet, type_.not_titles) >= _SAME_TITLE or mentions(text, _DECLARED)
        return Verdict(type_.code, 0.5 + 0.29 * share) if share >= _BY_MARKS and not another else Verdict(None, 0.0)
    if _likeness(sheet, type_.not_titles) > likeness:
        return Verdict(None, 0.0)
    support = 1.0 if not type_.marks else min(1.0, 2 * share)
    return Verdict(type_.code, round(likeness / 100 * (0.8 + 0.2 * support), 3))


def _labels_found(sheets: Sequence[Sheet], type_: DocumentType) -> float:
    """Return the share of the type's labelled fields that have one of their labels on the pages."""
    labelled = [{letters(label) for label in spec.labels} for spec in type_.fields.values() if spec.labels]
    rows = [row for sheet in sheets for row in sheet.rows]
    found = {hit.label for hit in find_labels(rows, [label for spec in type_.fields.values() for label in spec.labels])}
    return sum(bool(labels & found) for labels in labelled) / len(labelled) if labelled else 0.0


def _likeness(sheet: Sheet, titles: Sequence[str]) -> float:
    """Return how like the likest of the rows in the upper part of the page, or two of them together, is to a title."""
    upper = [row for row in sheet.rows if row.middle < _TITLE_AT * sheet.height]
    said = [letters(_capitals(row)) for row in upper]
    joined = [one + two for one, two in pairwise(said)]
    return max((fuzz.ratio(letters(title), line) for title in titles for line in (*said, *joined) if line), default=0.0)


def _capitals(row: Row) -> str:
    return " ".join(word.text for word in row.words if word.text == word.text.upper())


def _as_letter(sheets: Sequence[Sheet], type_: DocumentType) -> Verdict:
    """Return the letter type if enough of a letter's places are filled."""
    parts = find_parts(sheets)
    header = find_header(sheets[0])
    weights = {"number_symbol": 0.2, "issue_date": 0.15, "issuer_name": 0.15, "abstract": 0.1, "signer_name": 0.05}
    text = "\n".join(row.text for sheet in sheets for row in sheet.rows)
    marks = any(mentions(text, mark) for mark in type_.marks)
    # An agency above no number is that of a form as well.
    counted = parts.keys() if "number_symbol" in parts else parts.keys() - {"issuer_name"}
    score = sum(weight for part, weight in weights.items() if part in counted)
    score += 0.25 * header.found + 0.1 * marks
    return Verdict(type_.code, round(score, 3)) if score >= _BY_MARKS else Verdict(None, round(score, 3))
