from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understand.lines import Passage
from pipeline.understand.values import ETHNIC_GROUPS, as_usual, member, partial_date, read_value
from schemas.document_type import ValueKind
from schemas.page import Box, Word


def passage(text):
    words = [Word(part, 0.96, Box(20 * i, 0, 18, 20), 0) for i, part in enumerate(text.split())]
    return Passage(tuple(words), 1)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "22/2/2016", "2016-02-22"),
        ("date", "ngày 03 tháng 4 năm 2023", "2023-04-03"),
        ("date", "03 tháng 09 năm 1993", "1993-09-03"),
        ("date", "09.01.1995", "1995-01-09"),
        ("date", "01-01-1966", "1966-01-01"),
        ("date", "ngày 26tháng 7 năm 2020", "2020-07-26"),
        ("date", "18 giờ 08 phút, ngày 09 tháng 8 năm 2025", "2025-08-09"),
        ("date", "20 ngày 05 tháng 8 năm 2021", "2021-08-05"),
        ("date", "30/2/2016", None),
        ("date", "ngày 0P tháng 02 năm 2025", None),
        ("date", "ngày … tháng 02 năm 2025", None),
        ("date", "1934", None),
        ("year", "1990", "1990"),
        ("year", "ngày 01 tháng 5 năm 1992", "1992"),
        ("year", "15/3/1984", "1984"),
        ("year", "199", None),
        ("sex", "Nữ", "nữ"),
        ("sex", "NAM", "nam"),
        ("sex", "Nử", "nữ"),
        ("sex", "Na", None),
        ("ethnicity", "Khơ Mú", "Khơ Mú"),
        ("ethnicity", "KINH", "Kinh"),
        ("ethnicity", "Thai", "Thái"),
        ("nationality", "Viêt Nam", "Việt Nam"),
        ("nationality", "Việt Nam.", "Việt Nam"),
        ("personal_id", "040316112233", "040316112233"),
        ("personal_id", "0403 1611 2233", "040316112233"),
        ("personal_id", "Căn cước công dân số 040302144791, cấp ngày 17/2/2020", "040302144791"),
        ("personal_id", "Chứng minh nhân dân số 189220863", "189220863"),
        ("personal_id", "O40316112233", None),
        ("personal_id", "0403161122", None),
        ("number", "195/2016", "195/2016"),
        ("number", "2529 /TTr-SNV", "2529/TTr-SNV"),
        ("number", "851/QĐ-CĐKTKT-CTHSSV", "851/QĐ-CĐKTKT-CTHSSV"),
        ("number", "45/2020/NĐ-CP", "45/2020/NĐ-CP"),
        ("number", "87/TLKS-BS", "87/TLKS-BS"),
        ("number", "1833/PV06-LLTP", "1833/PV06-LLTP"),
        ("number", "04/QĐ-BCĐ138", "04/QĐ-BCĐ138"),
        ("number", "325", "325"),
        ("number", "3///TLKS-BS", None),
        ("number", "…/CT-UBND", None),
        ("amount", "6.132.000 đồng", 6132000),
        ("amount", "2.128.500", 2128500),
        ("person_name", "HÀ Y ÚN", "HÀ Y ÚN"),
        ("person_name", "Thượng tá Hà Sỹ Khuê", "Hà Sỹ Khuê"),
        ("person_name", "Bùi Xuân An,", "Bùi Xuân An"),
        ("person_name", "Không có", None),
        ("person_name", "//", None),
        ("place", "Xã Hùng Tiến. huyện Nam Đàn. tỉnh Nghệ An", "Xã Hùng Tiến, huyện Nam Đàn, tỉnh Nghệ An"),
        ("place", "Xóm 10, xã Quỳnh Tân , tỉnh Nghệ An.", "Xóm 10, xã Quỳnh Tân, tỉnh Nghệ An"),
        ("agency", "UỶ BAN NHÂN DÂN XÃ TÂN KỲ", "ỦY BAN NHÂN DÂN XÃ TÂN KỲ"),
        ("agency", "ỦY BAN NHÂN DÂN. XÃ TÂN KỲ", "ỦY BAN NHÂN DÂN XÃ TÂN KỲ"),
        ("text", "Ung thư phổi.", "Ung thư phổi"),
        ("text", "không", None),
    ],
)
def test_a_value_in_its_normal_form(kind, text, value):
    assert read_value(kind, passage(text)).value == value


@given(kind=st.sampled_from(get_args(ValueKind)), text=st.text() | st.from_regex(r"[\d/. -]{1,30}"))
def test_no_text_makes_reading_a_value_fail(kind, text):
    reading = read_value(kind, passage(text))
    assert reading.value is None or reading.value != ""


