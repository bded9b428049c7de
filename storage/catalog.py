"""The catalog: an SQL index over the object store, in SQLite or PostgreSQL. A projection: safe to lose.

It keeps no field of any record and no personal data of owners: ids, owner keys, types, dates, keys of what records are
found by, and which reviewer decided when. Everything in it is written from the values in the store, in any order and
any number of times. Whoever changes the store writes to the catalog after it, and the outcome to the store last: then a
catalog that missed something belongs to a submission that is run again.
"""

import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby
from operator import eq, ge, gt, le
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import sqlalchemy as sql
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from schemas.backfill import STATION as BACKFILL
from schemas.calibration import Sampled, sampled_in
from schemas.digest import Sha256
from schemas.lookup import may_tell_of_death
from schemas.problem import CATALOG_MISSING, CATALOG_UNREACHABLE, CONFIGURATION, OWNER_SECRET_CHANGED, ProblemError
from schemas.record import Record, RecordId
from schemas.review import RESCAN, UNREADABLE, Decision
from schemas.search import Listed, Search, Term, terms_of
from schemas.station import JournalEntry
from schemas.submission import Receipt, StationId
from storage import durable, keys, tables
from storage.sqlite import WRITES, existing_file, tune

_BATCH = 1000
_HOUR = len("2026-11-20T05")
_SECRET_CHECK = b"sohoa/owner/secret/1"
_ABSENT = ("no such table", "not a database", "malformed", 'relation "')
"""How SQLite and PostgreSQL begin to say that tables are not there (`relation "records" does not exist`)."""
_CLOSED = ("unable to open database file", "attempt to write a readonly database")
"""How SQLite says that it may not use a file, or those that it makes beside it; also, that the file is not there."""
_MAKING = 0x536F686F61  # "Sohoa": the number of our advisory lock in PostgreSQL

