"""`sohoa stations …`: who may send, and what is missing."""

import json

import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.settings import Settings
from schemas.station import Welcome
from sohoa.api.app import create_app
from sohoa.station.proof import prove
from tests.sohoa.api.sending import NOON, SmallStation


@pytest.fixture
def sohoa(sohoa_here):
    return sohoa_here


@pytest.fixture
def small(sohoa):
    """A station that was registered on the command line, and the words that came back."""
    small = SmallStation()
    request = sohoa.home.parent / "enrolment.json"
    request.write_bytes(small.enrolment().request.canonical_bytes())
    run = sohoa("stations", "register", request, "--server", "http://127.0.0.1:8080", "--reason", "mới")
    assert run.returncode == 0, run.stderr
    small.welcome = Welcome.model_validate_json(run.stdout)
    return small


@pytest.fixture
def house(sohoa, small):
    return House.open(Settings(home=sohoa.home, owner_secret="a secret of the tests"))


@pytest.fixture
def client(house):
    with TestClient(create_app(house, "token")) as client:
        yield client


def test_a_registered_station_sends_and_its_receipt_can_be_proved_with_the_welcome(client, small, scan):
    from datetime import UTC, datetime

    from schemas.station import SignedReceipt

    answer = small.send(client, scan())
    signed = SignedReceipt.model_validate_json(answer.content)
    prove(signed, small.manifest(scan()), small.welcome.receipt_certificate, datetime.now(UTC))


def test_a_station_is_listed_revoked_at_once_and_both_stand_in_the_audit_log(sohoa, house, client, small, scan):
    assert small.create(client, scan()).status_code == 201
    assert sohoa("stations", "revoke", small.name, "--reason", "máy bị mất").returncode == 0
    assert small.create(client, scan()).status_code == 401
    [listed] = sohoa.lines("stations", "list")
    assert (listed["status"], listed["number"], listed["reason"]) == ("revoked", 2, "máy bị mất")
    assert sorted((act.act, act.purpose, act.station) for act in house.audit.entries()) == [
        ("enrol", "mới", small.name),
        ("revoke", "máy bị mất", small.name),
    ]


def test_what_is_missing_is_named_and_the_exit_code_says_so(sohoa, client, small, scan):
    assert "Nothing is missing" in sohoa("stations", "gaps").stdout
    lost = small.manifest(b"lost")
    small.announce(lost, dossier_code="H40.12-260331-0007", pages=3)
    assert small.send(client, scan()).status_code == 200
    run = sohoa("stations", "gaps", small.name)
    assert run.returncode == 27
    assert "H40.12-260331-0007" in run.stdout
    run = sohoa("stations", "gaps", "--json")
    [gap] = map(json.loads, run.stdout.splitlines())
    assert (gap["sequence"], gap["entry"]["scanned_pages"], gap["entry"]["submission_id"]) == (1, 3, lost.submission_id)


def test_gaps_do_not_depend_on_the_catalog(sohoa, house, client, small, scan):
    small.announce(small.manifest(b"lost"), written_at=NOON)
    assert small.send(client, scan()).status_code == 200
    before = sohoa("stations", "gaps", "--json").stdout
    house.catalog.close()
    for file in sohoa.home.glob("catalog*"):
        file.unlink()
    assert sohoa("rebuild").returncode == 0
    assert sohoa("stations", "gaps", "--json").stdout == before


def test_what_is_in_quarantine_is_shown(sohoa, client, small):
    assert sohoa("stations", "quarantine").returncode == 0
    assert small.send(client, b"a letter").status_code == 200
    run = sohoa("stations", "quarantine")
    assert (run.returncode, "file-type-unknown" in run.stdout) == (20, True)


@pytest.mark.parametrize("verb", [("revoke", "--reason", "x"), ("gaps",), ("quarantine",)])
def test_a_station_that_nobody_registered_is_unknown(sohoa, small, verb):
    run = sohoa("stations", verb[0], "bd-nowhere", *verb[1:])
    assert run.returncode == 1
    assert "No such station" in run.stderr


def test_what_is_no_enrolment_is_refused(sohoa):
    request = sohoa.home.parent / "enrolment.json"
    request.write_text("{}")
    run = sohoa("stations", "register", request, "--server", "http://127.0.0.1:8080")
    assert (run.returncode, "no request of a station" in run.stderr) == (1, True)


def test_no_station_is_called_what_legacy_papers_come_from(sohoa):
    request = sohoa.home.parent / "enrolment.json"
    request.write_bytes(SmallStation("backfill").enrolment().request.canonical_bytes())
    run = sohoa("stations", "register", request, "--server", "http://127.0.0.1:8080")
    assert (run.returncode, "comes from no station" in run.stderr) == (1, True)
