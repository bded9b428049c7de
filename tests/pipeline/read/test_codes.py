"""Codes on a page are decoded however the sheet lay, and what is no text of a paper is left alone."""

import cv2
import numpy as np
import pytest
import zxingcpp

from pipeline.prepare.pages import RawPage
from pipeline.read.codes import find_codes
from schemas.page import Page, Quality

CARD = "040095001234|186000111|Nguyễn Văn An|15011995|Nam|Khối 5, Hưng Bình, Vinh, Nghệ An|10052021"
DOSSIER = "H40.12-260331-0007"
WIDTH, HEIGHT = 1240, 1754
"""A sheet at 150 dpi."""
QR = zxingcpp.BarcodeFormat.QRCode
CODE_128 = zxingcpp.BarcodeFormat.Code128


def symbol(content, kind, width):
    barcode = zxingcpp.create_barcode(content, kind)
    sharp = np.asarray(zxingcpp.write_barcode_to_image(barcode, scale=8))
    return cv2.resize(sharp, (width, width if kind is QR else 90), interpolation=cv2.INTER_AREA)


def sheet(*symbols):
    """Return a sheet with symbols, each as (pixels, x, y), and some print."""
    pixels = np.full((HEIGHT, WIDTH), 245, np.uint8)
    for row in range(40):
        cv2.putText(pixels, "Noi thuong tru: Nghe An", (80, 60 + 40 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 30, 1)
    for code, x, y in symbols:
        pixels[y : y + code.shape[0], x : x + code.shape[1]] = np.minimum(code, 245)
    return pixels


def found(pixels, rotation=0, skew=0.0):
    height, width = pixels.shape[:2]
    quality = Quality(ink=0.1, sharpness=1, contrast=1)
    page = Page(
        number=1, rotation=rotation, skew_degrees=skew, width=width, height=height, blank=False, quality=quality
    )
    return find_codes(RawPage(1, pixels, 150, "decoded"), page)


@pytest.mark.parametrize("tilt", [-20, -3, 0, 4, 45])
def test_a_qr_code_is_decoded_however_the_sheet_lay(tilt):
    pixels = sheet((symbol(CARD, QR, 190), 700, 300))
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), tilt, 0.9)
    tilted = cv2.warpAffine(pixels, turn, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderValue=250)
    assert [(code.symbology, code.text) for code in found(tilted)] == [("qr", CARD)]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_code_stands_where_it_is_on_the_upright_page(rotation):
    upright = sheet((symbol(CARD, QR, 190), 700, 300))
    (code,) = found(np.rot90(upright, rotation // 90), rotation)
    middle = (code.box.x + code.box.w / 2, code.box.y + code.box.h / 2)
    assert middle == pytest.approx((795, 395), abs=6)


def test_colour_is_no_hindrance():
    pixels = cv2.cvtColor(sheet((symbol(CARD, QR, 190), 700, 300)), cv2.COLOR_GRAY2RGB)
    pixels = (pixels * np.array([0.85, 0.97, 0.9])).astype(np.uint8)
    assert [code.text for code in found(pixels)] == [CARD]


def test_a_code_with_two_pixels_a_module_is_decoded_after_a_closer_look():
    soft = cv2.GaussianBlur(sheet((symbol(CARD, QR, 114), 700, 300)), (0, 0), 0.75)
    noise = np.random.default_rng(7).normal(0, 4, soft.shape)
    assert [code.text for code in found(np.clip(soft + noise, 0, 255).astype(np.uint8))] == [CARD]


def test_bar_codes_are_decoded_and_codes_come_from_top_to_bottom():
    pixels = sheet((symbol(CARD, QR, 190), 700, 700), (symbol(DOSSIER, CODE_128, 620), 500, 100))
    assert [(code.symbology, code.text) for code in found(pixels)] == [("code128", DOSSIER), ("qr", CARD)]


def test_a_page_without_codes_has_none():
    assert found(sheet()) == ()


@pytest.mark.parametrize(
    "content",
    ["x" * 1001, b"\xff\xfe\x80 bytes", "a\x00b", "\u202egnp.exe", "   "],
    ids=["too long", "not UTF-8", "control letter", "turned round", "empty"],
)
def test_what_is_no_text_of_a_paper_is_left_out(content):
    assert found(sheet((symbol(content, QR, 700), 300, 300))) == ()


def test_only_so_many_codes_are_kept():
    many = [(symbol(f"code {n}", QR, 110), 60 + 200 * (n % 5), 60 + 200 * (n // 5)) for n in range(12)]
    assert len(found(sheet(*many))) == 8
