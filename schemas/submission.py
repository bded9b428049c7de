"""What a station sends in one go, and the proof that it is stored."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, StringConstraints
from pydantic import Field as Constraint

from schemas.digest import Sha256, sha256_hex
from schemas.model import Value

StationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
"""Lower-case letters, digits and hyphens, 2 to 63 long: it becomes a segment of object keys."""

DOSSIER_CODE = r"(\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(\.[0-9A-Z]{1,3}){0,5})-\d{6}-\d{4,6}"
"""Regular expression of a dossier code and nothing around it."""

DossierCode = Annotated[str, StringConstraints(pattern=rf"^{DOSSIER_CODE}$")]
"""Mã hồ sơ in the old agency coding (TT 01/2018 art. 19), `000.00.04.H40-230414-0002`, or the new one,
`H40.12-260331-0007`."""

ProcedureCode = Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}(\.[0-9A-Z.]{1,20})?$")]
"""Mã TTHC, such as `1.001193`."""


def _in_whole_minutes(moment: datetime) -> datetime:
    offset = moment.utcoffset() or timedelta()
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time before the year 1 or after the year 9999 in UTC") from None
    return in_utc if offset % timedelta(minutes=1) else moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_whole_minutes)]
"""A time with its offset, in the years 1 to 9999 of UTC too. RFC 3339 writes offsets in whole minutes; old local times
that have seconds become UTC."""


DocumentTypeCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,62}$")]
"""As the files of `schemas/document_types/` are named."""

ScanReason = Literal[
    "already_in_db", "already_electronic", "present_only", "internal_opinion", "photocopy_submitted", "secret",
    "in_scope_a", "in_scope_b", "in_scope_c", "in_scope_d",
]  # fmt: skip
"""Why a paper of a dossier is not scanned (TT 01/2023/TT-VPCP art. 4, TT 03/2025 art. 5), or why it is: result of an
earlier procedure (a), demanded by the law of its sector (b), listed by the province (c), asked for by its owner (d)."""


class ScanDecision(Value):
    """Whether one paper of a dossier is scanned, and why: decided at the counter."""

    document_type: DocumentTypeCode
    reason: ScanReason

    @property
    def scanned(self) -> bool:
        """Whether it is."""
        return self.reason.startswith("in_scope")


class SubmittedFile(Value):
    """One file of a submission. Its bytes are known by their hash; the name is only for people."""

    sha256: Sha256
    size: int = Constraint(ge=0)
    name: str = Constraint(max_length=255)


REVIEW_STATION = "review"
"""Under whose name a file comes in again whose pages a reviewer grouped in another way."""


class Grouping(Value):
    """How a person says that the pages of a file make up papers, where it was understood otherwise before."""

    of: Sha256
    """The submission in which it was."""
    papers: tuple[tuple[int, ...], ...] = Constraint(min_length=1, max_length=1000)
    """Numbers of the pages of each."""
    who: str = Constraint(max_length=200)
    """As in their decisions."""


class Manifest(Value):
    """What was sent: by which station, for which dossier, scanned by whom and when, and the files in order."""

    station: StationId
    scanned_by: str = Constraint(min_length=1, max_length=200)
    """Name of the person who scanned, as their certificate says."""
    scanned_at: Moment
    dossier_code: DossierCode | None = None
    procedure_code: ProcedureCode | None = None
    files: tuple[SubmittedFile, ...] = Constraint(min_length=1)
    decisions: tuple[ScanDecision, ...] = Constraint(default=(), exclude_if=lambda decisions: not decisions)
    """What was decided about papers of the dossier; left out where nothing was, so that ids stay what they were."""
    keyed: Sha256 | None = Constraint(default=None, exclude_if=lambda keyed: keyed is None)
    """The hash of what was keyed from the file (`KeyedRow`), which is kept like a file. Only a backfill sends this.

    It is left out where there is none: the ids of all other submissions are what they always were."""

    grouping: Grouping | None = Constraint(default=None, exclude_if=lambda grouping: grouping is None)
    """Only of a file that comes in again after a review; left out everywhere else, as `keyed` is."""

    @property
    def submission_id(self) -> Sha256:
        """The SHA-256 of the canonical manifest: the same sending always has the same id."""
        return sha256_hex(self.canonical_bytes())


class RefusedFile(Value):
    """A file that was received and is kept, but is no scan that can be worked with."""

    sha256: Sha256
    problem: str = Constraint(max_length=100)
    """The `type` of the problem."""


class Receipt(Value):
    """The proof that a submission is stored: one for a submission, ever, its canonical bytes signed detached."""

    submission_id: Sha256
    station: StationId
    scanned_at: Moment
    received_at: Moment
    files: tuple[Sha256, ...]
    refused: tuple[RefusedFile, ...] = ()
    """Files that a person at the station has to look at: they are here, but nothing will come of them."""

    @classmethod
    def of(cls, manifest: Manifest, received_at: datetime, refused: tuple[RefusedFile, ...] = ()) -> "Receipt":
        """Return the receipt for *manifest*, naming every file."""
        return cls(
            submission_id=manifest.submission_id,
            station=manifest.station,
            scanned_at=manifest.scanned_at,
            received_at=received_at,
            files=tuple(file.sha256 for file in manifest.files),
            refused=refused,
        )
