"""Decisions on allowances for people of merit: one person's in prose or with labels, or several people's in a table.

Forms 53 and 59 of NĐ 131/2021/NĐ-CP, annex I, and the decisions that the province's department of home affairs and,
since July 2025, communes make.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from samples.blocks import Block, Columns, Gap, Rule, Text
from samples.papers import Fields, Layout, Paper, Wishes, column, filled, heading, layouts
from samples.people import (
    PROVINCE,
    Ethnicity,
    Place,
    Sex,
    capitalised,
    home_in,
    random_date,
    random_ethnicity,
    random_name,
)
from samples.tables import Column, Table
from samples.wording import amount, amount_in_words, below_hundred, document_number, long_date, month_of, short_date

HOME_AFFAIRS = dt.date(2025, 3, 1)  # from then on, not the department of labour
DEPARTMENT_OFFICES = (("GIÁM ĐỐC",), ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"))
COMMITTEE_OFFICES = (("CHỦ TỊCH",), ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who decides: as the header, the line above the grounds, the symbol and the seal name it."""

    name: str
    header: tuple[str, ...]
    decides: str
    symbol: str
    place: str
    offices: tuple[tuple[str, ...], ...]
    seal: str
    accept: tuple[str, ...] = ()


def department(date: dt.date) -> Issuer:
    """Return the department of the province that decided on that day."""
    name, code = ("Sở Nội vụ", "SNV") if date >= HOME_AFFAIRS else ("Sở Lao động - Thương binh và Xã hội", "SLĐTBXH")
    return Issuer(
        name=name,
        header=(f"UBND TỈNH {PROVINCE.upper()}", f"**{name.upper()}**"),
        decides=f"GIÁM ĐỐC {name.upper()}",
        symbol=f"QĐ-{code}",
        place=PROVINCE,
        offices=DEPARTMENT_OFFICES,
        seal=f"* {name.upper()} * TỈNH {PROVINCE.upper()}",
        accept=(f"UBND tỉnh {PROVINCE} {name}", f"{name} tỉnh {PROVINCE}"),
    )


def _commune(home: Place) -> Issuer:
    return Issuer(
        name=home.committee,
        header=("**ỦY BAN NHÂN DÂN**", f"**{home.commune.upper()}**"),
        decides=f"CHỦ TỊCH ỦY BAN NHÂN DÂN {home.commune.upper()}",
        symbol="QĐ-UBND",
        place=home.name,
        offices=COMMITTEE_OFFICES,
        seal=home.seal,
    )


