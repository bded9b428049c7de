"""How a dossier ends: its scans become the files of a submission, and that goes into the journal."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.digest import Sha256
from schemas.problem import FILE_TOO_LARGE, TOO_MANY_PAGES
from schemas.settings import Limits
from schemas.station import SignedEntry
from schemas.submission import Manifest, ScanDecision, StationId, SubmittedFile
from sohoa.station import journal, pictures
from sohoa.station.vault import Draft, Vault


class File(NamedTuple):
    """One file of a submission that is being made."""

    name: str
    """Its number alone: what the scanning software called it may be somebody's name."""
    sha256: Sha256
    size: int
    kept: str
    """Its name in the vault."""


def files_of(scans: Sequence[sqlite3.Row], vault: Vault, limits: Limits, drafts: list[Draft]) -> Iterator[File]:
    """Yield the files of a submission: pictures of one paper become one file, every other scan stays as it is.

    Args:
        scans: rows of the ledger, in order.
        vault: where their bytes are.
        limits: of what the server takes as one file.
        drafts: is given every file that is made.

    Raises:
        ProblemError: `file-too-large`, `too-many-pages` or `file-damaged` when pictures cannot be made one file.
    """
    for position, (_, group) in enumerate(groupby(scans, key=_paper), 1):
        paper = list(group)
        if len(paper) == 1:
            [scan] = paper
            name = f"{position:03}.{pictures.SUFFIXES[scan['media']]}"
            yield File(name, scan["sha256"], scan["size"], scan["file"])
            continue
        if len(paper) > limits.pages:
            raise TOO_MANY_PAGES.error(f"{len(paper)} pictures of one paper; `sohoa station paper` parts papers")
        if sum(scan["size"] for scan in paper) > limits.file_bytes:
            raise FILE_TOO_LARGE.error(f"{len(paper)} pictures of one paper; `sohoa station paper` parts papers")
        content = pictures.as_one_file([_read(vault, scan["file"]) for scan in paper])
        draft = vault.draft([content])
        drafts.append(draft)
        yield File(f"{position:03}.pdf", draft.sha256, draft.size, draft.name)


def write_down(
    ledger: sqlite3.Connection,
    number: int,
    files: Sequence[File],
    *,
    station: StationId,
    scanned_by: str,
    key: Ed25519PrivateKey,
    written_at: datetime,
) -> None:
    """Put a dossier into the journal. To be called in a transaction: the next number of the journal is taken there."""
    facts = ledger.execute(
        "SELECT code, procedure, declared, MAX(scanned_at) AS scanned_at, SUM(pages) AS pages"
        " FROM dossier JOIN scan ON scan.dossier = dossier.number WHERE dossier.number = ?",
        (number,),
    ).fetchone()
    manifest = Manifest(
        station=station,
        scanned_by=scanned_by,
        scanned_at=facts["scanned_at"],
        dossier_code=facts["code"],
        procedure_code=facts["procedure"],
        files=tuple(SubmittedFile(sha256=file.sha256, size=file.size, name=file.name) for file in files),
        decisions=decisions_of(ledger, number),
    )
    last = ledger.execute("SELECT entry FROM submission ORDER BY sequence DESC LIMIT 1").fetchone()
    entry = journal.next_entry(
        SignedEntry.model_validate_json(last["entry"]).entry if last else None,
        manifest,
        written_at=written_at,
        scanned=facts["pages"],
        declared=facts["declared"],
    )
    ledger.execute(
        "INSERT INTO submission (sequence, dossier, submission_id, entry, manifest) VALUES (?, ?, ?, ?, ?)",
        (
            entry.sequence, number, entry.submission_id,
            journal.signed(entry, key).model_dump_json(), manifest.model_dump_json(),
        ),
    )  # fmt: skip
    ledger.executemany(
        "INSERT INTO sent_file (sequence, position, sha256, file) VALUES (?, ?, ?, ?)",
        [(entry.sequence, position, file.sha256, file.kept) for position, file in enumerate(files)],
    )
    ledger.execute("UPDATE current_dossier SET number = NULL WHERE number = ?", (number,))


def decisions_of(ledger: sqlite3.Connection, number: int) -> tuple[ScanDecision, ...]:
    """Return what was decided about the papers of a dossier."""
    rows = ledger.execute(
        "SELECT document_type, reason FROM decision WHERE dossier = ? ORDER BY document_type", (number,)
    )
    return tuple(ScanDecision(document_type=row["document_type"], reason=row["reason"]) for row in rows)


def _paper(scan: sqlite3.Row) -> tuple[bool, int]:
    """Return what pictures of one paper have in common, and no other scan has."""
    return (True, scan["paper"]) if scan["is_picture"] else (False, scan["id"])


def _read(vault: Vault, name: str) -> bytes:
    with vault.open(name) as file:
        return file.read()
