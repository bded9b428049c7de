"""Every route and every role: who is let in where. A route that nobody has thought about fails here."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.identifier import PersonalIdentifier
from schemas.lookup import BY_DOCUMENT, Basis
from schemas.settings import Settings
from schemas.token import ASKED_BY, OPENED_BY, Scope
from sohoa.api.app import create_app
from tests.sohoa.api.sending import TUS, SmallStation
from tests.sohoa.api.test_app import ASKED, OWNER, TOKEN, bearer, certificate

SCOPES = get_args(Scope)
BASES = get_args(Basis)
ANYBODY = {"nobody", "stranger", "station", "other station", "revoked station", "all scopes", *SCOPES}
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
    ("POST", "/v1/records/{record_id}/amendments"): {"amend", "all scopes"},
    ("HEAD", "/v1/records/{record_id}"): NOBODY,
    ("HEAD", "/v1/records/{record_id}/copy"): NOBODY,
    ("POST", "/v1/stations/{station}/journal"): {"station"},
    ("POST", "/v1/stations/{station}/questions"): {"station"},
    ("POST", "/v1/stations/{station}/signing"): {"station"},
    ("PUT", "/v1/submissions/{submission_id}"): STATIONS,
    ("GET", "/v1/submissions/{submission_id}"): STATIONS,
    ("GET", "/v1/submissions/{submission_id}/legibility"): STATIONS,
    ("PUT", "/v1/submissions/{submission_id}/signatures/{copy_sha256}"): STATIONS,
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
    "copy_sha256": "e" * 64,
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
    return {
        "nobody": {},
        "stranger": bearer(secret="guessed"),
        "station": ours.headers(),
        "other station": other.headers(),
        "revoked station": revoked.headers(),
        "all scopes": bearer(*SCOPES),
    } | {scope: bearer(scope) for scope in SCOPES}


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


# --- on which legal basis, and whose act -------------------------------------------------------------------------------
ON_A_BASIS = {
    "/v1/lookups": ASKED,
    "/v1/lookups/components": ASKED | {"components": [{"code": "TP-01", "result_codes": ["KQ.G15.000031"]}]},
}
"""The routes that say what asking rests on, and what is sent there; the national kho's shape has no place for it."""


def ground(basis):
    """Return how a request says a legal basis."""
    return {
        "legal_basis": basis,
        "requester": OWNER if basis == "owner_self" else None,
        "basis_document": "45/QĐ-TTr" if basis in BY_DOCUMENT else None,
    }


def test_of_every_route_it_is_known_whether_asking_there_rests_on_something(app):
    described = app.openapi()
    said = {
        name
        for name, schema in described["components"]["schemas"].items()
        if "basis_document" in schema.get("properties", ())
    }
    bodies = {path: str(methods.get("post", {}).get("requestBody")) for path, methods in described["paths"].items()}
    assert {path for path, body in bodies.items() if any(f"/{name}'" in body for name in said)} == ON_A_BASIS.keys()


@pytest.mark.parametrize("path", ON_A_BASIS)
@pytest.mark.parametrize("basis", BASES)
def test_on_a_basis_only_those_ask_who_may(app, house, roles, path, basis):
    client, before = TestClient(app, raise_server_exceptions=False), len(list(house.audit.entries()))
    mixed = {f"lookup, {scope}": bearer("lookup", scope) for scope in SCOPES}
    sent = ON_A_BASIS[path] | ground(basis)
    answers = {role: client.post(path, json=sent, headers=headers) for role, headers in (roles | mixed).items()}
    may = {role for role, answer in answers.items() if answer.status_code == 200}
    plain = {"lookup", *mixed} if basis == "tthc_processing" else set()
    assert may == plain | {"all scopes", f"lookup, {ASKED_BY[basis]}"}
    assert {answers[role].status_code for role in answers.keys() - may} == {401, 403}
    assert len(list(house.audit.entries())) == before + len(may), "whoever is refused leaves no act"


@pytest.mark.parametrize("basis", BASES)
def test_what_a_lookup_led_to_is_its_askers_on_every_basis(app, house, roles, basis):
    client = TestClient(app, raise_server_exceptions=False)
    house.catalog.keep_record(house.warehouse.keep_record(certificate(), lambda _data: b"signature"))
    asking = bearer("lookup", ASKED_BY[basis], *OPENED_BY.values())
    answer = client.post("/v1/lookups", json=ASKED | ground(basis), headers=asking).json()
    house.audit.seal(datetime.now(UTC), lambda _data: b"signature")
    [act] = [entry for entry in house.audit.entries() if entry.entry_id == answer["audit_id"]]
    key = house.warehouse.owner_key(PersonalIdentifier(OWNER))
    assert (act.legal_basis, act.requester_key) == (basis, key if basis == "owner_self" else None)

    where = f"/v1/lookups/{answer['audit_id']}/receipt"
    others = {role: headers for role, headers in roles.items() if role in SCOPES or role == "all scopes"}
    others |= {
        "another client": bearer("lookup", name="other"),
        "their administrator": bearer("lookup", "admin", name="other"),
    }
    may = {role for role, headers in others.items() if client.get(where, headers=headers).status_code == 200}
    assert may == {"lookup", "all scopes", "their administrator"}, "of the client that asked, or an administrator"
    receipt = client.get(where, headers=asking).json()
    assert receipt["entry"]["legal_basis"] == basis
    assert receipt["entry"].get("basis_document") == ground(basis)["basis_document"]

    [found] = answer["records"]
    assert client.get(found["record_url"]).status_code == 200
    [opened] = [entry for entry in house.audit.entries() if entry.act == "record" and entry.legal_basis == basis]
    assert opened.basis_document == act.basis_document
