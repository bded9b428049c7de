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
from schemas.verdict import Level, Verdict, worst


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
    held: dict[str, int] = Constraint(default_factory=dict)
    """How many objects there are in each folder of the store, of those that had their turn."""
    fewer: dict[str, int] = Constraint(default_factory=dict)
    """How many less than at the last turn: they are gone, and no second copy has them."""
    damaged: tuple[str, ...]
    """Keys of objects whose bytes have changed, or that cannot be read any more, and that could not be mended."""
    mended: tuple[str, ...] = ()
    """Keys of objects that were damaged or gone, and were put back from the second copy."""

    @property
    def is_sound(self) -> bool:
        """Whether everything is there as it was stored, by now."""
        return not self.damaged and not self.fewer


Protection = Literal[
    "signature", "record time-stamp", "copy time-stamp", "evidence", "signature of others", "key", "root"
]
"""What something can be checked by. `key`, `root`: of those that sign now, and of those that are trusted."""


class Ending(Value):
    """One thing that ends."""

    until: AwareDatetime
    protection: Protection
    because: str
    """The certificate or the algorithm that ends."""
    records: int = Constraint(ge=0)
    """How many versions of records, with their copies, cannot be checked by anything else afterwards."""
    remedy: str


class Horizon(Value):
    """`sohoa horizon`: what becomes unverifiable when, if nothing is done; the first end comes first."""

    at: AwareDatetime
    endings: tuple[Ending, ...]
    damaged: tuple[str, ...]
    """What could not be looked at, and why."""

    @property
    def exit_code(self) -> Exit:
        """23 when something is damaged, 22 when records cannot be verified any more, 0 otherwise."""
        if self.damaged:
            return Exit.INTEGRITY
        is_late = any(each.records and each.until <= self.at for each in self.endings)
        return Exit.SIGNATURE_NOT_VALID if is_late else Exit.DONE


class Missed(Value):
    """`sohoa audit misses`: papers of one type that one procedure looked for and could not reuse."""

    purpose: str
    document_type: str
    owners: int
    """How many people lacked it."""
    lookups: int
    """How often it was looked for in vain."""


class Copied(Value):
    """`sohoa store backup` and `restore`: what was not there yet."""

    objects: int
    size: int
    """Bytes."""


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
        return cls(target=target, verdict=worst(proof.verdict for proof in proofs), proofs=proofs)

    @property
    def exit_code(self) -> Exit:
        """23 when bytes are not what was stored, 22 when a signature is not valid, 0 when all is."""
        bad = [proof for proof in self.proofs if proof.verdict != "VALID"]
        if any(not proof.is_signature for proof in bad):
            return Exit.INTEGRITY
        return Exit.DONE if self.verdict == "VALID" else Exit.SIGNATURE_NOT_VALID
