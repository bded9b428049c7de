from datetime import date

import pytest

from pipeline.understand import add_term, understand
from schemas.document_type import document_types
from tests.pipeline.understand.paper import BIRTH, HEADER, LETTER_PAGE, WIDTH, reading, replaced, spoiled

FORM_2006 = (
    "ỦY BAN NHÂN DÂN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Xã Hùng Tiến @930 Độc lập - Tự do - Hạnh phúc",
    "@1112 Số: 325",
    "@1033 Quyển số: 01/2007",
    "@660 GIẤY KHAI SINH",
    "@770 (BẢN SAO)",
    "Họ và tên: CHU GIA PHÚC @900 Giới tính: Nam",
    "Ngày, tháng, năm sinh: ngày 15 tháng 12 năm 2006",
    "(Bằng chữ: Ngày mười lăm, tháng mười hai, năm hai nghìn không trăm linh sáu)",
    "Nơi sinh: Trung tâm Y tế huyện Nam Đàn, tỉnh Nghệ An",
    "Dân tộc: Kinh @833 Quốc tịch: Việt Nam",
    "Quê quán: Xã Hùng Tiến, huyện Nam Đàn, tỉnh Nghệ An",
    "Họ và tên cha: CHU TRỌNG AN",
    "Dân tộc: Kinh Quốc tịch: Việt Nam Năm sinh: 1977",
    "Nơi thường trú/tạm trú: Xã Hùng Tiến, huyện Nam Đàn, tỉnh Nghệ An",
    "Họ và tên mẹ: HỒ KHÁNH ÁNH",
    "Dân tộc: Thổ Quốc tịch: Việt Nam Năm sinh: 1982",
    "Nơi thường trú/tạm trú: Xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An",
    "Nơi đăng ký: Ủy ban nhân dân xã Hùng Tiến, huyện Nam Đàn, tỉnh Nghệ An",
    "Ngày, tháng, năm đăng ký: 15/01/2007",
    "Ghi chú:",
    "Họ và tên, quan hệ của người đi khai sinh: Chu Trọng An, cha đẻ",
    "CÁN BỘ TƯ PHÁP HỘ TỊCH @970 TM. ỦY BAN NHÂN DÂN",
    "@1053 CHỦ TỊCH",
    "Phan Thanh Chi @1000 Hồ Thị Hồng Thảo",
)


def read(*pages):
    (document,) = understand(pages, document_types())
    return document


def test_the_date_beside_a_signature_is_not_the_one_of_registration():
    lines = list(FORM_2006)
    lines.insert(-1, "(Đã ký) ngày 12 tháng 10 năm 2019")
    field = read(reading(lines)).fields["registration_date"]
    assert (field.value, field.accepted) == ("2007-01-15", True)
    unread = [line.replace("15/01/2007", "15/0#/2007") for line in lines]
    assert not read(reading(unread)).fields["registration_date"].accepted


def values(document):
    return {name: field.value for name, field in document.fields.items()}


def test_a_birth_certificate_gives_every_field():
    document = read(reading(BIRTH))
    assert document.document_type == "birth_certificate"
    assert values(document) == {
        "number": "195/2016",
        "full_name": "HÀ Y ÚN",
        "date_of_birth": "2016-02-22",
        "sex": "nữ",
        "ethnicity": "Thái",
        "nationality": "Việt Nam",
        "place_of_birth": "Bệnh viện Sản Nhi Nghệ An, thành phố Vinh, tỉnh Nghệ An",
        "place_of_origin": "Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
        "personal_id": "040316112233",
        "mother_full_name": "NGUYỄN Y HỢI",
        "mother_birth_year": "1990",
        "mother_residence": "Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
        "father_full_name": "HÀ VĂN MÒN",
        "father_birth_year": "1988",
        "father_residence": "Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
        "registration_place": "Ủy ban nhân dân xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
        "registration_date": "2016-03-23",
        "signer_name": "Chu Thị Giang",
    }
    assert document.review_reasons == ()
    assert [(owner.role, owner.identifier.digits, owner.name) for owner in document.owners] == [
        ("child", "040316112233", "HÀ Y ÚN")
    ]
    assert document.valid_from.isoformat() == "2016-03-23"
    assert document.valid_to is None


def test_parents_are_known_by_their_labels_in_either_order():
    document = read(reading(FORM_2006))
    found = values(document)
    assert document.document_type == "birth_certificate"
    assert (found["father_full_name"], found["mother_full_name"]) == ("CHU TRỌNG AN", "HỒ KHÁNH ÁNH")
    assert (found["father_birth_year"], found["mother_birth_year"]) == ("1977", "1982")
    assert found["mother_residence"] == "Xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An"
    assert (found["ethnicity"], found["number"], found["personal_id"]) == ("Kinh", "325", None)
    assert found["signer_name"] == "Hồ Thị Hồng Thảo"


