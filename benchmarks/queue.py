"""`python -m benchmarks.queue`: how long lists and searches of the review desk take over a million records.

Everything asks the catalog as the pages do: in SQLite, or in the PostgreSQL database that `--catalog` names, which has
to be empty. CPU is that of this process, on average: with SQLite that is all there is, and no busy machine distorts it.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sql

from benchmarks.run import table
from schemas.search import Search, Term
from storage import keys
from storage.catalog import Catalog
from storage.tables import metadata

_SECRET = b"a secret of the benchmark"
_SEED = 20261128
_NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
_BATCH = 10_000
_PAGE = 50
_PEOPLE = 40
_PROVINCE = "the province"
"""Who issued a tenth of all papers."""
_MAY = date(2010, 5, 1)
_SLOW = ("the supervisor", "search by it, and what")
"""Questions that are asked a twentieth as often."""


class _Size(NamedTuple):
    records: int
    waiting: int
    legacy: int
    """Of every ten that wait, so many are of a backfill."""


def main() -> None:
    """Fill a catalog, ask it, and print a table in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000)
    arguments.add_argument("--asks", type=int, default=1000, help="of each kind; of slow ones a twentieth")
    arguments.add_argument("--catalog", help="SQLAlchemy URL; a file that is thrown away, if left out")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="sohoa-queue-") as folder:
        url = given.catalog or f"sqlite:///{Path(folder) / 'catalog.sqlite3'}"
        catalog = Catalog(url, _SECRET)
        catalog.create()
        size = _Size(given.records, given.records // 2, 9)
        began = time.perf_counter()
        fill(url, size)
        took = time.perf_counter() - began
        print(
            f"{size.records} records, {size.waiting} of them wait, {size.waiting} decisions; filled in {took:.0f} s\n"
        )
        print(
            table(
                ("question", "asked", "CPU ms", "median ms", "p95 ms", "worst ms"), list(ask(catalog, size, given.asks))
            )
        )
        catalog.close()


def fill(url: str, size: _Size) -> None:
    """Fill the tables of an empty catalog."""
    engine = sql.create_engine(url)
    tables = metadata.tables
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA cache_size=-1000000")  # keys come in no order: all pages are touched
        for start in range(0, size.records, _BATCH):
            numbers = range(start, min(start + _BATCH, size.records))
            connection.execute(sql.insert(tables["records"]), [_record(number, size) for number in numbers])
            connection.execute(sql.insert(tables["record_owners"]), [_owner(number) for number in numbers])
            connection.execute(sql.insert(tables["terms"]), [term for number in numbers for term in _terms(number)])
            decided = [_decision(number) for number in numbers if number >= size.waiting]
            if decided:
                connection.execute(sql.insert(tables["decisions"]), decided)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def record_id(number: int) -> str:
    """Return the id of a record: in no order, as hashes are."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{number:016x}"


def _moment(number: int) -> str:
    return (_NOW - timedelta(seconds=7 * (number * 2_654_435_761 % 1_000_003))).isoformat(timespec="microseconds")


def _record(number: int, size: _Size) -> Mapping[str, object]:
    waits = number < size.waiting
    return {
        "record_id": record_id(number), "version": 1, "status": "review" if waits else "active",
        "document_type": "birth_certificate", "valid_from": _day(number),
        "copy_sha256": f"{number:064x}", "submission_id": f"{number // 3:064x}",
        "dossier_code": f"H40.12-{260000 + number // 50_000:06d}-{number % 50_000 // 4:05d}",
        "created_at": _moment(number), "review_reasons": "unsure:full_name unread:place_of_birth" if waits else "",
        "backfill": number % 10 < size.legacy, "of_death": False,
    }  # fmt: skip


def _owner(number: int) -> Mapping[str, object]:
    return {"record_id": record_id(number), "owner_key": f"{number // 2:064x}", "role": "child"}


def _day(number: int) -> date:
    return date(2000, 1, 1) + timedelta(days=number * 2_654_435_761 % 9_000)


def _said(number: int) -> Mapping[Term, str]:
    """Return what a record is found by: a number that it has with a few, a name with tens, an issuer with thousands."""
    return {
        "number": f"{number % 2_000} {2000 + number // 2_000 % 25}",
        "name": f"name {number * 2_654_435_761 % 30_011}",
        "issuer": _PROVINCE if number % 10 == 0 else f"commune {number % 460}",
    }


def _terms(number: int) -> Iterator[Mapping[str, object]]:
    for kind, text in _said(number).items():
        yield {
            "term": keys.term(kind, text, _SECRET), "record_id": record_id(number),
            "document_type": "birth_certificate", "valid_from": _day(number),
        }  # fmt: skip


def _decision(number: int) -> Mapping[str, object]:
    who = f"web:{number % _PEOPLE}"
    return {"record_id": record_id(number), "version": 1, "who": who, "at": _moment(number), "fields": 3}


def ask(catalog: Catalog, size: _Size, asks: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each question that the pages ask."""
    draw = random.Random(_SEED)
    day = _NOW - timedelta(days=1)

    def some(below: int) -> int:
        return draw.randrange(below)

    def find(**known: object) -> object:
        return catalog.search(Search.model_validate({"purpose": "a benchmark", **known}), None)

    questions: Mapping[str, Callable[[], object]] = {
        "first page of the queue": lambda: catalog.queue.in_review(_PAGE),
        "any later page of the queue": lambda: catalog.queue.in_review(_PAGE, record_id(some(size.waiting))),
        "records of a dossier": lambda: catalog.of_dossier(_dossier(some(size.records), size), _PAGE),
        "records of an owner": lambda: catalog.records_of(f"{some(size.records // 2):064x}"),
        "search by name": lambda: find(name=_said(some(size.records))["name"]),
        "search by number and issuer": lambda: find(number="7 2010", issuer=_said(some(size.records))["issuer"]),
        "search by the commonest issuer": lambda: find(issuer=_PROVINCE),
        "search by it, any later page": lambda: find(issuer=_PROVINCE, after=record_id(some(size.records))),
        "search by it, and a month": lambda: find(issuer=_PROVINCE, issued_from=_MAY, issued_to=_MAY.replace(day=31)),
        "search by it, and what it never issued": lambda: find(issuer=_PROVINCE, document_type="death_extract"),
        "a lease": lambda: catalog.queue.lease(record_id(some(size.waiting)), f"web:{some(_PEOPLE)}", _NOW, _NOW),
        "a reviewer's day, and how much waits": lambda: (
            catalog.queue.decided_by(f"web:{some(_PEOPLE)}", day), catalog.queue.waits()
        ),
        "the supervisor's page": lambda: (catalog.queue.backlog(), catalog.queue.throughput(_NOW - timedelta(days=14))),
    }  # fmt: skip
    for name, question in questions.items():
        count = asks // 20 if name.startswith(_SLOW) else asks
        began = time.process_time()
        took = sorted(_milliseconds(question) for _ in range(count))
        ours = 1000 * (time.process_time() - began) / count
        told = (ours, statistics.median(took), took[count * 95 // 100], took[-1])
        yield name, str(count), *(f"{each:.2f}" for each in told)


def _dossier(number: int, size: _Size) -> str:
    return str(_record(number, size)["dossier_code"])


def _milliseconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
