"""What an answer costs: lookups and copies beside a bare route of the same framework and a bare S3 server.

`python -m benchmarks.lookups`. PostgreSQL, a real S3 server, the API as `sohoa up api` runs it, the audit log on. Each
number of records is measured in the same run: first how many lookups a second the API answers when as many clients ask
as can, then how long one takes at half of that. The bare route takes and returns the same JSON and does nothing.
"""

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import urllib3
import uvicorn
from fastapi import FastAPI
from minio import Minio
from pydantic import SecretStr

from benchmarks.run import table
from benchmarks.serving import api_server, cpu_seconds, free_port, wait_for
from flows.house import House
from schemas.digest import sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupAnswer, LookupRequest, judge
from schemas.record import Copy, Engine, Origin, Owner, Record, record_id
from schemas.settings import ApiSettings, CatalogSettings, Settings
from schemas.token import READING
from sohoa.api.clients import issue
from sohoa.demo import SCANS
from tests.servers import S3Server, postgres, seaweedfs

_SECRET = "the secret of a benchmark"  # noqa: S105 - opens nothing
_BUCKET = "lookups"
_PURPOSE, _DOSSIER = "1.001193", "H40.12-260331-0007"
_CLIENTS = 16
_A_FIFTH = 5
"""Every fifth owner has a second record."""
_MOST_THREADS = 64
_COPIES = 200


class Level(NamedTuple):
    """What was measured with so many records."""

    name: str
    a_second: float
    """Answers, when as many clients ask as can."""
    cpu: float
    """Seconds of the server for one."""
    waits: Sequence[float]
    """Seconds for an answer, at half of that rate."""


