"""Reading, measured against the truth: what was right, what was accepted, and what was accepted and wrong.

A field is exact when its value is what the paper says (`sohoa.bench.truth.same`). A value where the paper has none is
*invented*. A *silent error* is an accepted value that is wrong or invented: the worst that can happen.

What is written by hand is for people to read. It is counted apart, and none of it may be accepted; a silent error is
one wherever it happens.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from statistics import fmean
from typing import NamedTuple

from pydantic import Field as Constraint
from rapidfuzz.distance import Levenshtein

from pipeline.calibrate.bounds import upper_bound
from schemas.model import Value
from schemas.page import Page
from schemas.report import Extraction
from sohoa.bench.truth import Truth, plain, same

STRAIGHT = 0.05
"""Degrees below which a page lies straight."""
TILTED = 0.1
"""Degrees from which a straight page was harmed."""
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
"""The five tone marks; those of ă â ê ô ơ ư đ make another letter and stay."""


class FieldScore(NamedTuple):
    """What became of one field of one paper."""

    name: str
    wanted: bool
    """Whether the paper has a value."""
    handwritten: bool
    """Whether at least a part of the value is written by hand."""
    read: bool
    """Whether a value was read."""
    exact: bool
    accepted: bool
    confidence: float

    @property
    def silent(self) -> bool:
        """Whether a wrong value would be stored without anybody looking."""
        return self.accepted and self.read and not self.exact


class TextScore(NamedTuple):
    """Edits between the text that was read and the true one, in characters of NFC."""

    edits: int
    letters: int
    tone_edits: int
    """Edits that are gone when tone marks are taken off both."""
    digit_edits: int
    """Digits of the paper that were read as something else, or not at all."""
    digits: int


class PageScore(NamedTuple):
    """How one page was set up."""

    turned_right: bool
    skew_error: float | None
    """Degrees; None when the page was turned wrongly or its tilt is not known."""
    is_straight: bool


class PaperScore(NamedTuple):
    """What became of one paper."""

    document_type: str
    level: str
    type_right: bool
    whole: bool
    """Whether it was found as one document with exactly its pages."""
    fields: tuple[FieldScore, ...]
    text: TextScore | None
    pages: tuple[PageScore, ...]


class Accuracy(Value):
    """How well some papers were read. Shares are of 1; None where there was nothing to measure."""

    papers: int
    type_accuracy: float | None
    whole_papers: float | None
    """Share of papers found as one document with exactly their pages."""
    fields: int
    """Values that are printed on the papers."""
    field_exact: float | None
    """Share of the printed values that were read to the letter."""
    accepted_share: float | None
    """Share of the printed values that nobody has to look at."""
    handwritten: int
    """Values that are written by hand, wholly or in part."""
    handwritten_accepted: int
    """How many of these nobody would have looked at: must be 0."""
    accepted: int
    """Accepted values, whether printed, written by hand or invented."""
    silent_errors: int
    silent_upper_bound: float | None
    """Upper end of the 95 % interval of the share of silent errors among accepted fields (Clopper and Pearson 1934)."""
    invented: int
    cer: float | None
    """Character edits to the true text, by its length."""
    tone_error_share: float | None
    """Share of these edits that are nothing but tone marks."""
    digit_error_rate: float | None
    rotation_accuracy: float | None
    skew_mean: float | None = Constraint(default=None, ge=0)
    """Degrees, of pages that were turned right."""
    skew_p95: float | None = Constraint(default=None, ge=0)
    skew_worst: float | None = Constraint(default=None, ge=0)
    straight_tilted: int
    """Straight pages that were turned by more than a tenth of a degree."""


def score(truths: Sequence[Truth], documents: Sequence[Extraction]) -> Iterator[PaperScore]:
    """Yield the score of each paper of one file; its document is the first one that begins on one of its pages."""
    begins = {min(page.number for page in each.pages): each for each in documents if each.pages}
    for truth in truths:
        found = next((begins[page.number] for page in truth.pages if page.number in begins), None)
        # The text of a paper that was taken for several is all there, only not in one piece.
        text = "\n".join(each.text for each in documents) if len(truths) == 1 else found.text if found else ""
        yield _paper(truth, found, text)


def _paper(truth: Truth, found: Extraction | None, text: str) -> PaperScore:
    pages = {page.number: page for page in found.pages} if found else {}
    return PaperScore(
        truth.document_type,
        truth.level,
        found is not None and found.document_type == truth.document_type,
        set(pages) >= {page.number for page in truth.pages if not page.blank}
        and set(pages) <= {page.number for page in truth.pages},
        tuple(_field(truth, name, found) for name in truth.names()),
        text_score(text, truth.texts()),
        tuple(_pages(truth, pages)),
    )


def _field(truth: Truth, name: str, found: Extraction | None) -> FieldScore:
    field = found.fields.get(name) if found else None
    wanted = truth.options(name)
    value = field.value if field else None
    return FieldScore(
        name,
        bool(wanted),
        name in truth.handwritten,
        value is not None,
        any(same(name, value, option) for option in wanted),
        bool(field and field.accepted and value is not None),
        field.confidence if field else 0.0,
    )


def text_score(read: str, options: Sequence[str]) -> TextScore | None:
    """Return the edits to the option that is nearest; None when the true text is not known."""
    if not options:
        return None
    read = plain(read)
    true = min(options, key=lambda option: Levenshtein.distance(read, option))
    operations = Levenshtein.editops(true, read)
    toneless = Levenshtein.distance(_without_tones(true), _without_tones(read))
    lost = {step.src_pos for step in operations if step.tag != "insert" and true[step.src_pos].isdigit()}
    return TextScore(
        len(operations),
        len(true),
        max(0, len(operations) - toneless),
        len(lost),
        sum(map(str.isdigit, true)),
    )


def _without_tones(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_TONES))


def _pages(truth: Truth, found: dict[int, Page]) -> Iterator[PageScore]:
    for wanted in truth.pages:
        if wanted.blank or wanted.rotation is None:
            continue
        page = found.get(wanted.number)
        tilt = wanted.skew_degrees
        if page is None or page.rotation != wanted.rotation:
            yield PageScore(turned_right=False, skew_error=None, is_straight=False)
        elif tilt is None:
            yield PageScore(turned_right=True, skew_error=None, is_straight=False)
        else:
            yield PageScore(
                turned_right=True, skew_error=abs(page.skew_degrees - tilt), is_straight=abs(tilt) < STRAIGHT
            )


def summary(papers: Iterable[PaperScore], only: str | None = None) -> Accuracy:
    """Return how well *papers* were read; *only* names the one field to look at, if not the whole papers."""
    papers = list(papers)
    fields = [each for paper in papers for each in paper.fields if only in {None, each.name}]
    printed = [each for each in fields if each.wanted and not each.handwritten]
    by_hand = [each for each in fields if each.wanted and each.handwritten]
    accepted = [each for each in fields if each.accepted]
    silent = sum(each.silent for each in fields)
    texts = [paper.text for paper in papers if paper.text is not None and only is None]
    edits = sum(text.edits for text in texts)
    pages = [page for paper in papers for page in paper.pages if only is None]
    tilts = sorted(page.skew_error for page in pages if page.skew_error is not None)
    return Accuracy(
        papers=len(papers),
        type_accuracy=_share(sum(paper.type_right for paper in papers), len(papers)),
        whole_papers=_share(sum(paper.whole for paper in papers), len(papers)),
        fields=len(printed),
        field_exact=_share(sum(each.exact for each in printed), len(printed)),
        accepted_share=_share(sum(each.accepted for each in printed), len(printed)),
        handwritten=len(by_hand),
        handwritten_accepted=sum(each.accepted for each in by_hand),
        accepted=len(accepted),
        silent_errors=silent,
        silent_upper_bound=upper_bound(silent, len(accepted)) if accepted else None,
        invented=sum(each.read and not each.wanted for each in fields),
        cer=_share(edits, sum(text.letters for text in texts)),
        tone_error_share=_share(sum(text.tone_edits for text in texts), edits),
        digit_error_rate=_share(sum(text.digit_edits for text in texts), sum(text.digits for text in texts)),
        rotation_accuracy=_share(sum(page.turned_right for page in pages), len(pages)),
        skew_mean=round(fmean(tilts), 4) if tilts else None,
        skew_p95=round(tilts[ceil(0.95 * len(tilts)) - 1], 4) if tilts else None,
        skew_worst=round(tilts[-1], 4) if tilts else None,
        straight_tilted=sum(page.is_straight and (page.skew_error or 0) > TILTED for page in pages),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
