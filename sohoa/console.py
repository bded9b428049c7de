"""What a person or a program sees: data on stdout, everything else on stderr, bars only on a terminal."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from schemas.document_type import document_types
from schemas.explanation import ExplainedField, Explanation
from schemas.field import Field
from schemas.linkage import Candidate, Weight
from schemas.lookup import FoundRecord, LookupAnswer
from schemas.model import Value
from schemas.problem import Problem
from schemas.record import BARS, REASONS, Amended, Owner, Record
from schemas.report import Extraction, Finding, Ingestion, StoreCheck, Verification
from schemas.search import SearchAnswer

_PIPE_WIDTH = 200
_is_terminal = sys.stdout is not None and sys.stdout.isatty()  # None: the stream was closed before we were started
_out = Terminal(highlight=False, emoji=False, soft_wrap=True, width=None if _is_terminal else _PIPE_WIDTH)
_err = Terminal(stderr=True, highlight=False, emoji=False, soft_wrap=True)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def shown(text: str, *, keep: str = "") -> str:
    """Return *text* with control characters written out: what others wrote must not steer the reader's terminal."""
    return _CONTROLS.sub(lambda found: found[0] if found[0] in keep else f"\\x{ord(found[0]):02x}", text)


def print_json(value: Value | dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    data = value.model_dump(mode="json") if isinstance(value, Value) else value
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a line for a person, as data."""
    _out.print(shown(text, keep="\n"), markup=False)


def note(text: str) -> None:
    """Print a line about what is going on, beside the data."""
    _err.print(shown(text, keep="\n"), markup=False)


def print_problem(problem: Problem) -> None:
    """Tell a person what is wrong, where, and what to do about it."""
    where = (f"{problem.file}: " if problem.file else "") + (f"page {problem.page}: " if problem.page else "")
    _err.print(shown(f"{where}{problem.title}: {problem.detail}"), markup=False, style="red")
    _err.print(shown(f"  What to do: {problem.remedy}"), markup=False)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table for a person."""
    table = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    _out.print(table)


def print_fields(fields: dict[str, Field]) -> None:
    """Print fields with how sure we are; what a person has to look at is marked."""
    rows = (
        (
            name,
            "–" if field.value is None else str(field.value),
            f"{field.confidence:.0%}",
            "" if field.accepted else "?",
        )
        for name, field in fields.items()
    )
    print_table("", ("field", "value", "sure", ""), rows)


class FileProgress:
    """A progress bar over files and their pages, with the time that is left. Silent where there is no terminal."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = progress.add_task("files", total=files)
        self._pages = progress.add_task("pages", total=None)
        self._found = 0

    def pages_found(self, count: int) -> None:
        """Say that a file with *count* pages was admitted."""
        self._found += count
        self._progress.update(self._pages, total=self._found)

    def page_read(self) -> None:
        """Say that a page was read."""
        self._progress.advance(self._pages)

    def file_done(self) -> None:
        """Say that a file is done or was refused."""
        self._progress.advance(self._files)


def _bars() -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal)


@contextmanager
def file_progress(files: int) -> Iterator[FileProgress]:
    """Show progress over *files* files while the block runs."""
    with _bars() as progress:
        yield FileProgress(progress, files)


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show progress over so many things while the block runs; it calls what it is given once for each."""
    with _bars() as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Show that something takes a while, on a terminal."""
    if not _err.is_terminal:
        yield
        return
    with _err.status(what):
        yield


def print_extraction(document: Extraction) -> None:
    """Show what was read from a file."""
    pages = ", ".join(
        f"{page.number}: {'blank' if page.blank else f'turned {page.rotation}°, straightened {page.skew_degrees:.2f}°'}"
        for page in document.pages
    )
    sure = f"{document.document_type_confidence:.0%}"
    say(f"{document.file}: {document.document_type or 'unknown type'} ({sure} sure); pages {pages}")
    if document.separators:
        behind = f"dossier {document.dossier_code}" if document.dossier_code else "dossier code not read"
        say(f"separator pages {', '.join(map(str, document.separators))}: {behind}")
    print_fields(document.fields)
    say("")


def print_ingestion(document: Ingestion) -> None:
    """Show what became of a document, on a line."""
    said = {
        "stored": "stored",
        "review": "stored, waits for review",
        "duplicate": "was stored already",
        "refused": "refused",
    }
    pages = f" · pages {', '.join(map(str, document.pages))}" if document.pages else ""
    type_ = document.document_type or "unknown type"
    say(f"{document.file}{pages}: {said[document.status]} · {type_} · {document.record_id}")


def print_answer(answer: LookupAnswer) -> None:
    """Show the records of an owner."""
    rows = (
        (
            found.record_id,
            found.document_type or "unknown",
            _reusable(found),
            f"{found.valid_from or '…'} – {found.valid_to or '…'}",
        )
        for found in answer.records
    )
    known = f", as known at {answer.known_at:%Y-%m-%d %H:%M:%S %Z}" if answer.known_at else ""
    title = f"{len(answer.records)} records on {answer.valid_on}{known}"
    print_table(title, ("record", "type", "reusable", "valid"), rows)


def print_found(answer: SearchAnswer) -> None:
    """Show what a search found."""
    rows = (
        (
            found.record_id,
            found.document_type or "unknown",
            found.status,
            f"{found.valid_from or '…'} – {found.valid_to or '…'}",
            found.dossier_code or "",
        )
        for found in answer.records
    )
    print_table(f"{len(answer.records)} records", ("record", "type", "status", "valid", "dossier"), rows)
    if answer.after is not None:
        note(f"There are more: --after {answer.after}")


def _reusable(found: FoundRecord) -> str:
    if found.reusable:
        return "yes"
    instead = f"; use {found.superseded_by}" if found.superseded_by else ""
    return f"no: {', '.join(found.reasons)}{instead}"


def in_words(made: Amended) -> str:
    """Return what was done to a record after the fact, in words."""
    what = BARS.get(made.act, "reinstated") if made.act != "correct" else f"correction of {', '.join(made.fields)}"
    by = f" by {made.superseded_by}" if made.superseded_by else ""
    basis = " ".join(filter(None, [made.legal_basis.code, made.legal_basis.text]))
    said = f"{what}{by} from {made.effective} on: {REASONS[made.act][made.reason]}; {basis}"
    return f"{said}; {made.who}, {made.at:%Y-%m-%d %H:%M:%S %Z}"


def print_record(record: Record) -> None:
    """Show a record."""
    owners = ", ".join(
        f"{owner.role}: {owner.name or 'unknown'} {owner.identifier or ''}".strip() for owner in record.owners
    )
    facts = [
        ("record", f"{record.record_id}, version {record.version}"),
        ("type", record.document_type or "unknown"),
        ("status", record.status + (f" ({', '.join(record.review_reasons)})" if record.review_reasons else "")),
        *(("amended", in_words(each)) for each in record.amendments),
        ("owners", owners or "–"),
        ("valid", f"{record.valid_from or '…'} – {record.valid_to or '…'}"),
        ("copy", f"{record.copy_.sha256} ({record.copy_.size} bytes{', as it came' if record.copy_.original else ''})"),
        ("made", f"{record.created_at:%Y-%m-%d %H:%M:%S %Z} by tesseract {record.engine.tesseract}"),
    ]
    print_table("", ("", ""), facts)
    type_ = document_types().get(record.document_type or "")
    known = [name for name in type_.fields if name in record.fields] if type_ else []
    print_fields({name: record.fields[name] for name in (*known, *sorted(record.fields.keys() - known))})


_MARKS = {"good": "✓", "warning": "!", "bad": "✗", "VALID": "✓", "INDETERMINATE": "?", "INVALID": "✗"}


def print_finding(finding: Finding) -> None:
    """Show one thing that was looked at, and what to do about it."""
    say(f"{_MARKS[finding.state]} {finding.name}: {finding.detail}")
    if finding.remedy:
        say(f"    What to do: {finding.remedy}")


def print_store_check(result: StoreCheck) -> None:
    """Show which promises a store keeps."""
    say(f"{result.server}, {result.at:%Y-%m-%d %H:%M:%S %Z}")
    for promise in result.promises:
        mark = _MARKS["good" if promise.ok else "bad" if promise.needed else "warning"]
        say(f"{mark} {promise.check}: {promise.detail}")


def print_verification(report: Verification) -> None:
    """Show everything that was checked."""
    say(f"{report.target}: {report.verdict}")
    for proof in report.proofs:
        say(f"  {_MARKS[proof.verdict]} {proof.subject}: {proof.detail}")


_SOURCES = {
    "ocr": "read from the page",
    "qr": "from the QR code",
    "mrz": "from the machine-readable zone",
    "keyed": "keyed",
}
_ACTS = {"confirm": "confirmed", "correct": "corrected", "unreadable": "called unreadable"}
_CAUSES = {"read": "read from the scan", "review": "reviewed", "match": "matched with a registry"}


def print_explanation(found: Explanation) -> None:
    """Tell a person what a record rests on."""
    say(f"Record {found.record_id}, version {found.version}: {found.title or 'of unknown type'}")
    can = "can replace paper" if found.reusable else f"cannot replace paper: {', '.join(found.reasons)}"
    say(f"On {found.on} it {can}. Valid {found.valid_from or '…'} – {found.valid_to or '…'}. {found.validity}")
    pages = ", ".join(map(str, found.pages))
    say(f"Read by tesseract {found.engine.tesseract} ({found.engine.language}), page {pages} of {found.file_sha256},")
    say(f"submission {found.submission_id}, {f'dossier {found.dossier_code}' if found.dossier_code else 'no dossier'}.")
    for owner in found.owners:
        _explain_owner(owner)
    for field in found.fields:
        _explain(field)
    say("\nVersions")
    for version in found.versions:
        said = _CAUSES.get(version.cause, "") if version.amendment is None else in_words(version.amendment)
        by = f" by {version.who}" if version.who and version.amendment is None else ""
        changed = f"; now says something else: {', '.join(version.changed)}" if version.changed else ""
        waits = f"; waits for a person: {', '.join(version.review_reasons)}" if version.review_reasons else ""
        instead = f"; in its place stands {', '.join(version.replaced_by)}" if version.replaced_by else ""
        when = f"{version.sealed_at:%Y-%m-%d %H:%M:%S %Z}"
        say(f"  {version.version}, sealed {when}: {said}{by}{changed}{instead}{waits}")
    say("\nSignatures")
    for proof in found.signatures:
        say(f"  {_MARKS[proof.verdict]} {proof.subject}: {proof.detail}")


def _explain_owner(owner: Owner) -> None:
    say(f"\n{owner.role}: {owner.name or 'no name'}, {owner.identifier or 'identifier not known'}")
    if owner.link is not None and owner.link.by == "people":
        say(f"  two people said so, {owner.link.at:%Y-%m-%d %H:%M:%S %Z}")
    elif owner.link is not None:
        link = owner.link
        say(f"  {link.registry} of {link.as_of}: {link.probability:.4%} sure, weights {link.weights}")
        say(f"  {weighed(link.evidence)}")


def weighed(evidence: Sequence[Weight]) -> str:
    """Return what spoke for somebody, and against, in bits: ten make it a thousand times likelier."""
    return ", ".join(f"{each.comparison} {each.level}".strip() + f" {each.bits:+.1f}" for each in evidence)


def print_candidates(role: str, found: Sequence[Candidate]) -> None:
    """Show who may be meant by an owner, the likeliest first, and why."""
    say(f"{role}: {'nobody' if not found else ''}")
    for each in found:
        person = each.registered.person
        parents = " and ".join(filter(None, (person.mother, person.father))) or "unknown parents"
        said = f"{person.name}, born {person.birth}, of {parents}; {'; '.join(person.places)}"
        say(f"  {each.registered.identifier.digits}  {each.probability:.2%}  {said}")
        say(f"    {weighed(each.weights)}")


def _explain(field: ExplainedField) -> None:
    value = "no value" if field.value is None else str(field.value)
    waits = f", waits for a person: {', '.join(field.waits_for)}" if field.waits_for else ""
    accepted = "accepted" if field.accepted else "not accepted"
    label = f" ({field.label})" if field.label != field.name else ""
    say(f"\n{field.name}{label}: {value}")
    where = f", page {field.page}" if field.page else ""
    if field.box:
        where += f" at {field.box.x},{field.box.y}, {field.box.w} × {field.box.h} pixels"
    say(f"  {accepted}, {field.confidence:.0%} sure, {_SOURCES[field.source]}{where}{waits}")
    if (judged := field.assessment) is not None:
        lot = "; drawn by lot for a person to look at" if judged.sampled else ""
        say(f"  right with {judged.probability:.2%} as read, {judged.needed:.2%} needed ({judged.stratum}){lot}")
    for candidate in field.candidates:
        say(f"  {candidate.source}: {candidate.text}")
    for check in field.checks:
        detail = f" ({check.detail})" if check.detail else ""
        say(f"  {'✓' if check.passed else '✗'} {check.name}: {check.meaning}{detail}")
    for word in field.decisions:
        change = f" from {word.before} to {word.after}" if word.act == "correct" else ""
        why = f", {' '.join(filter(None, [word.reason, word.legal_basis]))}" if word.reason or word.legal_basis else ""
        said = f"{word.who} {_ACTS[word.act]} version {word.version}{change}{why}"
        say(f"  {said}, {word.at:%Y-%m-%d %H:%M:%S %Z}")