HEADS = (  # of form 53's table; what stands in them is in `_row`
    Column("STT", 5),
    Column("Họ tên", 22, align="left"),
    Column("Năm sinh", 9),
    Column("Mối quan hệ với liệt sĩ", 13),
    Column("Tuất hằng tháng", 13, "Mức trợ cấp (đồng)"),
    Column("Tuất nuôi dưỡng", 13, "Mức trợ cấp (đồng)"),
    Column("Tổng cộng", 13, "Mức trợ cấp (đồng)"),
    Column("Thời điểm hưởng", 14),
)
Part = str | tuple[Column, ...]  # a line of the form, or the heads of its table


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One kind of decision. Names in braces are values; lines that begin with an article are paragraphs."""

    title: tuple[str, ...]
    grounds: tuple[str, ...]
    body: tuple[Part, ...]
    categories: tuple[str, ...]
    made: tuple[dt.date, dt.date]
    starts: Callable[[dt.date], str]  # how the first day or month of the allowance is written
    has_file_number: bool = False
    by_commune: bool = False

    @property
    def starts_with_month(self) -> bool:
        """Whether only a month tells when the allowance begins."""
        return self.starts is month_of


ORDINANCE = "Căn cứ Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020;"
DECREE_131 = (
    "Căn cứ Nghị định số 131/2021/NĐ-CP ngày 30 tháng 12 năm 2021 của Chính phủ quy định chi tiết và biện pháp thi "
    "hành Pháp lệnh Ưu đãi người có công với cách mạng;"
)
DECREE_75 = (
    "Căn cứ Nghị định số 75/2021/NĐ-CP ngày 24 tháng 7 năm 2021 của Chính phủ quy định mức hưởng trợ cấp, phụ cấp và "
    "các chế độ ưu đãi người có công với cách mạng;"
)
CATEGORIES = (
    "Người có công giúp đỡ cách mạng",
    "Bệnh binh",
    "Người hoạt động kháng chiến bị nhiễm chất độc hóa học",
    "Người hoạt động cách mạng, kháng chiến, bảo vệ Tổ quốc, làm nghĩa vụ quốc tế bị địch bắt tù, đày",
    "Con đẻ của người hoạt động kháng chiến bị nhiễm chất độc hóa học",
    "Bà mẹ Việt Nam anh hùng",
)

LABELLED = Form(
    title=("QUYẾT ĐỊNH", "Về việc trợ cấp ưu đãi đối với {category_inside}"),
    grounds=(ORDINANCE, DECREE_75, "Xét đề nghị của Trưởng phòng Người có công,"),
    body=(
        "**Điều 1.** Trợ cấp hằng tháng đối với:",
        "Họ và tên: **{full_name_capitals}** | Năm sinh: {birth_year}",
        "Nơi thường trú: {residence}",
        "Đối tượng: {category}",
        "Mức trợ cấp hằng tháng: {amount} đồng",
        "(Bằng chữ: {amount_in_words})",
        "Thời điểm hưởng: từ {starts}",
        "**Điều 2.** Trưởng phòng Người có công, Chủ tịch {committee} và {address} {full_name} {charged}",
    ),
    categories=CATEGORIES,
    made=(dt.date(2021, 9, 20), dt.date(2025, 6, 27)),
    starts=long_date,
)
FORM_59 = Form(
    title=("QUYẾT ĐỊNH", "Về việc cấp giấy chứng nhận {category_inside} và trợ cấp, phụ cấp"),
    grounds=(
        ORDINANCE,
        DECREE_131,
        "Căn cứ Biên bản số {board_number}/GĐYK-NCC {board_date} của Hội đồng Giám định y khoa tỉnh Nghệ An;",
        "Theo đề nghị của Trưởng phòng Người có công,",
    ),
    body=(
        "**Điều 1.** Cấp giấy chứng nhận {category_inside} số {certificate} đối với ông (bà): **{full_name}**",
        "Ngày tháng năm sinh: {born}",
        "Quê quán: {origin}",
        "Nơi thường trú: {residence}",
        "Ngày tháng năm bị thương: {wounded}",
        "Tỷ lệ tổn thương cơ thể: {percent}% (Bằng chữ: {percent_in_words} phần trăm)",
        "**Điều 2.** Ông (bà) {full_name} được hưởng trợ cấp, phụ cấp hằng tháng từ {starts}, mức hưởng như sau:",
        "- Trợ cấp thương tật: {first_part} đồng",
        "- Phụ cấp khu vực: {second_part} đồng",
        "Tổng cộng: {amount} đồng (Bằng chữ: {amount_in_words})",
        "**Điều 3.** Trưởng phòng Người có công, Trưởng phòng Tài chính và ông (bà) có tên tại Điều 1 {charged}",
    ),
    categories=("Thương binh", "Người hưởng chính sách như thương binh"),
    made=(dt.date(2022, 2, 21), dt.date(2025, 6, 27)),
    starts=month_of,
    has_file_number=True,
)
FORM_53 = Form(
    title=("QUYẾT ĐỊNH", "Về việc trợ cấp tuất hằng tháng đối với {category_inside}"),
    grounds=(
        ORDINANCE,
        DECREE_131,
        "Căn cứ hồ sơ của liệt sĩ: {martyr}, Bằng “Tổ quốc ghi công” số {certificate} theo {martyr_decision};",
        "Theo đề nghị của Trưởng phòng Người có công,",
    ),
    body=(
        "**Điều 1.** Trợ cấp tuất hằng tháng đối với thân nhân của liệt sĩ {martyr}, nơi thường trú: {residence}, gồm:",
        HEADS,
        "**Điều 2.** Trưởng phòng Người có công và các ông (bà) có tên tại Điều 1 {charged}",
    ),
    categories=("Thân nhân liệt sĩ",),
    made=(dt.date(2022, 2, 21), dt.date(2025, 6, 27)),
    starts=short_date,
    has_file_number=True,
)
COMMUNE = Form(
    title=("QUYẾT ĐỊNH", "Về việc giải quyết chế độ ưu đãi đối với {category_inside}"),
    grounds=(ORDINANCE, DECREE_131, "Theo đề nghị của Trưởng phòng Văn hóa - Xã hội,"),
    body=(
        "**Điều 1.** Giải quyết chế độ ưu đãi hằng tháng đối với ông (bà) có tên sau đây:",
        "1. Họ, chữ đệm, tên: **{full_name}**",
        "2. Ngày, tháng, năm sinh: {born}",
        "3. Nơi cư trú: {residence}",
        "4. Diện đối tượng: {category}",
        "5. Mức hưởng: {amount} đồng/tháng (viết bằng chữ: {amount_in_words})",
        "6. Thời điểm được hưởng: {starts}",
        "**Điều 2.** Trưởng phòng Văn hóa - Xã hội và ông (bà) {full_name} {charged}",
    ),
    categories=CATEGORIES,
    made=(dt.date(2025, 7, 7), dt.date(2025, 12, 26)),
    starts=short_date,
    by_commune=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beneficiary:
    """Somebody who gets an allowance: two monthly parts, in đồng, from a day on."""

    full_name: str
    sex: Sex
    born: dt.date
    relation: str
    parts: tuple[int, int]
    starts: dt.date

    @property
    def total(self) -> int:
        """What the two parts come to."""
        return sum(self.parts)


RELATIONS: tuple[tuple[str, Sex, int], ...] = (  # and about how old they are
    ("Mẹ đẻ", "nữ", 88),
    ("Cha đẻ", "nam", 90),
    ("Vợ", "nữ", 76),
    ("Con", "nam", 50),
    ("Con", "nữ", 48),
    ("Người có công nuôi", "nữ", 84),
)


def _beneficiaries(rng: Random, form: Form, ethnicity: Ethnicity, made: dt.date) -> list[Beneficiary]:
    """Draw one beneficiary, or for a table some of a martyr's family, each once."""
    if HEADS not in form.body:
        return [_beneficiary(rng, ethnicity, made, ("", rng.choice(("nam", "nữ")), 76))]
    relations = [relation for relation in RELATIONS if rng.random() < 0.6] or [RELATIONS[2]]
    return [_beneficiary(rng, ethnicity, made, relation) for relation in relations]


