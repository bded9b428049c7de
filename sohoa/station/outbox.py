"""The side of the station that faces the line: what is to be sent, and what has its receipt."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from schemas.digest import Sha256
from schemas.legibility import Fault, Legibility
from schemas.problem import RECEIPT_WRONG, SUBMISSION_UNKNOWN
from schemas.settings import Settings
from schemas.station import SignedEntry, SignedReceipt
from schemas.submission import Manifest, Receipt
from sohoa.station import ledger, pictures
from sohoa.station.home import Home
from sohoa.station.legible import notice
from sohoa.station.outgoing import Outgoing, Preview, Unsent
from sohoa.station.vault import Vault

_ASKED_ABOUT = 20
"""Submissions of whose pages the server is asked at most: after an afternoon nobody waits for the answer."""


def local_time() -> datetime:
    """Return the time by this machine's clock, in its zone."""
    return datetime.now(UTC).astimezone()


class Outbox(Outgoing):
    """See `Outgoing`. For one thread; others open their own."""

    def __init__(self, home: Home, settings: Settings, *, now: Callable[[], datetime] = local_time) -> None:
        """Open the outbox of the station that lives in *home*.

        Raises:
            ProblemError: `station-not-enrolled`.
        """
        self._station = home.station
        self._settings = settings
        self._now = now
        self._vault = Vault(home.folder, home.files_key)
        self._ledger = ledger.connect(home.ledger)

    def entries_from(self, sequence: int, *, limit: int = 500) -> tuple[SignedEntry, ...]:
        """See `Outgoing`."""
        rows = self._ledger.execute(
            "SELECT entry FROM submission WHERE sequence >= ? ORDER BY sequence LIMIT ?", (sequence, limit)
        )
        return tuple(SignedEntry.model_validate_json(row["entry"]) for row in rows)

    def to_send(self) -> Iterator[Unsent]:
        """See `Outgoing`."""
        rows = self._ledger.execute(
            "SELECT entry, manifest FROM submission WHERE receipt IS NULL ORDER BY sequence"
        ).fetchall()
        for row in rows:
            yield Unsent(SignedEntry.model_validate_json(row["entry"]), Manifest.model_validate_json(row["manifest"]))

    def open(self, sha256: Sha256) -> BinaryIO:
        """See `Outgoing`."""
        row = self._ledger.execute("SELECT file FROM sent_file WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone()
        if row is None:
            raise SUBMISSION_UNKNOWN.error(f"no file that is to be sent has the hash {sha256}")
        return self._vault.open(row["file"])

    def received(self, receipt: SignedReceipt) -> None:
        """See `Outgoing`."""
        row = self._ledger.execute(
            "SELECT manifest, receipt FROM submission WHERE submission_id = ?", (receipt.receipt.submission_id,)
        ).fetchone()
        if row is None:
            raise RECEIPT_WRONG.error("it names a submission that this station never made")
        manifest = Manifest.model_validate_json(row["manifest"])
        if receipt.receipt != Receipt.of(manifest, receipt.receipt.received_at, receipt.receipt.refused):
            raise RECEIPT_WRONG.error("it does not name the files that were sent")
        if row["receipt"] is None:
            with ledger.writing(self._ledger):
                self._ledger.execute(
                    "UPDATE submission SET receipt = ?, received_at = ?, trouble = ?"
                    " WHERE submission_id = ? AND receipt IS NULL",
                    (
                        receipt.model_dump_json(),
                        self._now().isoformat(),
                        _unreadable(manifest, receipt.receipt),
                        receipt.receipt.submission_id,
                    ),
                )
        self.wipe()

    def to_look_at(self) -> Iterator[Preview]:
        """See `Outgoing`."""
        rows = self._ledger.execute(
            "SELECT id, media, file, pages FROM scan WHERE dossier NOT IN (SELECT dossier FROM submission)"
            " AND pages > (SELECT COUNT(*) FROM glance WHERE scan = id) ORDER BY id"
        ).fetchall()
        for row in rows:
            glances = self._ledger.execute("SELECT page FROM glance WHERE scan = ?", (row["id"],))
            known = {each["page"] for each in glances}
            wanted = [page for page in range(1, row["pages"] + 1) if page not in known]
            try:
                with self._vault.open(row["file"]) as content:
                    for page, seen in pictures.previews(content, row["media"], wanted, self._settings.limits):
                        yield Preview(row["id"], page, seen.jpeg, ("low_dpi",) if seen.low_dpi else ())
            except FileNotFoundError:
                continue  # removed just now

    def looked_at(self, preview: Preview, faults: tuple[Fault, ...]) -> None:
        """See `Outgoing`."""
        with ledger.writing(self._ledger):
            self._ledger.execute(
                "INSERT OR IGNORE INTO glance (scan, page, faults) SELECT id, ?, ? FROM scan WHERE id = ?",
                (preview.page, " ".join(faults), preview.scan),
            )

    def to_ask_about(self) -> tuple[Sha256, ...]:
        """See `Outgoing`."""
        rows = self._ledger.execute(
            "SELECT submission_id, sequence IN (SELECT sequence FROM legibility) AS known FROM submission"
            " WHERE receipt IS NOT NULL ORDER BY sequence DESC LIMIT ?",
            (_ASKED_ABOUT,),
        )
        return tuple(row["submission_id"] for row in rows if not row["known"])

    def judged(self, legibility: Legibility) -> None:
        """See `Outgoing`."""
        row = self._ledger.execute(
            "SELECT sequence, manifest FROM submission WHERE submission_id = ?", (legibility.submission_id,)
        ).fetchone()
        if row is None or not legibility.settled:
            return
        names = {file.sha256: file.name for file in Manifest.model_validate_json(row["manifest"]).files}
        notices = [
            notice(f"Tệp {names[file.file_sha256]}, trang {page.page}", page.faults)
            for file in legibility.files
            if file.file_sha256 in names
            for page in file.pages
        ]
        with ledger.writing(self._ledger):
            self._ledger.execute(
                "INSERT OR IGNORE INTO legibility (sequence, notices) VALUES (?, ?)",
                (row["sequence"], "\n".join(notices)),
            )

    def trouble(self, submission_id: Sha256, why: str | None) -> None:
        """See `Outgoing`."""
        with ledger.writing(self._ledger):
            self._ledger.execute(
                "UPDATE submission SET trouble = ? WHERE submission_id = ? AND receipt IS NULL", (why, submission_id)
            )

    def wipe(self) -> None:
        """Remove the files whose time after the receipt is over, and what interrupted work left behind."""
        until = self._now() - timedelta(days=self._settings.scanning.keep_days)
        with ledger.writing(self._ledger):
            rows = self._ledger.execute(
                "SELECT DISTINCT sequence, received_at FROM submission JOIN sent_file USING (sequence)"
                " WHERE receipt IS NOT NULL"
            ).fetchall()
            for row in rows:
                if datetime.fromisoformat(row["received_at"]) <= until:
                    self._ledger.execute("DELETE FROM sent_file WHERE sequence = ?", (row["sequence"],))
        with ledger.writing(self._ledger):  # nobody can begin to refer to a file meanwhile
            self._vault.sweep(ledger.kept_files(self._ledger))
        self._vault.sweep_drafts()


def _unreadable(manifest: Manifest, receipt: Receipt) -> str | None:
    """Return what the clerk has to do about files that arrived and can be read by nobody; None: there are none."""
    refused = {file.sha256 for file in receipt.refused}
    names = ", ".join(file.name for file in manifest.files if file.sha256 in refused)
    return f"Máy chủ không đọc được {names}. Giữ lại giấy và quét lại." if names else None
