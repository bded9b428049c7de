"""Files that the virus scanner knows: kept apart, and nothing is made of them."""

from datetime import UTC, datetime

import pytest

from flows.house import House
from flows.keyring import Keyring
from flows.process import process
from pipeline.digitize import Unwatched
from schemas.problem import FILE_HARMFUL
from schemas.settings import AntivirusSettings, Settings
from tests.servers import HARM, free_ports


def now():
    return datetime.now(UTC)


@pytest.fixture
def house(tmp_path, antivirus):
    return House.open(Settings(home=tmp_path, antivirus=AntivirusSettings(address=antivirus)))


def test_a_file_that_is_known_to_be_harmful_is_kept_apart_and_nothing_is_made_of_it(
    client, house, station, scan, workers
):
    harmful = scan() + HARM  # a picture all the same: whoever admits it sees nothing wrong
    answer = station.send(client, harmful, pages=1)
    assert answer.status_code == 200, answer.text
    [refused] = answer.json()["receipt"]["refused"]
    assert refused["problem"] == FILE_HARMFUL.type
    assert [what.detail for what in house.quarantine.of(station.name)] == ["Sohoa.Test.Harm.UNOFFICIAL"]
    keyring = Keyring.open(house.settings, now())
    ids = [answer.json()["receipt"]["submission_id"]]
    [outcome] = process(house, keyring, workers, ids, clock=now, watcher=Unwatched())
    assert [document.status for document in outcome.documents] == ["refused"]
    assert outcome.documents[0].problem.type == FILE_HARMFUL.type


def test_nothing_is_taken_in_unscanned(client, house, station, scan, monkeypatch):
    [nobody] = free_ports(1)
    with monkeypatch.context() as away:
        away.setitem(house.settings.antivirus.__dict__, "address", f"127.0.0.1:{nobody}")
        manifest, data = station.manifest(scan()), scan()
        station.announce(manifest)
        station.send_journal(client)
        where = station.create(client, data).headers["Location"]
        assert station.patch(client, where, 0, data).status_code == 503
        assert station.submit(client, manifest).status_code == 503
    assert station.submit(client, manifest).status_code == 200
