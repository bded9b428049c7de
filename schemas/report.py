"""What the command line prints with `--json`: one object a line, the same in every version of Sohoa."""

from typing import Literal, Self

from pydantic import AwareDatetime
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.field import Field
from schemas.model import Value
from schemas.page import Page
from schemas.problem import Exit, Problem
from schemas.record import RecordId
from schemas.verdict import Level, Verdict


class Extraction(Value):
    """`sohoa extract`: one document that was found in a file, or the reason why the file was refused."""

    file: str
    status: Literal["ok", "rejected"]
    problem: Problem | None = None
    pages: tuple[Page, ...] = ()
    """The pages of this document; all pages of the file where it holds none."""
    separators: tuple[int, ...] = ()
    """Numbers of the separator pages before it, or behind the last document: they belong to none."""
    dossier_code: str | None = None
    """What the separator says that it lies behind."""
    document_type: str | None = None
    document_type_confidence: float = Constraint(default=0, ge=0, le=1)
    review_reasons: tuple[str, ...] = ()
    """Why a person has to look, as `code:field`; empty when nobody has to."""
    fields: dict[str, Field] = Constraint(default_factory=dict)
    text: str = ""


class Ingestion(Value):
    """`sohoa ingest`: what became of one document."""

    file: str
    status: Literal["stored", "review", "duplicate", "refused"]
    pages: tuple[int, ...] = ()
    """Numbers of its pages in the file."""
    separators: tuple[int, ...] = ()
    """Numbers of the separator pages before it, or behind the last document: they belong to none."""
    record_id: RecordId | None = None
    document_type: str | None = None
    copy_sha256: Sha256 | None = None
    needs_review: bool = False
    problem: Problem | None = None
    submission_id: Sha256 | None = None


class Finding(Value):
    """`sohoa doctor`: one thing that was looked at."""

    name: str
    state: Literal["good", "warning", "bad"]
    detail: str
    remedy: str = ""
    exit_code: Exit = Exit.DONE


class StorePromise(Value):
    """One promise of an object store, and whether it was kept."""

    check: str
    ok: bool
    detail: str
    needed: bool = True
    """False: work can go on without it."""


class StoreCheck(Value):
    """`sohoa store check`: what was found out about an object store; it is kept there too."""

    at: AwareDatetime
    server: str
    """What the server says that it is."""
    promises: tuple[StorePromise, ...]

    @property
    def exit_code(self) -> Exit:
        """24 when a promise is broken that is needed."""
        broken = any(each.needed and not each.ok for each in self.promises)
        return Exit.STORAGE_CONTRACT if broken else Exit.DONE


class Fixity(Value):
    """`sohoa fixity`: what was read again, and what is not what was stored any more."""

    at: AwareDatetime
    days: int = Constraint(ge=1)
    """In how many days everything is read; this is the part of one day."""
    objects: int
    size: int
    """Sound bytes."""
    damaged: tuple[str, ...]
    """Keys of objects whose bytes have changed, or that cannot be read any more."""


class Missed(Value):
    """`sohoa audit misses`: papers of one type that one procedure looked for and could not reuse."""

    purpose: str
    document_type: str
    owners: int
    """How many people lacked it."""
    lookups: int
    """How often it was looked for in vain."""


class Proof(Value):
    """`sohoa verify`: one thing that was checked."""

    subject: str
    """What it is about: `copy`, `copy signature 1`, `record`, `record signature`."""
    verdict: Verdict
    detail: str
    is_signature: bool = False
    level: Level | None = None
    """The level that a valid signature reaches."""


class Verification(Value):
    """`sohoa verify`: everything that was checked about a file or a record."""

    target: str
    verdict: Verdict
    proofs: tuple[Proof, ...]

    @classmethod
    def of(cls, target: str, proofs: tuple[Proof, ...]) -> Self:
        """Return the verdict over *proofs*: the worst counts, and nothing checked is nothing proven."""
        verdicts = {proof.verdict for proof in proofs}
        order: tuple[Verdict, ...] = ("INVALID", "INDETERMINATE", "VALID")
        worst: Verdict = next((verdict for verdict in order if verdict in verdicts), "INDETERMINATE")
        return cls(target=target, verdict=worst, proofs=proofs)

    @property
    def exit_code(self) -> Exit:
        """23 when bytes are not what was stored, 22 when a signature is not valid, 0 when all is."""
        bad = [proof for proof in self.proofs if proof.verdict != "VALID"]
        if any(not proof.is_signature for proof in bad):
            return Exit.INTEGRITY
        return Exit.DONE if self.verdict == "VALID" else Exit.SIGNATURE_NOT_VALID
