"""What is there: every dossier with its light, read from the ledger."""

import sqlite3
from collections.abc import Iterator

from schemas.digest import Sha256
from schemas.model import Value
from schemas.problem import DOSSIER_UNKNOWN
from schemas.submission import DossierCode, Moment
from sohoa.station.legible import notice
from sohoa.station.light import WORDS, Facts, State, light


class DossierStatus(Value):
    """A dossier as the clerk sees it."""

    number: int
    """Its number at this station: a dossier code may come again for papers that were brought later."""
    dossier_code: DossierCode | None
    state: State
    why: str
    """For `needs you`: what to do, in Vietnamese."""
    notices: tuple[str, ...]
    """Pages that should be scanned once more while the paper is here, in Vietnamese."""
    words: str
    """The state in Vietnamese."""
    is_current: bool
    """Pages that come now belong to it."""
    scanned_pages: int
    declared_pages: int | None
    opened_at: Moment
    submission_id: Sha256 | None
    sequence: int | None
    """Its number in the station's journal, once it is closed."""
    received_at: Moment | None
    """When the receipt came, by the station's clock."""


def every_status(ledger: sqlite3.Connection, received: int | None) -> Iterator[DossierStatus]:
    """Yield every dossier, the newest first; of those with a receipt the last *received* ones, or None: all."""
    rows = ledger.execute(
        "SELECT number FROM dossier LEFT JOIN submission ON submission.dossier = number WHERE receipt IS NULL"
        " UNION SELECT dossier FROM (SELECT dossier FROM submission WHERE receipt IS NOT NULL"
        " ORDER BY received_at DESC LIMIT ?) ORDER BY number DESC",
        (-1 if received is None else received,),
    ).fetchall()
    for row in rows:
        yield status_of(ledger, row["number"])


def complaints(ledger: sqlite3.Connection) -> dict[str, str]:
    """Return what a person has to see to at this station, by its place, whichever dossier it concerns."""
    return {row["place"]: row["why"] for row in ledger.execute("SELECT place, why FROM trouble ORDER BY place")}


def status_of(ledger: sqlite3.Connection, number: int) -> DossierStatus:
    """Return one dossier.

    Raises:
        ProblemError: `dossier-unknown`.
    """
    row = ledger.execute(
        "SELECT dossier.*, submission_id, sequence, received_at,"
        " EXISTS (SELECT 1 FROM current_dossier WHERE number = dossier.number) AS is_current"
        " FROM dossier LEFT JOIN submission ON submission.dossier = dossier.number WHERE dossier.number = ?",
        (number,),
    ).fetchone()
    if row is None:
        raise DOSSIER_UNKNOWN.error(f"there is no dossier number {number}")
    facts = facts_of(ledger, number)
    shown = light(facts)
    return DossierStatus(
        number=number,
        dossier_code=row["code"],
        state=shown.state,
        why=shown.why,
        notices=facts.notices,
        words=WORDS[shown.state],
        is_current=row["is_current"],
        scanned_pages=facts.scanned,
        declared_pages=facts.declared,
        opened_at=row["opened_at"],
        submission_id=row["submission_id"],
        sequence=row["sequence"],
        received_at=row["received_at"],
    )


def facts_of(ledger: sqlite3.Connection, number: int) -> Facts:
    """Return what the light of a dossier depends on.

    Raises:
        ProblemError: `dossier-unknown`.
    """
    row = ledger.execute(
        "SELECT code, declared, refused, sequence, trouble, receipt,"
        " (SELECT COALESCE(SUM(pages), 0) FROM scan WHERE dossier = number) AS scanned,"
        " (SELECT COUNT(*) - COUNT(DISTINCT sha256) FROM scan WHERE dossier = number) AS twice"
        " FROM dossier LEFT JOIN submission ON submission.dossier = dossier.number WHERE number = ?",
        (number,),
    ).fetchone()
    if row is None:
        raise DOSSIER_UNKNOWN.error(f"there is no dossier number {number}")
    closed = row["sequence"] is not None
    places = ledger.execute("SELECT why FROM trouble WHERE dossier = ? ORDER BY place", (number,))
    return Facts(
        code=row["code"],
        scanned=row["scanned"],
        declared=row["declared"],
        twice=bool(row["twice"]),
        refused=bool(row["refused"]),
        closed=closed,
        received=row["receipt"] is not None,
        notices=_judged(ledger, row["sequence"]) if closed else tuple(said for _, said in glanced(ledger, number)),
        troubles=((row["trouble"],) if row["trouble"] else ()) if closed else tuple(each["why"] for each in places),
    )


def glanced(ledger: sqlite3.Connection, number: int) -> Iterator[tuple[int, str]]:
    """Yield what is wrong with each page of an open dossier, counted as they lie, with the id of its scan."""
    rows = ledger.execute(
        "SELECT scan, faults, page + (SELECT COALESCE(SUM(pages), 0) FROM scan AS earlier"
        " WHERE earlier.dossier = scan.dossier AND earlier.position < scan.position) AS place"
        " FROM glance JOIN scan ON scan.id = glance.scan WHERE dossier = ? AND faults <> '' ORDER BY place",
        (number,),
    )
    yield from ((row["scan"], notice(f"Trang {row['place']}", row["faults"].split())) for row in rows)


def _judged(ledger: sqlite3.Connection, sequence: int) -> tuple[str, ...]:
    row = ledger.execute("SELECT notices FROM legibility WHERE sequence = ?", (sequence,)).fetchone()
    return tuple(row["notices"].splitlines()) if row else ()
