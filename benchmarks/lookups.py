"""What an answer costs: lookups and copies beside a bare route of the same framework and a bare S3 server.

`python -m benchmarks.lookups --records 1000,100000,1200000`. PostgreSQL, a real S3 server, the API as `sohoa up api`
runs it, the audit log on. Each number of records is measured in the same run: first how many lookups a second the API
answers when as many clients ask as can, then how long one takes at half of that. The bare route takes and returns the
same JSON and does nothing; the bare GET fetches a sealed record from the S3 server.

All records stand in the catalog and in the warehouse, where their own code puts them; only that objects are sent to
the S3 server by many at once, without waiting for each, and rows go to the catalog by the thousand. With `--sealed`,
only so many records, evenly spread, stand in the warehouse, and only their owners are asked about.

Rows of the tables go to stdout as they are measured, progress goes to stderr.
"""

import argparse
import asyncio
import hashlib
import json
import math
import multiprocessing
import os
import random
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import uvicorn
from fastapi import FastAPI
from minio import Minio
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from pydantic import SecretStr

from benchmarks.asking import Connection, Errand, as_often_as_can_be, asked_once, at_a_rate, connected, request
from benchmarks.run import table
from benchmarks.serving import api_server, free_port, wait_for
from flows.house import House
from pipeline.workers import cpu_seconds
from schemas.digest import sha256_hex
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupAnswer, LookupRequest, judge
from schemas.record import Copy, Engine, Origin, Owner, Record, record_id
from schemas.settings import ApiSettings, CatalogSettings, Settings, StoreSettings
from schemas.token import READING
from sohoa.api.clients import issue
from sohoa.demo import SCANS
from storage import keys
from storage.catalog import Catalog
from storage.opening import catalog_at, open_warehouse
from storage.port import BYTES
from storage.s3 import S3Store
from storage.warehouse import Warehouse
from tests.servers import S3Server, postgres, seaweedfs

_SECRET = "the secret of a benchmark"  # noqa: S105 - opens nothing
_BUCKET = "lookups"
_PURPOSE, _DOSSIER = "1.001193", "H40.12-260331-0007"
_CLIENTS = 16
_A_FIFTH = 5
"""Every fifth owner has a second record."""
_AT_ONCE = 2000
_TOLD_OF = 25
_IDLE = 0.2
"""CPU seconds within two, below which a server has nothing to do of its own."""
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
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    stock = Stock(settings, copies, max(1, math.ceil(numbers[-1] / sealed)))
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
        report = _Report(_COLUMNS)
        route = _level("bare route", _asking(bare_address, token, stock), [bare_address], seconds, bare)
        get = _level("bare S3 GET", _fetching(_presigned(s3, stock.key(0))), [f"http://{s3.endpoint}"], seconds, s3.pid)
        for level in (route, get):
            report.add([*_row(level), _ratio(level, route), ""])
        first = None
        for number in numbers:
            _note(f"{number} records: filled in {stock.fill(number):.0f} s")
            _settle(s3.pid)
            level = _level(f"{number:,} records", _asking(address, token, stock), [address], seconds, server.pid)
            first = first or level
            report.add([*_row(level), _ratio(level, route), _ratio(level, first)])
        print(flush=True)
        apis = Api(server.pid, address), Api(sending.pid, sending_address)
        _copies(stock, s3, *apis, token, seconds)


def _note(said: str) -> None:
    print(f"{_now():%H:%M:%S} {said}", file=sys.stderr, flush=True)


def _settle(pid: int) -> None:
    """Return when the S3 server has put in order what it was sent, or after two minutes."""
    for _ in range(60):
        before = cpu_seconds(pid)
        time.sleep(2)
        if cpu_seconds(pid) - before < _IDLE:
            return
    _note("the S3 server is still busy")


