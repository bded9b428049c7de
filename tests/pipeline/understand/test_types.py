"""One typical paper of each type that is only a data file, and the papers that must not be taken for it."""

import pytest

from pipeline.understand import understand
from schemas.document_type import document_types
from tests.pipeline.understand.paper import HEADER, LETTER_PAGE, reading, replaced, spoiled

SIGNED = ("@1000 TM. ỦY BAN NHÂN DÂN", "@1034 KT. CHỦ TỊCH", "@1027 PHÓ CHỦ TỊCH", "", "@1020 Chu Thị Giang")

MARRIAGE = (
    *HEADER,
    "Số: 12/2021",
    "@560 GIẤY CHỨNG NHẬN KẾT HÔN",
    "Họ, chữ đệm, tên vợ: HÀ THÙY MAI @900 Họ, chữ đệm, tên chồng: LÊ SỸ BẢO",
    "Ngày, tháng, năm sinh: 25/6/1998 @900 Ngày, tháng, năm sinh: 29/4/1986",
    "Dân tộc: Kinh @600 Quốc tịch: Việt Nam @900 Dân tộc: Thái @1250 Quốc tịch: Việt Nam",
    "Nơi cư trú: Xã Thượng Sơn, huyện @900 Nơi cư trú: Xóm 10, xã Quỳnh Tân,",
    "Đô Lương, tỉnh Nghệ An @900 huyện Quỳnh Lưu, tỉnh Nghệ An",
    "Giấy tờ tùy thân: 040198144791 @900 Giấy tờ tùy thân: 040086848967",
    "Nơi đăng ký kết hôn: Ủy ban nhân dân xã Quỳnh Tân, huyện Quỳnh Lưu, tỉnh Nghệ An",
    "Ngày, tháng, năm đăng ký: 05/8/2021",
    *SIGNED,
)

DEATH = (
    *HEADER,
    "Số: 80/TLKT @880 Lượng Minh, ngày 27 tháng 8 năm 2025",
    "@600 TRÍCH LỤC KHAI TỬ",
    "Họ, chữ đệm, tên: CAO XUÂN SÁNG",
    "Ngày, tháng, năm sinh: 06/02/1934",
    "Giới tính: Nam @627 Dân tộc: Thổ @1019 Quốc tịch: Việt Nam",
    "Số định danh cá nhân: 040034232520",
    "Nơi cư trú cuối cùng: Xóm 8, xã Châu Tiến, tỉnh Nghệ An",
    "Đã chết vào lúc: 18 giờ 08 phút, ngày 09 tháng 8 năm 2025",
    "Ghi bằng chữ: Ngày chín, tháng tám, năm hai nghìn không trăm hai mươi lăm",
    "Nơi chết: Tại nhà riêng, xóm 8, xã Châu Tiến, tỉnh Nghệ An",
    "Nguyên nhân chết: Bệnh già",
    "Số Giấy báo tử/Giấy tờ thay thế Giấy báo tử: 28/GBT-BV do Bệnh viện cấp ngày 10 tháng 8 năm 2025",
    "Nơi đăng ký khai tử: Ủy ban nhân dân xã Châu Tiến, tỉnh Nghệ An",
    "Họ, chữ đệm, tên người đi khai tử: Hoàng Bá Hoan",
    *SIGNED,
)

MARITAL_STATUS = (
    *HEADER,
    "Số: 27/UBND-XNTTHN @880 Lượng Minh, ngày 12 tháng 3 năm 2026",
    "@420 GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN",
    "Xét đề nghị của ông/bà: Bùi Thị Lan,",
    "về việc cấp Giấy xác nhận tình trạng hôn nhân cho bản thân,",
    "@760 XÁC NHẬN:",
    "Họ, chữ đệm, tên: BÙI THỊ LAN",
    "Ngày, tháng, năm sinh: 05/9/1998",
    "Giới tính: Nữ @627 Dân tộc: Mường @1019 Quốc tịch: Việt Nam",
    "Số định danh cá nhân: 040198004321",
    "Nơi cư trú: Xóm 1, xã Lượng Minh, tỉnh Nghệ An",
    "Tình trạng hôn nhân: Chưa đăng ký kết hôn với ai.",
    "Giấy này được cấp để: làm thủ tục đăng ký kết hôn.",
    "Giấy này có giá trị đến thời điểm thay đổi tình trạng hôn nhân hoặc 6 tháng kể từ ngày cấp.",
    *SIGNED,
)

