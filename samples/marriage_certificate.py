"""Marriage certificates: the columns of today's blank, forms of 1999 and 2006, and the extract from the register."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from samples.forms import COLLECTIVE, OFFICES, Beside, Form, Signature, blocks
from samples.papers import Fields, Layout, Paper, Wishes, layouts
from samples.people import (
    REFORM,
    Ethnicity,
    Person,
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
from samples.wording import document_number, long_date, short_date, written_date

SPOUSES: dict[str, Sex] = {"husband": "nam", "wife": "nữ"}

CURRENT = Form(  # TT 04/2020/TT-BTP: landscape, the wife at the left
    left=(),
    right=("Số: {number}",),
    title=("**GIẤY CHỨNG NHẬN KẾT HÔN**",),
    body=(
        Beside(
            (
                "**Họ, chữ đệm, tên vợ:** {wife_full_name}",
                "Ngày, tháng, năm sinh: {wife_date_of_birth}",
                "Dân tộc: {wife_ethnicity} | Quốc tịch: {wife_nationality}",
                "Nơi cư trú: {wife_residence}",
                "Giấy tờ tùy thân: {wife_paper}",
            ),
            (
                "**Họ, chữ đệm, tên chồng:** {husband_full_name}",
                "Ngày, tháng, năm sinh: {husband_date_of_birth}",
                "Dân tộc: {husband_ethnicity} | Quốc tịch: {husband_nationality}",
                "Nơi cư trú: {husband_residence}",
                "Giấy tờ tùy thân: {husband_paper}",
            ),
        ),
        "Nơi đăng ký kết hôn: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
    ),
    foot_left=(
        Beside(
            ("**VỢ**", "__(Ký, ghi rõ họ tên)__", "", "", "", "{wife_written}"),
            ("**CHỒNG**", "__(Ký, ghi rõ họ tên)__", "", "", "", "{husband_written}"),
        ),
    ),
    foot_right=("**NGƯỜI KÝ GIẤY CHỨNG NHẬN KẾT HÔN**",),
    used=(dt.date(2016, 1, 4), dt.date(2026, 6, 30)),
    number="{count}/{year}",
    after=2.6,
    landscape=True,
)

FORM_2006 = Form(  # the husband at the left; cards have nine digits, and the number belongs to a volume
    left=("**ỦY BAN NHÂN DÂN**", "{commune}", "{district}", "tỉnh Nghệ An", "---"),
    right=("__Mẫu TP/HT-2006-KH.1__", "Số: {number}", "Quyển số: {book}"),
    title=("**GIẤY CHỨNG NHẬN KẾT HÔN**",),
    body=(
        Beside(
            (
                "Họ và tên chồng: {husband_full_name}",
                "Ngày, tháng, năm sinh: {husband_date_of_birth}",
                "Dân tộc: {husband_ethnicity} | Quốc tịch: {husband_nationality}",
                "Nơi thường trú/tạm trú: {husband_residence}",
                "Số Giấy CMND/Hộ chiếu: {husband_personal_id}",
            ),
            (
                "Họ và tên vợ: {wife_full_name}",
                "Ngày, tháng, năm sinh: {wife_date_of_birth}",
                "Dân tộc: {wife_ethnicity} | Quốc tịch: {wife_nationality}",
                "Nơi thường trú/tạm trú: {wife_residence}",
                "Số Giấy CMND/Hộ chiếu: {wife_personal_id}",
            ),
        ),
        "Nơi đăng ký: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
        "Ghi chú: {note}",
    ),
    foot_left=(
        Beside(("**Vợ**", "__(Đã ký)__", "", "{wife_written}"), ("**Chồng**", "__(Đã ký)__", "", "{husband_written}")),
        "",
        "**CÁN BỘ TƯ PHÁP HỘ TỊCH**",
        "__(Đã ký)__",
        "{clerk}",
    ),
    foot_right=(f"**{COLLECTIVE}**",),
    used=(dt.date(2006, 4, 3), dt.date(2015, 12, 28)),
)

EXTRACT = Form(  # a copy made later from the register, line under line
    left=("**ỦY BAN NHÂN DÂN**", "**{issuer_capitals}**", "---", "Số: {number}"),
    right=("__{issuer_place}, {issue_date_long}__",),
    title=("**TRÍCH LỤC KẾT HÔN**", "**(BẢN SAO)**"),
    body=(
        "**Họ, chữ đệm, tên vợ:** **{wife_full_name}**",
        "Ngày, tháng, năm sinh: {wife_date_of_birth}",
        "Dân tộc: {wife_ethnicity} | Quốc tịch: {wife_nationality}",
        "Nơi cư trú: {wife_residence}",
        "Giấy tờ tùy thân: {wife_paper}",
        "**Họ, chữ đệm, tên chồng:** **{husband_full_name}**",
        "Ngày, tháng, năm sinh: {husband_date_of_birth}",
        "Dân tộc: {husband_ethnicity} | Quốc tịch: {husband_nationality}",
        "Nơi cư trú: {husband_residence}",
        "Giấy tờ tùy thân: {husband_paper}",
        "Đăng ký kết hôn tại: {registration_place}",
        "Số: {register_number} | Quyển số: {book} | ngày {registration_date_short}",
        "Ghi chú: {note}",
    ),
    foot_left=("**NGƯỜI THỰC HIỆN TRÍCH LỤC**", "", "", "", "", "{clerk}"),
    foot_right=("**NGƯỜI KÝ TRÍCH LỤC**",),
    used=(dt.date(2012, 2, 6), dt.date(2023, 12, 29)),
    number="{count}/TLKH-BS",
)

FORM_1999 = Form(  # line under line, the husband first
    left=("**UBND {commune_capitals}**", "{district}", "tỉnh Nghệ An", "---"),
    right=("__Mẫu TP/HT-1999-C.2__", "Số: {number}", "Quyển số: {book}"),
    title=("**GIẤY CHỨNG NHẬN KẾT HÔN**", "**(BẢN SAO)**"),
    body=(
        "Họ và tên chồng: **{husband_full_name}**",
        "Sinh ngày: {husband_date_of_birth}",
        "Dân tộc: {husband_ethnicity} | Quốc tịch: {husband_nationality}",
        "Nơi thường trú/tạm trú: {husband_residence}",
        "Số CMND: {husband_personal_id}",
        "Họ và tên vợ: **{wife_full_name}**",
        "Sinh ngày: {wife_date_of_birth}",
        "Dân tộc: {wife_ethnicity} | Quốc tịch: {wife_nationality}",
        "Nơi thường trú/tạm trú: {wife_residence}",
        "Số CMND: {wife_personal_id}",
        "Nơi đăng ký: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
    ),
    foot_left=("**CÁN BỘ HỘ TỊCH**", "__(Đã ký)__", "", "", "", "{clerk}"),
    foot_right=("__Sao từ sổ đăng ký kết hôn__", "__{issue_date_long}__", f"**{COLLECTIVE}**"),
    used=(dt.date(1999, 4, 5), dt.date(2006, 3, 27)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spouse:
    """One of the two, as the paper states them."""

    person: Person
    home: Place
    number: str  # of an identity card, old or new
    born: str

    def values(self, role: str, registered: dt.date) -> dict[str, str]:
        """Return what a form may print of this one."""
        return {
            f"{role}_full_name": self.person.full_name.upper(),
            f"{role}_written": self.person.full_name,
            f"{role}_date_of_birth": self.born,
            f"{role}_ethnicity": self.person.ethnicity.name,
            f"{role}_nationality": "Việt Nam",
            f"{role}_residence": self.home.address,
            f"{role}_personal_id": self.number,
            f"{role}_paper": identity_paper(self.number, registered),
        }

    def fields(self, role: str) -> Fields:
        """Return the truth about this one."""
        return {
            f"{role}_full_name": self.person.full_name,
            f"{role}_date_of_birth": self.person.born.isoformat(),
            f"{role}_personal_id": self.number or None,
            f"{role}_residence": self.home.address,
        }


def _spouse(rng: Random, sex: Sex, ethnicity: Ethnicity, registered: dt.date, wishes: Wishes) -> Spouse:
    age = dt.timedelta(days=365 * rng.randint(20, 36) + rng.randint(6, 364))
    person = random_person(rng, ethnicity, sex, registered - age)
    number = printed_number(rng, person, registered)
    return Spouse(
        person=person,
        home=home_in(rng, rng.choice(ethnicity.districts), registered),
        number="" if "personal_id" in wishes.without else number,
        born=written_date(rng, person.born),
    )


def _made(form: Form, rng: Random, wishes: Wishes) -> Paper:
    registered = random_date(rng, *form.used)
    issued = random_date(rng, dt.date(2024, 1, 2), dt.date(2026, 6, 30)) if form is EXTRACT else registered
    ethnicity = random_ethnicity(rng)
    district = rng.choice(ethnicity.districts)
    peoples = {"husband": ethnicity, "wife": random_ethnicity(rng) if rng.random() < 0.25 else ethnicity}
    spouses = {role: _spouse(rng, sex, peoples[role], registered, wishes) for role, sex in SPOUSES.items()}
    registrar = place_in(rng, district, registered)
    issuer = place_in(rng, district, issued) if issued >= REFORM else registrar
    names = [spouse.person.full_name for spouse in spouses.values()]
    signer, clerk = (random_name(rng, ethnicity, rng.choice(("nam", "nữ")), unlike=names) for _ in range(2))
    count = rng.randint(1, 260)
    values = {
        "number": form.number.format(count=document_number(count), year=registered.year),
        "register_number": document_number(1 + count * 7 % 190),
        "book": f"01/{registered.year}",
        "registration_place": registrar.registrar,
        "registration_date": written_date(rng, registered),
        "registration_date_short": short_date(registered),
        "commune": capitalised(registrar.commune),
        "commune_capitals": registrar.commune.upper(),
        "district": registrar.district,
        "issuer_capitals": issuer.commune.upper(),
        "issuer_place": issuer.name,
        "issue_date_long": long_date(issued),
        "note": rng.choice(("", "Không")),
        "clerk": clerk,
    }
    fields: Fields = {"number": values["number"]}
    for role, spouse in spouses.items():
        values |= spouse.values(role, registered)
        fields |= spouse.fields(role)
    signature = Signature(offices=rng.choice(OFFICES), name=signer, seal=issuer.seal)
    return Paper(
        blocks=blocks(form, values, signature),
        fields=fields
        | {
            "registration_place": registrar.registrar,
            "registration_date": registered.isoformat(),
            "signer_name": signer,
        },
        landscape=form.landscape,
    )


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "current": CURRENT,
        "form_2006": FORM_2006,
        "extract": EXTRACT,
        "form_1999": FORM_1999,
    },
)
HELD_OUT: frozenset[str] = frozenset({"form_1999"})  # never tuned on
