"""What became of a submission. It has no clock in it: processing the same submission again writes the same bytes."""

from typing import Literal

from schemas.digest import Sha256
from schemas.legibility import PageFaults
from schemas.model import Value
from schemas.problem import Problem
from schemas.record import RecordId


class DocumentOutcome(Value):
    """What became of one document, or of a file in which no document was found."""

    file_sha256: Sha256
    status: Literal["stored", "review", "duplicate", "refused"]
    """`duplicate`: the same pages were already stored by an earlier submission, under `record_id`."""
    pages: tuple[int, ...] = ()
    """Numbers of its pages in the file; none where the file was refused."""
    separators: tuple[int, ...] = ()
    """Numbers of the separator pages before it, or behind the last document: they belong to none."""
    record_id: RecordId | None = None
    document_type: str | None = None
    copy_sha256: Sha256 | None = None
    faults: tuple[PageFaults, ...] = ()
    """Its pages that should be scanned once more."""
    problem: Problem | None = None


class Outcome(Value):
    """What became of every file of a submission, in its order."""

    submission_id: Sha256
    documents: tuple[DocumentOutcome, ...]
