"""What is read a second time, and what that is worth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.understand import understand
from schemas.document_type import document_types
from schemas.page import Box, Word
from tests.pipeline.understand.paper import BIRTH, LETTER_PAGE, reading, replaced, spoiled


def read(page, opinions=None):
    (document,) = understand([page], document_types(), opinions or {})
    return document


def said(text, confidence=0.92):
    """Words as a second reading gives them."""
    return tuple(Word(part, confidence, Box(400 + 90 * n, 300, 80, 30), 0) for n, part in enumerate(text.split()))


def read_twice(page, text, confidence=0.92):
    """Understand a page with one doubt, about which a second reading says *text*."""
    (spot,) = read(page).doubts
    return read(page, {spot: said(text, confidence)})


def failed(field):
    return [check.name for check in field.checks if not check.passed]


NUMBER_UNSURE = spoiled(reading(BIRTH), "195/2016", 0.90)
NAME_UNSURE = spoiled(reading(BIRTH), "MÒN", 0.86)


def test_what_is_sure_is_not_asked_again():
    assert read(reading(BIRTH)).doubts == ()


def test_what_is_not_accepted_is_asked_again_where_it_stands():
    document = read(NUMBER_UNSURE)
    (spot,) = document.doubts
    field = document.fields["number"]
    assert not field.accepted
    assert (spot.page, spot.lines) == (field.page, (field.box,))


def test_each_line_of_a_value_is_asked_for_by_itself():
    (spot,) = read(spoiled(reading(BIRTH), "Nghệ", 0.3)).doubts[-1:]
    assert len(spot.lines) == 2
    assert spot.lines[0].y < spot.lines[1].y


def test_digits_are_read_from_the_scan_as_it_is_and_words_from_the_cleaned_one():
    assert [spot.as_scanned for page in (NUMBER_UNSURE, NAME_UNSURE) for spot in read(page).doubts] == [True, False]


@pytest.mark.parametrize(
    ("page", "name", "text"), [(NUMBER_UNSURE, "number", "195/2016"), (NAME_UNSURE, "father_full_name", "HÀ VĂN MÒN")]
)
def test_what_both_readings_say_is_accepted(page, name, text):
    field = read_twice(page, text).fields[name]
    assert field.accepted
    assert field.value == text
    assert ("read_again", True, text) in [(check.name, check.passed, check.detail) for check in field.checks]


@pytest.mark.parametrize(
    ("first", "second"),
    [(0.20, 0.99), (0.90, 0.20), (0.60, 0.60)],
    ids=["the first hardly read", "the second hardly read", "neither sure"],
)
def test_agreement_needs_some_confidence_of_both(first, second):
    field = read_twice(spoiled(reading(BIRTH), "195/2016", first), "195/2016", second).fields["number"]
    assert failed(field) == []
    assert not field.accepted


def test_a_second_reading_that_differs_leaves_the_first_and_a_person_looks():
    field = read_twice(NUMBER_UNSURE, "135/2016").fields["number"]
    assert (field.value, field.accepted, failed(field)) == ("195/2016", False, ["read_again"])
    assert [check.detail for check in field.checks if check.name == "read_again"] == ["135/2016"]


@pytest.mark.parametrize("nothing", ["", "....", "Ngày"])
def test_a_second_reading_without_a_value_changes_nothing(nothing):
    assert read_twice(NUMBER_UNSURE, nothing).fields == read(NUMBER_UNSURE).fields


def test_a_sound_second_reading_takes_the_place_of_one_that_is_no_value():
    page = reading(replaced(BIRTH, "đăng ký: 23/3/2016", "đăng ký: 2?/3/2016"))
    before, after = read(page), read_twice(page, "23/3/2016")
    assert before.fields["registration_date"].value is None
    field = after.fields["registration_date"]
    assert (field.value, field.raw_text) == ("2016-03-23", "2?/3/2016")
    assert failed(field) == ["read_again"]
    assert not field.accepted


@pytest.mark.parametrize(
    ("first", "second", "accepted"),
    [
        ("2Š/3/2016", "25/3/2016", True),
        ("II/3/2016", "11/3/2016", True),
        ("II/3/2016", "1]/3/2016", False),  # neither says it in figures
        ("II/3/2016", "14/3/2016", False),
    ],
)
def test_a_figure_that_looks_like_a_letter_is_that_figure_when_the_other_reading_says_so(first, second, accepted):
    page = reading(replaced(BIRTH, "đăng ký: 23/3/2016", f"đăng ký: {first}"))
    assert not read(page).fields["registration_date"].accepted
    assert read_twice(page, second).fields["registration_date"].accepted is accepted


@pytest.mark.parametrize(("confidence", "accepted"), [(0.55, True), (0.45, False)])
def test_a_name_is_accepted_where_only_one_of_two_readings_is_a_name(confidence, accepted):
    page = spoiled(reading(replaced(BIRTH, "HÀ VĂN MÒN", "HÀ VẪN MÒN")), "VẪN", 0.9)
    field = read_twice(page, "HÀ VĂN MÒN", confidence).fields["father_full_name"]
    assert (field.value, field.accepted, failed(field)) == ("HÀ VĂN MÒN", accepted, [])
    assert [check.detail for check in field.checks if check.name == "settled"] == ["HÀ VẪN MÒN"]


@pytest.mark.parametrize(("confidence", "value"), [(0.95, "196/2016"), (0.70, "195/2016")])
def test_a_weak_first_reading_gives_way_to_a_sure_second_one(confidence, value):
    field = read_twice(spoiled(reading(BIRTH), "195/2016", 0.4), "196/2016", confidence).fields["number"]
    assert (field.value, field.accepted) == (value, False)


@pytest.mark.parametrize(("confidence", "accepted"), [(0.92, True), (0.80, False)])
def test_a_mark_that_may_have_been_lost_is_there_when_both_readings_are_sure(confidence, accepted):
    """`HIÊN` may be `HIỀN`: capitals lose their marks, but not in the same way twice."""
    page = reading(replaced(BIRTH, "HÀ VĂN MÒN", "HÀ VĂN HIÊN"))
    assert read_twice(page, "HÀ VĂN HIÊN", confidence).fields["father_full_name"].accepted is accepted


def test_free_text_is_asked_again_even_where_it_was_accepted():
    """`chuyến` or `chuyển`: neither a shape nor a lexicon tells, so the second reading does."""
    page = reading(replaced(replaced(LETTER_PAGE, " giai đoạn", ""), "@750 2007 - 2020", ""))
    document = read(page)
    assert document.fields["abstract"].accepted
    (spot,) = document.doubts
    same, other = (read(page, {spot: said(f"Về việc rà soát, làm sạch dữ liệu {word} tịch")}) for word in ("hộ", "hệ"))
    assert same.fields["abstract"].accepted
    assert not other.fields["abstract"].accepted


@pytest.mark.parametrize(("text", "accepted"), [("186396023", True), ("1186396023", False), ("", False)])
def test_a_number_of_nine_digits_is_accepted_when_both_readings_have_nine(text, accepted):
    """The identity card before 2012; or twelve digits of which three were lost."""
    page = reading(replaced(BIRTH, "cá nhân: 040316112233", "cá nhân: 186396023"))
    assert read_twice(page, text, 0.96).fields["personal_id"].accepted is accepted


def test_a_second_reading_never_makes_a_name_usual():
    page = reading(replaced(BIRTH, "HÀ VĂN MÒN", "HỘ VĂN MÒN"))
    field = read_twice(page, "HỘ VĂN MÒN", 0.97).fields["father_full_name"]
    assert (field.accepted, failed(field)) == (False, ["usual_name"])


@settings(max_examples=20, deadline=None)
@given(
    text=st.from_regex(r"[0-9]{1,4}/20[0-9]{2}", fullmatch=True),
    first=st.floats(0.2, 0.94),
    second=st.floats(0, 1),
)
def test_nothing_is_accepted_that_was_read_in_two_ways(text, first, second):
    page = spoiled(reading(BIRTH), "195/2016", first)
    field = read_twice(page, text, second).fields["number"]
    assert field.value in {"195/2016", text}
    assert text == "195/2016" or not field.accepted


def test_a_number_before_which_something_else_stands_is_not_confirmed_by_what_is_cut_out_of_it():
    page = reading(replaced(BIRTH, "Số: 195/2016", "Số: Quỳnh Vinh, ngày 20 tháng 4 năm 2021"))
    document = read(page)
    [spot] = [spot for spot in document.doubts if any(box.y < 300 for box in spot.lines)]
    field = read(page, {spot: said("20", 0.98)}).fields["number"]
    assert (field.accepted, failed(field)) == (False, ["number_alone"])


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ("HÀ ĐÚC THẮNG", "HÀ ĐỨC THĂNG", "HÀ ĐỨC THĂNG"),  # both are names; the second is as sure of it
        ("HÀ VĂN TẺNH", "HÀ VẪN TỂNH", "HÀ VĂN TỂNH"),
        ("HÀ VĂN TẺNH", "HÀ TẾNH", "HÀ VĂN TẺNH"),
    ],
)
def test_of_two_names_that_differ_a_person_is_shown_the_likelier_words(first, second, value):
    page = reading(replaced(BIRTH, "HÀ VĂN MÒN", first), confidence=0.89)
    spot = next(s for s in read(page).doubts if s.lines == (read(page).fields["father_full_name"].box,))
    field = read(page, {spot: said(second)}).fields["father_full_name"]
    assert (field.value, field.accepted) == (value, False)
    assert "read_again" in failed(field)


@pytest.mark.parametrize(
    ("old", "first", "second", "name", "accepted"),
    [
        (
            "Vinh, tỉnh",
            "Vinh, tĩnh",
            "Bệnh viện Sản Nhi Nghệ An, thành phố Vinh, tình Nghệ An",
            "place_of_birth",
            True,
        ),  # there is but one
        ("Giới tính: Nữ", "Giới tính: Nử", "Nứ", "sex", True),
        (
            "Quê quán: Xã Lượng",
            "Quê quán: Xã Lương",
            "Xã Lương Minh, huyện Tương Dương, tỉnh Nghệ An",
            "place_of_origin",
            False,
        ),
    ],
)
def test_two_readings_that_both_misread_the_marks_of_one_of_a_few_outweigh_them(old, first, second, name, accepted):
    page = reading(replaced(BIRTH, old, first))
    assert not read(page).fields[name].accepted
    assert read_twice(page, second).fields[name].accepted is accepted


def test_usual_words_of_a_text_are_proposed_as_they_always_are_and_a_person_looks():
    page = reading(
        replaced(
            replaced(LETTER_PAGE, "làm sạch dữ liệu hộ tịch giai đoạn", "làm sạch dũ liệu"), "@750 2007 - 2020", ""
        )
    )
    field = read(page).fields["abstract"]
    assert field.value.endswith("làm sạch dữ liệu")
    assert (field.accepted, "usual_words" in failed(field)) == (False, True)
