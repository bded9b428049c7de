from datetime import UTC, date, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifier import PersonalIdentifier
from schemas.submission import Manifest, SubmittedFile
from storage import keys

sha256s = st.text("0123456789abcdef", min_size=64, max_size=64)
record_ids = st.text("0123456789abcdef", min_size=32, max_size=32)
versions = st.integers(1, 999_999)
stations = st.from_regex(r"[a-z0-9][a-z0-9-]{1,62}", fullmatch=True)
digits = st.from_regex(r"[0-9]{12}", fullmatch=True)
moments = st.datetimes(
    datetime.fromisoformat("0001-01-03"), datetime.fromisoformat("9999-12-29"), timezones=st.timezones()
)  # UTC has to have a year for it too
manifests = st.builds(
    lambda station, at, sha256: Manifest(
        station=station,
        scanned_by="Lê Văn Quét",
        scanned_at=at,
        files=(SubmittedFile(sha256=sha256, size=1, name="a.pdf"),),
    ),
    stations, moments, sha256s,
)  # fmt: skip
SECRET = b"a secret of the province, 32 byte"


@st.composite
def any_key(draw: st.DrawFn) -> str:
    """Draw a key of any kind that Sohoa stores under."""
    sha256, record_id, version, day = draw(sha256s), draw(record_ids), draw(versions), draw(st.dates())
    owner = keys.owner_key(PersonalIdentifier(draw(digits)), SECRET)
    kinds = [keys.manifest(draw(manifests)), keys.file(sha256), keys.seal(sha256), keys.receipt(sha256)]
    kinds += [keys.outcome(sha256), keys.record(record_id, version), keys.pointer(owner, record_id)]
    station, number = draw(stations), draw(st.integers(1, 2**53 - 1))
    kinds += [keys.enrolment(station, version), keys.journal_entry(station, number), keys.quarantined(station, sha256)]
    kinds += [keys.signature_of(kinds[5]), keys.signature_of(kinds[3]), keys.audit_entry(day, record_id)]
    kinds += [keys.fixity(day, sha256), keys.table("lookups", f"{day:%Y-%m}", version)]
    proven = keys.RecordVersion(record_id, version)
    kinds += [
        keys.evidence(proven, "sha256"),
        keys.evidence(proven, "sha512"),
        keys.token(sha256),
        keys.renewal(sha256),
        keys.level(record_id, version),
        keys.signature_report(sha256, version),
        keys.signer(sha256, version),
        keys.revoked_token("https://id.example.vn/realms/tinh", sha256),
        keys.claim(record_id),
        keys.issuer(sha256[:16]),
        keys.signature_of(keys.issuer(sha256[:16])),
        keys.withdrawn(sha256[:16]),
        keys.draft(sha256),
        keys.prepared(sha256),
        keys.signed(sha256),
    ]
    return draw(st.sampled_from(kinds))


@given(any_key())
def test_every_key_works_in_every_store(key):
    assert keys.checked(key) == key
    assert all(len(segment.encode()) <= 255 for segment in key.split("/"))


@given(st.lists(any_key(), max_size=20, unique=True))
def test_byte_order_is_folder_order_and_no_key_is_a_folder_of_another(drawn):
    assert sorted(drawn) == sorted(drawn, key=lambda key: key.split("/"))
    for a, b in combinations(sorted(drawn), 2):
        assert not b.startswith(f"{a}/")


def test_stations_of_which_one_name_begins_another_are_listed_in_one_order():
    folders = [keys.station_inbox(station) for station in ("bd", "bd-01", "bd1", "bd-0")]
    assert sorted(folders) == sorted(folders, key=lambda key: key.split("/"))
    assert len(set(folders)) == 4


@given(digits, st.binary(min_size=16), record_ids)
def test_an_identifier_never_shows_in_a_key(number, secret, record_id):
    key = keys.pointer(keys.owner_key(PersonalIdentifier(number), secret), record_id)
    assert number not in key.removesuffix(record_id)


