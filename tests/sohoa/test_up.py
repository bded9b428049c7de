"""`sohoa up`: the whole system on one machine, over real sockets."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

import httpx
import pytest

from flows.house import House
from schemas.settings import Settings
from sohoa.demo import SCANS
from tests.servers import free_ports
from tests.sohoa.api.sending import SmallStation
from tests.sohoa.api.test_app import bearer

LOOKUP = {"purpose": "1.001193", "dossier_code": "H40.12-260331-0007"}


@pytest.fixture
def running(sohoa, prefect_url):
    """`sohoa up` beside a running Prefect server, and the address of its API."""
    [port] = free_ports(1)
    sohoa.environment |= {
        "SOHOA_API__PORT": str(port),
        "SOHOA_API__TOKEN": "token",
        "SOHOA_PREFECT__API_URL": prefect_url,
    }
    with (sohoa.home.parent / "up.log").open("wb") as log:
        process = subprocess.Popen(
            sohoa.command("up"), env=sohoa.environment, cwd=sohoa.home.parent, stdout=log, stderr=log
        )
    yield process, f"http://127.0.0.1:{port}"
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(url, request=None):
    """Wait until *url* answers, at most a minute, and return the answer."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(request or url, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(url)


def test_what_a_station_sends_is_worked_on_at_once_and_looked_up_and_a_polite_stop_leaves_nothing(
    running, sohoa, prefect_url
):
    process, url = running
    assert answers(f"{url}/readyz") == {"status": "ready"}
    station = SmallStation()
    house = House.open(Settings(home=sohoa.home, owner_secret="a secret of the tests"))
    house.stations.keep(station.enrolment())
    with httpx.Client(base_url=url, timeout=60) as client:
        sent = station.send(client, (SCANS / "birth_certificate_01.jpg").read_bytes())
    assert sent.status_code == 200
    submission_id = sent.json()["receipt"]["submission_id"]
    given = time.monotonic()
    while (outcome := house.inbox.outcome(submission_id)) is None:
        assert time.monotonic() < given + 240
        time.sleep(0.2)
    [document] = outcome.documents
    assert document.status in {"stored", "review"}
    user, _, password = os.environ["PREFECT_API_AUTH_STRING"].partition(":")
    runs = httpx.post(f"{prefect_url}/flow_runs/filter", json={}, auth=(user, password)).json()
    assert [run for run in runs if run["deployment_id"] and not run["auto_scheduled"]], "nobody called the worker"

    [owner, *_] = house.warehouse.record(document.record_id).value.owners
    request = urllib.request.Request(
        f"{url}/v1/lookups",
        data=json.dumps(LOOKUP | {"owner": owner.identifier.digits}).encode(),
        headers=bearer(secret="token") | {"Content-Type": "application/json"},
    )
    assert [found["record_id"] for found in answers(url, request)["records"]] == [document.record_id]

    children = children_of(process.pid)
    assert children
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in {0, -signal.SIGTERM}
    assert not [child for child in children if is_running(child)]


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as listed:
        return [int(child) for child in listed.read().split()]


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
