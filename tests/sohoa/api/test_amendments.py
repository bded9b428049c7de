"""Systems say that a paper lost its force, over HTTP: sealed as what people say, and in the log under their name."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.settings import Settings
from sohoa.api.app import create_app
from tests.sohoa.api.test_app import ASKED, TOKEN, bearer
from tests.storage.examples import BINH, record

AMEND = bearer("amend", name="ho-tich")
SAID = {
    "version": 1,
    "act": "revoke",
    "reason": "forged",
    "legal_basis": {"code": "45/QĐ-UBND", "text": "UBND xã Kim Liên"},
    "effective": "2026-03-01",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House.open(Settings(home=tmp_path_factory.mktemp("house")))


@pytest.fixture(scope="module")
def client(house):
    return TestClient(create_app(house, TOKEN), raise_server_exceptions=False)


@pytest.fixture
def paper(house, keyring, request):
    """A birth certificate of its own for each test, sealed as all are."""
    made = record(request.node.name.encode(), BINH, document_type="birth_certificate")
    sign = keyring.signing(lambda: datetime.now(UTC))
    house.catalog.keep_record(house.warehouse.keep_record(made, sign))
    return made


def amend(client, paper, headers=AMEND, **changes):
    return client.post(f"/v1/records/{paper.record_id}/amendments", json=SAID | changes, headers=headers)


def acts(house, paper):
    found = (entry for entry in house.audit.entries() if entry.act == "amend" and paper.record_id in entry.records)
    return sorted(found, key=lambda entry: entry.at)


def test_a_paper_is_suspended_reinstated_and_revoked_and_lookups_say_so(client, house, paper):
    def reasons(day):
        sent = ASKED | {"owner": BINH.digits, "valid_on": day}
        found = client.post("/v1/lookups", json=sent, headers=bearer()).json()["records"]
        return next(each["reasons"] for each in found if each["record_id"] == paper.record_id)

    steps = (
        ("suspend", "complaint", "2026-03-01"),
        ("reinstate", "suspension_ended", "2026-04-01"),
        ("revoke", "annulled_by_court", "2026-05-01"),
    )
    for version, (act, reason, day) in enumerate(steps, start=1):
        answer = amend(client, paper, version=version, act=act, reason=reason, effective=day)
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() == {"record_id", "version", "status"}
    assert (answer.json()["version"], answer.json()["status"]) == (4, "revoked")
    told = {day: reasons(day) for day in ("2026-02-28", "2026-03-15", "2026-04-15", "2026-05-01")}
    assert told == {"2026-02-28": [], "2026-03-15": ["suspended"], "2026-04-15": [], "2026-05-01": ["revoked"]}
    assert [(act.who, act.purpose) for act in acts(house, paper)] == [
        ("client:ho-tich", f"{act} {reason} 45/QĐ-UBND") for act, reason, _ in steps
    ]


def test_what_is_sent_twice_counts_once_and_who_comes_later_is_told(client, house, paper):
    first, again = amend(client, paper), amend(client, paper)
    assert first.json() == again.json()
    assert len(acts(house, paper)) == 1
    later = amend(client, paper, bearer("amend", name="toa-an"))
    assert (later.status_code, later.json()["type"]) == (409, "urn:sohoa:problem:review-conflict")


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"act": "correct", "reason": "misread"}, 422, "bad-request"),
        ({"legal_basis": {"code": "because"}}, 422, "bad-request"),
        ({"reason": "complaint"}, 409, "amendment-unfit"),
        ({"effective": "0001-01-01"}, 409, "amendment-unfit"),
        ({"act": "reinstate", "reason": "act_annulled"}, 409, "amendment-unfit"),
        ({"act": "supersede", "reason": "reissued"}, 409, "amendment-unfit"),
        ({"act": "supersede", "reason": "reissued", "superseded_by": "0" * 32}, 404, "record-unknown"),
        ({"version": 7}, 422, "decision-unfit"),
    ],
)
def test_what_cannot_be_done_is_a_problem_and_changes_nothing(client, house, paper, changes, status, kind):
    answer = amend(client, paper, **changes)
    assert (answer.json()["type"], answer.status_code) == (f"urn:sohoa:problem:{kind}", status)
    assert (house.warehouse.latest_version(paper.record_id), acts(house, paper)) == (1, [])


def test_a_record_that_there_is_not_is_not_amended(client):
    assert amend(client, record(b"nowhere")).json()["type"] == "urn:sohoa:problem:record-unknown"
