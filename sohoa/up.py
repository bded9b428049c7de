"""`sohoa up`: API, Prefect server and worker on one machine, until one of them ends or somebody stops them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress

import uvicorn

from flows.house import House
from flows.orchestrator import quiet_environment, server
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa import console
from sohoa.api.app import create_app
from sohoa.api.token import api_token

_PREFECT_PORT = 4200
_STOP_SECONDS = 15


def run_everything(settings: Settings) -> Exit:
    """Run until Ctrl-C, a polite signal, or the end of the worker; return 0 when it was stopped on purpose."""
    house = House.open(settings)
    url = settings.prefect.api_url
    prefect = nullcontext(url) if url else server(settings.home, port=_PREFECT_PORT, pages=True)
    with prefect as address, _worker(settings, str(address)) as worker:
        api = uvicorn.Server(
            uvicorn.Config(
                create_app(house, api_token(settings)),
                host=settings.api.host,
                port=settings.api.port,
                log_level="warning",
                access_log=False,  # addresses of lookups are in the audit log, not in a text file
                limit_concurrency=256,
                timeout_keep_alive=30,
            )
        )
        threading.Thread(target=_stop_with, args=(worker, api), daemon=True).start()
        console.note(f"Lookup API:      http://{settings.api.host}:{settings.api.port}/openapi.json")
        console.note(f"Prefect server:  {str(address).removesuffix('/api')}")
        console.note("Stop with Ctrl-C.")
        # uvicorn stops politely and then raises the signal again: it has to unwind this block, not to end the process.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            api.run()
    return Exit.DONE if worker.returncode in {0, -signal.SIGTERM, -signal.SIGINT} else Exit.USAGE


@contextmanager
def _worker(settings: Settings, prefect_url: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **quiet_environment(settings.home), **settings.environment()}
    environment["PREFECT_API_URL"] = prefect_url
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
