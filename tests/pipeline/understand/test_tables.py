"""A decision with a table: each row is about another beneficiary, all of them own the record."""

import pytest

from pipeline.understand import understand
from schemas.document_type import document_types
from tests.pipeline.understand.paper import reading, replaced, spoiled

FORM_53 = (
    "UBND TỈNH NGHỆ AN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "SỞ NỘI VỤ @930 Độc lập - Tự do - Hạnh phúc",
    "Số: 445/QĐ-SNV @880 Nghệ An, ngày 13 tháng 6 năm 2025",
    "Số hồ sơ: 7501/38",
    "@760 QUYẾT ĐỊNH",
    "@500 Về việc trợ cấp tuất hằng tháng đối với thân nhân liệt sĩ",
    "@650 GIÁM ĐỐC SỞ NỘI VỤ",
    "@300 Căn cứ Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020;",
    "@300 Căn cứ hồ sơ của liệt sĩ: Lầu Nỏ Tểnh, Bằng Tổ quốc ghi công số NA.3650;",
    "@760 QUYẾT ĐỊNH:",
    "@300 Điều 1. Trợ cấp tuất hằng tháng đối với thân nhân của liệt sĩ Lầu Nỏ Tểnh, nơi",
    "thường trú: Bản Bà Xắng, xã Châu Bình, huyện Quỳ Châu, tỉnh Nghệ An, gồm:",
    "STT @300 Họ tên @600 Năm @700 Mối quan hệ @930 Tuất @1120 Tuất nuôi @1280 Tổng @1430 Thời điểm",
    "@600 sinh @700 với liệt sĩ @930 tháng @1120 dưỡng @1280 cộng @1430 hưởng",
    "1 @280 Quang Y Hợi @600 1936 @700 Mẹ đẻ @900 4.520.000 @1280 4.520.000 @1430 01/07/2025",
    "2 @280 Vi Y Xuyến @600 1949 @700 Vợ @900 5.623.000 @1090 1.566.000 @1280 7.189.000 @1430 01/07/2025",
    "3 @280 Sầm Văn Hợi @600 1972 @700 Con @900 3.000.000 @1280 3.000.000 @1430 15/07/2025",
    "@300 Điều 2. Trưởng phòng Người có công và các ông (bà) có tên tại Điều 1 chịu trách nhiệm",
    "Nơi nhận: @1060 KT. GIÁM ĐỐC",
    "- Như Điều 2; @1040 PHÓ GIÁM ĐỐC",
    "- Lưu: VT, NCC.",
    "",
    "@1005 Lý Nguyễn Hữu Nghĩa",
)
COLUMNS = ("full_name", "birth_year", "relation", "allowance_amount", "effective_date")


def read(page):
    (document,) = understand([page], document_types())
    assert document.document_type == "merit_allowance_decision"
    return document


def row(document, number):
    suffix = "" if number == 1 else f"_{number}"
    return [document.fields[name + suffix].value for name in COLUMNS]


def test_every_row_gives_its_fields_and_an_owner():
    document = read(reading(FORM_53))
    assert row(document, 1) == ["Quang Y Hợi", "1936", "Mẹ đẻ", 4520000, "2025-07-01"]
    assert row(document, 2) == ["Vi Y Xuyến", "1949", "Vợ", 7189000, "2025-07-01"]
    assert row(document, 3) == ["Sầm Văn Hợi", "1972", "Con", 3000000, "2025-07-15"]
    assert "full_name_4" not in document.fields
    assert [(owner.role, owner.identifier, owner.name) for owner in document.owners] == [
        ("beneficiary", None, "Quang Y Hợi"),
        ("beneficiary", None, "Vi Y Xuyến"),
        ("beneficiary", None, "Sầm Văn Hợi"),
    ]
    assert document.review_reasons == ()


def test_what_stands_around_the_table_is_read_from_the_text():
    document = read(reading(FORM_53))
    assert document.fields["residence"].value == "Bản Bà Xắng, xã Châu Bình, huyện Quỳ Châu, tỉnh Nghệ An"
    assert document.fields["beneficiary_category"].value == "Thân nhân liệt sĩ"
    assert document.valid_from.isoformat() == "2025-07-01"


def test_a_cell_of_two_lines_is_one_value():
    lines = replaced(FORM_53, "@700 Con @900 3.000.000", "@700 Người có @900 3.000.000")
    page = reading((*lines[:17], "@700 công nuôi", *lines[17:]))
    near = page._replace(
        words=tuple(
            word._replace(box=word.box._replace(y=word.box.y - 22)) if word.line == 17 else word for word in page.words
        )
    )
    assert read(near).fields["relation_3"].value == "Người có công nuôi"


def test_a_cell_that_was_not_read_is_empty_and_moves_nothing():
    document = read(reading(replaced(FORM_53, "@600 1949 @700 Vợ", "@700 Vợ")))
    assert row(document, 2) == ["Vi Y Xuyến", None, "Vợ", 7189000, "2025-07-01"]


@pytest.mark.parametrize(
    ("old", "new", "field", "check"),
    [
        ("7.189.000", "7.139.000", "allowance_amount_2", "total"),
        ("@900 3.000.000 @1280 3.000.000", "@1280 3.000.000", "allowance_amount_3", "total"),
        ("@900 3.000.000 @1280 3.000.000", "@900 3.000.000", "allowance_amount_3", "missing"),
        ("3 @280 Sầm", "4 @280 Sầm", "full_name_3", "row_number"),
        ("2 @280 Vi", "@280 Vi", "full_name_2", "row_number"),
    ],
)
def test_a_row_that_contradicts_itself_or_its_place_waits_for_a_person(old, new, field, check):
    document = read(reading(replaced(FORM_53, old, new)))
    assert not document.fields[field].accepted
    assert f"{check}:{field}" in document.review_reasons


def test_a_row_that_was_lost_makes_those_below_it_wait():
    document = read(reading([line for line in FORM_53 if "Vi Y Xuyến" not in line]))
    assert not document.fields["full_name_2"].accepted
    assert "row_number:full_name_2" in document.review_reasons


def test_a_weak_word_makes_its_own_cell_wait():
    document = read(spoiled(reading(FORM_53), "Xuyến", 0.5))
    assert [document.fields[name].accepted for name in ("full_name", "full_name_2", "full_name_3")] == [
        True,
        False,
        True,
    ]
