"""A file that holds several papers is split where a new one begins, and nowhere else."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understand import understand
from pipeline.understand.split import split
from schemas.document_type import document_types
from schemas.page import Box, Code
from tests.pipeline.understand.paper import BIRTH, HEADER, LETTER_PAGE, reading, replaced
from tests.pipeline.understand.test_types import CARD, DEATH, MARRIAGE, MERIT

CODE = "H40.12-260331-0007"
SEPARATOR = ("TỜ PHÂN CÁCH HỒ SƠ", f"Mã hồ sơ: {CODE}")
BLANK = ()
SECOND_PAGE = ("@800 2", "hướng dẫn tổ chức, cá nhân nộp hồ sơ trực tuyến theo quy định;", *LETTER_PAGE[11:])
UNNUMBERED_SECOND_PAGE = ("hướng dẫn tổ chức, cá nhân nộp hồ sơ trực tuyến theo quy định;", *LETTER_PAGE[11:])
LETTER_WITHOUT_END = LETTER_PAGE[:11]
ANNEX = ("@760 PHỤ LỤC", "@400 (Kèm theo Tờ trình số 2529/TTr-SNV ngày 12 tháng 6 năm 2023)", "Danh sách 12 xã")
APPLICATION = (*HEADER, "", "@560 TỜ KHAI ĐĂNG KÝ KHAI SINH", "Kính gửi: Ủy ban nhân dân xã Lượng Minh")
CARD_BACK = (
    "Đặc điểm nhận dạng / Personal identification:",
    "Nốt ruồi C: 0,5cm trên sau cánh mũi phải",
    "Nơi đăng ký khai sinh / Place of birth registration: Thọ Hợp",
    "Có giá trị đến / Date of expiry: 02/12/2026",
)


def file_of(*pages):
    return [reading(lines, number=number) for number, lines in enumerate(pages, start=1)]


def papers(*pages):
    return [tuple(each.page.number for each in stack.readings) for stack in split(file_of(*pages), document_types())]


def reasons(*pages):
    return list(chain.from_iterable(stack.reasons for stack in split(file_of(*pages), document_types())))


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ((BIRTH,), [(1,)]),
        ((BIRTH, BIRTH), [(1,), (2,)]),
        ((BIRTH, DEATH, MARRIAGE), [(1,), (2,), (3,)]),
        ((APPLICATION, CARD, CARD_BACK, BIRTH), [(1,), (2, 3), (4,)]),
        ((LETTER_PAGE, BIRTH, MERIT), [(1,), (2,), (3,)]),
        ((LETTER_WITHOUT_END, SECOND_PAGE, LETTER_PAGE), [(1, 2), (3,)]),
        ((LETTER_WITHOUT_END, UNNUMBERED_SECOND_PAGE), [(1, 2)]),
        ((LETTER_PAGE, ANNEX, BIRTH), [(1, 2), (3,)]),
        ((BIRTH, BLANK, DEATH, BLANK), [(1, 2), (3, 4)]),
        ((BLANK, BIRTH), [(1, 2)]),
    ],
)
def test_a_new_paper_begins_with_a_title_or_a_letterhead(pages, found):
    assert papers(*pages) == found
    assert reasons(*pages) == []


def test_separators_belong_to_no_paper_and_are_named():
    first, second = split(file_of(BIRTH, SEPARATOR, BLANK, DEATH, BLANK), document_types())
    assert (first.separators, first.dossier_code) == ((), None)
    assert [each.page.number for each in second.readings] == [4, 5]
    assert (second.separators, second.dossier_code) == ((2, 3), CODE)


def test_all_papers_behind_a_separator_belong_to_its_dossier():
    codes = [stack.dossier_code for stack in split(file_of(SEPARATOR, BIRTH, DEATH), document_types())]
    assert codes == [CODE, CODE]


def test_what_lies_behind_a_separator_is_a_new_paper_whatever_it_looks_like():
    assert papers(LETTER_WITHOUT_END, SEPARATOR, SECOND_PAGE) == [(1,), (3,)]


def test_a_separator_behind_the_last_paper_is_named_with_it():
    (only,) = split(file_of(BIRTH, SEPARATOR), document_types())
    assert (only.separators, only.dossier_code) == ((2,), None)


def test_a_code_that_cannot_be_read_is_asked_for_and_not_taken_from_the_separator_before():
    unreadable = (SEPARATOR[0], "Mã hồ sơ:")
    first, second = split(file_of(SEPARATOR, BIRTH, unreadable, DEATH), document_types())
    assert (first.dossier_code, first.reasons) == (CODE, ())
    assert (second.dossier_code, second.reasons) == (None, ("unread:dossier_code",))


def test_two_codes_on_one_separator_are_as_bad_as_none():
    page = reading(SEPARATOR)._replace(codes=(Code("qr", "H40.12-260331-0008", Box(9, 9, 99, 99)),))
    (only,) = split([page, reading(BIRTH, number=2)], document_types())
    assert only.reasons == ("unread:dossier_code",)


def test_a_letter_that_speaks_of_receipts_is_no_separator():
    lines = replaced(LETTER_PAGE, "cá nhân nộp hồ sơ", "cá nhân có Giấy tiếp nhận hồ sơ và hẹn trả kết quả nộp hồ sơ")
    assert papers(lines) == [(1,)]


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ((BIRTH, ("Xác nhận của Ủy ban nhân dân xã", "về việc thay đổi họ tên")), [(1, 2)]),
        ((LETTER_PAGE, ("Danh mục giấy tờ", "Gồm có 12 loại")), [(1, 2)]),
        ((LETTER_WITHOUT_END, ("@800 3", "- Cán bộ, công chức", "Nơi nhận:")), [(1, 2)]),
        ((LETTER_WITHOUT_END, ("@800 2", *APPLICATION)), [(1,), (2,)]),
        ((BIRTH, HEADER), [(1,), (2,)]),
    ],
)
def test_where_a_page_belongs_is_asked_when_its_signs_are_missing_or_contradict_each_other(pages, found):
    assert papers(*pages) == found
    assert "unsure:pages" in reasons(*pages)


def test_a_form_in_an_annex_stays_with_its_letter_and_is_asked_about():
    pages = (LETTER_PAGE, ("@760 PHỤ LỤC", *APPLICATION))
    assert papers(*pages) == [(1, 2)]
    assert reasons(*pages) == ["unsure:pages"]


def test_each_paper_is_understood_by_itself():
    documents = understand(file_of(LETTER_WITHOUT_END, SECOND_PAGE, SEPARATOR, BIRTH), document_types())
    assert [(each.document_type, each.pages) for each in documents] == [
        ("administrative_document", (1, 2)),
        ("birth_certificate", (4,)),
    ]
    assert documents[0].fields["signer_name"].page == 2
    assert documents[1].fields["full_name"].page == 4
    assert (documents[1].separators, documents[1].dossier_code) == ((3,), CODE)


@pytest.mark.parametrize("pages", [(), (BLANK,), (SEPARATOR, BLANK), (BLANK, SEPARATOR)])
def test_blank_pages_and_separators_alone_are_no_paper(pages):
    assert understand(file_of(*pages), document_types()) == ()


PAGES = st.sampled_from([BIRTH, DEATH, CARD, CARD_BACK, LETTER_WITHOUT_END, SECOND_PAGE, ANNEX, BLANK, SEPARATOR])


@given(st.lists(PAGES, max_size=7))
def test_no_page_is_lost_or_doubled(pages):
    stacks = split(file_of(*pages), document_types())
    held = [each.page.number for stack in stacks for each in stack.readings]
    named = [number for stack in stacks for number in stack.separators]
    if stacks:
        assert sorted(held + named) == list(range(1, len(pages) + 1))
    assert held == sorted(held)
