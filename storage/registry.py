"""The population registry, behind a port: who may be meant by what a paper says of its owner.

The national database of residents is asked through an adapter of its own once the province has a way to it. What is
here is a file: an extract that somebody handed over, or a made one (`samples/registry.py`).
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from schemas.identifier import PersonalIdentifier
from schemas.linkage import About, Answer, Person, Registered
from schemas.problem import REGISTRY_UNREACHABLE

_FORMAT = 1
_BATCH = 20_000
_BETWEEN = "\n"
"""Stands between the addresses of a person."""
_TABLES = """
    CREATE TABLE about (format INTEGER, name TEXT, as_of TEXT, people INTEGER);
    CREATE TABLE people (number INTEGER PRIMARY KEY, identifier TEXT, name TEXT, birth TEXT, sex TEXT, mother TEXT,
                         father TEXT, mother_birth INTEGER, father_birth INTEGER, places TEXT);
    CREATE TABLE loose (key INTEGER, number INTEGER);
    CREATE TABLE called (key INTEGER PRIMARY KEY, people INTEGER);
    CREATE TABLE named (key INTEGER);
"""
_SORTED = """
    CREATE TABLE keys (key INTEGER, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
    INSERT OR IGNORE INTO keys SELECT key, number FROM loose ORDER BY key, number;
    DROP TABLE loose;
    INSERT INTO called SELECT key, count(*) FROM named GROUP BY key;
    DROP TABLE named;
"""


class Index(NamedTuple):
    """By what people are found and counted (`pipeline/linkage/index.py`)."""

    keys: Callable[[Person], Iterable[str]]
    names: Callable[[str], Iterable[str]]


class Registry(Protocol):
    """Somebody who knows the people of a country or a province."""

    @property
    def about(self) -> About:
        """Which registry this is."""

    def ask(self, person: Person, most: int) -> Answer:
        """Return who may be meant, *most* people at most.

        Raises:
            ProblemError: `registry-unreachable`.
        """

    def close(self) -> None:
        """Say that nothing more will be asked."""


class FileRegistry:
    """A registry in one file, which is only read. Nothing that is asked is kept anywhere."""

    def __init__(self, path: Path, index: Index) -> None:
        """Open the registry in a file.

        Raises:
            ProblemError: `registry-unreachable` if it is not there, or is none.
        """
        self._path, self._index = path, index
        with self._told():
            self._connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
            found = self._connection.execute("SELECT format, name, as_of, people FROM about").fetchone()
        if found is None or found[0] != _FORMAT:
            raise REGISTRY_UNREACHABLE.error("it is not whole, or was made by another version", file=str(path))
        self._about = About(found[1], date.fromisoformat(found[2]), found[3])

    @property
    def about(self) -> About:
        """Which registry this is."""
        return self._about

    def ask(self, person: Person, most: int) -> Answer:
        """Return those who have a key in common with *person*, and how many people are called as they and theirs.

        Raises:
            ProblemError: `registry-unreachable`.
        """
        keys = [_number(key) for key in self._index.keys(person)]
        names = {key: _number(key) for each in (person.name, person.mother, person.father) for key in self._names(each)}
        marks = ",".join("?" * len(keys))
        wanted = f"SELECT DISTINCT number FROM keys WHERE key IN ({marks}) LIMIT {most + 1}"  # noqa: S608 - marks only
        columns = "identifier, name, birth, sex, mother, father, mother_birth, father_birth, places"
        query = f"SELECT {columns} FROM people WHERE number IN ({wanted})"  # noqa: S608 - marks only
        with self._told():
            rows = self._connection.execute(query, keys).fetchall()
            called = {key: self._called(number) for key, number in names.items()}
        return Answer(tuple(_registered(row) for row in rows[:most]), complete=len(rows) <= most, called=called)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def everybody(self) -> Iterator[Registered]:
        """Yield everybody in it, in no order that means anything: what strangers have in common is learnt from them."""
        columns = "identifier, name, birth, sex, mother, father, mother_birth, father_birth, places"
        with self._told(), closing(self._connection.execute(f"SELECT {columns} FROM people")) as rows:  # noqa: S608
            yield from map(_registered, rows)

    def _names(self, written: str) -> Iterable[str]:
        return self._index.names(written) if written else ()

    def _called(self, number: int) -> int:
        found = self._connection.execute("SELECT people FROM called WHERE key = ?", (number,)).fetchone()
        return found[0] if found else 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise REGISTRY_UNREACHABLE.error(f"the file cannot be read: {error}", file=str(self._path)) from error


def make_registry(path: Path, people: Iterable[Registered], index: Index, name: str, as_of: date) -> None:
    """Write a registry into a new file: an extract that was handed over, or people who do not exist.

    Raises:
        ProblemError: `registry-unreachable` if the file is there, or cannot be written.
    """
    if path.exists():
        raise REGISTRY_UNREACHABLE.error("there is such a file already", file=str(path))
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + _TABLES)
            numbered = enumerate(people)
            count = 0
            while batch := list(islice(numbered, _BATCH)):
                _add(connection, batch, index)
                count += len(batch)
            connection.executescript(_SORTED)
            # Last, for whatever has no such row is not whole.
            connection.execute("INSERT INTO about VALUES (?, ?, ?, ?)", (_FORMAT, name, as_of.isoformat(), count))
    except sqlite3.Error as error:
        raise REGISTRY_UNREACHABLE.error(f"the file cannot be written: {error}", file=str(path)) from error


def _add(connection: sqlite3.Connection, batch: Sequence[tuple[int, Registered]], index: Index) -> None:
    rows = (
        (number, each.identifier.digits, *each.person[:-1], _BETWEEN.join(each.person.places)) for number, each in batch
    )
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    keys = ((_number(key), number) for number, each in batch for key in index.keys(each.person))
    connection.executemany("INSERT INTO loose VALUES (?, ?)", keys)
    names = ((_number(key),) for _, each in batch for key in index.names(each.person.name))
    connection.executemany("INSERT INTO named VALUES (?)", names)


def _registered(row: Sequence[Any]) -> Registered:
    identifier, *said, places = row
    return Registered(PersonalIdentifier(identifier), Person._make((*said, tuple(places.split(_BETWEEN)))))


def _number(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8"), digest_size=8).digest(), "big", signed=True)
