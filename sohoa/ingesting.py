"""`sohoa ingest` and `sohoa reconcile`: scans become submissions, a flow runs them, and they are told of."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from flows.acts import seal_acts
from flows.evidence import preserve
from flows.house import House
from flows.incoming import check_again
from flows.intake import receive
from flows.keyring import Keyring
from flows.levels import raise_signatures
from flows.orchestrator import orchestrator
from flows.progress import watched_by
from flows.reviewing import finish_all
from schemas.digest import Sha256
from schemas.outcome import DocumentOutcome, Outcome
from schemas.problem import (
    BAD_REQUEST,
    FILE_EMPTY,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    FOLDER_EMPTY,
    Problem,
    ProblemError,
)
from schemas.report import Ingestion
from schemas.settings import Settings
from schemas.submission import Manifest, SubmittedFile
from sohoa import console
from storage.rebuild import catch_up

_SCANS = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})


def ingest_files(
    paths: Sequence[Path], settings: Settings, *, dossier_code: str | None, procedure_code: str | None
) -> Iterator[Ingestion]:
    """Take scans in, one submission a file, and yield what became of each document, in order.

    Args:
        paths: files, and folders whose scans are taken in the order of their names.
        settings: the house to take them into.
        dossier_code: the dossier that they belong to.
        procedure_code: its procedure.

    Raises:
        ProblemError: what stops all of them; what stops one file alone stands in its `Ingestion`.
    """
    house, keyring = House.open(settings), Keyring.open(settings, _now())
    sent = [
        (path, _send(house, keyring, path, dossier_code, procedure_code)) for path in scans_in(paths, settings.home)
    ]
    submissions = [found for _, found in sent if not isinstance(found, ProblemError)]
    _run(house, submissions)
    for path, found in sent:
        if isinstance(found, ProblemError):
            yield Ingestion(file=str(path), status="refused", problem=_named(found.problem, str(path)))
        else:
            yield from _report(str(path), house.inbox.outcome(found))


def reconcile_waiting(settings: Settings) -> Iterator[Ingestion]:
    """Run every submission that has a receipt but no outcome, yield what became of each document.

    Then make the versions of records that were decided about and not made, seal the audit log and preserve.
    """
    house = House.open(settings)
    catch_up(house.inbox, house.warehouse, house.catalog)
    waiting = [submission.submission_id for submission in house.catalog.waiting()]
    _run(house, waiting)
    for submission_id in waiting:
        _, manifest = house.received(submission_id)
        yield from _report(", ".join(file.name for file in manifest.files), house.inbox.outcome(submission_id))
    if drafted := house.catalog.counts().drafted:
        console.note(f"{drafted} submissions wait to be signed at their stations (`sohoa station sign`).")
    if acts := seal_acts(house, _now):
        console.note(f"{acts} acts in the audit log were sealed.")
    if finished := finish_all(house, _now):
        console.note(f"{finished} decisions of people were carried out.")
    if raised := sum(1 for _ in raise_signatures(house, _now)):
        console.note(f"{raised} signatures of copies and records were raised to {settings.signing.level}.")
    if known := sum(1 for _ in check_again(house, _now)):
        console.note(f"More is known of the signatures of {known} files that came signed.")
    preserved = preserve(house, _now)
    if any(preserved):
        renewed = preserved.renewed + preserved.copies
        console.note(f"{preserved.proven} records have evidence now; {renewed} time-stamps were renewed.")


def scans_in(paths: Sequence[Path], home: Path) -> list[Path]:
    """Return what to take in: files that are named, scans in folders that are named, and folders that will be refused.

    Those are the ones that hold no scan, and the ones below them that cannot be opened: nothing is left out in silence.

    Args:
        paths: files and folders.
        home: a folder that is not searched, because what is in it was taken in already.
    """
    found: list[Path] = []
    others = 0
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - `Path.is_dir` raises where a folder above cannot be opened
            found.append(path)
            continue
        inside, closed = _search(path, home.resolve())
        scans = [each for each in inside if each.suffix.lower() in _SCANS]
        found += sorted(scans + closed) or [path]
        others += len(inside) - len(scans)
    if others:
        console.note(f"{others} files in the folders are not scans (PDF, TIFF, JPEG, PNG) and were left alone.")
    return found


def _search(top: Path, home: Path) -> tuple[list[Path], list[Path]]:
    """Return the files below *top* that are not hidden, and the folders that cannot be opened."""
    files: list[Path] = []
    closed: list[Path] = []
    for folder, folders, names in os.walk(top, onerror=lambda error: closed.append(Path(error.filename))):
        files += [Path(folder, name) for name in names if not name.startswith(".")]
        folders[:] = [name for name in folders if not name.startswith(".") and Path(folder, name).resolve() != home]
    return files, closed


def _send(
    house: House, keyring: Keyring, path: Path, dossier_code: str | None, procedure_code: str | None
) -> Sha256 | ProblemError:
    """Store one file as a submission; return its id, or why the file was refused at the door."""
    try:
        manifest = _manifest(house.settings, path, keyring.scanner.signer.name, dossier_code, procedure_code)
        receive(house, keyring, manifest, {manifest.files[0].sha256: path}, _now)
    except ProblemError as error:
        if error.kind in {FILE_EMPTY, FILE_MISSING, FILE_TOO_LARGE, FILE_UNREADABLE, FOLDER_EMPTY}:
            return error
        raise
    return manifest.submission_id


def _manifest(
    settings: Settings, path: Path, scanned_by: str, dossier_code: str | None, procedure_code: str | None
) -> Manifest:
    """Return the manifest for one file. Its scan time is the file's own: the same file is the same submission."""
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            os.listdir(path)  # noqa: PTH208 - raises if it cannot be opened
            raise FOLDER_EMPTY.error("no PDF, TIFF, JPEG or PNG file is in it")
        if not stat.S_ISREG(facts.st_mode):
            raise FILE_UNREADABLE.error("it is a pipe, a socket or a device")
        if facts.st_size == 0:
            raise FILE_EMPTY.error("0 bytes")
        if facts.st_size > settings.limits.file_bytes:
            raise FILE_TOO_LARGE.error(f"{facts.st_size} bytes; at most {settings.limits.file_bytes} are taken")
        with path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is nothing of this name") from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened") from error
    try:
        return Manifest(
            station=settings.station,
            scanned_by=scanned_by,
            scanned_at=datetime.fromtimestamp(int(facts.st_mtime), UTC),
            dossier_code=dossier_code,
            procedure_code=procedure_code,
            files=(
                SubmittedFile(
                    sha256=sha256, size=facts.st_size, name=os.fsencode(path.name).decode("utf-8", "replace")
                ),
            ),
        )
    except ValidationError as error:
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False))
        raise BAD_REQUEST.error(wrong) from error


