"""Birth certificates in four layouts: lines of a form as data, values from synthetic families."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from samples.forms import COLLECTIVE, OFFICES, Beside, Form, Signature, blocks
from samples.papers import Fields, Layout, Paper, Wishes, layouts
from samples.people import (
    NEIGHBOUR_CODES,
    PROVINCE,
    PROVINCE_CODE,
    Ethnicity,
    Person,
    Place,
    Sex,
    capitalised,
    family_name,
    random_date,
    random_ethnicity,
    random_name,
    random_person,
    random_place,
)
from samples.wording import date_in_words, document_number, long_date, short_date

CURRENT = Form(  # TT 04/2020/TT-BTP: the mother stands before the father
    left=("**ỦY BAN NHÂN DÂN**", "**{commune_capitals}**", "{district_capitals}", "TỈNH NGHỆ AN", "---"),
    right=("Số: {number}",),
    title=("**GIẤY KHAI SINH**",),
    body=(
        "**Họ, chữ đệm, tên: {full_name}**",
        "Ngày, tháng, năm sinh: {date_of_birth} ghi bằng chữ: {date_in_words}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Nơi sinh: {place_of_birth}",
        "Quê quán: {place_of_origin}",
        "Số định danh cá nhân: {personal_id}",
        "**Họ, chữ đệm, tên người mẹ:** {mother_full_name}",
        "Năm sinh: {mother_birth_year} | Dân tộc: {mother_ethnicity} | Quốc tịch: {mother_nationality}",
        "Nơi cư trú: {mother_residence}",
        "**Họ, chữ đệm, tên người cha:** {father_full_name}",
        "Năm sinh: {father_birth_year} | Dân tộc: {father_ethnicity} | Quốc tịch: {father_nationality}",
        "Nơi cư trú: {father_residence}",
        "Họ, chữ đệm, tên người đi khai sinh: {declarant}",
        "Giấy tờ tùy thân: {declarant_paper}",
        "Nơi đăng ký khai sinh: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
    ),
    foot_left=(),
    foot_right=("**NGƯỜI KÝ GIẤY KHAI SINH**",),
    used=(dt.date(2016, 1, 4), dt.date(2025, 5, 30)),
    number="{count}/{year}",
)

FORM_2006 = Form(  # the father stands before the mother, there is no identifier, and it names the register's volume
    left=("**ỦY BAN NHÂN DÂN**", "{commune}", "{district}", "tỉnh Nghệ An", "---"),
    right=("__Mẫu TP/HT-2006-KS.1__", "Số: {number}", "Quyển số: {book}"),
    title=("**GIẤY KHAI SINH**", "**(BẢN SAO)**"),
    body=(
        "Họ và tên: **{full_name}** | Giới tính: {sex}",
        "Ngày, tháng, năm sinh: {date_of_birth}",
        "(Bằng chữ: {date_in_words})",
        "Nơi sinh: {place_of_birth}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Quê quán: {place_of_origin}",
        "Họ và tên cha: {father_full_name}",
        "Dân tộc: {father_ethnicity} | Quốc tịch: {father_nationality} | Năm sinh: {father_birth_year}",
        "Nơi thường trú/tạm trú: {father_residence}",
        "Họ và tên mẹ: {mother_full_name}",
        "Dân tộc: {mother_ethnicity} | Quốc tịch: {mother_nationality} | Năm sinh: {mother_birth_year}",
        "Nơi thường trú/tạm trú: {mother_residence}",
        "Nơi đăng ký: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
        "Ghi chú: {note}",
        "Họ và tên, quan hệ của người đi khai sinh: {declarant}",
    ),
    foot_left=("**CÁN BỘ TƯ PHÁP HỘ TỊCH**", "__(Đã ký)__", "", "", "", "{clerk}"),
    foot_right=("__Sao từ sổ đăng ký khai sinh__", "__{issue_date_long}__", "**TM. ỦY BAN NHÂN DÂN**"),
    used=(dt.date(2006, 4, 3), dt.date(2010, 12, 20)),
    number="{count}",
)

EXTRACT = Form(  # a copy made later from the register; its own number has the symbol TLKS-BS
    left=("**ỦY BAN NHÂN DÂN**", "**{commune_capitals}**", "---", "Số: {number}"),
    right=("__{place_name}, {issue_date_long}__",),
    title=("**TRÍCH LỤC KHAI SINH**", "**(BẢN SAO)**"),
    body=(
        "Họ, chữ đệm, tên: **{full_name}**",
        "Ngày, tháng, năm sinh: {date_of_birth} ghi bằng chữ: {date_in_words}",
        "Giới tính: {sex} | Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Nơi sinh: {place_of_birth}",
        "Quê quán: {place_of_origin}",
        "Số định danh cá nhân: {personal_id}",
        "Họ, chữ đệm, tên người mẹ: {mother_full_name}",
        "Năm sinh: {mother_birth_year} | Dân tộc: {mother_ethnicity} | Quốc tịch: {mother_nationality}",
        "Nơi cư trú: {mother_residence}",
        "Họ, chữ đệm, tên người cha: {father_full_name}",
        "Năm sinh: {father_birth_year} | Dân tộc: {father_ethnicity} | Quốc tịch: {father_nationality}",
        "Nơi cư trú: {father_residence}",
        "Đăng ký khai sinh tại: {registration_place}",
        "Số: {register_number} | Quyển số: {book} | ngày {registration_date_short}",
        "Ghi chú: {note}",
    ),
    foot_left=("**NGƯỜI THỰC HIỆN TRÍCH LỤC**", "", "", "", "", "{clerk}"),
    foot_right=("**NGƯỜI KÝ TRÍCH LỤC**",),
    used=(dt.date(2008, 2, 4), dt.date(2021, 6, 30)),
    number="{count}/TLKS-BS",
)

FORM_1999 = Form(  # father and mother side by side
    left=("**UBND {commune_capitals}**", "{district}", "tỉnh Nghệ An", "---"),
    right=("__Mẫu TP/HT-1999-A.3__", "Số: {number}", "Quyển số: {book}"),
    title=("**GIẤY KHAI SINH**", "**(BẢN SAO)**"),
    body=(
        "Họ và tên: **{full_name}** | Giới tính: {sex}",
        "Sinh ngày: {date_of_birth}",
        "Bằng chữ: {date_in_words}",
        "Nơi sinh: {place_of_birth}",
        "Dân tộc: {ethnicity} | Quốc tịch: {nationality}",
        "Quê quán: {place_of_origin}",
        Beside(
            (
                "Họ và tên cha: {father_full_name}",
                "Năm sinh: {father_birth_year}",
                "Dân tộc: {father_ethnicity} | Quốc tịch: {father_nationality}",
                "Nơi thường trú: {father_residence}",
            ),
            (
                "Họ và tên mẹ: {mother_full_name}",
                "Năm sinh: {mother_birth_year}",
                "Dân tộc: {mother_ethnicity} | Quốc tịch: {mother_nationality}",
                "Nơi thường trú: {mother_residence}",
            ),
        ),
        "Người đứng khai: {declarant}",
        "Nơi đăng ký: {registration_place}",
        "Ngày, tháng, năm đăng ký: {registration_date}",
    ),
    foot_left=("**CÁN BỘ HỘ TỊCH**", "__(Đã ký)__", "", "", "", "{clerk}"),
    foot_right=("__{place_name}, {issue_date_long}__", f"**{COLLECTIVE}**"),
    used=(dt.date(1999, 4, 5), dt.date(2006, 3, 27)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """The facts that a birth certificate states."""

    child: Person
    mother: Person
    father: Person | None
    home: Place
    place_of_birth: str
    registered: dt.date
    issued: dt.date
    signer: str
    clerk: str
    count: int


def _birth(rng: Random, form: Form, wishes: Wishes) -> Birth:
    ethnicity = random_ethnicity(rng)
    home = random_place(rng, ethnicity)
    registered = random_date(rng, *form.used)
    born = registered - dt.timedelta(days=rng.randint(3, 55))
    mother = _parent(rng, "nữ", born, ethnicity)
    father = None if "father" in wishes.without else _parent(rng, "nam", born, ethnicity)
    sex: Sex = rng.choice(("nam", "nữ"))
    parents = [parent for parent in (father, mother) if parent]
    names = [parent.full_name for parent in parents]
    child = random_person(rng, parents[0].ethnicity, sex, born, family=family_name(parents[0]), unlike=names)
    signer = random_name(rng, ethnicity, rng.choice(("nam", "nữ")), unlike=(*names, child.full_name))
    clerk = random_name(rng, ethnicity, rng.choice(("nam", "nữ")), unlike=(*names, child.full_name, signer))
    issued = (
        random_date(rng, max(registered, dt.date(2021, 1, 4)), dt.date(2025, 5, 30))
        if form is EXTRACT
        else registered + dt.timedelta(days=rng.randint(0, 90))
    )
    return Birth(
        child=child,
        mother=mother,
        father=father,
        home=home,
        place_of_birth=_place_of_birth(rng, home),
        registered=registered,
        issued=issued,
        signer=signer,
        clerk=clerk,
        count=rng.randint(1, 480),
    )


def _parent(rng: Random, sex: Sex, child_born: dt.date, neighbours: Ethnicity) -> Person:
    """Draw a parent, most often of the people that lives around."""
    age = dt.timedelta(days=365 * rng.randint(19, 38) + rng.randint(0, 364))
    province = rng.choice(NEIGHBOUR_CODES) if rng.random() < 0.1 else PROVINCE_CODE
    ethnicity = random_ethnicity(rng) if rng.random() < 0.2 else neighbours
    return random_person(rng, ethnicity, sex, child_born - age, province=province)


def _place_of_birth(rng: Random, home: Place) -> str:
    return rng.choice(
        (
            f"Bệnh viện Sản Nhi Nghệ An, thành phố Vinh, tỉnh {PROVINCE}",
            f"Bệnh viện Hữu nghị Đa khoa Nghệ An, thành phố Vinh, tỉnh {PROVINCE}",
            f"Trung tâm Y tế {home.district}, tỉnh {PROVINCE}",
            f"Trạm Y tế {home.commune}, {home.district}, tỉnh {PROVINCE}",
            home.address,
        )
    )


def _written(rng: Random, date: dt.date) -> str:
    return rng.choice((short_date, long_date))(date)


def _values(rng: Random, form: Form, birth: Birth, wishes: Wishes) -> dict[str, str]:
    """Return every value that a form may print; an empty text leaves its place empty."""
    child, father, registered = birth.child, birth.father, birth.registered
    declarant = rng.choice([parent for parent in (birth.mother, father) if parent])
    values = {
        "number": form.number.format(count=document_number(birth.count), year=registered.year),
        "register_number": document_number(1 + birth.count * 7 % 300),
        "book": f"01/{registered.year}",
        "full_name": child.full_name.upper(),
        "date_of_birth": _written(rng, child.born),
        "date_in_words": date_in_words(child.born),
        "sex": capitalised(child.sex),
        "ethnicity": child.ethnicity.name,
        "nationality": "Việt Nam",
        "place_of_birth": birth.place_of_birth,
        "place_of_origin": birth.home.address,
        "personal_id": "" if "personal_id" in wishes.without else child.personal_id,
        "declarant": declarant.full_name if form is CURRENT else f"{declarant.full_name}, {_relation(declarant)}",
        "declarant_paper": f"Căn cước công dân số {declarant.personal_id}",
        "registration_place": birth.home.registrar,
        "registration_date": _written(rng, registered),
        "registration_date_short": short_date(registered),
        "commune": capitalised(birth.home.commune),
        "commune_capitals": birth.home.commune.upper(),
        "district": birth.home.district,
        "district_capitals": birth.home.district.upper(),
        "place_name": birth.home.name,
        "issue_date_long": long_date(birth.issued),
        "note": rng.choice(("", "", "Đăng ký đúng hạn")),
        "clerk": birth.clerk,
    }
    whole_dates = rng.random() < 0.2  # some registrars write the whole date where the form asks for the year
    for role, parent in (("mother", birth.mother), ("father", father)):
        values |= _parent_values(role, parent, birth.home, whole_date=whole_dates)
    return values


def _parent_values(role: str, parent: Person | None, home: Place, *, whole_date: bool) -> dict[str, str]:
    names = ("full_name", "birth_year", "ethnicity", "nationality", "residence")
    known = (
        (
            parent.full_name.upper(),
            long_date(parent.born) if whole_date else str(parent.born.year),
            parent.ethnicity.name,
            "Việt Nam",
            home.address,
        )
        if parent
        else ("",) * len(names)
    )
    return {f"{role}_{name}": value for name, value in zip(names, known, strict=True)}


def _relation(parent: Person) -> str:
    return "cha đẻ" if parent.sex == "nam" else "mẹ đẻ"


def _fields(form: Form, birth: Birth, values: dict[str, str]) -> Fields:
    """Return the truth. Names as one writes them in a sentence: the paper's capitals are typography."""
    child, mother, father = birth.child, birth.mother, birth.father
    fields: Fields = {
        "number": values["number"],
        "full_name": child.full_name,
        "date_of_birth": child.born.isoformat(),
        "sex": child.sex,
        "ethnicity": child.ethnicity.name,
        "nationality": "Việt Nam",
        "place_of_birth": birth.place_of_birth,
        "place_of_origin": birth.home.address,
        "personal_id": (values["personal_id"] or None) if form.asks_for("personal_id") else None,
        "mother_full_name": mother.full_name,
        "mother_birth_year": str(mother.born.year),
        "mother_residence": birth.home.address,
        "father_full_name": father.full_name if father else None,
        "father_birth_year": str(father.born.year) if father else None,
        "father_residence": birth.home.address if father else None,
        "registration_place": birth.home.registrar,
        "registration_date": birth.registered.isoformat(),
        "signer_name": birth.signer,
    }
    return fields


def _made(form: Form, rng: Random, wishes: Wishes) -> Paper:
    birth = _birth(rng, form, wishes)
    values = _values(rng, form, birth, wishes)
    signature = Signature(offices=rng.choice(OFFICES), name=birth.signer, seal=birth.home.seal)
    return Paper(
        blocks=blocks(form, values, signature),
        fields=_fields(form, birth, values),
        accept={"signer_name": [birth.signer]},
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
