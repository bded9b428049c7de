"""What an answer costs: lookups and copies beside a bare route of the same framework and a bare S3 server.

`python -m benchmarks.lookups`. PostgreSQL, a real S3 server, the API as `sohoa up api` runs it, the audit log on. Each
number of records is measured in the same run: first how many lookups a second the API answers when as many clients ask
as can, then how long one takes at half of that. The bare route takes and returns the same JSON and does nothing; the
bare GET fetches a sealed record from the S3 server.

All records stand in the catalog. With `--sealed`, only so many of them, evenly spread, stand in the warehouse too, and
only their owners are asked about: a million sealed records take hours.
"""

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import uvicorn
from fastapi import FastAPI
from minio import Minio
from pydantic import SecretStr

from benchmarks.asking import Connection, Errand, as_often_as_can_be, asked_once, at_a_rate, request
from benchmarks.run import table
from benchmarks.serving import api_server, free_port, wait_for
from flows.house import House
from pipeline.workers import cpu_seconds
from schemas.digest import sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupAnswer, LookupRequest, judge
from schemas.record import Copy, Engine, Origin, Owner, Record, record_id
from schemas.settings import ApiSettings, CatalogSettings, Settings
from schemas.token import READING
from sohoa.api.clients import issue
from sohoa.demo import SCANS
from storage import keys
from tests.servers import S3Server, postgres, seaweedfs

_SECRET = "the secret of a benchmark"  # noqa: S105 - opens nothing
_BUCKET = "lookups"
_PURPOSE, _DOSSIER = "1.001193", "H40.12-260331-0007"
_CLIENTS = 16
_A_FIFTH = 5
"""Every fifth owner has a second record."""
_SENT = "S3, sent by the API"
_AT_ONCE = 10_000
_LARGE_COPY = 16 * 1024**2
"""Bytes: some thirty pages in colour."""


class Level(NamedTuple):
    """What was measured of one thing."""

    name: str
    a_second: float
    """Answers, when as many clients ask as can."""
    cpu: float
    """Seconds of the server for one."""
    waits: Sequence[float]
    """Seconds for an answer, at half of that rate."""


class Api(NamedTuple):
    """A running API."""

    pid: int
    address: str


