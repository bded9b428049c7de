"""Extracts of deaths: today's, their copies, those of 2016, and the death certificates before them."""

import datetime as dt
from random import Random

from samples.forms import COLLECTIVE, OFFICES, Form, Signature, blocks
from samples.papers import Layout, Paper, Wishes, layouts
from samples.people import (
    PROVINCE,
    REFORM,
    Place,
    Sex,
    capitalised,
    home_in,
    identity_paper,
    place_in,
    printed_number,
    random_date,
    random_ethnicity,
    random_name,
    random_person,
)
from samples.wording import date_in_words, document_number, long_date, short_date, written_date

CURRENT = Form(  # TT 04/2020/TT-BTP
    left=("**ỦY BAN NHÂN DÂN**", "**{issuer_capitals}**", "---", "Số: {number}"),
    right=("__{issuer_place}, {issue_date_long}__",),
    title=("**TRÍCH LỤC KHAI TỬ**",),
    body=(
        "Họ, chữ đệm, tên: **{full_name}**",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Số định danh cá nhân: {personal_id}",
        "Nơi cư trú cuối cùng: {residence}",
        "Đã chết vào lúc: {death_moment}",
        "Ghi bằng chữ: {death_in_words}",
        "Nơi chết: {death_place}",
        "Nguyên nhân chết: {death_cause}",
        "Số Giấy báo tử/Giấy tờ thay thế Giấy báo tử: {notice}",
        "Nơi đăng ký khai tử: {registration_place}",
        "Họ, chữ đệm, tên người đi khai tử: {declarant}",
        "Ghi chú: {note}",
    ),
    foot_right=("**NGƯỜI KÝ TRÍCH LỤC**",),
    used=(dt.date(2020, 7, 20), dt.date(2026, 6, 30)),
    number="{count}/TLKT",
)

COPY = Form(  # issued later, perhaps by the commune that took the register over
    left=("**ỦY BAN NHÂN DÂN**", "**{issuer_capitals}**", "---", "Số: {number}"),
    right=("__{issuer_place}, {issue_date_long}__",),
    title=("**TRÍCH LỤC KHAI TỬ**", "**(BẢN SAO)**"),
    body=(
        "Họ, chữ đệm, tên: **{full_name}**",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Nơi cư trú cuối cùng: {residence}",
        "Giấy tờ tùy thân: {paper}",
        "Đã chết vào lúc: {death_moment} ghi bằng chữ: {death_in_words}",
        "Nơi chết: {death_place}",
        "Nguyên nhân chết: {death_cause}",
        "Đăng ký khai tử tại: {registration_place}",
        "Số: {register_number} | Quyển số: {book} | ngày {registration_date_short}",
        "Ghi chú: {note}",
    ),
    foot_left=("**NGƯỜI THỰC HIỆN TRÍCH LỤC**", "", "", "", "", "{clerk}"),
    foot_right=("**NGƯỜI KÝ TRÍCH LỤC**",),
    used=(dt.date(2008, 2, 4), dt.date(2024, 12, 30)),
    number="{count}/TLKT-BS",
)

FORM_2006 = Form(  # its name was another one, and it says where the entry stands in the register
    left=("**ỦY BAN NHÂN DÂN**", "{commune}", "{district}", "tỉnh Nghệ An", "---"),
    right=("__Mẫu TP/HT-2006-KT.1__", "Số: {number}", "Quyển số: {book}"),
    title=("**GIẤY CHỨNG TỬ**",),
    body=(
        "Họ và tên: **{full_name}** | Giới tính: {sex}",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Nơi thường trú/tạm trú cuối cùng: {residence}",
        "Số Giấy CMND/Hộ chiếu: {personal_id}",
        "Đã chết vào lúc: {death_moment}",
        "(Bằng chữ: {death_in_words})",
        "Nơi chết: {death_place}",
        "Nguyên nhân chết: {death_cause}",
        "Nơi đăng ký: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
        "Ghi chú: {note}",
    ),
    foot_left=("**CÁN BỘ TƯ PHÁP HỘ TỊCH**", "__(Đã ký)__", "", "", "", "{clerk}"),
    foot_right=("__{issuer_place}, {issue_date_long}__", f"**{COLLECTIVE}**"),
    used=(dt.date(2006, 4, 3), dt.date(2015, 12, 28)),
)

EXTRACT_2016 = Form(  # TT 15/2015/TT-BTP, with the levels above the commune in the header
    left=("ỦY BAN NHÂN DÂN", "**{commune_capitals}**", "{district_capitals}", "---", "Số: {number}"),
    right=("__{issuer_place}, {issue_date_long}__",),
    title=("**TRÍCH LỤC KHAI TỬ**",),
    body=(
        "Họ, chữ đệm, tên người chết: {full_name}",
        "Giới tính: {sex} | Ngày, tháng, năm sinh: {date_of_birth}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Giấy tờ tùy thân: {paper}",
        "Nơi cư trú cuối cùng: {residence}",
        "Đã chết vào lúc: {death_moment} (ghi bằng chữ: {death_in_words})",
        "Nơi chết: {death_place} | Nguyên nhân: {death_cause}",
        "Đăng ký khai tử tại: {registration_place}",
        "Số: {register_number} | ngày {registration_date_short}",
    ),
    foot_left=("__Nơi nhận:__", "- Người yêu cầu;", "- Lưu: HT."),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(dt.date(2016, 1, 4), dt.date(2020, 7, 10)),
    number="{count}/TLKT",
)

