"""Synthetic people and real places of Nghệ An: everybody here is drawn by lot, nobody is copied from a register."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

Sex = Literal["nam", "nữ"]

PROVINCE = "Nghệ An"
PROVINCE_CODE = "040"  # TT 07/2016/TT-BCA, annex 1
NEIGHBOUR_CODES = ("038", "042")  # Thanh Hóa, Hà Tĩnh: parents move in

# Communes before the reform of 1/7/2025, three levels, as the papers to be digitized have them.
COMMUNES: dict[str, tuple[str, ...]] = {
    "thành phố Vinh": ("phường Hưng Bình", "phường Trường Thi", "phường Bến Thủy", "xã Hưng Lộc", "xã Nghi Phú"),
    "thị xã Hoàng Mai": ("phường Quỳnh Xuân", "phường Quỳnh Thiện", "xã Quỳnh Vinh"),
    "huyện Diễn Châu": ("xã Diễn Kỷ", "xã Diễn Thịnh", "xã Diễn Yên", "xã Diễn Phong"),
    "huyện Yên Thành": ("xã Hoa Thành", "xã Tăng Thành", "xã Đô Thành", "thị trấn Yên Thành"),
    "huyện Đô Lương": ("xã Yên Sơn", "xã Thịnh Sơn", "xã Tràng Sơn", "thị trấn Đô Lương"),
    "huyện Thanh Chương": ("xã Thanh Lĩnh", "xã Phong Thịnh", "xã Võ Liệt", "thị trấn Dùng"),
    "huyện Nam Đàn": ("xã Kim Liên", "xã Nam Cát", "xã Hùng Tiến", "thị trấn Nam Đàn"),
    "huyện Nghi Lộc": ("xã Nghi Kiều", "xã Nghi Lâm", "xã Nghi Phương", "thị trấn Quán Hành"),
    "huyện Quỳnh Lưu": ("xã Quỳnh Hậu", "xã Quỳnh Đôi", "xã Quỳnh Giang", "thị trấn Cầu Giát"),
    "huyện Anh Sơn": ("xã Tường Sơn", "xã Đỉnh Sơn", "xã Cẩm Sơn"),
    "huyện Nghĩa Đàn": ("xã Nghĩa Lợi", "xã Nghĩa Mai", "xã Nghĩa Lâm"),
    "huyện Tân Kỳ": ("xã Giai Xuân", "xã Tân Hợp", "xã Nghĩa Hợp"),
    "huyện Quỳ Hợp": ("xã Châu Quang", "xã Tam Hợp", "xã Hạ Sơn", "thị trấn Quỳ Hợp"),
    "huyện Quỳ Châu": ("xã Châu Tiến", "xã Châu Hạnh", "xã Châu Bính"),
    "huyện Quế Phong": ("xã Tri Lễ", "xã Châu Kim", "xã Tiền Phong", "thị trấn Kim Sơn"),
    "huyện Con Cuông": ("xã Môn Sơn", "xã Lục Dạ", "xã Chi Khê"),
    "huyện Tương Dương": ("xã Lượng Minh", "xã Tam Quang", "xã Yên Hòa", "thị trấn Thạch Giám"),
    "huyện Kỳ Sơn": ("xã Tà Cạ", "xã Chiêu Lưu", "xã Mường Lống", "xã Huồi Tụ", "thị trấn Mường Xén"),
}

NEW_CARD = dt.date(2024, 7, 1)  # Luật Căn cước 26/2023/QH15
REFORM = dt.date(2025, 7, 1)  # NQ 1678/NQ-UBTVQH15: no districts any more, 130 communes

# Communes since the reform, by the district in which their land was.
COMMUNES_2025: dict[str, tuple[str, ...]] = {
    "thành phố Vinh": ("phường Thành Vinh", "phường Trường Vinh", "phường Vinh Hưng", "phường Cửa Lò"),
    "thị xã Hoàng Mai": ("phường Hoàng Mai", "phường Quỳnh Mai", "phường Tân Mai"),
    "huyện Diễn Châu": ("xã Diễn Châu", "xã Đức Châu", "xã An Châu", "xã Hùng Châu"),
    "huyện Yên Thành": ("xã Yên Thành", "xã Quan Thành", "xã Vân Tụ", "xã Đông Thành"),
    "huyện Đô Lương": ("xã Đô Lương", "xã Bạch Ngọc", "xã Thuần Trung", "xã Lương Sơn"),
    "huyện Thanh Chương": ("xã Cát Ngạn", "xã Hạnh Lâm", "xã Bích Hào", "xã Xuân Lâm"),
    "huyện Nam Đàn": ("xã Vạn An", "xã Đại Huệ", "xã Thiên Nhẫn", "xã Kim Liên"),
    "huyện Nghi Lộc": ("xã Nghi Lộc", "xã Phúc Lộc", "xã Thần Lĩnh", "xã Văn Kiều"),
    "huyện Quỳnh Lưu": ("xã Quỳnh Lưu", "xã Quỳnh Văn", "xã Quỳnh Tam", "xã Quỳnh Thắng"),
    "huyện Anh Sơn": ("xã Anh Sơn", "xã Yên Xuân", "xã Nhân Hòa", "xã Vĩnh Tường"),
    "huyện Nghĩa Đàn": ("xã Nghĩa Đàn", "xã Nghĩa Thọ", "xã Nghĩa Mai", "xã Nghĩa Khánh"),
    "huyện Tân Kỳ": ("xã Tân Kỳ", "xã Giai Xuân", "xã Nghĩa Đồng", "xã Tiên Đồng"),
    "huyện Quỳ Hợp": ("xã Quỳ Hợp", "xã Châu Hồng", "xã Mường Ham", "xã Mường Chọng"),
    "huyện Quỳ Châu": ("xã Quỳ Châu", "xã Châu Tiến", "xã Hùng Chân"),
    "huyện Quế Phong": ("xã Quế Phong", "xã Tri Lễ", "xã Mường Quàng", "xã Thông Thụ"),
    "huyện Con Cuông": ("xã Con Cuông", "xã Môn Sơn", "xã Mậu Thạch", "xã Cam Phục"),
    "huyện Tương Dương": ("xã Tam Thái", "xã Yên Na", "xã Nga My", "xã Hữu Khuông"),
    "huyện Kỳ Sơn": ("xã Mường Xén", "xã Hữu Kiệm", "xã Nậm Cắn", "xã Na Ngoi", "xã Keng Đu"),
}
UPLANDS = tuple(COMMUNES)[12:18]
HAMLETS_UPLANDS = ("Na Cáng", "Huồi Mới", "Xốp Kha", "Khe Ngậu", "Pà Khốm", "Bà Xắng", "Cò Phạt", "Mường Piệt")
HAMLETS_LOWLANDS = ("Đông Thượng", "Phú Hậu", "Yên Xuân", "Trung Tiến", "Hồng Thái")

MIDDLE_MEN = ("Văn", "Đức", "Hữu", "Xuân", "Quốc", "Minh", "Đình", "Sỹ", "Gia", "Trọng")
MIDDLE_WOMEN = ("Thị", "Thị Thùy", "Thị Hồng", "Ngọc", "Khánh", "Thị Kim", "Bảo", "Thanh")
GIVEN_MEN = ("An", "Dũng", "Hùng", "Khánh", "Lâm", "Nghĩa", "Phúc", "Quyết", "Sơn", "Thắng", "Tuấn", "Vượng", "Bảo")
GIVEN_WOMEN = ("Ánh", "Chi", "Giang", "Hằng", "Hường", "Lý", "Mỹ", "Ngân", "Nhung", "Quỳnh", "Thảo", "Tuyết", "Vân")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ethnicity:
    """How one of the province's peoples is written on a paper, names its children and where it mostly lives."""

    name: str
    families: tuple[str, ...]
    districts: tuple[str, ...]
    weight: int
    middle_men: tuple[str, ...] = MIDDLE_MEN
    middle_women: tuple[str, ...] = MIDDLE_WOMEN
    given_men: tuple[str, ...] = GIVEN_MEN
    given_women: tuple[str, ...] = GIVEN_WOMEN


