"""Who is meant: sure only where nobody else can be, and never where two are alike."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.linkage.index import names_of
from pipeline.linkage.judge import judge
from samples.registry import residents
from schemas.identifier import PersonalIdentifier
from schemas.linkage import Answer, Person, Registered, weights

PEOPLE = 1_000_000
HOA = Person(
    "Nguyễn Thị Hoa", "1987-03-12", "nữ", "Lê Thị Lan", "Nguyễn Văn Bàn", 1962, 1960,
    ("xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An",),
)  # fmt: skip
NAME_AND_YEAR = {"birth": "1987", "mother": "", "father": "", "mother_birth": None, "father_birth": None, "places": ()}
CALLED = {key: 900 for name in (HOA.name, HOA.mother, HOA.father) for key in names_of(name)}
SOME = tuple(residents(300))


def registered(person, number=1):
    return Registered(PersonalIdentifier(f"040187{number:06d}"), person)


def judged(asked, *people, complete=True, called=CALLED):
    named = tuple(registered(person, number) for number, person in enumerate(people, 1))
    return judge(asked, Answer(named, complete, called), PEOPLE, weights())


def test_who_agrees_in_everything_is_sure():
    found = judged(HOA, HOA)
    assert found.sure
    assert found.candidates[0].registered.identifier == PersonalIdentifier("040187000001")
    assert found.candidates[0].probability > 0.9999


@pytest.mark.parametrize(
    ("paper", "why"),
    [
        (NAME_AND_YEAR, "nine hundred are called so"),
        ({"birth": ""}, "a sister may be called the same"),
        ({"name": "Nguyễn Thị Lý"}, "a sister, born on the same day"),
        ({"birth": "1999-01-01"}, "a sister, called the same"),
    ],
)
def test_who_is_likely_and_not_sure_is_for_people_to_look_at(paper, why):
    assert not judged(HOA._replace(**paper), HOA).sure, why


def test_nobody_is_meant_by_a_paper_about_somebody_else():
    assert (
        judged(HOA, HOA._replace(name="Trần Văn Ba", sex="nam", mother="Vi Thị Tư", father="Trần Tư")).candidates == ()
    )
    assert judged(HOA).candidates == ()


def test_where_more_are_meant_than_were_named_nobody_is_sure():
    assert not judged(HOA, HOA, complete=False).sure


@given(st.sampled_from(SOME), st.integers(2, 5), st.sampled_from(["", "birth", "mother", "father", "places", "marks"]))
def test_of_equal_people_none_is_linked_however_well_they_agree(one, count, missing):
    asked = one.person
    if missing == "marks":
        asked = asked._replace(name=asked.name.replace("ễ", "ê"))
    elif missing:
        asked = asked._replace(**{missing: () if missing == "places" else ""})
    found = judge(asked, Answer((one,) * count, complete=True, called={}), PEOPLE, weights())
    assert not found.sure
    assert all(each.probability <= 1 / count + 1e-9 for each in found.candidates)


@given(st.lists(st.sampled_from(SOME), min_size=1, max_size=20, unique=True), st.randoms())
def test_who_is_meant_does_not_hang_on_the_order_in_which_people_are_named(people, rng):
    asked = people[0].person
    shuffled = rng.sample(people, len(people))
    one, other = (judge(asked, Answer(tuple(each), True, {}), PEOPLE, weights()) for each in (people, shuffled))
    assert [each.registered for each in one.candidates] == [each.registered for each in other.candidates]
    assert sum(each.probability for each in one.candidates) <= 1 + 1e-9


def test_the_weights_add_up_to_the_probability():
    [found] = judged(HOA._replace(birth="1987", mother="", father=""), HOA).candidates
    odds = weights().present / PEOPLE * 2 ** sum(each.bits for each in found.weights)
    assert isclose(found.probability, odds / (odds + 1 - weights().present), rel_tol=1e-6)


def test_parents_and_place_say_no_more_than_that_it_is_one_of_their_children():
    [found] = judged(HOA, HOA).candidates
    bits = {each.comparison: each.bits for each in found.weights}
    family = sum(bits[name] for name in ("mother", "father", "mother_birth", "father_birth", "place", "siblings"))
    assert isclose(2**family, PEOPLE / weights().siblings, rel_tol=0.05)
    assert bits["siblings"] < 0
