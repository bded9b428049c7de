"""An identity card says things up to three times: in print, in its QR code, in its machine-readable zone. They vote.

A code is decoded without errors or not at all, so what it says goes before what was made out in print, the QR code
(error correction, marks above letters) before the zone (check digits, no marks). Two that agree are enough, however
badly the print was read. Where a well-read print says something else than a code, a person looks: a code is as easily
made as a print, and may be that of another card on the same sheet.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from pipeline.understand.classify import Verdict
from pipeline.understand.fields import Found
from pipeline.understand.folding import letters
from pipeline.understand.labels import mentions
from pipeline.understand.mrz import zone_facts
from pipeline.understand.qr import card_facts
from pipeline.understand.values import Coded, Reading
from schemas.document_type import DocumentType
from schemas.field import Check, Source
from schemas.page import Code, PageReading

_WELL_READ: Final = 0.80
"""Confidence from which on print contradicts a code; below it, something similar is taken to be misread."""
_LEGIBLE: Final = 0.50
"""Confidence below which, or with any check failed, print contradicts nothing."""
_SIMILAR: Final = 75.0
"""Likeness, of 100, of what may be the same."""
_DIGITS_OFF: Final = 2
_AGREED: Final = 0.99
"""Confidence of what a code says, and print or another code as well."""
_ALONE: Final = 0.95
"""Confidence of what a code alone says, for sure that of this card."""


_TELLING: Final = 8
"""Letters of a name that are enough to tell people apart."""
_SURE_TYPE: Final = 0.95
_MOST_WORDS: Final = 250
"""On both sides of a card; a letter to which a card was copied has more."""


class _Statement(NamedTuple):
    """What a code says about a card."""

    source: Source
    page: int
    code: Code
    facts: Mapping[str, str]


def vote(found: Mapping[str, Found], readings: Sequence[PageReading], type_: DocumentType) -> dict[str, Found]:
    """Return what was found with the votes of the card's codes, if the type has any.

    Args:
        found: what the print says.
        readings: the pages of the document.
        type_: its type.
    """
    statements = list(_statements(readings)) if type_.codes == "identity_card" else []
    text = " ".join(word.text for reading in readings for word in reading.words if "<" not in word.text)
    kept = [one for one in statements if _is_of_this_card(one, statements, found, text)]
    if len({one.facts["personal_id"] for one in kept if "personal_id" in one.facts}) > 1:
        kept = []
    strange = [one for one in statements if one not in kept]
    return {name: _weighed(item, _about(kept, name), _about(strange, name), name) for name, item in found.items()}


def card_type(verdict: Verdict, readings: Sequence[PageReading], types: Mapping[str, DocumentType]) -> Verdict:
    """Return the type of a document in view of its codes: what has the codes of a card and no other title is a card.

    Its own title is red, and goes with the stamps when they are taken out.
    """
    card = next((type_ for type_ in types.values() if type_.codes == "identity_card"), None)
    if card is None or next(_statements(readings), None) is None:
        return verdict
    open_ = verdict.code is None or types[verdict.code].letter
    if verdict.code == card.code or (open_ and sum(len(reading.words) for reading in readings) <= _MOST_WORDS):
        return Verdict(card.code, max(verdict.confidence, _SURE_TYPE))
    return verdict


def _statements(readings: Sequence[PageReading]) -> Iterator[_Statement]:
    """Yield what the codes say, the ones to believe first."""
    coded = [(reading.page.number, code) for reading in readings for code in reading.codes]
    for page, code in coded:
        facts = card_facts(code.text) if code.symbology == "qr" else None
        if facts is not None:
            yield _Statement("qr", page, code, facts)
    for page, code in coded:
        if code.symbology == "mrz":
            yield _Statement("mrz", page, code, zone_facts(code.text))


def _is_of_this_card(one: _Statement, all_: Sequence[_Statement], found: Mapping[str, Found], text: str) -> bool:
    """Return whether something else names the same person: a code may be that of another card on the sheet."""
    if any(len(said) >= _TELLING and mentions(text, said) for said in _names(one.facts)):
        return True
    said = [
        {name: item.reading.value for name, item in found.items()},
        *(other.facts for other in all_ if other.source != one.source),
    ]
    return any(one.facts.get("personal_id") == other.get("personal_id") is not None for other in said)


def _names(facts: Mapping[str, str]) -> Iterator[str]:
    yield from (facts[name] for name in ("personal_id", "full_name") if name in facts)


def _about(statements: Sequence[_Statement], name: str) -> list[_Statement]:
    return [one for one in statements if name in one.facts]


def _weighed(found: Found, believed: Sequence[_Statement], strange: Sequence[_Statement], name: str) -> Found:
    """Return a field with the votes on it: the value of the code that goes first, and what the others say."""
    printed = found.reading
    against = tuple(
        Check(name=one.source, passed=False, detail="the code says something else, and may be that of another card")
        for one in strange
        if printed.value is not None and not _same(one.facts[name], printed.value)
    )
    if not believed and printed.value is None and len({one.facts[name] for one in strange}) == 1:
        believed, against = strange, (Check(name="of_this_card", passed=False, detail="nothing else names the person"),)
    if not believed:
        return found._replace(reading=printed._replace(checks=printed.checks + against))
    first, *others = believed
    value = first.facts[name]
    votes = [_vote(one.source, one.facts[name], value) for one in others]
    if printed.value is not None:
        votes.append(_print_vote(printed, value))
    agreed = any(check.passed and not check.detail for check in votes)
    coded = Coded(first.source, first.page, first.code.box, _AGREED if agreed else _ALONE)
    return found._replace(
        reading=printed._replace(value=value, checks=(*votes, *against), coded=coded, spot=None, agreed=None)
    )


def _vote(source: Source, says: str, value: str) -> Check:
    same = _same(says, value)
    return Check(name=source, passed=same, detail="" if same else f"says {says}")


def _print_vote(printed: Reading, value: str) -> Check:
    """Return whether the print says the same as a code, or was read too badly to say something else."""
    says = str(printed.value)
    if _same(says, value):
        return Check(name="print", passed=True)
    one, other = letters(says), letters(value)
    near = Levenshtein.distance(one, other) <= _DIGITS_OFF or fuzz.ratio(one, other) >= _SIMILAR
    part = not one.isdecimal() and (one in other or other in one)
    garbled = printed.confidence < _LEGIBLE or any(not check.passed for check in printed.checks)
    passed = part or garbled or (near and printed.confidence < _WELL_READ)
    return Check(name="print", passed=passed, detail=f"read as {says}")


def _same(one: object, other: object) -> bool:
    """Return whether two values are the same but for marks, capitals and punctuation."""
    return isinstance(one, str) and isinstance(other, str) and letters(one) == letters(other) != ""
