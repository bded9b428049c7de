"""The QR code on a copy covers nothing, is read from a print of it, and leaves the copy a PDF/A."""

import io

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import pdfa
from PIL import Image, ImageDraw, ImageFilter

from pipeline.seal.appearance import Rectangle
from pipeline.seal.code import QrCode
from pipeline.seal.printed import claims_on
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_pdf
from schemas.settings import Limits
from tests.pipeline.seal.scans import A4, AT, LINES, copied, reading, saved, sheet, shown
from tests.pipeline.seal.test_claim import TEXT

ADDRESS = "https://sohoa.example.vn/verify/"
CODE = QrCode.of(ADDRESS, TEXT)


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    picture, words = sheet()
    return saved(picture, tmp_path_factory.mktemp("code") / "scan.jpg", quality=80), reading(words)


@pytest.fixture(scope="module")
def copy(scan):
    return copied(*scan, code=CODE)


def test_the_code_is_bounded_whatever_the_address():
    longest = QrCode.of("https://" + "a" * 52, TEXT)
    assert len(CODE.modules) == 49  # version 8
    assert len(longest.modules) <= 53  # version 9
    assert longest.side <= 26 / 25.4 * 72


@pytest.mark.parametrize(("dpi", "quality", "turn", "blur"), [(150, 50, 1.7, 0), (200, 40, 0, 1.2)])
def test_a_print_that_is_scanned_as_jpeg_still_gives_the_claim(copy, dpi, quality, turn, blur, tmp_path):
    printed = shown(copy.pdf, tmp_path, dpi=dpi).rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    path = tmp_path / "photo.jpg"
    printed.filter(ImageFilter.GaussianBlur(blur)).save(path, quality=quality)
    assert claims_on(path, Limits()) == (f"{ADDRESS}#{TEXT}",)


def test_a_signed_copy_with_a_code_is_pdfa_and_valid_and_made_the_same_again(scan, copy, authority):
    assert copied(*scan, code=CODE) == copy
    assert pdfa.validate_written(io.BytesIO(copy.pdf), "2b").passed
    tail = sign_copy(copy, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    assert [each.verdict for each in verify_pdf(copy.pdf + tail, [authority.root], AT)] == ["VALID", "VALID"]
    assert len(copy.pdf) - len(copied(*scan).pdf) < 3000


def stamped():
    """A page that is written all over but for its lower margin, with a faint stamp there."""
    picture, words = sheet(lines=LINES * 3, top=120)
    ImageDraw.Draw(picture).ellipse((640, 1040, 790, 1165), outline=(225, 140, 140), width=5)
    return picture, words


def full():
    picture, words = sheet(lines=LINES * 4, top=20)
    ImageDraw.Draw(picture).rectangle((30, 25, 800, 1145), outline=(20, 20, 20), width=3)
    return picture, words


@pytest.mark.parametrize(("page", "grows"), [(sheet, False), (stamped, False), (full, True)])
def test_the_code_covers_nothing_that_is_there(page, grows, tmp_path):
    picture, words = page()
    path = saved(picture, tmp_path / "scan.png")
    without, with_code = copied(path, reading(words)), copied(path, reading(words), code=CODE)
    heights = [float(np.diff(_box(each.pdf)[1::2])[0]) for each in (without, with_code)]
    assert heights[1] - heights[0] == pytest.approx(CODE.side if grows else 0, abs=0.1)
    before, after = (np.asarray(shown(each.pdf, tmp_path).convert("L"), int) for each in (without, with_code))
    changed = np.abs(after[: before.shape[0]] - before) > 60
    assert grows or changed.any()
    assert (before[changed] > 200).all()  # it was blank paper
    assert claims_on(saved(Image.fromarray(after.astype(np.uint8)), tmp_path / "print.png"), Limits())


def _box(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [float(each) for each in opened.pages[0].MediaBox]


rectangles = st.builds(
    lambda x, y, w, h: Rectangle(x, y, x + w, y + h),
    st.floats(-20, 600), st.floats(-20, 850), st.floats(0.5, 300), st.floats(0.5, 300),
)  # fmt: skip


@given(st.floats(10, 900), st.floats(10, 900), st.lists(rectangles, max_size=12))
def test_wherever_it_goes_it_overlaps_nothing_and_stays_on_the_page(width, height, taken):
    place = CODE.placed(width, height, taken)
    area = place.area
    if place.strip:
        assert (area.bottom, area.top) == (-place.strip, 0)
    else:
        assert area.bottom >= 0
        assert not any(area.overlaps(each) for each in taken)
        assert area.right - area.left >= CODE.side
    assert area.left >= 0
    assert area.right <= max(width, 0)
    assert area.top <= height


def test_a_page_of_a4_without_margins_for_it_keeps_its_width(tmp_path):
    picture, words = full()
    copy = copied(saved(picture, tmp_path / "scan.png"), reading(words), code=CODE)
    left, bottom, right, _ = _box(copy.pdf)
    assert (left, right) == (0, pytest.approx(A4[0] * 0.72, abs=0.01))
    assert bottom == pytest.approx(-CODE.side, abs=0.01)
