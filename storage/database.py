"""The database of the catalog, SQLite or PostgreSQL: its tables come and go at one stroke, and its errors are ours."""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sql
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from schemas.problem import CATALOG_MISSING, CATALOG_UNREACHABLE, CONFIGURATION, OWNER_SECRET_CHANGED, ProblemError
from schemas.record import RecordId
from storage import durable, tables
from storage.sqlite import WRITES, existing_file, tune

_BATCH = 1000
_SECRET_CHECK = b"sohoa/owner/secret/1"
_ABSENT = ("no such table", "not a database", "malformed", 'relation "')
"""How SQLite and PostgreSQL begin to say that tables are not there (`relation "records" does not exist`)."""
_CLOSED = ("unable to open database file", "attempt to write a readonly database")
"""How SQLite says that it may not use a file, or those that it makes beside it; also, that the file is not there."""
_MAKING = 0x536F686F61  # "Sohoa": the number of our advisory lock in PostgreSQL

_insert: dict[str, Callable[[sql.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Database:
    """The tables of the catalog at one SQLAlchemy URL."""

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
            self.insert = _insert[parsed.get_backend_name()]
            self._path = Path(parsed.database or ":memory:") if self.insert is sqlite.insert else None
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

    def is_there(self) -> bool:
        """Return whether the database holds a catalog of any version."""
        if self._is_absent():
            return False
        with self.transaction() as connection:
            return self._has_tables(connection)

    def check(self) -> None:
        """Make sure that the catalog can be relied on.

        Raises:
            ProblemError: `catalog-missing` if it is not there, is not whole, or was made by another version;
                `owner-secret-changed`; `catalog-unreachable`; `configuration` if its file may not be used.
        """
        revision = sql.select(tables.revisions.c.version_num).scalar_subquery()
        with self.transaction() as connection:
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
        with self.transaction(writes=True) as connection:
            self._make_alone(connection)
            if not self._has_tables(connection):
                self._make_tables(connection)

    def upgrade(self) -> None:
        """Bring a catalog that an earlier version made to the present form, at one stroke, without reading the store.

        Raises:
            ProblemError: `catalog-missing` if there is none, or if it has to be made anew.
        """
        with self.transaction(writes=True) as connection:
            self._migrations(connection).upgrade(connection)

    def downgrade(self, revision: str) -> None:
        """Bring it back to the form that an earlier version needs; `base`: no tables at all.

        Raises:
            ProblemError: `catalog-missing` as above; `bad-request`.
        """
        with self.transaction(writes=True) as connection:
            self._migrations(connection).downgrade(connection, revision)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def replace_with(self, other: "Database") -> None:
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

    def _replace_with(self, other: "Database") -> None:
        self._make_file()
        with self.transaction(writes=True) as connection, other.transaction() as source:
            self._make_alone(connection)
            tables.metadata.drop_all(connection)
            self._make_tables(connection)
            for table in tables.PROJECTED:
                for rows in source.execute(sql.select(table)).mappings().partitions(_BATCH):
                    connection.execute(sql.insert(table), [dict(row) for row in rows])

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """Connect for what has to be seen, or done, as one."""
        with self._our_errors(), self._engine.execution_options(**{WRITES: writes}).begin() as connection:
            yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection]:
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


def behind(
    connection: Connection, query: sql.Select[Any], place: tuple[sql.Column[Any], ...], after: RecordId | None
) -> sql.Select[Any]:
    """Return *query* from behind the record *after* on: by its place, for what is skipped by counting is read."""
    if after is None:
        return query
    last = connection.execute(sql.select(*place).where(tables.records.c.record_id == after)).one_or_none()
    return query if last is None else query.where(sql.tuple_(*place) > sql.tuple_(*map(sql.literal, last)))


def moment(moment: datetime) -> str:
    """Return a time so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