def main() -> None:
    """Fill, measure, print tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", default="1000,10000", help="numbers of records, with commas")
    arguments.add_argument("--seconds", type=float, default=20, help="of each measurement")
    chosen = arguments.parse_args()
    numbers = sorted(map(int, chosen.records.split(",")))
    with (
        tempfile.TemporaryDirectory(prefix="sohoa-lookups-") as name,
        seaweedfs(Path(name)) as s3,
        postgres() as database,
    ):
        database.make_database("catalog")
        settings = Settings(
            home=Path(name, "home"),
            store=s3.settings(_BUCKET),
            catalog=CatalogSettings(url=database.url("catalog")),
            api=ApiSettings(requests_per_minute=10**9, owners_per_hour=10**9, token=SecretStr(_SECRET)),
            owner_secret=SecretStr(_SECRET),
        )
        _measure(settings, s3, numbers, chosen.seconds, Path(name))


def _measure(settings: Settings, s3: S3Server, numbers: Sequence[int], seconds: float, folder: Path) -> None:
    house = House.open(settings)
    copy = house.warehouse.keep_copy(max(SCANS.glob("*.pdf"), key=lambda path: path.stat().st_size).read_bytes(), bytes)
    environment = {key: value for key, value in settings.environment().items() if key != "SOHOA_API__PORT"}
    levels: list[Level] = []
    with api_server(folder, environment) as (server, address), _bare_server() as (bare, bare_address):
        ask = _asking(address, f"Bearer {issue(_SECRET, 'sohoa', 'bench', READING, timedelta(days=1), _now()).token}")
        levels.append(_level("bare route", _asking(bare_address, ""), numbers[0], seconds, bare))
        filled = 0
        for number in numbers:
            _fill(house, copy, range(filled, number))
            filled = number
            levels.append(_level(f"{number} records", ask, number, seconds, server.pid))
        print(table(_COLUMNS, [_row(level, levels[0]) for level in levels]))
        print()
        print(table(_COPY_COLUMNS, _copies(ask, s3, address, copy)))


# --- records -------------------------------------------------------------------------------------------------------
def _fill(house: House, copy: Copy, numbers: range) -> None:
    def keep(number: int) -> None:
        house.catalog.keep_record(house.warehouse.keep_record(_record(number, copy), lambda _data: b"signature"))

    with ThreadPoolExecutor(_CLIENTS) as keepers:
        list(keepers.map(keep, numbers))


def _record(number: int, copy: Copy) -> Record:
    origin = Origin(file_sha256=sha256_hex(f"scan {number}".encode()), pages=(1,))
    name = Field(value="BÙI THỊ CHI", confidence=0.95, page=1, accepted=True, raw_text="BÙI THỊ CHI")
    return Record(
        record_id=record_id(origin), version=1, status="active", document_type="birth_certificate",
        document_type_confidence=1.0, owners=(Owner(role="child", identifier=_owner(number), name="BÙI THỊ CHI"),),
        fields=dict.fromkeys(("number", "full_name", "mother_full_name", "father_full_name"), name), pages=(),
        copy_=copy, origin=origin, submission_id=sha256_hex(b"submission"), dossier_code=None,
        valid_from=date(2023, 10, 17), valid_to=None, review_reasons=(),
        engine=Engine(pipeline="1", tesseract="5", language="vie", model_sha256=sha256_hex(b"model")),
        created_at=_now(), text="",
    )  # fmt: skip


def _owner(number: int) -> PersonalIdentifier:
    person = number - number // (_A_FIFTH + 1)  # of six records, two belong to one person
    return PersonalIdentifier(f"0400{50 + person // 10**6:02}{person % 10**6:06}")


def _now() -> datetime:
    return datetime.now(UTC)


# --- asking --------------------------------------------------------------------------------------------------------
Ask = Callable[[int], LookupAnswer]


def _asking(address: str, authorization: str) -> Ask:
    pool = urllib3.PoolManager(maxsize=_MOST_THREADS)

    def ask(number: int) -> LookupAnswer:
        request = LookupRequest(
            owner=_owner(number), purpose=_PURPOSE, dossier_code=_DOSSIER, document_types=("birth_certificate",)
        )
        answer = pool.request(
            "POST", f"{address}/v1/lookups", body=request.model_dump_json(),
            headers={"Authorization": authorization, "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.status == 200, answer.data
        return LookupAnswer.model_validate_json(answer.data)

    return ask


def _level(name: str, ask: Ask, records: int, seconds: float, pid: int) -> Level:
    chance = random.Random(records)
    assert ask(0).records, "the first owner has a record"
    before, end = cpu_seconds(pid), time.monotonic() + seconds

    def as_many_as_can(_client: int) -> int:
        answered = 0
        while time.monotonic() < end:
            ask(chance.randrange(records))
            answered += 1
        return answered

    with ThreadPoolExecutor(_CLIENTS) as clients:
        answered = sum(clients.map(as_many_as_can, range(_CLIENTS)))
    cpu = (cpu_seconds(pid) - before) / answered
    begin, rate = time.monotonic(), answered / seconds / 2

    def when_due(arrival: int) -> float:
        due = begin + arrival / rate
        time.sleep(max(0.0, due - time.monotonic()))
        ask(chance.randrange(records))
        return time.monotonic() - due

    with ThreadPoolExecutor(_MOST_THREADS) as clients:
        waits = list(clients.map(when_due, range(round(rate * seconds))))
    return Level(name, answered / seconds, cpu, waits)


@contextmanager
def _bare_server() -> Iterator[tuple[int, str]]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve_bare, args=(port,), daemon=True)
    process.start()
    wait_for(port)
    try:
        yield process.pid or 0, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def _serve_bare(port: int) -> None:
    """Serve a route that takes and returns what a lookup does, and looks nothing up."""
    copy = Copy(sha256=sha256_hex(b"copy"), size=4, original=False)
    record = _record(0, copy)
    answer = LookupAnswer(audit_id="0" * 32, valid_on=date(2026, 1, 1), records=(judge(record, date(2026, 1, 1)),))
    app = FastAPI()

    @app.post("/v1/lookups")
    def lookup(_request: LookupRequest) -> LookupAnswer:
        return answer

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


# --- copies --------------------------------------------------------------------------------------------------------
def _copies(ask: Ask, s3: S3Server, address: str, copy: Copy) -> list[list[str]]:
    """Return how fast a copy comes from the API and from the S3 server itself, in turn."""
    known = s3.settings(_BUCKET)
    secret = known.secret_key.get_secret_value() if known.secret_key else ""
    server = Minio(s3.endpoint, access_key=known.access_key, secret_key=secret, secure=False)
    bare = server.presigned_get_object(_BUCKET, f"files/{copy.sha256[:2]}/{copy.sha256}")
    [found] = ask(0).records[:1]
    assert found.copy_url is not None
    ways = {"bare S3": bare, "the API": _absolute(address, found.copy_url)}
    pool, took = urllib3.PoolManager(), {name: list[float]() for name in ways}
    for _ in range(_COPIES):
        for name, url in ways.items():
            begin = time.monotonic()
            answer = pool.request("GET", url)
            took[name].append(time.monotonic() - begin)
            assert len(answer.data) == copy.size, answer.data[:200]
    fastest = median(took["bare S3"])
    return [
        [name, f"{copy.size / 1000:.0f}", f"{1000 * median(each):.1f}", f"{copy.size / median(each) / 1e6:.0f}",
         f"{fastest / median(each):.2f}"]
        for name, each in took.items()
    ]  # fmt: skip


def _absolute(address: str, url: str) -> str:
    return url if urlsplit(url).scheme else f"{address}/{url.lstrip('/')}"


# --- the report ----------------------------------------------------------------------------------------------------
_COLUMNS = ["", "answers/s", "CPU ms", "p50 ms", "p95 ms", "p99 ms", "p99 × bare"]
_COPY_COLUMNS = ["a copy from", "kB", "ms", "MB/s", "of bare"]


def _row(level: Level, bare: Level) -> list[str]:
    quantiles = [1000 * float(each) for each in np.quantile(level.waits, [0.5, 0.95, 0.99])]
    beside = 1000 * float(np.quantile(bare.waits, 0.99))
    measured = [f"{each:.1f}" for each in (1000 * level.cpu, *quantiles)]
    return [level.name, f"{level.a_second:.0f}", *measured, f"{quantiles[-1] / beside:.1f}"]


if __name__ == "__main__":
    main()
