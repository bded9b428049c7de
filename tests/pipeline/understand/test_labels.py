import pytest

from pipeline.understand.folding import letters
from pipeline.understand.labels import find_in_row, find_labels, mentions
from pipeline.understand.lines import rows
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


def labels_in(line):
    (row,) = rows(reading([line]))
    return [label for _, _, label in find_in_row(row, [letters(label) for label in LABELS])]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Họ, chữ đệm, tên người mẹ: NGUYỄN Y HỢI", ["Họ, chữ đệm, tên người mẹ"]),
        ("Họ, chữ đệm, tên: HÀ Y ÚN", ["Họ, chữ đệm, tên"]),
        ("Ngày, tháng, năm sinh: 1990 Dân tộc: Kinh", ["Ngày, tháng, năm sinh", "Dân tộc"]),
        ("Nqày, tháng. nãm sinh : 1990", ["Ngày, tháng, năm sinh"]),
        ("Họ,chữ đệm,tên người me: NGUYỄN Y HỢI", ["Họ, chữ đệm, tên người mẹ"]),
        ("3. Nơi cư trú Xã Lượng Minh", ["Nơi cư trú"]),
        ("Số:195/2016", ["Số"]),
        ("Nơi cư trú: Số 12, đường Lê Lợi", ["Nơi cư trú"]),
        ("Trường phổ thông dân tộc nội trú", []),
        ("Căn cứ số liệu", []),
    ],
)
def test_labels_are_found_where_they_stand_and_nowhere_else(line, found):
    assert labels_in(line) == [letters(label) for label in found]


def every_label(line):
    (row,) = rows(reading([line]))
    return [(hit.label, " ".join(word.text for word in row.words[hit.start : hit.end])) for hit in hits_in(row)]


def hits_in(row):
    return find_labels([row], LABELS)


@pytest.mark.parametrize(
    ("line", "label", "printed"),
    [
        ("Dân tộc / Ethnic group: Thái", "dantoc", "Dân tộc / Ethnic group:"),
        ("Số (nếu có): 195/2016", "so", "Số (nếu có):"),
        ("Nơi cư trú cuối cùng: Xã Lượng Minh", "noicutrucuoicung", "Nơi cư trú cuối cùng:"),
        ("12. Tôn giáo: Không", "tongiao", "12. Tôn giáo:"),
        ("Dân tộc: Thái @900 Tôn giáo: Không", "tongiao", "Tôn giáo:"),
        ("bà Giàng Y Úa, an Nơi cư trú: Xã Lượng Minh", "noicutru", "Nơi cư trú:"),
    ],
)
def test_a_label_reaches_to_its_colon_also_one_that_nobody_knows(line, label, printed):
    assert every_label(line)[-1] == (label, printed)


@pytest.mark.parametrize(
    "line",
    [
        "Điều 1. Cho phép ông Lê Văn An được làm những việc sau đây:",
        "tại nhà:",
        "An, gồm:",
        "@600 NƠI CƯ TRÚ VÀ DÂN TỘC",
    ],
)
def test_a_sentence_with_a_colon_is_no_label(line):
    assert every_label(line) == []


@pytest.mark.parametrize(
    ("phrase", "there"), [("người đi khai sinh", True), ("nguời đi khai sjnh", True), ("kết hôn", False)]
)
def test_a_phrase_is_found_in_spite_of_misread_letters(phrase, there):
    assert mentions("Họ, chữ đệm, tên người đi khai sinh: Nguyễn Y Hợi", phrase) is there
