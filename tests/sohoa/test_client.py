"""The Python client, against the real API over a socket."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from starlette.responses import Response

from flows.house import House
from schemas.amending import AmendmentRequest
from schemas.dossier import Component, ComponentsRequest
from schemas.identifier import PersonalIdentifier
from schemas.lookup import LookupRequest
from schemas.problem import (
    CHECKSUM_MISMATCH,
    LINK_CLOSED,
    NOT_AUTHORISED,
    RECEIPT_PENDING,
    SCOPE_MISSING,
    SERVER_UNREACHABLE,
    TOO_MANY_REQUESTS,
    ProblemError,
)
from schemas.settings import ApiSettings, Settings
from sohoa.api.app import create_app
from sohoa.client import Client
from tests.servers import free_ports, serving
from tests.sohoa.api.test_app import ASKED, OWNER, TOKEN, bearer, certificate

REQUEST = LookupRequest(**ASKED | {"owner": PersonalIdentifier(OWNER)})
PDF = b"%PDF-1.7 a copy"


def token(*scopes):
    return bearer(*scopes)["Authorization"].removeprefix("Bearer ")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House.open(Settings(home=tmp_path_factory.mktemp("house")))
    copy = house.warehouse.keep_copy(PDF[:8], lambda _unsigned: PDF)
    record = house.warehouse.keep_record(certificate(copy_=copy), lambda _data: b"signature")
    house.catalog.keep_record(record)
    return house


@pytest.fixture(scope="module")
def address(house):
    with serving(create_app(house, TOKEN)) as address:
        yield address


@pytest.fixture
def client(address):
    with Client(address, token()) as client:
        yield client


def test_an_owner_is_looked_up_and_what_is_there_is_opened(client, house):
    answer = client.look_up(REQUEST)
    [found] = answer.records
    assert client.copy(found) == PDF
    assert client.record(found).record == house.warehouse.record(found.record_id).value
    with pytest.raises(ProblemError) as pending:
        client.receipt(answer.audit_id)
    assert pending.value.kind is RECEIPT_PENDING
    house.audit.seal(datetime.now(UTC), lambda _data: b"signature")
    assert client.receipt(answer.audit_id).entry.entry_id == answer.audit_id


def test_a_record_is_amended_by_those_who_may(address, house):
    paper = house.warehouse.record(certificate().record_id).value
    said = {"act": "suspend", "reason": "complaint", "legal_basis": {"code": "7/TB-UBND"}, "effective": "2199-01-01"}
    request = AmendmentRequest.model_validate(said | {"version": paper.version})
    with Client(address, token("lookup")) as client, pytest.raises(ProblemError) as refused:
        client.amend(paper.record_id, request)
    assert refused.value.kind is SCOPE_MISSING
    assert house.warehouse.record(paper.record_id).value == paper


def test_a_dossier_is_asked_about_at_once(client):
    components = (Component(code="birth", result_codes=("KQ.G15.000031",)),)
    request = ComponentsRequest(
        **REQUEST.model_dump(include={"owner", "purpose", "dossier_code"}), components=components
    )
    [advice] = client.components(request).components
    assert (advice.scan, advice.standing) == (False, "there")


def test_what_the_api_refuses_is_the_problem_that_it_names(address):
    with Client(address, "wrong") as client, pytest.raises(ProblemError) as refused:
        client.look_up(REQUEST)
    assert refused.value.kind is NOT_AUTHORISED
    assert refused.value.problem.remedy


def test_what_was_not_opened_to_a_system_it_does_not_ask_for(address):
    with Client(address, token("lookup")) as client:
        [found] = client.look_up(REQUEST).records
        for what in (client.record, client.copy):
            with pytest.raises(ProblemError) as closed:
                what(found)
            assert closed.value.kind is LINK_CLOSED


def test_it_waits_as_long_as_the_api_says_and_gives_up_in_the_end(house):
    slow = House.open(house.settings.model_copy(update={"api": ApiSettings(requests_per_minute=1)}))
    waited = []
    with serving(create_app(slow, TOKEN)) as address, Client(address, token(), sleep=waited.append) as client:
        client.look_up(REQUEST)
        with pytest.raises(ProblemError) as hasty:
            client.look_up(REQUEST)
    assert hasty.value.kind is TOO_MANY_REQUESTS
    assert waited == [60, 60, 60]


@pytest.mark.parametrize("answer", [None, Response("<html>log in</html>"), Response("[]", 500), Response("{}", 404)])
def test_what_is_no_answer_of_the_api_is_no_answer(answer):
    app = FastAPI()
    app.add_api_route("/v1/lookups", lambda: answer, methods=["POST"], response_class=Response)
    with serving(app) as address:
        where = address if answer is not None else f"http://127.0.0.1:{free_ports(1)[0]}"
        with Client(where, "token") as client, pytest.raises(ProblemError) as nobody:
            client.look_up(REQUEST)
    assert nobody.value.kind is SERVER_UNREACHABLE


def test_a_copy_that_is_another_one_is_not_believed(client):
    [found] = client.look_up(REQUEST).records
    with pytest.raises(ProblemError) as another:
        client.copy(found.model_copy(update={"copy_sha256": "0" * 64}))
    assert another.value.kind is CHECKSUM_MISMATCH
