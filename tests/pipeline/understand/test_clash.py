"""Two readings that differ, of which only one can be right."""

import pytest

from pipeline.understand.clash import settle
from pipeline.understand.lines import Passage
from pipeline.understand.values import read_value
from schemas.page import Box, Word


def read(kind, text):
    words = [Word(part, 0.9, Box(20 * i, 0, 18, 20), 0) for i, part in enumerate(text.split())]
    return read_value(kind, Passage(tuple(words), 1))


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("person_name", "NGUYỄN VĂN MÒN", "NGUYÊN VĂN MÒN"),
        ("person_name", "Đinh Văn Mòn", "Định Văn Mòn"),
        ("person_name", "Vi Thị Chi", "Vi Thị Chỉ"),
        ("person_name", "Kha Y Lả", "Kha Y Lảä"),
        ("date", "03 tháng 12 năm 2025", "03 tháng 2 năm 2025"),
        ("date", "17/06/1976", "7/06/1976"),
        ("number", "1567/TTr-UBND", "1567/TIr-UBND"),
        ("number", "48/TLKT-BS", "48/TLKTI-BS"),
        ("text", "số hóa sổ hộ tịch", "số hóa số hộ tịch"),
        (
            "place",
            "Đội 6, xã Tường Sơn, huyện Anh Sơn, tỉnh Nghệ An",
            "Đội ó, xã Tường Sơn, huyện Anh Sơn, tỉnh Nghệ An",
        ),
        ("place", "Xã Tri Lễ, huyện Quế Phong, tỉnh Nghệ An", "Xã Tri Lễ, huyện Quế Phcng, tỉnh Nghệ An"),
    ],
)
def test_the_one_that_can_be_printed_is_right_whichever_was_first(kind, right, wrong):
    one, other = read(kind, right), read(kind, wrong)
    assert settle(kind, one, other) is one
    assert settle(kind, other, one) is one


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("person_name", "Vi Văn Nhung", "Vi Văn Hùng"),  # there are both
        ("person_name", "Định Văn Mòn", "Đính Văn Mòn"),  # there is neither
        ("person_name", "VỪ Y ĐỘ", "VỪ Y DỢ"),  # two letters of one word: it is `DỞ`
        ("person_name", "VI LẢ", "VIY LẢ"),  # may be `VI Y LẢ`
        ("person_name", "Văn Mòn", "Vo Văn Mòn"),  # one of them lost a word
        ("date", "06 tháng 11 năm 2024", "08 tháng 1 năm 2024"),
        ("date", "17/10/1985", "07/10/1985"),
        ("number", "1754/QĐ-UBND", "175/QĐ-UBND"),
        ("number", "1980/UBND-NC", "1980/UBND-NG"),
        ("text", "xóa nhà tạm", "xóa nhà tám"),
        ("text", "số hóa sổ hộ tịch lịch sủ", "số hóa số hộ tịch lịch sử"),  # each has one word right
        (
            "place",
            "Bản Huôi Mới, xã Châu Bính, huyện Quỳ Châu, tỉnh Nghệ An",
            "Bản Huồi Mới, xã Châu Bính, huyện Quy Châu, tỉnh Nghệ An",  # no list has the hamlets
        ),
        ("place", "Bản Bà Xắng, tỉnh Nghệ An", "Bản Bà Xăng, tỉnh Nghệ An"),
        ("place", "Xóm 11, tỉnh Nghệ An", "Xóm 1, tỉnh Nghệ An"),
        ("personal_id", "189365505", "189365905"),
    ],
)
def test_where_both_can_be_printed_or_neither_a_person_decides(kind, one, other):
    assert settle(kind, read(kind, one), read(kind, other)) is None
    assert settle(kind, read(kind, other), read(kind, one)) is None
