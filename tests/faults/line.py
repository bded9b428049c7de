"""A bad line: a TCP relay between stations and a server, with faults that have names.

It speaks no HTTP. An exchange begins with the first bytes of a station after an answer and ends with the first bytes of
the next answer; each meets with at most one fault, drawn from a seeded generator.
"""

import asyncio
import random
import socket
import threading
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

PIECE = 2048
BUFFER = 8192
"""What the operating system may hold for either side: a slow line must be felt as slow."""
FAULTS = ("delay", "cut_request", "lost_answer", "cut_answer", "silence", "twice")
"""A request that comes late; that breaks off; whose answer never comes, or only half of it; a line that says nothing
for a while and then breaks; a request that arrives a second time after it was answered, as a retry does.
"""


class Exchange(NamedTuple):
    """What happens to one request and its answer."""

    fault: str | None = None
    at: int = 0
    """After how many bytes."""
    seconds: float = 0.0


class BadLine:
    """A relay to *server* whose faults stop and start while it runs. `injected` counts them by name."""

    def __init__(
        self,
        server: tuple[str, int],
        *,
        seed: int = 0,
        share: float = 0.0,
        faults: tuple[str, ...] = FAULTS,
        bits_per_second: int | None = None,
    ) -> None:
        """Listen on a free port of this machine.

        Args:
            server: host and port behind the line.
            seed: of the faults.
            share: of all exchanges that meet with a fault, 0 to 1.
            faults: those that are drawn from.
            bits_per_second: of each direction of each connection; None: as fast as it goes.
        """
        self.server = server
        self.share = share
        self.injected: Counter[str] = Counter()
        self.is_down = False
        self._relays: set[_Relay] = set()
        self._faults = faults
        self._random = random.Random(seed)
        self._bytes_per_second = None if bits_per_second is None else bits_per_second / 8
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        if bits_per_second is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._stop = asyncio.Event()
        self._thread.start()

    def break_off(self) -> None:
        """Cut every connection, and let nobody through until `is_down` is False again."""
        self.is_down = True
        self._loop.call_soon_threadsafe(lambda: [each.cut() for each in list(self._relays)])

    def heal(self) -> None:
        """Let everybody through again."""
        self.is_down = False

    def close(self) -> None:
        """Cut every connection and listen no more."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        listening = await asyncio.start_server(self._connected, sock=self._listener, limit=2 * BUFFER)
        async with listening:
            await self._stop.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            self.injected["no_line"] += 1
            writer.transport.abort()
            return
        try:
            there = await asyncio.open_connection(*self.server, limit=2 * BUFFER)
        except OSError:
            self.injected["server_away"] += 1
            writer.transport.abort()
            return
        relay = _Relay(self, (reader, writer), there)
        self._relays.add(relay)
        await relay.run()
        self._relays.discard(relay)

    def draw(self) -> Exchange:
        """Return what happens to the next request."""
        if self._random.random() >= self.share:
            return Exchange()
        fault = self._random.choice(self._faults)
        return Exchange(fault, self._random.choice([0, 1, 100, 700, 5000, 60_000]), self._random.uniform(0.05, 0.6))

    async def hold(self, count: int) -> None:
        """Take the time that *count* bytes need on this line."""
        if self._bytes_per_second is not None:
            await asyncio.sleep(count / self._bytes_per_second)


class _Broken(Exception):  # noqa: N818 - not an error: it is what we are here for
    """The line breaks now."""


class _Relay:
    def __init__(
        self,
        line: BadLine,
        here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._line = line
        self._from_station, self._to_station = here
        self._from_server, self._to_server = there
        self._exchange = Exchange()
        self._request = bytearray()
        self._is_answered = True
        self._passed = 0

    def cut(self) -> None:
        """Break both connections."""
        for writer in (self._to_station, self._to_server):
            writer.transport.abort()

    async def run(self) -> None:
        directions = [asyncio.ensure_future(self._requests()), asyncio.ensure_future(self._answers())]
        with suppress(_Broken, OSError, asyncio.CancelledError):
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for each in directions:
            each.cancel()
        for outcome in await asyncio.gather(*directions, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, _Broken | OSError):
                raise outcome
        self.cut()

    async def _requests(self) -> None:
        while data := await self._from_station.read(PIECE):
            if self._is_answered:
                self._is_answered = False
                self._request.clear()
                self._passed = 0
                self._exchange = self._line.draw()
                if self._exchange.fault == "delay":
                    self._struck()
                    await asyncio.sleep(self._exchange.seconds)
            self._request += data
            fault, at, seconds = self._exchange
            if fault in {"cut_request", "silence"} and len(self._request) > at:
                self._struck()
                await asyncio.sleep(seconds if fault == "silence" else 0)
                raise _Broken
            await self._line.hold(len(data))
            self._to_server.write(data)
            await self._to_server.drain()

    async def _answers(self) -> None:
        while data := await self._from_server.read(PIECE):
            fault, at, _ = self._exchange
            if not self._is_answered:
                self._is_answered = True
                if fault == "twice":
                    self._struck()
                    await self._send_again(bytes(self._request))
            if fault == "lost_answer":
                self._struck()
                raise _Broken
            if fault == "cut_answer" and self._passed + len(data) > (at := at % 200):
                self._struck()
                self._to_station.write(data[: max(0, at - self._passed)])
                await self._to_station.drain()
                raise _Broken
            self._passed += len(data)
            await self._line.hold(len(data))
            self._to_station.write(data)
            await self._to_station.drain()

    async def _send_again(self, request: bytes) -> None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(*self._line.server)
            writer.write(request)
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 2)
            writer.transport.abort()

    def _struck(self) -> None:
        self._line.injected[str(self._exchange.fault)] += 1