CAUSES = (
    "Già yếu",
    "Bệnh già",
    "Tai biến mạch máu não",
    "Ung thư gan",
    "Ung thư phổi giai đoạn cuối",
    "Suy thận mạn",
    "Nhồi máu cơ tim",
    "Tai nạn giao thông",
    "Đuối nước",
    "Viêm phổi nặng",
    "Xơ gan",
    "Bệnh hiểm nghèo",
)
HOSPITALS = (
    f"Bệnh viện Hữu nghị Đa khoa {PROVINCE}",
    f"Bệnh viện Ung bướu {PROVINCE}",
    f"Bệnh viện Phổi {PROVINCE}",
    "Trung tâm Y tế huyện Con Cuông",
    "Bệnh viện Đa khoa khu vực Tây Bắc",
)


def _lived(rng: Random, died: dt.date) -> dt.date:
    """Return a day of birth: most people die old."""
    years = rng.choice((rng.randint(18, 60), rng.randint(60, 97), rng.randint(60, 97)))
    return died - dt.timedelta(days=365 * years + rng.randint(0, 364))


def _moment(rng: Random, died: dt.date) -> str:
    date = rng.choice((long_date(died), long_date(died), f"ngày {short_date(died)}"))
    return f"{rng.randint(0, 23):02d} giờ {rng.randint(0, 59):02d} phút, {date}"


def _place_of_death(rng: Random, home: Place) -> str:
    return rng.choice((home.address, f"Tại nhà riêng, {home.hamlet}, {home.area}", rng.choice(HOSPITALS)))


def _made(form: Form, rng: Random, wishes: Wishes) -> Paper:
    registered = random_date(rng, *form.used)
    died = registered - dt.timedelta(days=rng.randint(1, 20))
    issued = random_date(rng, dt.date(2025, 1, 2), dt.date(2026, 6, 30)) if form is COPY else registered
    ethnicity = random_ethnicity(rng)
    district = rng.choice(ethnicity.districts)
    sex: Sex = rng.choice(("nam", "nữ"))
    dead = random_person(rng, ethnicity, sex, _lived(rng, died))
    home = home_in(rng, district, registered)
    registrar = Place(home.commune, home.district)
    issuer = place_in(rng, district, issued) if issued >= REFORM > registered else registrar
    declarant, clerk, signer = (
        random_name(rng, ethnicity, rng.choice(("nam", "nữ")), unlike=(dead.full_name,)) for _ in range(3)
    )
    old = dead.born.year < 1950 and rng.random() < 0.4  # nobody knows the day any more
    number = "" if "personal_id" in wishes.without else printed_number(rng, dead, registered)
    cause, place = rng.choice(CAUSES), _place_of_death(rng, home)
    count = rng.randint(1, 180)
    values = {
        "number": form.number.format(count=document_number(count)),
        "register_number": document_number(1 + count * 7 % 120),
        "book": f"01/{registered.year}",
        "full_name": dead.full_name.upper(),
        "date_of_birth": str(dead.born.year) if old else written_date(rng, dead.born),
        "sex": capitalised(sex),
        "ethnicity": ethnicity.name,
        "nationality": "Việt Nam",
        "personal_id": number,
        "paper": identity_paper(number, registered),
        "residence": home.address,
        "death_moment": _moment(rng, died),
        "death_in_words": date_in_words(died),
        "death_place": place,
        "death_cause": cause,
        "notice": f"{document_number(rng.randint(1, 90))}/GBT do {home.committee} cấp {long_date(died)}",
        "registration_place": registrar.registrar,
        "registration_date": written_date(rng, registered),
        "registration_date_short": short_date(registered),
        "commune": capitalised(registrar.commune),
        "commune_capitals": registrar.commune.upper(),
        "district": registrar.district,
        "district_capitals": registrar.district.upper(),
        "issuer_capitals": issuer.commune.upper(),
        "issuer_place": issuer.name,
        "issue_date_long": long_date(issued),
        "declarant": declarant,
        "note": rng.choice(("", "Không", "Đăng ký đúng hạn")),
        "clerk": clerk,
    }
    return Paper(
        blocks=blocks(form, values, Signature(offices=rng.choice(OFFICES), name=signer, seal=issuer.seal)),
        fields={
            "number": values["number"],
            "issue_date": issued.isoformat(),
            "full_name": dead.full_name,
            "date_of_birth": str(dead.born.year) if old else dead.born.isoformat(),
            "sex": sex,
            "personal_id": number or None,
            "death_date": died.isoformat(),
            "death_place": place,
            "death_cause": cause,
            "registration_place": registrar.registrar,
            "signer_name": signer,
        },
        accept={"death_place": [place.removeprefix("Tại ")]},
    )


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "current": CURRENT,
        "copy": COPY,
        "form_2006": FORM_2006,
        "extract_2016": EXTRACT_2016,
    },
)
HELD_OUT: frozenset[str] = frozenset({"extract_2016"})  # never tuned on
