"""A station asks a real server before it scans."""

import json

import pytest

from flows.house import House
from schemas.identifier import PersonalIdentifier
from schemas.problem import ProblemError
from schemas.settings import Settings
from schemas.station import Enrolment, Welcome
from sohoa.api.app import create_app
from sohoa.station.asking import ask
from tests.servers import serving
from tests.sohoa.api.sending import NOON
from tests.sohoa.api.test_app import OWNER, certificate
from tests.sohoa.station.stations import CODE
from tests.storage.examples import amended

TYPE = "birth_certificate"


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path / "server"))


@pytest.fixture
def welcomed(home, house):
    """The station, welcomed by a server over a socket."""
    house.stations.keep(
        Enrolment(request=home.request, number=1, status="enrolled", decided_at=NOON, decided_by="Test")
    )
    with serving(create_app(house, "token")) as address:
        home.accept(Welcome(station=home.station, server=address, receipt_certificate="PEM"))
        yield home


@pytest.fixture
def number(dossiers):
    dossiers.open(CODE, procedure="1.001193")
    return dossiers.current()


def keep(house, **changes):
    house.catalog.keep_record(house.warehouse.keep_record(certificate(**changes), lambda _data: b"signature"))


def decided(dossiers, number):
    return [(each.document_type, each.reason) for each in dossiers.decisions(number)]


def test_what_the_warehouse_has_need_not_be_scanned_until_it_is_revoked(welcomed, house, dossiers, number):
    owner = PersonalIdentifier(OWNER)
    assert ask(welcomed, dossiers, number, owner, TYPE).scan
    keep(house)
    answer = ask(welcomed, dossiers, number, owner, TYPE)
    assert (answer.scan, answer.said) == (False, "Kho đã có Giấy khai sinh dùng lại được: không cần quét.")
    assert decided(dossiers, number) == [(TYPE, "already_in_db")]
    keep(house, version=2, amendments=amended(certificate(), "revoke", NOON.date()).amendments)
    assert ask(welcomed, dossiers, number, owner, TYPE).scan
    assert decided(dossiers, number) == []


def test_what_a_person_decided_stays_when_the_warehouse_has_nothing(welcomed, dossiers, number, sohoa_here):
    dossiers.decide(number, TYPE, "present_only")
    run = sohoa_here("station", "ask", OWNER, "--type", TYPE, "--home", welcomed.folder, "--json")
    assert json.loads(run.stdout) == {"document_type": TYPE, "scan": True}
    assert decided(dossiers, number) == [(TYPE, "present_only")]


def test_a_station_that_no_server_has_welcomed_cannot_ask(home, dossiers, number):
    with pytest.raises(ProblemError, match="no server has welcomed this station"):
        ask(home, dossiers, number, PersonalIdentifier(OWNER), TYPE)
