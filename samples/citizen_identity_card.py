"""Identity cards: the one of 2021 with a chip and the one of July 2024, copied on a sheet or scanned as cards."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from samples import cards
from samples.blocks import PAGE_WIDTH, Line, Page, Text
from samples.cards import MM, Paint, Side, Zone
from samples.machine_readable import mrz, mrz_printed, qr_code
from samples.papers import Fields, Layout, Paper, Wishes
from samples.people import (
    Person,
    Place,
    Sex,
    capitalised,
    random_date,
    random_ethnicity,
    random_name,
    random_person,
    random_place,
)
from samples.wording import short_date

RENEWALS = (14, 25, 40, 60)  # Luật Căn cước art. 21: the ages up to which a card is valid
MARGIN = 3 * MM
GREENISH = ((226, 243, 234), (240, 236, 206))
BLUISH = ((222, 238, 246), (240, 228, 220))
MARKS = (
    "Nốt ruồi C: 1cm trên sau đuôi mày trái",
    "Sẹo chấm C: 2cm dưới sau mép phải",
    "Nốt ruồi C: 0,5cm sau cánh mũi",
)


def _title(*lines: tuple[str, float]) -> tuple[Text, ...]:
    return tuple(Text(markup, size, "centre", after=0.4, title=True) for markup, size in lines)


def _head(*lines: tuple[str, float]) -> tuple[Text, ...]:
    return tuple(Text(markup, size, "centre", after=0.2) for markup, size in lines)


STATE = _head(
    ("**CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM**", 5.8),
    ("**Độc lập - Tự do - Hạnh phúc**", 5.8),
    ("SOCIALIST REPUBLIC OF VIET NAM", 4.6),
    ("Independence - Freedom - Happiness", 4.6),
)


@dataclass(frozen=True, slots=True)
class Design:
    """One generation of the card: its sides, since when it is issued, and what its QR code says in which order."""

    front: Side
    back: Side
    issued: tuple[dt.date, dt.date]
    youngest: int  # years
    codes: tuple[str, ...]  # one is drawn by lot
    code_side: float  # millimetres
    has_origin: bool


CHIP_2021 = Design(  # TT 06/2021/TT-BCA
    front=Side(
        GREENISH,
        (
            Zone(17, 3.0, 51, STATE),
            Zone(17, 12.8, 51, _title(("**CĂN CƯỚC CÔNG DÂN**", 9.6), ("__Citizen Identity Card__", 5.6))),
            Zone(
                3.2,
                45.2,
                21.5,
                (Text("Có giá trị đến / __Date of expiry__:", 3.9, after=0.2), Text("**{valid_to}**", 5)),
            ),
            Zone(25.5, 21.9, 10.5, (Text("Số / __No.__:", 5.8),)),
            Zone(36, 20.7, 46, (Text("**{personal_id}**", 9.6),)),
            Zone(
                25.5,
                25.9,
                57,
                (
                    Text("Họ và tên / __Full name__:", 5.2, after=0.2),
                    Text("**{full_name}**", 7.8, after=1.0),
                    Text("Ngày sinh / __Date of birth__: **{date_of_birth}**", 6.2, after=0.7),
                    Text("Giới tính / __Sex__: **{sex}** Quốc tịch / __Nationality__: **Việt Nam**", 6.2, after=0.7),
                    Text("Quê quán / __Place of origin__:", 5.2, after=0.2),
                    Text("**{place_of_origin}**", 6.4, after=0.8),
                    Text("Nơi thường trú / __Place of residence__: **{place_of_residence}**", 6.0),
                ),
            ),
        ),
        {"emblem": (4.2, 3.4), "portrait": (4.0, 19.0), "qr": (69.0, 2.4)},
    ),
    back=Side(
        GREENISH,
        (
            Zone(
                4,
                3.2,
                49,
                (
                    Text("Đặc điểm nhận dạng / __Personal identification__:", 5.2, after=0.2),
                    Text("**{mark}**", 6.0, after=0.8),
                    Text("Ngày, tháng, năm / __Date, month, year__: **{issue_date}**", 5.6),
                ),
            ),
            Zone(
                12,
                13.4,
                43,
                _head(
                    ("**CỤC TRƯỞNG CỤC CẢNH SÁT**", 5.0),
                    ("**QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI**", 5.0),
                    ("DIRECTOR GENERAL OF THE POLICE DEPARTMENT", 3.9),
                    ("FOR ADMINISTRATIVE MANAGEMENT OF SOCIAL ORDER", 3.9),
                ),
            ),
            Zone(20, 34.2, 30, _head(("**{signer}**", 5.4))),
            Zone(55, 22.2, 13, _head(("Ngón trỏ trái", 4.0), ("__Left index finger__", 3.6))),
            Zone(70, 22.2, 13, _head(("Ngón trỏ phải", 4.0), ("__Right index finger__", 3.6))),
        ),
        {"chip": (4, 24), "seal": (20, 21.6), "left": (55, 4), "right": (70, 4), "mrz": (4.5, 38.4)},
    ),
    issued=(dt.date(2021, 3, 1), dt.date(2024, 6, 28)),
    youngest=14,
    codes=(
        "{personal_id}|{old_id}|{name}|{born}|{sex}|{place_of_residence}|{issued}",
        "{personal_id}||{name}|{born}|{sex}|{place_of_residence}|{issued}",
        "{personal_id}|{name}|{born}|{sex}|{place_of_residence}|{issued}",
    ),
    code_side=14.6,
    has_origin=True,
)

IDENTITY_2024 = Design(  # TT 17/2024/TT-BCA
    front=Side(
        BLUISH,
        (
            Zone(17, 3.4, 64, STATE),
            Zone(17, 13.0, 64, _title(("**CĂN CƯỚC**", 10.4), ("**IDENTITY CARD**", 6.4))),
            Zone(28, 23.0, 54, (Text("Số định danh cá nhân / __Personal identification number__:", 5.0),)),
            Zone(28, 25.4, 54, (Text("**{personal_id}**", 9.8),)),
            Zone(
                28,
                30.6,
                54,
                (
                    Text("Họ, chữ đệm và tên khai sinh / __Full name__:", 5.0, after=0.2),
                    Text("**{full_name}**", 7.8, after=1.2),
                    Text("Ngày, tháng, năm sinh / __Date of birth__:", 5.0, after=0.2),
                    Text("**{date_of_birth}**", 6.8, after=1.2),
                    Text("Giới tính / __Sex__: **{sex}** Quốc tịch / __Nationality__: **Việt Nam**", 6.2),
                ),
            ),
        ),
        {"emblem": (4.6, 4.0), "portrait": (5.0, 21.0)},
    ),
    back=Side(
        BLUISH,
        (
            Zone(
                4,
                3.2,
                58,
                (
                    Text("Nơi cư trú / __Place of residence__:", 5.0, after=0.2),
                    Text("**{place_of_residence}**", 6.2, after=0.9),
                    Text("Nơi đăng ký khai sinh / __Place of birth__:", 5.0, after=0.2),
                    Text("**{place_of_birth}**", 6.2, after=0.9),
                    Text("Ngày, tháng, năm cấp / __Date of issue__: **{issue_date}**", 5.6, after=0.7),
                    Text("Ngày, tháng, năm hết hạn / __Date of expiry__: **{valid_to}**", 5.6),
                ),
            ),
            Zone(22, 29.0, 40, _head(("**BỘ CÔNG AN**", 6.2), ("MINISTRY OF PUBLIC SECURITY", 4.4))),
        ),
        {"chip": (5, 27.4), "qr": (64.6, 3.0), "mrz": (4.5, 38.6)},
    ),
    issued=(dt.date(2024, 7, 1), dt.date(2025, 5, 30)),
    youngest=6,
    # The order is not published: readers must go by what each field looks like.
    codes=(
        "{personal_id}|{old_id}|{name}|{born}|{sex}|{place_of_residence}|{issued}|||",
        "{personal_id}||{name}|{born}|{sex}|{place_of_residence}|{issued}||{father}|{mother}|",
        "{personal_id}|{name}|{born}|{sex}|{place_of_residence}|{issued}|{old_id}|{cancelled_id}|{father}|{mother}",
    ),
    code_side=17.5,
    has_origin=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The facts that a card states."""

    owner: Person
    home: str
    origin: Place
    father: str
    mother: str
    issued: dt.date
    valid_to: dt.date | None


