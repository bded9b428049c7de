"""The catalog: an SQL index over the object store, in SQLite or PostgreSQL. A projection: safe to lose.

It keeps no field of any record and no personal data of owners: ids, owner keys, types, dates, keys of what records are
found by, and which reviewer decided when. Everything in it is written from the values in the store, in any order and
any number of times. Whoever changes the store writes to the catalog after it, and the outcome to the store last: then a
catalog that missed something belongs to a submission that is run again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from heapq import merge
from itertools import groupby
from operator import eq, ge, gt, le
from typing import NamedTuple

import sqlalchemy as sql

from schemas.backfill import STATION as BACKFILL
from schemas.calibration import Sampled, sampled_in
from schemas.digest import Sha256
from schemas.lookup import may_tell_of_death
from schemas.record import Record, RecordId
from schemas.review import Decision
from schemas.search import Listed, Search, Term, terms_of
from schemas.station import JournalEntry
from schemas.submission import Receipt, StationId
from storage import keys, tables
from storage.database import Database, behind, moment
from storage.review_queue import ReviewQueue

_BATCH = 1000
_Row = Mapping[str, object]


class Submission(NamedTuple):
    """A submission that has a receipt."""

    submission_id: Sha256
    station: str
    manifest_key: str
    received_at: str
    done: bool
    """Whether it is written down what became of it."""


class Found(NamedTuple):
    """A record of a dossier."""

    record_id: RecordId
    document_type: str | None
    status: str
    since: str
    """As of what waits."""


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


class Made(NamedTuple):
    """How many records of one type are in one state."""

    document_type: str | None
    status: str
    backfill: bool
    records: int


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


class Catalog(Database):
    """The catalog at one SQLAlchemy URL."""

    def __init__(self, url: str, owner_secret: bytes) -> None:
        """Use the database at *url*, as `Database` does."""
        super().__init__(url, owner_secret)
        self.queue = ReviewQueue(self)

    # --- writing -----------------------------------------------------------------------------------------------
    def keep_record(self, record: Record) -> None:
        """Index *record*, unless this version of it or a later one is indexed."""
        self.keep_records([record])

    def keep_records(self, records: Iterable[Record]) -> None:
        """Index many records at one stroke, as `keep_record` does one."""
        latest = {each.record_id: each for each in sorted(records, key=lambda each: each.version)}
        if not latest:
            return
        insert = self.insert(tables.records)
        upsert = insert.on_conflict_do_update(
            index_elements=[tables.records.c.record_id],
            set_={column.name: insert.excluded[column.name] for column in tables.records.columns},
            where=insert.excluded.version > tables.records.c.version,
        ).returning(tables.records.c.record_id)
        with self.transaction(writes=True) as connection:
            legacy = _of_backfill(connection, {each.submission_id for each in latest.values()})
            rows = [_row(each) | {"backfill": each.submission_id in legacy} for each in latest.values()]
            kept = [latest[each] for each in connection.scalars(upsert, rows)]
            for table, of_record in (
                (tables.owners, self._owners),
                (tables.terms, self._terms),
                (tables.sampled, _sampled),
            ):
                connection.execute(sql.delete(table).where(table.c.record_id.in_([each.record_id for each in kept])))
                its = [row for record in kept for row in of_record(record)]
                if its:
                    connection.execute(self.insert(table).on_conflict_do_nothing(), its)

    def _owners(self, record: Record) -> Iterator[_Row]:
        for owner in record.owners:
            if owner.identifier is not None:
                owner_key = keys.owner_key(owner.identifier, self._secret)
                yield {"record_id": record.record_id, "owner_key": owner_key, "role": owner.role}

    def _terms(self, record: Record) -> Iterator[_Row]:
        its = {"record_id": record.record_id, "document_type": record.document_type, "valid_from": record.valid_from}
        for term in sorted({self.term(kind, text) for kind, text in terms_of(record) if text}):
            yield its | {"term": term}

    def keep_alias(self, cancelled: str, said: int, established: str | None) -> None:
        """Index which identifier took the place of a cancelled one, unless more that was said of it is indexed.

        Args:
            cancelled: its `keys.owner_key`.
            said: how often something was said of it.
            established: that of the one in its place, None if there is none.
        """
        insert = self.insert(tables.aliases).values(cancelled=cancelled, said=said, established=established)
        upsert = insert.on_conflict_do_update(
            index_elements=[tables.aliases.c.cancelled],
            set_={"said": insert.excluded.said, "established": insert.excluded.established},
            where=insert.excluded.said > tables.aliases.c.said,
        )
        with self.transaction(writes=True) as connection:
            connection.execute(upsert)

    def keep_submission(self, receipt: Receipt, manifest_key: str, *, done: bool) -> None:
        """Index a submission that has a receipt; once done it stays done."""
        insert = self.insert(tables.submissions).values(
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
        with self.transaction(writes=True) as connection:
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
                "at": moment(each.at),
                "fields": len(each.fields),
            }
            for each in decisions
        ]
        if rows:
            with self.transaction(writes=True) as connection:
                connection.execute(self.insert(tables.decisions).on_conflict_do_nothing(), rows)

    def keep_entries(self, entries: Iterable[JournalEntry]) -> None:
        """Index what a station said that it will send."""
        rows = [
            {"station": entry.station, "sequence": entry.sequence, "submission_id": entry.submission_id}
            for entry in entries
        ]
        if rows:
            with self.transaction(writes=True) as connection:
                connection.execute(self.insert(tables.announced).on_conflict_do_nothing(), rows)

    def add_to_meters(self, counted: Iterable[Meter]) -> None:
        """Add what was counted to what was counted before, here or elsewhere."""
        rows = [each._asdict() for each in counted]
        if not rows:
            return
        insert = self.insert(tables.meters)
        more = {name: tables.meters.c[name] + insert.excluded[name] for name in ("times", "total")}
        upsert = insert.on_conflict_do_update(index_elements=list(tables.meters.primary_key), set_=more)
        with self.transaction(writes=True) as connection:
            connection.execute(upsert, rows)

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
        with self.statement() as connection:
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
        with self.transaction() as connection:
            return tuple(keys.RecordVersion(*each) for each in connection.execute(query))

    def count_without_owner(self, owners: Mapping[str, int]) -> int:
        """Return how many active records are not found by each of their owners."""
        query = sql.select(sql.func.count()).select_from(tables.records).where(_lacks_owner(owners))
        with self.transaction() as connection:
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
        with self.transaction() as connection:
            if owner is not None:
                is_theirs = tables.owners.c.owner_key.in_(sorted(connection.scalars(_same_person, {"owner": owner})))
                query = query.where(place.in_(sql.select(tables.owners.c.record_id).where(is_theirs)))
            rows = connection.execute(query).mappings().all()
        return tuple(Listed.model_validate(dict(each)) for each in rows[: asked.limit]), len(rows) <= asked.limit

    def same_person(self, owner: str) -> frozenset[str]:
        """Return the owner keys of all identifiers of one person: of *owner*, and of those that were cancelled."""
        with self.statement() as connection:
            return frozenset(connection.scalars(_same_person, {"owner": owner}))

    def dossiers_with_records(self, codes: Iterable[str]) -> frozenset[str]:
        """Return which of these dossiers have records: a signed copy of one of their papers is there."""
        asked = frozenset(codes)
        if not asked:
            return asked
        query = sql.select(tables.records.c.dossier_code).where(tables.records.c.dossier_code.is_not(None)).distinct()
        with self.transaction() as connection:
            return asked & frozenset(connection.scalars(query))

    def version_of(self, record_id: RecordId) -> int:
        """Return the version of a record that is indexed, 0 if none is."""
        query = sql.select(tables.records.c.version).where(tables.records.c.record_id == record_id)
        with self.transaction() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def submission(self, submission_id: Sha256) -> Submission | None:
        """Return what is known about a submission, None if it has no receipt."""
        query = sql.select(tables.submissions).where(tables.submissions.c.submission_id == submission_id)
        with self.transaction() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Submission(*row)

    def keep_drafted(self, submission_id: Sha256, *, drafted: bool) -> None:
        """Write down whether the copies of a submission wait to be signed at its station."""
        its = tables.drafted.c.submission_id == submission_id
        insert = self.insert(tables.drafted).values(submission_id=submission_id).on_conflict_do_nothing()
        with self.transaction(writes=True) as connection:
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
        with self.transaction() as connection:
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
        with self.transaction() as connection:
            return tuple(Submission(*row) for row in connection.execute(query))

    def sequence_of(self, station: StationId, submission_id: Sha256) -> int | None:
        """Return the number under which a station's journal names a submission, None if it does not."""
        query = sql.select(sql.func.min(tables.announced.c.sequence)).where(
            tables.announced.c.station == station, tables.announced.c.submission_id == submission_id
        )
        with self.transaction() as connection:
            found: int | None = connection.execute(query).scalar_one()
        return found

    def entries_of(self, station: StationId) -> int:
        """Return how many entries of a station's journal are indexed without a gap, as far as counting tells."""
        query = sql.select(sql.func.count(), sql.func.max(tables.announced.c.sequence)).where(
            tables.announced.c.station == station
        )
        with self.transaction() as connection:
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
        with self.transaction() as connection:
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
        with self.transaction() as connection:
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
        with self.transaction() as connection:
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
        with self.transaction() as connection:
            return tuple(
                Stock(type_, status, bool(old), *rest) for type_, status, old, *rest in connection.execute(query)
            )

    def meters(self) -> tuple[Meter, ...]:
        """Return what every meter counted since this catalog was made."""
        with self.transaction() as connection:
            return tuple(Meter(*row) for row in connection.execute(sql.select(tables.meters)))

    # --- the review desk ---------------------------------------------------------------------------------------
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
        with self.transaction() as connection:
            query = behind(connection, query, place, after)
            return tuple(Found(*row) for row in connection.execute(query.order_by(*place).limit(limit)))

    def sampled(self, calibration: str) -> tuple[Sampled, ...]:
        """Return what people found out about values drawn by lot that one calibration had judged, oldest first."""
        query = (
            sql.select(tables.sampled.c.stratum, tables.sampled.c.probability, tables.sampled.c.wrong)
            .where(tables.sampled.c.calibration == calibration)
            .order_by(tables.sampled.c.decided_at, tables.sampled.c.record_id, tables.sampled.c.field)
        )
        with self.transaction() as connection:
            return tuple(Sampled(*row) for row in connection.execute(query))

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
        with self.transaction() as connection:
            return Counts(*connection.execute(query).one())

    def made_in(self, month: str) -> tuple[Made, ...]:
        """Return how many records have been what they are since a month (UTC), such as `2026-03`, by type and state."""
        row = tables.records.c
        kind = (row.document_type, row.status, row.backfill)
        query = sql.select(*kind, sql.func.count()).where(row.created_at.startswith(f"{month}-")).group_by(*kind)
        with self.transaction() as connection:
            return tuple(Made(*each) for each in connection.execute(query))

    def export(self) -> Iterator[str]:
        """Yield everything as JSON Lines in the order of their text: equal catalogs give equal lines."""
        with self.transaction() as connection:
            for table in sorted(tables.PROJECTED, key=lambda table: table.name):
                place = (
                    sql.cast(key, sql.Text) if isinstance(key.type, sql.Integer) else key for key in table.primary_key
                )
                rows = connection.execute(sql.select(table).order_by(*place)).mappings()
                for row in rows.yield_per(_BATCH):
                    yield json.dumps({"table": table.name} | dict(row), default=str)