@given(st.dates(min_value=__import__("datetime").date(1850, 1, 1), max_value=__import__("datetime").date(2100, 12, 31)))
def test_every_date_is_read_in_every_writing(day):
    for text in (
        f"{day:%d/%m/%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
    ):
        assert read_value("date", passage(text)).value == day.isoformat()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12I10I2021", "2021-10-12"),
        ("25I01/2030", "2030-01-25"),
        ("02122026", "2026-12-02"),
        ("2510111990", "1990-01-25"),
        ("021212001", "2001-12-02"),
        ("32132026", None),
    ],
)
def test_a_date_without_its_strokes_is_a_guess_that_a_person_confirms(text, value):
    reading = read_value("date", passage(text))
    assert reading.value == value
    assert value is None or "strokes" in {check.name for check in reading.checks if not check.passed}


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("Không có án tích.", "Không có án tích", True),
        ("Không có an tích", "Không có án tích", False),
        ("Có án tích", "Có án tích", False),
    ],
)
def test_a_usual_text_is_read_as_printed_or_waits_for_a_person(text, value, passed):
    reading = as_usual(read_value("text", passage(text)), ["Không có án tích"])
    assert (reading.value, all(check.passed for check in reading.checks)) == (value, passed)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ngày 22 tháng II năm 2020", "2020-11-22"),
        ("ngày 1Š tháng 02 năm 2021", "2021-02-15"),
        ("ngày Ø7 tháng 10 năm 1970", "1970-10-07"),
        ("ngày l Í tháng 3 năm 2021", "2021-03-11"),
        ("05 tháng 05 năm 199]", "1991-05-05"),
        ("J1-02-1954", "1954-02-11"),
        ("3O/O9/2Oo9", "2009-09-30"),
        ("ngày tháng II năm 2020", None),
        ("bị tháng I năm 2020", None),
        ("ngày 3S tháng I năm 2020", None),
    ],
)
def test_letters_that_look_like_figures_are_a_guess_that_a_person_confirms(text, value):
    reading = read_value("date", passage(text))
    assert reading.value == value
    assert value is None or [check.name for check in reading.checks if not check.passed] == ["figures"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("61UBND-XNTTHN", "61/UBND-XNTTHN"),
        ("1421:QĐ-SNV", "1421/QĐ-SNV"),
        ("61XYZ-XNTTHN", None),
        ("1906 /§SGDĐT-CTrTT", None),
        ("2385/TB-:UBND", None),
        ("3///TLKT", None),
    ],
)
def test_a_number_of_which_a_part_was_not_read_is_none_or_a_guess(text, value):
    reading = read_value("number", passage(text))
    assert reading.value == value
    assert value is None or [check.name for check in reading.checks if not check.passed] == ["strokes"]


@pytest.mark.parametrize(
    ("text", "check"),
    [("1934", "usual_partial"), ("1985", "full_date"), ("tháng 9 năm 2023", "usual_partial")],
)
def test_a_year_alone_is_usual_for_old_people_and_a_month_for_all(text, check):
    assert [found.name for found in partial_date(passage(text)).checks] == [check]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1934", "1934"),
        ("năm 1934", "1934"),
        ("tháng 2 năm 1990", "1990-02"),
        ("02/1990", "1990-02"),
        ("số 1934", None),
    ],
)
def test_a_year_alone_is_a_date_only_where_the_type_says_so(text, value):
    assert partial_date(passage(text)).value == value


def test_a_value_leads_back_to_its_own_words():
    reading = read_value("date", passage("Quyển số 01/2010 ngày 29/07/2010"))
    assert [word.text for word in reading.words.words] == ["29/07/2010"]


