"""Only what check digits confirm is let through; what is lost otherwise is not guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.read.mrz import check_digit, first_line, name_line, second_line, with_mrz
from schemas.page import Box, Code, Page, PageReading, Quality, Word

FIRST = "IDVNM0950012340040095001234<<2"
SECOND = "9501153M3501151VNM<<<<<<<<<<<8"
NAME = "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"


def test_check_digits_are_those_of_icao_doc_9303():
    assert check_digit("520727") == "3"
    assert check_digit("D23145890734") == "9"


@pytest.mark.parametrize(
    "read",
    [
        FIRST,
        "1DVNM0950012340040095001234<<2",
        "TDVNM0950012340040095001234KK2",
        "I1DVNM0950012340040095001234<<2",
        "IDVNMO950O1234OO4OO95OO1Z34<<2",
        "IDVNM00950012340040095001234<<2",
        FIRST + "<K",
    ],
)
def test_a_first_line_with_letters_misread_is_settled_by_its_check_digits(read):
    assert first_line(read) == FIRST


@pytest.mark.parametrize("read", [SECOND, "95O1I53M35OII5IVNM<<K<KKKKKK<8", "I" + SECOND, SECOND[:-1]])
def test_a_second_line_with_letters_misread_is_settled_by_its_check_digits(read):
    assert second_line(read).rstrip("<") == SECOND[:-1].rstrip("<")


@given(st.integers(5, 29), st.sampled_from("0123456789"))
def test_a_digit_misread_is_never_let_through(at, digit):
    wrong = FIRST[:at] + digit + FIRST[at + 1 :]
    assert first_line(wrong) in {None, FIRST}


@given(st.sampled_from([*range(7), *range(8, 15)]), st.sampled_from("0123456789"))
def test_a_day_misread_is_never_let_through(at, digit):
    wrong = SECOND[:at] + digit + SECOND[at + 1 :]
    assert (second_line(wrong) or SECOND)[:15] == SECOND[:15]


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", max_size=40))
def test_any_letters_are_a_line_or_none(text):
    assert all(line is None or len(line) == 30 for line in (first_line(text), second_line(text), name_line(text)))


def test_fillers_taken_for_letters_are_no_part_of_the_name():
    assert name_line("NGUYEN<<VAN<AN<<K<KKCKKE<KSK") == NAME
    assert name_line("<<<<<<") is None


def page(*words):
    quality = Quality(ink=0.1, sharpness=1, contrast=1)
    about = Page(number=1, rotation=0, skew_degrees=0, width=900, height=900, blank=False, quality=quality)
    placed = (Word(text, 0.5, Box(100, 100 * line, 300, 40), line) for line, text in enumerate(words))
    return PageReading(about, tuple(placed))


def test_a_whole_zone_takes_the_place_of_what_was_read_there_first():
    zone = Code("mrz", f"{FIRST}\n{SECOND}\n{NAME}", Box(80, 100, 400, 250))
    better = with_mrz(page("above", "TDVNM6950<<", "9501<<", "NGUYEN<<", "below"), zone)
    assert better.text.split("\n") == ["above", FIRST, SECOND, NAME, "below"]
    assert better.codes == (zone,)
    assert [word.line for word in better.words] == [0, 1, 2, 3, 4]


def test_a_part_of_a_zone_leaves_the_words_alone():
    first = page("TDVNM6950<<", "9501<<", "NGUYEN<<")
    zone = Code("mrz", FIRST, Box(80, 0, 400, 250))
    assert with_mrz(first, zone) == first._replace(codes=(zone,))
