"""Confirmations of marital status, on the forms of 2010, 2016 and 2020 and with the communes of the reform."""

import datetime as dt
from random import Random

from samples.forms import COLLECTIVE, OFFICES, Form, Signature, blocks, centred
from samples.papers import Layout, Paper, Wishes, layouts
from samples.people import (
    REFORM,
    Person,
    Place,
    Sex,
    capitalised,
    home_in,
    identity_paper,
    printed_number,
    random_date,
    random_ethnicity,
    random_name,
    random_person,
)
from samples.wording import document_number, long_date, short_date, written_date

VALID = "Giấy này có giá trị đến thời điểm thay đổi tình trạng hôn nhân hoặc 6 tháng kể từ ngày cấp."

CURRENT = Form(  # TT 04/2020/TT-BTP
    left=("**ỦY BAN NHÂN DÂN**", "**{commune_capitals}**", "{district_capitals}", "---", "Số: {number}"),
    right=("__{place_name}, {issue_date_long}__",),
    title=("**GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN**",),
    body=(
        "Xét đề nghị của ông/bà: {applicant},",
        "về việc cấp Giấy xác nhận tình trạng hôn nhân cho {applied_for},",
        centred("**XÁC NHẬN:**"),
        "Họ, chữ đệm, tên: **{full_name}**",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Số định danh cá nhân: {personal_id}",
        "Nơi cư trú: {residence}",
        "**Tình trạng hôn nhân:** {marital_status}.",
        "Giấy này được cấp để: {purpose}.",
        VALID,
    ),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(dt.date(2020, 7, 20), dt.date(2025, 6, 27)),
    number="{count}/UBND-XNTTHN",
)

REFORMED = Form(  # the same form from a commune that answers to no district
    left=("**ỦY BAN NHÂN DÂN**", "**{commune_capitals}**", "---", "Số: {number}"),
    right=("__{place_name}, {issue_date_long}__",),
    title=("**GIẤY XÁC NHẬN**", "**TÌNH TRẠNG HÔN NHÂN**"),
    body=(
        "Xét đề nghị của ông/bà: {applicant}, về việc cấp Giấy xác nhận tình trạng hôn nhân cho {applied_for},",
        centred("**XÁC NHẬN:**"),
        "Họ, chữ đệm, tên: {full_name}",
        "Ngày, tháng, năm sinh: {date_of_birth} | Giới tính: {sex}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Số định danh cá nhân/Giấy tờ tùy thân: {personal_id}",
        "Nơi cư trú: {residence}",
        "Tình trạng hôn nhân: **{marital_status}.**",
        "Giấy này được cấp để: {purpose}.",
        VALID,
    ),
    foot_left=("__**Nơi nhận:**__", "- Như trên;", "- Lưu: VT, HT."),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(REFORM, dt.date(2026, 6, 30)),
    number="{count}/UBND-XNTTHN",
)

FORM_2010 = Form(  # TT 08.a/2010/TT-BTP
    left=("**ỦY BAN NHÂN DÂN**", "{commune}", "{district}", "tỉnh Nghệ An", "---", "Số: {number}"),
    right=("__Mẫu TP/HT-2010-XNHN.2__", "__{place_name}, {issue_date_long}__"),
    title=("**GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN**",),
    body=(
        "Xét đề nghị của ông/bà: {applicant} về việc xác nhận tình trạng hôn nhân,",
        centred("**XÁC NHẬN:**"),
        "Họ và tên: **{full_name}** | Giới tính: {sex}",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Số Giấy CMND/Hộ chiếu: {personal_id}",
        "Nơi thường trú/tạm trú: {residence}",
        "Tình trạng hôn nhân: {marital_status}.",
        "Giấy này được cấp để: {purpose}.",
        "Giấy này có giá trị 06 tháng kể từ ngày cấp.",
    ),
    foot_left=("**CÁN BỘ TƯ PHÁP HỘ TỊCH**", "__(Đã ký)__", "", "", "", "{clerk}"),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(dt.date(2010, 5, 10), dt.date(2015, 12, 28)),
    number="{count}/XN-UBND",
)

FORM_2016 = Form(  # TT 15/2015/TT-BTP: an identity card is named with its kind
    left=("ỦY BAN NHÂN DÂN", "**{commune_capitals}**", "---", "Số: {number}"),
    right=("__{commune}, {issue_date_long}__",),
    title=("**GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN**",),
    body=(
        "Xét đề nghị của ông/bà {applicant}, về việc cấp Giấy xác nhận tình trạng hôn nhân cho: {applied_for},",
        centred("**XÁC NHẬN:**"),
        "Họ, chữ đệm, tên: {full_name}",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Giấy tờ tùy thân: {paper}",
        "Nơi cư trú: {residence}",
        "Tình trạng hôn nhân: {marital_status}",
        "Giấy này được cấp để: {purpose}",
        "Giấy này có giá trị sử dụng trong thời hạn 6 tháng, kể từ ngày cấp.",
    ),
    foot_left=("**CÔNG CHỨC TƯ PHÁP - HỘ TỊCH**", "", "", "", "", "{clerk}"),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(dt.date(2016, 1, 4), dt.date(2020, 7, 10)),
    number="{count}/UBND-XNTTHN",
)