def _beneficiary(rng: Random, ethnicity: Ethnicity, made: dt.date, about: tuple[str, Sex, int]) -> Beneficiary:
    relation, sex, age = about
    month = made.month % 12 + 1
    return Beneficiary(
        full_name=random_name(rng, ethnicity, sex),
        sex=sex,
        born=made - dt.timedelta(days=365 * age + rng.randint(-1500, 1500)),
        relation=relation,
        parts=(1000 * rng.randint(1055, 6900), 1000 * rng.choice((0, rng.randint(180, 1624)))),
        starts=dt.date(made.year + (month == 1), month, rng.choice((1, 1, rng.randint(2, 28)))),
    )


def _row(number: int, person: Beneficiary, starts: str) -> tuple[str, ...]:
    first, second = person.parts
    told = (
        f"{number}",
        person.full_name,
        f"{person.born.year}",
        person.relation,
        amount(first),
        amount(second) if second else "",
        amount(person.total),
        starts,
    )
    return tuple(f"‹{value}›" if value else "" for value in told)


def _values(rng: Random, form: Form, person: Beneficiary, home: Place, made: dt.date) -> dict[str, str]:
    category = rng.choice(form.categories)
    percent = rng.randint(21, 81)
    honoured = long_date(random_date(rng, dt.date(1976, 3, 1), dt.date(1999, 12, 1)))
    return {
        "category": category,
        "category_inside": category if category.startswith("Bà mẹ") else category[:1].lower() + category[1:],
        "full_name": person.full_name,
        "full_name_capitals": person.full_name.upper(),
        "address": "ông" if person.sex == "nam" else "bà",
        "birth_year": str(person.born.year),
        "born": short_date(person.born),
        "residence": home.address,
        "origin": capitalised(home.area),
        "committee": home.committee,
        "amount": amount(person.total),
        "amount_in_words": amount_in_words(person.total),
        "first_part": amount(person.parts[0]),
        "second_part": amount(person.parts[1]),
        "starts": form.starts(person.starts),
        "percent": str(percent),
        "percent_in_words": capitalised(below_hundred(percent)),
        "certificate": f"NA.{rng.randint(1000, 9999)}",
        "martyr": random_name(rng, random_ethnicity(rng), "nam", unlike=(person.full_name,)),
        "martyr_decision": f"Quyết định số {rng.randint(20, 990)}/QĐ-TTg {honoured} của Thủ tướng Chính phủ",
        "board_number": str(rng.randint(20, 990)),
        "board_date": long_date(made - dt.timedelta(days=rng.randint(20, 400))),
        "charged": "chịu trách nhiệm thi hành Quyết định này./.",
        "wounded": short_date(random_date(rng, dt.date(1966, 1, 1), dt.date(1988, 12, 31))),
        "file_number": f"{rng.randint(100, 9999)}/{rng.randint(10, 99)}",
    }


