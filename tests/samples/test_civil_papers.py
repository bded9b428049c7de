"""Marriage, death, marital status, criminal records: what their sample papers say, composed but not drawn."""

import datetime as dt
import re
from random import Random

import pytest

from samples import (
    administrative_document,
    birth_certificate,
    criminal_record_certificate,
    death_extract,
    marital_status_confirmation,
    marriage_certificate,
    people,
)
from samples.blocks import Look
from samples.fonts import FAMILIES
from samples.papers import Wishes
from samples.typesetting import composed, reading_orders

KINDS = (marriage_certificate, death_extract, marital_status_confirmation, criminal_record_certificate)
EVERY_LAYOUT = [(kind, layout) for kind in KINDS for layout in kind.LAYOUTS]
SEEDS = range(12)


def made(kind, layout, seed, **wishes):
    return kind.LAYOUTS[layout](Random(seed), Wishes(**wishes))


def text_of(paper):
    by_column, _ = reading_orders(composed(paper.blocks, Look(), landscape=paper.landscape))
    return " ".join(by_column.split())


@pytest.mark.parametrize("kind", [*KINDS, birth_certificate, administrative_document])
def test_some_layouts_are_held_out_and_most_are_not(kind):
    assert kind.LAYOUTS.keys() > kind.HELD_OUT
    assert len(kind.LAYOUTS) - len(kind.HELD_OUT) >= 2


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_a_paper_fits_on_one_page(kind, layout):
    for seed, family in zip(SEEDS, list(FAMILIES) * len(SEEDS), strict=False):
        paper = made(kind, layout, seed)
        look = Look(family=family, dotted_lines=bool(seed % 2))
        assert len(composed(paper.blocks, look, landscape=paper.landscape)) == 1, seed


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_a_paper_says_what_its_fields_tell(kind, layout):
    for seed in SEEDS:
        paper = made(kind, layout, seed)
        said = text_of(paper).casefold()
        told = {name: value for name, value in paper.fields.items() if not name.endswith(("date", "date_of_birth"))}
        assert {name for name, value in told.items() if value.casefold() not in said} == set(), seed


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_a_new_identifier_fits_the_sex_and_an_old_number_has_nine_digits(kind, layout):
    for seed in SEEDS:
        fields = made(kind, layout, seed).fields
        for name in (name for name in fields if name.endswith("personal_id")):
            sex = {"husband": "nam", "wife": "nữ"}.get(name.split("_")[0], fields.get("sex"))
            assert re.fullmatch(r"18\d{7}|040[02]\d{8}" if sex == "nam" else r"18\d{7}|040[13]\d{8}", fields[name])


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_a_number_that_is_left_out_is_null(kind, layout):
    paper = made(kind, layout, 3, without=frozenset({"personal_id"}))
    missing = {name for name in paper.fields if name.endswith("personal_id")}
    assert {name for name, value in paper.fields.items() if value is None} == missing


@pytest.mark.parametrize(("layout", "first"), [("current", "wife"), ("form_2006", "husband"), ("form_1999", "husband")])
def test_who_stands_first_on_a_marriage_certificate_depends_on_the_form(layout, first):
    text = text_of(made(marriage_certificate, layout, 1)).casefold()
    order = sorted(("husband", "wife"), key=lambda role: text.index({"husband": "tên chồng", "wife": "tên vợ"}[role]))
    assert order[0] == first


def test_husband_and_wife_stand_level_side_by_side():
    paper = made(marriage_certificate, "current", 1)
    (page,) = composed(paper.blocks, Look(), landscape=True)
    heights = [{line.y for line in page.lines if line.text.startswith(label)} for label in ("Nơi cư trú", "Giấy tờ")]
    assert [len(found) for found in heights] == [1, 1]
    assert page.width > page.height


def test_since_the_reform_nobody_lives_in_a_district():
    for seed in SEEDS:
        fields = made(marital_status_confirmation, "reformed", seed).fields
        assert fields["issue_date"] >= people.REFORM.isoformat()
        assert not re.search("huyện|thị xã|thành phố", fields["residence"])


def test_a_copy_made_after_the_reform_names_the_old_registrar():
    papers = [made(death_extract, "copy", seed) for seed in SEEDS]
    late = [paper for paper in papers if paper.fields["issue_date"] >= people.REFORM.isoformat()]
    assert late
    for paper in late:
        assert re.search("huyện|thị xã|thành phố", paper.fields["registration_place"])


def test_of_some_old_people_only_the_year_of_birth_is_known():
    births = [made(death_extract, "form_2006", seed).fields["date_of_birth"] for seed in SEEDS]
    assert {len(born) for born in births} == {len("1934"), len("1934-02-06")}


def test_nobody_signs_or_dies_before_birth():
    for seed in SEEDS:
        fields = made(death_extract, "current", seed).fields
        assert fields["date_of_birth"] < fields["death_date"] < fields["issue_date"]


@pytest.mark.parametrize(
    ("place", "address", "seal"),
    [
        (
            people.Place("xã Kim Liên", "huyện Nam Đàn", "xóm 4"),
            "Xóm 4, xã Kim Liên, huyện Nam Đàn, tỉnh Nghệ An",
            "ỦY BAN NHÂN DÂN XÃ KIM LIÊN * H. NAM ĐÀN - T. NGHỆ AN",
        ),
        (people.Place("xã Nga My"), "Xã Nga My, tỉnh Nghệ An", "ỦY BAN NHÂN DÂN XÃ NGA MY * T. NGHỆ AN"),
    ],
)
def test_a_place_is_written_with_the_levels_that_it_has(place, address, seal):
    assert (place.address, place.seal) == (address, seal)


@pytest.mark.parametrize(
    ("date", "number", "words"),
    [
        (dt.date(2010, 3, 1), "181234567", "Chứng minh nhân dân số 181234567, Công an tỉnh Nghệ An cấp"),
        (dt.date(2022, 3, 1), "040087123456", "Căn cước công dân số 040087123456"),
        (dt.date(2025, 3, 1), "040087123456", "Thẻ căn cước số 040087123456"),
        (dt.date(2025, 3, 1), "", ""),
    ],
)
def test_an_identity_paper_is_called_what_it_was_called_then(date, number, words):
    assert people.identity_paper(number, date) == words