# --- records -------------------------------------------------------------------------------------------------------
class Stock:
    """The records that there are: all in the catalog, every so manieth in the warehouse."""

    def __init__(self, settings: Settings, copies: Sequence[Copy], step: int) -> None:
        """Fill what *settings* name; records have the *copies* in turn."""
        self._settings, self._copies, self._step, self._filled = settings, copies, step, 0

    def fill(self, records: int) -> float:
        """Have so many records there; return how many seconds that took."""
        begin, new = time.monotonic(), range(self._filled, records)
        shares = [new[first : first + _AT_ONCE] for first in range(0, len(new), _AT_ONCE)]
        if shares:
            known = (self._settings, self._copies, self._step)
            with multiprocessing.get_context("spawn").Pool(os.cpu_count(), _begin_to_keep, known) as keepers:
                for done, _ in enumerate(keepers.imap_unordered(_keep, shares), 1):
                    if done % _TOLD_OF == 0:
                        _note(f"{self._filled + done * _AT_ONCE} records after {time.monotonic() - begin:.0f} s")
        self._filled = records
        return time.monotonic() - begin

    def record(self, person: int) -> Record:
        """Return the first record of a person."""
        return _record(person + max(person - 1, 0) // _A_FIFTH, self._copies)

    def key(self, person: int) -> str:
        """Return where it is kept."""
        return keys.record(self.record(person).record_id, 1)

    def owner_of(self, copy: Copy) -> int:
        """Return the first person whose first record, which stands in the warehouse, has this copy."""
        return next(each for each in count(0, self._step) if self.record(each).copy_ == copy)

    @property
    def copies(self) -> Sequence[Copy]:
        """Which copies there are."""
        return self._copies

    def somebody(self, chance: random.Random) -> PersonalIdentifier:
        """Return an owner whose records stand in the warehouse."""
        people = _person(self._filled - 1) // self._step + 1
        return _owner(chance.randrange(people) * self._step)


class _Gathering(S3Store):
    """Takes what is to be stored, and sends it to the server when there is much of it, without waiting for each."""

    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(settings)
        self._settings, self._gathered = settings, list[bytes]()
        secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
        self._credentials = Credentials(settings.access_key or "", secret)

    def put(self, key: str, data: bytes, *, content_type: str = BYTES) -> None:
        """Gather the request by which `S3Store` would create an object."""
        url = f"http://{self._settings.endpoint}/{self._settings.bucket}/{key}"
        digest, now = hashlib.sha256(data), _now()
        headers: dict[str, str | list[str] | tuple[str]] = {
            "Host": self._settings.endpoint or "", "Content-Type": content_type, "If-None-Match": "*",
            "x-amz-checksum-sha256": b64encode(digest.digest()).decode(), "x-amz-meta-sha256": digest.hexdigest(),
            "x-amz-content-sha256": digest.hexdigest(), "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        }  # fmt: skip
        signed = sign_v4_s3(
            method="PUT", url=urlsplit(url), region=self._settings.region or "us-east-1", headers=headers,
            credentials=self._credentials, content_sha256=digest.hexdigest(), date=now,
        )  # fmt: skip
        self._gathered.append(request("PUT", url, data, **{name.lower(): str(value) for name, value in signed.items()}))

    def send(self) -> None:
        """Send what was gathered."""
        waiting = iter(self._gathered)

        async def some(connection: Connection) -> None:
            for each in waiting:
                answer = await connection.ask(each)
                assert answer.status in {200, 412}, answer  # as it was filled before

        async def everything() -> None:
            async with AsyncExitStack() as stack:
                there = f"http://{self._settings.endpoint}"
                connections = [await stack.enter_async_context(connected(there)) for _ in range(_CLIENTS)]
                await asyncio.gather(*map(some, connections))

        asyncio.run(everything())
        self._gathered.clear()


class _Keeper(NamedTuple):
    """What a process that keeps records is given."""

    store: _Gathering
    warehouse: Warehouse
    catalog: Catalog
    copies: Sequence[Copy]
    step: int


_keeper: list[_Keeper] = []


def _begin_to_keep(settings: Settings, copies: Sequence[Copy], step: int) -> None:
    store = _Gathering(settings.store)
    _keeper[:] = [_Keeper(store, open_warehouse(settings, store), catalog_at(settings), copies, step)]


def _keep(numbers: range) -> None:
    [keeper] = _keeper
    records = [_record(number, keeper.copies) for number in numbers]
    for number, record in zip(numbers, records, strict=True):
        if _person(number) % keeper.step == 0:
            keeper.warehouse.keep_record(record, lambda _data: b"signature")
    keeper.store.send()
    keeper.catalog.keep_records(records)


def _record(number: int, copies: Sequence[Copy]) -> Record:
    origin = Origin(file_sha256=sha256_hex(f"scan {number}".encode()), pages=(1,))
    name = Field(value="BÙI THỊ CHI", confidence=0.95, page=1, accepted=True, raw_text="BÙI THỊ CHI")
    owner = Owner(role="child", identifier=_owner(_person(number)), name="BÙI THỊ CHI")
    return Record(
        record_id=record_id(origin), version=1, status="active", document_type="birth_certificate",
        document_type_confidence=1.0, owners=(owner,),
        fields=dict.fromkeys(("number", "full_name", "mother_full_name", "father_full_name"), name), pages=(),
        copy_=copies[number % len(copies)], origin=origin, submission_id=sha256_hex(b"submission"), dossier_code=None,
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
    record = _record(0, [Copy(sha256=sha256_hex(b"copy"), size=4, original=False)])
    answer = LookupAnswer(audit_id="0" * 32, valid_on=date(2026, 1, 1), records=(judge(record, date(2026, 1, 1)),))
    app = FastAPI()

    @app.post("/v1/lookups")
    def lookup(_request: LookupRequest) -> LookupAnswer:
        return answer

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


# --- copies --------------------------------------------------------------------------------------------------------
def _copies(stock: Stock, s3: S3Server, api: Api, sending: Api, token: str, seconds: float) -> None:
    """Tell how fast copies come from the S3 server, through the API, and from where another API sends one."""
    report = _Report(_COPY_COLUMNS)
    there = f"http://{s3.endpoint}"
    for copy in stock.copies:
        person, size = stock.owner_of(copy), f"{copy.size / 1000:.0f} kB"
        through, sent = (_copy_url(each.address, token, stock, person) for each in (api, sending))
        get = _fetching(_presigned(s3, keys.file(copy.sha256)), copy.size)
        bare = _level(f"{size} from S3", get, [there], seconds, s3.pid)
        levels = [
            bare,
            _level(f"{size} through the API", _fetching(through, copy.size), [api.address], seconds, api.pid),
            _level(
                f"{size} from S3, sent by the API", _sent_there(sent, copy.size), [sending.address, there], seconds,
                sending.pid,
            ),
        ]  # fmt: skip
        for level in levels:
            rate = f"{level.a_second * copy.size / 1e6:.0f}"
            report.add([*_row(level), rate, f"{level.a_second / bare.a_second:.2f}"])


def _copy_url(address: str, token: str, stock: Stock, person: int) -> str:
    answer = asked_once(address, _question(address, token, _owner(person)))
    assert answer.status == 200, answer.body
    urls = {each["record_id"]: each["copy_url"] for each in json.loads(answer.body)["records"]}
    return f"{address}{urls[stock.record(person).record_id]}"


# --- the report ----------------------------------------------------------------------------------------------------
_COLUMNS = ["", "answers/s", "CPU ms", "p50 ms", "p95 ms", "p99 ms", "p99 × bare route", "p99 × fewest records"]
_COPY_COLUMNS = ["a copy of", *_COLUMNS[1:-2], "MB/s", "of bare S3"]


class _Report:
    """A table in Markdown whose rows are printed as they come: a long run may be cut off."""

    def __init__(self, columns: Sequence[str]) -> None:
        print(table(columns, []), flush=True)

    def add(self, row: Sequence[str]) -> None:
        """Print one row."""
        print(f"| {' | '.join(row)} |", flush=True)


def _row(level: Level) -> list[str]:
    quantiles = [1000 * float(each) for each in np.quantile(level.waits, [0.5, 0.95, 0.99])]
    return [level.name, f"{level.a_second:.0f}", *(f"{each:.1f}" for each in (1000 * level.cpu, *quantiles))]


def _ratio(level: Level, beside: Level) -> str:
    return f"{np.quantile(level.waits, 0.99) / np.quantile(beside.waits, 0.99):.2f}"


if __name__ == "__main__":
    main()