def _told(form: Form, person: Beneficiary) -> Fields:
    """Return what a row of a table says of a beneficiary, as the truth names it."""
    starts = person.starts.isoformat()
    return {
        "full_name": person.full_name,
        "birth_year": str(person.born.year),
        "relation": person.relation,
        "allowance_amount": person.total,
        "effective_date": starts[:7] if form.starts_with_month else starts,
    }


def _in_body(form: Form, part: Part, values: Mapping[str, str], people: list[Beneficiary]) -> Block:
    if not isinstance(part, str):
        lines = tuple(_row(number, person, form.starts(person.starts)) for number, person in enumerate(people, 1))
        return Table(part, lines)
    if part.startswith("**Điều"):
        return Text(filled(part, values), 13.4, "justify", indent=28.0, after=4.0)
    return Text(filled(part, values), 13.4, after=3.0)


def _made(form: Form, rng: Random, _wishes: Wishes) -> Paper:
    made = random_date(rng, *form.made)
    ethnicity = random_ethnicity(rng)
    home = home_in(rng, rng.choice(ethnicity.districts), made)
    issuer = _commune(home) if form.by_commune else department(made)
    people = _beneficiaries(rng, form, ethnicity, made)
    values = _values(rng, form, people[0], home, made)
    number = f"{document_number(rng.randint(1, 2600))}/{issuer.symbol}"
    signer = random_name(rng, random_ethnicity(rng), rng.choice(("nam", "nữ")))
    file_number = (f"Số hồ sơ: ‹{values['file_number']}›",) if form.has_file_number else ()
    offices = tuple(f"**{line}**" for line in rng.choice(issuer.offices))
    title, *about = (line.format_map(values) for line in form.title)
    blocks: tuple[Block, ...] = (
        heading((*issuer.header, "---", f"Số: ‹{number}›", *file_number), (f"__{issuer.place}, {long_date(made)}__",)),
        Gap(8.0),
        Text(f"**{title}**", 14.6, "centre", after=1.0),
        *(Text(f"**{line}**", 13.4, "centre", after=1.0) for line in about),
        Rule(0.22),
        Text(f"**{issuer.decides}**", 13.4, "centre", after=6.0),
        *(Text(f"__{line}__", 13.2, "justify", 28.0, 4.0) for line in (g.format_map(values) for g in form.grounds)),
        Text("**QUYẾT ĐỊNH:**", 13.6, "centre", after=6.0),
        *(_in_body(form, part, values, people) for part in form.body),
        Gap(6.0),
        Columns(
            (
                Text("__**Nơi nhận:**__", 12.0, after=1.0),
                *column("- Như Điều 2;", "- Lưu: VT, NCC.", size=11.2, align="left"),
            ),
            column(*offices, "~~~", f"**{signer}**", size=13.6, seal=issuer.seal),
        ),
    )
    several = HEADS in form.body
    first = _told(form, people[0])
    fields: Fields = {
        "number": number,
        "issue_date": made.isoformat(),
        "issuer_name": issuer.name,
        "residence": home.address,
        "beneficiary_category": values["category"],
        "signer_name": signer,
        **{name: value for name, value in first.items() if name != "relation"},
    }
    return Paper(
        blocks=blocks,
        fields=fields,
        accept={"issuer_name": list(issuer.accept)} if issuer.accept else {},
        besides={"rows": [_told(form, person) for person in people]} if several else {},
    )


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "labelled": LABELLED,
        "form_59": FORM_59,
        "form_53": FORM_53,
        "commune": COMMUNE,
    },
)
HELD_OUT: frozenset[str] = frozenset({"commune"})