def _card(rng: Random, design: Design) -> Card:
    ethnicity = random_ethnicity(rng)
    origin = random_place(rng, ethnicity)
    lives = origin if rng.random() < 0.7 else random_place(rng, random_ethnicity(rng))
    issued = random_date(rng, *design.issued)
    born = issued - dt.timedelta(days=rng.randint(design.youngest * 366, 80 * 365))
    sex: Sex = rng.choice(("nam", "nữ"))
    owner = random_person(rng, ethnicity, sex, born)
    father = random_name(rng, ethnicity, "nam", owner.full_name.split()[0], (owner.full_name,))
    return Card(
        owner=owner,
        home=f"{_hamlet(rng, lives)}, {_bare(lives)}",
        origin=origin,
        father=father,
        mother=random_name(rng, ethnicity, "nữ", unlike=(owner.full_name, father)),
        issued=issued,
        valid_to=expiry(born, issued),
    )


def expiry(born: dt.date, issued: dt.date) -> dt.date | None:
    """Return until when a card is valid: to the next of the ages that is two years off or more."""
    for age in RENEWALS:
        birthday = born.replace(year=born.year + age, day=min(born.day, 28) if born.month == 2 else born.day)
        if birthday >= issued + dt.timedelta(days=730):
            return birthday
    return None


def _hamlet(rng: Random, place: Place) -> str:
    return f"{'Xóm' if place.commune.startswith('xã') else 'Khối'} {rng.randint(1, 14)}"


