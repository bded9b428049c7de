"""Sheets that lie on top of a dossier's papers in the feeder and tell its code: separators and receipts.

The receipt is form 01 of TT 01/2018/TT-VPCP; TT 01/2023/TT-VPCP puts a QR code at its top left that begins with the
dossier's code.
"""

import datetime as dt
from dataclasses import dataclass
from functools import partial
from random import Random

from samples.blocks import LEFT, PAGE_WIDTH, RIGHT, TOP, Columns, Gap, Picture, Text
from samples.machine_readable import qr_code
from samples.papers import Layout, Paper, Wishes, column, filled, heading
from samples.people import home_in, random_date, random_ethnicity, random_name, random_person
from samples.wording import long_date

ROOM = PAGE_WIDTH - LEFT - RIGHT
RECEIVED = (dt.date(2024, 1, 3), dt.date(2026, 3, 31))
PROCEDURES = (  # what is asked for, the procedure's code, and what is handed in
    (
        "Cấp bản sao trích lục hộ tịch",
        "2.000635",
        ("Tờ khai cấp bản sao trích lục hộ tịch", "Giấy khai sinh (bản sao)"),
    ),
    ("Đăng ký kết hôn lưu động", "1.000593", ("Tờ khai đăng ký kết hôn", "Giấy xác nhận tình trạng hôn nhân")),
    ("Đăng ký lại khai tử", "1.005461", ("Tờ khai đăng ký lại khai tử", "Trích lục khai tử")),
    ("Chứng thực bản sao từ bản chính", "2.000815", ("Bản chính giấy tờ", "Bản sao cần chứng thực")),
)


def dossier_code(rng: Random, date: dt.date) -> str:
    """Return the code of a dossier received on that day, of the newer or the older shape (TT 01/2018, art. 19)."""
    agency = rng.choice(
        (f"H40.{rng.randint(1, 99)}", f"H40.{rng.randint(1, 40)}.{rng.randint(1, 30)}", "000.00.04.H40")
    )
    return f"{agency}-{date:%y%m%d}-{rng.randint(1, 9999):04d}"


@dataclass(frozen=True, slots=True)
class Separator:
    """A sheet with little more than a code on it: lines above and below, and where the QR code is."""

    above: tuple[Text, ...]
    below: tuple[Text, ...]
    side: float  # points
    place: float  # 0: at the left, 1: at the right
    free: float  # points above everything


CENTRED = Separator(
    above=(
        Text("**TỜ PHÂN CÁCH HỒ SƠ**", 24.0, "centre", after=6.0),
        Text("Đặt tờ này trước giấy tờ đầu tiên của hồ sơ", 13.0, "centre", after=40.0),
    ),
    below=(
        Text("Mã hồ sơ: **{code}**", 20.0, "centre", after=12.0),
        Text("Ngày tiếp nhận: {date}", 13.0, "centre"),
    ),
    side=260.0,
    place=0.5,
    free=80.0,
)
PLAIN = Separator(above=(), below=(Text("**{code}**", 15.0, "left"),), side=150.0, place=0.0, free=12.0)


def _separator(sheet: Separator, rng: Random, _wishes: Wishes) -> Paper:
    date = random_date(rng, *RECEIVED)
    code = dossier_code(rng, date)
    values = {"code": code, "date": long_date(date)}

    def told(text: Text) -> Text:
        return Text(text.markup.format_map(values), text.size, text.align, after=text.after)

    return Paper(
        blocks=(
            Gap(sheet.free),
            *map(told, sheet.above),
            Picture(partial(qr_code, code, sheet.side), x=sheet.place * (ROOM - sheet.side)),
            Gap(sheet.side + 20.0),
            *map(told, sheet.below),
        ),
        fields={"dossier_code": code},
        besides={"qr": code},
    )


RECEIPT = (
    "Mã hồ sơ: **{code}**",
    "Bộ phận Tiếp nhận và Trả kết quả {committee}",
    "Tiếp nhận hồ sơ của: **{applicant}**",
    "Địa chỉ: {address}",
    "Số điện thoại: {phone}",
    "Nội dung yêu cầu giải quyết: {procedure}",
    "Thành phần hồ sơ nộp gồm:",
    "1. {first_paper}",
    "2. {second_paper}",
    "Số lượng hồ sơ: 01 bộ",
    "Thời gian giải quyết hồ sơ theo quy định: {days} ngày làm việc",
    "Thời gian nhận hồ sơ: {hour} giờ {minute} phút, {received}",
    "Thời gian trả kết quả giải quyết hồ sơ: 16 giờ 30 phút, {due}",
    "Đăng ký nhận kết quả tại: Bộ phận Tiếp nhận và Trả kết quả",
)


def _receipt(rng: Random, _wishes: Wishes) -> Paper:
    date = random_date(rng, *RECEIVED)
    ethnicity = random_ethnicity(rng)
    home = home_in(rng, rng.choice(ethnicity.districts), date)
    born = date - dt.timedelta(days=rng.randint(18 * 366, 70 * 365))
    applicant = random_person(rng, ethnicity, rng.choice(("nam", "nữ")), born)
    clerk = random_name(rng, random_ethnicity(rng), rng.choice(("nam", "nữ")), unlike=(applicant.full_name,))
    code = dossier_code(rng, date)
    procedure, procedure_code, papers = rng.choice(PROCEDURES)
    days = rng.randint(1, 10)
    due = date + dt.timedelta(days=days + 2 * (days // 5 + 1))
    values = {
        "code": code,
        "committee": home.committee,
        "applicant": applicant.full_name,
        "address": home.address,
        "phone": f"0900 000 {rng.randint(0, 999):03d}",
        "procedure": procedure,
        "first_paper": papers[0],
        "second_paper": papers[1],
        "days": f"{days:02d}",
        "hour": f"{rng.randint(7, 16):02d}",
        "minute": f"{rng.randint(0, 59):02d}",
        "received": long_date(date),
        "due": long_date(due),
    }
    payload = "|".join(
        (
            code, procedure_code, applicant.personal_id, "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
            "Hệ thống thông tin giải quyết TTHC tỉnh Nghệ An", f"{date:%d/%m/%Y}", f"{due:%d/%m/%Y}",
        )
    )  # fmt: skip
    side = 68.0
    return Paper(
        blocks=(
            Picture(partial(qr_code, payload, side), x=20.0 - LEFT, y=20.0 - TOP),
            Gap(28.0),
            heading(
                ("ỦY BAN NHÂN DÂN", home.commune.upper(), "**BỘ PHẬN TIẾP NHẬN**", "**VÀ TRẢ KẾT QUẢ**", "---"),
                (f"__{home.name}, {long_date(date)}__",),
            ),
            Gap(14.0),
            Text("**GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ**", 14.5, "centre", after=10.0),
            *(Text(filled(line, values), 13.2, after=4.0) for line in RECEIPT),
            Gap(10.0),
            Columns(
                column("**NGƯỜI NỘP HỒ SƠ**", "__(Ký và ghi rõ họ tên)__", "", "", "", applicant.full_name),
                column("**NGƯỜI TIẾP NHẬN HỒ SƠ**", "__(Ký và ghi rõ họ tên)__", "", "", "", clerk),
                share=0.5,
            ),
        ),
        fields={"dossier_code": code},
        besides={"qr": payload},
    )


LAYOUTS: dict[str, Layout] = {
    "separator": partial(_separator, CENTRED),
    "separator_plain": partial(_separator, PLAIN),
    "receipt": _receipt,
}
HELD_OUT: frozenset[str] = frozenset({"separator_plain"})