def _run(house: House, submissions: Sequence[Sha256]) -> None:
    """Run the submissions that are not done yet, in a flow."""
    waiting = [each for each in dict.fromkeys(submissions) if house.inbox.outcome(each) is None]
    if not waiting:
        return
    with ExitStack() as stack:
        with console.waiting_for("Starting the orchestrator …"):
            stack.enter_context(orchestrator(house.settings))
            from flows.ingest import MOST_AT_ONCE, ingest  # Prefect reads the environment when it is imported

        progress = stack.enter_context(console.file_progress(len(waiting)))
        stack.enter_context(watched_by(progress))
        for start in range(0, len(waiting), MOST_AT_ONCE):
            ingest(waiting[start : start + MOST_AT_ONCE])


def _report(name: str, outcome: Outcome | None) -> Iterator[Ingestion]:
    if outcome is not None:
        yield from (_ingestion(name, outcome.submission_id, document) for document in outcome.documents)


def _ingestion(name: str, submission_id: Sha256, document: DocumentOutcome) -> Ingestion:
    return Ingestion(
        file=name,
        status=document.status,
        pages=document.pages,
        separators=document.separators,
        record_id=document.record_id,
        document_type=document.document_type,
        copy_sha256=document.copy_sha256,
        needs_review=document.status == "review",
        problem=document.problem and _named(document.problem, name),
        submission_id=submission_id,
    )


def _named(problem: Problem, file: str) -> Problem:
    """Return *problem* with the name under which the user knows the file."""
    return problem.model_copy(update={"file": file})


def _now() -> datetime:
    return datetime.now(UTC)