CARD = (
    "@700 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "@800 Độc lập - Tự do - Hạnh phúc",
    "@750 Independence - Freedom - Happiness",
    "@780 CĂN CƯỚC CÔNG DÂN",
    "@820 Citizen Identity Card",
    "@700 Số / No.: 040301556164",
    "@700 Họ và tên / Full name:",
    "@700 HÀ THỊ NHỊ",
    "@700 Ngày sinh / Date of birth: 02/12/2001",
    "@700 Giới tính / Sex: Nữ Quốc tịch / Nationality: Việt Nam",
    "@700 Quê quán / Place of origin:",
    "@700 Thọ Hợp, Quỳ Hợp, Nghệ An",
    "Có giá trị đến / Date of expiry: @700 Nơi thường trú / Place of residence: Bản Huồi Thọ,",
    "02/12/2026 @700 Thọ Hợp, Quỳ Hợp, Nghệ An",
    "",
    "Đặc điểm nhận dạng / Personal identification:",
    "Nốt ruồi C: 0,5cm trên sau cánh mũi phải",
    "Ngày, tháng, năm / Date, month, year: 12/10/2021",
    "@500 DIRECTOR GENERAL OF THE POLICE DEPARTMENT",
)

CARD_2024 = (
    *CARD[:3],
    "@780 CĂN CƯỚC",
    "@820 IDENTITY CARD",
    "@700 Số định danh cá nhân / Personal identification number:",
    "@700 040301556164",
    "@700 Họ, chữ đệm và tên khai sinh / Full name:",
    "@700 HÀ THỊ NHỊ",
    "@500 Ngày, tháng, năm sinh / Date of birth: @1150 Giới tính / Sex:",
    "@500 02/12/2001 @1150 Nữ",
    "@700 Quốc tịch / Nationality:",
    "@700 Việt Nam",
    "",
    "Nơi cư trú / Place of residence:",
    "Bản Huồi Thọ, Thọ Hợp, Nghệ An",
    "Nơi đăng ký khai sinh / Place of birth:",
    "Thọ Hợp, Quỳ Hợp, Nghệ An",
    "Ngày, tháng, năm cấp / Date of issue: @1000 Ngày, tháng, năm hết hạn / Date of expiry:",
    "12/10/2024 @1000 02/12/2026",
)

CRIMINAL_RECORD = (
    "BỘ CÔNG AN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "CÔNG AN TỈNH NGHỆ AN @930 Độc lập - Tự do - Hạnh phúc",
    "Số: 1833/PV06-LLTP @880 Nghệ An, ngày 16 tháng 8 năm 2025",
    "@500 PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1",
    "Căn cứ Luật Lý lịch tư pháp ngày 17 tháng 6 năm 2009;",
    "@760 XÁC NHẬN:",
    "1. Họ và tên: BÙI ĐỨC ĐẠT @900 2. Giới tính: Nam",
    "3. Ngày, tháng, năm sinh: ngày 11 tháng 02 năm 1990",
    "4. Nơi sinh: Tỉnh Nghệ An",
    "5. Quốc tịch: Việt Nam",
    "6. Nơi thường trú: Thôn Đông Thượng, xã Nghĩa Đồng, huyện Tân Kỳ, tỉnh Nghệ An",
    "7. Nơi tạm trú: //",
    "8. Giấy tờ tùy thân: Căn cước công dân Số: 040090457611",
    "Cấp ngày 17 tháng 02 năm 2020 tại Cục Cảnh sát quản lý hành chính về trật tự xã hội",
    "9. Tình trạng án tích: Không có án tích.",
    "10. Thông tin về cấm đảm nhiệm chức vụ, thành lập, quản lý doanh nghiệp, hợp tác xã: Không bị cấm",
    "@1060 TL. GIÁM ĐỐC",
    "@930 TRƯỞNG PHÒNG HỒ SƠ NGHIỆP VỤ",
    "",
    "@980 Thượng tá Hà Sỹ Khuê",
)

