import io
import subprocess
import unicodedata
from typing import NamedTuple

import cv2
import img2pdf
import numpy as np
import pikepdf
import pytest
from pikepdf import Name, pdfa
from PIL import Image

from pipeline.geometry import straighten
from pipeline.seal import copy as copy_module
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_pdf
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import A4, AT, LINES, copied, reading, saved, sheet, shown


class Picture(NamedTuple):
    data: bytes
    filters: str
    bits: int
    pixels: np.ndarray


def pictures(pdf: bytes) -> list[Picture]:
    """The picture of each page of a copy."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        images = [page.Resources.XObject.Scan for page in opened.pages]
        return [
            Picture(
                image.read_raw_bytes(),
                str(image.Filter),
                int(image.BitsPerComponent),
                np.array(pikepdf.PdfImage(image).as_pil_image().convert("RGB")),
            )
            for image in images
        ]


def text_of(pdf: bytes, tmp_path, *options) -> str:
    source = tmp_path / "text.pdf"
    source.write_bytes(pdf)
    said = subprocess.run(["pdftotext", *options, source, "-"], check=True, capture_output=True, text=True)
    return said.stdout


@pytest.fixture
def jpeg(tmp_path):
    picture, words = sheet()
    return saved(picture, tmp_path / "scan.jpg", quality=80), words


def test_the_bytes_of_a_jpeg_are_in_the_copy_untouched(jpeg):
    path, words = jpeg
    (image,) = pictures(copied(path, reading(words)).pdf)
    assert image.data == path.read_bytes()


def test_the_same_input_makes_the_same_bytes(jpeg):
    path, words = jpeg
    assert copied(path, reading(words)) == copied(path, reading(words))


@pytest.mark.parametrize(("flavour", "version"), [("1b", "1.4"), ("2b", "1.7"), ("3b", "1.7")])
def test_a_copy_is_pdfa_and_says_what_it_is_and_signatures_leave_it_so(jpeg, authority, flavour, version):
    path, words = jpeg
    unsigned = copied(path, reading(words), flavour=flavour)
    assert pdfa.validate_written(io.BytesIO(unsigned.pdf), flavour).passed
    signed = unsigned.pdf + sign_copy(unsigned, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    assert [each.verdict for each in verify_pdf(signed, [authority.root], AT)] == ["VALID", "VALID"]
    with pikepdf.open(io.BytesIO(signed)) as copy, copy.open_metadata() as metadata:
        assert metadata.pdfa_status == flavour.upper()
        assert (copy.pdf_version, "/Version" in copy.Root) == (version, False)
        fonts = [font.DescendantFonts[0].FontDescriptor for font in copy.pages[0].Resources.Font.values()]
        assert ["/CIDSet" in font for font in fonts] == [flavour == "1b"] * 2
        assert metadata["dc:title"] == "Giấy khai sinh"
        assert metadata["xmp:CreateDate"] == AT.isoformat()
        assert copy.Root.Lang == "vi-VN"
        assert len(copy.Root.OutputIntents) == 1


def test_what_is_not_pdfa_never_becomes_a_copy_that_could_be_signed(jpeg, monkeypatch):
    path, words = jpeg
    monkeypatch.setattr(
        copy_module, "_describe", lambda *_: None
    )  # no output intent, no XMP: nothing is repaired in passing
    with pytest.raises(ProblemError) as caught:
        copied(path, reading(words))
    assert caught.value.kind.slug == "copy-not-pdfa"
    assert "OutputIntent" in caught.value.problem.detail


def test_words_are_found_with_every_accent_and_in_order(jpeg, tmp_path):
    path, words = jpeg
    text = text_of(copied(path, reading(words)).pdf, tmp_path, "-layout")
    assert text == unicodedata.normalize("NFC", text)
    assert [" ".join(line.split()) for line in text.splitlines() if line.strip()] == list(LINES)


def test_words_lie_where_they_are_printed(jpeg, tmp_path):
    path, words = jpeg
    boxes = text_of(copied(path, reading(words)).pdf, tmp_path, "-bbox")
    first = next(line for line in boxes.splitlines() if ">CỘNG<" in line)
    found = [float(part.split('"')[1]) * 100 / 72 for part in first.split() if part[0] in "xy"]
    box = words[0].box
    assert found == pytest.approx([box.x, box.y, box.right, box.bottom], abs=6)


def test_the_text_layer_leaves_no_mark(jpeg, tmp_path):
    path, words = jpeg
    with_words, without = copied(path, reading(words)).pdf, copied(path, reading()).pdf
    assert shown(with_words, tmp_path) == shown(without, tmp_path)


@pytest.mark.parametrize(
    ("mode", "suffix", "options", "filters"),
    [
        ("1", ".tiff", {"compression": "group4"}, "/CCITTFaxDecode"),
        ("1", ".png", {}, "/FlateDecode"),
        ("L", ".png", {}, "/FlateDecode"),
        ("RGB", ".png", {}, "/FlateDecode"),
        ("RGB", ".tiff", {"compression": "tiff_lzw"}, "/FlateDecode"),
        ("L", ".jpg", {"quality": 80}, "/DCTDecode"),
        ("RGB", ".tiff", {"compression": "jpeg"}, "/DCTDecode"),
    ],
)
def test_a_picture_stays_in_its_family(mode, suffix, options, filters, tmp_path):
    picture, _ = sheet(mode)
    path = saved(picture, tmp_path / f"scan{suffix}", **options)
    (image,) = pictures(copied(path, reading()).pdf)
    assert filters in image.filters
    assert image.bits == (1 if mode == "1" else 8)
    if filters != "/DCTDecode":
        assert np.array_equal(image.pixels, np.array(picture.convert("RGB")))


@pytest.mark.parametrize("mode", ["1", "RGB"])
def test_a_copy_is_hardly_larger_than_its_scan(mode, tmp_path):
    picture, words = sheet(mode, size=(1654, 2339), lines=LINES * 8)
    noise = np.random.default_rng(1).normal(0, 8, (2339, 1654, 3))
    if mode == "RGB":
        path = saved(Image.fromarray((np.array(picture) + noise).clip(0, 255).astype(np.uint8)), tmp_path / "scan.jpg")
    else:
        path = saved(picture, tmp_path / "scan.tiff", compression="group4")
    copy = copied(path, reading(words, size=(1654, 2339), dpi=200))
    assert len(copy.pdf) <= 1.3 * path.stat().st_size or len(copy.pdf) - path.stat().st_size <= 12_000


@pytest.mark.parametrize(
    ("rotation", "skew", "exif"), [(0, 0.0, 1), (90, 0.0, 1), (180, 2.0, 1), (270, -3.5, 1), (0, 0.0, 6), (90, 1.5, 8)]
)
def test_the_copy_shows_the_page_upright_and_straight(rotation, skew, exif, tmp_path):
    picture, _ = sheet()
    orientation = Image.Exif()
    orientation[0x0112] = exif
    path = saved(picture, tmp_path / "scan.jpg", quality=95, exif=orientation)
    scan = picture.rotate({1: 0, 6: -90, 8: 90}[exif], expand=True)
    straight = straighten(*scan.size, rotation, skew)
    matrix = np.array(straight.matrix, float).reshape(2, 3)
    wanted = cv2.warpAffine(np.array(scan), matrix, (straight.width, straight.height), borderValue=(255, 255, 255))
    copy = copied(path, reading(size=scan.size, rotation=rotation, skew=skew))
    seen = shown(copy.pdf, tmp_path)
    strip = seen.height - straight.height
    found = np.array(seen)[strip if strip > 2 else 0 :][: straight.height, : straight.width]
    wanted = wanted[: found.shape[0], : found.shape[1]]
    assert cv2.absdiff(cv2.blur(found, (5, 5)), cv2.blur(wanted, (5, 5))).mean() < 1
    assert cv2.absdiff(cv2.blur(found, (5, 5)), cv2.blur(wanted[::-1, ::-1], (5, 5))).mean() > 3


def test_a_plain_scan_in_a_pdf_is_taken_over_without_encoding_it_anew(jpeg, tmp_path):
    jpeg_path, words = jpeg
    path = tmp_path / "scan.pdf"
    path.write_bytes(img2pdf.convert([str(jpeg_path), str(jpeg_path)]))
    images = pictures(copied(path, reading(words, number=2), reading(number=1)).pdf)
    assert [image.data for image in images] == [jpeg_path.read_bytes()] * 2


def test_what_pdfa_refuses_in_a_picture_is_left_out(jpeg, tmp_path):
    jpeg_path, _ = jpeg
    path = tmp_path / "scan.pdf"
    with pikepdf.open(io.BytesIO(img2pdf.convert(str(jpeg_path)))) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        image.Interpolate = True
        image.Intent = Name.Wishful
        pdf.save(path)
    (image,) = pictures(copied(path, reading()).pdf)
    assert image.data == jpeg_path.read_bytes()


def test_a_page_that_is_no_plain_scan_is_drawn(jpeg, tmp_path):
    jpeg_path, _ = jpeg
    path = tmp_path / "scan.pdf"
    with pikepdf.open(io.BytesIO(img2pdf.convert(str(jpeg_path)))) as pdf:
        pdf.pages[0].contents_add(b"q 1 0 0 rg 100 100 50 50 re f Q")
        pdf.save(path)
    drawn = shown(path.read_bytes(), tmp_path)
    copy = shown(copied(path, reading(size=(2481, 3507), dpi=300)).pdf, tmp_path)
    assert cv2.absdiff(np.array(copy.resize(drawn.size)), np.array(drawn)).mean() < 2


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("CMYK", ".jpg"), ("CMYK", ".tiff"), ("RGBA", ".png"), ("LA", ".png"), ("P", ".png"), ("I;16", ".png")],
)
def test_pictures_that_pdfa_does_not_take_are_converted(mode, suffix, tmp_path):
    grey, _ = sheet("L")
    deep = Image.fromarray(np.array(grey).astype(np.uint16) * 257)
    picture = deep if mode == "I;16" else sheet("RGB")[0].convert(mode)
    path = saved(picture, tmp_path / f"scan{suffix}")
    copy = copied(path, reading())
    seen = np.array(shown(copy.pdf, tmp_path).convert("L")).astype(int)
    wanted = np.array(grey).astype(int)
    assert np.abs(seen[110:, :][:1000, : A4[0]] - wanted[110:, :][:1000, : A4[0]]).mean() < 12


def test_blank_pages_stay_in_the_copy(tmp_path):
    printed, words = sheet("L")
    path = tmp_path / "scan.tiff"
    printed.save(
        path, save_all=True, append_images=[Image.new("L", A4, 255)], compression="tiff_deflate", dpi=(100, 100)
    )
    copy = copied(path, reading(words, number=1), reading(number=2))
    assert len(pictures(copy.pdf)) == 2


@pytest.mark.parametrize("dpi", [None, 1, 72_000])
def test_a_page_without_believable_resolution_becomes_a4_high(dpi, jpeg, tmp_path):
    path, words = jpeg
    with pikepdf.open(io.BytesIO(copied(path, reading(words, dpi=dpi)).pdf)) as copy:
        assert float(copy.pages[0].MediaBox[3]) == pytest.approx(841.9, abs=0.1)


def test_a_damaged_pdf_is_a_problem(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(ProblemError, match="damaged"):
        copied(path, reading())


def test_a_broken_colour_profile_does_not_keep_a_jpeg_from_its_copy(tmp_path):
    picture, _ = sheet()
    path = saved(picture, tmp_path / "scan.jpg", icc_profile=b"this is no profile" * 20)
    (image,) = pictures(copied(path, reading()).pdf)
    assert image.data == path.read_bytes()


def test_a_tiny_picture_has_a_copy(tmp_path):
    path = tmp_path / "scan.png"
    Image.new("RGB", (2, 2)).save(path, dpi=(300, 300))
    assert pictures(copied(path, reading(size=(2, 2), dpi=None)).pdf)
