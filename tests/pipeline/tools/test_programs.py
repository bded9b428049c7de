"""The outside programs: there or said to be missing, bounded in time, and read as they write."""

import os

import cv2
import numpy as np
import pikepdf
import pytesseract
import pytest

from pipeline.tools import leptonica, poppler, tesseract
from schemas.problem import FILE_DAMAGED, PAGE_FAILED, TOOL_MISSING, ProblemError


def text_picture(*lines, size=(400, 900)):
    page = np.full(size, 255, np.uint8)
    for number, line in enumerate(lines):
        cv2.putText(page, line, (60, 80 + 60 * number), cv2.FONT_HERSHEY_COMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    return page


def test_the_tools_are_there_with_their_versions():
    found = [*tesseract.tools(), poppler.tool(), leptonica.tool()]
    assert all(tool.version and tool.package for tool in found)


def test_words_come_with_their_boxes_and_confidences():
    words = tesseract.recognise(text_picture("Nam 2025", "Trang 12"), segmentation=6, dpi=200, seconds=30)
    assert [word.text for word in words] == ["Nam", "2025", "Trang", "12"]
    assert all(word.confidence > 60 for word in words)
    assert words[0].left == pytest.approx(60, abs=6)
    assert words[0].line != words[2].line


def test_quotation_marks_do_not_swallow_the_lines_after_them():
    said = tesseract._tokens(
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
        "4\t1\t1\t1\t1\t0\t1\t1\t9\t9\t-1\t\n"
        '5\t1\t1\t1\t1\t1\t1\t2\t3\t4\t91.5\t"Bản\n'
        "5\t1\t1\t1\t1\t2\t1\t2\t3\t4\t95.0\t \n"
        "5\t1\t1\t1\t2\t1\t1\t2\t3\t4\t96.0\tsao\n"
    )
    assert [token.text for token in said] == ['"Bản', "sao"]


def test_an_empty_page_has_no_words():
    assert tesseract.recognise(np.full((300, 300), 255, np.uint8), segmentation=6, dpi=200, seconds=30) == []


def test_reading_that_takes_too_long_is_stopped():
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1500)).astype(np.uint8)
    with pytest.raises(ProblemError) as raised:
        tesseract.recognise(noise, segmentation=6, dpi=200, seconds=0.3)
    assert raised.value.kind is PAGE_FAILED


def test_reading_uses_one_thread(monkeypatch):
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    tesseract.recognise(text_picture("1"), segmentation=6, dpi=200, seconds=30)
    assert os.environ["OMP_THREAD_LIMIT"] == "1"


@pytest.fixture
def without_tesseract(monkeypatch):
    tesseract._said.cache_clear()
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-tesseract")
    yield
    tesseract._said.cache_clear()


@pytest.mark.usefixtures("without_tesseract")
def test_missing_tesseract_is_said_with_its_package():
    with pytest.raises(ProblemError) as raised:
        tesseract.recognise(text_picture("1"), segmentation=6, dpi=200, seconds=30)
    assert raised.value.kind is TOOL_MISSING
    assert tesseract.PACKAGE in raised.value.problem.detail
    assert [tool.version for tool in tesseract.tools()] == [None, None, None]


def test_a_missing_language_is_said_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    tesseract._said.cache_clear()
    with pytest.raises(ProblemError) as raised:
        tesseract.recognise(text_picture("1"), segmentation=6, dpi=200, seconds=30)
    tesseract._said.cache_clear()
    assert raised.value.kind is TOOL_MISSING
    assert tesseract.LANGUAGE_PACKAGE in raised.value.problem.detail


def test_a_page_is_drawn_with_its_crop_box_and_its_turn(tmp_path):
    path = tmp_path / "page.pdf"
    with pikepdf.new() as pdf:
        for _ in range(2):
            pdf.add_blank_page(page_size=(200, 300))
        pdf.pages[1].CropBox = [0, 0, 144, 72]
        pdf.pages[1].Rotate = 90
        pdf.pages[1].Contents = pdf.make_stream(b"1 0 0 rg 0 0 72 36 re f")
        pdf.save(path)
    drawn = poppler.rasterise(path, 2, dpi=100, seconds=30)
    assert drawn.shape == (200, 100, 3)
    assert tuple(drawn[50, 25]) == (255, 0, 0)
    assert tuple(drawn[150, 75]) == (255, 255, 255)


def test_what_poppler_cannot_open_is_damaged(tmp_path):
    path = tmp_path / "page.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(ProblemError) as raised:
        poppler.rasterise(path, 1, dpi=100, seconds=30)
    assert raised.value.kind is FILE_DAMAGED


def test_missing_poppler_is_said_with_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProblemError) as raised:
        poppler.rasterise(tmp_path / "page.pdf", 1, dpi=100, seconds=30)
    assert raised.value.kind is TOOL_MISSING
    assert poppler.PACKAGE in raised.value.problem.detail
    assert poppler.tool().version is None


@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.05, 0.2])
def test_the_sweep_finds_the_slope_of_lines(slope):
    ink = np.zeros((1200, 1000), np.uint8)
    x = np.arange(60, 940)
    for row in range(300, 900, 40):
        y = (row - slope * (x - 500)).astype(int)
        for thickness in range(8):
            ink[y + thickness, x] = 255
    assert leptonica.skew(ink, 15).degrees == pytest.approx(np.degrees(np.arctan(slope)), abs=0.05)


def test_the_sweep_finds_nothing_on_an_empty_page():
    assert leptonica.skew(np.zeros((800, 600), np.uint8), 15) == (0.0, 0.0)