_insert: dict[str, Callable[[sql.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Submission(NamedTuple):
    """A submission that has a receipt."""

    submission_id: Sha256
    station: str
    manifest_key: str
    received_at: str
    done: bool
    """Whether it is written down what became of it."""


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


class Found(NamedTuple):
    """A record of a dossier."""

    record_id: RecordId
    document_type: str | None
    status: str
    since: str
    """As of what waits."""


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


class Counts(NamedTuple):
    """How much there is of everything."""

    records: int
    review: int
    """Records that a person has to look at."""
    submissions: int
    waiting: int
    """Submissions with a receipt and no outcome, but for those that wait to be signed."""
    drafted: int
    """Those that wait to be signed at their stations."""


class Received(NamedTuple):
    """What has come from one station, or from the backfill."""

    submissions: int
    waiting: int
    """Of those, which have no outcome yet, and do not wait to be signed."""
    waiting_since: str | None
    """When the first of these came; ISO 8601 in UTC."""
    drafted: int
    """Which wait to be signed at the station."""
    last_at: str
    """When the last of all came."""


class Stock(NamedTuple):
    """How many records there are of one type in one state, and since when the first of them is in it."""

    document_type: str | None
    status: str
    backfill: bool
    records: int
    since: str


class Meter(NamedTuple):
    """What one meter counted: how often, and what that comes to."""

    meter: str
    labels: str
    bucket: str
    """Upper bound of what was measured, for a distribution; empty for a count."""
    times: int
    total: float
    """The sum of what was measured."""


class Arrivals(NamedTuple):
    """How much of what a station said that it would send is here, as far as the catalog knows."""

    announced: int
    missing: int
    """Of what was announced, what has no receipt."""
    last_received_at: str | None
    """ISO 8601 in UTC; None: nothing has come yet."""


class Catalog:
    """The catalog at one SQLAlchemy URL."""

    def __init__(self, url: str, owner_secret: bytes) -> None:
        """Use the database at *url*; nothing is opened yet.

        Args:
            url: SQLAlchemy URL, `sqlite:////path/to/file` or `postgresql+driver://…`.
            owner_secret: the secret behind the owner keys.

        Raises:
            ProblemError: `configuration` if the URL is wrong or its driver is not installed.
        """
        self._secret = owner_secret
        self._secret_check = hmac.digest(owner_secret, _SECRET_CHECK, "sha256").hex()
        try:
            parsed = make_url(url)
            self._where = parsed.render_as_string(hide_password=True)
            self._insert = _insert[parsed.get_backend_name()]
            self._path = Path(parsed.database or ":memory:") if self._insert is sqlite.insert else None
            self._engine = sql.create_engine(parsed if self._path is None else existing_file(parsed))
        except (ArgumentError, KeyError, ModuleNotFoundError) as error:
            raise CONFIGURATION.error(f"catalog.url: not a database that can be used: {error}") from error
        if self._path is not None:
            if self._path.name == ":memory:":
                raise CONFIGURATION.error("catalog.url: names no file; a catalog in memory would not be found again")
            tune(self._engine)
        # SQLite begins by itself, at no cost, and as `tune` wants it.
        self._reading = (
            self._engine.execution_options(isolation_level="AUTOCOMMIT") if self._path is None else self._engine
        )

    # --- being there -------------------------------------------------------------------------------------------
    def is_there(self) -> bool:
        """Return whether the database holds a catalog of any version."""
        if self._is_absent():
            return False
        with self._transaction() as connection:
            return self._has_tables(connection)

    def check(self) -> None:
        """Make sure that the catalog can be relied on.

        Raises:
            ProblemError: `catalog-missing` if it is not there, is not whole, or was made by another version;
                `owner-secret-changed`; `catalog-unreachable`; `configuration` if its file may not be used.
        """
        revision = sql.select(tables.revisions.c.version_num).scalar_subquery()
        with self._transaction() as connection:
            query = sql.select(tables.catalog.c.secret_check, revision.label("revision"))
            made = connection.execute(query).one_or_none() if self._has_tables(connection) else None
        if made is None:
            raise CATALOG_MISSING.error(f"{self._where} holds no catalog")
        if made.revision != tables.REVISION:
            raise CATALOG_MISSING.error(
                f"{self._where} holds tables of revision {made.revision}, this version needs {tables.REVISION}"
            )
        if made.secret_check != self._secret_check:
            raise OWNER_SECRET_CHANGED.error(f"{self._where} was made with another one")

    def create(self) -> None:
        """Make an empty catalog, if there is none."""
        self._make_file()
        with self._transaction(writes=True) as connection:
            self._make_alone(connection)
            if not self._has_tables(connection):
                self._make_tables(connection)

    def upgrade(self) -> None:
        """Bring a catalog that an earlier version made to the present form, at one stroke, without reading the store.

        Raises:
            ProblemError: `catalog-missing` if there is none, or if it has to be made anew.
        """
        with self._transaction(writes=True) as connection:
            self._migrations(connection).upgrade(connection)

    def downgrade(self, revision: str) -> None:
        """Bring it back to the form that an earlier version needs; `base`: no tables at all.

        Raises:
            ProblemError: `catalog-missing` as above; `bad-request`.
        """
        with self._transaction(writes=True) as connection:
            self._migrations(connection).downgrade(connection, revision)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    # --- writing -----------------------------------------------------------------------------------------------
    def keep_record(self, record: Record) -> None:
        """Index *record*, unless this version of it or a later one is indexed."""
        row = {
            "record_id": record.record_id,
            "version": record.version,
            "status": record.status,
            "document_type": record.document_type,
            "valid_from": record.valid_from,
            "valid_to": record.valid_to,
            "copy_sha256": record.copy_.sha256,
            "submission_id": record.submission_id,
            "dossier_code": record.dossier_code,
            "created_at": _moment(record.created_at),
            "review_reasons": " ".join(record.review_reasons),
            "of_death": may_tell_of_death(record),
            "backfill": sql.select(
                sql.exists().where(
                    tables.submissions.c.submission_id == record.submission_id, tables.submissions.c.station == BACKFILL
                )
            ).scalar_subquery(),
        }
        owners = [
            {
                "record_id": record.record_id,
                "owner_key": keys.owner_key(owner.identifier, self._secret),
                "role": owner.role,
            }
            for owner in record.owners
            if owner.identifier is not None
        ]
        sampled = [
            {
                "record_id": record.record_id,
                "field": name,
                "calibration": calibration,
                **found._asdict(),
                "decided_at": row["created_at"],
            }
            for name, calibration, found in sampled_in(record)
        ]
        terms = {self.term(kind, text) for kind, text in terms_of(record) if text}
        found_by = [
            {name: row[name] for name in ("record_id", "document_type", "valid_from")} | {"term": each}
            for each in sorted(terms)
        ]
        insert = self._insert(tables.records).values(row)
        upsert = insert.on_conflict_do_update(
            index_elements=[tables.records.c.record_id],
            set_={name: insert.excluded[name] for name in row},
            where=insert.excluded.version > tables.records.c.version,
        ).returning(tables.records.c.record_id)
        with self._transaction(writes=True) as connection:
            if connection.execute(upsert).one_or_none() is None:
                return
            for table, rows in ((tables.owners, owners), (tables.terms, found_by), (tables.sampled, sampled)):
                connection.execute(sql.delete(table).where(table.c.record_id == record.record_id))
                if rows:
                    connection.execute(self._insert(table).on_conflict_do_nothing(), rows)

    def keep_alias(self, cancelled: str, said: int, established: str | None) -> None:
        """Index which identifier took the place of a cancelled one, unless more that was said of it is indexed.

        Args:
            cancelled: its `keys.owner_key`.
            said: how often something was said of it.
            established: that of the one in its place, None if there is none.
        """
        insert = self._insert(tables.aliases).values(cancelled=cancelled, said=said, established=established)
        upsert = insert.on_conflict_do_update(
            index_elements=[tables.aliases.c.cancelled],
            set_={"said": insert.excluded.said, "established": insert.excluded.established},
            where=insert.excluded.said > tables.aliases.c.said,
        )
        with self._transaction(writes=True) as connection:
            connection.execute(upsert)

    def keep_submission(self, receipt: Receipt, manifest_key: str, *, done: bool) -> None:
        """Index a submission that has a receipt; once done it stays done."""
        insert = self._insert(tables.submissions).values(
            submission_id=receipt.submission_id,
            station=receipt.station,
            manifest_key=manifest_key,
            received_at=receipt.received_at.astimezone(UTC).isoformat(),
            done=done,
        )
        upsert = insert.on_conflict_do_update(
            index_elements=[tables.submissions.c.submission_id],
            set_={"done": sql.true()},
            where=sql.and_(insert.excluded.done, sql.not_(tables.submissions.c.done)),
        )
        with self._transaction(writes=True) as connection:
            connection.execute(upsert)
            if receipt.station == BACKFILL:
                its = (tables.records.c.submission_id == receipt.submission_id, sql.not_(tables.records.c.backfill))
                connection.execute(sql.update(tables.records).where(*its).values(backfill=True))

    def keep_decisions(self, decisions: Iterable[Decision]) -> None:
        """Index who decided how much, and when."""
        rows = [
            {
                "record_id": each.record_id,
                "version": each.version,
                "who": each.who,
                "at": _moment(each.at),
                "fields": len(each.fields),
            }
            for each in decisions
        ]
        if rows:
            with self._transaction(writes=True) as connection:
                connection.execute(self._insert(tables.decisions).on_conflict_do_nothing(), rows)

    def keep_entries(self, entries: Iterable[JournalEntry]) -> None:
        """Index what a station said that it will send."""
        rows = [
            {"station": entry.station, "sequence": entry.sequence, "submission_id": entry.submission_id}
            for entry in entries
        ]
        if rows:
            with self._transaction(writes=True) as connection:
                connection.execute(self._insert(tables.announced).on_conflict_do_nothing(), rows)

    def add_to_meters(self, counted: Iterable[Meter]) -> None:
        """Add what was counted to what was counted before, here or elsewhere."""
        rows = [each._asdict() for each in counted]
        if not rows:
            return
        insert = self._insert(tables.meters)
        more = {name: tables.meters.c[name] + insert.excluded[name] for name in ("times", "total")}
        upsert = insert.on_conflict_do_update(index_elements=list(tables.meters.primary_key), set_=more)
        with self._transaction(writes=True) as connection:
            connection.execute(upsert, rows)

    def replace_with(self, other: "Catalog") -> None:
        """Become equal to *other*, at one stroke: readers see the old catalog or the new one."""
        try:
            self._replace_with(other)
        except ProblemError as error:
            if error.kind is not CATALOG_MISSING or self._path is None:
                raise
            self.close()
            for suffix in ("", "-wal", "-shm"):  # this file cannot even be read, and everything in it is in the store
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._replace_with(other)

    def _replace_with(self, other: "Catalog") -> None:
        self._make_file()
        with self._transaction(writes=True) as connection, other._transaction() as source:  # noqa: SLF001 - our own kind
            self._make_alone(connection)
            tables.metadata.drop_all(connection)
            self._make_tables(connection)
            for table in tables.PROJECTED:
                for rows in source.execute(sql.select(table)).mappings().partitions(_BATCH):
                    connection.execute(sql.insert(table), [dict(row) for row in rows])

    # --- asking ------------------------------------------------------------------------------------------------
    def records_of(
        self, owner: str, document_types: Iterable[str] = (), *, or_of_death: bool = False
    ) -> tuple[keys.RecordVersion, ...]:
        """Return the latest version of each record of *owner* (an owner key), oldest record first.

        Args:
            owner: their `keys.owner_key`, of whichever of their identifiers.
            document_types: only these; empty: all.
            or_of_death: and, whatever their types, those that may say that the owner has died.
        """
        types = tuple(document_types)
        query = _records_of
        if types:
            query = _records_of_types_or_death if or_of_death else _records_of_types
        with self._statement() as connection:
            owners = tuple(connection.scalars(_same_person, {"owner": owner}))
            asked = {"owners": owners, "types": types} if types else {"owners": owners}
            return tuple(keys.RecordVersion(*row) for row in connection.execute(query, asked))

    def without_owner(
        self, owners: Mapping[str, int], limit: int, after: RecordId | None = None
    ) -> tuple[keys.RecordVersion, ...]:
        """Return the latest version of active records that are not found by each of their owners, by record id.

        Args:
            owners: how many owners records of each type have.
            limit: so many records at most.
            after: only those behind this one.
        """
        row = tables.records.c
        query = (
            sql.select(row.record_id, row.version)
            .where(_lacks_owner(owners), row.record_id > (after or ""))
            .order_by(row.record_id)
            .limit(limit)
        )
        with self._transaction() as connection:
            return tuple(keys.RecordVersion(*each) for each in connection.execute(query))

    def count_without_owner(self, owners: Mapping[str, int]) -> int:
        """Return how many active records are not found by each of their owners."""
        query = sql.select(sql.func.count()).select_from(tables.records).where(_lacks_owner(owners))
        with self._transaction() as connection:
            return int(connection.execute(query).scalar_one())

    def term(self, kind: Term, text: str) -> str:
        """Return the key under which records are found by *text*, which is folded."""
        return keys.term(kind, text, self._secret)

    def search(self, asked: Search, owner: str | None) -> tuple[tuple[Listed, ...], bool]:
        """Return one page of the records that fit, and whether it is the last one.

        They come in the order of their ids, which is that of the terms: so no page is sorted, however many fit.

        Args:
            asked: what is known of them.
            owner: the owner key that goes with it.
        """
        row = tables.records.c
        by = [tables.terms.alias() for _ in asked.terms]
        first = by[0].c if by else row
        place = first.record_id
        found: sql.FromClause = by[0] if by else tables.records
        for other in (*by[1:], *([tables.records] if by else [])):
            found = found.join(other, other.c.record_id == place)
        columns = (row.record_id, row.document_type, row.status, row.valid_from, row.valid_to, row.dossier_code)
        query = sql.select(*columns).select_from(found).order_by(place).limit(asked.limit + 1)
        for each, (kind, text) in zip(by, asked.terms.items(), strict=True):
            query = query.where(each.c.term == self.term(kind, text))
        narrowing = (
            (row.dossier_code, eq, asked.dossier_code),
            (first.document_type, eq, asked.document_type),
            (first.valid_from, ge, asked.issued_from),
            (first.valid_from, le, asked.issued_to),
            (place, gt, asked.after),
        )
        query = query.where(*(compare(column, said) for column, compare, said in narrowing if said is not None))
        with self._transaction() as connection:
            if owner is not None:
                is_theirs = tables.owners.c.owner_key.in_(sorted(connection.scalars(_same_person, {"owner": owner})))
                query = query.where(place.in_(sql.select(tables.owners.c.record_id).where(is_theirs)))
            rows = connection.execute(query).mappings().all()
        return tuple(Listed.model_validate(dict(each)) for each in rows[: asked.limit]), len(rows) <= asked.limit

    def same_person(self, owner: str) -> frozenset[str]:
        """Return the owner keys of all identifiers of one person: of *owner*, and of those that were cancelled."""
        with self._statement() as connection:
            return frozenset(connection.scalars(_same_person, {"owner": owner}))

    def dossiers_with_records(self, codes: Iterable[str]) -> frozenset[str]:
        """Return which of these dossiers have records: a signed copy of one of their papers is there."""
        asked = frozenset(codes)
        if not asked:
            return asked
        query = sql.select(tables.records.c.dossier_code).where(tables.records.c.dossier_code.is_not(None)).distinct()
        with self._transaction() as connection:
            return asked & frozenset(connection.scalars(query))

    def version_of(self, record_id: RecordId) -> int:
        """Return the version of a record that is indexed, 0 if none is."""
        query = sql.select(tables.records.c.version).where(tables.records.c.record_id == record_id)
        with self._transaction() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def submission(self, submission_id: Sha256) -> Submission | None:
        """Return what is known about a submission, None if it has no receipt."""
        query = sql.select(tables.submissions).where(tables.submissions.c.submission_id == submission_id)
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Submission(*row)

    def keep_drafted(self, submission_id: Sha256, *, drafted: bool) -> None:
        """Write down whether the copies of a submission wait to be signed at its station."""
        its = tables.drafted.c.submission_id == submission_id
        insert = self._insert(tables.drafted).values(submission_id=submission_id).on_conflict_do_nothing()
        with self._transaction(writes=True) as connection:
            connection.execute(insert if drafted else sql.delete(tables.drafted).where(its))

    def drafted(self, station: StationId, limit: int) -> tuple[Sha256, ...]:
        """Return the submissions that wait to be signed at a station, the longest waiting first."""
        submissions = tables.submissions.c
        query = (
            sql.select(submissions.submission_id)
            .where(submissions.station == station, submissions.submission_id.in_(_drafted))
            .order_by(submissions.received_at, submissions.submission_id)
            .limit(limit)
        )
        with self._transaction() as connection:
            return tuple(connection.execute(query).scalars())

    def waiting(self, *, apart_from: StationId | None = None) -> tuple[Submission, ...]:
        """Return the submissions that have a receipt and no outcome, the longest waiting first.

        What waits to be signed at its station is left out: nothing else can be done about it.

        Args:
            apart_from: a station whose submissions are left out: they are worked on in a lane of their own.
        """
        query = (
            sql.select(tables.submissions)
            .where(sql.not_(tables.submissions.c.done), tables.submissions.c.submission_id.not_in(_drafted))
            .where(tables.submissions.c.station != (apart_from or ""))
            .order_by(tables.submissions.c.received_at, tables.submissions.c.submission_id)
        )
        with self._transaction() as connection:
            return tuple(Submission(*row) for row in connection.execute(query))

    def sequence_of(self, station: StationId, submission_id: Sha256) -> int | None:
        """Return the number under which a station's journal names a submission, None if it does not."""
        query = sql.select(sql.func.min(tables.announced.c.sequence)).where(
            tables.announced.c.station == station, tables.announced.c.submission_id == submission_id
        )
        with self._transaction() as connection:
            found: int | None = connection.execute(query).scalar_one()
        return found

    def entries_of(self, station: StationId) -> int:
        """Return how many entries of a station's journal are indexed without a gap, as far as counting tells."""
        query = sql.select(sql.func.count(), sql.func.max(tables.announced.c.sequence)).where(
            tables.announced.c.station == station
        )
        with self._transaction() as connection:
            count, last = connection.execute(query).one()
        return int(count) if count == last else 0

    def missing(self, station: StationId) -> tuple[int, ...]:
        """Return the numbers of the entries whose submissions have no receipt, as far as is known here."""
        received = sql.select(tables.submissions.c.submission_id)
        query = (
            sql.select(tables.announced.c.sequence)
            .where(tables.announced.c.station == station, tables.announced.c.submission_id.not_in(received))
            .order_by(tables.announced.c.sequence)
        )
        with self._transaction() as connection:
            return tuple(connection.execute(query).scalars())

    def arrivals(self) -> dict[StationId, Arrivals]:
        """Return how much is here of each station that has announced something."""
        submissions, announced = tables.submissions.c, tables.announced.c
        query = (
            sql.select(
                announced.station,
                sql.func.count(),
                sql.func.count() - sql.func.count(submissions.submission_id),
                sql.func.max(submissions.received_at),
            )
            .select_from(
                tables.announced.outerjoin(tables.submissions, submissions.submission_id == announced.submission_id)
            )
            .group_by(announced.station)
        )
        with self._transaction() as connection:
            return {station: Arrivals(*facts) for station, *facts in connection.execute(query)}

    # --- how it goes -------------------------------------------------------------------------------------------
    def received(self) -> dict[StationId, Received]:
        """Return what has come from each station."""
        submissions = tables.submissions.c
        is_drafted = submissions.submission_id.in_(_drafted)
        since = sql.case((sql.not_(sql.or_(submissions.done, is_drafted)), submissions.received_at))
        query = sql.select(
            submissions.station,
            sql.func.count(),
            sql.func.count(since),
            sql.func.min(since),
            sql.func.count(sql.case((is_drafted, 1))),
            sql.func.max(submissions.received_at),
        ).group_by(submissions.station)
        with self._transaction() as connection:
            return {station: Received(*facts) for station, *facts in connection.execute(query)}

    def stock(self, backfill: StationId) -> tuple[Stock, ...]:
        """Return how many records there are, by type, state and whether they came in under the name *backfill*."""
        records = tables.records.c
        lane = sql.func.coalesce(tables.submissions.c.station == backfill, sql.false())
        known = tables.records.outerjoin(
            tables.submissions, tables.submissions.c.submission_id == records.submission_id
        )
        query = (
            sql.select(records.document_type, records.status, lane, sql.func.count(), sql.func.min(records.created_at))
            .select_from(known)
            .group_by(records.document_type, records.status, lane)
        )
        with self._transaction() as connection:
            return tuple(
                Stock(type_, status, bool(old), *rest) for type_, status, old, *rest in connection.execute(query)
            )

    def meters(self) -> tuple[Meter, ...]:
        """Return what every meter counted since this catalog was made."""
        with self._transaction() as connection:
            return tuple(Meter(*row) for row in connection.execute(sql.select(tables.meters)))

    # --- the review desk ---------------------------------------------------------------------------------------
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
        with self._transaction() as connection:
            query = _behind(connection, query, place, after)
            found = connection.execute(query.order_by(*place).limit(limit)).all()
        return tuple(
            Waiting(record_id, version, type_, since, tuple(reasons.split()), bool(in_backfill))
            for in_backfill, since, record_id, version, type_, reasons in found
        )

    def of_dossier(self, code: str, limit: int, after: RecordId | None = None) -> tuple[Found, ...]:
        """Return the records of a dossier, in the order in which they were made; *limit* and *after* as above."""
        place = (tables.records.c.created_at, tables.records.c.record_id)
        query = sql.select(
            tables.records.c.record_id,
            tables.records.c.document_type,
            tables.records.c.status,
            tables.records.c.created_at,
        )
        query = query.where(tables.records.c.dossier_code == code)
        with self._transaction() as connection:
            query = _behind(connection, query, place, after)
            return tuple(Found(*row) for row in connection.execute(query.order_by(*place).limit(limit)))

    def to_be_rescanned(self, dossier: str, document_type: str) -> tuple[RecordId, ...]:
        """Return the records of a dossier and a type that wait for a new scan of their paper."""
        row = tables.records.c
        waits = sql.or_(*(row.review_reasons.contains(each, autoescape=True) for each in (RESCAN, f"{UNREADABLE}:")))
        query = sql.select(row.record_id).where(row.dossier_code == dossier, row.document_type == document_type)
        with self._transaction() as connection:
            found = connection.execute(query.where(row.status == "review", waits).order_by(row.record_id))
            return tuple(found.scalars())

    def waits(self) -> int:
        """Return how many records wait for a person."""
        query = sql.select(sql.func.count()).where(tables.records.c.status == "review")
        with self._transaction() as connection:
            return connection.execute(query).scalar_one()

    def backlog(self) -> tuple[Backlog, ...]:
        """Return how much waits for a person, by the hour since when, the oldest first."""
        lane, hour = tables.records.c.backfill, sql.func.substr(tables.records.c.created_at, 1, _HOUR)
        query = sql.select(hour, lane, sql.func.count()).where(tables.records.c.status == "review")
        with self._transaction() as connection:
            found = connection.execute(query.group_by(hour, lane).order_by(hour, lane))
            return tuple(Backlog(since, bool(backfill), records) for since, backfill, records in found)

    def throughput(self, since: datetime) -> tuple[Throughput, ...]:
        """Return what was decided since then, hour by hour; hours in which nothing was are left out."""
        hour = sql.func.substr(tables.decisions.c.at, 1, _HOUR)
        query = sql.select(hour, sql.func.count(), sql.func.sum(tables.decisions.c.fields))
        query = query.where(tables.decisions.c.at >= _moment(since)).group_by(hour).order_by(hour)
        with self._transaction() as connection:
            return tuple(Throughput(*row) for row in connection.execute(query))

    def decided_by(self, who: str, since: datetime) -> tuple[Decided, ...]:
        """Return the decisions of one person since then, in order."""
        mine = tables.decisions.c
        query = sql.select(mine.at, mine.fields).where(mine.who == who, mine.at >= _moment(since)).order_by(mine.at)
        with self._transaction() as connection:
            return tuple(Decided(datetime.fromisoformat(at), fields) for at, fields in connection.execute(query))

    def lease(self, record_id: RecordId, who: str, now: datetime, until: datetime) -> bool:
        """Give *who* a record to look at until then, unless somebody else has it now; return whether they have it."""
        insert = self._insert(tables.leases).values(record_id=record_id, who=who, until=_moment(until))
        taken = insert.on_conflict_do_update(
            index_elements=[tables.leases.c.record_id],
            set_={"who": insert.excluded.who, "until": insert.excluded.until},
            where=sql.or_(tables.leases.c.until <= _moment(now), tables.leases.c.who == who),
        ).returning(tables.leases.c.record_id)
        with self._transaction(writes=True) as connection:
            return connection.execute(taken).one_or_none() is not None

    def sampled(self, calibration: str) -> tuple[Sampled, ...]:
        """Return what people found out about values drawn by lot that one calibration had judged, oldest first."""
        query = (
            sql.select(tables.sampled.c.stratum, tables.sampled.c.probability, tables.sampled.c.wrong)
            .where(tables.sampled.c.calibration == calibration)
            .order_by(tables.sampled.c.decided_at, tables.sampled.c.record_id, tables.sampled.c.field)
        )
        with self._transaction() as connection:
            return tuple(Sampled(*row) for row in connection.execute(query))

    def give_snippet(
        self, who: str, snippet: Snippet, links: Iterable[str], now: datetime, until: datetime, sitting: datetime
    ) -> bool:
        """Give *who* a snippet, unless they were shown one since *sitting* that it can be linked with by *links*."""
        shown, names = tables.shown.c, sorted(set(links))
        linked = sql.select(shown.link).where(shown.who == who, shown.link.in_(names), shown.at >= _moment(sitting))
        insert = self._insert(tables.shown)
        keep = insert.on_conflict_do_update(index_elements=[shown.who, shown.link], set_={"at": insert.excluded.at})
        with self._transaction(writes=True) as connection:
            if connection.execute(linked.limit(1)).first() is not None:
                return False
            row = {"who": who, **snippet._asdict(), "until": _moment(until), "answered": False}
            connection.execute(sql.insert(tables.snippets).values(row))
            connection.execute(keep, [{"who": who, "link": each, "at": _moment(now)} for each in names])
        return True

    def snippet_of(self, who: str, now: datetime, ticket: str | None = None) -> Snippet | None:
        """Return the snippet that *who* has and did not answer, or the one with this ticket, whatever became of it."""
        mine = tables.snippets.c
        query = sql.select(mine.ticket, mine.record_id, mine.version, mine.field).where(mine.who == who)
        if ticket is None:
            query = query.where(mine.until > _moment(now), sql.not_(mine.answered)).order_by(mine.until.desc())
        else:
            query = query.where(mine.ticket == ticket)
        with self._transaction() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else Snippet(*row)

    def answer_snippet(self, ticket: str) -> None:
        """Write down that a snippet was answered."""
        with self._transaction(writes=True) as connection:
            connection.execute(
                sql.update(tables.snippets).where(tables.snippets.c.ticket == ticket).values(answered=True)
            )

    def counts(self) -> Counts:
        """Return how much there is of everything."""

        def count(table: sql.Table, condition: sql.ColumnElement[bool] | None = None) -> sql.ScalarSelect[int]:
            query = sql.select(sql.func.count()).select_from(table)
            return (query if condition is None else query.where(condition)).scalar_subquery()

        is_drafted = tables.submissions.c.submission_id.in_(_drafted)
        query = sql.select(
            count(tables.records),
            count(tables.records, tables.records.c.status == "review"),
            count(tables.submissions),
            count(tables.submissions, sql.not_(sql.or_(tables.submissions.c.done, is_drafted))),
            count(tables.drafted),
        )
        with self._transaction() as connection:
            return Counts(*connection.execute(query).one())

    def export(self) -> Iterator[str]:
        """Yield everything as JSON Lines in the order of their text: equal catalogs give equal lines."""
        with self._transaction() as connection:
            for table in sorted(tables.PROJECTED, key=lambda table: table.name):
                place = (
                    sql.cast(key, sql.Text) if isinstance(key.type, sql.Integer) else key for key in table.primary_key
                )
                rows = connection.execute(sql.select(table).order_by(*place)).mappings()
                for row in rows.yield_per(_BATCH):
                    yield json.dumps({"table": table.name} | dict(row), default=str)

    # --- the database ------------------------------------------------------------------------------------------
    @contextmanager
    def _transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        with self._our_errors(), self._engine.execution_options(**{WRITES: writes}).begin() as connection:
            yield connection

    @contextmanager
    def _statement(self) -> Iterator[Connection]:
        """Connect for statements that only read: beginning and ending would be asked of the server too."""
        with self._our_errors(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            said = str(error.orig).partition("\n")[0]
            is_closed = self._path is not None and any(phrase in said for phrase in _CLOSED)
            if any(phrase in said for phrase in _ABSENT) or (is_closed and self._is_absent()):
                raise CATALOG_MISSING.error(f"{self._where}: {said}") from error
            if is_closed:
                raise CONFIGURATION.error(f"the catalog: {said}", file=str(self._path)) from error
            if isinstance(error, OperationalError):
                raise CATALOG_UNREACHABLE.error(f"{self._where}: {said}") from error
            raise

    def _is_absent(self) -> bool:
        """Return whether the catalog would be a file, and there is none; False if we may not know."""
        try:
            return self._path is not None and not self._path.exists()
        except PermissionError:
            return False

    def _has_tables(self, connection: Connection) -> bool:
        return bool(sql.inspect(connection).has_table(tables.catalog.name))

    def _migrations(self, connection: Connection) -> ModuleType:
        from storage import migrations  # noqa: PLC0415 - Alembic is slow to import, and hardly ever needed

        self._make_alone(connection)
        if not sql.inspect(connection).has_table(tables.revisions.name):
            raise migrations.rebuild_needed(f"{self._where} holds no catalog, or one of before there were migrations")
        return migrations

    def _make_alone(self, connection: Connection) -> None:
        """Wait for whoever makes tables; in SQLite every transaction that writes is alone anyway."""
        if self._path is None:
            connection.execute(sql.select(sql.func.pg_advisory_xact_lock(_MAKING)))

    def _make_tables(self, connection: Connection) -> None:
        tables.metadata.create_all(connection)
        tables.revisions.drop(connection, checkfirst=True)
        tables.revisions.create(connection)
        connection.execute(sql.insert(tables.catalog).values(secret_check=self._secret_check))
        connection.execute(sql.insert(tables.revisions).values(version_num=tables.REVISION))

    def _make_file(self) -> None:
        if self._path is None:
            return
        try:
            durable.make_folder(self._path.parent)
            self._path.touch(mode=0o600)
        except OSError as error:
            raise CONFIGURATION.error(f"the catalog: {error.strerror}", file=str(self._path)) from error


_drafted = sql.select(tables.drafted.c.submission_id)


def _person() -> sql.Select[tuple[str]]:
    """Return the query for the owner keys of one person: from one on, each that it is a pair with."""
    pairs = tables.aliases.c
    known = sql.select(sql.cast(sql.bindparam("owner"), sql.Text).label("owner_key")).cte("person", recursive=True)
    other = sql.case((pairs.cancelled == known.c.owner_key, pairs.established), else_=pairs.cancelled)
    is_pair = sql.or_(pairs.cancelled == known.c.owner_key, pairs.established == known.c.owner_key)
    more = sql.select(sql.cast(other, sql.Text)).where(is_pair, pairs.established.is_not(None))
    return sql.select(known.union(more).c.owner_key)


_same_person = _person()
_records_of = (
    sql.select(tables.records.c.record_id, tables.records.c.version)
    .where(
        tables.records.c.record_id.in_(
            sql.select(tables.owners.c.record_id).where(
                tables.owners.c.owner_key.in_(sql.bindparam("owners", expanding=True))
            )
        )
    )
    .order_by(tables.records.c.created_at, tables.records.c.record_id)
)
_is_wanted = tables.records.c.document_type.in_(sql.bindparam("types", expanding=True))
_records_of_types = _records_of.where(_is_wanted)
_records_of_types_or_death = _records_of.where(sql.or_(_is_wanted, tables.records.c.of_death))
"""Made once: every lookup waits for this. The owner keys are given, not looked for in the same statement: as long as
PostgreSQL has no statistics, as after a rebuild, it would think that a person has hundreds and read the whole table."""


def _lacks_owner(owners: Mapping[str, int]) -> sql.ColumnElement[bool]:
    row = tables.records.c
    known = sql.select(sql.func.count()).where(tables.owners.c.record_id == row.record_id).scalar_subquery()
    return sql.and_(
        row.status == "active",
        sql.or_(sql.false(), *(sql.and_(row.document_type == code, known < count) for code, count in owners.items())),
    )


def _behind(
    connection: Connection, query: sql.Select[Any], place: tuple[sql.Column[Any], ...], after: RecordId | None
) -> sql.Select[Any]:
    """Return *query* from behind the record *after* on: by its place, for what is skipped by counting is read."""
    if after is None:
        return query
    last = connection.execute(sql.select(*place).where(tables.records.c.record_id == after)).one_or_none()
    return query if last is None else query.where(sql.tuple_(*place) > sql.tuple_(*map(sql.literal, last)))


def _moment(moment: datetime) -> str:
    """Return a time so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def differences(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Yield the lines that only one of two exports has: `-` before those of the old one, `+` before the new."""
    tagged = merge(((line, "-") for line in old), ((line, "+") for line in new))
    for line, group in groupby(tagged, key=lambda item: item[0]):
        sides = {side for _, side in group}
        if len(sides) == 1:
            yield f"{sides.pop()} {line}"
