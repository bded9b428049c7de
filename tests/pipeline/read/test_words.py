"""Which words are kept, and in which order they are read."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.words import words_of
from pipeline.tools.tesseract import Token

HEIGHT = 24


def token(text, left=100, top=100, *, line=1, confidence=95.0, height=HEIGHT, width=None):
    return Token(1, 1, line, left, top, width or 12 * len(text), height, confidence, text)


def line_of(text, left, top, line):
    """Tokens of one line of print."""
    made = []
    for word in text.split():
        made.append(token(word, left, top, line=line))
        left += made[-1].width + 10
    return made


def texts(*lines):
    """Read lines given as (text, left, top)."""
    tokens = [one for number, (text, left, top) in enumerate(lines) for one in line_of(text, left, top, number)]
    words = words_of(tokens, 1.0)
    seen = {}
    for word in words:
        seen.setdefault(word.line, []).append(word.text)
    return [" ".join(line) for line in seen.values()]


def read(*tokens, scale=1.0):
    usual = [token(f"abcdef{number}", top=1000 + 40 * number, line=90 + number) for number in range(9)]
    return [word for word in words_of([*tokens, *usual], scale) if not word.text.startswith("abcdef")]


@pytest.mark.parametrize(
    ("crumb", "keys"),
    [
        ("'", {"confidence": 40}),
        ("|", {}),
        ("^~", {}),
        ("®", {"confidence": 90}),
        ("h", {"confidence": 60}),
        ("Ã", {"confidence": 30}),
        ("tt", {"confidence": 8}),
        ("Mjni", {"confidence": 10, "height": 100}),
        ("V", {"confidence": 92, "height": 90}),
        ("N", {"confidence": 93, "height": 5}),
        ("........", {"confidence": 95}),
        ("……", {"confidence": 95}),
        ("phai", {"confidence": 30}),
    ],
)
def test_crumbs_of_specks_stamps_and_leaders_are_dropped(crumb, keys):
    assert read(token(crumb, **keys)) == []


@pytest.mark.parametrize(
    ("word", "confidence"), [("Nữ", 60), ("6.132.000", 55), ("8", 50), ("ở", 90), ("12", 55), ("ỦY", 85), ("(kg", 60)]
)
def test_words_are_kept_even_when_unsure(word, confidence):
    assert [kept.text for kept in read(token(word, confidence=confidence))] == [word]


@pytest.mark.parametrize("unsure", ["05", "2529", "138/QĐ"])
def test_handwriting_within_a_printed_line_is_kept_however_unsure(unsure):
    kept = read(token("Số:", 100), token(unsure, 150, confidence=3), token("ngày", 260))
    assert [word.text for word in kept] == ["Số:", unsure, "ngày"]


def test_a_dash_that_begins_an_item_is_kept():
    assert [word.text for word in read(token("-", confidence=30, height=6), token("Lưu:", 130))] == ["-", "Lưu:"]


def test_dots_to_write_on_are_cut_from_the_word_before_them():
    assert [word.text for word in read(token("sinh:.........."))] == ["sinh:"]


def test_text_is_composed():
    assert read(token(unicodedata.normalize("NFD", "Nghệ")))[0].text == unicodedata.normalize("NFC", "Nghệ")


def test_boxes_are_pixels_of_the_page():
    (word,) = read(token("Nam", 80, 160, width=40, height=24), scale=0.5)
    assert word.box == (160, 320, 80, 48)
    assert word.confidence == pytest.approx(0.95)


def test_a_head_is_read_left_column_first():
    assert texts(
        ("ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI", 100, 100),
        ("XÃ NAM CÁT", 120, 140),
        ("Độc lập - Tự do", 600, 142),
        ("TRÍCH LỤC KHAI TỬ", 350, 300),
    )[0].startswith("ỦY BAN")
    assert texts(
        ("ỦY BAN NHÂN DÂN", 100, 100),
        ("CỘNG HÒA XÃ HỘI", 600, 100),
        ("XÃ NAM CÁT", 120, 140),
        ("Độc lập - Tự do", 610, 142),
        ("Số: 87/TLKT", 130, 180),
        ("TRÍCH LỤC KHAI TỬ", 350, 300),
    ) == [
        "ỦY BAN NHÂN DÂN", "XÃ NAM CÁT", "Số: 87/TLKT", "CỘNG HÒA XÃ HỘI", "Độc lập - Tự do", "TRÍCH LỤC KHAI TỬ",
    ]  # fmt: skip


def test_a_foot_is_read_left_column_first_even_out_of_step():
    assert texts(
        ("Nơi nhận:", 100, 100),
        ("KT. CHỦ TỊCH", 600, 112),
        ("- Như trên;", 100, 130),
        ("PHÓ CHỦ TỊCH", 600, 146),
        ("- Lưu: VT.", 100, 160),
    ) == ["Nơi nhận:", "- Như trên;", "- Lưu: VT.", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]


def test_fields_beside_each_other_are_read_row_by_row():
    assert texts(
        ("Giới tính: Nữ", 100, 100),
        ("Dân tộc: Kinh", 400, 100),
        ("Năm sinh: 1990", 100, 140),
        ("Quốc tịch: Việt Nam", 400, 140),
    ) == ["Giới tính: Nữ", "Dân tộc: Kinh", "Năm sinh: 1990", "Quốc tịch: Việt Nam"]


def test_a_wide_gap_parts_a_line():
    tokens = [*line_of("Nơi nhận:", 100, 100, 1), *line_of("CHỦ TỊCH", 700, 100, 1)]
    assert {word.line for word in words_of(tokens, 1.0)} == {0, 1}


@given(
    st.lists(
        st.builds(
            token,
            st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12),
            st.integers(0, 1500),
            st.integers(0, 2000),
            line=st.integers(1, 12),
            confidence=st.floats(0, 100),
            height=st.integers(1, 200),
        ),
        max_size=30,
    )
)
def test_words_are_never_made_up_and_lines_are_numbered_without_gaps(tokens):
    words = words_of(tokens, 0.8)
    assert len(words) <= len(tokens)
    assert sorted({word.line for word in words}) == list(range(len({word.line for word in words})))
    assert all(0 <= word.confidence <= 1 and word.text and word.box.w >= 1 and word.box.h >= 1 for word in words)


def test_nothing_read_is_no_words():
    assert words_of([], 1.0) == ()
