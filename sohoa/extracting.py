"""`sohoa extract`: read only."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from pipeline.ahead import work_ahead
from pipeline.calibrate import Acceptance, calibrated
from pipeline.calibrate.source import calibration_at
from pipeline.digitize import Digitized, Watcher, digitize
from pipeline.workers import Workers
from schemas.document_type import document_types
from schemas.problem import ProblemError
from schemas.report import Extraction
from schemas.settings import Limits, Settings


def extract_files(paths: Sequence[Path], settings: Settings, watcher: Watcher) -> Iterator[Extraction]:
    """Yield what was read from each file, in order; a file that is refused does not stop the others."""
    with Workers(settings.workers, settings.limits) as workers:
        acceptance = Acceptance.after(calibration_at(settings.acceptance.calibration))
        extract = partial(_extract, workers=workers, limits=settings.limits, watcher=watcher, acceptance=acceptance)
        for documents in work_ahead(extract, paths, workers.count + 1):
            yield from documents


def _extract(
    path: Path, *, workers: Workers, limits: Limits, watcher: Watcher, acceptance: Acceptance
) -> tuple[Extraction, ...]:
    try:
        return _report(path, digitize(path, path.name, workers, limits, watcher), acceptance)
    except ProblemError as error:
        located = error.problem.model_copy(update={"file": str(path)})
        return (Extraction(file=str(path), status="rejected", problem=located),)
    finally:
        watcher.file_done()


def _report(path: Path, digitized: Digitized, acceptance: Acceptance) -> tuple[Extraction, ...]:
    pages = {reading.page.number: reading.page for reading in digitized.readings}
    if not digitized.documents:
        return (Extraction(file=str(path), status="ok", pages=tuple(pages.values())),)
    return tuple(
        Extraction(
            file=str(path),
            status="ok",
            pages=tuple(pages[number] for number in document.pages),
            separators=document.separators,
            dossier_code=document.dossier_code,
            document_type=document.document_type,
            document_type_confidence=document.document_type_confidence,
            review_reasons=document.review_reasons,
            fields=document.fields,
            text=document.text,
        )
        for document in (calibrated(each, pages, document_types(), acceptance) for each in digitized.documents)
    )
