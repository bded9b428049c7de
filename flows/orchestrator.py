"""The orchestrator: a Prefect server by configuration, or an embedded one that lives as long as one command.

Prefect's own temporary server outlives a command that is killed and holds its database; ours dies with its parent.
Nothing is reported to anyone: no telemetry from the client, the server or its web pages.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from schemas.problem import CONFIGURATION, ORCHESTRATOR_UNREACHABLE, STORE_FULL
from schemas.settings import Settings
from storage.secrets import keep

_START_SECONDS = 120
_ANSWER_SECONDS = 30
_STOP_SECONDS = 10
HEARTBEAT_SECONDS = 30
"""How often a flow run says that it lives; Prefect allows no less."""
_WEEK_SECONDS = 7 * 24 * 3600
_LEAST_FREE_BYTES = 32 * 1024**2


def quiet_environment(home: Path) -> dict[str, str]:
    """Return what Prefect must find in the environment before it is first imported.

    Args:
        home: folder for Prefect's own database and files: a projection, safe to delete.
    """
    return {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str((home / "prefect").absolute()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the second version makes the browser call its vendor
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # else its tables grow for ever
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(_WEEK_SECONDS),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P1D",
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",  # seconds until a worker sees that it was called
        "PREFECT_API_REQUEST_TIMEOUT": "300",  # a busy machine is slow, not broken
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # a failure is told once, in our words, by whoever called
    }


def own_key(home: Path) -> str:
    """Return the user and password of our own Prefect server, made once and kept in the home folder.

    Without one, anybody who reaches its port could have a worker, which holds the signing keys, run any command.
    """

    def make() -> bytes:
        return f"sohoa:{token_urlsafe(32)}".encode()

    return keep(home / "keys" / "prefect", make).decode()


@contextmanager
def orchestrator(settings: Settings) -> Iterator[str]:
    """Point this process at the Prefect server of the settings, or at an embedded one; yield its API's address.

    Must be entered before Prefect is imported: it reads the environment once. The settings go into the environment too,
    for that is where flows find them, in this process or in one that a worker starts. Afterwards it is as it was.

    Raises:
        ProblemError: `orchestrator-unreachable`.
    """
    with _environment(quiet_environment(settings.home) | settings.environment()):
        if settings.prefect.api_url is not None:
            os.environ["PREFECT_API_URL"] = settings.prefect.api_url
            _wait(settings.prefect.api_url, None, seconds=_ANSWER_SECONDS)
            yield settings.prefect.api_url
            return
        os.environ["PREFECT_API_AUTH_STRING"] = own_key(settings.home)
        with server(settings.home) as url:
            os.environ["PREFECT_API_URL"] = url
            yield url


@contextmanager
def _environment(additions: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(additions)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def server(home: Path, *, port: int = 0, pages: bool = False) -> Iterator[str]:
    """Run a Prefect server on the loopback address as a child process that dies with this one; yield its API's address.

    Args:
        home: folder for its database and log.
        port: 0 takes a free one.
        pages: whether it serves its web pages.

    Raises:
        ProblemError: `orchestrator-unreachable`, with the place of its log.
    """
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise CONFIGURATION.error(f"prefect.port {port} cannot be used: {error.strerror}") from error
    with listener, log.open("ab") as output:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        handle = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.embedded", str(handle), str(os.getpid())],
            env={
                **os.environ,
                **quiet_environment(home),
                "PREFECT_SERVER_API_AUTH_STRING": own_key(home),
                "PREFECT_UI_ENABLED": str(pages).lower(),
                "PREFECT_UI_API_URL": url,
            },
            pass_fds=(handle,),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the server
        )
    try:
        _wait(url, process, seconds=_START_SECONDS, log=log)
        yield url
    finally:
        _stop(process)


def _wait(url: str, process: subprocess.Popen[bytes] | None, *, seconds: float, log: Path | None = None) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - the address of our own settings
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    if log is not None and shutil.disk_usage(log.parent).free < _LEAST_FREE_BYTES:
        raise STORE_FULL.error(f"Prefect's database needs room in {log.parent}")
    detail = f"no answer at {url}" + (f"; its log: {log}" if log else "")
    raise ORCHESTRATOR_UNREACHABLE.error(detail)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
