"""What a Prometheus server is told: true, by patterns and codes, and without a word about anybody."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client.parser import text_string_to_metric_families

from flows.keyring import Keyring
from flows.meters import Meters
from flows.signers import add_signer
from schemas.audit import AuditEntry
from schemas.problem import STORE_UNREACHABLE
from schemas.report import Fixity
from sohoa.api import metrics
from storage import keys
from tests.sohoa.api.test_app import ASKED, OWNER, bearer, certificate

NOW = datetime.now(UTC)


@pytest.fixture
def told(client, monkeypatch):
    """Return a function that asks `/metrics`: every sample, by its name and the values of its labels."""
    monkeypatch.setattr(metrics, "_LOOK_SECONDS", 0)

    def ask():
        families = text_string_to_metric_families(client.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    return ask


def test_metrics_are_named_as_prometheus_wants_and_each_says_what_it_is(client):
    text = client.get("/metrics").text
    families = list(text_string_to_metric_families(text))
    assert len(families) > 30
    for family in families:
        assert re.fullmatch(r"(sohoa|process)_[a-z_]+", family.name)
        assert family.documentation
    assert "_created" not in text


def test_requests_are_counted_by_the_pattern_of_their_path_and_never_by_the_path(client, told):
    submission = "ab" * 32
    client.get(f"/v1/submissions/{submission}/legibility")
    client.get(f"/people/{OWNER}")
    found = told()
    assert found["sohoa_http_request_seconds_count", "GET", "/v1/submissions/{submission_id}/legibility", "401"] == 1
    assert found["sohoa_http_request_seconds_count", "GET", "none", "404"] == 1
    assert not [name for name in found if submission in name or OWNER in str(name)]


def test_lookups_are_counted_by_what_they_found(client, house, told):
    client.post("/v1/lookups", json=ASKED, headers=bearer(secret="token"))
    kept = house.warehouse.keep_record(certificate(), lambda _data: b"signature")
    house.catalog.keep_record(kept)
    client.post("/v1/lookups", json=ASKED, headers=bearer(secret="token"))
    found = told()
    assert found["sohoa_lookups_total", "miss"] == found["sohoa_lookups_total", "hit"] == 1
    assert sum(value for name, value in found.items() if name[0] == "sohoa_records") == 1


def test_a_station_shows_when_it_was_last_heard_of_and_what_it_owes(client, station, told):
    station.announce(station.manifest(b"one"))
    assert station.send_journal(client).status_code == 200
    found = told()
    assert found["sohoa_station_missing_submissions", station.name] == 1
    assert found["sohoa_station_last_seen_timestamp_seconds", station.name] >= NOW.timestamp()


def test_what_flows_counted_on_any_machine_is_added_up(house, told):
    for seconds in (0.07, 3.0, 9000.0):
        counted = Meters(house.catalog)
        counted.measure("outcome_seconds", "live", seconds=seconds)
        counted.count("documents", "live", "stored", times=2)
        counted.keep()
        counted.keep()
    found = told()
    bounds = ("0.05", "0.1", "5", "3600", "+Inf")
    assert [found["sohoa_outcome_seconds_bucket", "live", bound] for bound in bounds] == [0, 1, 2, 2, 3]
    assert found["sohoa_outcome_seconds_sum", "live"] == pytest.approx(9003.07)
    assert found["sohoa_documents_total", "live", "stored"] == 6


def test_the_log_the_keys_and_what_was_read_again_are_known(house, told):
    entry = AuditEntry(entry_id="ab" * 16, at=NOW, act="lookup", who="api", purpose="1.001193")
    house.audit.append(entry)
    house.audit.seal(NOW, lambda _data: b"signature")
    report = Fixity(at=NOW, days=30, objects=2, size=3, damaged=("files/ab/x", "files/ab/y"))
    house.store.put(keys.fixity(NOW.date(), "cd" * 32), report.canonical_bytes())
    found = told()
    assert found["sohoa_audit_sealed_acts_total",] == 1
    assert found["sohoa_audit_sealed_timestamp_seconds",] == pytest.approx(NOW.timestamp())
    assert found["sohoa_fixity_damaged_objects",] == 2
    assert found["sohoa_sign_certificate_expiry_timestamp_seconds", "agency"] > NOW.timestamp()
    assert found["sohoa_home_free_bytes",] > 0


def test_those_who_cannot_sign_much_longer_are_counted(house, told):
    pem = Keyring.load(house.settings).agency.signer.certificate.public_bytes(Encoding.PEM)
    for days_left, expected in ((61, [0, 0, 0, 0]), (30, [0, 0, 1, 1]), (-1, [1, 1, 1, 1])):
        last = (datetime.now(UTC) + timedelta(days=days_left)).date()
        add_signer(house, pem, "H40.12", "agency", date(2020, 1, 1), last, by="cli:hoa", at=NOW)
        found = told()
        assert [found["sohoa_signers_ending", days] for days in ("0", "7", "30", "60")] == expected


def test_a_part_that_cannot_be_found_out_says_so_and_hides_no_other(house, told, monkeypatch):
    def down(*_):
        raise STORE_UNREACHABLE.error("no answer")

    monkeypatch.setattr(type(house.audit), "last_head", down)
    found = told()
    up = {name[1]: value for name, value in found.items() if name[0] == "sohoa_projection_up"}
    assert {part for part, value in up.items() if not value} == {"audit"}
    assert ("sohoa_submissions_waiting", "live") in found


def test_however_many_ask_the_store_is_asked_once(house, client, monkeypatch):
    asked = []
    monkeypatch.setattr(type(house.catalog), "received", lambda _self: asked.append(True) or {})
    for _ in range(3):
        client.get("/metrics")
    assert len(asked) == 1
