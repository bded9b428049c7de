import pytest

from pipeline.understand.lines import Passage, rows, tidy
from schemas.page import Box, Word
from tests.pipeline.understand.paper import reading


def word(text, confidence=0.96, x=0, line=0):
    return Word(text, confidence, Box(x, 0, 14 * len(text), 30), line)


@pytest.mark.parametrize(
    ("read", "left"),
    [
        (["huyện.Nam", "Đàn."], ["huyện", "Nam", "Đàn."]),
        (["ngày..15.tháng."], ["ngày", "15", "tháng."]),
        (["Số:195/2016"], ["Số:", "195/2016"]),
        (["Số", ":", "195/2016"], ["Số:", "195/2016"]),
        ([".__", "Nam", "`", "‘"], ["Nam"]),
        (["1990......"], ["1990"]),
        (["P.KTTH", "22.2.2016", "//", "2007", "-", "2020"], ["P.KTTH", "22.2.2016", "//", "2007", "-", "2020"]),
        (["Ỉ", "Y", "tế"], ["Y", "tế"]),
        (["06/QĐÐ-UBND", "ÐÔ"], ["06/QĐ-UBND", "ĐÔ"]),
    ],
)
def test_leaders_and_specks_are_not_words(read, left):
    assert [w.text for w in tidy([word(text) for text in read])] == left


def test_an_unsure_word_stays_when_it_is_one():
    assert [w.text for w in tidy([word("ngày", 0.0), word("eE;i", 0.0), word("An", 0.02)])] == ["ngày", "An"]


def test_words_that_were_run_together_share_their_box():
    first, second = tidy([word("huyện.Nam")])
    assert first.box.x == 0
    assert first.box.right <= second.box.x <= second.box.right <= 14 * 9 + 1


def test_two_columns_that_were_read_apart_make_one_row():
    page = reading(["Năm sinh: 1990", "Dân tộc: Thổ"])
    level = tuple(w._replace(box=w.box._replace(x=w.box.x + 600, y=152)) if w.line else w for w in page.words)
    assert [row.text for row in rows(page._replace(words=level))] == ["Năm sinh: 1990 Dân tộc: Thổ"]


def test_a_place_in_a_text_leads_back_to_its_words():
    passage = Passage((word("ngày"), word("22/2/2016", x=70), word("tại", x=210)), 1)
    assert [w.text for w in passage.cut(5, 14).words] == ["22/2/2016"]
    assert passage.cut(7, 16).text == "22/2/2016 tại"
    assert passage.cut(0, 0).box is None