ETHNICITIES = (
    Ethnicity(
        name="Kinh",
        families=("Nguyễn", "Trần", "Lê", "Phạm", "Hồ", "Hoàng", "Võ", "Phan", "Cao", "Đặng", "Đậu", "Chu", "Ngô"),
        districts=tuple(COMMUNES)[:10],
        weight=6,
    ),
    Ethnicity(
        name="Thái",
        families=("Lô", "Lương", "Vi", "Hà", "Lữ", "Kha", "Sầm", "Quang", "Ngân"),
        districts=tuple(COMMUNES)[12:18],
        weight=3,
        middle_men=("Văn", "Thanh", "Xuân"),
        middle_women=("Thị", "Y"),
        given_men=("Mòn", "Thoong", "Khăm", "Dần", "Hoài", "Viêng"),
        given_women=("Ún", "Hợi", "Lả", "Xuyến", "Hiền", "Khuyên"),
    ),
    Ethnicity(
        name="Mường",
        families=("Bùi", "Quách", "Đinh", "Hà"),
        districts=("huyện Nghĩa Đàn", "huyện Tân Kỳ"),
        weight=1,
        middle_men=("Văn",),
        middle_women=("Thị",),
    ),
    Ethnicity(
        name="Thổ",
        families=("Trương", "Lê", "Cao", "Hoàng", "Nguyễn"),
        districts=("huyện Nghĩa Đàn", "huyện Quỳ Hợp", "huyện Tân Kỳ"),
        weight=1,
        middle_men=("Văn", "Công"),
        middle_women=("Thị",),
    ),
    Ethnicity(
        name="Khơ Mú",
        families=("Moong", "Cụt", "Xeo", "Ven", "Pịt", "Lữ"),
        districts=("huyện Kỳ Sơn", "huyện Tương Dương"),
        weight=1,
        middle_men=("Văn", "Phò"),
        middle_women=("Thị", "Mẹ"),
        given_men=("Khăm", "Hợi", "Ngọc", "Bún", "Lọng"),
        given_women=("Lan", "Xí", "Hương", "Pèng"),
    ),
    Ethnicity(
        name="Mông",
        families=("Và", "Vừ", "Lầu", "Xồng", "Hờ", "Già", "Cự", "Mùa"),
        districts=("huyện Kỳ Sơn", "huyện Quế Phong"),
        weight=2,
        middle_men=("Bá", "Nỏ", "Chống", "Giống"),
        middle_women=("Y",),
        given_men=("Dìa", "Tểnh", "Xử", "Chò", "Lỳ"),
        given_women=("Xi", "Pà", "Mái", "Dở", "Cở"),
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One commune, in the three levels of before July 2025 or the two since, and perhaps a hamlet in it."""

    commune: str
    district: str = ""
    hamlet: str = ""

    @property
    def area(self) -> str:
        """All levels from the commune up."""
        return ", ".join(level for level in (self.commune, self.district, f"tỉnh {PROVINCE}") if level)

    @property
    def address(self) -> str:
        """As a residence is written: capital first, all levels."""
        return capitalised(f"{self.hamlet}, {self.area}" if self.hamlet else self.area)

    @property
    def committee(self) -> str:
        """The committee that issues papers here, as its header names it."""
        return f"Ủy ban nhân dân {self.commune}"

    @property
    def registrar(self) -> str:
        """The committee that registers births here."""
        return f"Ủy ban nhân dân {self.area}"

    @property
    def name(self) -> str:
        """The commune's name without what it is: `xã Diễn Kỷ` gives `Diễn Kỷ`."""
        return self.commune.removeprefix("thị trấn ").removeprefix("phường ").removeprefix("xã ")

    @property
    def seal(self) -> str:
        """What the ring of the committee's seal says."""
        district = self.district
        for long, short in (("thành phố", "TP."), ("thị xã", "TX."), ("huyện", "H.")):
            district = district.replace(long, short)
        return f"{self.committee} * {f'{district} - ' if district else ''}T. {PROVINCE}".upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who does not exist."""

    full_name: str
    sex: Sex
    born: dt.date
    ethnicity: Ethnicity
    personal_id: str


def capitalised(text: str) -> str:
    """Return *text* with a capital first letter and the rest as it was."""
    return text[:1].upper() + text[1:]


def personal_id(rng: Random, sex: Sex, born: dt.date, province: str = PROVINCE_CODE) -> str:
    """Return an identifier of the old structure: province, century and sex, year, six random digits."""
    century_and_sex = 2 * (born.year // 100 - 19) + (sex == "nữ")
    return f"{province}{century_and_sex}{born.year % 100:02d}{rng.randrange(1_000_000):06d}"


def old_number(rng: Random) -> str:
    """Return a number of the nine-digit identity cards that the province issued before 2016."""
    return f"18{rng.randrange(10_000_000):07d}"


def printed_number(rng: Random, person: Person, date: dt.date) -> str:
    """Return the number of the card that somebody shows on that day: of twelve digits since 2016, at last all."""
    is_new = date.year >= 2020 or (date.year >= 2016 and rng.random() < 0.5)
    return person.personal_id if is_new else old_number(rng)


def identity_paper(number: str, date: dt.date) -> str:
    """Return how a registrar writes down which card was shown; nothing without a number."""
    if not number:
        return ""
    if len(number) == len("186000111"):
        return f"Chứng minh nhân dân số {number}, Công an tỉnh {PROVINCE} cấp"
    return f"{'Thẻ căn cước' if date >= NEW_CARD else 'Căn cước công dân'} số {number}"


def random_date(rng: Random, first: dt.date, last: dt.date) -> dt.date:
    """Return a day between the two, both included."""
    return first + dt.timedelta(days=rng.randint(0, (last - first).days))


def random_ethnicity(rng: Random) -> Ethnicity:
    """Draw one of the province's peoples, the large ones more often."""
    return rng.choices(ETHNICITIES, weights=[people.weight for people in ETHNICITIES])[0]


def random_place(rng: Random, ethnicity: Ethnicity) -> Place:
    """Draw a commune where people of this ethnicity live."""
    district = rng.choice(ethnicity.districts)
    return Place(rng.choice(COMMUNES[district]), district)


def place_in(rng: Random, district: str, date: dt.date) -> Place:
    """Draw a commune in a district as it was on that day, or in what was that district."""
    if date < REFORM:
        return Place(rng.choice(COMMUNES[district]), district)
    return Place(rng.choice(COMMUNES_2025[district]))


def home_in(rng: Random, district: str, date: dt.date) -> Place:
    """Draw a hamlet where somebody lives: a block in a town, a numbered or named one in a village, a bản uphill."""
    place = place_in(rng, district, date)
    number = rng.randint(1, 14)
    if place.commune.startswith(("phường", "thị trấn")):
        return replace(place, hamlet=f"khối {number}")
    if district in UPLANDS:
        return replace(place, hamlet=f"bản {rng.choice(HAMLETS_UPLANDS)}")
    return replace(place, hamlet=rng.choice((f"xóm {number}", f"thôn {rng.choice(HAMLETS_LOWLANDS)}")))


def random_name(
    rng: Random, ethnicity: Ethnicity, sex: Sex, family: str | None = None, unlike: Collection[str] = ()
) -> str:
    """Draw a name as this people gives them, in a given family or any, but none of *unlike*."""
    middles, givens = (
        (ethnicity.middle_men, ethnicity.given_men) if sex == "nam" else (ethnicity.middle_women, ethnicity.given_women)
    )
    while True:
        name = " ".join((family or rng.choice(ethnicity.families), rng.choice(middles), rng.choice(givens)))
        if name not in unlike:
            return name


def random_person(
    rng: Random,
    ethnicity: Ethnicity,
    sex: Sex,
    born: dt.date,
    *,
    family: str | None = None,
    unlike: Collection[str] = (),
    province: str = PROVINCE_CODE,
) -> Person:
    """Draw one person; the identifier fits the sex and the year of birth."""
    return Person(
        full_name=random_name(rng, ethnicity, sex, family, unlike),
        sex=sex,
        born=born,
        ethnicity=ethnicity,
        personal_id=personal_id(rng, sex, born, province),
    )


def family_name(person: Person) -> str:
    """Return the first word of a name, which is the family's."""
    return person.full_name.split()[0]
