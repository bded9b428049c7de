"""A real server process that is killed without a word, again and again, while a station sends."""

import os
import random
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest

from flows.acts import seal_acts
from flows.house import House
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa.auditing import verify_log
from storage import keys
from tests.servers import free_ports
from tests.sohoa.api.sending import SmallStation, checksum, sha256
from tests.sohoa.api.test_app import bearer


class Mortal:
    """`sohoa up api`, which can be killed and started again."""

    def __init__(self, sohoa, port):
        self.sohoa = sohoa
        self.sohoa.environment["SOHOA_API__PORT"] = str(port)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.process = None

    def start(self):
        with (self.sohoa.home.parent / "api.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.sohoa.command("up", "api"), env=self.sohoa.environment, stdout=log, stderr=log
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if self.client.get("/livez").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("it did not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def mortal(sohoa):
    mortal = Mortal(sohoa, free_ports(1)[0])
    mortal.start()
    yield mortal
    mortal.kill()


class Doom:
    """Repeats each step until it works; some of the first times the server is killed in the middle of it."""

    def __init__(self, mortal, kills):
        self.mortal, self.left, self.dice = mortal, kills, random.Random(4)

    def repeat(self, step):
        while True:
            killer = self._killer()
            try:
                answer = step()
                if answer.status_code < 300:
                    return answer
            except httpx.TransportError:
                pass
            finally:
                if killer is not None:
                    killer.wait()
                    self.mortal.process.wait()
                    self.mortal.start()

    def _killer(self):
        if not self.left or self.dice.random() < 0.5:
            return None
        self.left -= 1
        kill = f"sleep {self.dice.random() * 0.05}; kill -9 {self.mortal.process.pid}"
        return subprocess.Popen(["/bin/sh", "-c", kill])


def one_chunk(station, client, data):
    """Send the next chunk of an upload; the answer is a success once it is whole."""
    answer = station.create(client, data)
    offset = int(answer.headers["Upload-Offset"])
    if offset == len(data):
        return answer
    piece = data[offset : offset + 50_000]
    assert station.patch(client, answer.headers["Location"], offset, piece, **checksum(piece)).status_code == 204
    return httpx.Response(503)


def test_a_server_that_is_killed_anywhere_loses_nothing_and_doubles_nothing(mortal, sohoa, scan):
    house = House.open(Settings(home=sohoa.home, owner_secret="a secret of the tests"))
    station, doom = SmallStation(), Doom(mortal, kills=4)
    house.stations.keep(station.enrolment())
    contents = [scan(), scan() + os.urandom(200_000)]
    manifest = station.manifest(*contents)
    station.announce(manifest)

    doom.repeat(lambda: station.send_journal(mortal.client))
    for data in contents:
        doom.repeat(lambda data=data: one_chunk(station, mortal.client, data))
    first = doom.repeat(lambda: station.submit(mortal.client, manifest))
    doom.left = 1
    assert doom.repeat(lambda: station.submit(mortal.client, manifest)).content == first.content
    for data in contents:
        assert house.store.get(keys.file(sha256(data))) == data
    assert list(house.inbox.receipts()) == [manifest.submission_id]
    assert len(list(house.inbox.manifests())) == house.journals.length(station.name) == 1


def test_no_lookup_is_answered_without_its_act_in_the_log_though_many_are_stored_together(mortal, sohoa):
    settings = Settings.load({k: v for k, v in sohoa.environment.items() if k.startswith("SOHOA_")}).settings
    house, headers = House.open(settings), bearer(secret=(sohoa.home / "keys" / "api-token").read_text())
    asked = {"owner": "040323199413", "purpose": "1.001193", "dossier_code": "H40.12-260331-0007"}
    answered = []

    def ask_until_nobody_answers(_client):
        with httpx.Client(base_url=mortal.client.base_url, timeout=30) as client, suppress(httpx.TransportError):
            while (answer := client.post("/v1/lookups", json=asked, headers=headers)).status_code == 200:
                answered.append(answer.json()["audit_id"])

    for enough in (40, 80):
        if mortal.process.poll() is not None:
            mortal.start()
        with ThreadPoolExecutor(8) as clients:
            asking = clients.map(ask_until_nobody_answers, range(8))
            while len(answered) < enough:
                threading.Event().wait(0.01)
            mortal.kill()
            list(asking)
    stored = [act.entry_id for act in house.audit.entries()]
    assert set(answered) <= set(stored)
    assert len(stored) == len(set(stored)) == seal_acts(house, lambda: datetime.now(UTC), all_days=True)
    assert verify_log(settings, None).exit_code == Exit.DONE