@pytest.mark.parametrize("text", ["Tha", "Xyz", ""])
def test_nothing_near_is_no_member(text):
    assert member(text, ETHNIC_GROUPS) is None


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("Xã Nghỉ Phú, tỉnh Nghệ An", "dots_of_i"),
        ("Trạm tế xã Tri Lễ, tỉnh Nghệ An", "usual_words"),
        ("Xóm ó, xã Tri Lễ, tỉnh Nghệ An", "figures"),
        ("BAN CHÍ ĐẠO 138", "usual_words"),
        ("UBND tỉnh Quáng Ngãi", "province"),
        ("Xã Đât Đỏ", "syllables"),
        ("Xã Tri Lễ, huyên Quế Phong", "usual_words"),
        ("Trung tâm Y tế huyên Tân Kỳ, tỉnh Nghệ An", "usual_words"),
        ("Bệnh viện Sản Nhị Nghệ An", "usual_words"),
        ("Xóm 3. xã Hùng Tiến, huyện Nam Đàn, tỉnh Nghệ An", "punctuation"),
        ("XÃ NGHI VĂN. TỈNH NGHỆ AN", "punctuation"),
        ("Khối 3, Nam Đàn, Nam", "whole"),
        ("Xã Tri Lễ, tỉnh Nghệ An đẻ Quế Phong, tỉnh Nghệ An", "one_province"),
    ],
)
def test_marks_that_cannot_be_right_are_noticed(text, check):
    assert check in {item.name for item in read_value("agency", passage(text)).checks if not item.passed}


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (
            "Ủy bản nhân dân xã Nghi Kiều, huyện Nghỉ Lộc, tình Nghệ An",
            "Ủy ban nhân dân xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An",
        ),
        ("ỦY BAN NHÂN DÂN TINH QUANG NGAI", "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI"),
        ("BAN CHÍ ĐẠO 138", "BAN CHỈ ĐẠO 138"),
        ("ỦY BAN NHÂN DÂN TĨNH NGHẸ AN", "ỦY BAN NHÂN DÂN TỈNH NGHỆ AN"),
        ("SỞ LAO ĐỌNG - THƯƠNG BINH VÀ XÃ HỌI", "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI"),
        ("Sở Nội vụ tình Nghê An", "Sở Nội vụ tỉnh Nghệ An"),
        ("Trạm tế xã Nghi Kiều, huyện Nghi Lộc", "Trạm Y tế xã Nghi Kiều, huyện Nghi Lộc"),
        ("Xóm ó, tĩnh Nghệ An", "Xóm 6, tỉnh Nghệ An"),
    ],
)
def test_what_can_only_be_one_place_or_agency_is_that_and_a_check_says_that_it_was_read_otherwise(read, value):
    reading = read_value("agency", passage(read))
    assert reading.value == value
    assert failed_checks(reading) & {"usual_words", "known_place", "as_printed"}


def test_a_mark_that_the_name_of_a_known_place_has_is_no_dot_of_an_i():
    assert failed_checks(read_value("place", passage("Xã Đỉnh Sơn, huyện Anh Sơn, tỉnh Nghệ An"))) == set()


DIVORCED = "Có đăng ký kết hôn, nhưng đã ly hôn theo … số … ngày … của Tòa án …; hiện tại chưa đăng ký kết hôn với ai"
JUDGED = DIVORCED.replace("…", "{}")


@pytest.mark.parametrize(
    ("text", "value", "failed"),
    [
        (
            JUDGED.replace("Có", "Cò").format("Bản án", "12/2019/HNGĐ-ST", "03/6/2019", "nhân dân huyện Nam Đàn"),
            JUDGED.format("Bản án", "12/2019/HNGĐ-ST", "03/6/2019", "nhân dân huyện Nam Đàn"),
            {"filled_in"},
        ),
        (
            JUDGED.format("Quyết định", "12/2018/QĐST-HNGĐ", "03/6/2019", "nhân dân huyện Nam Đàn"),
            JUDGED.format("Quyết định", "12/2018/QĐST-HNGĐ", "03/6/2019", "nhân dân huyện Nam Đàn"),
            {"filled_in", "same_year"},
        ),
        ("Có đăng ký kết hôn với ai", "Có đăng ký kết hôn với ai", {"listed"}),
    ],
)
def test_a_usual_sentence_may_have_gaps_of_which_only_a_second_reading_is_sure(text, value, failed):
    reading = as_usual(read_value("text", passage(text)), ["Chưa kết hôn với ai", DIVORCED])
    assert (reading.value, failed_checks(reading)) == (value, failed)


def read_badly(text, *bad):
    words = passage(text).words
    return Passage(tuple(word._replace(confidence=0.7) if word.text.strip(",") in bad else word for word in words), 1)


@pytest.mark.parametrize(
    ("bad", "confidence"),
    [
        ("Kiều", 0.95),  # no other commune of Nghi Lộc looks like it
        ("Lộc", 0.95),
        ("13", 0.7),  # of hamlets nothing is known
    ],
)
def test_words_that_a_lexicon_confirms_may_be_read_worse(bad, confidence):
    address = "Xóm 13, xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An"
    assert read_value("place", read_badly(address, bad)).confidence == confidence