def test_the_head_of_a_register_extract_is_not_its_registration():
    lines = replaced(BIRTH, "GIẤY KHAI SINH", "TRÍCH LỤC KHAI SINH")
    lines = replaced(lines, "Số: 195/2016", "Số: 87/TLKS-BS @880 Nghĩa Mai, ngày 09 tháng 10 năm 2022")
    lines = replaced(lines, "Nơi đăng ký khai sinh:", "Đăng ký khai sinh tại:")
    lines = replaced(lines, "Ngày, tháng, năm đăng ký: 23/3/2016", "Số: 20 @550 Quyển số: 01/2016 @850 ngày 23/03/2016")
    found = values(read(reading(lines)))
    assert found["number"] == "87/TLKS-BS"
    assert found["registration_date"] == "2016-03-23"


def test_a_field_that_is_not_printed_is_empty_and_invents_nothing():
    lines = replaced(BIRTH, "Họ, chữ đệm, tên người cha: HÀ VĂN MÒN", "Họ, chữ đệm, tên người cha: //")
    lines = replaced(lines, "Năm sinh: 1988 @627 Dân tộc: Thái @1019 Quốc tịch: Việt Nam", "Năm sinh: @627 Dân tộc:")
    lines = replaced(lines, "Số định danh cá nhân: 040316112233", "Số định danh cá nhân:")
    document = read(reading(lines))
    found = values(document)
    assert [found[name] for name in ("father_full_name", "father_birth_year", "personal_id")] == [None, None, None]
    assert document.owners[0].identifier is None
    assert document.review_reasons == ()


def test_a_letter_is_read_by_its_places():
    document = read(reading(LETTER_PAGE))
    assert document.document_type == "administrative_document"
    assert values(document) == {
        "number_symbol": "2529/TTr-SNV",
        "issue_date": "2023-06-12",
        "issue_place": "Nghệ An",
        "issuer_name": "SỞ NỘI VỤ",
        "document_kind": "Tờ trình",
        "abstract": "rà soát, làm sạch dữ liệu hộ tịch giai đoạn 2007 - 2020",
        "signer_name": "Lý Nguyễn Hữu Nghĩa",
        "signer_title": "PHÓ GIÁM ĐỐC",
    }


def test_a_letter_with_its_subject_below_the_number_is_a_cong_van():
    lines = (
        *HEADER,
        "Số: 575/UBND-KTTH @880 Nghệ An, ngày 04 tháng 02 năm 2025",
        "V/v tham gia ý kiến @900 HỎA TỐC",
        "các dự thảo Nghị định",
        "",
        "@600 Kính gửi: Sở Tài chính",
        *LETTER_PAGE[9:],
    )
    found = values(read(reading(lines)))
    assert found["document_kind"] == "Công văn"
    assert found["abstract"] == "tham gia ý kiến các dự thảo Nghị định"
    assert found["issuer_name"] == "ỦY BAN NHÂN DÂN XÃ LƯỢNG MINH"


@pytest.mark.parametrize(
    ("number", "accepted"), [("Số: 575/UBND-KTTH", True), ("Số: ", True), ("", True), ("\n", False)]
)
def test_the_issuer_is_whole_when_no_line_fits_between_it_and_the_number_or_the_date_beside_that(number, accepted):
    lines = (*HEADER, *number.split("\n")[1:], f"{number.strip()} @880 Nghệ An, ngày 04 tháng 02 năm 2025")
    page = reading((*lines, "V/v tham gia ý kiến", "các dự thảo Nghị định", *LETTER_PAGE[8:]))
    assert ("whole", accepted) in [(c.name, c.passed) for c in read(page).fields["issuer_name"].checks]


def test_who_signed_stands_on_the_last_page():
    document = read(reading(LETTER_PAGE[:11]), reading(LETTER_PAGE[11:], number=2))
    assert document.pages == (1, 2)
    assert document.fields["signer_name"].value == "Lý Nguyễn Hữu Nghĩa"
    assert document.fields["signer_name"].page == 2


def test_a_blank_back_belongs_to_its_document_and_blank_files_hold_none():
    assert read(reading(BIRTH), reading((), number=2)).pages == (1, 2)
    assert understand([reading(()), reading((), number=2)], document_types()) == ()


def test_an_unknown_paper_says_so_and_invents_nothing():
    document = read(reading(("HÓA ĐƠN BÁN HÀNG", "Gạo nếp 20 kg", "Tổng cộng 400.000 đồng")))
    assert (document.document_type, document.fields) == (None, {})
    assert document.review_reasons == ("unknown:document_type",)


