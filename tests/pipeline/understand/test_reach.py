import pytest

from pipeline.understand.folding import letters
from pipeline.understand.labels import find_labels
from pipeline.understand.lines import rows
from pipeline.understand.reach import place_hits, value_after
from tests.pipeline.understand.paper import reading

LABELS = (
    "Họ, chữ đệm, tên",
    "Họ, chữ đệm, tên người mẹ",
    "Năm sinh",
    "Ngày, tháng, năm sinh",
    "Dân tộc",
    "Số",
    "Nơi cư trú",
)


def value_of(lines, label, *, goes_on=True, sections=None):
    page = rows(reading(lines))
    hits = find_labels(page, LABELS)
    places = place_hits(page, hits, sections or {})
    at = next(i for i, hit in enumerate(hits) if hit.label == letters(label))
    return value_after(page, hits, hits[at], places[at], goes_on=goes_on).text


def test_a_value_goes_on_in_the_next_row_until_the_next_label():
    lines = ("Nơi cư trú: Khối Tân Phong,", "thị trấn Quán Hành,", "huyện Nghi Lộc", "Năm sinh: 1990")
    assert value_of(lines, "Nơi cư trú") == "Khối Tân Phong, thị trấn Quán Hành, huyện Nghi Lộc"


def test_a_value_that_stands_below_its_label_is_found():
    assert (
        value_of(("Họ, chữ đệm, tên:", "LÔ THỊ NHỊ", "Năm sinh: 1990"), "Họ, chữ đệm, tên", goes_on=False)
        == "LÔ THỊ NHỊ"
    )


def test_the_blank_of_one_label_does_not_take_the_next():
    assert value_of(("Nơi cư trú:", "Năm sinh: 1990"), "Nơi cư trú") == ""


def test_sections_that_begin_side_by_side_are_columns():
    lines = (
        "Họ, chữ đệm, tên: LÊ SỸ HOÀNG @900 Họ, chữ đệm, tên người mẹ: HÀ THÙY MAI",
        "Năm sinh: 1986 @900 Năm sinh: 2002",
        "Nơi cư trú: Xóm 10, xã Quỳnh Tân, @900 Nơi cư trú: Xã Thượng Sơn,",
        "huyện Quỳnh Lưu @900 huyện Đô Lương",
    )
    sections = {"husband": ["Họ, chữ đệm, tên"], "wife": ["Họ, chữ đệm, tên người mẹ"]}
    page = rows(reading(lines))
    hits = find_labels(page, LABELS)
    places = place_hits(page, hits, sections)
    found = {
        (place.section, hit.label): value_after(page, hits, hit, place, goes_on=True).text
        for hit, place in zip(hits, places, strict=True)
    }
    assert found["husband", "namsinh"] == "1986"
    assert found["wife", "namsinh"] == "2002"
    assert found["husband", "noicutru"] == "Xóm 10, xã Quỳnh Tân, huyện Quỳnh Lưu"
    assert found["wife", "noicutru"] == "Xã Thượng Sơn, huyện Đô Lương"


def test_in_a_column_every_value_goes_on():
    lines = (
        "Họ, chữ đệm, tên: LÊ SỸ @900 Họ, chữ đệm, tên người mẹ: HÀ THÙY MAI",
        "HOÀNG @900 Năm sinh: 2002",
    )
    sections = {"husband": ["Họ, chữ đệm, tên"], "wife": ["Họ, chữ đệm, tên người mẹ"]}
    assert value_of(lines, "Họ, chữ đệm, tên", goes_on=False, sections=sections) == "LÊ SỸ HOÀNG"


@pytest.mark.parametrize(
    ("below", "left", "right"),
    [
        ("1986 @900 Xóm 10, tỉnh Nghệ An", "1986", "Xóm 10, tỉnh Nghệ An"),
        ("@900 Xóm 10, tỉnh Nghệ An", "", "Xóm 10, tỉnh Nghệ An"),
        ("Ghi chú rất dài, đi ngang qua cả hai cột của tờ giấy này mà không dừng", "", ""),
    ],
)
def test_labels_side_by_side_find_their_values_below(below, left, right):
    lines = ("Năm sinh: @900 Nơi cư trú:", below)
    assert (value_of(lines, "Nơi cư trú")) == right
    if left:
        assert value_of(lines, "Năm sinh", goes_on=False) == left


def test_a_label_over_two_rows_ends_the_value_before_it_and_begins_its_own():
    lines = ("Nơi cư trú: Xã Lượng Minh, huyện Tương Dương Dân", "tộc: Thái", "Năm sinh: 1990")
    assert value_of(lines, "Nơi cư trú") == "Xã Lượng Minh, huyện Tương Dương"
    page = rows(reading(lines))
    hits = find_labels(page, LABELS)
    parts = [(hit.row, hit.start, hit.end) for hit in hits if hit.label == letters("Dân tộc")]
    assert parts == [(0, 9, 10), (1, 0, 1)]


@pytest.mark.parametrize(
    ("below", "value"),
    [
        ("Tôn giáo: Không", "Bản Xốp Mạt, xã Lượng Minh, huyện Tương Dương, tỉnh"),
        ("NGƯỜI KÝ GIẤY KHAI SINH", "Bản Xốp Mạt, xã Lượng Minh, huyện Tương Dương, tỉnh"),
        ("Nghệ An", "Bản Xốp Mạt, xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An"),
    ],
)
def test_an_unknown_label_or_a_heading_ends_a_value(below, value):
    lines = ("Nơi cư trú: Bản Xốp Mạt, xã Lượng Minh, huyện Tương Dương, tỉnh", below)
    assert value_of(lines, "Nơi cư trú") == value


def test_the_name_of_a_place_that_sounds_like_a_level_does_not_go_on():
    lines = (
        "Nơi cư trú: Huyện Yên Thành",
        "Xem mặt sau của tờ giấy này, nơi người ghi sổ đã ghi thêm nhiều điều khác nữa",
    )
    assert value_of(lines, "Nơi cư trú") == "Huyện Yên Thành"


@pytest.mark.parametrize(
    "below",
    [
        ("tỉnh Nghệ An cấp cho người đứng tên Bộ an @970 huyện Đô Lương",),
        ("@900 huyện Đô Lương", "Người đứng khai: Lê Sỹ Bảo, cha đẻ của em đứng tên bên trên"),
    ],
)
def test_what_reaches_over_from_the_column_before_is_no_part_of_a_value(below):
    lines = (
        "Họ, chữ đệm, tên: LÊ SỸ BẢO @900 Họ, chữ đệm, tên người mẹ: HÀ THÙY MAI",
        "Nơi cư trú: Xóm 10, do Công an @900 Nơi cư trú: Xã Thượng Sơn,",
        *below,
    )
    sections = {"husband": ["Họ, chữ đệm, tên"], "wife": ["Họ, chữ đệm, tên người mẹ"]}
    page = rows(reading(lines))
    hits = find_labels(page, LABELS)
    places = place_hits(page, hits, sections)
    at = max(index for index, hit in enumerate(hits) if hit.label == letters("Nơi cư trú"))
    value = value_after(page, hits, hits[at], places[at], goes_on=True).text
    assert value == "Xã Thượng Sơn, huyện Đô Lương"
