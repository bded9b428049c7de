"""Whatever hostile file a station sends: it is named with its reason, kept aside, and in no record."""

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.settings import Settings
from schemas.station import SignedReceipt
from sohoa.api.app import create_app
from storage import keys
from tests.hostile.make import FILES
from tests.sohoa.api.sending import SmallStation, sha256


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House.open(Settings(home=tmp_path_factory.mktemp("house")))


@pytest.fixture(scope="module")
def client(house):
    with TestClient(create_app(house, "a token of the tests")) as client:
        yield client


@pytest.fixture(scope="module")
def station(house):
    station = SmallStation()
    house.stations.keep(station.enrolment())
    return station


@pytest.mark.parametrize(("name", "kind", "make"), FILES, ids=lambda each: each if isinstance(each, str) else "")
def test_a_hostile_file_is_named_with_its_reason_and_kept_aside(client, station, house, name, kind, make):
    data = make()
    where = station.upload(client, data)
    told = client.get(where, headers=station.headers())
    assert told.headers["content-type"] == "application/problem+json", name
    assert (told.status_code, told.json()["type"], told.json()["file"]) == (kind.http_status, kind.type, sha256(data))
    assert str(house.settings.home) not in told.text
    [kept] = [what for what in house.quarantine.of(station.name) if what.file == sha256(data)]
    assert kept.problem == kind.type
    assert house.store.get(keys.file(sha256(data))) == data


def test_a_receipt_says_which_files_are_no_scans(client, station):
    answer = station.send(client, b"no scan at all")
    [refused] = SignedReceipt.model_validate_json(answer.content).receipt.refused
    assert refused.sha256 == sha256(b"no scan at all")
