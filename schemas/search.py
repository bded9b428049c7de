"""Searching the catalog: by what somebody knows exactly about a paper, and what for.

It tells which records there are, not what they say.
A search finds what is equal, never what begins alike or contains something: nobody walks through a register with it.
Marks, capitals and punctuation make no difference.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field as Constraint
from pydantic import StringConstraints, model_validator

from schemas.document_type import document_types
from schemas.folding import folded
from schemas.identifier import PersonalIdentifier
from schemas.lookup import AuditId
from schemas.model import Value
from schemas.record import Record, RecordId, RecordStatus
from schemas.submission import DocumentTypeCode, DossierCode

Term = Literal["number", "name", "issuer"]
"""What a paper says that it is found by: its number and symbol, the whole name of an owner, who issued it. The catalog
keeps these as HMACs, as it keeps identifiers."""
TERMS: tuple[Term, ...] = ("number", "name", "issuer")
"""What fewest papers have in common comes first."""
MOST_FOUND = 100
_NUMBERS = ("number", "number_symbol")

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Search(Value):
    """What is known of the papers that are looked for: all of it has to fit."""

    owner: PersonalIdentifier | None = None
    dossier_code: DossierCode | None = None
    number: Words | None = None
    name: Words | None = None
    issuer: Words | None = None
    document_type: DocumentTypeCode | None = None
    """Narrows it."""
    issued_from: date | None = None
    """So does this: the first day on which it may have been issued."""
    issued_to: date | None = None
    """The last day."""
    purpose: str = Constraint(min_length=1, max_length=200)
    """What for: the procedure (mã TTHC), or in words. It stands in the audit log."""
    limit: int = Constraint(default=50, ge=1, le=MOST_FOUND)
    after: RecordId | None = None
    """The last record of the page before."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.owner is None and self.dossier_code is None and not self.terms:
            message = "say one of owner, dossier_code, number, name, issuer: letters or digits, whole and exactly"
            raise ValueError(message)
        return self

    @property
    def terms(self) -> dict[Term, str]:
        """What it says of the papers, folded; what fewest have in common comes first."""
        said = {term: folded(getattr(self, term) or "") for term in TERMS}
        return {term: text for term, text in said.items() if text}


class Listed(Value):
    """A record that was found: which one, and nothing that it says."""

    record_id: RecordId
    document_type: str | None
    status: RecordStatus
    valid_from: date | None
    valid_to: date | None
    dossier_code: str | None


class SearchAnswer(Value):
    """One page of what was found, in the order of the ids."""

    audit_id: AuditId
    """The entry in the audit log that was written before this answer."""
    records: tuple[Listed, ...]
    after: RecordId | None = None
    """What to ask for the next page with; None: there is none."""


def terms_of(record: Record) -> Iterator[tuple[Term, str]]:
    """Yield what a record is found by, folded: also what nobody has confirmed yet, for then it is looked for most."""
    type_ = document_types().get(record.document_type or "")
    names = {owner.name for owner in type_.owners} if type_ is not None else set()
    for owner in record.owners:
        yield "name", folded(owner.name or "")
    for name, field in record.fields.items():
        text = folded("" if field.value is None else str(field.value))
        plain = name if type_ is None or name in type_.fields else name.rsplit("_", 1)[0]  # a later row of a table
        if plain in _NUMBERS:
            yield "number", text
        elif plain in names:
            yield "name", text
        elif type_ is not None and plain in type_.fields and type_.fields[plain].kind == "agency":
            yield "issuer", text