_drafted = sql.select(tables.drafted.c.submission_id)


def _row(record: Record) -> dict[str, object]:
    return {
        "record_id": record.record_id,
        "version": record.version,
        "status": record.status,
        "document_type": record.document_type,
        "valid_from": record.valid_from,
        "valid_to": record.valid_to,
        "copy_sha256": record.copy_.sha256,
        "submission_id": record.submission_id,
        "dossier_code": record.dossier_code,
        "created_at": moment(record.created_at),
        "review_reasons": " ".join(record.review_reasons),
        "of_death": may_tell_of_death(record),
    }


def _sampled(record: Record) -> Iterator[_Row]:
    for name, calibration, found in sampled_in(record):
        its = {"record_id": record.record_id, "field": name, "calibration": calibration}
        yield its | found._asdict() | {"decided_at": moment(record.created_at)}


def _of_backfill(connection: sql.Connection, submissions: Iterable[Sha256]) -> frozenset[Sha256]:
    row = tables.submissions.c
    query = sql.select(row.submission_id).where(row.submission_id.in_(list(submissions)), row.station == BACKFILL)
    return frozenset(connection.scalars(query))


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


def differences(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Yield the lines that only one of two exports has: `-` before those of the old one, `+` before the new."""
    tagged = merge(((line, "-") for line in old), ((line, "+") for line in new))
    for line, group in groupby(tagged, key=lambda item: item[0]):
        sides = {side for _, side in group}
        if len(sides) == 1:
            yield f"{sides.pop()} {line}"