def main() -> None:
    """Fill, measure, print tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", default="1000,10000", help="numbers of records, with commas")
    arguments.add_argument("--sealed", type=int, default=10**9, help="how many of them stand in the warehouse too")
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
        _measure(settings, s3, numbers, chosen.sealed, chosen.seconds, Path(name))


def _measure(
    settings: Settings, s3: S3Server, numbers: Sequence[int], sealed: int, seconds: float, folder: Path
) -> None:
    house = House.open(settings)
    scan = max(SCANS.glob("*.pdf"), key=lambda path: path.stat().st_size).read_bytes()
    copies = [house.warehouse.keep_copy(data, bytes) for data in (scan, os.urandom(_LARGE_COPY))]
    stock = Stock(house, copies, max(1, numbers[-1] // sealed))
    environment = {key: value for key, value in settings.environment().items() if key != "SOHOA_API__PORT"}
    token = f"Bearer {issue(_SECRET, 'sohoa', 'bench', READING, timedelta(days=1), _now()).token}"
    public = {"SOHOA_STORE__PUBLIC_URL": f"http://{s3.endpoint}"}
    (folder / "sending").mkdir()
    with (
        api_server(folder, environment) as (server, address),
        api_server(folder / "sending", environment | public) as (sending, sending_address),
        _bare_server() as (bare, bare_address),
    ):
        stock.fill(numbers[0])
        levels = [
            _level("bare route", _asking(bare_address, token, stock), [bare_address], seconds, bare),
            _level("bare S3 GET", _fetching(_presigned(s3, stock.key(0))), [f"http://{s3.endpoint}"], seconds, s3.pid),
        ]
        for number in numbers:
            took = stock.fill(number)
            name = f"{number} records"
            print(f"{name}: filled in {took:.0f} s", flush=True)
            levels.append(_level(name, _asking(address, token, stock), [address], seconds, server.pid))
        print(table(_COLUMNS, [_row(level, levels[0]) for level in levels]))
        print()
        apis = Api(server.pid, address), Api(sending.pid, sending_address)
        print(table(_COPY_COLUMNS, list(_copies(stock, s3, *apis, token, seconds))))


# --- records -------------------------------------------------------------------------------------------------------
class Stock:
    """The records that there are: all in the catalog, every so manieth in the warehouse."""

    def __init__(self, house: House, copies: Sequence[Copy], step: int) -> None:
        """Fill *house*; records with an even number get the first copy, those with an odd one the second."""
        self._house, self._copies, self._step, self._filled = house, copies, step, 0

    def fill(self, records: int) -> float:
        """Have so many records there; return how many seconds that took."""
        begin, new = time.monotonic(), range(self._filled, records)
        with ThreadPoolExecutor(_CLIENTS) as keepers:
            for first in range(0, len(new), _AT_ONCE):
                list(keepers.map(self._keep, new[first : first + _AT_ONCE]))
        self._filled = records
        return time.monotonic() - begin

    def _keep(self, number: int) -> None:
        record = self.record(number)
        if _person(number) % self._step == 0:
            record = self._house.warehouse.keep_record(record, lambda _data: b"signature")
        self._house.catalog.keep_record(record)

    def record(self, number: int) -> Record:
        """Return one of the records."""
        return _record(number, self._copies[number % len(self._copies)])

    def key(self, number: int) -> str:
        """Return where it is kept."""
        return keys.record(self.record(number).record_id, 1)

    def somebody(self, chance: random.Random) -> PersonalIdentifier:
        """Return an owner whose records stand in the warehouse."""
        people = _person(self._filled - 1) // self._step + 1
        return _owner(chance.randrange(people) * self._step)


def _record(number: int, copy: Copy) -> Record:
    origin = Origin(file_sha256=sha256_hex(f"scan {number}".encode()), pages=(1,))
    name = Field(value="BÙI THỊ CHI", confidence=0.95, page=1, accepted=True, raw_text="BÙI THỊ CHI")
    owner = Owner(role="child", identifier=_owner(_person(number)), name="BÙI THỊ CHI")
    return Record(
        record_id=record_id(origin), version=1, status="active", document_type="birth_certificate",
        document_type_confidence=1.0, owners=(owner,),
        fields=dict.fromkeys(("number", "full_name", "mother_full_name", "father_full_name"), name), pages=(),
        copy_=copy, origin=origin, submission_id=sha256_hex(b"submission"), dossier_code=None,
        valid_from=date(2023, 10, 17), valid_to=None, review_reasons=(),
        engine=Engine(pipeline="1", tesseract="5", language="vie", model_sha256=sha256_hex(b"model")),
        created_at=_now(), text="",
    )  # fmt: skip


def _person(number: int) -> int:
    return number - number // (_A_FIFTH + 1)  # of six records, two belong to one person


def _owner(person: int) -> PersonalIdentifier:
    return PersonalIdentifier(f"0400{50 + person // 10**6:02}{person % 10**6:06}")


def _now() -> datetime:
    return datetime.now(UTC)


# --- asking --------------------------------------------------------------------------------------------------------
def _asking(address: str, token: str, stock: Stock) -> Errand:
    chance = random.Random(7)

    async def ask(connections: Sequence[Connection]) -> None:
        answer = await connections[0].ask(_question(address, token, stock.somebody(chance)))
        assert answer.status == 200, answer.body
        assert b'"record_id"' in answer.body, answer.body

    return ask


def _question(address: str, token: str, owner: PersonalIdentifier) -> bytes:
    asked = {"owner": owner.digits, "purpose": _PURPOSE, "dossier_code": _DOSSIER,
             "document_types": ["birth_certificate"]}  # fmt: skip
    headers = {"authorization": token, "content-type": "application/json"}
    return request("POST", f"{address}/v1/lookups", json.dumps(asked).encode(), **headers)


def _fetching(url: str, size: int | None = None) -> Errand:
    prepared = request("GET", url)

    async def fetch(connections: Sequence[Connection]) -> None:
        answer = await connections[0].ask(prepared)
        assert answer.status == 200, answer.body
        assert size is None or len(answer.body) == size, len(answer.body)

    return fetch


def _presigned(s3: S3Server, key: str) -> str:
    known = s3.settings(_BUCKET)
    secret = known.secret_key.get_secret_value() if known.secret_key else ""
    server = Minio(s3.endpoint, access_key=known.access_key, secret_key=secret, secure=False)
    return server.presigned_get_object(_BUCKET, key)


def _sent_there(url: str, size: int) -> Errand:
    prepared = request("GET", url)

    async def fetch(connections: Sequence[Connection]) -> None:
        api, s3 = connections
        sent = await api.ask(prepared)
        assert sent.status == 307, sent.body
        answer = await s3.ask(request("GET", sent.headers["location"]))
        assert (answer.status, len(answer.body)) == (200, size), answer.status

    return fetch


def _level(name: str, errand: Errand, addresses: Sequence[str], seconds: float, pid: int) -> Level:
    as_often_as_can_be(errand, addresses, seconds / 4, _CLIENTS)  # warms up
    before = cpu_seconds(pid)
    done = as_often_as_can_be(errand, addresses, seconds, _CLIENTS)
    cpu = (cpu_seconds(pid) - before) / done.times
    return Level(name, done.a_second, cpu, at_a_rate(errand, addresses, seconds, done.a_second / 2))


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
def _copies(stock: Stock, s3: S3Server, api: Api, sending: Api, token: str, seconds: float) -> Iterator[list[str]]:
    """Yield how fast copies come from the S3 server, through the API, and from where another API sends one."""
    there = f"http://{s3.endpoint}"
    for person in range(2):  # the first two own a record each, with a small copy and a large one
        copy = stock.record(person).copy_
        urls = []
        for each in (api, sending):
            answer = asked_once(each.address, _question(each.address, token, _owner(person)))
            urls.append(f"{each.address}{json.loads(answer.body)['records'][0]['copy_url']}")
        bare = _fetching(_presigned(s3, keys.file(copy.sha256)), copy.size)
        levels = [
            _level("bare S3", bare, [there], seconds, s3.pid),
            _level("the API", _fetching(urls[0], copy.size), [api.address], seconds, api.pid),
            _level(
                "S3, sent by the API", _sent_there(urls[1], copy.size), [sending.address, there], seconds, sending.pid
            ),
        ]
        for level in levels:
            told = f"{copy.size / 1000:.0f}", f"{level.a_second * copy.size / 1e6:.0f}"
            yield [*_row(level, levels[0])[:-1], *told, f"{level.a_second / levels[0].a_second:.2f}"]


# --- the report ----------------------------------------------------------------------------------------------------
_COLUMNS = ["", "answers/s", "CPU ms", "p50 ms", "p95 ms", "p99 ms", "p99 × bare"]
_COPY_COLUMNS = ["a copy from", *_COLUMNS[1:-1], "kB", "MB/s", "of bare"]


def _row(level: Level, bare: Level) -> list[str]:
    quantiles = [1000 * float(each) for each in np.quantile(level.waits, [0.5, 0.95, 0.99])]
    beside = 1000 * float(np.quantile(bare.waits, 0.99))
    measured = [f"{each:.1f}" for each in (1000 * level.cpu, *quantiles)]
    return [level.name, f"{level.a_second:.0f}", *measured, f"{quantiles[-1] / beside:.1f}"]


if __name__ == "__main__":
    main()
