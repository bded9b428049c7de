"""What a scanner or an office makes is admitted, and nothing less than the whole of it."""

import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from pipeline.admit import Admitted, admit
from schemas.problem import (
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    PAGE_TOO_LARGE,
    TOO_MANY_PAGES,
    ProblemError,
)
from schemas.settings import Limits
from tests.hostile.make import A4, document, encoded, many_pages, picture, scanned, stream, tiff
from tests.privileges import as_anybody

LIMITS = Limits()


@pytest.fixture
def admitted(tmp_path):
    def admitted(data: bytes, limits: Limits = LIMITS, name: str = "scan") -> Admitted:
        path = tmp_path / name
        path.write_bytes(data)
        return admit(path, limits)

    return admitted


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def signed() -> bytes:
    """Return a PDF file with a real signature."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    bundle = serialization.pkcs12.serialize_key_and_certificates(
        b"test", key, certificate, None, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner.load_pkcs12_data(bundle, other_certs=[])
    metadata = signers.PdfSignatureMetadata(field_name="Signature")
    out: io.BytesIO = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(scanned())), metadata, signer=signer)
    return out.getvalue()


# --- what is admitted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "media_type", "page_count"),
    [
        (scanned(), "application/pdf", 1),
        (many_pages(500), "application/pdf", 500),
        (encoded("JPEG"), "image/jpeg", 1),
        (encoded("PNG"), "image/png", 1),
        (encoded("TIFF"), "image/tiff", 1),
        (encoded("TIFF", pages=3), "image/tiff", 3),
    ],
)
def test_a_scan_is_admitted_as_what_its_bytes_are_whatever_its_name(admitted, data, media_type, page_count):
    found = admitted(data, name="scan.docx")
    assert (found.media_type, found.page_count, found.signed) == (media_type, page_count, False)
    assert (found.sha256, found.size) == (sha256(data).hexdigest(), len(data))


@pytest.mark.parametrize(
    "data",
    [
        saved(picture().convert("CMYK"), "JPEG"),
        saved(picture(), "JPEG", progressive=True),
        saved(picture(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
        saved(picture(), "MPO", save_all=True, append_images=[picture()]),
        saved(picture().convert("I;16"), "PNG"),
        saved(picture().convert("P"), "PNG", transparency=3),
        saved(picture().convert("LA"), "PNG"),
        saved(picture().convert("1"), "PNG"),
        saved(picture().convert("1"), "TIFF", compression="group4"),
        saved(picture().convert("1"), "TIFF", compression="group3"),
        saved(picture().convert("RGB"), "TIFF", compression="jpeg"),
        saved(picture().convert("CMYK"), "TIFF", compression="tiff_lzw"),
        saved(picture(), "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: 16}),
        saved(picture(), "TIFF", big_tiff=True),
        tiff(),
    ],
    ids=str,
)
def test_every_way_of_keeping_one_page_is_one_page(admitted, data):
    assert admitted(data).page_count == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\xef\xbb\xbf" + scanned(),
        scanned() + bytes(4096),
        scanned().replace(b"startxref\n1", b"startxref\n2"),
        scanned().replace(b"\nendobj\n", b"\r\nendobj\r\n"),
        scanned().replace(b"/Length 28", b"/Length 20"),
        document(page=b"/MediaBox[595 842 0 0]"),
        document(page=b"/MediaBox[0 0 4960 7016]"),
        document(page=A4 + b"/Annots[99 0 R]"),
    ],
    ids=[
        "bytes before the header", "zeros after the end", "the table elsewhere", "line ends changed in transfer",
        "a wrong length", "a page box upside down", "a pixel taken for a point", "mentions what there is not",
    ],
)  # fmt: skip
def test_harmless_quirks_of_scanners_and_mail_are_forgiven(admitted, data):
    assert admitted(data).page_count == 1


@pytest.mark.parametrize(
    "data",
    [
        document(catalog=b"/OpenAction[3 0 R/Fit]"),
        document(catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"),
        document(b"<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://example.vn)>>>>", page=A4 + b"/Annots[4 0 R]"),
        document(catalog=b"/Names<</EmbeddedFiles<</Names[]>>/JavaScript<</Names[]>>>>"),
        document(b"<</FT/Tx/T(name)/V(/JavaScript /Launch)>>", catalog=b"/AcroForm<</Fields[4 0 R]>>"),
        document(stream(b"(/JavaScript) Tj"), page=A4 + b"/Contents 4 0 R"),
    ],
    ids=["opens at a page", "goes to a page", "web link", "empty lists", "form", "words about it"],
)
def test_what_does_nothing_by_itself_is_not_active(admitted, data):
    assert admitted(data).page_count == 1


def test_a_signed_file_is_known_as_one(admitted):
    assert admitted(signed()).signed


def test_a_place_for_a_signature_is_not_a_signature(admitted):
    data = document(b"<</FT/Sig/T(a)/Rect[0 0 0 0]>>", catalog=b"/AcroForm<</Fields[4 0 R]/SigFlags 1>>")
    assert not admitted(data).signed


def test_a_link_to_a_scan_is_followed(tmp_path):
    (tmp_path / "scan").write_bytes(scanned())
    (tmp_path / "link").symlink_to("scan")
    assert admit(tmp_path / "link", LIMITS).page_count == 1


# --- what is not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "at_the_limit", "below", "kind"),
    [
        (scanned(), {"file_bytes": len(scanned())}, {"file_bytes": len(scanned()) - 1}, FILE_TOO_LARGE),
        (many_pages(7), {"pages": 7}, {"pages": 6}, TOO_MANY_PAGES),
        (encoded("TIFF", pages=7), {"pages": 7}, {"pages": 6}, TOO_MANY_PAGES),
        *(
            (data, {"page_pixels": 620 * 877}, {"page_pixels": 620 * 877 - 1}, PAGE_TOO_LARGE)
            for data in (encoded("JPEG"), encoded("PNG"), encoded("TIFF"))
        ),
    ],
)
def test_a_limit_may_be_reached_but_not_passed(admitted, data, at_the_limit, below, kind):
    assert admitted(data, Limits(**at_the_limit))
    with pytest.raises(ProblemError) as refused:
        admitted(data, Limits(**below))
    assert refused.value.kind == kind


def test_a_page_that_is_refused_is_named(admitted):
    with pytest.raises(ProblemError) as refused:
        admitted(
            saved(picture(), "TIFF", save_all=True, append_images=[picture(1000, 1000)]), Limits(page_pixels=700_000)
        )
    assert refused.value.problem.page == 2


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = tmp_path / "scan"
    path.write_bytes(scanned())
    path.chmod(0)
    with as_anybody(), pytest.raises(ProblemError) as refused:
        admit(path, LIMITS)
    assert refused.value.kind == FILE_UNREADABLE


SOUND = {
    "pdf": (scanned(), len("\n%%EOF\n") + 1),  # without its end mark alone, nothing is lost
    "jpeg": (encoded("JPEG"), 16),  # what the last bytes hold may already be known from those before
    "progressive": (encoded("JPEG", progressive=True), 16),
    "png": (encoded("PNG"), 32),
    "tiff": (encoded("TIFF"), 1),
    "lzw": (encoded("TIFF", compression="tiff_lzw"), 1),
}


@pytest.mark.parametrize("sort", SOUND)
@settings(deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_off_is_never_admitted(tmp_path_factory, sort, share):
    data, spare = SOUND[sort]
    path = tmp_path_factory.getbasetemp() / f"cut-{sort}"
    path.write_bytes(data[: int(share * (len(data) - spare + 1))])
    with pytest.raises(ProblemError):
        admit(path, LIMITS)


@pytest.mark.parametrize("sort", SOUND)
@settings(deadline=None)
@given(data=st.data())
def test_whatever_the_bytes_the_answer_is_admitted_or_a_problem(tmp_path_factory, sort, data):
    spoiled = bytearray(SOUND[sort][0])
    places = st.integers(0, 600) | st.integers(0, len(spoiled) - 1) | st.integers(len(spoiled) - 600, len(spoiled) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=20)):
        spoiled[place] = value
    path = tmp_path_factory.getbasetemp() / f"spoiled-{sort}"
    path.write_bytes(spoiled)
    with suppress(ProblemError):
        assert admit(path, LIMITS).page_count >= 1
