"""Who may ask for what: tokens, scopes, what a procedure needs, and how fast."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import get_default_algorithms

from flows.house import House
from schemas.field import Field
from schemas.settings import ApiSettings, Settings
from schemas.token import LOCAL_ISSUER, RevokedToken
from sohoa.api.app import create_app
from sohoa.api.clients import Clients
from storage.local import LocalStore
from storage.tokens import RECHECK_SECONDS, Tokens
from tests.servers import serving
from tests.sohoa.api.test_app import ASKED, HEADERS, OWNER, TOKEN, bearer, certificate

KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def kind(answer):
    return answer.json()["type"].rpartition(":")[2]


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path))


def door(house, **api):
    """Return a client of the API with these settings."""
    settings = house.settings.model_copy(update={"api": ApiSettings(**api)})
    kept = house.warehouse.keep_record(certificate(), lambda _data: b"signature")
    house.catalog.keep_record(kept)
    asked = House.open(settings)
    return TestClient(create_app(asked, TOKEN), raise_server_exceptions=False)


def look_up(client, headers=HEADERS, **changes):
    return client.post("/v1/lookups", json=ASKED | changes, headers=headers)


# --- our own tokens ----------------------------------------------------------------------------------------------------
def test_the_log_names_the_client_and_not_a_shared_token(house):
    client = door(house)
    for name in ("mot-cua", "cong-dvc"):
        assert look_up(client, bearer(name=name)).status_code == 200
    assert sorted(entry.who for entry in house.audit.entries()) == ["client:cong-dvc", "client:mot-cua"]


@pytest.mark.parametrize(
    ("scopes", "status", "opened"),
    [
        (("lookup",), 200, set()),
        (("lookup", "copy:read"), 200, {"copy_url"}),
        (("lookup", "record:read"), 200, {"record_url"}),
        (("lookup", "record:read", "copy:read"), 200, {"copy_url", "record_url"}),
        (("record:read", "copy:read", "admin"), 403, set()),
    ],
)
def test_a_token_does_what_its_scopes_say(house, scopes, status, opened):
    answer = look_up(door(house), bearer(*scopes))
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["records"][0].keys() & {"copy_url", "record_url"} == opened
    else:
        assert kind(answer) == "scope-missing"
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        assert list(house.audit.entries()) == []


def test_a_command_makes_a_token_that_the_api_takes(sohoa_here):
    [made] = sohoa_here.lines("token", "mot-cua", "--scope", "lookup")
    token = made["token"]
    secret = (sohoa_here.home / "keys" / "api-token").read_text()
    clients = Clients(ApiSettings(), secret, Tokens(LocalStore(sohoa_here.home / "store")).is_revoked)
    assert clients.identify(token) == ("client:mot-cua", {"lookup"})
    assert sohoa_here("token", "Lê Văn A").returncode == 1


def test_a_token_that_was_taken_back_is_not_taken_any_more_and_the_others_are(sohoa_here):
    first, second = (sohoa_here.lines("token", "mot-cua")[0] for _ in range(2))
    house = House.open(Settings(home=sohoa_here.home))
    secret = (sohoa_here.home / "keys" / "api-token").read_text()
    now = [0.0]
    client = TestClient(create_app(replace(house, tokens=Tokens(house.store, lambda: now[0])), secret))

    def status(made):
        return look_up(client, {"Authorization": f"Bearer {made['token']}"}).status_code

    assert [status(first), status(second)] == [200, 200]
    [revoked] = sohoa_here.lines("token", "revoke", first["token_id"], "--reason", "lost")
    now[0] += RECHECK_SECONDS
    assert [status(first), status(second)] == [401, 200]
    assert status(first) == 401
    [act] = [entry for entry in house.audit.entries() if entry.act == "revoke"]
    assert act.purpose == f"token {first['token_id']}: lost"
    [again] = sohoa_here.lines("token", "revoke", first["token_id"], "--reason", "still lost")
    assert again == revoked, "what was said first counts"


def test_a_token_of_another_issuer_is_taken_back_too(house, issuer):
    client = door(house, issuer=issuer)
    headers, others = (token_of(issuer, jti=each) for each in ("7", "8"))
    about = {"token_id": "7", "reason": "lost", "who": "cli:binh", "at": datetime.now(UTC)}
    house.tokens.revoke(RevokedToken(issuer=issuer, **about))
    house.tokens.revoke(RevokedToken(issuer=LOCAL_ISSUER, **about | {"token_id": "8"}))
    assert [look_up(client, each).status_code for each in (headers, others)] == [401, 200]


# --- tokens of an OpenID Connect issuer ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def issuer():
    """An issuer that publishes its keys, and says how often they were fetched."""
    app = FastAPI()

    @app.get("/realms/tinh/.well-known/openid-configuration")
    def describe():
        return {"issuer": app.state.name, "jwks_uri": app.state.name + "/keys"}

    @app.get("/realms/tinh/keys")
    def keys():
        algorithms = get_default_algorithms()
        found = [algorithms[name].to_jwk(key.public_key(), as_dict=True) for name, key in KEYS.items()]
        return {"keys": [jwk | {"kid": name, "alg": name} for name, jwk in zip(KEYS, found, strict=True)]}

    with serving(app) as address:
        app.state.name = f"{address}/realms/tinh"
        yield app.state.name


def token_of(issuer, algorithm="RS256", key=None, kid=None, **claims):
    now = int(time.time())
    said = {
        "iss": issuer,
        "aud": ["sohoa", "other"],
        "sub": "5f0c",
        "azp": "vnpt-mot-cua",
        "iat": now,
        "exp": now + 300,
    }
    said = {name: value for name, value in (said | {"scope": "openid lookup"} | claims).items() if value is not None}
    made = jwt.encode(said, key or KEYS[algorithm], algorithm, headers={"kid": kid or algorithm})
    return {"Authorization": f"Bearer {made}"}


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_of_the_issuer_is_checked_with_its_published_keys(house, issuer, algorithm):
    client = door(house, issuer=issuer)
    assert look_up(client, token_of(issuer, algorithm)).status_code == 200
    [entry] = house.audit.entries()
    assert entry.who == "client:vnpt-mot-cua@127.0.0.1"


def test_every_token_that_is_not_right_gets_the_same_answer(house, issuer):
    client, now = door(house, issuer=issuer), int(time.time())
    public = KEYS["RS256"].public_key().public_numbers().n.to_bytes(256, "big")
    wrong = {
        "ended": token_of(issuer, iat=now - 900, exp=now - 600),
        "not begun": token_of(issuer, nbf=now + 600),
        "for somebody else": token_of(issuer, aud="other"),
        "for nobody": token_of(issuer, aud=None),
        "for ever": token_of(issuer, exp=None),
        "signed by another key": token_of(issuer, key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "signed by a key that nobody has": token_of(issuer, kid="unknown"),
        "signed with the public key as a secret": token_of(issuer, "HS256", public, kid="RS256"),
        "not signed": {"Authorization": f"Bearer {jwt.encode({'iss': issuer}, None, 'none')}"},
        "of another issuer": token_of("https://example.vn"),
        "said to be ours": token_of(LOCAL_ISSUER),
        "ours, with another secret": bearer(secret="guessed"),
        "ours, ended": bearer(lasts=timedelta(minutes=-5)),
        "with a name that is none": token_of(issuer, azp="Lê Văn A", sub=None),
        "no token": {},
    }
    answers = {name: look_up(client, headers) for name, headers in wrong.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(wrong, 401)
    assert len({answer.content for answer in answers.values()}) == 1
    assert list(house.audit.entries()) == []


def test_an_issuer_that_is_away_does_not_keep_out_our_own_clients(house):
    gone = "http://127.0.0.1:9"
    client = door(house, issuer=gone)
    assert kind(look_up(client, token_of(gone))) == "issuer-unreachable"
    assert look_up(client).status_code == 200


def test_an_issuer_that_is_another_one_is_not_believed(house, issuer):
    alias = issuer.replace("127.0.0.1", "localhost")
    assert kind(look_up(door(house, issuer=alias), token_of(alias))) == "issuer-unreachable"


# --- what a procedure needs ----------------------------------------------------------------------------------------------
LIST = """
[[procedures]]
code = "1.001193"
title = "Đăng ký khai sinh"
source = "made up"
[[procedures.needs]]
document_type = "birth_certificate"
{needs}
"""


def limited(house, tmp_path, needs):
    path = tmp_path / "procedures.toml"
    path.write_text(LIST.format(needs=needs))
    names = ("full_name", "ethnicity", "mother_full_name", "number")
    fields = {name: Field(value=name, confidence=0.95, page=1, accepted=True) for name in names}
    kept = house.warehouse.keep_record(certificate(fields=fields), lambda _data: b"signature")
    house.catalog.keep_record(kept)
    settings = house.settings.model_copy(update={"api": ApiSettings(procedures=path)})
    return TestClient(create_app(House.open(settings), TOKEN), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("needs", "told", "whole"),
    [
        ("", {"full_name", "mother_full_name", "number"}, False),
        ('sensitive = ["ethnicity"]', {"full_name", "ethnicity", "mother_full_name", "number"}, True),
        ('fields = ["full_name"]', {"full_name"}, False),
        ('fields = ["ethnicity"]', set(), False),
        ('fields = ["full_name"]\nsensitive = ["ethnicity"]', {"full_name", "ethnicity"}, False),
    ],
)
def test_a_procedure_is_told_what_it_needs_and_sees_the_paper_only_if_that_is_all(house, tmp_path, needs, told, whole):
    [found] = look_up(limited(house, tmp_path, needs)).json()["records"]
    assert found["fields"].keys() == told
    assert set(found.get("withheld", ())) == {"full_name", "ethnicity", "mother_full_name", "number"} - told
    assert bool(found.keys() & {"record_url", "copy_url"}) == whole


@pytest.mark.parametrize(
    "changes", [{"purpose": "2.000815"}, {"document_types": ["birth_certificate", "criminal_record_certificate"]}]
)
@pytest.mark.parametrize("owner", [OWNER, "040323199414"])
def test_what_a_procedure_does_not_need_is_refused_whoever_the_owner_is(house, changes, owner):
    answer = look_up(door(house), owner=owner, **changes)
    assert (answer.status_code, kind(answer)) == (403, "purpose-unfit")
    assert "www-authenticate" not in answer.headers


def test_without_types_a_lookup_is_for_those_that_the_procedure_needs(house):
    client = door(house)
    assert len(look_up(client, purpose="1.001193.000.00.00.H40").json()["records"]) == 1
    assert look_up(client, purpose="1.000656").json()["records"] == []
    assert {entry.purpose: entry.document_types for entry in house.audit.entries()} == {
        "1.001193.000.00.00.H40": ("birth_certificate", "marriage_certificate", "citizen_identity_card"),
        "1.000656": ("death_extract", "citizen_identity_card"),
    }


# --- receipts --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headers", "status"),
    [(bearer(), 200), (bearer(name="other"), 404), (bearer("lookup", "admin", name="other"), 200)],
)
def test_a_receipt_is_for_whoever_asked_and_for_administrators(house, headers, status):
    client = door(house)
    audit_id = look_up(client).json()["audit_id"]
    house.audit.seal(datetime.now(UTC), lambda _data: b"signature")
    assert client.get(f"/v1/lookups/{audit_id}/receipt", headers=headers).status_code == status


# --- how fast, and about how many ----------------------------------------------------------------------------------------
def test_who_asks_too_fast_is_told_when_to_go_on_and_others_are_not_kept_waiting(house):
    client = door(house, requests_per_minute=2)
    [found] = look_up(client).json()["records"]
    assert client.get(found["copy_url"]).status_code != 429
    for answer in (look_up(client), client.get(found["record_url"])):
        assert (answer.status_code, kind(answer)) == (429, "too-many-requests")
        assert 0 < int(answer.headers["retry-after"]) <= 30
        assert answer.headers["content-type"] == "application/problem+json"
    assert look_up(client, bearer(name="other")).status_code == 200
