"""Asking an HTTP server over and over at so little cost that it is the server which is measured.

Requests are bytes that were made beforehand, connections stay open, and of an answer no more is read than its status,
its headers and its length: some hundred microseconds a request, where an HTTP library takes a millisecond.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple, Self
from urllib.parse import urlsplit

_MOST_CONNECTIONS = 64
_PIECE = 1024 * 1024


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection that stays open, and is opened anew where the server closed it for having been idle."""

    def __init__(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address, self._reader, self._writer = address, reader, writer

    @classmethod
    async def to(cls, address: str) -> Self:
        """Connect to the server at an address."""
        return cls(address, *await _opened(address))

    def close(self) -> None:
        """Close it."""
        self._writer.close()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer."""
        try:
            return await self._ask(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                raise
        self.close()
        self._reader, self._writer = await _opened(self._address)
        return await self._ask(request)

    async def _ask(self, request: bytes) -> Answer:
        self._writer.write(request)
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(first.split()[1]), headers, body)


async def _opened(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    place = urlsplit(address)
    return await asyncio.open_connection(place.hostname, place.port, limit=_PIECE)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    """Connect to the server at an address while the block runs."""
    connection = await Connection.to(address)
    try:
        yield connection
    finally:
        connection.close()


def request(method: str, url: str, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of a request."""
    place = urlsplit(url)
    path = f"{place.path}?{place.query}" if place.query else place.path
    known = {"host": place.netloc, "content-length": str(len(body))} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in known.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


Errand = Callable[[Sequence[Connection]], Awaitable[None]]
"""What is done once, over one connection to each server; raises if it was not answered as it should be."""


class Done(NamedTuple):
    """How often an errand was done."""

    times: int
    seconds: float

    @property
    def a_second(self) -> float:
        """How often in a second."""
        return self.times / self.seconds


def as_often_as_can_be(errand: Errand, addresses: Sequence[str], seconds: float, clients: int) -> Done:
    """Have so many clients do an errand for some seconds, each again as soon as it is done."""

    async def run() -> Done:
        begin = time.monotonic()

        async def client() -> int:
            times = 0
            async with _to_all(addresses) as connections:
                while time.monotonic() < begin + seconds:
                    await errand(connections)
                    times += 1
            return times

        done = await asyncio.gather(*(client() for _ in range(clients)))
        return Done(sum(done), time.monotonic() - begin)

    return asyncio.run(run())


def at_a_rate(errand: Errand, addresses: Sequence[str], seconds: float, rate: float) -> list[float]:
    """Have an errand done so many times a second, however long each takes; return the seconds from due to done."""

    async def run() -> list[float]:
        async with AsyncExitStack() as stack:
            free = asyncio.LifoQueue[Sequence[Connection]]()
            for _ in range(_MOST_CONNECTIONS):
                free.put_nowait(await stack.enter_async_context(_to_all(addresses)))
            begin = time.monotonic()

            async def when_due(number: int) -> float:
                due = begin + number / rate
                await asyncio.sleep(due - time.monotonic())
                connections = await free.get()
                await errand(connections)
                free.put_nowait(connections)
                return time.monotonic() - due

            return await asyncio.gather(*(when_due(number) for number in range(round(rate * seconds))))

    return asyncio.run(run())


def asked_once(address: str, asked: bytes) -> Answer:
    """Return the answer of the server at an address to one request."""

    async def run() -> Answer:
        async with connected(address) as connection:
            return await connection.ask(asked)

    return asyncio.run(run())


@asynccontextmanager
async def _to_all(addresses: Sequence[str]) -> AsyncIterator[Sequence[Connection]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connected(each)) for each in addresses]
