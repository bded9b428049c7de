"""The lookup API over real HTTP routes, on a house with a real record."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.digest import sha256_hex
from schemas.export import EXPORTED
from schemas.field import Field
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupAnswer
from schemas.record import Copy, Engine, Origin, Owner, Record, record_id
from schemas.settings import Settings
from schemas.token import READING
from sohoa.api.app import create_app
from sohoa.api.clients import issue
from storage import keys

TOKEN = "a token of the tests"
OWNER = "040323199413"
ASKED = {"owner": OWNER, "purpose": "1.001193", "dossier_code": "H40.12-260331-0007"}


def bearer(*scopes, name="mot-cua", secret=TOKEN, lasts=timedelta(hours=1), bound_to=None):
    """Return the header with a token of `sohoa token`."""
    made = issue(secret, "sohoa", name, scopes or READING, lasts, datetime.now(UTC), bound_to)
    return {"Authorization": f"Bearer {made.token}"}


HEADERS = bearer()


def certificate(**changes):
    origin = Origin(file_sha256=sha256_hex(b"scan"), pages=(1,))
    values = {
        "record_id": record_id(origin),
        "version": 1,
        "status": "active",
        "document_type": "birth_certificate",
        "document_type_confidence": 1.0,
        "owners": (Owner(role="child", identifier=PersonalIdentifier(OWNER), name="BÙI THỊ CHI"),),
        "fields": {"full_name": Field(value="BÙI THỊ CHI", confidence=0.95, page=1, accepted=True)},
        "pages": (),
        "copy_": Copy(sha256=sha256_hex(b"copy"), size=4, original=False),
        "origin": origin,
        "submission_id": sha256_hex(b"submission"),
        "dossier_code": None,
        "valid_from": date(2023, 10, 17),
        "valid_to": None,
        "review_reasons": (),
        "engine": Engine(pipeline="1", tesseract="5.3.0", language="vie", model_sha256=sha256_hex(b"model")),
        "created_at": datetime(2026, 3, 31, tzinfo=UTC),
        "text": "",
    }
    return Record(**values | changes)


@pytest.fixture
def house(tmp_path):
    house = House.open(Settings(home=tmp_path))
    record = house.warehouse.keep_record(certificate(), lambda _data: b"signature")
    house.catalog.keep_record(record)
    return house


@pytest.fixture
def client(house):
    return TestClient(create_app(house, TOKEN), raise_server_exceptions=False)


def test_an_owner_has_a_record_that_can_be_reused(client):
    answer = client.post("/v1/lookups", json=ASKED, headers=HEADERS)
    assert answer.status_code == 200
    [found] = LookupAnswer.model_validate_json(answer.content).records
    assert (found.document_type, found.reusable, found.reasons) == ("birth_certificate", True, ())
    assert found.fields["full_name"].value == "BÙI THỊ CHI"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"document_types": ["birth_certificate"]}, [True]),
        ({"document_types": ["marriage_certificate"]}, []),
        ({"valid_on": "2023-10-16"}, [False]),
        ({"owner": "040323199414"}, []),
    ],
)
def test_only_what_was_asked_for_is_found(client, changes, found):
    answer = client.post("/v1/lookups", json=ASKED | changes, headers=HEADERS).json()
    assert [record["reusable"] for record in answer["records"]] == found


def test_a_lookup_is_in_the_audit_log_before_it_is_answered(client, house):
    answer = client.post("/v1/lookups", json=ASKED, headers=HEADERS).json()
    [entry] = house.audit.entries()
    assert entry.entry_id == answer["audit_id"]
    assert (entry.act, entry.who, entry.purpose) == ("lookup", "client:mot-cua", "1.001193")
    assert entry.records == (answer["records"][0]["record_id"],)
    assert not [key for key in house.store.list("") if OWNER in key]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": "Basic eDp5"}],
)
def test_without_a_token_nothing_is_answered_or_learnt(client, house, headers):
    answer = client.post("/v1/lookups", json=ASKED, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:sohoa:problem:not-authorised"
    assert list(house.audit.entries()) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/lookups", json.dumps(ASKED | {"owner": "123"}), 422),
        ("POST", "/v1/lookups", json.dumps(ASKED | {"unknown": 1}), 422),
        ("POST", "/v1/lookups", json.dumps(ASKED | {OWNER: 1}), 422),
        ("POST", "/v1/lookups", json.dumps({"owner": OWNER}), 422),
        ("POST", "/v1/lookups", "{not json", 422),
        ("POST", "/v1/lookups", " " * 70_000, 413),
        ("GET", "/v1/lookups", None, 405),
        ("GET", "/no/such/address", None, 404),
    ],
)
def test_every_failure_is_a_problem_that_does_not_repeat_what_was_sent(client, method, path, body, status):
    answer = client.request(method, path, content=body, headers=HEADERS | {"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]
    assert OWNER not in answer.text


def test_personal_data_are_never_cached(client):
    answer = client.post("/v1/lookups", json=ASKED, headers=HEADERS)
    assert answer.headers["cache-control"] == "private, no-store"


def test_it_says_whether_it_lives_and_is_ready(client, house, tmp_path):
    assert client.get("/livez").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}
    house.catalog.close()
    for file in tmp_path.glob("catalog*"):
        file.unlink()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:sohoa:problem:catalog-missing")


def test_a_changed_record_is_never_answered_with(client, house, tmp_path):
    path = tmp_path / "store/objects" / keys.record(certificate().record_id, 1)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"CHI", b"CHU"))
    answer = client.post("/v1/lookups", json=ASKED, headers=HEADERS)
    assert answer.json()["type"] == "urn:sohoa:problem:integrity-mismatch"


def test_the_description_is_openapi_3_1_and_names_every_value(client):
    description = client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert {"LookupRequest", "LookupAnswer", "Problem"} <= set(description["components"]["schemas"])
    assert {value.__name__ for value in EXPORTED} >= {"LookupRequest", "LookupAnswer", "Problem"}