MERIT = (
    "UBND TỈNH NGHỆ AN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "SỞ NỘI VỤ @930 Độc lập - Tự do - Hạnh phúc",
    "Số: 445/QĐ-SNV @880 Nghệ An, ngày 13 tháng 6 năm 2025",
    "@760 QUYẾT ĐỊNH",
    "@500 Về việc trợ cấp hằng tháng đối với bệnh binh",
    "@650 GIÁM ĐỐC SỞ NỘI VỤ",
    "@300 Căn cứ Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020;",
    "@300 Xét đề nghị của Trưởng phòng Người có công,",
    "@760 QUYẾT ĐỊNH:",
    "@300 Điều 1. Trợ cấp hằng tháng đối với:",
    "@300 Họ và tên: ĐẬU CÔNG KHOA @770 Năm sinh: 1947",
    "@300 Nơi thường trú: Thôn Yên Phú, xã Giang Sơn Đông, tỉnh Nghệ An",
    "@300 Đối tượng: Bệnh binh",
    "@300 Mức trợ cấp hằng tháng: 2.128.500 đồng",
    "@300 (Bằng chữ: Hai triệu một trăm hai mươi tám nghìn năm trăm đồng)",
    "@300 Thời điểm hưởng: từ ngày 01 tháng 7 năm 2025",
    "Nơi nhận: @1060 KT. GIÁM ĐỐC",
    "- Như Điều 2; @1040 PHÓ GIÁM ĐỐC",
    "- Lưu: VT, NCC.",
    "",
    "@1005 Lý Nguyễn Hữu Nghĩa",
)

PAPERS = {
    "marriage_certificate": (
        MARRIAGE,
        {
            "number": "12/2021",
            "husband_full_name": "LÊ SỸ BẢO",
            "husband_date_of_birth": "1986-04-29",
            "husband_personal_id": "040086848967",
            "husband_residence": "Xóm 10, xã Quỳnh Tân, huyện Quỳnh Lưu, tỉnh Nghệ An",
            "wife_full_name": "HÀ THÙY MAI",
            "wife_date_of_birth": "1998-06-25",
            "wife_personal_id": "040198144791",
            "wife_residence": "Xã Thượng Sơn, huyện Đô Lương, tỉnh Nghệ An",
            "registration_place": "Ủy ban nhân dân xã Quỳnh Tân, huyện Quỳnh Lưu, tỉnh Nghệ An",
            "registration_date": "2021-08-05",
            "signer_name": "Chu Thị Giang",
        },
    ),
    "death_extract": (
        DEATH,
        {
            "number": "80/TLKT",
            "issue_date": "2025-08-27",
            "full_name": "CAO XUÂN SÁNG",
            "date_of_birth": "1934-02-06",
            "sex": "nam",
            "personal_id": "040034232520",
            "death_date": "2025-08-09",
            "death_place": "Tại nhà riêng, xóm 8, xã Châu Tiến, tỉnh Nghệ An",
            "death_cause": "Bệnh già",
            "registration_place": "Ủy ban nhân dân xã Châu Tiến, tỉnh Nghệ An",
            "signer_name": "Chu Thị Giang",
        },
    ),
    "marital_status_confirmation": (
        MARITAL_STATUS,
        {
            "number": "27/UBND-XNTTHN",
            "issue_date": "2026-03-12",
            "issuer_name": "ỦY BAN NHÂN DÂN XÃ LƯỢNG MINH",
            "full_name": "BÙI THỊ LAN",
            "date_of_birth": "1998-09-05",
            "sex": "nữ",
            "ethnicity": "Mường",
            "nationality": "Việt Nam",
            "personal_id": "040198004321",
            "residence": "Xóm 1, xã Lượng Minh, tỉnh Nghệ An",
            "marital_status": "Chưa đăng ký kết hôn với ai",
            "purpose": "làm thủ tục đăng ký kết hôn",
            "signer_name": "Chu Thị Giang",
        },
    ),
    "citizen_identity_card": (
        CARD,
        {
            "personal_id": "040301556164",
            "full_name": "HÀ THỊ NHỊ",
            "date_of_birth": "2001-12-02",
            "sex": "nữ",
            "nationality": "Việt Nam",
            "place_of_origin": "Thọ Hợp, Quỳ Hợp, Nghệ An",
            "place_of_residence": "Bản Huồi Thọ, Thọ Hợp, Quỳ Hợp, Nghệ An",
            "valid_to": "2026-12-02",
            "issue_date": "2021-10-12",
        },
    ),
    "criminal_record_certificate": (
        CRIMINAL_RECORD,
        {
            "number": "1833/PV06-LLTP",
            "issue_date": "2025-08-16",
            "issuer_name": "CÔNG AN TỈNH NGHỆ AN",
            "full_name": "BÙI ĐỨC ĐẠT",
            "sex": "nam",
            "date_of_birth": "1990-02-11",
            "personal_id": "040090457611",
            "residence": "Thôn Đông Thượng, xã Nghĩa Đồng, huyện Tân Kỳ, tỉnh Nghệ An",
            "criminal_status": "Không có án tích",
            "signer_name": "Hà Sỹ Khuê",
        },
    ),
    "merit_allowance_decision": (
        MERIT,
        {
            "number": "445/QĐ-SNV",
            "issue_date": "2025-06-13",
            "issuer_name": "SỞ NỘI VỤ",
            "full_name": "ĐẬU CÔNG KHOA",
            "birth_year": "1947",
            "residence": "Thôn Yên Phú, xã Giang Sơn Đông, tỉnh Nghệ An",
            "beneficiary_category": "Bệnh binh",
            "allowance_amount": 2128500,
            "effective_date": "2025-07-01",
            "signer_name": "Lý Nguyễn Hữu Nghĩa",
        },
    ),
}


