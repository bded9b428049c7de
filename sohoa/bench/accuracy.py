"""`sohoa bench accuracy`: scans read as in the main job, measured against their truth, in comparable groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

from pipeline.digitize import Watcher
from schemas.model import Value
from schemas.settings import Settings
from sohoa import console
from sohoa.bench.score import Accuracy, PaperScore, score, summary
from sohoa.bench.truth import Truth, truths_in
from sohoa.extracting import extract_files

COLUMNS = (
    "",
    "papers",
    "type",
    "fields",
    "exact",
    "accepted",
    "by hand",
    "silent (95 % bound)",
    "invented",
    "CER",
    "tones",
    "digits",
    "turned",
    "tilt p95",
    "worst",
)
"""Type accuracy; exact and accepted ones of the printed fields; how many were accepted of those written by hand; silent
errors; character error rate, how much of it is tone marks, digits that were lost; pages turned right, degrees of tilt
that were left.
"""
LEVELS = ("clean", "office", "hard", "real")


class Row(Value):
    """How well one group of papers was read."""

    group: Literal["all", "level", "type", "type and level", "field"]
    """The last two are parts of one type."""
    document_type: str | None = None
    name: str
    accuracy: Accuracy


def scans_in(folders: Sequence[Path]) -> dict[Path, tuple[Truth, ...]]:
    """Return what is known of every scan in some folders.

    Raises:
        ProblemError: `truth-missing`, `file-missing`.
    """
    return {path: papers for folder in folders for path, papers in truths_in(folder).items()}


def measure(truths: Mapping[Path, tuple[Truth, ...]], settings: Settings, watcher: Watcher) -> Iterator[PaperScore]:
    """Read the scans and yield the score of each paper; of a refused scan nothing was read, and it is said.

    Raises:
        ProblemError: a program is missing.
    """
    documents = extract_files(list(truths), settings, watcher)
    for path, found in groupby(documents, lambda document: document.file):
        read = list(found)
        for document in read:
            if document.problem is not None:
                console.print_problem(document.problem)
        yield from score(truths[Path(path)], [each for each in read if each.status == "ok"])


def table(papers: Iterable[PaperScore]) -> list[Row]:
    """Return the accuracy of all papers, of each level, type, type at each level, and field of each type."""
    papers = list(papers)
    levels = sorted({paper.level for paper in papers}, key=lambda level: (*LEVELS, level).index(level))
    types = sorted({paper.document_type for paper in papers})
    rows = [Row(group="all", name="all", accuracy=summary(papers))]
    rows += [
        Row(group="level", name=level, accuracy=summary(p for p in papers if p.level == level)) for level in levels
    ]
    for type_ in types:
        of_type = [paper for paper in papers if paper.document_type == type_]
        rows.append(Row(group="type", document_type=type_, name=type_, accuracy=summary(of_type)))
        rows += [
            Row(group="type and level", document_type=type_, name=level, accuracy=summary(here))
            for level in levels
            if (here := [paper for paper in of_type if paper.level == level])
        ]
        names = dict.fromkeys(each.name for paper in of_type for each in paper.fields)
        rows += [Row(group="field", document_type=type_, name=name, accuracy=summary(of_type, name)) for name in names]
    return rows


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as people read it, under `COLUMNS`."""
    found = row.accuracy
    bound = "" if found.silent_upper_bound is None else f" (≤ {found.silent_upper_bound:.2%})"
    indent = {"field": "    ", "type and level": "  "}.get(row.group, "")
    return (
        indent + row.name,
        str(found.papers),
        _percent(found.type_accuracy),
        str(found.fields),
        _percent(found.field_exact),
        _percent(found.accepted_share),
        f"{found.handwritten_accepted}/{found.handwritten}" if found.handwritten else "–",
        f"{found.silent_errors}/{found.accepted}{bound}",
        str(found.invented),
        _percent(found.cer, digits=2),
        _percent(found.tone_error_share, digits=0),
        _percent(found.digit_error_rate, digits=2),
        _percent(found.rotation_accuracy),
        _degrees(found.skew_p95),
        _degrees(found.skew_worst),
    )


def _percent(share: float | None, *, digits: int = 1) -> str:
    return "–" if share is None else f"{share:.{digits}%}"


def _degrees(angle: float | None) -> str:
    return "–" if angle is None else f"{angle:.2f}°"