@given(digits, digits)
def test_owner_keys_differ_between_people_and_between_secrets(one, other):
    first = keys.owner_key(PersonalIdentifier(one), SECRET)
    assert first == keys.owner_key(PersonalIdentifier(one), SECRET)
    assert first != keys.owner_key(PersonalIdentifier(one), SECRET + b"2")
    assert (first == keys.owner_key(PersonalIdentifier(other), SECRET)) == (one == other)


@given(record_ids, versions)
def test_a_record_key_says_which_record_and_version(record_id, version):
    key = keys.record(record_id, version)
    assert keys.record_version_of(key) == keys.record_version_of(keys.signature_of(key)) == (record_id, version)
    assert key.startswith(keys.record_versions(record_id))


@given(manifests)
def test_submission_keys_say_which_submission(sent):
    submission_id = sent.submission_id
    receipt = keys.receipt(submission_id)
    for key in (keys.manifest(sent), keys.outcome(submission_id), receipt, keys.signature_of(receipt)):
        assert keys.submission_of(key) == submission_id


@given(manifests)
def test_a_manifest_that_was_stored_and_read_again_has_the_same_key(sent):
    assert keys.manifest(Manifest.model_validate_json(sent.canonical_bytes())) == keys.manifest(sent)


def test_keys_look_as_the_documentation_says():
    sent = Manifest(
        station="bd-quang-ngai",
        scanned_by="Lê Văn Quét",
        scanned_at=datetime.fromisoformat("2026-11-20T00:30:00+07:00"),
        files=(SubmittedFile(sha256="cd" * 32, size=1, name="a.pdf"),),
    )
    assert keys.manifest(sent) == f"inbox/bd_quang_ngai/2026/11/20/{sent.submission_id}.json"
    assert keys.enrolment("bd-quang-ngai", 2) == "stations/bd_quang_ngai/000002.json"
    assert keys.journal_entry("bd-quang-ngai", 17) == "journals/bd_quang_ngai/0000000000000017.json"
    assert keys.quarantined("bd-quang-ngai", "cd" * 32) == "quarantine/bd_quang_ngai/" + "cd" * 32 + ".json"
    assert keys.file("cd" * 32) == "files/cd/" + "cd" * 32
    assert keys.seal("cd" * 32) == "seals/cd/" + "cd" * 32
    assert keys.receipt("cd" * 32) == "receipts/cd/" + "cd" * 32 + ".json"
    assert keys.outcome("cd" * 32) == "outcomes/" + "cd" * 32 + ".json"
    assert keys.record("ef" * 16, 1) == "records/ef/" + "ef" * 16 + "/v000001.json"
    assert keys.signature_of(keys.record("ef" * 16, 12)) == "records/ef/" + "ef" * 16 + "/v000012.p7s"
    assert keys.pointer("ab" * 32, "ef" * 16) == "owners/" + "ab" * 32 + "/" + "ef" * 16
    name = keys.audit_name(datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "ef" * 16)
    assert keys.audit_day_of(name) == date(2026, 1, 2)
    assert keys.audit_name(datetime(2026, 1, 2, 3, 5, tzinfo=UTC), "0" * 32) > name
    assert keys.audit_entry(date(2026, 1, 2), "ef" * 16) == "audit/entries/2026/01/02/" + "ef" * 16 + ".json"


@pytest.mark.parametrize("wrong", ["", "../" * 22, "AB" * 32, "cd" * 31, "cd" * 33])
def test_what_is_no_hash_makes_no_key(wrong):
    for make in (
        keys.file,
        keys.seal,
        keys.receipt,
        keys.outcome,
        keys.owned,
        keys.submission_of,
        keys.record_versions,
    ):
        with pytest.raises(ValueError, match="hex digits"):
            make(wrong)


@pytest.mark.parametrize("number", [0, -1, 2**53])
def test_numbers_that_no_journal_has_make_no_key(number):
    with pytest.raises(ValueError, match="not the number of a journal entry"):
        keys.journal_entry("bd-quang-ngai", number)


@pytest.mark.parametrize("version", [0, -1, 1_000_000])
def test_versions_outside_six_digits_make_no_key(version):
    with pytest.raises(ValueError, match="not a record version"):
        keys.record("ef" * 16, version)
