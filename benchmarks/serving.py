"""The API as benchmarks ask it: a process of its own, on a free port, whose CPU time is known."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def api_server(
    folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `sohoa up api` with its home in *folder* while the block runs; yield the process and its address."""
    port = free_port()
    settings = {"SOHOA_HOME": str(folder / "home"), "SOHOA_API__PORT": str(port), **(environment or {})}
    command = [str(Path(sys.executable).with_name("sohoa")), "up", "api"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def free_port() -> int:
    """Return a port that nobody listened on just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when somebody listens, or after a minute."""
    for _ in range(600):
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
