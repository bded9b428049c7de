"""From a receipt to an outcome: each submission is read, sealed and stored, and it is written down what became of it.

Every step finds what an earlier, interrupted attempt left and goes on from there, so any of them may be killed and run
again: what a clock or a signature goes into is decided once, by the first attempt that stored it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.accepting import acceptance
from flows.claims import Issuing
from flows.house import House
from flows.incoming import first_look
from flows.keyring import Keyring
from flows.matching import Matcher, match, matcher_or_none
from flows.meters import Lane, Meters, lane_of
from flows.regrouping import replace_regrouped
from flows.reviewing import replace_rescanned
from flows.traces import Passage
from pipeline.ahead import work_ahead
from pipeline.calibrate import Acceptance, calibrated, with_sample
from pipeline.digitize import Digitized, Watcher, digitize, settled
from pipeline.prepare import faults_among
from pipeline.read import engine
from pipeline.seal import UnsignedCopy, make_copy
from pipeline.understand import Understood, with_keyed
from pipeline.workers import Workers
from schemas.digest import Sha256
from schemas.document_type import document_types
from schemas.incoming import SignatureReport
from schemas.outcome import DocumentOutcome, Outcome
from schemas.problem import FILE_HARMFUL, INTEGRITY_MISMATCH, PAGES_BLANK, REGISTRY_UNREACHABLE, Exit, ProblemError
from schemas.record import Copy, Origin, Record, record_id
from schemas.submission import Manifest, Receipt, SubmittedFile
from storage import keys
from storage.port import ObjectMissingError

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A document that was understood, and its copy before signing: None when the file came signed."""

    digitized: Digitized
    understood: Understood
    unsigned: UnsignedCopy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file of a submission: the documents that were found in it, or why it was refused."""

    file: SubmittedFile
    documents: tuple[_Document, ...] = ()
    signatures: SignatureReport | None = None
    """What its own signatures come to, when it came signed."""
    refused: ProblemError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Submission:
    """A submission whose files were read; nothing of it is stored yet."""

    receipt: Receipt
    manifest: Manifest
    files: tuple[_File, ...]
    passage: Passage
    """Which goes on until something of it is."""


_KEEP_METERS_EVERY = 50
"""Submissions."""


Known = dict[Sha256, tuple[Receipt, Manifest]]
"""What was received just now, by its id: it does not have to be fetched."""


def process(
    house: House,
    keyring: Keyring,
    workers: Workers,
    ids: Iterable[Sha256],
    *,
    clock: Clock,
    watcher: Watcher,
    known: Known | None = None,
) -> Iterator[Outcome]:
    """Yield what became of each submission, in order; those that are done already are found, not done again.

    Reading runs ahead on all workers; storing follows in order, one submission after the other. A submission whose
    bytes are damaged in the store is passed over: it keeps waiting, and the others go on.

    Args:
        house: where everything is kept.
        keyring: whose keys sign.
        workers: in which pages are read.
        ids: which submissions; asked for one after the other, as work goes on.
        clock: tells the time.
        watcher: told about progress.
        known: receipts and manifests of some of them; may be filled as *ids* are.

    Raises:
        ProblemError: a failure that may pass (`transient`) or that a person has to mend; no outcome is written for it.
            `integrity-mismatch` comes at the end, for the first submission that was passed over.
    """
    line = _Line(
        house,
        keyring,
        workers,
        clock,
        watcher,
        acceptance(house),
        Issuing.open(house, keyring, clock),
        matcher_or_none(house),
        {} if known is None else known,
        Meters(house.catalog),
    )
    damaged: list[ProblemError] = []
    try:
        for count, read in enumerate(work_ahead(line.read, ids, workers.count + 1), 1):
            if isinstance(read, ProblemError):
                house.log("failure", problem=read.kind.slug)
                damaged.append(read)
                continue
            outcome = line.conclude(read) if isinstance(read, _Submission) else line.found(read)
            watcher.file_done()
            if count % _KEEP_METERS_EVERY == 0:
                line.meters.keep()
            yield outcome
    finally:
        line.meters.keep()
        if line.matcher is not None:
            line.matcher.close()
    if damaged:
        raise damaged[0]


@dataclass(frozen=True, slots=True)
class _Line:
    """The straight line of one run: what every step of it needs."""

    house: House
    keyring: Keyring
    workers: Workers
    clock: Clock
    watcher: Watcher
    acceptance: Acceptance
    issuing: Issuing | None
    matcher: Matcher | None
    known: Known
    meters: Meters

    def read(self, submission_id: Sha256) -> _Submission | Outcome | ProblemError:
        """Read the files of a submission, unless it is done; return the problem when they are damaged."""
        try:
            return self._read(submission_id)
        except ProblemError as error:
            if error.kind != INTEGRITY_MISMATCH:
                raise
            return error
        except ObjectMissingError as error:
            return INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more")

    def _read(self, submission_id: Sha256) -> _Submission | Outcome:
        outcome = self.house.inbox.outcome(submission_id)
        if outcome is not None:
            return outcome
        receipt, manifest = self.known.get(submission_id) or self.house.received(submission_id)
        lane = lane_of(manifest.station)
        passage = self.house.traces.begin(submission_id, lane=lane, files=len(manifest.files))
        with (
            TemporaryDirectory(dir=self.workers.scratch) as folder,
            self.meters.timed("stage_seconds", lane, "read"),
            passage.step("read"),
        ):
            harmful = {each.sha256 for each in receipt.refused if each.problem == FILE_HARMFUL.type}
            files = tuple(
                _harmful(file) if file.sha256 in harmful else self._read_file(receipt, manifest, file, Path(folder))
                for file in manifest.files
            )
        return _Submission(receipt=receipt, manifest=manifest, files=files, passage=passage)

    def _read_file(self, receipt: Receipt, manifest: Manifest, file: SubmittedFile, folder: Path) -> _File:
        path = folder / file.sha256
        self.house.inbox.fetch(file, path)
        try:
            papers = manifest.grouping.papers if manifest.grouping else None
            with self.house.traces.step("digitize"):
                digitized = digitize(path, file.name, self.workers, self.house.settings.limits, self.watcher, papers)
            row = self.house.inbox.keyed(manifest)
            understood = with_keyed(digitized.documents, row, document_types()) if row else digitized.documents
            judged = (self._judged(digitized, each, file) for each in understood)
            documents = tuple(self._unsigned(path, digitized, each, manifest, file) for each in judged)
            signatures = self._signatures(path, file, receipt) if digitized.file.signed else None
        except ProblemError as error:
            if error.kind.exit_code is not Exit.REFUSED:
                raise
            return _File(file=file, refused=error)
        if not documents:
            detail = f"{len(digitized.readings)} pages, all blank or separators"
            return _File(file=file, refused=PAGES_BLANK.error(detail, file=file.name))
        return _File(file=file, documents=documents, signatures=signatures)

    def _signatures(self, path: Path, file: SubmittedFile, receipt: Receipt) -> SignatureReport:
        """Return a first report about the signatures of a file, before anybody was asked about them."""
        seen_at, settings = receipt.received_at, self.house.settings
        found = first_look(path, file.name, settings, self.workers, seen_at)
        return SignatureReport(
            file_sha256=file.sha256, number=1, seen_at=seen_at, checked_at=self.clock(), signatures=found
        )

    def _judged(self, digitized: Digitized, understood: Understood, file: SubmittedFile) -> Understood:
        """Accept only what is likely enough to be right, and draw by lot what a person looks at all the same."""
        pages = {reading.page.number: reading.page for reading in digitized.readings}
        identity = record_id(Origin(file_sha256=file.sha256, pages=understood.pages))
        likely = calibrated(understood, pages, document_types(), self.acceptance)
        return with_sample(likely, identity, self.house.settings.acceptance)

    def _unsigned(
        self, path: Path, digitized: Digitized, understood: Understood, manifest: Manifest, file: SubmittedFile
    ) -> _Document:
        """Make the copy of a document, unless its file came signed: then its bytes are sacred."""
        if digitized.file.signed:
            return _Document(digitized=digitized, understood=understood, unsigned=None)
        limits = self.house.settings.limits
        type_ = document_types().get(understood.document_type or "")
        origin = Origin(file_sha256=file.sha256, pages=understood.pages)
        make = partial(
            make_copy,
            title=type_.title if type_ else "Bản số hóa",
            made_at=manifest.scanned_at,
            scanner=self.keyring.scanner.signer.name,
            agency=self.keyring.agency.signer.name,
            limits=limits,
            code=None if self.issuing is None else self.issuing.code(origin, manifest.scanned_at),
        )
        readings = tuple(each for each in digitized.readings if each.page.number in understood.pages)
        with self.house.traces.step("copy"):
            copy = self.workers.submit(
                make, path, digitized.file.media_type, readings, seconds=limits.file_seconds, file=file.name
            )
            return _Document(digitized=digitized, understood=understood, unsigned=settled(copy, file.name))

    def conclude(self, submission: _Submission) -> Outcome:
        """Seal and store what was read, and write down what became of the submission."""
        manifest, lane = submission.manifest, lane_of(submission.manifest.station)
        with self.meters.timed("stage_seconds", lane, "store"), submission.passage.step("store", last=True):
            documents = [each for file in submission.files for each in self._store_file(manifest, file)]
            outcome = Outcome(submission_id=manifest.submission_id, documents=tuple(documents))
            outcome = self.house.inbox.conclude(outcome)
            self._index(outcome, submission.receipt, manifest)
        self._tell(outcome, lane, (self.clock() - submission.receipt.received_at).total_seconds())
        return outcome

    def found(self, outcome: Outcome) -> Outcome:
        """Tell the catalog that a submission was done by an earlier run, which was killed before it could."""
        self._index(outcome, *self.house.received(outcome.submission_id))
        return outcome

    def _index(self, outcome: Outcome, receipt: Receipt, manifest: Manifest) -> None:
        replace_regrouped(self.house, self.keyring, manifest, outcome, self.clock)
        self.house.catalog.keep_submission(receipt, keys.manifest(manifest), done=True)

    def _tell(self, outcome: Outcome, lane: Lane, seconds: float) -> None:
        self.meters.measure("outcome_seconds", lane, seconds=seconds)
        for document in outcome.documents:
            self.meters.count("documents", lane, document.status)
            self.meters.count("pages", lane, times=len(document.pages))
        statuses = Counter[str](document.status for document in outcome.documents)
        self.house.log("outcome", submission=outcome.submission_id, lane=lane, seconds=seconds, **statuses)

    def _store_file(self, manifest: Manifest, file: _File) -> Iterator[DocumentOutcome]:
        if file.refused is not None:
            yield DocumentOutcome(file_sha256=file.file.sha256, status="refused", problem=file.refused.problem)
        faults = tuple(faults_among(file.documents[0].digitized.readings)) if file.documents else ()
        for document in file.documents:
            record = self._keep(manifest, file, document)
            self.house.catalog.keep_record(record)
            replace_rescanned(self.house, self.keyring, record, self.clock)
            record = self._matched(record)
            is_ours = record.submission_id == manifest.submission_id
            yield DocumentOutcome(
                file_sha256=file.file.sha256,
                status=("review" if record.needs_review else "stored") if is_ours else "duplicate",
                pages=document.understood.pages,
                separators=document.understood.separators,
                record_id=record.record_id,
                document_type=record.document_type,
                copy_sha256=record.copy_.sha256,
                faults=tuple(each for each in faults if each.page in document.understood.pages),
            )

    def _matched(self, record: Record) -> Record:
        """Return a record with the owners whom the registry surely knows; while it does not answer, as it is."""
        if self.matcher is None:
            return record
        try:
            return match(self.house, self.keyring, self.matcher, record, self.clock)[0]
        except ProblemError as error:
            if error.kind != REGISTRY_UNREACHABLE:
                raise
            self.house.log("failure", problem=error.kind.slug)
            return record

    def _keep(self, manifest: Manifest, file: _File, document: _Document) -> Record:
        """Return the record of a document: the one that is stored, or else a new one."""
        origin = Origin(file_sha256=file.file.sha256, pages=document.understood.pages)
        identity = record_id(origin)
        warehouse = self.house.warehouse
        if warehouse.has_record(identity):
            return warehouse.record(identity, 1).value
        signatures = self.house.signatures.keep(file.signatures) if file.signatures else None
        copy = self._keep_copy(manifest, file.file, document)
        reasons = (*document.understood.review_reasons, *_other_reasons(manifest, document, signatures))
        record = self._record(manifest, document, origin, copy, reasons)
        with self.house.traces.step("record"):
            return warehouse.keep_record(record, self.keyring.signing(self.clock))

    def _keep_copy(self, manifest: Manifest, file: SubmittedFile, document: _Document) -> Copy:
        if document.unsigned is None:
            return Copy(sha256=file.sha256, size=file.size, original=True)
        seal = self.keyring.sealing(document.unsigned, manifest.scanned_at, self.clock)
        with self.house.traces.step("seal"):
            return self.house.warehouse.keep_copy(document.unsigned.pdf, seal)

    def _record(
        self, manifest: Manifest, document: _Document, origin: Origin, copy: Copy, reasons: tuple[str, ...]
    ) -> Record:
        understood = document.understood
        pages = {reading.page.number: reading.page for reading in document.digitized.readings}
        return Record(
            record_id=record_id(origin),
            version=1,
            status="review" if reasons else "active",
            document_type=understood.document_type,
            document_type_confidence=understood.document_type_confidence,
            owners=understood.owners,
            fields=understood.fields,
            pages=tuple(pages[number] for number in understood.pages),
            copy_=copy,
            origin=origin,
            submission_id=manifest.submission_id,
            dossier_code=manifest.dossier_code or understood.dossier_code,
            valid_from=understood.valid_from,
            valid_to=understood.valid_to,
            review_reasons=reasons,
            engine=engine(),
            created_at=self.clock(),
            text=understood.text,
        )


def _harmful(file: SubmittedFile) -> _File:
    """Return a file that nothing is made of: the virus scanner knew it when it came."""
    return _File(file=file, refused=FILE_HARMFUL.error("it was known when it came", file=file.name))


def _other_reasons(manifest: Manifest, document: _Document, signatures: SignatureReport | None) -> Iterator[str]:
    """Yield why a person has to look beyond what the pages say, as `code:field`.

    `other:dossier_code`: the separator names another dossier than the station. `shared:copy`: the file came signed and
    is kept whole, so whoever gets this copy sees papers of other owners. `invalid:copy`: it was changed later.
    """
    if manifest.dossier_code and document.understood.dossier_code not in {None, manifest.dossier_code}:
        yield "other:dossier_code"
    if document.unsigned is None and len(document.digitized.documents) > 1:
        yield "shared:copy"
    if signatures is not None and signatures.verdict == "INVALID":
        yield "invalid:copy"
