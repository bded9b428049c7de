"""What waits for people, who has it now, and what they have decided: the review desk's part of the catalog."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sql

from schemas.record import RecordId
from schemas.review import RESCAN, UNREADABLE
from storage import tables
from storage.database import Database, behind, moment

_HOUR = len("2026-11-20T05")


class Waiting(NamedTuple):
    """A record that waits for a person, and why."""

    record_id: RecordId
    version: int
    document_type: str | None
    since: str
    """When this version was made; ISO 8601 in UTC."""
    reasons: tuple[str, ...]
    """As `review_reasons` of the record."""
    backfill: bool


class Backlog(NamedTuple):
    """How many records of one lane wait since one hour."""

    hour: str
    """As `2026-11-20T05`, in UTC."""
    backfill: bool
    records: int


class Throughput(NamedTuple):
    """What people decided within one hour."""

    hour: str
    """As above."""
    records: int
    fields: int


class Snippet(NamedTuple):
    """A crop of one field that was given to a person."""

    ticket: str
    """Random: it says nothing about what is shown."""
    record_id: RecordId
    version: int
    field: str


class Decided(NamedTuple):
    """One decision of a person."""

    at: datetime
    fields: int


class ReviewQueue:
    """The queue of the review desk. Leases and snippets live here alone: losing them loses nobody's work."""

    def __init__(self, database: Database) -> None:
        """Ask the tables of the catalog in *database*."""
        self._database = database

    def in_review(self, limit: int, after: RecordId | None = None) -> tuple[Waiting, ...]:
        """Return what waits for a person: live papers before backfill, the longest waiting first.

        Args:
            limit: at most so many.
            after: the last record of the page before; None: the first page. If it does not wait any more, it still
                says where the next page begins.
        """
        place = (tables.records.c.backfill, tables.records.c.created_at, tables.records.c.record_id)
        columns = (tables.records.c.version, tables.records.c.document_type, tables.records.c.review_reasons)
        query = sql.select(*place, *columns).where(tables.records.c.status == "review")
        with self._database.transaction() as connection:
            query = behind(connection, query, place, after)
            found = connection.execute(query.order_by(*place).limit(limit)).all()
        return tuple(
            Waiting(record_id, version, type_, since, tuple(reasons.split()), bool(in_backfill))
            for in_backfill, since, record_id, version, type_, reasons in found
        )

    def to_be_rescanned(self, dossier: str, document_type: str) -> tuple[RecordId, ...]:
        """Return the records of a dossier and a type that wait for a new scan of their paper."""
        row = tables.records.c
        waits = sql.or_(*(row.review_reasons.contains(each, autoescape=True) for each in (RESCAN, f"{UNREADABLE}:")))
        query = sql.select(row.record_id).where(row.dossier_code == dossier, row.document_type == document_type)
        with self._database.transaction() as connection:
            found = connection.execute(query.where(row.status == "review", waits).order_by(row.record_id))
            return tuple(found.scalars())

    def waits(self) -> int:
        """Return how many records wait for a person."""
        query = sql.select(sql.func.count()).where(tables.records.c.status == "review")
        with self._database.transaction() as connection:
            return connection.execute(query).scalar_one()

    def backlog(self) -> tuple[Backlog, ...]:
        """Return how much waits for a person, by the hour since when, the oldest first."""
        lane, hour = tables.records.c.backfill, sql.func.substr(tables.records.c.created_at, 1, _HOUR)
        query = sql.select(hour, lane, sql.func.count()).where(tables.records.c.status == "review")
        with self._database.transaction() as connection:
            found = connection.execute(query.group_by(hour, lane).order_by(hour, lane))
            return tuple(Backlog(since, bool(backfill), records) for since, backfill, records in found)

    def throughput(self, since: datetime) -> tuple[Throughput, ...]:
        """Return what was decided since then, hour by hour; hours in which nothing was are left out."""
        hour = sql.func.substr(tables.decisions.c.at, 1, _HOUR)
        query = sql.select(hour, sql.func.count(), sql.func.sum(tables.decisions.c.fields))
        query = query.where(tables.decisions.c.at >= moment(since)).group_by(hour).order_by(hour)
        with self._database.transaction() as connection:
            return tuple(Throughput(*row) for row in connection.execute(query))

    def decided_by(self, who: str, since: datetime) -> tuple[Decided, ...]:
        """Return the decisions of one person since then, in order."""
        mine = tables.decisions.c
        query = sql.select(mine.at, mine.fields).where(mine.who == who, mine.at >= moment(since)).order_by(mine.at)
        with self._database.transaction() as connection:
            return tuple(Decided(datetime.fromisoformat(at), fields) for at, fields in connection.execute(query))

    def lease(self, record_id: RecordId, who: str, now: datetime, until: datetime) -> bool:
        """Give *who* a record to look at until then, unless somebody else has it now; return whether they have it."""
        insert = self._database.insert(tables.leases).values(record_id=record_id, who=who, until=moment(until))
        taken = insert.on_conflict_do_update(
            index_elements=[tables.leases.c.record_id],
            set_={"who": insert.excluded.who, "until": insert.excluded.until},
            where=sql.or_(tables.leases.c.until <= moment(now), tables.leases.c.who == who),
        ).returning(tables.leases.c.record_id)
        with self._database.transaction(writes=True) as connection:
            return connection.execute(taken).one_or_none() is not None

    def give_snippet(
        self, who: str, snippet: Snippet, links: Iterable[str], now: datetime, until: datetime, sitting: datetime
    ) -> bool:
        """Give *who* a snippet, unless they were shown one since *sitting* that it can be linked with by *links*."""
        shown, names = tables.shown.c, sorted(set(links))
        linked = sql.select(shown.link).where(shown.who == who, shown.link.in_(names), shown.at >= moment(sitting))
        insert = self._database.insert(tables.shown)
        keep = insert.on_conflict_do_update(index_elements=[shown.who, shown.link], set_={"at": insert.excluded.at})
        with self._database.transaction(writes=True) as connection:
            if connection.execute(linked.limit(1)).first() is not None:
                return False
            row = {"who": who, **snippet._asdict(), "until": moment(until), "answered": False}
            connection.execute(sql.insert(tables.snippets).values(row))
            connection.execute(keep, [{"who": who, "link": each, "at": moment(now)} for each in names])
        return True

    def snippet_of(self, who: str, now: datetime, ticket: str | None = None) -> Snippet | None:
        """Return the snippet that *who* has and did not answer, or the one with this ticket, whatever became of it."""
        mine = tables.snippets.c
        query = sql.select(mine.ticket, mine.record_id, mine.version, mine.field).where(mine.who == who)
        if ticket is None:
            query = query.where(mine.until > moment(now), sql.not_(mine.answered)).order_by(mine.until.desc())
        else:
            query = query.where(mine.ticket == ticket)
        with self._database.transaction() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else Snippet(*row)

    def answer_snippet(self, ticket: str) -> None:
        """Write down that a snippet was answered."""
        with self._database.transaction(writes=True) as connection:
            connection.execute(
                sql.update(tables.snippets).where(tables.snippets.c.ticket == ticket).values(answered=True)
            )