def read(page):
    (document,) = understand([page], document_types())
    return document


@pytest.mark.parametrize("code", PAPERS)
def test_a_typical_paper_gives_every_field_and_nobody_has_to_look(code):
    lines, fields = PAPERS[code]
    document = read(reading(lines))
    assert document.document_type == code
    assert {name: field.value for name, field in document.fields.items()} == fields
    assert list(document.fields) == list(fields)
    assert document.review_reasons == ()


def test_the_card_of_2024_has_its_values_below_their_labels():
    document = read(reading(CARD_2024))
    assert document.document_type == "citizen_identity_card"
    assert {name: field.value for name, field in document.fields.items()} == {
        "personal_id": "040301556164",
        "full_name": "HÀ THỊ NHỊ",
        "date_of_birth": "2001-12-02",
        "sex": "nữ",
        "nationality": "Việt Nam",
        "place_of_origin": None,
        "place_of_residence": "Bản Huồi Thọ, Thọ Hợp, Nghệ An",
        "valid_to": "2026-12-02",
        "issue_date": "2024-10-12",
    }


def test_a_marriage_belongs_to_both():
    owners = read(reading(MARRIAGE)).owners
    assert [(owner.role, owner.identifier.digits, owner.name) for owner in owners] == [
        ("husband", "040086848967", "LÊ SỸ BẢO"),
        ("wife", "040198144791", "HÀ THÙY MAI"),
    ]


def test_the_husband_is_known_by_his_label_in_either_order():
    lines = replaced(MARRIAGE, "tên vợ: HÀ THÙY MAI", "tên chồng: LÊ SỸ BẢO ")
    lines = replaced(lines, "@900 Họ, chữ đệm, tên chồng: LÊ SỸ BẢO", "@900 Họ, chữ đệm, tên vợ: HÀ THÙY MAI")
    fields = read(reading(lines)).fields
    assert (fields["husband_date_of_birth"].value, fields["wife_date_of_birth"].value) == ("1998-06-25", "1986-04-29")


def test_columns_that_do_not_begin_level_are_columns_all_the_same():
    left = [line.split(" @900 ")[0] for line in MARRIAGE[4:10]]
    right = ["@900 " + line.split(" @900 ")[1] for line in MARRIAGE[4:10]]
    mixed = [line for pair in zip(left, right, strict=True) for line in pair]
    page = reading((*MARRIAGE[:4], *mixed, *MARRIAGE[10:]))
    bent = page._replace(words=tuple(_raised(word, 4, 4 + len(mixed)) for word in page.words))
    fields = read(bent).fields
    assert {name: fields[name].value for name in fields} == PAPERS["marriage_certificate"][1]


def _raised(word, start, end):
    """Move the lines of the columns together: each of the right column stands half a line below its neighbour."""
    y = word.box.y - max(0, min(word.line, end) - start) * 28
    return word._replace(box=word.box._replace(y=y))


def test_a_title_that_cannot_be_read_is_made_up_for_by_the_labels_and_a_person_looks():
    document = read(reading(replaced(MARRIAGE, "GIẤY CHỨNG NHẬN KẾT HÔN", "GIẤY CHỨNG")))
    assert document.document_type == "marriage_certificate"
    assert "unsure:document_type" in document.review_reasons
    assert not any(field.accepted for field in document.fields.values())


