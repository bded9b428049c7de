"""From words to meaning: which document it is, what its fields say, and what of that is sure.

`understand` is a pure function of what was read and of the document types, which are data. What a field says is what
was read, in normal form (`values`), with everything that speaks for and against it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, takewhile
from types import MappingProxyType

from pipeline.understand.accept import is_doubtful, judge, page_check
from pipeline.understand.again import Opinions
from pipeline.understand.card import card_type, vote
from pipeline.understand.checks import cross_checks, identifier_of, whole_date
from pipeline.understand.classify import Verdict, classify
from pipeline.understand.fields import Found, find_fields, foreign_words
from pipeline.understand.keyed import crossed, is_confirmed
from pipeline.understand.lines import rows
from pipeline.understand.sheet import Sheet
from pipeline.understand.split import Papers, Stack, grouped, split
from schemas.backfill import KeyedRow
from schemas.document_type import DocumentType, OwnerSpec, ValiditySpec, in_row
from schemas.field import Check, Field
from schemas.page import PageReading, Spot
from schemas.record import Owner

_UNASKED: Opinions = MappingProxyType({})
SURE_TYPE = 0.8
"""Below this confidence a person says which type it is, and no field is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """One document that was found in a file."""

    pages: tuple[int, ...]
    """Numbers of its pages, blank backs too."""
    separators: tuple[int, ...]
    """Numbers of the separator pages before it, or behind the last document: they belong to none."""
    dossier_code: str | None
    """What the separator says that it lies behind; None without one, or where its code cannot be read for sure."""
    document_type: str | None
    document_type_confidence: float
    fields: dict[str, Field]
    """Every field of the type; value None where the paper has none or it cannot be read."""
    text: str
    owners: tuple[Owner, ...]
    valid_from: date | None
    valid_to: date | None
    review_reasons: tuple[str, ...]
    """Why a person has to look, as `code:field`; empty when nobody has to."""
    doubts: tuple[Spot, ...]
    """Where a second reading may settle a field."""


def understand(
    readings: Sequence[PageReading],
    types: Mapping[str, DocumentType],
    opinions: Opinions = _UNASKED,
    papers: Papers | None = None,
) -> tuple[Understood, ...]:
    """Return the documents that the pages of one file make up, in order; none if all pages are blank or separators.

    Args:
        readings: every page of the file, in order, with what was read on it.
        types: the document types by code.
        opinions: second readings of what was doubtful before.
        papers: which pages make up which paper, where a person said so.
    """
    stacks = split(readings, types) if papers is None else grouped(readings, papers)
    return tuple(_document(stack, types, opinions) for stack in stacks)


def _document(stack: Stack, types: Mapping[str, DocumentType], opinions: Opinions) -> Understood:
    readings = stack.readings
    sheets = [Sheet(found, reading.page.width, reading.page.height) for reading in readings if (found := rows(reading))]
    verdict = card_type(classify(sheets, types), readings, types)
    type_ = types[verdict.code] if verdict.code is not None else None
    finds = vote(find_fields(sheets, type_, opinions), readings, type_) if type_ else {}
    fields = _fields(finds, readings, type_, sure=verdict.confidence >= SURE_TYPE) if type_ else {}
    owners, valid_from, valid_to = consequences(fields, type_)
    return Understood(
        pages=tuple(reading.page.number for reading in readings),
        separators=stack.separators,
        dossier_code=stack.dossier_code,
        document_type=verdict.code,
        document_type_confidence=min(1.0, verdict.confidence),
        fields=fields,
        text="\n".join(reading.text for reading in readings if reading.words),
        owners=owners,
        valid_from=valid_from,
        valid_to=valid_to,
        review_reasons=(*stack.reasons, *_reasons(verdict, fields, type_)),
        doubts=tuple(
            item.reading.spot
            for name, item in finds.items()
            if type_ and item.reading.spot is not None and is_doubtful(fields[name], type_.spec(name).kind)
        ),
    )


def with_keyed(
    documents: Sequence[Understood], row: KeyedRow, types: Mapping[str, DocumentType]
) -> tuple[Understood, ...]:
    """Return the documents of a file with what was keyed from it.

    Args:
        documents: what was found in the file; a row is about one paper, so that of several a person says which.
        row: what was keyed.
        types: the document types by code.
    """
    if len(documents) != 1:
        return tuple(replace(each, review_reasons=(*each.review_reasons, "unmatched:keyed_row")) for each in documents)
    return (_keyed(documents[0], row, types[row.document_type]),)


