"""The station's ledger: what was scanned for which dossier, the journal, the receipts. SQLite, durable at each commit.

Every process and every thread opens its own; SQLite lets one of them write at a time.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS dossier (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT,
    procedure TEXT,
    declared INTEGER,
    refused INTEGER NOT NULL DEFAULT 0,
    paper INTEGER NOT NULL DEFAULT 1,
    opened_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS current_dossier (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    number INTEGER REFERENCES dossier
) STRICT;
CREATE TABLE IF NOT EXISTS scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier INTEGER NOT NULL REFERENCES dossier,
    position INTEGER NOT NULL,
    paper INTEGER NOT NULL,
    media TEXT NOT NULL,
    is_picture INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    file TEXT NOT NULL UNIQUE,
    scanned_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS scans_of_dossier ON scan (dossier, position);
CREATE TABLE IF NOT EXISTS claim (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS submission (
    sequence INTEGER PRIMARY KEY,
    dossier INTEGER NOT NULL UNIQUE REFERENCES dossier,
    submission_id TEXT NOT NULL UNIQUE,
    entry TEXT NOT NULL,
    manifest TEXT NOT NULL,
    trouble TEXT,
    receipt TEXT,
    received_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS sent_file (
    sequence INTEGER NOT NULL REFERENCES submission,
    position INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (sequence, position)
) STRICT;
CREATE INDEX IF NOT EXISTS sent_files_by_hash ON sent_file (sha256);
CREATE TABLE IF NOT EXISTS trouble (
    place TEXT PRIMARY KEY,
    dossier INTEGER REFERENCES dossier,
    why TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS glance (
    scan INTEGER NOT NULL REFERENCES scan ON DELETE CASCADE,
    page INTEGER NOT NULL,
    faults TEXT NOT NULL,
    PRIMARY KEY (scan, page)
) STRICT;
CREATE TABLE IF NOT EXISTS legibility (
    sequence INTEGER PRIMARY KEY REFERENCES submission,
    notices TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS rescan (
    dossier INTEGER PRIMARY KEY REFERENCES dossier,
    scan INTEGER NOT NULL UNIQUE REFERENCES scan ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS decision (
    dossier INTEGER NOT NULL REFERENCES dossier,
    document_type TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (dossier, document_type)
) STRICT;
CREATE TABLE IF NOT EXISTS settled (
    sequence INTEGER PRIMARY KEY REFERENCES submission,
    reason TEXT NOT NULL,
    settled_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS signing (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    waiting INTEGER NOT NULL DEFAULT 0,
    signed INTEGER NOT NULL DEFAULT 0,
    trouble TEXT,
    ended_at TEXT
) STRICT;
"""
_WAIT_SECONDS = 30


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger; it is made when it is not there."""
    ledger = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
    ledger.row_factory = sqlite3.Row
    _keep_a_log(ledger)
    ledger.execute("PRAGMA synchronous = FULL")
    ledger.execute("PRAGMA foreign_keys = ON")
    ledger.execute("PRAGMA secure_delete = ON")
    if not ledger.execute("SELECT 1 FROM sqlite_master WHERE name = 'signing'").fetchone():
        ledger.executescript(_TABLES)
    return ledger


def _keep_a_log(ledger: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself when several do so at the same moment."""
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            ledger.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the low byte of SQLite's extended codes


@contextmanager
def writing(ledger: sqlite3.Connection) -> Iterator[None]:
    """Write all that the block writes, durably, or nothing; nobody else writes meanwhile."""
    ledger.execute("BEGIN IMMEDIATE")
    try:
        yield
        ledger.execute("COMMIT")
    except BaseException:
        if ledger.in_transaction:
            ledger.rollback()
        raise


def kept_files(ledger: sqlite3.Connection) -> set[str]:
    """Return the names of all files that are still needed: scans of open dossiers, and what is to be sent."""
    rows = ledger.execute(
        "SELECT file FROM scan WHERE dossier NOT IN (SELECT dossier FROM submission) UNION SELECT file FROM sent_file"
    )
    return {row["file"] for row in rows}
