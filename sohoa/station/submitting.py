"""Scans that are files already: one dossier, taken and closed in one go, beside what the scanner brings."""

from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path

from schemas.problem import FILE_MISSING, NO_PAGES, ProblemError
from schemas.submission import DossierCode, ProcedureCode
from sohoa.station.dossiers import Dossiers
from sohoa.station.status import DossierStatus


def submit(
    dossiers: Dossiers,
    paths: Sequence[Path],
    code: DossierCode,
    *,
    scanned_by: str,
    procedure: ProcedureCode | None = None,
    declared: int | None = None,
) -> DossierStatus:
    """Take *paths* as the papers of one dossier, and close it. The same again changes nothing, also after a crash.

    Raises:
        ProblemError: what is wrong with a file, or `dossier-not-ready`. What was taken stays, to be gone on with.
    """
    if not paths:
        raise NO_PAGES.error("no file was named")
    claims = {f"{code} {_digest(path)}": path for path in paths}
    if all(map(dossiers.has_taken, claims)):
        number = dossiers.newest(code)
    else:
        number = dossiers.begin(code, procedure=procedure, declared=declared).number
    for claim, path in claims.items():
        try:
            dossiers.take(claim, path, into=number)
        except ProblemError as error:
            raise error.at(file=str(path)) from error
    if declared is not None and dossiers.status(number).sequence is None:
        dossiers.declare(number, declared)
    dossiers.close(number, scanned_by=scanned_by)
    return dossiers.status(number)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is no such file", file=str(path)) from error
