"""Claims on copies: made once, judged anywhere, by old keys and new ones."""

import dataclasses
import json
import shutil
from datetime import UTC, datetime, timedelta

import img2pdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.claims import Issuing, hand_out_issuers, judge_claim
from flows.house import House
from flows.intake import receive
from flows.keyring import HeldKey
from flows.process import process
from pipeline.digitize import Unwatched
from pipeline.keys import Signer
from pipeline.seal.claim import Claim, read_claim, signed_claim
from pipeline.seal.printed import claims_on
from pipeline.seal.verify import verify_pdf
from schemas.claim import Withdrawal
from schemas.problem import BAD_REQUEST
from schemas.record import Origin, record_id
from schemas.settings import Limits, Settings, SigningSettings
from storage import keys
from storage.claims import Claims
from storage.opening import store_in
from tests.conftest import SohoaHere
from tests.flows.test_process import clock, manifest_of
from tests.pipeline.seal.scans import saved, sheet, shown

ADDRESS = "https://sohoa.example.vn/verify/"
NOW = datetime.now(UTC)
OTHER = Origin(file_sha256="ab" * 32, pages=(1,))


@pytest.fixture(scope="module")
def stamped(keyring, workers, tmp_path_factory):
    """A house with one paper whose copy has a code, its outcome, and a photograph of a print of it."""
    folder = tmp_path_factory.mktemp("claims")
    house = House.open(Settings(home=folder / "home", signing=SigningSettings(claims=ADDRESS)))
    picture, _ = sheet()
    scan = saved(picture, folder / "scan.png")
    manifest = manifest_of(scan)
    receive(house, keyring, manifest, {manifest.files[0].sha256: scan}, clock)
    [outcome] = process(house, keyring, workers, [manifest.submission_id], clock=clock, watcher=Unwatched())
    copy = b"".join(house.warehouse.copy(outcome.documents[0].copy_sha256))
    photo = folder / "photo.jpg"
    shown(copy, folder, dpi=150).save(photo, quality=60)
    return house, outcome.documents[0], copy, photo


@pytest.fixture(scope="module")
def text(stamped):
    [text] = claims_on(stamped[3], Limits())
    return text


def judged(text, stamped, keyring, *, at=NOW, claims=None, warehouse=None):
    return judge_claim(text, claims or stamped[0].claims, warehouse, keyring.roots, at)


