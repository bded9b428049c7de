"""What a station asks before it scans."""

import json

import pytest

from schemas.identifier import PersonalIdentifier
from tests.sohoa.api.sending import SmallStation
from tests.sohoa.api.test_app import OWNER, certificate

QUESTION = {
    "owner": OWNER,
    "document_type": "birth_certificate",
    "purpose": "1.001193",
    "dossier_code": "H40.12-260331-0007",
}
NOBODY = "040201000124"


def ask(client, station, name=None, **changes):
    path = f"/v1/stations/{name or station.name}/questions"
    return client.post(path, content=json.dumps(QUESTION | changes).encode(), headers=station.headers())


@pytest.fixture
def kept(house):
    """Return a function that keeps a record."""

    def keep(**changes):
        record = house.warehouse.keep_record(certificate(**changes), lambda _data: b"signature")
        house.catalog.keep_record(record)
        return record

    return keep


def test_what_can_be_reused_need_not_be_scanned_and_no_more_is_told(client, station, kept):
    record = kept()
    answer = ask(client, station)
    assert answer.status_code == 200
    assert answer.json()["reusable"] == [record.record_id]
    assert set(answer.json()) == {"audit_id", "reusable"}


@pytest.mark.parametrize(
    ("record", "question"),
    [
        ({"status": "review"}, {}),
        ({"status": "revoked"}, {}),
        ({}, {"document_type": "marriage_certificate"}),
        ({}, {"owner": NOBODY}),
    ],
)
def test_what_cannot_be_reused_is_scanned(client, station, kept, record, question):
    kept(**record)
    assert ask(client, station, **question).json()["reusable"] == []


def test_the_question_is_in_the_audit_log_before_it_is_answered(client, station, house, kept):
    record = kept()
    answer = ask(client, station).json()
    [act] = house.audit.entries()
    assert (act.entry_id, act.act, act.who) == (answer["audit_id"], "lookup", f"station:{station.name}")
    assert (act.purpose, act.dossier_code, act.records) == ("1.001193", QUESTION["dossier_code"], (record.record_id,))
    assert act.owner_key == house.warehouse.owner_key(PersonalIdentifier(OWNER))
    assert OWNER.encode() not in act.canonical_bytes()


@pytest.mark.parametrize(
    "changes", [{"owner": "123"}, {"purpose": "birth"}, {"document_type": "../x"}, {"dossier_code": None}, {"more": 1}]
)
def test_a_question_that_is_none_is_refused_without_being_repeated(client, station, house, changes):
    answer = ask(client, station, **changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sohoa:problem:bad-request")
    assert OWNER not in answer.text
    assert list(house.audit.entries()) == []


def test_nobody_asks_in_the_name_of_another_station(client, station, house):
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    assert ask(client, station, name=other.name).status_code == 401
    assert ask(client, SmallStation("bd-nowhere")).status_code == 401
    assert list(house.audit.entries()) == []


def test_a_station_asks_only_so_much_in_a_day(client, station, house):
    house.stations.keep(station.enrolment(2, daily_bytes=5000))
    assert [ask(client, station).status_code for _ in range(3)] == [200, 429, 429]
