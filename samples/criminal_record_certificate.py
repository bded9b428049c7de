"""Criminal record certificates: two forms of the Department of Justice, number 2, and those of the police."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from samples.blocks import Text
from samples.forms import Form, Signature, blocks, centred
from samples.papers import Layout, Paper, Wishes, layouts
from samples.people import (
    PROVINCE,
    Person,
    Place,
    Sex,
    capitalised,
    family_name,
    home_in,
    identity_paper,
    printed_number,
    random_date,
    random_ethnicity,
    random_name,
    random_person,
)
from samples.wording import document_number, long_date, short_date, written_date


def _ground(markup: str) -> Text:
    return Text(f"__{markup}__", 13.0, "justify", indent=28.0)


LAW = _ground("Căn cứ Luật Lý lịch tư pháp ngày 17 tháng 6 năm 2009;")
DECREE = _ground(
    "Căn cứ Nghị định số 111/2010/NĐ-CP ngày 23 tháng 11 năm 2010 của Chính phủ quy định chi tiết và hướng dẫn thi "
    "hành một số điều của Luật Lý lịch tư pháp;"
)
PROVINCE_CAPITALS = PROVINCE.upper()

JUSTICE_2013 = Form(  # TT 16/2013/TT-BTP
    left=(f"UBND TỈNH {PROVINCE_CAPITALS}", "**SỞ TƯ PHÁP**", "---", "Số: {number}"),
    right=(f"__{PROVINCE}, {{issue_date_long}}__",),
    title=("**PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1**",),
    body=(
        LAW,
        DECREE,
        centred("**XÁC NHẬN:**"),
        "1. Họ và tên: **{full_name}** | 2. Giới tính: {sex}",
        "3. Ngày, tháng, năm sinh: {date_of_birth}",
        "4. Nơi sinh: {birth_province}",
        "5. Quốc tịch: {nationality}",
        "6. Nơi thường trú: {residence}",
        "7. Nơi tạm trú: {second_home}",
        "8. Giấy CMND/Hộ chiếu: {personal_id}",
        "Cấp ngày {card_date} tại {card_office}",
        "9. Tình trạng án tích: {criminal_status}.",
        (
            "10. Thông tin về cấm đảm nhiệm chức vụ, thành lập, quản lý doanh nghiệp, hợp tác xã: "
            "Không bị cấm đảm nhiệm chức vụ, thành lập, quản lý doanh nghiệp, hợp tác xã."
        ),
    ),
    used=(dt.date(2013, 12, 30), dt.date(2024, 6, 28)),
    number="{count}/STP-LLTP",
)

POLICE_2025 = Form(  # the police took criminal records over on 1/3/2025
    left=("BỘ CÔNG AN", f"**CÔNG AN TỈNH {PROVINCE_CAPITALS}**", "---", "Số: {number}"),
    right=(f"__{PROVINCE}, {{issue_date_long}}__",),
    title=("**PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1**",),
    body=(
        LAW,
        centred("**XÁC NHẬN:**"),
        "1. Họ, chữ đệm và tên khai sinh: **{full_name}**",
        "2. Giới tính: {sex}",
        "3. Ngày, tháng, năm sinh: {date_of_birth}",
        "4. Nơi sinh: {birth_province} | 5. Quốc tịch: {nationality}",
        "6. Số định danh cá nhân: {personal_id}",
        "7. Nơi thường trú: {residence}",
        "8. Nơi tạm trú: {second_home}",
        "9. Tình trạng án tích: **{criminal_status}**",
        "10. Thông tin về cấm đảm nhiệm chức vụ, thành lập, quản lý doanh nghiệp, hợp tác xã: //",
    ),
    foot_left=("__**Nơi nhận:**__", "- Người yêu cầu;", "- Lưu: PV06."),
    used=(dt.date(2025, 3, 3), dt.date(2026, 6, 30)),
    number="{count}/PV06-LLTP",
)

JUSTICE_2024 = Form(  # TT 06/2024/TT-BTP: one line for the kind and number of the card
    left=("ỦY BAN NHÂN DÂN", f"TỈNH {PROVINCE_CAPITALS}", "**SỞ TƯ PHÁP**", "---", "Số: {number}"),
    right=(f"__{PROVINCE}, {{issue_date_long}}__",),
    title=("**PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1**",),
    body=(
        LAW,
        DECREE,
        centred("**XÁC NHẬN:**"),
        "Họ và tên: {full_name}",
        "Giới tính: {sex} | Ngày, tháng, năm sinh: {date_of_birth}",
        "Nơi sinh: {birth_province} | Quốc tịch: {nationality}",
        "Giấy tờ tùy thân/Số định danh cá nhân: {paper}",
        "Nơi thường trú: {residence}",
        "Nơi tạm trú: {second_home}",
        "Tình trạng án tích: {criminal_status}",
    ),
    foot_left=("__**Nơi nhận:**__", "- Người được cấp;", "- Lưu: VT, HS."),
    used=(dt.date(2024, 7, 1), dt.date(2025, 2, 26)),
    number="{count}/STP-LLTP",
)

NUMBER_2 = Form(  # what courts and the person may see: it names parents and spouse
    left=(f"UBND TỈNH {PROVINCE_CAPITALS}", "**SỞ TƯ PHÁP**", "---", "Số: {number}"),
    right=(f"__{PROVINCE}, {{issue_date_long}}__",),
    title=("**PHIẾU LÝ LỊCH TƯ PHÁP SỐ 2**",),
    body=(
        LAW,
        centred("**XÁC NHẬN:**"),
        "1. Họ và tên: {full_name}",
        "2. Giới tính: {sex} | 3. Ngày, tháng, năm sinh: {date_of_birth}",
        "4. Nơi sinh: {birth_province} | 5. Quốc tịch: {nationality}",
        "6. Họ và tên cha: {father} | 7. Họ và tên mẹ: {mother}",
        "8. Giấy CMND/Thẻ CCCD/Hộ chiếu: {personal_id}, cấp ngày {card_date}",
        "9. Nơi thường trú: {residence}",
        "10. Nơi tạm trú: {second_home}",
        "11. Tình trạng án tích: {criminal_status}",
        "12. Thông tin về cấm đảm nhiệm chức vụ: Không có",
    ),
    foot_left=("**NGƯỜI LẬP PHIẾU**", "", "", "", "", "{clerk}"),
    used=(dt.date(2013, 12, 30), dt.date(2025, 2, 26)),
    number="{count}/STP-LLTP",
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues a certificate: its name, what may be printed above it, its seal, who signs and with which ranks."""

    name: str
    above: tuple[str, ...]
    seal: str
    offices: tuple[tuple[str, ...], ...]
    ranks: tuple[str, ...] = ("",)


