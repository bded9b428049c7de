"""The audit log as its users meet it: receipts that prove themselves, and who looked."""

import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from flows.acts import seal_acts
from flows.house import House
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.auditing import misses
from tests.sohoa.api.test_app import ASKED, HEADERS, OWNER, TOKEN, certificate


@pytest.fixture
def sohoa(sohoa_here):
    return sohoa_here


@pytest.fixture
def house(sohoa):
    house = House.open(Settings.load({k: v for k, v in sohoa.environment.items() if k.startswith("SOHOA_")}).settings)
    house.catalog.keep_record(house.warehouse.keep_record(certificate(), lambda _data: b"signature"))
    return house


@pytest.fixture
def client(house):
    with TestClient(create_app(house, TOKEN)) as client:
        yield client


def look_up(client):
    answer = client.post("/v1/lookups", json=ASKED, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return answer.json()["audit_id"]


def test_a_lookup_has_a_receipt_that_is_checked_offline(client, house, sohoa, tmp_path):
    audit_id = look_up(client)
    path = f"/v1/lookups/{audit_id}/receipt"
    pending = client.get(path, headers=HEADERS)
    assert (pending.status_code, pending.json()["type"]) == (404, "urn:sohoa:problem:receipt-pending")
    assert client.get(path).status_code == 401
    assert seal_acts(house, lambda: datetime.now(UTC)) == 1
    answer = client.get(path, headers=HEADERS)
    assert answer.json()["entry"]["entry_id"] == audit_id
    assert OWNER not in answer.text
    file = tmp_path / "receipt.json"
    file.write_bytes(answer.content)
    run = sohoa("receipt", "verify", file)
    assert run.returncode == Exit.DONE, run.stdout + run.stderr
    assert json.loads(sohoa("receipt", "show", audit_id).stdout) == answer.json()
    forged = answer.json()
    forged["entry"]["who"] = "nobody"
    file.write_text(json.dumps(forged))
    run = sohoa("receipt", "verify", file)
    assert run.returncode == Exit.INTEGRITY
    assert "not in the log that the agency has signed" in run.stdout + run.stderr


def test_the_log_is_checked_and_a_removed_act_is_named(client, house, sohoa):
    audit_id = look_up(client)
    assert sohoa("audit", "seal", "--json").stdout == '{"sealed": 1}\n'
    assert sohoa("audit", "verify").returncode == Exit.DONE
    [file] = house.store._objects.rglob(f"*{audit_id[-20:]}.json")
    file.unlink()
    run = sohoa("audit", "verify")
    assert run.returncode == Exit.INTEGRITY
    assert f"entry {audit_id}: it was removed" in run.stdout


def test_a_log_in_which_nothing_happened_yet_is_no_reason_to_worry(house, sohoa):
    run = sohoa("audit", "verify")
    assert (run.returncode, "nothing was sealed yet" in run.stdout) == (Exit.DONE, True)


def test_a_log_that_was_cut_off_shows_beside_a_head_that_was_kept(client, sohoa, house, tmp_path):
    look_up(client)
    sohoa("audit", "seal")
    kept = tmp_path / "head.json"
    kept.write_text(sohoa("audit", "head", "--json").stdout)
    assert sohoa("audit", "verify", "--head", kept).returncode == Exit.DONE
    for path in house.store._objects.glob("audit/*/0*"):
        path.unlink()
    run = sohoa("audit", "verify", "--head", kept)
    assert run.returncode == Exit.INTEGRITY
    assert "a head that was kept elsewhere names them" in run.stdout


def test_what_was_looked_for_in_vain_is_counted_and_names_nobody(client, house):
    for owner in (OWNER, OWNER, "040201000999"):
        client.post("/v1/lookups", json=ASKED | {"owner": owner}, headers=HEADERS)
    client.post("/v1/lookups", json=ASKED | {"document_types": ["birth_certificate"]}, headers=HEADERS)
    found = [(each.document_type, each.owners, each.lookups) for each in misses(house.settings)]
    assert found == [("citizen_identity_card", 2, 3), ("marriage_certificate", 2, 3), ("birth_certificate", 1, 1)]
    assert not [key for key in house.store.list("") if OWNER in key]


def test_a_citizen_learns_who_looked_and_asking_is_written_down_too(client, sohoa, house):
    look_up(client)
    [looked, asked] = sohoa.lines("audit", "of", OWNER)
    assert (looked["act"], looked["who"], looked["purpose"]) == ("lookup", "client:mot-cua", "1.001193")
    assert asked["act"] == "audit"
    assert sohoa.lines("audit", "of", "040201000999")[0]["act"] == "audit"
    assert OWNER not in json.dumps([looked, asked])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("audit", "of", "12"), Exit.USAGE),
        (("receipt", "show", "0" * 32), Exit.USAGE),
        (("receipt", "verify", "nothing.json"), Exit.REFUSED),
        (("audit", "verify", "--head", "nothing.json"), Exit.REFUSED),
    ],
)
def test_what_is_not_there_is_said(house, sohoa, words, code):
    run = sohoa(*words)
    assert run.returncode == code, run.stdout + run.stderr
    assert "What to do" in run.stderr


def test_acts_are_timed_by_the_clock_of_the_house(client, house):
    before = datetime.now(UTC)
    look_up(client)
    [act] = house.audit.entries()
    assert before <= act.at <= datetime.now(UTC)
