"""Taking in what stations send: their journals, files and manifests, and the receipt at the end.

Knows no HTTP and no Prefect. Every call may be killed anywhere and made again: what is there already is found, and a
receipt is given once.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from flows.house import House
from flows.keyring import Clock, Keyring
from pipeline.admit import admit
from pipeline.prepare import glance
from pipeline.tools.clamd import harm_in
from pipeline.workers import Workers
from schemas.audit import AuditEntry
from schemas.digest import Sha256
from schemas.legibility import FileFaults, Glance, Legibility, PageFaults
from schemas.lookup import ScanAdvice, ScanQuestion
from schemas.problem import (
    BAD_REQUEST,
    CHECKSUM_MISMATCH,
    FILE_HARMFUL,
    FILE_MISSING,
    FILE_NOT_SENT,
    FILE_UNREADABLE,
    INTEGRITY_MISMATCH,
    KINDS_BY_TYPE,
    NOT_ANNOUNCED,
    NOT_AUTHORISED,
    PAGE_COUNT_MISMATCH,
    QUOTA_EXCEEDED,
    SEQUENCE_CONFLICT,
    SUBMISSION_UNKNOWN,
    UPLOAD_UNKNOWN,
    Exit,
    ProblemError,
)
from schemas.procedure import Procedures
from schemas.station import (
    AdmittedFile,
    Enrolment,
    Journal,
    JournalEntry,
    JournalState,
    Quarantined,
    SignedEntry,
    SignedReceipt,
)
from schemas.submission import Manifest, Receipt, RefusedFile, StationId, SubmittedFile
from storage import keys
from storage.lookup import advise
from storage.staging import LEAST_CHARGE, Arrived, Staging, Upload
from storage.values import Sealed

FARTHEST_AHEAD = 10_000
"""How many entries may be missing before one that is still believed."""
_ADMITTING = 2
"""Files that are looked at at the same time."""
_STRIPES = 64


def receive(
    house: House,
    keyring: Keyring,
    manifest: Manifest,
    paths: Mapping[Sha256, Path],
    clock: Clock,
    refused: tuple[RefusedFile, ...] = (),
) -> Sealed[Receipt]:
    """Store what a station sends and return its receipt: the first one for ever, however often it is sent.

    Args:
        house: where it is kept.
        keyring: whose agency key signs the receipt.
        manifest: what is sent.
        paths: where the bytes of each file are that is not stored yet.
        clock: tells the time of arrival.
        refused: which of the files are no scans.
    """
    given = house.inbox.receipt(manifest.submission_id)
    if given is None:
        with house.traces.receipt(manifest.submission_id, station=manifest.station, files=len(manifest.files)):
            house.inbox.submit(manifest, paths)
            given = house.inbox.give_receipt(Receipt.of(manifest, clock(), refused), keyring.signing(clock))
        house.log("receipt", submission=manifest.submission_id, station=manifest.station, files=len(manifest.files))
    _index(house, manifest, given)
    return given


def _index(house: House, manifest: Manifest, given: Sealed[Receipt]) -> None:
    """Tell the catalog of a receipt, also when whoever gave it was killed before they could."""
    done = house.inbox.outcome(manifest.submission_id) is not None
    house.catalog.keep_submission(given.value, keys.manifest(manifest), done=done)


@dataclass
class Intake:
    """The intake of a house. Safe for many threads."""

    house: House
    staging: Staging
    procedures: Procedures
    clock: Clock
    wake: Callable[[], None]
    """Called when something has a receipt; must come back at once."""
    last_seen: dict[StationId, datetime] = field(default_factory=dict)
    """When each station last asked for anything here."""
    _settling: tuple[Lock, ...] = field(default_factory=lambda: tuple(Lock() for _ in range(_STRIPES)))

    _opening: Lock = field(default_factory=Lock)
    _keyring: Keyring | None = None
    _workers: Workers | None = None

    # --- what it opens once ------------------------------------------------------------------------------------
    @property
    def keyring(self) -> Keyring:
        """The keys that sign receipts: whoever only looks things up needs none."""
        with self._opening:
            if self._keyring is None:
                self._keyring = Keyring.open(self.house.settings, self.clock())
            return self._keyring

    def sign(self, data: bytes) -> bytes:
        """Return the agency's detached signature of *data*."""
        return self.keyring.signing(self.clock)(data)

    @property
    def workers(self) -> Workers:
        """The processes that foreign bytes are opened in."""
        with self._opening:
            if self._workers is None:
                self._workers = Workers(_ADMITTING, self.house.settings.limits)
            return self._workers

    def close(self) -> None:
        """Stop the processes, if there are any."""
        if self._workers is not None:
            with self._workers:
                self._workers = None

    # --- journals ----------------------------------------------------------------------------------------------
    def note(self, enrolled: Enrolment, journal: Journal) -> JournalState:
        """Store the entries of a journal that follow those that are there; return how far it is known.

        An entry that comes before its predecessors is kept aside, and shows that they are missing.

        Raises:
            ProblemError: `sequence-conflict`, after it was put into quarantine and the audit log; `quota-exceeded`.
        """
        station = enrolled.request.station
        self._check_signatures(enrolled, journal)
        self.allow(enrolled, 0)
        length = self.house.journals.length(station)
        stored: list[JournalEntry] = []
        try:
            for signed in journal.entries:
                sequence = signed.entry.sequence
                if sequence > length + 1:
                    self._keep_aside(signed, length)
                    break
                self._append(signed)
                stored.append(signed.entry)
                if sequence > length:
                    length = sequence
                    self.spend(enrolled, len(signed.canonical_bytes()))
        finally:
            self.house.catalog.keep_entries(stored)
        return JournalState(station=station, next_sequence=length + 1)

    def _check_signatures(self, enrolled: Enrolment, journal: Journal) -> None:
        key = Ed25519PublicKey.from_public_bytes(enrolled.request.public_key)
        for signed in journal.entries:
            if signed.entry.station != enrolled.request.station:
                raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
            try:
                key.verify(signed.signature, signed.entry.canonical_bytes())
            except InvalidSignature as error:
                raise BAD_REQUEST.error(f"entry {signed.entry.sequence} is not signed by its station") from error

    def _append(self, signed: SignedEntry) -> None:
        try:
            self.house.journals.append(signed)
        except ProblemError as error:
            if error.kind is SEQUENCE_CONFLICT:
                self._refuse_entry(signed, error)
            raise

    def _keep_aside(self, signed: SignedEntry, length: int) -> None:
        entry = signed.entry
        error = SEQUENCE_CONFLICT.error(f"entry {entry.sequence} came while {length} entries are known")
        if entry.sequence > length + FARTHEST_AHEAD:
            raise error
        self._quarantine(entry.station, error, entry=signed)

    def _refuse_entry(self, signed: SignedEntry, error: ProblemError) -> None:
        if self._quarantine(signed.entry.station, error, entry=signed):
            act = AuditEntry(
                entry_id=uuid4().hex,
                at=self.clock(),
                act="conflict",
                who=signed.entry.station,
                purpose=error.problem.detail,
                station=signed.entry.station,
            )
            self.house.audit.append(act)

    # --- files -------------------------------------------------------------------------------------------------
    def settle(self, enrolled: Enrolment, upload: Upload) -> Arrived:
        """Store an upload that is whole, find out whether it is a scan, and note that it has arrived.

        Raises:
            ProblemError: `checksum-mismatch` if it is not what was announced: then it is forgotten. `not-authorised`
                if its station may not send any more; failures of the store, after which it can be settled again.
        """
        station, sha256 = upload.station, upload.sha256
        with self._settling[hash((station, sha256)) % _STRIPES]:
            arrived = self.staging.arrived(station, sha256)
            if arrived is not None:
                return arrived
            if self.house.stations.last(station) != enrolled:
                raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
            self._store(upload)
            arrived = self._look_at(upload)
            self.staging.arrive(upload, arrived)
            return arrived

    def _store(self, upload: Upload) -> None:
        try:
            self.house.store.put_file(keys.file(upload.sha256), upload.path, sha256=upload.sha256)
        except ProblemError as error:
            if error.kind is FILE_MISSING:
                raise UPLOAD_UNKNOWN.error("it is gone") from error
            if error.kind is not INTEGRITY_MISMATCH:
                raise
            self.staging.remove(upload.station, upload.sha256)
            detail = "the whole file does not have the hash that its upload was created for; it begins anew"
            raise CHECKSUM_MISMATCH.error(detail) from error

    def _look_at(self, upload: Upload) -> Arrived:
        limits = self.house.settings.limits
        try:
            self._check_harmless(upload.path)
            seen = self.workers.submit(admit, upload.path, limits, seconds=limits.file_seconds).result()
        except ProblemError as error:
            if error.kind in {FILE_MISSING, FILE_UNREADABLE} or error.kind.exit_code is not Exit.REFUSED:
                raise
            self._quarantine(upload.station, error, file=upload.sha256)
            return Arrived(size=upload.length, problem=error.problem.model_copy(update={"file": upload.sha256}))
        return Arrived(size=upload.length, pages=seen.page_count)

    def _check_harmless(self, path: Path) -> None:
        address = self.house.settings.antivirus.address
        found = address and harm_in(path, address, seconds=self.house.settings.limits.file_seconds)
        if found:
            raise FILE_HARMFUL.error(found)

    def admitted(self, enrolled: Enrolment, sha256: Sha256) -> AdmittedFile:
        """Return what was found in a file that has arrived.

        Raises:
            ProblemError: why it was refused, with its hash and the page; `upload-unknown` if it has not arrived whole.
        """
        arrived = self.staging.arrived(enrolled.request.station, sha256)
        if arrived is None:
            raise UPLOAD_UNKNOWN.error("no such file has arrived whole")
        if arrived.problem is not None:
            raise ProblemError(KINDS_BY_TYPE[arrived.problem.type], arrived.problem)
        return AdmittedFile(sha256=sha256, size=arrived.size, pages=arrived.pages or 0)

    # --- submissions -------------------------------------------------------------------------------------------
    def submit(self, enrolled: Enrolment, submission_id: Sha256, manifest: Manifest) -> SignedReceipt:
        """Take in a submission whose files have arrived, and have it worked on; return its receipt.

        Raises:
            ProblemError: `bad-request`, `not-authorised`, `not-announced`, `file-not-sent`, `page-count-mismatch`.
        """
        station = enrolled.request.station
        if manifest.station != station:
            raise NOT_AUTHORISED.error("the bearer token is missing or wrong")
        if manifest.submission_id != submission_id:
            raise BAD_REQUEST.error("the manifest does not have the hash that the address names")
        if manifest.keyed is not None or manifest.grouping is not None:
            raise BAD_REQUEST.error("keyed values come with a backfill and groupings from a review, not from a station")
        given = self.house.inbox.receipt(submission_id)
        if given is None:
            given = self._receive(enrolled, manifest)
        else:
            _index(self.house, manifest, given)
        for file in manifest.files:
            self.staging.remove(station, file.sha256)
        self.wake()
        return _signed(given)

    def _receive(self, enrolled: Enrolment, manifest: Manifest) -> Sealed[Receipt]:
        entry = self._announced(manifest)
        arrived = {file.sha256: self._arrived(enrolled, file) for file in manifest.files}
        refused = tuple(RefusedFile(sha256=each, problem=at.problem.type) for each, at in arrived.items() if at.problem)
        if not refused:
            self._check_pages(manifest, entry, sum(arrived[file.sha256].pages or 0 for file in manifest.files))
        self.keyring.check(self.house.settings, self.clock())
        return receive(self.house, self.keyring, manifest, {}, self.clock, refused)

    def receipt(self, station: StationId, submission_id: Sha256) -> SignedReceipt:
        """Return the receipt of a submission of *station*.

        Raises:
            ProblemError: `submission-unknown` if there is none; that of another station is none.
        """
        given = self.house.inbox.receipt(submission_id)
        if given is None or given.value.station != station:
            raise SUBMISSION_UNKNOWN.error("it has no receipt")
        return _signed(given)

    # --- questions ---------------------------------------------------------------------------------------------
    def advise(self, enrolled: Enrolment, question: ScanQuestion) -> ScanAdvice:
        """Return whether a paper has to be scanned; who asked for whom is written down first.

        Raises:
            ProblemError: `quota-exceeded`; failures of store and catalog.
        """
        self.allow(enrolled, LEAST_CHARGE)
        self.spend(enrolled, LEAST_CHARGE)
        house, station = self.house, enrolled.request.station
        needs = self.procedures.known_needs(question.purpose)
        return advise(house.warehouse, house.catalog, house.audit, question, needs, station=station, now=self.clock())

    # --- legibility --------------------------------------------------------------------------------------------
    def glance(self, enrolled: Enrolment, preview: bytes) -> Glance:
        """Return what is wrong with a page, by a preview of it that is not kept.

        Raises:
            ProblemError: `quota-exceeded`; what is wrong with the preview; `page-failed`.
        """
        self.allow(enrolled, len(preview))
        self.spend(enrolled, len(preview))
        return self.workers.submit(glance, preview, seconds=self.house.settings.limits.page_seconds).result()

    def legibility(self, station: StationId, submission_id: Sha256) -> Legibility:
        """Return which pages of a submission of *station* should be scanned once more, as far as it was read.

        Raises:
            ProblemError: `submission-unknown` as for `receipt`.
        """
        self.receipt(station, submission_id)
        outcome = self.house.inbox.outcome(submission_id)
        if outcome is None:
            return Legibility(submission_id=submission_id, settled=False)
        pages: dict[Sha256, dict[int, PageFaults]] = {}
        for document in outcome.documents:
            pages.setdefault(document.file_sha256, {}).update({each.page: each for each in document.faults})
        return Legibility(
            submission_id=submission_id,
            settled=True,
            files=tuple(
                FileFaults(file_sha256=file, pages=tuple(faults[page] for page in sorted(faults)))
                for file, faults in pages.items()
                if faults
            ),
        )

    def _announced(self, manifest: Manifest) -> JournalEntry:
        submission_id = manifest.submission_id
        sequence = self.house.catalog.sequence_of(manifest.station, submission_id)
        signed = None if sequence is None else self.house.journals.entry(manifest.station, sequence)
        if signed is None or signed.entry.submission_id != submission_id:
            raise NOT_ANNOUNCED.error("no entry of the journal names it")
        if signed.entry.file_count != len(manifest.files):
            raise NOT_ANNOUNCED.error(f"entry {sequence} says {signed.entry.file_count} files")
        return signed.entry

    def _arrived(self, enrolled: Enrolment, file: SubmittedFile) -> Arrived:
        station = enrolled.request.station
        arrived = self.staging.arrived(station, file.sha256)
        if arrived is None:
            upload = self.staging.find(station, file.sha256)
            if upload is None or upload.offset != upload.length:
                raise FILE_NOT_SENT.error(f"the file with sha256 {file.sha256}")
            arrived = self.settle(enrolled, upload)  # the server was killed just when it had come
        if arrived.size != file.size:
            detail = f"the file with sha256 {file.sha256} has {arrived.size} bytes, not {file.size}"
            raise FILE_NOT_SENT.error(detail)
        return arrived

    def _check_pages(self, manifest: Manifest, entry: JournalEntry, pages: int) -> None:
        if pages == entry.scanned_pages:
            return
        detail = f"the journal says {entry.scanned_pages} pages, the files have {pages}"
        error = PAGE_COUNT_MISMATCH.error(detail)
        self._quarantine(manifest.station, error, manifest=manifest)
        raise error

    # --- bounds ------------------------------------------------------------------------------------------------
    def allow(self, enrolled: Enrolment, size: int) -> None:
        """Make sure that a station may store *size* more bytes today.

        Raises:
            ProblemError: `quota-exceeded`.
        """
        if self.staging.spent(enrolled.request.station, self._today()) + size > enrolled.daily_bytes:
            raise QUOTA_EXCEEDED.error(f"{enrolled.daily_bytes} bytes a day")

    def spend(self, enrolled: Enrolment, size: int) -> None:
        """Count what a station has stored."""
        self.staging.spend(enrolled.request.station, self._today(), size)

    def _today(self) -> date:
        return self.clock().astimezone(UTC).date()

    def _quarantine(
        self,
        station: StationId,
        error: ProblemError,
        *,
        entry: SignedEntry | None = None,
        manifest: Manifest | None = None,
        file: Sha256 | None = None,
    ) -> bool:
        what = Quarantined(
            station=station,
            at=self.clock(),
            problem=error.kind.type,
            detail=error.problem.detail[:1000],
            entry=entry,
            manifest=manifest,
            file=file,
        )
        self.staging.spend(station, self._today(), len(what.canonical_bytes()))
        return self.house.quarantine.keep(what)


def _signed(given: Sealed[Receipt]) -> SignedReceipt:
    return SignedReceipt(receipt=given.value, signature=b64encode(given.signature))