JUSTICE = Issuer(
    name="Sở Tư pháp",
    above=(f"UBND tỉnh {PROVINCE}", f"Ủy ban nhân dân tỉnh {PROVINCE}"),
    seal=f"* SỞ TƯ PHÁP * TỈNH {PROVINCE_CAPITALS}",
    offices=(("GIÁM ĐỐC",), ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")),
)
POLICE = Issuer(
    name=f"Công an tỉnh {PROVINCE}",
    above=("Bộ Công an",),
    seal=f"* CÔNG AN TỈNH {PROVINCE_CAPITALS} * BỘ CÔNG AN",
    offices=(("TL. GIÁM ĐỐC", "TRƯỞNG PHÒNG HỒ SƠ NGHIỆP VỤ"), ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")),
    ranks=("", "Thượng tá ", "Đại tá "),
)
CLEAN = "Không có án tích"


def _status(rng: Random, home: Place, issued: dt.date) -> str:
    """Return the finding: nearly everybody who asks for a certificate has no record."""
    then = issued - dt.timedelta(days=rng.randint(200, 2500))
    court = f"Tòa án nhân dân {home.district}" if home.district else f"Tòa án nhân dân tỉnh {PROVINCE}"
    convicted = f"Có án tích: Bản án số {rng.randint(2, 140)}/{then.year}/HS-ST ngày {short_date(then)} của {court}"
    return rng.choice((CLEAN, CLEAN, convicted))


def _second_home(rng: Random, person: Person, issued: dt.date) -> str:
    nowhere = rng.choice(("Không", "//"))
    return rng.choice((nowhere, nowhere, home_in(rng, rng.choice(person.ethnicity.districts), issued).address))


def _made(form: Form, rng: Random, wishes: Wishes) -> Paper:
    issuer = POLICE if form is POLICE_2025 else JUSTICE
    issued = random_date(rng, *form.used)
    ethnicity = random_ethnicity(rng)
    sex: Sex = rng.choice(("nam", "nữ"))
    age = dt.timedelta(days=365 * rng.randint(18, 58) + rng.randint(6, 364))
    person = random_person(rng, ethnicity, sex, issued - age)
    home = home_in(rng, rng.choice(ethnicity.districts), issued)
    father = random_name(rng, ethnicity, "nam", family_name(person), unlike=(person.full_name,))
    mother, signer, clerk = (
        random_name(rng, ethnicity, of, unlike=(person.full_name, father)) for of in ("nữ", "nam", "nữ")
    )
    number = "" if "personal_id" in wishes.without else printed_number(rng, person, issued)
    status, rank = _status(rng, home, issued), rng.choice(issuer.ranks)
    old_card = len(number) == len("186000111")
    values = {
        "number": form.number.format(count=document_number(rng.randint(1, 6400))),
        "full_name": person.full_name.upper(),
        "sex": capitalised(sex),
        "date_of_birth": written_date(rng, person.born),
        "birth_province": rng.choice((f"Tỉnh {PROVINCE}", PROVINCE)),
        "nationality": "Việt Nam",
        "personal_id": number,
        "paper": identity_paper(number, issued),
        "card_date": short_date(issued - dt.timedelta(days=rng.randint(60, 1400))),
        "card_office": f"Công an tỉnh {PROVINCE}" if old_card else "Cục Cảnh sát QLHC về TTXH",
        "residence": home.address,
        "second_home": _second_home(rng, person, issued),
        "criminal_status": status,
        "father": father,
        "mother": mother,
        "issue_date_long": long_date(issued),
        "clerk": clerk,
    }
    return Paper(
        blocks=blocks(
            form, values, Signature(offices=rng.choice(issuer.offices), name=f"{rank}{signer}", seal=issuer.seal)
        ),
        fields={
            "number": values["number"],
            "issue_date": issued.isoformat(),
            "issuer_name": issuer.name,
            "full_name": person.full_name,
            "sex": sex,
            "date_of_birth": person.born.isoformat(),
            "personal_id": number or None,
            "residence": home.address,
            "criminal_status": status,
            "signer_name": signer,
        },
        accept={
            "issuer_name": [
                *(f"{above} {issuer.name}" for above in issuer.above),
                f"{issuer.name} tỉnh {PROVINCE}",
            ],
            "signer_name": [f"{rank}{signer}"],
            "criminal_status": [status.split(":", 1)[0]],
        },
    )


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "justice_2013": JUSTICE_2013,
        "police_2025": POLICE_2025,
        "justice_2024": JUSTICE_2024,
        "number_2": NUMBER_2,
    },
)
HELD_OUT: frozenset[str] = frozenset({"number_2"})  # never tuned on
