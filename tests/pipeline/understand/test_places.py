import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understand.places import is_province, look_up, normal


@pytest.mark.parametrize(
    "address",
    [
        "Xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An",  # 2020 to 2024
        "xã Diễn Minh, huyện Diễn Châu, tỉnh Nghệ An",  # before 2020
        "phường Nghi Thu, thành phố Vinh, tỉnh Nghệ An",  # only in the first half of 2025
        "Xã Nghi Lộc, tỉnh Nghệ An",  # since July 2025
        "Nghi Kiều, Nghi Lộc, Nghệ An",  # as on cards
        "XÃ NGHI KIỀU, HUYỆN NGHI LỘC, TỈNH NGHỆ AN",
        "Ủy ban nhân dân xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An",
        "thị xã Thái Hoà, tỉnh Nghệ An",  # the mark where it was written earlier
        "TP. Vinh, Nghệ An",
        "phường Lê Mao, thành phố Vinh",  # no province
        "ỦY BAN NHÂN DÂN XÃ TIÊN ĐỒNG",  # a letterhead
    ],
)
def test_what_fits_together_in_a_snapshot_is_known_to_the_last_word(address):
    found = look_up(address)
    assert [(check.name, check.passed) for check in found.checks] == [("known_place", True)]
    assert found.sure == frozenset(range(len(address.split())))
    assert found.value == address


@pytest.mark.parametrize(
    ("address", "sure"),
    [
        ("Xóm 13, xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An", "xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An"),
        ("Trung tâm Y tế huyện Nghi Lộc, tỉnh Nghệ An", "huyện Nghi Lộc, tỉnh Nghệ An"),
        # Nghi Văn and Nghi Vạn, Nậm Cắn and Nậm Càn: there are both, so a single mark decides.
        ("Xã Nghi Văn, huyện Nghi Lộc, tỉnh Nghệ An", "huyện Nghi Lộc, tỉnh Nghệ An"),
        ("Xã Nậm Cắn, huyện Kỳ Sơn, tỉnh Nghệ An", "huyện Kỳ Sơn, tỉnh Nghệ An"),
        ("Xã Thạch Hà, huyện Can Lộc, tỉnh Hà Tĩnh", "tỉnh Hà Tĩnh"),  # communes of other provinces are not listed
        ("Xã Quỳnh Vinh, huyện Quỳnh Lưu, tỉnh Nghệ An", "huyện Quỳnh Lưu, tỉnh Nghệ An"),  # there until 2013
    ],
)
def test_only_the_words_of_a_place_that_no_other_one_looks_like_are_sure(address, sure):
    found = look_up(address)
    assert all(check.passed for check in found.checks)
    assert " ".join(address.split()[index] for index in sorted(found.sure)) == sure


@pytest.mark.parametrize(
    ("address", "likely"),
    [
        ("Xã Nghi Kiều, huyện Nghỉ Lộc, tỉnh Nghệ An", "Xã Nghi Kiều, huyện Nghi Lộc, tỉnh Nghệ An"),
        ("Phường Nghi Thụ, thị xã Cửa Lò, tỉnh Nghệ An", "Phường Nghi Thu, thị xã Cửa Lò, tỉnh Nghệ An"),
        ("Huyện Nghi Lộc, tỉnh Nghê An", "Huyện Nghi Lộc, tỉnh Nghệ An"),
        ("THÀNH PHỐ VĨNH, TỈNH NGHỆ AN", "THÀNH PHỐ VINH, TỈNH NGHỆ AN"),
        ("ỦY BAN NHÂN DÂN XÃ TIÊN ĐÔNG", "ỦY BAN NHÂN DÂN XÃ TIÊN ĐỒNG"),
        ("Vĩnh", "Vinh"),  # as in `Vĩnh, ngày 5 tháng 8 năm 2021`
    ],
)
def test_a_place_that_differs_by_marks_from_the_only_one_it_can_be_is_that_one_but_never_accepted(address, likely):
    found = look_up(address)
    assert found.value == likely
    assert [check.passed for check in found.checks] == [False]
    assert not found.sure


def test_another_letter_is_told_but_not_changed():
    found = look_up("Xã Diễn Ký, huyện Diễn Chân, tỉnh Nghệ An")
    assert found.value == "Xã Diễn Ký, huyện Diễn Chân, tỉnh Nghệ An".replace("Diễn Ký", "Diễn Kỷ")
    assert "Diễn Chân: perhaps Diễn Châu" in found.checks[0].detail


@pytest.mark.parametrize(
    "address",
    ["Bệnh viện Bạch Mai", "Xã Thạch Hà", "huyện Thiệu Hóa", "Hamburg, Đức", "", ",", "xã", "tỉnh Nghệ Tĩnh"],
)
def test_of_what_is_not_listed_nothing_is_said(address):
    assert look_up(address) == (address, (), frozenset())


@given(st.text(alphabet="xãhuyệntỉnh ,.NghiLộcKềA1", max_size=60))
def test_any_text_can_be_looked_up(text):
    found = look_up(text)
    assert all(index < len(text.split()) for index in found.sure)
    assert len(found.value.split()) == len(text.split())


def test_provinces_are_known_before_and_after_their_mergers():
    assert is_province("Hà Tây") is False  # it ended in 2008
    assert all(is_province(name) for name in ("Nghệ An", "Hoà Bình", "HUẾ", "Thừa Thiên Huế"))


def test_marks_stand_on_the_vowel_where_they_are_written_today():
    assert [normal(name) for name in ("Hoà Hiếu", "Thuỷ", "Quý", "Hoàng")] == ["hòa hiếu", "thủy", "quý", "hoàng"]
