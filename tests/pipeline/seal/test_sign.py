import asyncio
import io
import re
import subprocess
from datetime import UTC, datetime, timedelta

import numpy as np
import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from pipeline.keys import Signer
from pipeline.seal.copy import STAMP_FONT
from pipeline.seal.detached import sign_detached
from pipeline.seal.keys import DIGEST, PyHankoSigner
from pipeline.seal.selfmade import ROOT_NAME, make_test_pki
from pipeline.seal.sign import sign_copy
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import AGENCY, AT, SCANNER, copied, reading, saved, sheet, shown


def run(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_pdfsig_finds_two_valid_trusted_signatures_in_their_order(signed, nss, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(signed.pdf)
    said = run("pdfsig", "-nssdir", f"sql:{nss}", path)
    assert re.findall(r"Common Name: (.*)", said) == [SCANNER, AGENCY]
    assert said.count("Signature is Valid.") == 2
    assert said.count("Certificate is Trusted.") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert said.count("SHA-256") == 2
    assert said.count("Total document signed") == 1


def test_qpdf_finds_nothing_wrong(signed, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(signed.pdf)
    assert "No syntax or stream encoding errors found" in run("qpdf", "--check", path)


@pytest.mark.parametrize("name", ["An", "A name of another length, of several that were tried"])
def test_a_signature_is_encoded_as_pyhanko_itself_would(name):
    made = make_test_pki(AT, scanner=name, agency=AGENCY, passphrase="p")
    signer = PyHankoSigner(Signer.from_pkcs12(made.scanner_p12, "p", origin="test"))

    async def both() -> list[bytes]:
        stated = PdfCMSSignedAttributes(signing_time=AT)
        return [
            (await way(signer, bytes(32), DIGEST, use_pades=True, signed_attr_settings=stated)).dump()
            for way in (PyHankoSigner.async_sign, CmsSigner.async_sign)
        ]

    ours, theirs = asyncio.run(both())
    assert ours == theirs


def test_signing_only_appends(signed):
    assert signed.pdf.startswith(signed.unsigned.pdf)
    assert signed.pdf.count(b"%%EOF") == signed.unsigned.pdf.count(b"%%EOF") + 2


def test_signing_leaves_version_and_metadata_as_they_were_checked(signed):
    with pikepdf.open(io.BytesIO(signed.unsigned.pdf)) as before, pikepdf.open(io.BytesIO(signed.pdf)) as after:
        assert after.pdf_version == before.pdf_version == "1.7"
        assert "/Version" not in after.Root
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert after.Root.AcroForm.SigFlags == 3


def test_signatures_state_the_given_time_in_the_zone_of_vietnam(signed):
    for signature in PdfFileReader(io.BytesIO(signed.pdf)).embedded_signatures:
        assert signature.self_reported_timestamp == AT
        assert signature.self_reported_timestamp.utcoffset() == timedelta(hours=7)
        assert signature.docmdp_level is None


def test_the_stamps_say_who_and_when(signed, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(signed.pdf)
    said = run("pdftotext", "-layout", "-l", "1", path, "-")
    assert SCANNER in said
    assert said.count("2026-03-31T09:41:22+07:00") == 2
    assert AGENCY.split()[0] in said


def test_the_stamps_are_black_ten_point_serif_and_show_no_image(signed):
    with pikepdf.open(io.BytesIO(signed.pdf)) as pdf:
        for annotation in pdf.pages[0].Annots:
            appearance = annotation.AP.N
            assert set(appearance.Resources.keys()) == {"/Font"}
            font = appearance.Resources.Font[f"/{STAMP_FONT}"]
            assert str(font.BaseFont).endswith("+LiberationSerif")
            assert f"/{STAMP_FONT} 10.00 Tf".encode() in appearance.read_bytes()
            assert b" 0 g " in b" " + appearance.read_bytes()
            assert int(annotation.F) & 4  # printed, as PDF/A wants


def test_the_scanner_is_on_the_left_and_the_agency_on_the_right(signed):
    with pikepdf.open(io.BytesIO(signed.pdf)) as pdf:
        left, right = ([float(side) for side in annotation.Rect] for annotation in pdf.pages[0].Annots)
        _, _, width, height = map(float, pdf.pages[0].MediaBox)
    assert left[2] < width / 2 < right[0]
    assert min(left[1], right[1]) > 0.9 * height


def test_stamps_change_no_dark_pixel_of_the_page(signed, tmp_path):
    before, after = (
        np.array(shown(pdf, tmp_path).convert("L")).astype(int) for pdf in (signed.unsigned.pdf, signed.pdf)
    )
    changed = before != after
    assert changed.any()
    assert before[changed].min() > 200


@pytest.mark.parametrize("top", [4, 20])
def test_where_the_margin_is_full_the_page_grows(top, authority, tmp_path):
    picture, words = sheet(top=top)
    copy = copied(saved(picture, tmp_path / "scan.jpg"), reading(words))
    pdf = copy.pdf + sign_copy(copy, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    before, after = (np.array(shown(data, tmp_path).convert("L")).astype(int) for data in (copy.pdf, pdf))
    assert before.shape[0] > picture.height + 20
    assert before[before != after].min() == 255


def test_signing_again_appends_to_the_same_bytes(signed, authority):
    tail = sign_copy(signed.unsigned, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    assert len(tail) == len(signed.pdf) - len(signed.unsigned.pdf)


@pytest.mark.parametrize("data", [b"", b"{}", "Nguyễn".encode() * 10_000])
def test_openssl_accepts_a_detached_signature_and_no_other_data(data, authority, tmp_path):
    paths = signature, content, root = tmp_path / "r.p7s", tmp_path / "r.json", tmp_path / "root.pem"
    for path, written in zip(paths, (sign_detached(data, authority.scanner, AT), data, authority.root), strict=True):
        path.write_bytes(written)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content]
    command += ["-CAfile", root, "-purpose", "any", "-attime", str(int(AT.timestamp())), "-out", tmp_path / "out"]
    assert "Verification successful" in run(*command)
    content.write_bytes(data + b" ")
    assert "Verification failure" in run(*command)


def test_the_test_authority_says_that_it_is_one(authority):
    issuer = authority.scanner.certificate.issuer.rfc4514_string()
    assert "NO LEGAL VALUE" in ROOT_NAME
    assert "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in ROOT_NAME
    assert ROOT_NAME in issuer


def test_a_long_name_is_cut_between_letters():
    made = make_test_pki(AT, scanner="ễ" * 60, agency="A", passphrase="word")
    assert set(Signer.from_pkcs12(made.scanner_p12, "word", origin="test.p12").name) == {"ễ"}


def test_a_wrong_passphrase_is_a_problem_that_names_the_file():
    made = make_test_pki(AT, scanner="A", agency="B", passphrase="word")
    with pytest.raises(ProblemError, match=r"agency\.p12.*passphrase"):
        Signer.from_pkcs12(made.agency_p12, "another", origin="agency.p12")


def test_what_is_no_pkcs12_file_is_a_problem():
    with pytest.raises(ProblemError, match="PKCS"):
        Signer.from_pkcs12(b"hello", None, origin="agency.p12")


def test_a_signer_never_shows_its_key(authority):
    assert "key" not in repr(authority.scanner).lower().replace("public", "")


def test_signing_takes_any_zone_of_the_given_time(signed, authority):
    at = datetime(2026, 3, 31, 2, 41, 22, 987_654, tzinfo=UTC)
    pdf = signed.unsigned.pdf + sign_copy(
        signed.unsigned, authority.scanner, authority.agency, scanned_at=at, signed_at=at
    )
    assert b"D\\07220260331094122" in pdf
