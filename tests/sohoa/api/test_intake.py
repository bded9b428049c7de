"""Journals, manifests and receipts over real HTTP routes, on a real store."""

import threading
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.intake import FARTHEST_AHEAD
from flows.keyring import trusted_roots
from pipeline.seal.verify import verify_detached
from schemas.problem import STORE_UNREACHABLE
from schemas.station import JournalState, SignedReceipt
from schemas.submission import Grouping
from storage import keys
from storage.gaps import gaps
from tests.sohoa.api.sending import SmallStation, sha256


def kind(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["type"].rpartition(":")[2]


def receipt(answer):
    assert answer.status_code == 200, answer.text
    return SignedReceipt.model_validate_json(answer.content)


# --- who may send --------------------------------------------------------------------------------------------------
def wrong_tokens(station):
    other = Ed25519PrivateKey.generate()
    now = int(datetime.now(UTC).timestamp())
    return {
        "another key": station.token(key=other),
        "an unknown station": station.token(iss="bd-nowhere"),
        "no station": station.token(iss=None),
        "a path for a name": station.token(iss="../keys"),
        "another audience": station.token(aud="sohoa-lookup"),
        "without an end": station.token(exp=None),
        "for too long": station.token(exp=now + 3600),
        "times that are no numbers": station.token(iat=float(now)),
        "without an id": station.token(jti=None),
        "no token": "rubbish",
        "nothing": "",
    }


def requests(client, station, headers):
    tus = headers | {"Tus-Resumable": "1.0.0"}
    return [
        client.post(f"/v1/stations/{station.name}/journal", content=b"{}", headers=headers),
        client.put(f"/v1/submissions/{'ab' * 32}", content=b"{}", headers=headers),
        client.get(f"/v1/submissions/{'ab' * 32}", headers=headers),
        client.post("/v1/uploads", headers=tus),
        client.patch(f"/v1/uploads/{'ab' * 32}", content=b"x", headers=tus),
        client.delete(f"/v1/uploads/{'ab' * 32}", headers=tus),
        client.options("/v1/uploads", headers=tus),
    ]


def test_whoever_is_no_station_gets_nothing_in_and_learns_nothing(client, station, house, tmp_path):
    before = list(house.store.list(""))
    answers = [
        (answer.status_code, answer.content)
        for token in wrong_tokens(station).values()
        for answer in requests(client, station, {"Authorization": f"Bearer {token}"})
    ]
    house.stations.keep(station.enrolment(2, "revoked"))
    answers += [(answer.status_code, answer.content) for answer in requests(client, station, station.headers())]
    assert len(set(answers)) == 1
    assert answers[0][0] == 401
    assert len(list(house.store.list(""))) == len(before) + 1
    assert not (tmp_path / "uploads").exists()


@pytest.mark.parametrize("minutes", [-60, -7, 7, 60])
def test_a_station_with_a_wrong_clock_is_told_so_but_only_if_it_has_the_key(client, station, minutes):
    made = int(datetime.now(UTC).timestamp()) + 60 * minutes
    wrong = {"iat": made, "exp": made + 300}
    answer = client.get(f"/v1/submissions/{'ab' * 32}", headers={"Authorization": f"Bearer {station.token(**wrong)}"})
    assert (answer.status_code, kind(answer)) == (401, "station-clock")
    forged = station.token(key=Ed25519PrivateKey.generate(), **wrong)
    answer = client.get(f"/v1/submissions/{'ab' * 32}", headers={"Authorization": f"Bearer {forged}"})
    assert kind(answer) == "not-authorised"


def test_a_revoked_station_can_be_registered_again_and_the_last_word_counts(client, station, house, scan):
    house.stations.keep(station.enrolment(2, "revoked"))
    assert station.create(client, scan()).status_code == 401
    house.stations.keep(station.enrolment(3))
    assert station.create(client, scan()).status_code == 201


# --- journals --------------------------------------------------------------------------------------------------------
def test_a_journal_is_taken_once_however_often_it_is_sent(client, station, house):
    for n in range(7):
        station.announce(station.manifest(b"%d" % n))
    first = station.send_journal(client, *station.entries[:3])
    assert JournalState.model_validate_json(first.content) == JournalState(station=station.name, next_sequence=4)
    assert station.send_journal(client, *station.entries[:3]).content == first.content
    assert station.send_journal(client, *station.entries[1:6]).json()["next_sequence"] == 7
    assert station.send_journal(client, station.entries[0]).json()["next_sequence"] == 7
    assert station.send_journal(client, station.entries[6]).json()["next_sequence"] == 8
    assert list(house.journals.entries(station.name)) == station.entries
    assert keys.journal_entry(station.name, 7) == "journals/bd_ba_to/0000000000000007.json"


def test_another_entry_under_a_known_number_is_refused_kept_and_reported(client, station, house):
    station.announce(station.manifest(b"paper"))
    station.send_journal(client)
    double = SmallStation(station.name)
    double.key = station.key
    other = double.announce(double.manifest(b"other paper"))
    for _ in range(3):
        answer = station.send_journal(client, other)
        assert (answer.status_code, kind(answer)) == (409, "sequence-conflict")
    assert list(house.journals.entries(station.name)) == station.entries
    assert [what.entry for what in house.quarantine.of(station.name)] == [other]
    assert [(act.act, act.station) for act in house.audit.entries()] == [("conflict", station.name)]


def test_an_entry_that_does_not_follow_is_refused_and_those_before_it_stay(client, station, house):
    station.announce(station.manifest(b"one"))
    broken = station.announce(station.manifest(b"two"), previous="ab" * 32)
    answer = station.send_journal(client)
    assert kind(answer) == "sequence-conflict"
    assert [signed.entry.sequence for signed in house.journals.entries(station.name)] == [1]
    assert [what.entry for what in house.quarantine.of(station.name)] == [broken]
    assert house.catalog.missing(station.name) == (1,)


def test_an_entry_that_comes_too_early_shows_what_is_missing(client, station, house):
    for n in range(5):
        station.announce(station.manifest(b"%d" % n))
    station.send_journal(client, station.entries[0])
    assert station.send_journal(client, station.entries[3]).json()["next_sequence"] == 2
    found = list(gaps(house.inbox, house.journals, house.quarantine, house.catalog, station.name))
    assert [(gap.sequence, gap.entry is not None) for gap in found] == [(1, True), (2, False), (3, False), (4, True)]
    station.send_journal(client)
    found = list(gaps(house.inbox, house.journals, house.quarantine, house.catalog, station.name))
    assert [gap.entry for gap in found] == [signed.entry for signed in station.entries]


def test_an_entry_from_far_ahead_is_not_believed(client, station):
    far = station.announce(station.manifest(b"x"), sequence=FARTHEST_AHEAD + 2)
    assert kind(station.send_journal(client, far)) == "sequence-conflict"


def test_entries_of_other_stations_or_keys_are_refused(client, station, house):
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    entry = other.announce(other.manifest(b"x"))
    assert station.send_journal(client, entry).status_code == 401
    forged = station.sign(station.announce(station.manifest(b"x")).entry, key=other.key)
    assert kind(station.send_journal(client, forged)) == "bad-request"
    answer = client.post(f"/v1/stations/{station.name}/journal", content=b"{}", headers=other.headers())
    assert answer.status_code == 401
    assert house.journals.length(station.name) == house.journals.length(other.name) == 0


# --- submissions -----------------------------------------------------------------------------------------------------
def test_a_submission_gets_a_receipt_that_can_be_checked_and_work_begins(client, station, house, woken, scan):
    answer = station.send(client, scan(1), scan(2))
    given = receipt(answer)
    assert given.receipt.files == (sha256(scan(1)), sha256(scan(2)))
    assert given.receipt.refused == ()
    roots = trusted_roots(house.settings)
    proof = verify_detached(given.receipt.canonical_bytes(), given.signature, roots, datetime.now(UTC))
    assert proof.verdict == "VALID"
    assert woken == [True]
    assert [each.submission_id for each in house.catalog.waiting()] == [given.receipt.submission_id]
    assert not list((house.settings.home / "uploads" / station.name).glob("*.part"))


def test_the_same_again_gets_the_same_receipt_byte_for_byte(client, station, house, scan):
    first = station.send(client, scan())
    manifest = station.manifest(scan())
    path = f"/v1/submissions/{manifest.submission_id}"
    assert station.submit(client, manifest).content == first.content
    assert client.get(path, headers=station.headers()).content == first.content
    station.upload(client, scan())
    assert station.submit(client, manifest).content == first.content
    assert len(list(house.inbox.manifests())) == len(list(house.inbox.receipts())) == 1


def test_many_that_hand_over_the_same_at_once_get_one_receipt(client, station, house, scan):
    manifest = station.manifest(scan())
    station.announce(manifest)
    station.send_journal(client)
    station.upload(client, scan())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(station.submit(client, manifest))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    given = {answer.content for answer in answers if answer.status_code == 200}
    assert len(given) == 1
    assert all(answer.status_code == 200 or kind(answer) == "file-not-sent" for answer in answers)
    assert station.submit(client, manifest).content in given


def test_what_is_not_in_the_journal_is_not_taken(client, station, scan):
    station.upload(client, scan())
    manifest = station.manifest(scan())
    assert kind(station.submit(client, manifest)) == "not-announced"
    station.announce(manifest, file_count=2)
    station.send_journal(client)
    assert kind(station.submit(client, manifest)) == "not-announced"


def test_a_file_that_only_another_station_sent_has_not_arrived(client, station, house, scan):
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    assert other.send(client, scan()).status_code == 200
    manifest = station.manifest(scan())
    station.announce(manifest)
    station.send_journal(client)
    assert kind(station.submit(client, manifest)) == "file-not-sent"
    station.upload(client, scan())
    assert receipt(station.submit(client, manifest)).receipt.station == station.name
    path = f"/v1/submissions/{manifest.submission_id}"
    assert client.get(path, headers=other.headers()).status_code == 404


GROUPING = Grouping(of="ab" * 32, papers=((1,),), who="web:binh")


@pytest.mark.parametrize("said", [{"keyed": "ab" * 32}, {"grouping": GROUPING}])
def test_a_station_cannot_say_what_was_keyed_or_how_a_reviewer_groups_pages(client, station, scan, said):
    manifest = station.manifest(scan()).model_copy(update=said)
    station.announce(manifest)
    station.send_journal(client)
    station.upload(client, scan())
    assert kind(station.submit(client, manifest)) == "bad-request"


@pytest.mark.parametrize("size", [-1, 1])
def test_a_manifest_that_lies_about_a_size_is_refused(client, station, scan, size):
    manifest = station.manifest(scan())
    [file] = manifest.files
    manifest = manifest.model_copy(update={"files": (file.model_copy(update={"size": file.size + size}),)})
    station.announce(manifest)
    station.send_journal(client)
    station.upload(client, scan())
    assert kind(station.submit(client, manifest)) == "file-not-sent"


def test_a_manifest_for_another_address_or_of_another_station_is_refused(client, station, house, scan):
    manifest = station.manifest(scan())
    path = f"/v1/submissions/{'ab' * 32}"
    assert kind(client.put(path, content=manifest.canonical_bytes(), headers=station.headers())) == "bad-request"
    other = SmallStation("bd-other")
    house.stations.keep(other.enrolment())
    path = f"/v1/submissions/{manifest.submission_id}"
    assert client.put(path, content=manifest.canonical_bytes(), headers=other.headers()).status_code == 401


def test_pages_that_the_journal_does_not_know_of_stop_a_submission_and_nothing_is_dropped(client, station, house, scan):
    answer = station.send(client, scan(), pages=2)
    assert (answer.status_code, kind(answer)) == (422, "page-count-mismatch")
    [kept] = house.quarantine.of(station.name)
    assert kept.manifest == station.manifest(scan())
    assert house.store.get(keys.file(sha256(scan()))) == scan()
    assert list(house.inbox.receipts()) == []
    [gap] = gaps(house.inbox, house.journals, house.quarantine, house.catalog, station.name)
    assert gap.entry == station.entries[0].entry


def test_a_file_that_is_no_scan_is_kept_and_the_receipt_says_so(client, station, house, scan):
    text = b"this is a letter, not a scan"
    given = receipt(station.send(client, scan(), text)).receipt
    assert given.files == (sha256(scan()), sha256(text))
    assert [(each.sha256, each.problem) for each in given.refused] == [
        (sha256(text), "urn:sohoa:problem:file-type-unknown")
    ]
    [kept] = house.quarantine.of(station.name)
    assert (kept.file, kept.problem) == (sha256(text), "urn:sohoa:problem:file-type-unknown")
    assert house.store.get(keys.file(sha256(text))) == text


def test_a_submission_that_was_cut_off_by_an_outage_goes_on(client, station, house, scan, monkeypatch):
    manifest = station.manifest(scan())
    station.announce(manifest)
    station.send_journal(client)
    station.upload(client, scan())

    def unreachable(*_args, **_kwargs):
        raise STORE_UNREACHABLE.error("the line is cut")

    for method in ("commit", "give_receipt"):
        with monkeypatch.context() as cut:
            cut.setattr(type(house.inbox), method, unreachable)
            answer = station.submit(client, manifest)
            assert (answer.status_code, kind(answer)) == (503, "store-unreachable")
    assert receipt(station.submit(client, manifest)).receipt.submission_id == manifest.submission_id


def test_gaps_close_when_the_receipt_is_given(client, station, house, scan):
    missing = station.manifest(b"never sent")
    station.announce(missing, dossier_code="H40.12-260331-0007")
    assert station.send(client, scan()).status_code == 200
    [gap] = gaps(house.inbox, house.journals, house.quarantine, house.catalog, station.name)
    assert (gap.sequence, gap.entry.dossier_code) == (1, "H40.12-260331-0007")


# --- bounds ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/stations/bd-ba-to/journal", b"{}", 422),
        ("/v1/stations/bd-ba-to/journal", b"not json", 422),
        ("/v1/stations/bd-ba-to/journal", b" " * (1024**2 + 1), 413),
        ("/v1/stations/bd-ba-to/journal", b'{"entries": [], "040323199413": 1}', 422),
    ],
)
def test_what_is_no_journal_is_a_problem_that_repeats_nothing(client, station, path, body, status):
    answer = client.post(path, content=body, headers=station.headers())
    assert answer.status_code == status
    assert kind(answer)
    assert "040323199413" not in answer.text


def test_a_station_stores_no_more_in_a_day_than_it_may(client, house, scan):
    station = SmallStation("bd-small")
    house.stations.keep(station.enrolment(daily_bytes=20_000))
    for n in range(4):
        station.announce(station.manifest(b"%d" % n))
        assert station.send_journal(client, station.entries[-1]).status_code == 200
    where = station.create(client, b"x" * 9000).headers["Location"]
    answer = station.patch(client, where, 0, b"x" * 9000)
    assert (answer.status_code, kind(answer)) == (429, "quota-exceeded")
    assert station.ask(client, where).headers["Upload-Offset"] == "0"


def test_the_description_names_what_stations_send(client):
    description = client.get("/openapi.json").json()
    assert {"Journal", "JournalEntry", "JournalState", "Manifest", "SubmittedFile", "SignedReceipt"} <= set(
        description["components"]["schemas"]
    )
