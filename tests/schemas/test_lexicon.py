from datetime import date
from itertools import pairwise

import pytest

from schemas.identifier import PROVINCES
from schemas.lexicon import communes, ethnic_groups, family_names, provinces


def counted(names):
    levels = {"thị trấn": 0, "phường": 0, "xã": 0}
    for name in names:
        levels[next((level for level in levels if name.startswith(f"{level} ")), "xã")] += 1
    return levels


@pytest.mark.parametrize(
    ("day", "districts", "expected"),
    [
        (date(2021, 11, 1), 21, {"thị trấn": 18, "phường": 32, "xã": 411}),  # one seat under both of its names
        (date(2025, 1, 1), 20, {"thị trấn": 17, "phường": 33, "xã": 362}),
        (date(2025, 7, 1), 0, {"thị trấn": 0, "phường": 11, "xã": 119}),
    ],
)
def test_each_snapshot_has_as_many_units_as_the_resolution_says(day, districts, expected):
    home, snapshots = communes()
    [snapshot] = [s for s in snapshots if (s.since or date.min) <= day <= (s.until or date.max)]
    assert counted([name for names in snapshot.communes.values() for name in names]) == expected
    assert len(set(snapshot.communes) - {f"tỉnh {home}"}) == districts


def test_a_unit_stands_once_in_its_district():
    for snapshot in communes()[1]:
        for above, names in snapshot.communes.items():
            assert len(names) == len(set(names)), above


def test_snapshots_follow_each_other_without_a_gap():
    ordered = communes()[1]
    for before, after in pairwise(ordered):
        assert (after.since - before.until).days == 1


def test_what_ended_in_2020_is_twenty_more_than_what_came_of_it():
    old, then = communes()[1][:2]
    named = {name for names in then.communes.values() for name in names}
    gone = [name for names in old.communes.values() for name in names if name not in named]
    made = 12  # Minh Châu, Châu Nhân, Hưng Nghĩa, Hưng Thành, Long Xá, Xuân Lam and six more
    assert len(gone) - made == 20


def test_there_are_54_ethnic_groups_and_no_spelling_means_two():
    spellings = [spelling.casefold() for name, others in ethnic_groups().items() for spelling in (name, *others)]
    assert len(ethnic_groups()) == 54
    assert len(spellings) == len(set(spellings))


def test_the_63_provinces_have_codes_and_34_follow_them():
    before, since = provinces()
    assert (len(before.names), len(since.names)) == (63, 34)
    assert len(set(before.names) & set(PROVINCES.values())) >= 61  # two are written otherwise with the codes
    assert set(since.names) - set(before.names) == {"Huế"}


@pytest.mark.parametrize(
    ("people", "name"),
    [
        ("Thái", "lô"),
        ("Thái", "vi"),
        ("Khơ Mú", "moong"),
        ("Khơ Mú", "cụt"),
        ("Mông", "xồng"),
        ("Mông", "y"),
        ("Thổ", "trương"),
    ],
)
def test_the_peoples_of_the_province_bear_their_own_family_names(people, name):
    assert name in family_names()[people]
