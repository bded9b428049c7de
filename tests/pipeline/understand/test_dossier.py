"""Separator sheets and receipts say which dossier the pages after them belong to."""

import pytest

from pipeline.understand.dossier import is_separator, separator_code
from schemas.page import Box, Code, PageReading
from tests.pipeline.understand.paper import BIRTH, reading, spoiled

CODE = "H40.12-260331-0007"
OLD_CODE = "000.00.04.H40-230414-0002"


def separator(*lines, codes=(), title="TỜ PHÂN CÁCH HỒ SƠ"):
    return PageReading(*reading((title, *lines))[:2], codes=tuple(Code("qr", c, Box(9, 9, 99, 99)) for c in codes))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"Mã hồ sơ: {CODE}", CODE),
        (f"Mã hồ sơ: {OLD_CODE}", OLD_CODE),
        ("Mã hồ sơ: H40.12 - 260331 - 0007", CODE),
        ("Mã hồ sơ: H40.12–260331–0007", CODE),
        ("Mã hồ sơ: G01.899.108-260331-000123", "G01.899.108-260331-000123"),
    ],
)
def test_a_printed_code_is_found_behind_its_label(line, code):
    assert separator_code(separator(line)) == code


@pytest.mark.parametrize(
    "title", ["PHIẾU PHÂN CÁCH HỒ SƠ", "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "PHIẾU KIỂM SOÁT QUÁ TRÌNH"]
)
def test_receipts_and_control_sheets_separate_as_well(title):
    assert separator_code(separator(f"Mã hồ sơ: {CODE}", title=title)) == CODE


@pytest.mark.parametrize("payload", [CODE, f"{CODE}|1.001193|040095001234", f"https://dichvucong.example/?ma={CODE}"])
def test_a_qr_code_is_read_whatever_stands_around_the_code(payload):
    assert separator_code(separator("Xã Lượng Minh", codes=[payload])) == CODE


def test_a_page_that_is_almost_nothing_but_the_code_needs_no_title():
    assert separator_code(separator(codes=[CODE], title="HỒ SƠ")) == CODE


def test_two_sources_that_contradict_each_other_are_not_believed():
    page = separator("Mã hồ sơ: H40.12-260331-0008", codes=[CODE])
    assert is_separator(page)
    assert separator_code(page) is None


def test_a_printed_code_that_is_not_sure_is_not_believed_but_its_qr_code_is():
    unsure = spoiled(separator(f"Mã hồ sơ: {CODE}"), CODE, 0.8)
    assert separator_code(unsure) is None
    assert separator_code(unsure._replace(codes=separator(codes=[CODE]).codes)) == CODE


@pytest.mark.parametrize(
    "text", ["H40.12-261331-0007", "XH40.12-260331-0007", "H40.12-260331-0007-KQ1", "H40.12-260331"]
)
def test_what_only_looks_like_a_code_is_none(text):
    assert separator_code(separator(f"Mã hồ sơ: {text}", codes=[text])) is None


def test_other_papers_do_not_separate_even_if_they_mention_a_dossier():
    paper = reading((*BIRTH, f"Mã hồ sơ: {CODE}"))
    assert not is_separator(paper)
    assert separator_code(paper) is None
    assert separator_code(PageReading(*paper[:2], codes=(Code("qr", CODE, Box(9, 9, 99, 99)),))) is None
