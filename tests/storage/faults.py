"""Faults that happen to stores, with names."""

import errno
import os
import socket
from contextlib import suppress
from threading import Event, Thread


def full_disk(monkeypatch) -> None:
    """From now on no file can be brought to the disk."""

    def fsync(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


class BadWire:
    """A TCP relay to a server that loses or cuts off the answers to some requests."""

    def __init__(self, server: str) -> None:
        host, _, port = server.partition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.hit(b"", times=0)
        Thread(target=self._accept, daemon=True).start()

    def hit(self, method: bytes, *, times: int, passes: int = 0) -> None:
        """From now on let only *passes* bytes through of each of so many answers to requests with *method*."""
        self._method, self.times, self._passes = method, times, passes

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                was_hit = Event()
                Thread(target=self._pass_requests, args=(client, server, was_hit), daemon=True).start()
                Thread(target=self._pass_answers, args=(server, client, was_hit), daemon=True).start()

    def _pass_requests(self, client: socket.socket, server: socket.socket, was_hit: Event) -> None:
        with suppress(OSError), client, server:
            while data := client.recv(65536):
                if self.times and data.startswith(self._method):  # a client sends no request before it has the answer
                    self.times -= 1
                    was_hit.set()
                server.sendall(data)

    def _pass_answers(self, server: socket.socket, client: socket.socket, was_hit: Event) -> None:
        passed = 0
        with suppress(OSError), client, server:
            while data := server.recv(65536):
                passed = passed + len(data) if was_hit.is_set() else 0
                if passed > self._passes:
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)