def _bare(place: Place) -> str:
    """Return a place as cards print it: without the words for what each unit is."""
    units = (place.commune, place.district)
    kinds = ("thành phố ", "thị xã ", "huyện ", "phường ", "thị trấn ", "xã ")
    return ", ".join(
        (*(next(unit.removeprefix(kind) for kind in kinds if unit.startswith(kind)) for unit in units), "Nghệ An")
    )


def _values(rng: Random, card: Card) -> dict[str, str]:
    owner = card.owner
    return {
        "personal_id": owner.personal_id,
        "full_name": owner.full_name.upper(),
        "name": owner.full_name,
        "date_of_birth": short_date(owner.born),
        "born": f"{owner.born:%d%m%Y}",
        "sex": capitalised(owner.sex),
        "place_of_origin": _bare(card.origin),
        "place_of_residence": card.home,
        "place_of_birth": f"{capitalised(card.origin.commune)}, {card.origin.district}, tỉnh Nghệ An",
        "valid_to": short_date(card.valid_to) if card.valid_to else "Không thời hạn",
        "issue_date": short_date(card.issued),
        "issued": f"{card.issued:%d%m%Y}",
        "mark": rng.choice(MARKS),
        "signer": random_name(rng, random_ethnicity(rng), "nam"),
        "father": card.father,
        "mother": card.mother,
        "old_id": rng.choice(("", f"18{rng.randrange(10**7):07d}")),
        "cancelled_id": rng.choice(("", "", f"040{rng.randrange(10**9):09d}")),
    }


def _fields(design: Design, card: Card, values: Mapping[str, str]) -> Fields:
    return {
        "personal_id": card.owner.personal_id,
        "full_name": card.owner.full_name,
        "date_of_birth": card.owner.born.isoformat(),
        "sex": card.owner.sex,
        "nationality": "Việt Nam",
        "place_of_origin": values["place_of_origin"] if design.has_origin else None,
        "place_of_residence": card.home,
        "valid_to": card.valid_to.isoformat() if card.valid_to else None,
        "issue_date": card.issued.isoformat(),
    }


def _sheet(rng: Random, front: Page, back: Page, enlarged: float) -> Page:
    """Lay both sides under each other on a sheet, a little out of line, as people put them on the glass."""
    x = rng.uniform(16 * MM, PAGE_WIDTH - cards.WIDTH * enlarged - 16 * MM)
    y = rng.uniform(15 * MM, 50 * MM)
    below = y + cards.HEIGHT * enlarged + rng.uniform(8 * MM, 30 * MM)
    upper, above = cards.laid(front, x, y, enlarged)
    lower, under = cards.laid(back, x + rng.uniform(-3, 3) * MM, below, enlarged)
    return Page((upper, lower), above + under)


def _cropped(side: Page) -> Page:
    """Return a side as scanners give it that look for the card's edge: with a little of the glass around it."""
    picture, lines = cards.laid(side, MARGIN, MARGIN)
    return Page((picture,), lines, side.width + 2 * MARGIN, side.height + 2 * MARGIN)


def _made(design: Design, rng: Random, _wishes: Wishes, enlarged: float | None) -> Paper:
    card = _card(rng, design)
    values = _values(rng, card)
    payload = rng.choice(design.codes).format_map(values)
    lines = mrz(card.owner, card.valid_to)
    paints: dict[str, Paint] = {
        "emblem": cards.emblem,
        "portrait": partial(cards.portrait, 19, 25),
        "chip": cards.chip,
        "seal": cards.director_seal,
        "left": cards.fingerprint,
        "right": cards.fingerprint,
        "qr": partial(qr_code, payload, design.code_side * MM),
        "mrz": partial(mrz_printed, lines),
    }
    front = cards.printed_side(design.front, values, paints)
    back = cards.printed_side(design.back, values, paints)
    top = design.back.pictures["mrz"][1] * MM
    back = replace(back, lines=(*back.lines, *(Line(top + 12.0 * row, line) for row, line in enumerate(lines))))
    pages = (_cropped(front), _cropped(back)) if enlarged is None else (_sheet(rng, front, back, enlarged),)
    return Paper(
        pages=pages,
        fields=_fields(design, card, values),
        besides={"qr": payload, "mrz": list(lines)},
    )


def _layout(design: Design, enlarged: float | None = None) -> Layout:
    return lambda rng, wishes: _made(design, rng, wishes, enlarged)


LAYOUTS: dict[str, Layout] = {
    "chip_2021_copy": _layout(CHIP_2021, 1.0),
    "chip_2021_card": _layout(CHIP_2021),
    "chip_2021_enlarged": _layout(CHIP_2021, 1.41),
    "identity_2024_copy": _layout(IDENTITY_2024, 1.0),
    "identity_2024_card": _layout(IDENTITY_2024),
}
HELD_OUT: frozenset[str] = frozenset({"chip_2021_enlarged"})
