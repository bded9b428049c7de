"""`sohoa calibration fit`: from labelled scans and decisions of people to a calibration."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from flows.house import House
from pipeline.calibrate.evidence import Evidence, facts_of
from pipeline.calibrate.fit import Observation, fit
from schemas.calibration import Calibration, group_of
from schemas.document_type import DocumentType, document_types
from schemas.field import Field
from schemas.page import Page
from schemas.problem import CALIBRATION_UNFIT
from schemas.record import Record
from schemas.report import Extraction
from schemas.review import was_right
from sohoa.bench.truth import Truth, same, truths_in

DECISIONS: Final = "decisions"
"""Where what people decided comes from, in the provenance of a calibration."""
LONGEST_LINE: Final = 20_000_000
"""Characters of one line of readings."""


def learn(observations: Iterable[Observation], made_at: datetime, note: str = "") -> Calibration:
    """Return the calibration that follows from what was observed.

    Raises:
        ProblemError: `calibration-unfit` if that is too little.
    """
    try:
        return fit(list(observations), made_at, note)
    except ValueError as error:
        raise CALIBRATION_UNFIT.error(str(error)) from error


def observed_in(readings: Path) -> Iterator[Observation]:
    """Yield every value in the output of `sohoa extract --json`, beside whose scans their truth stands.

    Raises:
        ProblemError: `calibration-unfit`, `truth-missing`, `file-missing`.
    """
    known: dict[Path, dict[str, tuple[Truth, ...]]] = {}
    for file, documents in groupby(_read(readings), lambda document: document.file):
        folder = Path(file).parent
        if folder not in known:
            known[folder] = {path.name: truths for path, truths in truths_in(folder).items()}
        truths = known[folder].get(Path(file).name)
        if truths is None:
            raise CALIBRATION_UNFIT.error("no truth stands beside this scan", file=file)
        yield from _compared(folder.name, Path(file).name, truths, list(documents))


def _read(readings: Path) -> Iterator[Extraction]:
    try:
        with readings.open(encoding="utf-8") as lines:
            while line := lines.readline(LONGEST_LINE):
                yield Extraction.model_validate_json(line)
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        detail = "it does not hold what `sohoa extract --json` prints"
        raise CALIBRATION_UNFIT.error(detail, file=str(readings)) from error


def _compared(
    origin: str, file: str, truths: Sequence[Truth], documents: Sequence[Extraction]
) -> Iterator[Observation]:
    begins = {min(page.number for page in each.pages): each for each in documents if each.pages}
    for truth in truths:
        found = next((begins[page.number] for page in truth.pages if page.number in begins), None)
        type_ = document_types().get(found.document_type or "") if found else None
        if found is None or type_ is None:
            continue
        pages = {page.number: page for page in found.pages}
        for name in truth.names():
            field = found.fields.get(name)
            if field is not None and field.value is not None:
                right = any(same(name, field.value, option) for option in truth.options(name))
                yield _observation(origin, f"{file}#{truth.pages[0].number}", name, field, type_, pages, right=right)


def decided_in(house: House) -> Iterator[Observation]:
    """Yield every value about which people decided, as the machine had read it."""
    for record_id, _ in groupby(house.reviews.versions(), key=lambda each: each.record_id):
        latest, read = house.warehouse.record(record_id).value, house.warehouse.record(record_id, 1).value
        yield from _decided(read, latest)


def _decided(read: Record, latest: Record) -> Iterator[Observation]:
    type_ = document_types().get(read.document_type or "")
    if type_ is None or latest.document_type != read.document_type:
        return
    pages = {page.number: page for page in read.pages}
    for name, field in read.fields.items():
        right = was_right(latest.fields[name]) if name in latest.fields else None
        if field.value is not None and right is not None:
            yield _observation(DECISIONS, read.record_id, name, field, type_, pages, right=right)


def _observation(
    origin: str, paper: str, name: str, field: Field, type_: DocumentType, pages: dict[int, Page], *, right: bool
) -> Observation:
    group = group_of(type_.spec(name).kind, field.source)
    evidence = Evidence(type_.code, group, facts_of(field, pages.get(field.page or 0)))
    return Observation(origin, paper, evidence, field.accepted or field.assessment is not None, right)
