"""A receipt is a proof only if it is about what was sent and the server's own key signed all of it."""

import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as some

from flows.keyring import Keyring
from pipeline.seal.detached import sign_detached
from schemas.problem import CONFIGURATION, RECEIPT_WRONG, ProblemError
from schemas.settings import Settings
from schemas.station import SignedReceipt
from schemas.submission import Manifest, Receipt, RefusedFile, SubmittedFile
from sohoa.station.proof import prove

NOW = datetime.now(UTC)
MANIFEST = Manifest(
    station="ubnd-kim-lien",
    scanned_by="Nguyễn Thị Mẫu",
    scanned_at="2026-11-20T08:00:00+07:00",
    dossier_code="H40.12-260331-0007",
    files=(
        SubmittedFile(sha256="a" * 64, size=4096, name="trang-1.jpg"),
        SubmittedFile(sha256="b" * 64, size=512, name="trang-2.jpg"),
    ),
)
RECEIPT = Receipt.of(MANIFEST, NOW)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory):
    return Keyring.open(Settings(home=tmp_path_factory.mktemp("server")), NOW)


@pytest.fixture(scope="module")
def root(keyring):
    return keyring.roots[0].decode()


@pytest.fixture(scope="module")
def signed(keyring):
    return given_by(keyring)


def given_by(keyring, receipt=RECEIPT):
    signature = keyring.signing(lambda: NOW)(receipt.canonical_bytes())
    return SignedReceipt(receipt=receipt, signature=b64encode(signature))


def is_refused(signed, pinned, manifest=MANIFEST, at=NOW):
    with pytest.raises(ProblemError) as caught:
        prove(signed, manifest, pinned, at)
    return caught.value.kind == RECEIPT_WRONG


def pem_of(certificate):
    return certificate.public_bytes(Encoding.PEM).decode()


def test_a_receipt_of_the_server_is_proved_by_its_root_or_by_its_own_certificate(signed, keyring, root):
    for pinned in (root, pem_of(keyring.agency.signer.certificate)):
        assert prove(signed, MANIFEST, pinned, NOW) == RECEIPT


def test_a_receipt_is_proved_as_it_comes_over_the_line(signed, root):
    assert prove(SignedReceipt.model_validate_json(signed.model_dump_json()), MANIFEST, root, NOW) == RECEIPT


def test_a_receipt_is_proved_where_nothing_of_the_server_is_installed(signed, root):
    script = (
        "import sys, datetime\n"
        "from schemas.station import SignedReceipt\n"
        "from schemas.submission import Manifest\n"
        "from sohoa.station.proof import prove\n"
        "signed, manifest, root = sys.argv[1:]\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "prove(SignedReceipt.model_validate_json(signed), Manifest.model_validate_json(manifest), root, now)\n"
        "assert not {'pyhanko', 'cv2', 'prefect', 'pipeline', 'storage'} & set(sys.modules)\n"
    )
    words = [signed.model_dump_json(), MANIFEST.model_dump_json(), root]
    subprocess.run([sys.executable, "-c", script, *words], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize(
    "change",
    [
        {"submission_id": "0" * 64},
        {"station": "ubnd-nam-giang"},
        {"scanned_at": RECEIPT.scanned_at + timedelta(seconds=1)},
        {"received_at": RECEIPT.received_at + timedelta(seconds=1)},
        {"files": RECEIPT.files[:1]},
        {"files": RECEIPT.files[::-1]},
        {"files": (*RECEIPT.files, "c" * 64)},
        {"refused": (RefusedFile(sha256="a" * 64, problem="urn:sohoa:problem:file-damaged"),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_receipt_that_was_changed_proves_nothing(signed, root, change):
    changed = RECEIPT.model_copy(update=change)
    assert is_refused(signed.model_copy(update={"receipt": changed}), root)


def test_a_true_receipt_for_another_submission_proves_nothing_about_ours(keyring, root):
    other = MANIFEST.model_copy(update={"files": MANIFEST.files[:1]})
    assert is_refused(given_by(keyring, Receipt.of(other, NOW)), root)


def test_a_true_receipt_proves_nothing_about_files_in_another_order(signed, root):
    assert is_refused(signed, root, MANIFEST.model_copy(update={"files": MANIFEST.files[::-1]}))


def test_a_receipt_that_refuses_a_file_of_ours_proves_that_it_did(keyring, root):
    for sha256, is_ours in (("a" * 64, True), ("c" * 64, False)):
        receipt = Receipt.of(MANIFEST, NOW, (RefusedFile(sha256=sha256, problem="urn:sohoa:problem:file-damaged"),))
        if is_ours:
            assert prove(given_by(keyring, receipt), MANIFEST, root, NOW).refused
        else:
            assert is_refused(given_by(keyring, receipt), root)


def test_the_signature_of_another_receipt_proves_nothing(signed, keyring, root):
    later = given_by(keyring, Receipt.of(MANIFEST, NOW + timedelta(seconds=5)))
    assert is_refused(signed.model_copy(update={"signature": later.signature}), root)


def test_a_stranger_who_signs_in_the_same_way_proves_nothing(root, tmp_path):
    stranger = Keyring.open(Settings(home=tmp_path), NOW)
    assert is_refused(given_by(stranger), root)


def test_where_the_signer_is_pinned_a_colleague_under_the_same_root_proves_nothing(keyring):
    signature = sign_detached(RECEIPT.canonical_bytes(), keyring.scanner.signer, NOW)
    colleague = SignedReceipt(receipt=RECEIPT, signature=b64encode(signature))
    assert is_refused(colleague, pem_of(keyring.agency.signer.certificate))


@pytest.mark.parametrize("years", [-1, 6])
def test_a_certificate_counts_only_while_it_is_valid(signed, root, years):
    assert is_refused(signed, root, at=NOW + timedelta(days=365 * years))


def test_a_pinned_certificate_that_is_none_is_a_mistake_in_the_settings(signed):
    with pytest.raises(ProblemError) as caught:
        prove(signed, MANIFEST, "no certificate", NOW)
    assert caught.value.kind == CONFIGURATION


@given(some.data())
def test_no_change_to_what_is_signed_or_signs_is_overlooked(signed, root, data):
    """Every byte of the signed attributes, the signature value and the signer's certificate counts."""
    der = signed.signature
    content = cms.ContentInfo.load(der)["content"]
    info = content["signer_infos"][0]
    protected = [
        info["signed_attrs"].contents,
        info["signature"].contents,
        next(
            each.chosen.dump()
            for each in content["certificates"]
            if x509.load_der_x509_certificate(each.chosen.dump()).serial_number
            == info["sid"].chosen["serial_number"].native
        ),
    ]
    part = data.draw(some.sampled_from(protected))
    place = der.index(part) + data.draw(some.integers(0, len(part) - 1))
    flipped = der[place] ^ data.draw(some.integers(1, 255))
    changed = der[:place] + bytes([flipped]) + der[place + 1 :]
    assert is_refused(signed.model_copy(update={"signature": changed}), root)


@given(some.binary(max_size=200))
def test_any_bytes_in_the_place_of_a_signature_are_refused(signed, root, junk):
    for signature in (junk, signed.signature + junk[:1] + b"\0", signed.signature[: len(junk)]):
        assert is_refused(signed.model_copy(update={"signature": signature}), root)