PURPOSES = (
    "Làm thủ tục chuyển nhượng quyền sử dụng đất",
    "Làm hồ sơ vay vốn tại Ngân hàng Chính sách xã hội",
    "Bổ sung hồ sơ đi lao động tại nước ngoài",
    "Hoàn thiện hồ sơ tuyển dụng viên chức",
    "Làm thủ tục nhận nuôi con nuôi",
    "Xét hỗ trợ xóa nhà tạm, nhà dột nát",
)


def _status(rng: Random, person: Person, home: Place, issued: dt.date) -> str:
    """Return one of the sentences of TT 04/2020/TT-BTP art. 12: never married is most common."""
    other: Sex = "nữ" if person.sex == "nam" else "nam"
    partner = random_name(rng, random_ethnicity(rng), other, unlike=(person.full_name,))
    then = issued - dt.timedelta(days=rng.randint(200, 2900))
    court = f"Tòa án nhân dân {home.district}" if home.district else "Tòa án nhân dân khu vực 3 - Nghệ An"
    spouse, title = ("vợ", "bà") if person.sex == "nam" else ("chồng", "ông")
    single = "hiện tại chưa đăng ký kết hôn với ai"
    married = f"Hiện tại đang có {spouse} là {title} {partner}"
    divorced = (
        f"Đã đăng ký kết hôn, nhưng đã ly hôn theo Quyết định số {rng.randint(2, 160)}/{then.year}/QĐST-HNGĐ "
        f"ngày {short_date(then)} của {court}; {single}"
    )
    widowed = (
        f"Đã đăng ký kết hôn, nhưng {spouse} đã chết (Trích lục khai tử số {rng.randint(2, 90)} "
        f"ngày {short_date(then)}); {single}"
    )
    while_here = (
        f"Trong thời gian cư trú tại {home.commune} từ ngày {short_date(then)} đến ngày {short_date(issued)} "
        "chưa đăng ký kết hôn với ai"
    )
    never = "Chưa đăng ký kết hôn với ai"
    return rng.choice((never, married, never, divorced, capitalised(single), widowed, while_here))


def _with_levels_above(home: Place) -> list[str]:
    """Return the committee with what a header may print below it, with and without commas."""
    longer = (f"{home.committee}, {home.district}", home.registrar)
    return [*longer, *(name.replace(",", "") for name in longer)]


def _purpose(rng: Random, person: Person) -> str:
    bride: Sex = "nữ" if person.sex == "nam" else "nam"
    partner = random_name(rng, random_ethnicity(rng), bride, unlike=(person.full_name,))
    title = "chị" if bride == "nữ" else "anh"
    return rng.choice((f"Làm thủ tục kết hôn với {title} {partner}", rng.choice(PURPOSES), rng.choice(PURPOSES)))


def _made(form: Form, rng: Random, wishes: Wishes) -> Paper:
    issued = random_date(rng, *form.used)
    ethnicity = random_ethnicity(rng)
    sex: Sex = rng.choice(("nam", "nữ"))
    person = random_person(
        rng, ethnicity, sex, issued - dt.timedelta(days=365 * rng.randint(19, 62) + rng.randint(6, 364))
    )
    home = home_in(rng, rng.choice(ethnicity.districts), issued)
    signer, clerk = (
        random_name(rng, ethnicity, rng.choice(("nam", "nữ")), unlike=(person.full_name,)) for _ in range(2)
    )
    number = "" if "personal_id" in wishes.without else printed_number(rng, person, issued)
    status, purpose = _status(rng, person, home, issued), _purpose(rng, person)
    values = {
        "number": form.number.format(count=document_number(rng.randint(1, 480))),
        "applicant": person.full_name,
        "applied_for": "bản thân",
        "full_name": person.full_name.upper(),
        "date_of_birth": written_date(rng, person.born),
        "sex": capitalised(sex),
        "ethnicity": ethnicity.name,
        "nationality": "Việt Nam",
        "personal_id": number,
        "paper": identity_paper(number, issued),
        "residence": home.address,
        "marital_status": status,
        "purpose": purpose,
        "commune": capitalised(home.commune),
        "commune_capitals": home.commune.upper(),
        "district": home.district,
        "district_capitals": home.district.upper(),
        "place_name": home.name,
        "issue_date_long": long_date(issued),
        "clerk": clerk,
    }
    return Paper(
        blocks=blocks(form, values, Signature(offices=rng.choice(OFFICES), name=signer, seal=home.seal)),
        fields={
            "number": values["number"],
            "issue_date": issued.isoformat(),
            "issuer_name": home.committee,
            "full_name": person.full_name,
            "date_of_birth": person.born.isoformat(),
            "sex": sex,
            "ethnicity": ethnicity.name,
            "nationality": "Việt Nam",
            "personal_id": number or None,
            "residence": home.address,
            "marital_status": status,
            "purpose": purpose,
            "signer_name": signer,
        },
        accept={"issuer_name": _with_levels_above(home)},
    )


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "current": CURRENT,
        "reformed": REFORMED,
        "form_2010": FORM_2010,
        "form_2016": FORM_2016,
    },
)
HELD_OUT: frozenset[str] = frozenset({"form_2016"})  # never tuned on
