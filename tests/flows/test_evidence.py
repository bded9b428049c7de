"""Records get evidence in batches, and keep it: whatever fails in between, and however many authorities end."""

from datetime import UTC, datetime

import pytest

from flows import evidence as module
from flows.evidence import evidence_of, preserve, prove
from flows.house import House
from pipeline.seal.detached import sign_detached
from pipeline.seal.evidence import decode, verify_evidence
from pipeline.seal.sign import sign_copy
from schemas.digest import sha256_hex
from schemas.problem import ProblemError
from schemas.record import Origin
from schemas.settings import Settings, SignerSettings, SigningSettings
from sohoa.verifying import verify_target
from storage import keys
from tests.pipeline.seal.scans import copied, reading, saved, sheet
from tests.schemas.test_values import record
from tests.servers import free_ports

Y2021, LATE_2021, Y2023, Y2039 = (
    datetime(year, month, 1, tzinfo=UTC) for year, month in ((2021, 6), (2021, 12), (2023, 6), (2039, 1))
)


def now():
    return datetime.now(UTC)


def evidence_proofs(settings, record_id):
    return [each for each in verify_target(settings, record_id).proofs if each.subject == "evidence"]


def stamps(house, version):
    return [stamp for chain in decode(evidence_of(house.evidence, version)) for stamp in chain]


def files_of(house, version):
    sealed = house.warehouse.record(*version)
    names = (sealed.value.copy_.sha256, sealed.value.origin.file_sha256)
    files = {"record": sealed.data, "signature": sealed.signature}
    return files | {name: b"".join(house.warehouse.copy(name)) for name in names}


@pytest.fixture
def at(pki):
    """Return a function that makes and renews evidence at another time, with another authority."""

    def preserved(settings, moment):
        with pki.at(moment):
            return preserve(House.open(settings), lambda: moment)

    return preserved


def test_by_default_no_evidence_is_made_and_nobody_is_asked(settings):
    wanted = settings("B-B", f"http://127.0.0.1:{free_ports(1)[0]}")
    assert preserve(House.open(wanted), now) == (0, 0, 0)
    assert list(House.open(wanted).evidence.tokens()) == []


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_all_records_are_proven_once_with_one_time_stamp(digest, settings):
    wanted = settings("B-B", evidence=digest)
    house = House.open(wanted)
    proven = list(prove(house))
    assert sorted(proven) == [each.record_id for each in house.warehouse.versions()]
    assert len(list(house.evidence.tokens())) == 1
    assert list(prove(house)) == []
    for record_id in proven:
        (proof,) = evidence_proofs(wanted, record_id)
        assert proof.verdict == "VALID", proof.detail


def test_batches_are_of_limited_size(settings, monkeypatch):
    monkeypatch.setattr(module, "_BATCH", 1)
    house = House.open(settings("B-B", evidence="sha256"))
    assert len(list(prove(house))) == len(list(house.evidence.tokens())) == 2


def test_an_authority_that_is_away_loses_nothing(settings):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(ProblemError) as caught:
        preserve(House.open(settings("B-B", nobody, evidence="sha256")), now)
    assert caught.value.kind.slug == "time-stamps-unreachable"
    assert preserve(House.open(settings("B-B", evidence="sha256")), now).proven == 2


def test_what_is_interrupted_is_taken_up_where_it_stopped(settings):
    wanted = settings("B-B", evidence="sha256")
    house = House.open(wanted)
    interrupted = prove(house)
    first = next(interrupted)
    interrupted.close()
    second = list(prove(house))
    assert first not in second
    assert len(second) == 1
    assert all(evidence_proofs(wanted, each)[0].verdict == "VALID" for each in (first, *second))


def test_a_time_stamp_is_renewed_in_time_and_once(settings, pki, at):
    first = settings("B-B", pki.tsa_until("tsa-2022"), evidence="sha256")
    assert at(first, Y2021) == (2, 0, 0)
    assert at(first, Y2021) == (0, 0, 0)
    second = settings("B-B", pki.tsa_until("tsa-2025"), evidence="sha256")
    assert at(second, LATE_2021) == (0, 1, 0)
    assert at(second, LATE_2021) == (0, 0, 0)


