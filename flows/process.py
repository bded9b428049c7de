"""From a receipt to an outcome: each submission is read, sealed and stored, and it is written down what became of it.

Every step finds what an earlier, interrupted attempt left and goes on from there, so any of them may be killed and run
again: what a clock or a signature goes into is decided once, by the first attempt that stored it.

Where people sign at their station (`signing.deferred`), the line stops before the warehouse: what was read is kept as a
draft, and the same line, run again when the signatures are there, goes on from that.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from flows.accepting import acceptance
from flows.claims import Issuing
from flows.house import House
from flows.incoming import first_look
from flows.keyring import Keyring
from flows.matching import Matcher, match, matcher_or_none
from flows.meters import Lane, Meters, lane_of
from flows.regrouping import replace_regrouped
from flows.reviewing import replace_rescanned
from flows.signing import draft_of, signed_at_station, signs_at_station, unsigned_of
from flows.traces import Passage
from pipeline.ahead import work_ahead
from pipeline.calibrate import Acceptance, calibrated, with_sample
from pipeline.digitize import Digitized, Watcher, digitize, settled
from pipeline.prepare import faults_among
from pipeline.read import engine
from pipeline.seal.copy import UnsignedCopy, make_copy
from pipeline.seal.deferred import prepared
from pipeline.understand import Understood, with_keyed
from pipeline.workers import Workers
from schemas.digest import Sha256, sha256_hex
from schemas.document_type import document_types
from schemas.draft import Draft, DraftCopy, DraftDocument
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
    is_deferred: bool
    """Whether the person who scanned signs at their station."""


class _Drafted(NamedTuple):
    """A submission that was read by an earlier run, and whose copies waited to be signed."""

    receipt: Receipt
    manifest: Manifest
    draft: Draft
    passage: Passage


class _Made(NamedTuple):
    """A document on its way into the warehouse."""

    outcome: DocumentOutcome
    """What will be said of it, but for what its record says."""
    record: Record | None = None
    """Its record; None where the file was refused. The place of the copy is taken by the unsigned one, if there is one.
    """
    unsigned: UnsignedCopy | None = None
    """The copy before signing; None when the file came signed, or was refused."""


_Sealing = Callable[[UnsignedCopy], Callable[[bytes], bytes]]
"""Gives what signs a copy."""


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

    Of those whose copies wait to be signed at a station nothing is yielded: nothing has become of them yet.

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
            outcome = line.found(read) if isinstance(read, Outcome) else line.conclude(read)
            watcher.file_done()
            if count % _KEEP_METERS_EVERY == 0:
                line.meters.keep()
            if outcome is not None:
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

    def read(self, submission_id: Sha256) -> _Submission | _Drafted | Outcome | ProblemError:
        """Read the files of a submission, unless it is done; return the problem when they are damaged."""
        try:
            return self._read(submission_id)
        except ProblemError as error:
            if error.kind != INTEGRITY_MISMATCH:
                raise
            return error
        except ObjectMissingError as error:
            return INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more")

    def _read(self, submission_id: Sha256) -> _Submission | _Drafted | Outcome:
        outcome = self.house.inbox.outcome(submission_id)
        if outcome is not None:
            return outcome
        known = self.known.get(submission_id)
        draft = None if known else self.house.drafts.of(submission_id)
        receipt, manifest = known or self.house.received(submission_id)
        lane = lane_of(manifest.station)
        passage = self.house.traces.begin(submission_id, lane=lane, files=len(manifest.files))
        if draft is not None:
            return _Drafted(receipt, manifest, draft, passage)
        is_deferred = signs_at_station(self.house, manifest.station)
        signer = manifest.scanned_by if is_deferred else self.keyring.scanner.signer.name
        with (
            TemporaryDirectory(dir=self.workers.scratch) as folder,
            self.meters.timed("stage_seconds", lane, "read"),
            passage.step("read"),
        ):
            harmful = {each.sha256 for each in receipt.refused if each.problem == FILE_HARMFUL.type}
            files = tuple(
                _harmful(file)
                if file.sha256 in harmful
                else self._read_file(receipt, manifest, file, Path(folder), signer)
                for file in manifest.files
            )
        return _Submission(receipt=receipt, manifest=manifest, files=files, passage=passage, is_deferred=is_deferred)

    def _read_file(self, receipt: Receipt, manifest: Manifest, file: SubmittedFile, folder: Path, signer: str) -> _File:
        path = folder / file.sha256
        self.house.inbox.fetch(file, path)
        try:
            papers = manifest.grouping.papers if manifest.grouping else None
            with self.house.traces.step("digitize"):
                digitized = digitize(path, file.name, self.workers, self.house.settings.limits, self.watcher, papers)
            row = self.house.inbox.keyed(manifest)
            understood = with_keyed(digitized.documents, row, document_types()) if row else digitized.documents
            judged = (self._judged(digitized, each, file) for each in understood)
            documents = tuple(self._unsigned(path, digitized, each, manifest, file, signer) for each in judged)
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
        self,
        path: Path,
        digitized: Digitized,
        understood: Understood,
        manifest: Manifest,
        file: SubmittedFile,
        signer: str,
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
            scanner=signer,
            agency=self.keyring.agency.signer.name,
            limits=limits,
            flavour=self.house.settings.copy_flavour,
            code=None if self.issuing is None else self.issuing.code(origin, manifest.scanned_at),
        )
        readings = tuple(each for each in digitized.readings if each.page.number in understood.pages)
        with self.house.traces.step("copy"):
            copy = self.workers.submit(
                make, path, digitized.file.media_type, readings, seconds=limits.file_seconds, file=file.name
            )
            return _Document(digitized=digitized, understood=understood, unsigned=settled(copy, file.name))

    def conclude(self, read: _Submission | _Drafted) -> Outcome | None:
        """Seal and store what was read, and write down what became of the submission; None: it waits to be signed."""
        lane = lane_of(read.manifest.station)
        with self.meters.timed("stage_seconds", lane, "store"), read.passage.step("store", last=True):
            if isinstance(read, _Drafted):
                return self._resume(read.receipt, read.manifest, read.draft)
            made = [each for file in read.files for each in self._made(read.manifest, file)]
            if read.is_deferred and any(self._waits(each) for each in made):
                return self._resume(read.receipt, read.manifest, self._draft(read.manifest, made))
            return self._conclude(read.receipt, read.manifest, made, self._sealing(read.manifest))

    def _sealing(self, manifest: Manifest) -> _Sealing:
        return lambda copy: self.keyring.sealing(copy, manifest.scanned_at, self.clock)

    def _conclude(self, receipt: Receipt, manifest: Manifest, made: Iterable[_Made], sealing: _Sealing) -> Outcome:
        documents = tuple(self._store(manifest, each, sealing) for each in made)
        outcome = self.house.inbox.conclude(Outcome(submission_id=manifest.submission_id, documents=documents))
        self._index(outcome, receipt, manifest)
        self._tell(outcome, lane_of(manifest.station), (self.clock() - receipt.received_at).total_seconds())
        return outcome

    # --- what waits to be signed at a station --------------------------------------------------------------------
    def _waits(self, made: _Made) -> bool:
        is_new = made.record is not None and not self.house.warehouse.has_record(made.record.record_id)
        return is_new and made.unsigned is not None

    def _draft(self, manifest: Manifest, made: Iterable[_Made]) -> Draft:
        """Keep what was read, and the copies with room for the signature of the person who scanned."""
        documents = tuple(
            DraftDocument(outcome=each.outcome, record=each.record, waits=self._prepared(manifest, each))
            for each in made
        )
        draft = Draft(
            submission_id=manifest.submission_id,
            station=manifest.station,
            scanned_by=manifest.scanned_by,
            scanned_at=manifest.scanned_at,
            documents=documents,
        )
        self.house.log("draft", submission=manifest.submission_id, copies=len(draft.waits))
        return self.house.drafts.keep(draft)

    def _prepared(self, manifest: Manifest, made: _Made) -> DraftCopy | None:
        if made.unsigned is None or not self._waits(made):
            return None
        appended = prepared(made.unsigned, manifest.scanned_by, scanned_at=manifest.scanned_at, signed_at=self.clock())
        return draft_of(made.unsigned, self.house.drafts.prepare(made.unsigned.pdf, appended))

    def _resume(self, receipt: Receipt, manifest: Manifest, draft: Draft) -> Outcome | None:
        """Go on with a draft whose copies are all signed; otherwise let it wait."""
        house = self.house
        house.catalog.keep_submission(receipt, keys.manifest(manifest), done=False)
        house.catalog.keep_drafted(draft.submission_id, drafted=True)  # before looking: a signature may just be coming
        if any(True for _ in house.drafts.left(draft)):
            return None
        house.catalog.keep_drafted(draft.submission_id, drafted=False)
        copies = {each.sha256: each for each in draft.waits}
        made = (
            _Made(each.outcome, each.record, None if each.waits is None else unsigned_of(house, each.waits))
            for each in draft.documents
        )
        return self._conclude(receipt, manifest, made, lambda copy: self._completing(copies, copy))

    def _completing(self, copies: Mapping[Sha256, DraftCopy], copy: UnsignedCopy) -> Callable[[bytes], bytes]:
        signed = signed_at_station(self.house, copies[sha256_hex(copy.pdf)])
        return self.keyring.completing(copy, signed, self.clock)

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

    def _made(self, manifest: Manifest, file: _File) -> Iterator[_Made]:
        """Yield the documents of a file, with the records that they will have unless there are any already."""
        if file.refused is not None:
            yield _Made(DocumentOutcome(file_sha256=file.file.sha256, status="refused", problem=file.refused.problem))
        faults = tuple(faults_among(file.documents[0].digitized.readings)) if file.documents else ()
        for document in file.documents:
            understood = document.understood
            outcome = DocumentOutcome(
                file_sha256=file.file.sha256,
                status="stored",
                pages=understood.pages,
                separators=understood.separators,
                faults=tuple(each for each in faults if each.page in understood.pages),
            )
            yield _Made(outcome, self._record(manifest, file, document), document.unsigned)

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

    def _store(self, manifest: Manifest, made: _Made, sealing: _Sealing) -> DocumentOutcome:
        """Store a document and return what is said of it."""
        if made.record is None:
            return made.outcome
        record = self._keep(made.record, made.unsigned, sealing)
        self.house.catalog.keep_record(record)
        replace_rescanned(self.house, self.keyring, record, self.clock)
        record = self._matched(record)
        is_ours = record.submission_id == manifest.submission_id
        said = {
            "status": ("review" if record.needs_review else "stored") if is_ours else "duplicate",
            "record_id": record.record_id,
            "document_type": record.document_type,
            "copy_sha256": record.copy_.sha256,
        }
        return made.outcome.model_copy(update=said)

    def _keep(self, record: Record, unsigned: UnsignedCopy | None, sealing: _Sealing) -> Record:
        """Return the record of a document: the one that is stored, or else this one, with its copy."""
        warehouse = self.house.warehouse
        if warehouse.has_record(record.record_id):
            return warehouse.record(record.record_id, 1).value
        copy = record.copy_ if unsigned is None else self._sealed(unsigned, sealing(unsigned))
        made = record.model_copy(update={"copy_": copy, "created_at": self.clock()})
        with self.house.traces.step("record"):
            return warehouse.keep_record(made, self.keyring.signing(self.clock))

    def _sealed(self, unsigned: UnsignedCopy, seal: Callable[[bytes], bytes]) -> Copy:
        with self.house.traces.step("seal"):
            return self.house.warehouse.keep_copy(unsigned.pdf, seal)

    def _copy(self, file: SubmittedFile, unsigned: UnsignedCopy | None) -> Copy:
        if unsigned is None:
            return Copy(sha256=file.sha256, size=file.size, original=True)
        return Copy(sha256=sha256_hex(unsigned.pdf), size=len(unsigned.pdf), original=False)

    def _record(self, manifest: Manifest, file: _File, document: _Document) -> Record:
        origin = Origin(file_sha256=file.file.sha256, pages=document.understood.pages)
        signatures = self.house.signatures.keep(file.signatures) if file.signatures else None
        reasons = (*document.understood.review_reasons, *_other_reasons(manifest, document, signatures))
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
            copy_=self._copy(file.file, document.unsigned),
            origin=origin,
            submission_id=manifest.submission_id,
            dossier_code=manifest.dossier_code or understood.dossier_code,
            valid_from=understood.valid_from,
            valid_to=understood.valid_to,
            review_reasons=reasons,
            engine=engine(),
            created_at=manifest.scanned_at,  # until it is stored
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
