"""`sohoa up`: API, Prefect server and worker on one machine, until one of them ends or somebody stops them.

Or one part of it alone, as in a container of its own: the others are then found through the settings.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress

import uvicorn

from flows.house import House
from flows.orchestrator import orchestrator, own_key, quiet_environment, server
from flows.waking import Waker
from schemas.problem import CONFIGURATION, Exit
from schemas.settings import Settings
from sohoa import console
from sohoa.api.app import create_app
from sohoa.api.peer import Protocol, tls
from sohoa.api.token import api_token
from sohoa.checking import create_checking
from sohoa.dashboard import create_dashboard
from sohoa.review import create_review

_STOP_SECONDS = 15


def run_everything(settings: Settings) -> Exit:
    """Run until Ctrl-C, a polite signal, or the end of the worker; return 0 when it was stopped on purpose."""
    house, url = House.open(settings), settings.prefect.api_url
    prefect = nullcontext(url) if url else server(settings.home, port=settings.prefect.port, pages=True)
    with prefect as address, _worker(settings, str(address)) as worker:
        api = _api(house, Waker(str(address), _prefect_key(settings)))
        threading.Thread(target=_stop_with, args=(worker, api), daemon=True).start()
        console.note(f"Prefect server:  {str(address).removesuffix('/api')}")
        if url is None:
            console.note(f"                 its user and password are in {settings.home / 'keys' / 'prefect'}")
        _run(api)
    return Exit.DONE if worker.returncode in {0, -signal.SIGTERM, -signal.SIGINT} else Exit.USAGE


def run_api(settings: Settings) -> Exit:
    """Run the API until it is told to stop."""
    url = settings.prefect.api_url
    _run(_api(House.open(settings), Waker(url, _prefect_key(settings)) if url else lambda: None))
    return Exit.DONE


def run_prefect(settings: Settings) -> Exit:
    """Become a Prefect server that reports nothing to anyone; Prefect's own variables say where it listens.

    Returns:
        Nothing: this process goes on as Prefect's.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **quiet_environment(settings.home)}
    command = [sys.executable, "-m", "prefect", "server", "start"]
    os.execve(sys.executable, command, environment)  # noqa: S606 - a list, not a shell


def run_worker(settings: Settings) -> Exit:
    """Take flow runs from the Prefect server of the settings until told to stop.

    Raises:
        ProblemError: `configuration` when they name none; `orchestrator-unreachable`.
    """
    if settings.prefect.api_url is None:
        raise CONFIGURATION.error("prefect.api_url is not set: a worker alone has nobody to take work from")
    with orchestrator(settings):
        from flows.worker import serve_live_lane  # Prefect reads the environment when it is imported

        console.note(f"Takes work from {settings.prefect.api_url}")
        serve_live_lane()
    return Exit.DONE


def run_backfill_worker(settings: Settings) -> Exit:
    """Take shards of backfills from the Prefect server of the settings until told to stop; yields to everything else.

    Raises:
        ProblemError: as for `run_worker`.
    """
    if settings.prefect.api_url is None:
        raise CONFIGURATION.error("prefect.api_url is not set: a worker alone has nobody to take work from")
    with orchestrator(settings):
        from flows.worker import serve_backfill_lane  # Prefect reads the environment when it is imported

        console.note(f"Takes old papers from {settings.prefect.api_url}")
        serve_backfill_lane()
    return Exit.DONE


PARTS: Mapping[str, Callable[[Settings], Exit]] = {
    "api": run_api,
    "prefect": run_prefect,
    "worker": run_worker,
    "backfill": run_backfill_worker,
}
"""What can run alone, by its name on the command line."""


def _prefect_key(settings: Settings) -> str | None:
    """Return user and password of the Prefect server that is used."""
    return os.environ.get("PREFECT_API_AUTH_STRING") if settings.prefect.api_url else own_key(settings.home)


def _api(house: House, wake: Callable[[], None]) -> uvicorn.Server:
    settings = house.settings
    token = api_token(settings)
    app = create_app(house, token, wake)
    app.mount("/dashboard", create_dashboard(house, token))
    app.mount("/review", create_review(house, token, wake))
    app.mount("/verify", create_checking(house))
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.api.host,
            port=settings.api.port,
            log_level="warning",
            access_log=False,  # addresses of lookups are in the audit log, not in a text file
            limit_concurrency=1024,  # every station of a province may hold a connection
            timeout_keep_alive=30,
            http=Protocol,
            **tls(settings.api),
        )
    )


def _run(api: uvicorn.Server) -> None:
    address = f"{'https' if api.config.is_ssl else 'http'}://{api.config.host}:{api.config.port}"
    console.note(f"Lookup API:      {address}/openapi.json")
    console.note(f"Dashboard:       {address}/dashboard/ (password: the API's secret)")
    console.note(f"Review desk:     {address}/review/ (your name; password: the same)")
    console.note(f"Checking a PDF:  {address}/verify/ (for everybody)")
    console.note("Stop with Ctrl-C.")
    # uvicorn stops politely and then raises the signal again: it has to unwind the callers, not to end the process.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _listening(api.config.host, api.config.port) as listener, suppress(KeyboardInterrupt):
        api.run([listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise CONFIGURATION.error(f"api.host {host}, api.port {port}: {error.strerror}") from error


@contextmanager
def _worker(settings: Settings, prefect_url: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **quiet_environment(settings.home), **settings.environment()}
    environment["PREFECT_API_URL"] = prefect_url
    if (key := _prefect_key(settings)) is not None:
        environment["PREFECT_API_AUTH_STRING"] = key
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.worker", str(os.getpid())],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _stop_with(worker: subprocess.Popen[bytes], api: uvicorn.Server) -> None:
    """End the API when the worker ends: half a house is worse than none."""
    worker.wait()
    api.should_exit = True