@pytest.mark.parametrize("title", ["GIẤY CHỨNG SINH", "TỜ KHAI ĐĂNG KÝ KHAI SINH", "SỔ ĐĂNG KÝ KHAI SINH"])
def test_papers_that_look_alike_are_not_birth_certificates(title):
    lines = (*HEADER, f"@600 {title}", "Họ và tên: HÀ Y ÚN", "Quê quán: Xã Lượng Minh, tỉnh Nghệ An")
    assert read(reading(lines)).document_type != "birth_certificate"


@pytest.mark.parametrize(
    ("old", "new", "field", "check"),
    [
        ("22/2/2016", "23/2/2016", "date_of_birth", "in_words"),
        ("Ngày, tháng, năm đăng ký: 23/3/2016", "Ngày, tháng, năm đăng ký: 20/2/2016", "registration_date", "order"),
        ("Ngày, tháng, năm đăng ký: 23/3/2016", "Ngày, tháng, năm đăng ký: 23/3/2018", "number", "same_year"),
        ("Giới tính: Nữ", "Giới tính: Nam", "sex", "identifier"),
        ("040316112233", "040315112233", "personal_id", "identifier"),
        ("040316112233", "003316112233", "personal_id", "identifier_structure"),
        ("Năm sinh: 1990", "Năm sinh: 2009", "mother_birth_year", "order"),
        ("tỉnh Nghệ An", "tỉnh Nghê An", "place_of_origin", "usual_words"),
        ("HÀ VĂN MÒN", "HÁ VĂN MÒN", "father_full_name", "usual_name"),
        ("Dân tộc: Thái", "Dân tộc: Thai", "ethnicity", "as_printed"),
    ],
)
def test_what_contradicts_itself_is_not_accepted(old, new, field, check):
    document = read(reading(replaced(BIRTH, old, new)))
    assert check in {item.name for item in document.fields[field].checks if not item.passed}
    assert not document.fields[field].accepted
    assert any(reason.endswith(f":{field}") for reason in document.review_reasons)


@pytest.mark.parametrize("digits", ["2z/x/2016", "2212/2016"], ids=["unreadable", "strokes lost"])
def test_words_give_a_date_whose_digits_cannot_be_read_and_a_person_looks(digits):
    born = read(reading(replaced(BIRTH, "22/2/2016", digits))).fields["date_of_birth"]
    assert (born.value, born.accepted) == ("2016-02-22", False)


def test_digits_that_are_sound_are_shown_where_the_words_say_something_else():
    born = read(reading(replaced(BIRTH, "hai mươi hai, tháng", "hai mươi ba, tháng"))).fields["date_of_birth"]
    assert (born.value, born.accepted) == ("2016-02-22", False)


def test_a_deputy_whose_title_lost_a_word_is_not_accepted():
    title = read(reading(replaced(LETTER_PAGE, "PHÓ GIÁM ĐỐC", "GIÁM ĐỐC"))).fields["signer_title"]
    assert (title.value, title.accepted) == ("GIÁM ĐỐC", False)


def test_a_name_with_a_stroke_through_its_first_letter_is_not_accepted():
    name = read(reading(replaced(LETTER_PAGE, "Lý Nguyễn", "ý Nguyễn"))).fields["signer_name"]
    assert (name.value, name.accepted) == ("Nguyễn Hữu Nghĩa", False)


def test_a_name_off_the_middle_of_its_post_has_lost_a_word():
    name = read(reading(replaced(LETTER_PAGE, "@1005 Lý Nguyễn", "@1047 Nguyễn"))).fields["signer_name"]
    assert "centred" in {check.name for check in name.checks if not check.passed}
    assert not name.accepted


def test_a_second_reading_looks_where_a_stamp_hides_the_beginning_of_a_name():
    hidden = replaced(LETTER_PAGE, "@1005 Lý Nguyễn Hữu Nghĩa", "@1180 Nghĩa")
    document = read(reading(hidden))
    assert document.fields["signer_name"].value is None
    (spot,) = [spot for spot in document.doubts if spot.lines[0].y > 900]
    assert spot.lines[0].x == pytest.approx(1005, abs=50)


def test_the_rest_of_a_post_is_no_post_that_is_accepted():
    hidden = replaced(LETTER_PAGE, "@1060 KT. GIÁM ĐỐC", "@1110 TỊCH")
    hidden = replaced(hidden, " @1040 PHÓ GIÁM ĐỐC", "")
    document = read(reading(hidden))
    assert (document.fields["signer_title"].value, document.fields["signer_title"].accepted) == ("TỊCH", False)
    assert document.fields["signer_name"].value == "Lý Nguyễn Hữu Nghĩa"


