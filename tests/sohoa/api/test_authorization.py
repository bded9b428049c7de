"""Every route and every role: who is let in where. A route that nobody has thought about fails here."""

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.settings import Settings
from sohoa.api.app import create_app
from tests.sohoa.api.sending import TUS, SmallStation
from tests.sohoa.api.test_app import TOKEN, bearer

ANYBODY = {
    "nobody", "stranger", "station", "other station", "revoked station", "lookup", "record:read", "copy:read", "admin",
    "all scopes",
}  # fmt: skip
NOBODY: set[str] = set()
CLIENTS = {"lookup", "all scopes"}
STATIONS = {"station", "other station"}

MAY = {
    ("GET", "/livez"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/metrics"): ANYBODY,  # who reaches it: the network's business; it names nobody
    ("POST", "/v1/lookups"): CLIENTS,
    ("POST", "/v1/lookups/components"): CLIENTS,
    ("POST", "/v1/kho/results"): CLIENTS,
    ("GET", "/v1/lookups/{audit_id}/receipt"): CLIENTS,
    ("GET", "/v1/records/{record_id}"): NOBODY,  # but for who has an address that a lookup handed out
    ("GET", "/v1/records/{record_id}/copy"): NOBODY,
    ("POST", "/v1/stations/{station}/journal"): {"station"},
    ("POST", "/v1/stations/{station}/questions"): {"station"},
    ("PUT", "/v1/submissions/{submission_id}"): STATIONS,
    ("GET", "/v1/submissions/{submission_id}"): STATIONS,
    ("GET", "/v1/submissions/{submission_id}/legibility"): STATIONS,
    ("POST", "/v1/previews"): STATIONS,
    ("OPTIONS", "/v1/uploads"): STATIONS,
    ("OPTIONS", "/v1/uploads/{upload_id}"): STATIONS,
    ("POST", "/v1/uploads"): STATIONS,
    ("HEAD", "/v1/uploads/{upload_id}"): STATIONS,
    ("GET", "/v1/uploads/{upload_id}"): STATIONS,
    ("DELETE", "/v1/uploads/{upload_id}"): STATIONS,
    ("PATCH", "/v1/uploads/{upload_id}"): STATIONS,
}
IDS = {
    "audit_id": "a" * 32, "record_id": "b" * 32, "station": "bd-ba-to", "submission_id": "c" * 64, "upload_id": "d" * 64,
}  # fmt: skip
REFUSED = {401: "not-authorised", 403: "scope-missing", 404: "link-closed"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House.open(Settings(home=tmp_path_factory.mktemp("house")))


@pytest.fixture(scope="module")
def app(house):
    return create_app(house, TOKEN)


@pytest.fixture(scope="module")
def roles(house):
    ours, other, revoked = SmallStation(), SmallStation("bd-other"), SmallStation("bd-revoked")
    for station in (ours, other, revoked):
        house.stations.keep(station.enrolment())
    house.stations.keep(revoked.enrolment(2, "revoked"))
    scopes = ("lookup", "record:read", "copy:read", "admin")
    return {
        "nobody": {},
        "stranger": bearer(secret="guessed"),
        "station": ours.headers(),
        "other station": other.headers(),
        "revoked station": revoked.headers(),
        "all scopes": bearer(*scopes),
    } | {scope: bearer(scope) for scope in scopes}


def test_of_every_route_it_is_said_who_may_use_it(app):
    described = app.openapi()["paths"].items()
    assert {(method.upper(), path) for path, methods in described for method in methods} == MAY.keys()


@pytest.mark.parametrize(("method", "path"), MAY, ids=[" ".join(route) for route in MAY])
def test_only_those_are_let_in_who_may(app, roles, method, path):
    client = TestClient(app, raise_server_exceptions=False)
    assert roles.keys() == ANYBODY
    let_in = set()
    for role, headers in roles.items():
        answer = client.request(method, path.format(**IDS), headers=TUS | headers)
        if answer.status_code not in REFUSED or (answer.status_code == 404 and MAY[method, path]):
            let_in.add(role)
        elif method != "HEAD":
            assert answer.json()["type"] == f"urn:sohoa:problem:{REFUSED[answer.status_code]}"
    assert let_in == MAY[method, path]
