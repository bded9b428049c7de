"""Print, QR code and machine-readable zone of an identity card vote on its fields."""

import pytest

from pipeline.understand import understand
from schemas.document_type import document_types
from schemas.page import Box, Code
from tests.pipeline.understand.paper import BIRTH, reading, replaced, spoiled

CARD = (
    "@620 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "@700 Độc lập - Tự do - Hạnh phúc",
    "@700 Independence - Freedom - Happiness",
    "@690 CĂN CƯỚC CÔNG DÂN",
    "@690 Citizen Identity Card",
    "@640 Số / No.: 040095001234",
    "@640 Họ và tên / Full name: NGUYỄN VĂN AN",
    "@640 Ngày sinh / Date of birth: 15/01/1995",
    "@640 Giới tính / Sex: Nam @1019 Quốc tịch / Nationality: Việt Nam",
    "@640 Quê quán / Place of origin: Hưng Bình, Vinh, Nghệ An",
    "@640 Nơi thường trú / Place of residence: Khối 5, Hưng Bình, Vinh, Nghệ An",
    "@640 Có giá trị đến / Date of expiry: 15/01/2035",
    "@640 Ngày, tháng, năm / Date, month, year: 10/05/2021",
)
QR = "040095001234|186000111|Nguyễn Văn An|15011995|Nam|Khối 5, Hưng Bình, Vinh, Nghệ An|10052021"
MRZ = "IDVNM0950012340040095001234<<2\n9501153M3501151VNM<<<<<<<<<<<8\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
OTHER_QR = "040196005678|186000222|Lê Thị Hoa|20021996|Nữ|Khối 7, Quang Trung, Vinh, Nghệ An|11062022"
VALUES = {
    "personal_id": "040095001234",
    "full_name": "Nguyễn Văn An",
    "date_of_birth": "1995-01-15",
    "sex": "nam",
    "place_of_residence": "Khối 5, Hưng Bình, Vinh, Nghệ An",
    "issue_date": "2021-05-10",
    "valid_to": "2035-01-15",
}


def coded(page, *codes):
    kinds = (("mrz" if text.startswith("IDVNM") else "qr", text) for text in codes)
    return page._replace(codes=tuple(Code(kind, text, Box(1300, 100, 200, 200)) for kind, text in kinds))


def fields(page):
    (document,) = understand((page,), document_types())
    assert document.document_type == "citizen_identity_card"
    return document.fields


def failed(field):
    return [check.name for check in field.checks if not check.passed]


def test_what_a_code_confirms_is_accepted_and_says_where_it_is_from():
    found = fields(coded(reading(CARD), QR, MRZ))
    assert {name: found[name].value for name in VALUES} == VALUES
    assert all(found[name].accepted for name in VALUES)
    assert {name: found[name].source for name in VALUES} == dict.fromkeys(VALUES, "qr") | {"valid_to": "mrz"}
    assert found["place_of_origin"].source == "ocr"


def test_a_value_that_only_a_code_says_stands_where_the_code_is():
    found = fields(coded(reading(replaced(CARD, "@640 Số / No.: 040095001234", "")), QR, MRZ))["personal_id"]
    assert (found.value, found.accepted, found.box) == ("040095001234", True, Box(1300, 100, 200, 200))


@pytest.mark.parametrize("codes", [(QR, MRZ), (QR,), (MRZ,)], ids=["both", "qr", "mrz"])
def test_print_that_was_read_badly_is_made_up_for(codes):
    page = reading(replaced(CARD, "15/01/1995", "151011l995"))
    found = fields(coded(page, *codes))["date_of_birth"]
    assert (found.value, found.accepted) == ("1995-01-15", True)


def test_a_name_gets_its_marks_from_the_qr_code():
    page = reading(replaced(CARD, "NGUYỄN VĂN AN", "NGUYÊN VAN AN"))
    found = fields(coded(page, QR))["full_name"]
    assert (found.value, found.accepted, found.source) == ("Nguyễn Văn An", True, "qr")


def test_print_that_was_read_well_and_says_something_else_goes_to_review():
    found = fields(coded(reading(replaced(CARD, "15/01/1995", "16/01/1995")), QR, MRZ))["date_of_birth"]
    assert not found.accepted
    assert failed(found)[0] == "print"


def test_print_that_was_hardly_read_and_says_nearly_the_same_was_misread():
    page = spoiled(reading(replaced(CARD, "15/01/1995", "16/01/1995")), "16/01/1995", 0.4)
    found = fields(coded(page, QR))["date_of_birth"]
    assert (found.value, found.accepted) == ("1995-01-15", True)


def test_codes_that_contradict_each_other_go_to_review():
    wrong = QR.replace("15011995", "15021995")
    found = fields(coded(reading(replaced(CARD, "15/01/1995", "…")), wrong, MRZ))["date_of_birth"]
    assert not found.accepted
    assert failed(found) == ["mrz"]


def test_the_code_of_another_card_changes_no_value_and_is_noticed():
    found = fields(coded(reading(CARD), OTHER_QR))
    assert {name: str(found[name].value).casefold() for name in VALUES} == {
        name: value.casefold() for name, value in VALUES.items()
    }
    assert failed(found["personal_id"]) == ["qr"]
    assert not any(found[name].accepted for name in ("personal_id", "full_name", "date_of_birth"))


def test_codes_of_two_cards_are_not_mixed():
    found = fields(coded(reading(CARD), QR, OTHER_QR))
    assert found["full_name"].value == "Nguyễn Văn An"
    assert not found["full_name"].accepted


def test_an_endless_card_gets_no_last_day_from_its_zone():
    endless = MRZ.replace("3501151VNM<<<<<<<<<<<8", "9912315VNM<<<<<<<<<<<6")
    assert fields(coded(reading(replaced(CARD, "15/01/2035", "Không thời hạn")), endless))["valid_to"].value is None


def test_a_card_on_another_paper_says_nothing_about_that_paper():
    plain = understand((reading(BIRTH),), document_types())
    with_card = understand((coded(reading(BIRTH), QR, MRZ),), document_types())
    assert [document.fields for document in with_card] == [document.fields for document in plain]


def test_print_that_is_garbled_contradicts_nothing():
    garbled = reading(replaced(CARD, "Khối 5, Hưng Bình, Vinh, Nghệ An", "Mơn of rsdnce"))
    found = fields(coded(spoiled(garbled, "rsdnce", 0.3), QR))["place_of_residence"]
    assert (found.value, found.accepted) == ("Khối 5, Hưng Bình, Vinh, Nghệ An", True)


def test_a_card_whose_title_is_lost_is_known_by_its_codes():
    lost = replaced(replaced(CARD, "CĂN CƯỚC CÔNG DÂN", "…"), "Citizen Identity Card", "…")
    assert fields(coded(reading(lost), QR))["full_name"].accepted


def test_a_code_that_nothing_else_confirms_is_shown_and_not_accepted():
    (document,) = understand((coded(reading(("CĂN CƯỚC", "không đọc được")), QR),), document_types())
    found = document.fields["full_name"]
    assert (found.value, found.accepted, failed(found)) == ("Nguyễn Văn An", False, ["of_this_card"])
