"""Tables for analysis: how much there is, by month, unit, procedure and type of paper.

Every row counts. None names a person, a paper, a dossier or who worked on it, not even by a key: whoever knows such a
key from elsewhere could join it.
"""

from typing import ClassVar

from pydantic import Field as Constraint

from schemas.lookup import Basis
from schemas.model import Value
from schemas.record import RecordStatus
from schemas.score import Month, Unit
from schemas.submission import DocumentTypeCode, ProcedureCode


class Row(Value):
    """A row of one of the tables."""

    table: ClassVar[str]
    """What the table is called."""

    month: Month
    edition: int = Constraint(ge=1)
    """How often this month was written with other numbers until then; the last edition counts."""


class DossiersRow(Row):
    """What was done with the dossiers of a unit and a procedure, as the national portal was told."""

    table = "dossiers"

    unit: Unit
    procedure: ProcedureCode
    received: int
    digitised: int
    reused: int
    from_store: int
    finished: int
    with_result: int


class ScoreRow(Row):
    """The points of a unit, and of everything below it, for one indicator of QĐ 766/QĐ-TTg."""

    table = "score"

    unit: Unit | None
    """None: everybody."""
    code: str
    """What the portal's interface calls the indicator."""
    numerator: int | None
    denominator: int | None
    rate: float | None
    points: float | None
    most: float


class LookupsRow(Row):
    """How often a type of paper was looked up for a procedure, on dossiers of a unit."""

    table = "lookups"

    unit: Unit | None
    """None: of acts without a dossier, such as those of the national look-up."""
    procedure: ProcedureCode | None
    """None: of acts that name none."""
    legal_basis: Basis | None
    document_type: DocumentTypeCode | None
    """None: of acts that asked for all types together."""
    lookups: int
    found: int
    """Of these, with an answer that can stand in for paper."""


class RecordsRow(Row):
    """How many records are what they are since a month (UTC): since their last version was made."""

    table = "records"

    document_type: DocumentTypeCode | None
    status: RecordStatus
    backfill: bool
    records: int


class Exported(Value):
    """One table of one month, in the object store."""

    table: str
    month: Month
    edition: int
    rows: int
    new: bool
    """Whether it was written now; otherwise it stood there already."""
    key: str
