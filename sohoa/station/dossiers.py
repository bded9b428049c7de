"""The side of the station that faces the clerk: dossiers, the pages that were scanned for them, and their light.

A page is counted when it is durable: its bytes first, then the ledger that refers to them. Closing a dossier writes it
into the journal in the same transaction, so that the journal has no gaps and says no more and no less than was closed.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from schemas.identifier import PersonalIdentifier
from schemas.lookup import ScanQuestion
from schemas.problem import DOSSIER_NOT_READY, DOSSIER_UNKNOWN, STATION_FULL
from schemas.settings import Settings
from schemas.station import SignedEntry
from schemas.submission import DocumentTypeCode, DossierCode, ProcedureCode, ScanDecision, ScanReason
from sohoa.station import closing, ledger, pictures
from sohoa.station.home import Home
from sohoa.station.light import obstacles
from sohoa.station.outbox import local_time
from sohoa.station.status import DossierStatus, complaints, every_status, facts_of, glanced, status_of
from sohoa.station.vault import Draft, Vault

_CHUNK = 1024 * 1024


SettledReason = Literal["rescanned", "not_needed"]
"""It was scanned again for another dossier; the paper is not needed after all."""


class StillWrittenError(Exception):
    """A file changed while it was read: somebody still writes it."""


class Scan(NamedTuple):
    """One scan of a dossier, as the clerk sees it."""

    id: int
    position: int
    """Its place in the dossier, from 1."""
    first_page: int
    """Number of its first page in the dossier."""
    pages: int
    rescan: bool
    """Whether the next scan takes its place."""
    notices: tuple[str, ...]
    """What is wrong with its pages, in Vietnamese."""


class Dossiers:
    """The dossiers of one station. For one thread; others open their own."""

    def __init__(self, home: Home, settings: Settings, *, now: Callable[[], datetime] = local_time) -> None:
        """Open the dossiers of the station that lives in *home*.

        Raises:
            ProblemError: `station-not-enrolled`.
        """
        self._home = home
        self._station = home.station
        self._settings = settings
        self._now = now
        self._vault = Vault(home.folder, home.files_key)
        self._ledger = ledger.connect(home.ledger)

    # --- scanning ------------------------------------------------------------------------------------------------

    def open(
        self, code: DossierCode, *, procedure: ProcedureCode | None = None, declared: int | None = None
    ) -> DossierStatus:
        """Let what is scanned from now on belong to the dossier *code*, which goes on if it is open already."""
        with ledger.writing(self._ledger):
            number = self._open_with(code)
            self._make_current(number)
            self._describe(number, procedure, declared)
        return status_of(self._ledger, number)

    def begin(
        self, code: DossierCode, *, procedure: ProcedureCode | None = None, declared: int | None = None
    ) -> DossierStatus:
        """Begin a dossier beside the current one, or go on with one that was begun so; `take` names it."""
        with ledger.writing(self._ledger):
            number = self._open_with(code, but=self._current())
            self._describe(number, procedure, declared)
        return status_of(self._ledger, number)

    def assign(self, number: int, code: DossierCode) -> DossierStatus:
        """Say which dossier the pages belong to that came before one was opened.

        Raises:
            ProblemError: `dossier-unknown`, also when it is closed or has a code already.
        """
        with ledger.writing(self._ledger):
            done = self._ledger.execute("UPDATE dossier SET code = ? WHERE number = ? AND code IS NULL", (code, number))
            if not done.rowcount:
                raise DOSSIER_UNKNOWN.error(f"there is no dossier number {number} without a code")
        return status_of(self._ledger, number)

    def declare(self, number: int, pages: int) -> None:
        """Keep how many pages of paper the operator counted (TT 01/2023/TT-VPCP art. 8)."""
        with ledger.writing(self._ledger):
            self._must_be_open(number)
            self._ledger.execute("UPDATE dossier SET declared = ? WHERE number = ?", (pages, number))

    def remove(self, number: int, position: int) -> None:
        """Take the scan at *position* (from 1) out of an open dossier; it will not be sent.

        Raises:
            ProblemError: `dossier-unknown`, also when the dossier is closed or has no such scan.
        """
        with ledger.writing(self._ledger):
            self._ledger.execute("DELETE FROM scan WHERE id = ?", (self._scan_at(number, position)["id"],))

    def move(self, number: int, position: int, to: int) -> None:
        """Let the scan at *position* (from 1) of an open dossier be the one at *to*; the others close up.

        It belongs to the paper that it comes to lie behind.

        Raises:
            ProblemError: as for `remove`.
        """
        with ledger.writing(self._ledger):
            scan = self._scan_at(number, position)
            self._scan_at(number, to)
            order = [each for each in self._scans(number) if each["id"] != scan["id"]]
            beside = order[max(0, to - 2)]
            order.insert(to - 1, scan)
            for place, each in enumerate(order, 1):
                self._ledger.execute("UPDATE scan SET position = ? WHERE id = ?", (place, each["id"]))
            self._ledger.execute("UPDATE scan SET paper = ? WHERE id = ?", (beside["paper"], scan["id"]))

    def rescan(self, number: int, position: int) -> None:
        """Let the next scan take the place of the one at *position* (from 1) of an open dossier; until then it stays.

        Raises:
            ProblemError: as for `remove`.
        """
        with ledger.writing(self._ledger):
            scan = self._scan_at(number, position)
            self._make_current(number)
            self._ledger.execute(
                "INSERT INTO rescan (dossier, scan) VALUES (?, ?)"
                " ON CONFLICT (dossier) DO UPDATE SET scan = excluded.scan",
                (number, scan["id"]),
            )

    def decide(self, number: int, document_type: DocumentTypeCode, reason: ScanReason) -> None:
        """Keep why a paper of an open dossier is scanned or not; the last word about a type counts.

        Raises:
            ProblemError: `dossier-unknown`, also when it is closed.
        """
        with ledger.writing(self._ledger):
            self._must_be_open(number)
            self._ledger.execute(
                "INSERT INTO decision (dossier, document_type, reason) VALUES (?, ?, ?)"
                " ON CONFLICT (dossier, document_type) DO UPDATE SET reason = excluded.reason",
                (number, document_type, reason),
            )

    def take_back(self, number: int, document_type: DocumentTypeCode, reason: ScanReason) -> None:
        """Take back that a paper of an open dossier was decided about for this reason; any other reason stays.

        Raises:
            ProblemError: as for `decide`.
        """
        with ledger.writing(self._ledger):
            self._must_be_open(number)
            self._ledger.execute(
                "DELETE FROM decision WHERE dossier = ? AND document_type = ? AND reason = ?",
                (number, document_type, reason),
            )

    def question(self, number: int, owner: PersonalIdentifier, document_type: DocumentTypeCode) -> ScanQuestion:
        """Return what to ask the server before the paper of *owner* is scanned for an open dossier.

        Raises:
            ProblemError: `dossier-unknown`; `dossier-not-ready` when its code or that of its procedure is not known.
        """
        self._must_be_open(number)
        row = self._ledger.execute("SELECT code, procedure FROM dossier WHERE number = ?", (number,)).fetchone()
        if row["code"] is None or row["procedure"] is None:
            raise DOSSIER_NOT_READY.error("Chưa có mã hồ sơ hoặc mã thủ tục: không hỏi kho được")
        return ScanQuestion(
            owner=owner, document_type=document_type, purpose=row["procedure"], dossier_code=row["code"]
        )

    def settle(self, number: int, reason: SettledReason) -> None:
        """Say what was done about files of a dossier that arrived but can be read by nobody. It turns green then.

        Raises:
            ProblemError: `dossier-unknown` when it has no receipt, or nothing to settle.
        """
        with ledger.writing(self._ledger):
            row = self._ledger.execute(
                "SELECT sequence FROM submission WHERE dossier = ? AND receipt IS NOT NULL AND trouble IS NOT NULL",
                (number,),
            ).fetchone()
            if row is None:
                raise DOSSIER_UNKNOWN.error(f"dossier number {number} has nothing to settle")
            self._ledger.execute(
                "INSERT INTO settled (sequence, reason, settled_at) VALUES (?, ?, ?)",
                (row["sequence"], reason, self._now().isoformat()),
            )
            self._ledger.execute("UPDATE submission SET trouble = NULL WHERE sequence = ?", (row["sequence"],))

    def next_paper(self, number: int) -> None:
        """Let the next picture be the first page of another paper."""
        with ledger.writing(self._ledger):
            self._must_be_open(number)
            self._ledger.execute("UPDATE dossier SET paper = paper + 1 WHERE number = ?", (number,))

    def take(self, claim: str, path: Path, *, into: int | None = None) -> int:
        """Take the scan in *path*; when this returns, it is durable, and its pages are counted. Return how many.

        Args:
            claim: a name that no other scan has. What was taken under it is not taken a second time.
            path: the file; it stays where it is.
            into: number of the dossier that its pages belong to; None: the current one. Separators change either.

        Raises:
            ProblemError: why it is not taken: `station-full`, or what is wrong with the file.
            StillWrittenError: it changed while it was read.
        """
        if self.has_taken(claim):
            return 0
        before = path.stat()
        self._must_have_room(before.st_size)
        drafts: list[tuple[pictures.Part, Draft | None]] = []
        try:
            for part in pictures.parts(path, self._settings.limits):
                chunks = _chunks_of(path) if part.content is None else [part.content]
                drafts.append((part, None if part.separator else self._vault.draft(chunks)))
            if _changed(before, path.stat()):
                raise StillWrittenError
            with ledger.writing(self._ledger):
                if not self._claim(claim):
                    return 0
                self._vault.keep([draft for _, draft in drafts if draft])
                if into is not None:
                    self._must_be_open(into)
                number = self._current() if into is None else into
                for part, draft in drafts:
                    if part.separator:
                        number = self._open_with(part.separator)
                    elif draft:
                        number = self._open_with(None) if number is None else number
                        self._add(number, part, draft)
                if into is None and number is not None:
                    self._make_current(number)
        finally:
            self._vault.drop(draft for _, draft in drafts if draft)
        return sum(part.pages for part, _ in drafts)

    def has_taken(self, claim: str) -> bool:
        """Return whether a scan was taken under this name."""
        return self._ledger.execute("SELECT 1 FROM claim WHERE name = ?", (claim,)).fetchone() is not None

    def forget(self, claim: str) -> None:
        """Forget a claim whose file is gone for good."""
        with ledger.writing(self._ledger):
            self._ledger.execute("DELETE FROM claim WHERE name = ?", (claim,))

    def complain(self, troubles: Mapping[str, str]) -> None:
        """Keep what a person has to see to, by its place, and nothing else; each concerns the dossier of its time."""
        with ledger.writing(self._ledger):
            known = {row["place"] for row in self._ledger.execute("SELECT place FROM trouble")}
            for place in known - troubles.keys():
                self._ledger.execute("DELETE FROM trouble WHERE place = ?", (place,))
            for place, why in troubles.items():
                self._ledger.execute(
                    "INSERT INTO trouble (place, dossier, why) VALUES (?, (SELECT number FROM current_dossier), ?)"
                    " ON CONFLICT (place) DO UPDATE SET why = excluded.why",
                    (place, why),
                )

    # --- closing -------------------------------------------------------------------------------------------------

    def close(self, number: int, *, scanned_by: str) -> SignedEntry:
        """Close a dossier: it is in the journal now, and will be sent. What was closed stays so.

        Args:
            number: of the dossier.
            scanned_by: name of the person who scanned, as their certificate says.

        Raises:
            ProblemError: `dossier-not-ready`, saying in Vietnamese what is missing; `dossier-unknown`;
                or as `closing.files_of` does, when pictures cannot be made one file.
        """
        while True:
            closed = self._closed(number)
            if closed is not None:
                return closed
            self._must_be_ready(number)
            scans = self._scans(number)
            drafts: list[Draft] = []
            try:
                files = list(closing.files_of(scans, self._vault, self._settings.limits, drafts))
                with ledger.writing(self._ledger):
                    if self._closed(number) is None and self._scans(number) == scans and not self._obstacles(number):
                        self._vault.keep(drafts)
                        closing.write_down(
                            self._ledger, number, files, station=self._station, scanned_by=scanned_by,
                            key=self._home.key, written_at=self._now(),
                        )  # fmt: skip
            finally:
                self._vault.drop(drafts)

    # --- what is there -------------------------------------------------------------------------------------------

    def current(self) -> int:
        """Return the number of the dossier that pages belong to now.

        Raises:
            ProblemError: `dossier-unknown` when there is none.
        """
        number = self._current()
        if number is None:
            raise DOSSIER_UNKNOWN.error("no dossier is open")
        return number

    def newest(self, code: DossierCode) -> int:
        """Return the number of the newest dossier with this *code*.

        Raises:
            ProblemError: `dossier-unknown`.
        """
        row = self._ledger.execute("SELECT MAX(number) AS number FROM dossier WHERE code = ?", (code,)).fetchone()
        if row["number"] is None:
            raise DOSSIER_UNKNOWN.error(f"{code} was never opened here")
        return int(row["number"])

    def status(self, number: int) -> DossierStatus:
        """Return one dossier.

        Raises:
            ProblemError: `dossier-unknown`.
        """
        return status_of(self._ledger, number)

    def every_status(self, *, received: int | None = None) -> Iterator[DossierStatus]:
        """Yield every dossier, the newest first; of those with a receipt only the last *received* ones."""
        return every_status(self._ledger, received)

    def complaints(self) -> dict[str, str]:
        """Return what a person has to see to at this station, by its place, whichever dossier it concerns."""
        return complaints(self._ledger)

    def has(self, number: int) -> bool:
        """Return whether there is a dossier with this number."""
        return self._ledger.execute("SELECT 1 FROM dossier WHERE number = ?", (number,)).fetchone() is not None

    def decisions(self, number: int) -> tuple[ScanDecision, ...]:
        """Return what was decided about the papers of a dossier."""
        return closing.decisions_of(self._ledger, number)

    def scans(self, number: int) -> tuple[Scan, ...]:
        """Return the scans of a dossier, as they lie."""
        said: dict[int, list[str]] = {}
        for scan, notice in glanced(self._ledger, number):
            said.setdefault(scan, []).append(notice)
        row = self._ledger.execute("SELECT scan FROM rescan WHERE dossier = ?", (number,)).fetchone()
        found: list[Scan] = []
        first = 1
        for position, each in enumerate(self._scans(number), 1):
            again = row is not None and row["scan"] == each["id"]
            found.append(Scan(each["id"], position, first, each["pages"], again, tuple(said.get(each["id"], ()))))
            first += each["pages"]
        return tuple(found)

    def picture(self, number: int, scan: int, page: int) -> bytes | None:
        """Return a small JPEG of a page (from 1) of a scan in an open dossier; None where none can be made here.

        Raises:
            ProblemError: `dossier-unknown`, also when the dossier is closed: then it is sent, not looked at.
        """
        self._must_be_open(number)
        row = self._ledger.execute("SELECT * FROM scan WHERE id = ? AND dossier = ?", (scan, number)).fetchone()
        if row is None or not 1 <= page <= row["pages"]:
            raise DOSSIER_UNKNOWN.error(f"dossier number {number} has no such scan")
        try:
            with self._vault.open(row["file"]) as content:
                [(_, seen)] = pictures.previews(content, row["media"], [page], self._settings.limits)
        except FileNotFoundError:
            return None  # removed just now
        return seen.jpeg

    def _scans(self, number: int) -> list[sqlite3.Row]:
        return self._ledger.execute("SELECT * FROM scan WHERE dossier = ? ORDER BY position", (number,)).fetchall()

    def _closed(self, number: int) -> SignedEntry | None:
        row = self._ledger.execute("SELECT entry FROM submission WHERE dossier = ?", (number,)).fetchone()
        return SignedEntry.model_validate_json(row["entry"]) if row else None

    def _obstacles(self, number: int) -> tuple[str, ...]:
        return tuple(each.why for each in obstacles(facts_of(self._ledger, number)))

    # --- what must be so -----------------------------------------------------------------------------------------

    def _must_be_open(self, number: int) -> None:
        if facts_of(self._ledger, number).closed:
            raise DOSSIER_UNKNOWN.error(f"dossier number {number} is closed")

    def _scan_at(self, number: int, position: int) -> sqlite3.Row:
        self._must_be_open(number)
        scans = self._scans(number)
        if not 1 <= position <= len(scans):
            raise DOSSIER_UNKNOWN.error(f"dossier number {number} has no scan {position}")
        return scans[position - 1]

    def _must_be_ready(self, number: int) -> None:
        found = self._obstacles(number)
        if found:
            with ledger.writing(self._ledger):
                self._ledger.execute("UPDATE dossier SET refused = 1 WHERE number = ?", (number,))
            raise DOSSIER_NOT_READY.error("; ".join(found))

    def _must_have_room(self, size: int) -> None:
        free = shutil.disk_usage(self._home.folder).free
        keep = self._settings.scanning.keep_free_bytes
        if free - size < keep:
            raise STATION_FULL.error(f"{free} bytes are free, {keep} have to stay so")

    # --- inside a transaction ------------------------------------------------------------------------------------

    def _claim(self, claim: str) -> bool:
        return bool(self._ledger.execute("INSERT OR IGNORE INTO claim (name) VALUES (?)", (claim,)).rowcount)

    def _current(self) -> int | None:
        row = self._ledger.execute("SELECT number FROM current_dossier WHERE number IS NOT NULL").fetchone()
        return None if row is None else int(row["number"])

    def _make_current(self, number: int) -> None:
        self._ledger.execute(
            "INSERT INTO current_dossier (only, number) VALUES (1, ?)"
            " ON CONFLICT (only) DO UPDATE SET number = excluded.number",
            (number,),
        )

    def _open_with(self, code: DossierCode | None, *, but: int | None = None) -> int:
        """Return the newest open dossier with this *code*, other than *but*; made if there is none."""
        row = self._ledger.execute(  # no code equals NULL: stray pages begin a dossier of their own
            "SELECT number FROM dossier LEFT JOIN submission ON submission.dossier = number"
            " WHERE code = ? AND number IS NOT ? AND sequence IS NULL ORDER BY number DESC LIMIT 1",
            (code, but),
        ).fetchone()
        if row is not None:
            return int(row["number"])
        made = self._ledger.execute(
            "INSERT INTO dossier (code, opened_at) VALUES (?, ?)", (code, self._now().isoformat())
        )
        return int(made.lastrowid or 0)

    def _describe(self, number: int, procedure: ProcedureCode | None, declared: int | None) -> None:
        self._ledger.execute(
            "UPDATE dossier SET procedure = COALESCE(?, procedure), declared = COALESCE(?, declared) WHERE number = ?",
            (procedure, declared, number),
        )

    def _add(self, number: int, part: pictures.Part, draft: Draft) -> None:
        """Add a scan at the end, or in the place of one that is to be scanned again."""
        old = self._ledger.execute(
            "SELECT scan.* FROM rescan JOIN scan ON scan.id = rescan.scan WHERE rescan.dossier = ?", (number,)
        ).fetchone()
        self._ledger.execute(
            "INSERT INTO scan (dossier, position, paper, media, is_picture, pages, sha256, size, file, scanned_at)"
            " SELECT number, (SELECT COALESCE(MAX(position), 0) + 1 FROM scan WHERE dossier = number), paper,"
            " ?, ?, ?, ?, ?, ?, ? FROM dossier WHERE number = ?",
            (
                part.media, part.is_picture, part.pages, draft.sha256, draft.size, draft.name,
                self._now().isoformat(), number,
            ),
        )  # fmt: skip
        if old is not None:
            self._ledger.execute(
                "UPDATE scan SET position = ?, paper = ? WHERE file = ?", (old["position"], old["paper"], draft.name)
            )
            self._ledger.execute("DELETE FROM scan WHERE id = ?", (old["id"],))


def _chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _changed(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