def test_where_a_stamp_hides_all_posts_a_second_reading_looks_for_them_above_the_name():
    hidden = replaced(replaced(LETTER_PAGE, " @1060 KT. GIÁM ĐỐC", ""), " @1040 PHÓ GIÁM ĐỐC", "")
    page = reading(hidden)
    document = read(page)
    assert document.fields["signer_title"].value is None
    (spot,) = [spot for spot in document.doubts if len(spot.lines) > 1 and spot.lines[0].x > WIDTH / 2]
    (name,) = [word for word in page.words if word.text == "Nghĩa"]
    assert all(box.bottom < name.box.y for box in spot.lines)


@pytest.mark.parametrize(
    ("posts", "own"),
    [
        (("KT. TRƯỞNG BAN", "PHÓ TRƯỞNG BAN"), "PHÓ TRƯỞNG BAN"),
        (("TRƯỞNG BAN", "CHỦ TỊCH UBND TỈNH"), "TRƯỞNG BAN"),
        (("GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), "PHÓ GIÁM ĐỐC"),
    ],
    ids=["for the head", "with the post held elsewhere", "KT. not read"],
)
def test_the_own_post_is_the_one_in_which_somebody_signs_here(posts, own):
    page = replaced(replaced(LETTER_PAGE, "@1040 PHÓ GIÁM ĐỐC", f"@1040 {posts[1]}"), "KT. GIÁM ĐỐC", posts[0])
    title = read(reading(page)).fields["signer_title"]
    assert title.value == own
    assert title.accepted is posts[0].startswith("KT.")


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("@400 Về việc rà soát, làm sạch dữ liệu hộ tịch giai đoạn", "@400 Về việc rà soát, làm sạch", "aligned"),
        ("rà soát, làm sạch dữ", "rà soát, làm @890 dữ", "unbroken"),
    ],
)
def test_an_abstract_that_has_lost_words_is_not_accepted(old, new, check):
    abstract = read(reading(replaced(LETTER_PAGE, old, new))).fields["abstract"]
    assert check in {item.name for item in abstract.checks if not item.passed}
    assert not abstract.accepted


@pytest.mark.parametrize(
    ("text", "field"),
    [("195/2016", "number"), ("040316112233", "personal_id"), ("ÚN", "full_name"), ("23/3/2016", "registration_date")],
)
def test_a_word_read_unsurely_makes_its_field_wait_for_a_person(text, field):
    document = read(spoiled(reading(BIRTH), text, 0.8))
    assert document.fields[field].value is not None
    assert not document.fields[field].accepted
    assert f"unsure:{field}" in document.review_reasons


def test_a_date_that_its_words_confirm_may_be_read_worse():
    assert read(spoiled(reading(BIRTH), "22/2/2016", 0.7)).fields["date_of_birth"].accepted


def test_an_identifier_that_is_not_accepted_leads_to_nobody():
    assert read(spoiled(reading(BIRTH), "040316112233", 0.5)).owners[0].identifier is None


def test_the_date_of_a_law_is_not_the_date_of_issue():
    lines = replaced(LETTER_PAGE, "Nghệ An, ngày 12 tháng 6 năm 2023", "")
    law = "@300 Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;"
    document = read(reading((*lines[:8], law, *lines[8:])))
    assert document.fields["issue_date"].value is None
    assert document.fields["issue_place"].value is None


def test_a_handwritten_day_that_cannot_be_read_gives_no_date():
    document = read(reading(replaced(LETTER_PAGE, "ngày 12 tháng", "ngày 0P tháng")))
    assert document.fields["issue_date"].value is None
    assert document.fields["issue_place"].value == "Nghệ An"
    assert "unread:issue_date" in document.review_reasons


def test_every_field_says_where_it_stands():
    page = reading(BIRTH)
    field = read(page).fields["registration_place"]
    lines = [word for word in page.words if word.box.y in {field.box.y, field.box.bottom - 30}]
    assert field.page == 1
    assert field.box.h > 60, "the value takes two rows"
    assert {"Ủy", "An"} <= {word.text for word in lines}
    assert field.raw_text.startswith("Ủy ban nhân dân")


@pytest.mark.parametrize(
    ("start", "count", "unit", "end"),
    [
        ("2025-08-31", 6, "M", "2026-02-28"),
        ("2024-02-29", 1, "Y", "2025-02-28"),
        ("2025-12-31", 1, "D", "2026-01-01"),
        ("2025-06-15", 10, "Y", "2035-06-15"),
        ("2025-11-30", 1, "M", "2025-12-30"),
    ],
)
def test_a_term_ends_on_the_same_day_or_the_last_of_the_month(start, count, unit, end):
    assert add_term(date.fromisoformat(start), count, unit).isoformat() == end