def test_a_lexicon_does_not_confirm_what_was_hardly_read():
    words = read_badly("Xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An", "Kiều").words
    weak = tuple(
        word._replace(confidence=min(word.confidence, 0.5 if word.confidence < 0.9 else 1.0)) for word in words
    )
    assert read_value("place", Passage(weak, 1)).confidence == 0.5


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("ngày 2 tháng 9 năm 2024", "date_digits"),  # it was 21
        ("ngày 09 tháng 1 năm 2014", "date_digits"),  # it was 11
        ("1-06-1976", "date_digits"),  # it was 21
        ("05/2/2016", "date_digits"),
        ("1 1/8/1959", "date_digits"),  # read as the 11th, and a person looks
        ("ngày 02 tháng 9 năm 2024", None),
        ("7/4/1974", None),
        ("22/2/2016", None),
    ],
)
def test_a_date_with_a_digit_too_few_is_noticed(text, check):
    failed = [item.name for item in read_value("date", passage(text)).checks if not item.passed]
    assert failed == ([check] if check else [])


@pytest.mark.parametrize(
    ("kind", "text", "failed"),
    [
        ("person_name", "HỘ THỊ DUNG", {"usual_name"}),
        ("person_name", "Hoàng Thị Kim Chỉ", {"dots_of_i", "likelier_name"}),
        ("person_name", "NGUYỄN THỊ HIÊN", {"marks_in_capitals"}),
        ("person_name", "Lô Y", {"whole"}),
        ("text", "kết hôn với chị Nguyễn Thanh Chỉ", {"likelier_name"}),
        ("text", "công bố Danh mục TTHC của UBND tỉnh", set()),
        *(
            ("person_name", name, set())
            for name in ("LÔ THỊ VÂN", "Moong Văn Khăm", "XỒNG BÁ DÌA", "LẦU: CHỐNG LỲ", "Cụt Thị Hợi")
        ),
    ],
)
def test_names_of_every_people_pass_and_marks_that_they_seldom_have_do_not(kind, text, failed):
    assert {item.name for item in read_value(kind, passage(text)).checks if not item.passed} == failed


@pytest.mark.parametrize(("read", "name"), [("LẦU: CHỐNG LỲ", "LẦU CHỐNG LỲ"), ("TrầnThanh Tuyết", "Trần Thanh Tuyết")])
def test_dots_of_the_form_are_no_part_of_a_name_and_words_that_ran_together_are_parted(read, name):
    assert read_value("person_name", passage(read)).value == name


@pytest.mark.parametrize(
    ("text", "passed"),
    [("040201000123", True), ("Chứng minh nhân dân số 184741324, Công an tỉnh Nghệ An", True), ("184741324", False)],
)
def test_nine_digits_are_the_whole_number_only_where_the_old_card_is_named(text, passed):
    [check] = read_value("personal_id", passage(text)).checks
    assert (check.name, check.passed) == ("twelve_digits", passed)


@pytest.mark.parametrize(
    ("kind", "text", "value", "passed"),
    [
        (
            "place",
            "Xóm 3, xã Nghi Kim huyện Nghi Lộc, tỉnh Nghệ An",
            "Xóm 3, xã Nghi Kim huyện Nghi Lộc, tỉnh Nghệ An",
            False,
        ),
        ("place", "Xóm 3, xã-Nghi Kim, tỉnh Nghệ An", "Xóm 3, xã Nghi Kim, tỉnh Nghệ An", False),
        ("place", "Xóm 3,xã Nghi Kim, tỉnh Nghệ An", "Xóm 3, xã Nghi Kim, tỉnh Nghệ An", True),
        ("place", "Xóm 3; xã Nghi Kim, tỉnh Nghệ An", "Xóm 3; xã Nghi Kim, tỉnh Nghệ An", False),
        ("agency", "UBND xã Nghi Kim, huyện Nghi Lộc", "UBND xã Nghi Kim, huyện Nghi Lộc", True),
        ("agency", "Sở Nội vụ tỉnh Nghệ An", "Sở Nội vụ tỉnh Nghệ An", True),
        ("agency", "Trạm Y tế xã Nghi Kim, huyện Nghi Lộc", "Trạm Y tế xã Nghi Kim, huyện Nghi Lộc", True),
    ],
)
def test_where_a_comma_was_lost_or_made_a_person_looks(kind, text, value, passed):
    reading = read_value(kind, passage(text))
    assert (reading.value, "punctuation" not in failed_checks(reading)) == (value, passed)


@pytest.mark.parametrize(
    ("text", "passed"), [("để kết hôn với anh Trần Văn Hùng", True), ("kết hôn với ông Trần Vắn Hùng", False)]
)
def test_a_name_within_a_text_is_looked_at_as_a_name(text, passed):
    assert ("usual_name" not in failed_checks(read_value("text", passage(text)))) == passed


def failed_checks(reading):
    return {check.name for check in reading.checks if not check.passed}