def _keyed(document: Understood, row: KeyedRow, type_: DocumentType) -> Understood:
    known = document.document_type == type_.code
    fields = crossed(document.fields if known else {}, row, type_)
    other = document.document_type is not None and not known and document.document_type_confidence >= SURE_TYPE
    beyond = {"document_type", *fields}
    reasons = [
        *(reason for reason in document.review_reasons if reason.partition(":")[2] not in beyond),
        *(["other:document_type"] if other else []),
        *([] if is_confirmed(fields, row, type_, document.text) else ["unconfirmed:keyed_row"]),
        *_reasons(Verdict(type_.code, 1.0), fields, type_),
    ]
    owners, valid_from, valid_to = consequences(fields, type_)
    return replace(
        document,
        document_type=type_.code,
        document_type_confidence=document.document_type_confidence if known else 0.0,
        fields=fields,
        owners=owners,
        valid_from=valid_from,
        valid_to=valid_to,
        review_reasons=tuple(reasons),
        doubts=(),
    )


def _fields(
    found: Mapping[str, Found], readings: Sequence[PageReading], type_: DocumentType, *, sure: bool
) -> dict[str, Field]:
    crossed = cross_checks({name: item for name, item in found.items() if name in type_.fields}, type_)
    foreign = foreign_words(type_)
    legible = {reading.page.number: page_check(reading, foreign) for reading in readings}
    unread = {reading.page.number: reading.unread for reading in readings}
    unknown = Check(name="page_legible", passed=True)
    return {
        name: judge(
            item,
            type_.spec(name).kind,
            crossed.get(name, ()),
            legible.get(item.reading.words.page, unknown),
            unread.get(item.reading.words.page, ()),
            sure_type=sure,
        )
        for name, item in found.items()
    }


def consequences(
    fields: Mapping[str, Field], type_: DocumentType | None
) -> tuple[tuple[Owner, ...], date | None, date | None]:
    """Return what follows from the fields of a document: its owners, and the first and last day of its validity."""
    if type_ is None:
        return (), None, None
    starts = _date_of(fields, type_.validity.starts)
    return _owners(fields, type_), starts, _valid_to(fields, type_.validity)


def _owners(fields: Mapping[str, Field], type_: DocumentType) -> tuple[Owner, ...]:
    """Return whose the record is; an identifier that was not accepted does not lead to anybody."""
    return tuple(_owner(fields, spec, row) for spec in type_.owners for row in _rows(fields, spec))


def _rows(fields: Mapping[str, Field], spec: OwnerSpec) -> Iterator[int]:
    """Yield the rows of a table in which an owner stands; only 1 on a paper without one."""
    return takewhile(lambda row: in_row(spec.name, row) in fields, count(1))


def _owner(fields: Mapping[str, Field], spec: OwnerSpec, row: int) -> Owner:
    name = fields[in_row(spec.name, row)]
    identifier = fields.get(in_row(spec.identifier, row)) if spec.identifier else None
    return Owner(
        role=spec.role,
        identifier=identifier_of(identifier.value) if identifier and identifier.accepted else None,
        name=str(name.value) if name.value is not None else None,
    )


def _date_of(fields: Mapping[str, Field], name: str | None) -> date | None:
    return whole_date(fields[name].value) if name is not None else None


def _valid_to(fields: Mapping[str, Field], rule: ValiditySpec) -> date | None:
    if rule.ends is not None:
        return _date_of(fields, rule.ends)
    start = _date_of(fields, rule.starts)
    term = re.fullmatch(r"P(\d+)([DMY])", rule.term)
    return add_term(start, int(term[1]), term[2]) if start is not None and term else None


def add_term(start: date, count: int, unit: str) -> date:
    """Return the day so many days (D), months (M) or years (Y) later; the last of a month where it has no such day."""
    if unit == "D":
        return date.fromordinal(start.toordinal() + count)
    months = start.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    last = date.fromordinal(following.toordinal() - 1).day
    return date(year, month, min(start.day, last))


def _reasons(verdict: Verdict, fields: Mapping[str, Field], type_: DocumentType | None) -> list[str]:
    """Return why a person has to look; `unread` is a value that stands there but could not be made out."""
    if type_ is None:
        return ["unknown:document_type"]
    reasons = ["unsure:document_type"] if verdict.confidence < SURE_TYPE else []
    for name, field in fields.items():
        failed = next((check.name for check in field.checks if not check.passed), None)
        if field.value is None and any(letter.isalnum() for letter in field.raw_text):
            reasons.append(f"unread:{name}")
        elif field.value is None:
            reasons += [f"missing:{name}"] if type_.spec(name).required else []
        elif not field.accepted:
            reasons.append(f"{failed or 'unsure'}:{name}")
    return reasons
