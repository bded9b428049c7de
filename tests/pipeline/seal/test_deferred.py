"""A copy whose first signature is made elsewhere is as good as one that was signed in one go."""

import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from pipeline.keys import Signer
from pipeline.seal.deferred import completed, digest_of, embedded, prepared, to_be_signed
from pipeline.seal.verify import verify_pdf
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import AGENCY, AT, SCANNER

LATER = AT + timedelta(hours=3)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def waiting(signed):
    """A copy that is prepared, and its digest."""
    appended = prepared(signed.unsigned, SCANNER, scanned_at=AT, signed_at=AT)
    return signed.unsigned, appended, digest_of(signed.unsigned.pdf, appended)


def without_key(signer: Signer) -> Signer:
    return Signer(signer.certificate, signer.issuers, lambda _: b"")


def test_both_signatures_are_valid_for_us_and_for_poppler(waiting, authority, nss, tmp_path):
    copy, appended, digest = waiting
    officer = without_key(authority.scanner)  # all that the server knows of them
    signature = authority.scanner.sign(to_be_signed(digest, officer))
    signed = embedded(appended, digest, officer, signature)
    assert len(signed) == len(appended)
    pdf = copy.pdf + completed(copy, signed, authority.agency, signed_at=LATER)
    found = verify_pdf(pdf, [authority.root], NOW)
    assert [(each.verdict, each.signer) for each in found] == [("VALID", SCANNER), ("VALID", AGENCY)]
    (tmp_path / "copy.pdf").write_bytes(pdf)
    said = subprocess.run(
        ["pdfsig", "-nssdir", f"sql:{nss}", tmp_path / "copy.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"Common Name: (.*)", said) == [SCANNER, AGENCY]
    assert said.count("Signature is Valid.") == said.count("Certificate is Trusted.") == 2
    assert subprocess.run(["qpdf", "--check", tmp_path / "copy.pdf"], check=True, capture_output=True).returncode == 0


def test_what_is_to_be_signed_is_the_same_however_often_it_is_asked_for_and_names_copy_and_certificate(
    waiting, authority
):
    _, _, digest = waiting
    first, second = (to_be_signed(digest, without_key(authority.scanner)) for _ in range(2))
    assert first == second
    assert digest in first
    assert to_be_signed(digest, without_key(authority.agency)) != first


@pytest.mark.parametrize("wrong", ["another key", "another copy", "a digest", "noise"])
def test_a_signature_of_anything_else_is_refused(wrong, waiting, authority):
    _, appended, digest = waiting
    officer = without_key(authority.scanner)
    asked = to_be_signed(digest, officer)
    signature = {
        "another key": lambda: authority.agency.sign(asked),
        "another copy": lambda: authority.scanner.sign(to_be_signed(bytes(32), officer)),
        "a digest": lambda: authority.scanner.sign(digest),
        "noise": lambda: b"\x00" * 7,
    }[wrong]()
    with pytest.raises(ProblemError) as caught:
        embedded(appended, digest, officer, signature)
    assert caught.value.kind.slug == "signature-refused"


def test_more_certificates_than_there_is_room_for_are_refused(waiting, authority):
    _, appended, digest = waiting
    officer = Signer(authority.scanner.certificate, (large(),), lambda _: b"")
    signature = authority.scanner.sign(to_be_signed(digest, officer))
    with pytest.raises(ProblemError, match="bytes"):
        embedded(appended, digest, officer, signature)


def large():
    key = ec.generate_private_key(ec.SECP256R1())
    name, above = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Large", "Above"))
    filled = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(9000))
    builder = x509.CertificateBuilder(above, name, key.public_key(), 1, AT, LATER).add_extension(filled, critical=False)
    return builder.sign(key, SHA256())


def test_what_has_no_place_for_a_signature_is_damaged(signed):
    with pytest.raises(ProblemError) as caught:
        digest_of(signed.unsigned.pdf, b"nothing of the kind")
    assert caught.value.kind.slug == "integrity-mismatch"
