import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.folding import folded, holds_words


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Hòa Bình", "Hoà Bình"),
        ("HOÀ  BÌNH", "hoa binh"),
        ("Đặng Thị Thúy", "dang thi thuý"),
        ("12/QĐ-UBND", "12 qd ubnd"),
        (unicodedata.normalize("NFD", "Nguyễn Văn Ước"), "NGUYEN VAN UOC"),
    ],
)
def test_marks_and_where_they_stand_make_no_difference(text, same):
    assert folded(text) == folded(same)


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "words", "holds"),
    [
        ("Đăng ký kết hôn với ông Trần Văn B", "kết hôn", True),
        ("để làm thủ tục vay vốn", "kết hôn", False),
        ("kết hônn", "kết hôn", False),
        ("", "kết hôn", False),
    ],
)
def test_words_are_found_whole(text, words, holds):
    assert holds_words(text, words) == holds
