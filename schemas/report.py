"""What the command line prints with `--json`: one object a line, the same in every version of Sohoa."""

from typing import Literal

from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.field import Field
from schemas.model import Value
from schemas.page import Page
from schemas.problem import Problem
from schemas.record import RecordId


class Extraction(Value):
    """`sohoa extract`: one document that was found in a file, or the reason why the file was refused."""

    file: str
    status: Literal["ok", "rejected"]
    problem: Problem | None = None
    pages: tuple[Page, ...] = ()
    document_type: str | None = None
    document_type_confidence: float = Constraint(default=0, ge=0, le=1)
    fields: dict[str, Field] = Constraint(default_factory=dict)
    text: str = ""


class Ingestion(Value):
    """`sohoa ingest`: what became of one document."""

    file: str
    status: Literal["stored", "review", "duplicate", "refused"]
    record_id: RecordId | None = None
    document_type: str | None = None
    copy_sha256: Sha256 | None = None
    needs_review: bool = False
    problem: Problem | None = None
    submission_id: Sha256 | None = None
