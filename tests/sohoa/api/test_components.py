"""A dossier's components: what is there already, and what has to be scanned."""

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.digest import sha256_hex
from schemas.dossier import ComponentsAnswer
from schemas.identifier import PersonalIdentifier
from schemas.record import Origin, Owner, record_id
from schemas.settings import Settings
from sohoa.api.app import create_app
from tests.sohoa.api.test_app import HEADERS, OWNER, TOKEN, certificate

BIRTH, MARRIAGE = "KQ.G15.000031", "KQ.G15.000032"
FATHER, MOTHER = "040095001234", "040195004321"
ASKED = {"owner": OWNER, "purpose": "1.001193", "dossier_code": "H40.12-260331-0007"}


@pytest.fixture
def house(tmp_path):
    house = House.open(Settings(home=tmp_path))
    origin = Origin(file_sha256=sha256_hex(b"marriage"), pages=(1,))
    couple = (Owner(role="husband", identifier=PersonalIdentifier(FATHER)),
              Owner(role="wife", identifier=PersonalIdentifier(MOTHER)))  # fmt: skip
    married = {
        "record_id": record_id(origin),
        "origin": origin,
        "owners": couple,
        "document_type": "marriage_certificate",
    }
    for record in (certificate(valid_to="2024-01-01"), certificate(**married)):
        house.catalog.keep_record(house.warehouse.keep_record(record, lambda _data: b"signature"))
    return house


@pytest.fixture
def client(house):
    return TestClient(create_app(house, TOKEN), raise_server_exceptions=False)


def ask(client, *components, **changes):
    return client.post("/v1/lookups/components", json=ASKED | changes | {"components": components}, headers=HEADERS)


def component(code, *result_codes, **owner):
    return {"code": code, "result_codes": result_codes} | owner


def test_each_component_is_joined_by_result_code_with_what_its_owner_has(client, house):
    answer = ask(
        client,
        component("parents-marriage", MARRIAGE, owner=FATHER),
        component("same-for-the-mother", MARRIAGE, BIRTH, owner=MOTHER),
        component("birth", BIRTH),
        component("medical", "KQ.G99.000001"),
    )
    advice = ComponentsAnswer.model_validate_json(answer.content).components
    assert [(each.code, each.scan, each.standing, len(each.records)) for each in advice] == [
        ("parents-marriage", False, "there", 1),
        ("same-for-the-mother", False, "there", 1),
        ("birth", True, "missing", 0),
        ("medical", True, "result_unknown", 0),
    ]
    assert client.get(advice[0].records[0].record_url).status_code == 200
    assert len({each.audit_id for each in advice}) == 4


def test_each_person_is_one_act_and_what_was_missed_is_written_down(client, house):
    ask(client, component("a", MARRIAGE, owner=FATHER), component("b", BIRTH, owner=FATHER), component("c", BIRTH))
    acts = {entry.owner_key: entry for entry in house.audit.entries()}
    owner_key = house.warehouse.owner_key
    assert acts.keys() == {owner_key(PersonalIdentifier(each)) for each in (OWNER, FATHER)}
    father, child = (acts[owner_key(PersonalIdentifier(each))] for each in (FATHER, OWNER))
    assert (father.document_types, father.missed) == (
        ("birth_certificate", "marriage_certificate"),
        ("birth_certificate",),
    )
    assert child.missed == ("birth_certificate",)


def test_what_the_procedure_may_not_ask_for_is_scanned_and_nobody_is_looked_up(client, house):
    [advice] = ask(client, component("birth", BIRTH), purpose="1.000656").json()["components"]
    assert (advice["scan"], advice["standing"], advice["audit_id"]) == (True, "not_needed", None)
    assert list(house.audit.entries()) == []


@pytest.mark.parametrize(
    "components",
    [
        [],
        [component("x")],
        [component("x", "birth")],
        [component(OWNER + "/" * 3, BIRTH)],
        [component(str(n), BIRTH, owner=f"0400950000{n:02}") for n in range(9)],
        [component(str(n), BIRTH) for n in range(51)],
    ],
)
def test_a_list_that_is_not_in_the_right_form_is_refused(client, house, components):
    answer = ask(client, *components)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sohoa:problem:bad-request")
    assert OWNER not in answer.text
    assert list(house.audit.entries()) == []