def test_a_print_of_a_signed_copy_leads_back_to_its_record(stamped, text, keyring):
    house, document, copy, _ = stamped
    assert text.startswith(f"{ADDRESS}#")
    found = judged(text, stamped, keyring, warehouse=house.warehouse)
    record = house.warehouse.record(document.record_id).value
    assert (found.verdict, found.reasons, found.record_id) == ("VALID", (), document.record_id)
    assert (found.issuer, found.scanned_at) == (keyring.agency.signer.name, clock())
    assert record.origin.file_sha256.startswith(found.file)
    assert found.status == record.status
    assert {each.verdict for each in verify_pdf(copy, keyring.roots, NOW)} == {"VALID"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(place=st.integers(0, 220), letter=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_claim_with_any_changed_letter_is_refused(stamped, text, keyring, place, letter):
    start = len(text) - 221 + place
    changed = text[:start] + letter + text[start + 1 :]
    found = judged(changed, stamped, keyring)
    assert (found.verdict == "VALID") == (changed == text)
    assert (found.issuer is None) == (changed != text)


def test_a_claim_holds_until_its_issuers_certificate_ends(stamped, text, keyring):
    ends = keyring.agency.signer.certificate.not_valid_after_utc
    assert judged(text, stamped, keyring, at=ends - timedelta(days=1)).verdict == "VALID"
    assert judged(text, stamped, keyring, at=ends + timedelta(days=1)).verdict == "INDETERMINATE"
    assert read_claim(text).claim.expires_at == ends


def test_who_knows_neither_the_issuer_nor_the_root_does_not_believe_it(stamped, text, keyring, tmp_path):
    nobody = Claims(House.open(Settings(home=tmp_path / "home")).store)
    assert judged(text, stamped, keyring, claims=nobody).reasons == ("who signed it is not known here",)
    found = judge_claim(text, stamped[0].claims, None, (), NOW)
    assert found.verdict == "INDETERMINATE"
    assert "no chain of certificates" in found.reasons[0]


def test_an_issuer_that_the_agency_has_not_signed_counts_for_nothing(stamped, text, keyring, tmp_path):
    issuer = stamped[0].claims.issuer(read_claim(text).issuer_id).value
    forged = Claims(House.open(Settings(home=tmp_path / "home")).store)
    forged.keep_issuer(issuer, lambda data: keyring.signing(clock)(data + b" "))
    assert judged(text, stamped, keyring, claims=forged).verdict == "INVALID"


def test_a_machine_without_the_store_checks_with_a_folder_of_issuers(stamped, text, keyring, tmp_path):
    handed_out = list(hand_out_issuers(stamped[0], tmp_path / "issuers"))
    assert read_claim(text).issuer_id in {each.issuer_id for each in handed_out}
    assert list(hand_out_issuers(stamped[0], tmp_path / "issuers")) == handed_out
    found = judged(text, stamped, keyring, claims=Claims(store_in(tmp_path / "issuers")))
    assert (found.verdict, found.status) == ("VALID", None)


def test_with_a_new_certificate_comes_a_new_key_and_the_old_claims_stay_good(stamped, text, keyring, pki):
    house = stamped[0]
    signer = Signer.from_pkcs12(pki.pkcs12("rsa"), None, origin="rsa.p12")
    renewed = dataclasses.replace(
        keyring, agency=HeldKey("agency", signer, is_selfmade=False), roots=(*keyring.roots, pki.root)
    )
    before, after = (Issuing.open(house, each, clock) for each in (keyring, renewed))
    assert before.issuer.issuer_id != after.issuer.issuer_id
    assert Issuing.open(house, renewed, clock).issuer == after.issuer
    assert judged(text, stamped, renewed).verdict == "VALID"
    first = after.code(OTHER, clock())
    found = judged(house.store.get(keys.claim(record_id(OTHER))).decode(), stamped, renewed)
    assert (found.verdict, found.issuer) == ("VALID", "Test rsa")
    assert before.code(OTHER, clock()) == first  # decided once, whoever comes later with which key


def test_a_claim_about_another_scan_than_its_records_is_refused(stamped, keyring):
    house, document, _, _ = stamped
    issuing = Issuing.open(house, keyring, clock)
    other = Claim.about(document.record_id, "cd" * 32, clock(), issuing.issuer.valid_until)
    claim = signed_claim(other, issuing.issuer.issuer_id, issuing.sign)
    assert judged(claim, stamped, keyring).verdict == "VALID"
    found = judged(claim, stamped, keyring, warehouse=house.warehouse)
    assert (found.verdict, found.reasons) == ("INVALID", ("its record is about another scan",))


@pytest.fixture
def withdrawn(stamped, text):
    """Return a function that takes the key of the claim back since some time after the scan, in a copy of the house."""

    def take_back(folder, after):
        shutil.copytree(stamped[0].settings.home, folder / "home")
        house = House.open(stamped[0].settings.model_copy(update={"home": folder / "home"}))
        read = read_claim(text)
        since = read.claim.scanned_at + after
        house.claims.withdraw(Withdrawal(issuer_id=read.issuer_id, since=since, reason="máy chủ bị mất", at=NOW))
        return house

    return take_back


@pytest.mark.parametrize(
    ("after", "forged", "at_home", "verdict"),
    [
        (timedelta(seconds=1), False, True, "VALID"),
        (timedelta(seconds=1), True, True, "INVALID"),
        (timedelta(seconds=1), False, False, "INDETERMINATE"),
        (timedelta(seconds=1), True, False, "INDETERMINATE"),
        (timedelta(0), False, True, "INVALID"),
        (timedelta(days=-1), False, False, "INVALID"),
    ],
)
def test_a_key_that_was_taken_back_counts_only_for_what_was_made_with_it_here_before(
    after, forged, at_home, verdict, stamped, text, keyring, withdrawn, tmp_path
):
    issuing = Issuing.open(stamped[0], keyring, clock)  # whoever has the key can date what they like
    claim = read_claim(text).claim._replace(record_id="0" * 32 if forged else read_claim(text).claim.record_id)
    shown_text = signed_claim(claim, issuing.issuer.issuer_id, issuing.sign)
    house = withdrawn(tmp_path, after)
    list(hand_out_issuers(house, tmp_path / "issuers"))
    claims = house.claims if at_home else Claims(store_in(tmp_path / "issuers"))
    found = judged(shown_text, stamped, keyring, claims=claims, warehouse=house.warehouse if at_home else None)
    assert found.verdict == verdict
    assert (found.withdrawn_since is None) == (verdict == "VALID")
    assert any("máy chủ bị mất" in reason for reason in found.reasons) == (verdict != "VALID")


def test_what_is_wrong_with_a_claim_for_other_reasons_stays_wrong_when_its_key_is_taken_back(
    stamped, text, withdrawn, tmp_path
):
    house = withdrawn(tmp_path, timedelta(seconds=1))
    found = judge_claim(text, house.claims, house.warehouse, (), NOW)
    assert (found.verdict, found.withdrawn_since) == ("INDETERMINATE", None)
    nowhere = withdrawn(tmp_path / "later", timedelta(0))
    found = judge_claim(text, nowhere.claims, nowhere.warehouse, (), NOW)
    assert found.verdict == "INVALID"
    assert len(found.reasons) == 2


def test_after_a_key_was_taken_back_another_one_signs(stamped, text, keyring, withdrawn, tmp_path):
    house = withdrawn(tmp_path, timedelta(seconds=1))
    after = Issuing.open(house, keyring, clock)
    assert after.issuer.issuer_id != read_claim(text).issuer_id
    assert Issuing.open(house, keyring, clock).issuer == after.issuer
    new = Origin(file_sha256="ef" * 32, pages=(1,))
    after.code(new, clock())
    made = house.claims.on_copy(record_id(new))
    assert judge_claim(made, house.claims, None, keyring.roots, NOW).verdict == "VALID"


def test_a_key_is_taken_back_once_with_a_reason_and_the_audit_log_says_who_did(stamped, text, tmp_path):
    shutil.copytree(stamped[0].settings.home, tmp_path / "home")
    sohoa, issuer = SohoaHere(tmp_path / "home"), read_claim(text).issuer_id
    [first] = sohoa.lines("issuers", "withdraw", issuer, "--since", "2026-03-01", "--reason", "máy chủ bị mất")
    assert (first["since"], first["reason"]) == ("2026-02-28T17:00:00Z", "máy chủ bị mất")
    assert sohoa.lines("issuers", "withdraw", issuer, "--reason", "another one") == [first]
    listed = {each["issuer_id"]: each["withdrawn"] for each in sohoa.lines("issuers", "--to", tmp_path / "issuers")}
    assert [each for each in listed.values() if each] == [listed[issuer]] == [first]
    assert Claims(store_in(tmp_path / "issuers")).withdrawal(issuer).reason == "máy chủ bị mất"
    assert "2026-02-28" in sohoa("issuers").stdout
    house = House.open(Settings(home=tmp_path / "home"))
    acts = [
        json.loads(line) for key in house.store.list(keys.AUDIT_ENTRIES) for line in house.store.get(key).splitlines()
    ]
    told = [(act["act"], act["purpose"]) for act in acts if issuer in act["purpose"]]
    assert len(told) == 2
    assert ("revoke", f"issuer {issuer}, since 2026-02-28T17:00:00Z: máy chủ bị mất") in told
    for wrong in (("0" * 16, "--reason", "x"), ("hello", "--reason", "x"), (issuer, "--reason", ""),
                  (issuer, "--reason", "x", "--since", "2999-01-01")):  # fmt: skip
        assert sohoa("issuers", "withdraw", *wrong).returncode == BAD_REQUEST.exit_code
    assert house.claims.withdrawal(issuer).since == datetime(2026, 2, 28, 17, tzinfo=UTC)


def test_the_command_line_judges_a_print_that_was_scanned_into_a_pdf(stamped, keyring, tmp_path):
    house, document, _, photo = stamped
    root, scanned = tmp_path / "root.pem", tmp_path / "scanned.pdf"
    root.write_bytes(keyring.roots[0])
    scanned.write_bytes(img2pdf.convert(str(photo)))
    sohoa = SohoaHere(house.settings.home, SOHOA_SIGNING__TRUST=str(root))
    listed = sohoa.lines("issuers", "--to", tmp_path / "issuers")
    told = sohoa("verify", scanned, "--json")
    unsigned, code = json.loads(told.stdout)["proofs"]
    assert (told.returncode, unsigned["verdict"]) == (22, "INDETERMINATE")
    assert (code["subject"], code["verdict"]) == ("QR code", "VALID")
    assert document.record_id in code["detail"]
    assert [each["issuer_id"] for each in listed] == [each.issuer_id for each in hand_out_issuers(house, None)]
    offline = SohoaHere(tmp_path / "elsewhere", SOHOA_SIGNING__TRUST=str(root))
    told = offline("verify", photo, "--issuers", tmp_path / "issuers")
    assert (told.returncode, "VALID" in told.stdout) == (0, True)
    assert offline("verify", photo).returncode == 9


def test_without_an_address_copies_have_no_code(keyring, house):
    assert Issuing.open(house, keyring, clock) is None
    assert not list(house.store.list(keys.ISSUERS))