def test_evidence_holds_after_authorities_and_an_algorithm_have_ended(settings, pki, at):
    at(settings("B-B", pki.tsa_until("tsa-2022"), evidence="sha256"), Y2021)
    at(settings("B-B", pki.tsa_until("tsa-2025"), evidence="sha256"), LATE_2021)
    last = settings("B-B", evidence="sha512")
    assert at(last, Y2023) == (2, 0, 0)  # the hash-tree renewal
    house = House.open(last)
    for version in house.warehouse.versions():
        assert [stamp.digest for stamp in stamps(house, version)] == ["sha256", "sha256", "sha512"]
        evidence = evidence_of(house.evidence, version)
        found = verify_evidence(evidence, files_of(house, version), [pki.root], Y2039)
        assert (found.verdict, found.proven_at) == ("VALID", Y2021)


def test_a_signature_whose_certificate_has_ended_holds_as_of_when_evidence_proves_it(pki, tmp_path):
    (tmp_path / "root.pem").write_bytes(pki.root)
    signing = SigningSettings(trust=(tmp_path / "root.pem",), evidence="sha256", time_stamps=pki.tsa)
    named = SignerSettings(pkcs12=tmp_path / "named.p12")  # so that the self-made root is not trusted
    signing = signing.model_copy(update={"scanner": named, "agency": named})
    wanted = Settings(home=tmp_path / "home", signing=signing)
    house, signer = House.open(wanted), pki.signer("expired")
    picture, words = sheet()
    unsigned = copied(saved(picture, tmp_path / "scan.jpg", quality=70), reading(words))
    house.store.put(keys.file(sha256_hex(b"scan")), b"scan")
    copy = house.warehouse.keep_copy(
        unsigned.pdf, lambda pdf: pdf + sign_copy(unsigned, signer, signer, scanned_at=Y2021, signed_at=Y2021)
    )
    kept = record(copy_=copy, origin=Origin(file_sha256=sha256_hex(b"scan"), pages=(1,)))
    house.warehouse.keep_record(kept, lambda data: sign_detached(data, signer, Y2021))
    assert verify_target(wanted, kept.record_id).verdict == "INDETERMINATE"
    with pki.at(Y2021):
        assert list(prove(house)) == [kept.record_id]
    found = verify_target(wanted, kept.record_id)
    assert found.verdict == "VALID", found
    assert sum("proven by a time-stamp of 2021" in proof.detail for proof in found.proofs) == 3


def test_what_was_not_renewed_in_time_is_said(settings, pki, at):
    at(settings("B-B", pki.tsa_until("tsa-2022"), evidence="sha256"), Y2021)
    late = settings("B-B", evidence="sha256")
    with pytest.raises(ProblemError) as caught:
        at(late, Y2023)
    assert caught.value.kind.slug == "time-stamp-ended"
    record_id = next(House.open(late).warehouse.versions()).record_id
    (proof,) = evidence_proofs(late, record_id)
    assert proof.verdict == "INDETERMINATE"
    assert "time-stamp 1" in proof.detail


def test_an_authority_that_ends_no_later_renews_nothing(settings, pki, at):
    wanted = settings("B-B", pki.tsa_until("tsa-2022"), evidence="sha256")
    at(wanted, Y2021)
    assert at(wanted, LATE_2021) == (0, 0, 0)
    assert len(list(House.open(wanted).evidence.tokens())) == 1


def test_a_damaged_record_is_passed_over_and_does_not_stop_the_others_or_renewals(settings, pki, at):
    wanted = settings("B-B", pki.tsa_until("tsa-2025"), evidence="sha256", renew_days=3650)
    house = House.open(wanted)
    damaged, other = house.warehouse.versions()
    flip(wanted, f"records/{damaged.record_id[:2]}/{damaged.record_id}/v000001.json")
    with pytest.raises(ProblemError) as caught:
        at(wanted, Y2021)
    assert caught.value.kind.slug == "integrity-mismatch"
    assert list(house.evidence.proven("sha256")) == [other]
    with pytest.raises(ProblemError):
        at(settings("B-B", evidence="sha256", renew_days=3650), Y2023)
    assert len(stamps(house, other)) == 2


def test_a_byte_that_changes_in_the_evidence_is_found_and_named(settings):
    wanted = settings("B-B", evidence="sha256")
    record_id = next(prove(House.open(wanted)))
    flip(wanted, f"evidence/sha256/{record_id[:2]}/{record_id}/v000001")
    found = verify_target(wanted, record_id)
    assert [proof.subject for proof in found.proofs if proof.verdict == "INVALID"] == ["evidence"]


def flip(settings, key):
    path = settings.home / "store/objects" / key
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def test_evidence_without_an_authority_is_a_wrong_setting():
    with pytest.raises(ProblemError, match="evidence also needs time_stamps"):
        Settings.load({"SOHOA_SIGNING__EVIDENCE": "sha256"})
