"""Decisions, notices, letters, reports and proposals as NĐ 30/2020 lays them out, from agencies of the province."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from samples.blocks import Block, Columns, Gap, Rule, Text
from samples.papers import Layout, Paper, Wishes, column, heading, layouts
from samples.people import COMMUNES, PROVINCE, Place, capitalised, random_date, random_ethnicity, random_name
from samples.wording import document_number, long_date

ISSUED = (dt.date(2019, 1, 7), dt.date(2025, 6, 27))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Who issues a paper, as the header, the symbol, the seal and the record name it."""

    name: str
    header: tuple[str, ...]  # the last line in bold, NĐ 30/2020 box 2
    code: str
    units: tuple[str, ...]  # for the symbol of letters: 985/UBND-KSTT
    place: str
    signers: tuple[tuple[str, ...], ...]
    seal: str
    above: tuple[str, ...]  # to whom it reports


COMMITTEE_SIGNERS = (
    ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
    ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"),
)
OFFICE_SIGNERS = (
    ("TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"),
    ("TL. CHỦ TỊCH", "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"),
)
DEPARTMENT_SIGNERS = (("GIÁM ĐỐC",), ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"))


def _committee(
    unit: str, place: str, seal: str, units: tuple[str, ...], above: tuple[str, ...], *, office: bool = False
) -> Agency:
    return Agency(
        name=f"Ủy ban nhân dân {unit}",
        header=("ỦY BAN NHÂN DÂN", unit.upper()),
        code="UBND",
        units=units,
        place=place,
        signers=COMMITTEE_SIGNERS + (OFFICE_SIGNERS if office else ()),
        seal=seal,
        above=above,
    )


def _department(name: str, code: str, units: tuple[str, ...]) -> Agency:
    return Agency(
        name=name,
        header=(f"UBND TỈNH {PROVINCE.upper()}", name.upper()),
        code=code,
        units=units,
        place=PROVINCE,
        signers=DEPARTMENT_SIGNERS,
        seal=f"* {name.upper()} * TỈNH {PROVINCE.upper()}",
        above=(f"Ủy ban nhân dân tỉnh {PROVINCE}", "Văn phòng Ủy ban nhân dân tỉnh"),
    )


PROVINCE_COMMITTEE = _committee(
    f"tỉnh {PROVINCE}",
    PROVINCE,
    f"* ỦY BAN NHÂN DÂN TỈNH {PROVINCE.upper()} *",
    ("KSTT", "HCCKSTT", "NC", "VX"),
    ("Bộ Tư pháp", "Văn phòng Chính phủ"),
    office=True,
)
DEPARTMENTS = (
    _department("Sở Nội vụ", "SNV", ("CCHC", "VP")),
    _department("Sở Tư pháp", "STP", ("HCTP", "VP")),
    _department("Sở Thông tin và Truyền thông", "STTTT", ("BCVTCNTT", "VP")),
    _department("Sở Kế hoạch và Đầu tư", "SKHĐT", ("ĐKKD", "VP")),
)


def _lower_committee(rng: Random) -> Agency:
    """Return a district's or a commune's committee."""
    district = rng.choice(tuple(COMMUNES))
    if rng.random() < 0.5:
        place = district.removeprefix("huyện ").removeprefix("thành phố ").removeprefix("thị xã ")
        seal = f"ỦY BAN NHÂN DÂN {district.upper()} * T. NGHỆ AN"
        return _committee(district, place, seal, ("VP", "TP", "NV"), (f"Ủy ban nhân dân tỉnh {PROVINCE}", "Sở Tư pháp"))
    home = Place(rng.choice(COMMUNES[district]), district)
    place = home.commune.split(" ", 1)[1].removeprefix("trấn ")
    seal = f"ỦY BAN NHÂN DÂN {home.commune.upper()} * {district.upper()}"
    return _committee(home.commune, place, seal, ("VP", "TP"), (f"Ủy ban nhân dân {district}",))


def _agency(rng: Random) -> Agency:
    return rng.choice((PROVINCE_COMMITTEE, rng.choice(DEPARTMENTS), _lower_committee(rng)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of paper: what it is called, what it is about and how it goes on."""

    name: str
    symbol: str  # empty: the paper carries no name of its kind, and its subject stands under the number
    subjects: tuple[str, ...]
    opening: str
    closing: str
    about: str = "Về việc "  # before the subject, under the name
    addressed: Literal["up", "down", "no"] = "no"
    grounds: tuple[str, ...] = ()
    ordains: str = ""  # the line between the grounds and the articles
    recipients: tuple[str, ...] = ("- Như trên;", "- Lưu: VT.")


RECIPIENTS = (
    ("- Như Điều 3;", "- Chủ tịch, các PCT UBND;", "- Cổng Thông tin điện tử;", "- Lưu: VT, {unit}."),
    ("- Như trên;", "- Lãnh đạo cơ quan;", "- Lưu: VT, {unit}."),
)

DECISION = Kind(
    name="Quyết định",
    symbol="QĐ",
    subjects=(
        "ban hành Quy chế phối hợp số hóa hồ sơ, kết quả giải quyết thủ tục hành chính",
        "thành lập Tổ công tác rà soát, làm sạch dữ liệu hộ tịch",
        "công bố Danh mục thủ tục hành chính tiếp nhận tại Bộ phận Một cửa",
        "phê duyệt Kế hoạch số hóa kết quả giải quyết thủ tục hành chính còn hiệu lực",
    ),
    opening="",
    closing="Quyết định này có hiệu lực kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm "
    "thi hành Quyết định này./.",
    grounds=(
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
        (
            "Căn cứ Nghị định số 45/2020/NĐ-CP ngày 08 tháng 4 năm 2020 của Chính phủ về thực hiện thủ tục hành chính "
            "trên môi trường điện tử;"
        ),
        "Xét đề nghị của Chánh Văn phòng.",
    ),
    ordains="QUYẾT ĐỊNH:",
    recipients=RECIPIENTS[0],
)
NOTICE = Kind(
    name="Thông báo",
    symbol="TB",
    subjects=(
        "địa chỉ tiếp nhận phản ánh, kiến nghị về quy định hành chính",
        "lịch tiếp nhận hồ sơ và trả kết quả tại Bộ phận Một cửa",
        "tạm dừng Hệ thống thông tin giải quyết thủ tục hành chính để nâng cấp",
    ),
    opening="Để phục vụ tốt hơn việc tiếp nhận và giải quyết thủ tục hành chính cho tổ chức, cá nhân, {agency} "
    "thông báo như sau:",
    closing="{agency} thông báo để các cơ quan, đơn vị, tổ chức và cá nhân biết, phối hợp thực hiện./.",
    recipients=RECIPIENTS[1],
)
LETTER = Kind(
    name="Công văn",
    symbol="",
    subjects=(
        "hướng dẫn số hóa hồ sơ, kết quả giải quyết thủ tục hành chính",
        "đôn đốc cập nhật dữ liệu hộ tịch vào Cơ sở dữ liệu hộ tịch điện tử",
        "chấn chỉnh việc tiếp nhận hồ sơ trên Hệ thống thông tin một cửa",
    ),
    opening="Thực hiện chỉ đạo của cấp trên về số hóa hồ sơ, kết quả giải quyết thủ tục hành chính, {agency} đề nghị "
    "các cơ quan, đơn vị thực hiện một số nội dung sau:",
    closing="Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị phản ánh kịp thời để được hướng dẫn./.",
    addressed="down",
    recipients=RECIPIENTS[1],
)
REPORT = Kind(
    name="Báo cáo",
    symbol="BC",
    subjects=(
        "kết quả thực hiện công tác kiểm soát thủ tục hành chính 6 tháng đầu năm",
        "tình hình số hóa hồ sơ, kết quả giải quyết thủ tục hành chính",
        "kết quả hoạt động của Bộ phận Tiếp nhận và Trả kết quả",
    ),
    opening="Thực hiện chế độ báo cáo định kỳ, {agency} báo cáo tình hình, kết quả như sau:",
    closing="Trên đây là báo cáo của {agency}, kính đề nghị cơ quan cấp trên quan tâm, chỉ đạo./.",
    about="",
    addressed="up",
    recipients=RECIPIENTS[1],
)
PROPOSAL = Kind(
    name="Tờ trình",
    symbol="TTr",
    subjects=(
        "bổ sung kinh phí số hóa kết quả giải quyết thủ tục hành chính",
        "phê duyệt quy trình nội bộ giải quyết thủ tục hành chính",
    ),
    opening="Căn cứ chức năng, nhiệm vụ được giao, {agency} kính trình cấp có thẩm quyền xem xét nội dung sau:",
    closing="{agency} kính trình cấp có thẩm quyền xem xét, quyết định./.",
    addressed="up",
    recipients=RECIPIENTS[1],
)
PLAN = Kind(
    name="Kế hoạch",
    symbol="KH",
    subjects=(
        "số hóa sổ hộ tịch lịch sử trên địa bàn",
        "kiểm soát thủ tục hành chính năm tiếp theo",
        "tập huấn tiếp nhận và số hóa hồ sơ tại Bộ phận Một cửa",
    ),
    opening="Để triển khai nhiệm vụ được giao, {agency} ban hành Kế hoạch với các nội dung sau:",
    closing="Yêu cầu các cơ quan, đơn vị được giao nhiệm vụ tổ chức thực hiện Kế hoạch này./.",
    about="",
    recipients=RECIPIENTS[1],
)

BELOW = ("Các cơ quan, đơn vị có liên quan", "Trưởng các phòng, đơn vị trực thuộc", "Bộ phận Một cửa các cấp")


@cache
def report_paragraphs() -> tuple[str, ...]:
    """Return paragraphs of public reports of the province: real words, real abbreviations."""
    return tuple(Path(__file__).with_name("reports.txt").read_text(encoding="utf-8").splitlines())


def _body(rng: Random, kind: Kind, agency: Agency, subject: str, count: int) -> list[Block]:
    paragraphs = rng.sample(report_paragraphs(), min(count, len(report_paragraphs())))
    blocks: list[Block] = [_paragraph(f"__{ground}__") for ground in kind.grounds]
    if kind.ordains:
        blocks += [Gap(4.0), Text(f"**{kind.ordains}**", 14.0, "centre", after=6.0)]
        first = f"**Điều 1.** {capitalised(subject)}, gồm các nội dung sau:"
        blocks += [_paragraph(text) for text in (first, *paragraphs[1:])]
        return [
            *blocks,
            _paragraph(f"**Điều 2.** {paragraphs[0]}"),
            _paragraph(f"**Điều 3.** {kind.closing}"),
        ]
    blocks += [_paragraph(kind.opening.format(agency=agency.name))]
    blocks += [_paragraph(f"{number}. {text}") for number, text in enumerate(paragraphs, 1)]
    return [*blocks, _paragraph(capitalised(kind.closing.format(agency=agency.name)))]


def _paragraph(markup: str) -> Text:
    return Text(markup, 13.6, "justify", indent=30.0, after=5.0)


def _head(kind: Kind, agency: Agency, number: str, date: dt.date, subject: str) -> list[Block]:
    """Return the header and, where the kind has one, its name with the abstract under it."""
    *above, issuer = agency.header
    own = agency.code == "UBND"  # a committee's name runs over both lines, so both are bold
    left = (*((f"**{line}**" if own else line) for line in above), f"**{issuer}**", "---", f"Số: ‹{number}›")
    right = (f"__{agency.place}, {long_date(date)}__",)
    if not kind.symbol:
        return [heading((*left, f"V/v {subject}"), right)]
    return [
        heading(left, right),
        Gap(12.0),
        Text(f"**{kind.name.upper()}**", 14.6, "centre", after=1.0),
        Text(f"**{capitalised(kind.about + subject)}**", 13.8, "centre", after=1.0),
        Rule(0.22),
    ]


def _made(kind: Kind, rng: Random, wishes: Wishes) -> Paper:
    agency = _agency(rng)
    subject = rng.choice(kind.subjects)
    date = random_date(rng, *ISSUED)
    unit = rng.choice(agency.units)
    symbol = f"{kind.symbol}-{agency.code}" if kind.symbol else f"{agency.code}-{unit}"
    number = f"{document_number(rng.choice((rng.randint(1, 9), rng.randint(10, 4200))))}/{symbol}"
    signer = random_name(rng, random_ethnicity(rng), rng.choice(("nam", "nữ")))
    offices = rng.choice(agency.signers)
    count = wishes.paragraphs if wishes.paragraphs is not None else rng.randint(2, 4)
    recipients = tuple(line.format(unit=unit) for line in kind.recipients)
    addressee = rng.choice(agency.above if kind.addressed == "up" else BELOW)
    address = [] if kind.addressed == "no" else [Text(f"Kính gửi: {addressee}.", 13.6, "centre", after=6.0)]
    blocks = (
        *_head(kind, agency, number, date, subject),
        Gap(10.0),
        *address,
        *_body(rng, kind, agency, subject, count),
        Gap(8.0),
        Columns(
            (Text("__**Nơi nhận:**__", 12.0, after=1.0), *column(*recipients, size=11.2, align="left")),
            column(*(f"**{line}**" for line in offices), "~~~", f"**{signer}**", size=13.6, seal=agency.seal),
        ),
    )
    return Paper(
        blocks=blocks,
        fields={
            "number_symbol": number,
            "issue_date": date.isoformat(),
            "issue_place": agency.place,
            "issuer_name": agency.name,
            "document_kind": kind.name,
            "abstract": subject,
            "signer_name": signer,
            "signer_title": offices[-1],
        },
        accept=_accepted(agency, subject, offices),
    )


def _accepted(agency: Agency, subject: str, offices: tuple[str, ...]) -> dict[str, list[str]]:
    """Return readings that say the same: with `V/v`, with the agency above, with the whole stack of offices."""
    accept = {
        "abstract": [f"V/v {subject}", f"Về việc {subject}"],
        "signer_title": [" ".join(offices[start:]) for start in range(len(offices))],
    }
    return accept if agency.code == "UBND" else accept | {"issuer_name": [f"UBND tỉnh {PROVINCE} {agency.name}"]}


LAYOUTS: dict[str, Layout] = layouts(
    _made,
    {
        "decision": DECISION,
        "notice": NOTICE,
        "letter": LETTER,
        "report": REPORT,
        "proposal": PROPOSAL,
        "plan": PLAN,
    },
)
HELD_OUT: frozenset[str] = frozenset({"plan"})  # never tuned on
