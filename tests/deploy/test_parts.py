"""The parts of `sohoa up`, each in a process of its own, as in the containers."""

import json
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from schemas.problem import Exit
from tests.servers import free_ports

FLOWS = {"flows.ingest.ingest", "flows.ingest.reconcile", "flows.ingest.raise_levels"}
FLOWS |= {"flows.ingest.preserve", "flows.ingest.fixity", "flows.ingest.check_signatures", "flows.ingest.check_signers"}


@contextmanager
def running(sohoa, part, **environment):
    """Run one part until the block ends; then ask it to stop, and see that it does."""
    log = sohoa.home.parent / f"{part}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            sohoa.command("up", part),
            env=sohoa.environment | environment,
            cwd=sohoa.home.parent,
            stdout=output,
            stderr=output,
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}, log.read_text()


def answer(url, *, until=lambda _: True, data=None):
    """Return the first answer of *url* that is as wanted, within a minute."""
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                found = json.load(response)
            if until(found):
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise AssertionError(url)


def test_the_api_alone_needs_no_prefect_server(sohoa):
    [port] = free_ports(1)
    nobody = "http://127.0.0.1:9/api"
    with running(sohoa, "api", SOHOA_API__PORT=str(port), SOHOA_PREFECT__API_URL=nobody):
        assert answer(f"http://127.0.0.1:{port}/readyz") == {"status": "ready"}


def test_a_worker_alone_brings_its_flows_to_a_prefect_server_alone_which_then_calls_them_on_time(sohoa, prefect_tables):
    shutil.copytree(prefect_tables, sohoa.home / "prefect")
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}/api"
    with running(sohoa, "prefect", PREFECT_SERVER_API_PORT=str(port)):
        answer(f"{url}/health")
        with running(sohoa, "worker", SOHOA_PREFECT__API_URL=url):
            found = answer(f"{url}/deployments/filter", data=b"{}", until=lambda found: len(found) == len(FLOWS))
            on_time = {each["id"] for each in found if each["schedules"]}
            answer(
                f"{url}/flow_runs/filter",
                data=b"{}",
                until=lambda runs: on_time <= {run["deployment_id"] for run in runs},
            )
            runs = answer(f"{url}/flow_runs/filter", data=b"{}")
    assert {each["entrypoint"] for each in found} == FLOWS
    assert {each["entrypoint"] for each in found if each["id"] in on_time} == FLOWS - {"flows.ingest.ingest"}
    assert {run["deployment_id"] for run in runs} == on_time


def test_a_worker_alone_needs_to_be_told_of_a_prefect_server(sohoa):
    result = sohoa("up", "worker")
    assert result.returncode == Exit.BAD_CONFIGURATION
    assert "prefect.api_url" in result.stderr
