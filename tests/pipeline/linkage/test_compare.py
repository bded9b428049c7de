"""How well two people agree, whoever wrote them down."""

import pytest

from pipeline.linkage.compare import compare, days, names, places
from pipeline.linkage.index import keys_of
from schemas.linkage import LEVELS, Person

KIM_LIEN = "xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("NGUYỄN VĂN AN", "Nguyễn Văn An", "exact"),
        ("Lê Thị Hoà", "Lê Thị Hòa", "exact"),  # where the tone mark stands
        ("Trần Thuỳ  Dương", "Trần Thùy Dương", "exact"),
        ("Vi Thị Mĩ", "Vi Thị Mỹ", "letters"),  # i and y
        ("Nguyên Văn Hưng", "Nguyễn Văn Hùng", "letters"),
        ("An Nguyễn Văn", "Nguyễn Văn An", "parts"),  # its parts moved
        ("Nguyễn An", "Nguyễn Văn An", "parts"),  # the middle name left out
        ("Nguyễn Thị Hoa", "Nguyễn Thị Thu Hoa", "parts"),
        ("Nguyễn Văn Am", "Nguyễn Văn An", "near"),
        ("Lô An", "Lô Ân Bình", "other"),
        ("Nguyễn Văn An", "Nguyễn Văn Bình", "other"),
        ("An", "Nguyễn Văn An", "other"),
    ],
)
def test_names_agree_as_well_as_people_write_them(one, other, level):
    assert names(one, other) == names(other, one) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1987-03-31", "1987-03-31", "day"),
        ("1987-03-04", "1987-04-03", "swapped"),
        ("1987-03-31", "1987-03-30", "near"),
        ("1987-03-31", "1987-08-31", "near"),
        ("1987-03-31", "1988-03-31", "close"),
        ("1987-03-31", "1988-04-30", "other"),
    ],
)
def test_whole_dates_agree_by_what_is_commonly_mistaken(one, other, level):
    assert days(one, other) == days(other, one) == level


@pytest.mark.parametrize(
    ("birth", "level"),
    [("1987", "same"), ("1987-03", "same"), ("1987-04", "close"), ("1986", "close"), ("1980", "other")],
)
def test_of_a_date_without_a_day_the_year_is_compared(birth, level):
    agreed = dict(compare(Person("Vi Văn An", birth), Person("Vi Văn An", "1987-03-31")))
    assert agreed == {"name": "exact", "birth_year": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (KIM_LIEN, "Ủy ban nhân dân xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An", "commune"),
        (KIM_LIEN, "xóm Sen 2, Kim Liên, Nam Đàn, Nghệ An", "commune"),
        (KIM_LIEN, "xã Kim Liên, tỉnh Nghệ An", "commune"),  # since July 2025 there are no districts
        (KIM_LIEN, "xã Nam Cát, huyện Nam Đàn, tỉnh Nghệ An", "district"),
        (KIM_LIEN, "xã Nam Cát, tỉnh Nghệ An", "district"),  # no other district ever had one of this name
        (KIM_LIEN, "xã Diễn Kỷ, huyện Diễn Châu, tỉnh Nghệ An", "province"),
        (KIM_LIEN, "xã Vạn An, tỉnh Nghệ An", ""),  # made of communes of Nam Đàn; nothing here says so
        (KIM_LIEN, "xã Sơn Kim 1, huyện Hương Sơn, tỉnh Hà Tĩnh", "other"),
    ],
)
def test_places_agree_across_the_snapshots(one, other, level):
    assert places((one,), (other,)) == places((other,), (one,)) == level


def test_what_one_of_them_does_not_say_is_not_compared():
    assert compare(Person("Vi Văn An"), Person("Vi Văn An", "1987", "nam", "Lô Thị Ba")) == (("name", "exact"),)


def test_every_level_that_is_found_is_known():
    one = Person("Vi Văn An", "1987-03-31", "nam", "Lô Thị Ba", "Vi Văn Tư", 1960, 1958, (KIM_LIEN,))
    other = Person("Vi Văn An", "1987-03-31", "nữ", "Lô Thị Bà", "Vi Văn Tự", 1961, 1950, (KIM_LIEN,))
    agreed = compare(one, other)
    assert [name for name, _ in agreed] == [name for name in LEVELS if name != "birth_year"]
    assert all(level in LEVELS[name] for name, level in agreed)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Nguyên Thị Hóa"},
        {"name": "Nguyễn Hoa"},
        {"name": "Hoa Nguyễn Thị"},
        {"name": "Nguyễn Thị Hoe"},
        {"birth": "1987"},
        {"birth": "1987-12-03"},
        {"birth": "1987-05-05"},
        {"birth": "1988-03-12"},
        {"mother": ""},
        {"father": "Nguyễn Văn Ban"},
    ],
)
def test_one_thing_that_is_wrong_or_missing_hides_nobody(said):
    person = Person("Nguyễn Thị Hoa", "1987-03-12", "nữ", "Lê Thị Lan", "Nguyễn Văn Bàn")
    assert set(keys_of(person._replace(**said))) & set(keys_of(person))