@pytest.mark.parametrize("at", ["@700", "@1300"], ids=["below the title", "on the right"])
def test_the_number_of_a_form_may_stand_elsewhere_at_its_top(at):
    lines = [line.removeprefix("Số: 27/UBND-XNTTHN ") for line in MARITAL_STATUS]
    title = next(index for index, line in enumerate(lines) if "GIẤY XÁC NHẬN" in line)
    document = read(reading((*lines[: title + 1], f"{at} Số: 27/UBND-XNTTHN", *lines[title + 1 :])))
    assert document.fields["number"].value == "27/UBND-XNTTHN"
    assert document.fields["issuer_name"].value == "ỦY BAN NHÂN DÂN XÃ LƯỢNG MINH"


def test_an_application_with_a_title_that_cannot_be_read_is_not_the_paper():
    lines = replaced(MARRIAGE, "GIẤY CHỨNG NHẬN KẾT HÔN", "TỜ KHAI")
    assert (
        read(reading((*lines, "Chúng tôi cam đoan những lời khai trên là đúng"))).document_type
        != "marriage_certificate"
    )


@pytest.mark.parametrize(
    "places",
    [
        ("XÃ LƯỢNG MINH", "HUYỆN TƯƠNG DƯƠNG"),
        ("Xã Lượng Minh", "huyện Tương Dương"),
        ("XÃ LƯỢNG MINH", "HUYỆN TƯƠNG DƯƠNG", "TỈNH NGHỆ AN"),
    ],
)
def test_the_places_above_an_agency_are_no_part_of_its_name(places):
    issuer = read(reading((MARITAL_STATUS[0], *places, *MARITAL_STATUS[2:]))).fields["issuer_name"]
    assert issuer.value.casefold() == "ủy ban nhân dân xã lượng minh"
    assert issuer.accepted


def test_an_agency_with_a_line_below_it_that_nobody_can_read_is_not_accepted():
    lines = (
        CRIMINAL_RECORD[0].replace("BỘ CÔNG AN", "ỦY BAN NHÂN DÂN"),
        "TỈNH NGHỆ AN",
        "S0 TUU HA",
        *CRIMINAL_RECORD[2:],
    )
    assert not read(reading(lines)).fields["issuer_name"].accepted


def test_an_agency_whose_second_line_was_not_read_at_all_is_not_accepted():
    lines = ("SỞ LAO ĐỘNG - THƯƠNG BINH" + CRIMINAL_RECORD[0].removeprefix("BỘ CÔNG AN"),)
    lines = (*lines, CRIMINAL_RECORD[1][CRIMINAL_RECORD[1].index("@") :], *CRIMINAL_RECORD[2:])
    assert not read(reading(lines)).fields["issuer_name"].accepted


@pytest.mark.parametrize("first", ["", "XÃ LƯỢNG MINH"], ids=["nothing", "a place"])
def test_a_place_without_the_committee_above_it_is_no_agency_that_is_accepted(first):
    lines = (*replaced(MARITAL_STATUS[:1], "ỦY BAN NHÂN DÂN", first), *MARITAL_STATUS[1:])
    assert not read(reading(lines)).fields["issuer_name"].accepted


def test_a_date_above_the_signature_is_the_date_of_issue_and_one_behind_a_label_is_not():
    lines = replaced(DEATH, " @880 Lượng Minh, ngày 27 tháng 8 năm 2025", "")
    lines = (*lines[: -len(SIGNED)], "@900 Lượng Minh, ngày 27 tháng 8 năm 2025", *SIGNED)
    assert read(reading(lines)).fields["issue_date"].value == "2025-08-27"
    nowhere = replaced(lines, "@900 Lượng Minh, ngày 27 tháng 8 năm 2025", "")
    assert read(reading(nowhere)).fields["issue_date"].value is None


def test_the_numbering_of_the_next_label_is_no_part_of_an_address():
    long = "Khối Đông Thượng, thôn Yên Phú, xã Nghĩa Đồng, huyện Tân Kỳ, tỉnh Nghệ An"
    lines = replaced(CRIMINAL_RECORD, "Thôn Đông Thượng, xã Nghĩa Đồng, huyện Tân Kỳ, tỉnh Nghệ An", long)
    assert read(reading(lines)).fields["residence"].value == long


def test_an_address_that_ends_in_a_comma_has_lost_its_end():
    lines = replaced(MARRIAGE, "Đô Lương, tỉnh Nghệ An @900 huyện", "@900 huyện")
    field = read(reading(replaced(lines, "Xã Thượng Sơn, huyện", "Xã Thượng Sơn,"))).fields["wife_residence"]
    assert (field.value, field.accepted) == ("Xã Thượng Sơn", False)


