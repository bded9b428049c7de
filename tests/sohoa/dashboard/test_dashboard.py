"""The operators' pages say by name what is missing, to operators alone."""

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.dashboard import create_dashboard
from tests.sohoa.api.sending import SmallStation, sha256

TOKEN = "a token of the tests"
OPERATOR = ("operator", TOKEN)
PAGES = ("/", "/stations/bd-ba-to", "/desk", "/dashboard.css", "/dashboard.js")


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path))


@pytest.fixture
def client(house):
    app = create_app(house, TOKEN)
    app.mount("/dashboard", create_dashboard(house, TOKEN))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def station(house):
    station = SmallStation("bd-ba-to")
    house.stations.keep(station.enrolment())
    return station


def text(client, path):
    answer = client.get(f"/dashboard{path}", auth=OPERATOR)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", [None, ("operator", ""), ("operator", "guessed"), (TOKEN, "")])
def test_whoever_has_no_token_sees_nothing(client, station, path, who):
    answer = client.get(f"/dashboard{path}", auth=who)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert station.name not in answer.text


def test_what_was_announced_and_has_not_come_is_missing_by_its_number_and_dossier(client, station):
    manifest = station.manifest(b"a scan", dossier_code="H40.12-260331-0007")
    station.send_journal(client, station.announce(manifest, dossier_code=manifest.dossier_code))
    assert "1 điểm quét, còn thiếu 1 hồ sơ" in text(client, "/")
    page = text(client, "/stations/bd-ba-to")
    assert "chưa có biên nhận: 1" in page
    assert "H40.12-260331-0007" in page


def test_an_entry_that_has_not_even_come_is_named_by_its_number(client, station):
    station.announce(station.manifest(b"the first"))
    station.send_journal(client, station.announce(station.manifest(b"the second")))
    assert "chính mục nhật ký này cũng chưa đến" in text(client, "/stations/bd-ba-to")


def test_of_a_station_from_which_all_has_come_nothing_is_missing(client, station):
    station.send(client, b"no scan at all")
    assert "còn thiếu 0 hồ sơ" in text(client, "/")
    page = text(client, "/stations/bd-ba-to")
    assert "Không thiếu gì." in page
    assert "đang giữ riêng: 1" in page, "what is no scan is kept, with its reason"
    assert sha256(b"no scan at all") in page


def test_a_station_that_was_never_enrolled_has_no_page(client):
    assert client.get("/dashboard/stations/bd-nowhere", auth=OPERATOR).status_code == 404


def test_words_of_a_station_are_no_markup(client, house):
    station = SmallStation("bd-ba-to")
    request = station.enrolment().request.model_copy(update={"agency": "<script>alert(1)</script>"})
    house.stations.keep(station.enrolment().model_copy(update={"request": request}))
    page = text(client, "/")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_page_loads_nothing_but_what_is_its_own_and_stays_in_no_cache(client, station):
    answer = client.get("/dashboard/", auth=OPERATOR)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["cache-control"] == "private, no-store"
