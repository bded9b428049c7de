"""Identity cards: what is printed, what the code says and what the machine-readable lines say is one and the same."""

import datetime as dt
from random import Random

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from samples import citizen_identity_card, make
from samples.citizen_identity_card import LAYOUTS, expiry
from samples.machine_readable import check_digit, mrz, qr_code
from samples.papers import Wishes
from samples.people import Person, random_ethnicity, random_person

KIND = "citizen_identity_card"


def somebody(full_name, sex, born, personal_id):
    ethnicity = random_ethnicity(Random(0))
    return Person(full_name=full_name, sex=sex, born=born, ethnicity=ethnicity, personal_id=personal_id)


# ------------------------------------------------------------------------------------------------------ the three lines


def test_the_lines_of_a_card_end_in_their_check_digits():
    owner = somebody("Nguyễn Văn An", "nam", dt.date(1995, 1, 15), "040095001234")
    assert mrz(owner, dt.date(2035, 1, 15)) == (
        "IDVNM0950012340040095001234<<2",
        "9501153M3501151VNM<<<<<<<<<<<8",
        "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
    )


@pytest.mark.parametrize(("text", "digit"), [("520727", "3"), ("AB2134<<<", "5"), ("<<<", "0")])
def test_check_digits_are_those_of_the_standard(text, digit):
    assert check_digit(text) == digit


@given(st.integers(0, 10**6))
def test_every_line_has_thirty_letters_and_no_marks(seed):
    rng = Random(seed)
    owner = random_person(rng, random_ethnicity(rng), rng.choice(("nam", "nữ")), dt.date(1990, 2, 28))
    lines = mrz(owner, None)
    assert [len(line) for line in lines] == [30, 30, 30]
    assert set("".join(lines)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")


# ------------------------------------------------------------------------------------------------------ the code


def test_a_code_says_what_it_was_given():
    picture = qr_code("040095001234||Nguyễn Văn An", 40.0, 300)
    assert [found.text for found in zxingcpp.read_barcodes(np.asarray(picture))] == ["040095001234||Nguyễn Văn An"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_code_on_a_scanned_card_says_what_the_truth_says(layout):
    sample = make.paper(KIND, layout, "clean", 3, dpi=200, rotation=0, mode="grey")
    found = [code.text for page in sample.pages for code in zxingcpp.read_barcodes(np.asarray(page.convert("L")))]
    assert found == [sample.truth["qr"]]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", range(2))
def test_print_code_and_lines_agree(layout, seed):
    truth = make.paper(KIND, layout, "clean", seed, dpi=72, rotation=0).truth
    fields, parts = truth["fields"], truth["qr"].split("|")
    born, issued = (f"{dt.date.fromisoformat(fields[name]):%d%m%Y}" for name in ("date_of_birth", "issue_date"))
    printed = [fields["personal_id"], fields["full_name"], born, fields["place_of_residence"], issued]
    assert [part for part in parts if part in printed] == printed
    assert truth["mrz"][0][15:27] == fields["personal_id"]
    assert truth["mrz"][1][:6] == f"{dt.date.fromisoformat(fields['date_of_birth']):%y%m%d}"
    assert "\n".join(truth["mrz"]) in truth["text"]


def test_codes_come_with_and_without_the_older_number_and_in_different_orders():
    papers = [LAYOUTS["chip_2021_copy"](Random(seed), Wishes()) for seed in range(12)]
    codes = [paper.besides["qr"].split("|") for paper in papers]
    assert {len(parts) for parts in codes} == {6, 7}
    assert {parts[1] == "" for parts in codes if len(parts) == 7} == {True, False}


# ------------------------------------------------------------------------------------------------------ the print


@pytest.mark.parametrize(
    ("born", "issued", "until"),
    [
        (dt.date(2000, 5, 4), dt.date(2021, 5, 4), dt.date(2025, 5, 4)),
        (dt.date(2000, 5, 4), dt.date(2024, 1, 1), dt.date(2040, 5, 4)),
        (dt.date(2000, 2, 29), dt.date(2021, 5, 4), dt.date(2025, 2, 28)),
        (dt.date(1963, 5, 4), dt.date(2022, 1, 1), None),
    ],
)
def test_a_card_is_valid_to_the_next_age_that_is_two_years_off(born, issued, until):
    assert expiry(born, issued) == until


def test_the_card_of_2024_names_no_place_of_origin():
    truth = make.paper(KIND, "identity_2024_copy", "clean", 1, dpi=72).truth
    assert truth["fields"]["place_of_origin"] is None
    assert "Quê quán" not in truth["text"]


def test_a_copy_has_both_sides_on_one_sheet_and_a_card_has_a_page_for_each():
    copied, scanned = (make.paper(KIND, f"chip_2021_{way}", "clean", 1, dpi=72) for way in ("copy", "card"))
    assert (len(copied.pages), len(scanned.pages)) == (1, 2)
    width, height = scanned.pages[0].size
    assert width < 0.5 * copied.pages[0].width
    assert 1.4 < width / height < 1.6


def test_one_layout_is_held_out():
    assert set(LAYOUTS) > citizen_identity_card.HELD_OUT
