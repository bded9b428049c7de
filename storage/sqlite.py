"""SQLite under the catalog: many processes share one file, and none of them ever makes an empty one by itself."""

import sqlite3
import time
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

WRITES = "sohoa_writes"
"""The execution option of a connection that is going to write."""
_BUSY_MILLISECONDS = 30_000


def existing_file(url: URL) -> URL:
    """Return *url* such that SQLite opens the file only if it is there: it must never make an empty one by itself."""
    return url.set(database=f"file:{quote(url.database or '')}", query={"mode": "rw", "uri": "true"})


def _keep_a_log(connection: Any) -> None:  # noqa: ANN401 - sqlite3.Connection behind a facade
    """Switch the file to write-ahead logging; SQLite does not wait by itself when several do so at the same moment."""
    end = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def tune(engine: Engine) -> None:
    """Let many processes share the file: readers never wait, and writers wait for each other instead of failing."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3.Connection behind a facade
        connection.isolation_level = None  # the driver's own BEGIN comes too late, and never before DDL
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        _keep_a_log(connection)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES)
        # A transaction that reads and then writes cannot wait for another writer: so writers say it at the start.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