def test_who_has_no_identifier_owns_the_record_by_name():
    (owner,) = read(reading(MERIT)).owners
    assert (owner.role, owner.identifier, owner.name) == ("beneficiary", None, "ĐẬU CÔNG KHOA")


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("marriage_certificate", "2021-08-05", "None"),
        ("marital_status_confirmation", "2026-03-12", "2026-09-12"),
        ("citizen_identity_card", "2021-10-12", "2026-12-02"),
        ("criminal_record_certificate", "2025-08-16", "None"),
        ("merit_allowance_decision", "2025-07-01", "None"),
    ],
)
def test_a_paper_is_valid_as_long_as_its_type_says(code, start, end):
    document = read(reading(PAPERS[code][0]))
    assert (str(document.valid_from), str(document.valid_to)) == (start, end)


@pytest.mark.parametrize(
    ("lines", "old", "new"),
    [
        (MARRIAGE, "GIẤY CHỨNG NHẬN KẾT HÔN", "TỜ KHAI ĐĂNG KÝ KẾT HÔN"),
        (DEATH, "TRÍCH LỤC KHAI TỬ", "TỜ KHAI ĐĂNG KÝ KHAI TỬ"),
        (DEATH, "TRÍCH LỤC KHAI TỬ", "GIẤY BÁO TỬ"),
        (MARITAL_STATUS, "GIẤY XÁC NHẬN", "TỜ KHAI CẤP GIẤY XÁC NHẬN"),
        (CARD, "CĂN CƯỚC CÔNG DÂN", "TỜ KHAI CĂN CƯỚC CÔNG DÂN"),
        (CRIMINAL_RECORD, "PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1", "TỜ KHAI YÊU CẦU CẤP PHIẾU LÝ LỊCH TƯ PHÁP"),
    ],
)
def test_an_application_for_a_paper_is_not_the_paper(lines, old, new):
    code = next(code for code, (paper, _) in PAPERS.items() if paper is lines)
    assert read(reading(replaced(lines, old, new))).document_type != code


def test_a_decision_about_something_else_is_a_letter():
    lines = replaced(LETTER_PAGE, "TỜ TRÌNH", "QUYẾT ĐỊNH")
    lines = replaced(lines, "rà soát, làm sạch dữ liệu hộ tịch giai đoạn", "kiểm tra việc chi trả trợ cấp hằng tháng")
    assert read(reading(lines)).document_type == "administrative_document"


def test_what_is_none_of_the_usual_sentences_waits_for_a_person():
    conviction = "Có án tích: Bản án số 17/2010/HS-ST"
    field = read(reading(replaced(CRIMINAL_RECORD, "Không có án tích.", conviction))).fields["criminal_status"]
    assert (field.value, field.accepted) == (conviction, False)
    assert "listed" in {check.name for check in field.checks if not check.passed}


def test_a_usual_sentence_whose_marks_were_misread_waits_for_a_person():
    field = read(reading(replaced(MERIT, "Đối tượng: Bệnh binh", "Đối tượng: Bệnh bình"))).fields[
        "beneficiary_category"
    ]
    assert (field.value, field.accepted) == ("Bệnh binh", False)


def test_a_sentence_that_has_ended_does_not_go_on_in_the_next_line():
    lines = replaced(MARITAL_STATUS, "Giấy này có giá trị đến", "này có giá trị đến")
    lines = replaced(lines, "làm thủ tục đăng ký", "làm thủ tục chuyển nhượng quyền sử dụng đất và đăng ký")
    assert read(reading(lines)).fields["purpose"].value.endswith("đăng ký kết hôn")


def test_an_amount_that_its_words_contradict_is_not_accepted():
    field = read(reading(replaced(MERIT, "2.128.500", "2.123.500"))).fields["allowance_amount"]
    assert (field.value, field.accepted) == (2123500, False)


def test_the_words_of_an_amount_make_up_for_weak_digits():
    assert read(spoiled(reading(MERIT), "2.128.500", 0.7)).fields["allowance_amount"].accepted


def test_the_number_of_a_card_is_known_by_its_shape():
    lines = replaced(CARD, "Số / No.: 040301556164", "040301556164")
    assert read(reading(lines)).fields["personal_id"].value == "040301556164"
    two = replaced(lines, "Nốt ruồi C:", "040301556165")
    assert read(reading(two)).fields["personal_id"].value is None
