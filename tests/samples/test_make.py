"""The sample scans: what is on them is known, and the same seed makes the same scan."""

import datetime as dt
import re
import unicodedata
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from samples import fonts, make, people, wording
from samples.bundled import NO_FATHER_NO_IDENTIFIER
from samples.damage import Damage, tilted, turned

pytestmark = pytest.mark.skipif(
    not all(Path(family.path(bold=True, italic=True)).exists() for family in fonts.FAMILIES.values()),
    reason=f"needs the packages {', '.join(family.package for family in fonts.FAMILIES.values())}",
)

FIELDS = {
    "birth_certificate": {
        "number", "full_name", "date_of_birth", "sex", "ethnicity", "nationality", "place_of_birth", "place_of_origin",
        "personal_id", "mother_full_name", "mother_birth_year", "mother_residence", "father_full_name",
        "father_birth_year", "father_residence", "registration_place", "registration_date", "signer_name",
    },
    "citizen_identity_card": {
        "personal_id", "full_name", "date_of_birth", "sex", "nationality", "place_of_origin", "place_of_residence",
        "valid_to", "issue_date",
    },
    "merit_allowance_decision": {
        "number", "issue_date", "issuer_name", "full_name", "birth_year", "residence", "beneficiary_category",
        "allowance_amount", "effective_date", "signer_name",
    },
    "administrative_document": {
        "number_symbol", "issue_date", "issue_place", "issuer_name", "document_kind", "abstract", "signer_name",
        "signer_title",
    },
    "marriage_certificate": {
        "number", "husband_full_name", "husband_date_of_birth", "husband_personal_id", "husband_residence",
        "wife_full_name", "wife_date_of_birth", "wife_personal_id", "wife_residence", "registration_place",
        "registration_date", "signer_name",
    },
    "death_extract": {
        "number", "issue_date", "full_name", "date_of_birth", "sex", "personal_id", "death_date", "death_place",
        "death_cause", "registration_place", "signer_name",
    },
    "marital_status_confirmation": {
        "number", "issue_date", "issuer_name", "full_name", "date_of_birth", "sex", "ethnicity", "nationality",
        "personal_id", "residence", "marital_status", "purpose", "signer_name",
    },
    "criminal_record_certificate": {
        "number", "issue_date", "issuer_name", "full_name", "sex", "date_of_birth", "personal_id", "residence",
        "criminal_status", "signer_name",
    },
}  # fmt: skip
WITHOUT_FATHER = {"personal_id", "father_full_name", "father_birth_year", "father_residence"}
MAY_BE_MISSING = WITHOUT_FATHER | {"place_of_origin", "valid_to"}
DATES = ("date", "date_of_birth", "valid_to")
EVERY_LAYOUT = [(kind, layout) for kind, layouts in make.KINDS.items() for layout in layouts]
QUICK = {"dpi": 72, "blur": 0.0, "folds": 0}


@cache
def truth_of(kind, layout, seed=0):
    return make.paper(kind, layout, "clean", seed, **QUICK).truth


def ways_to_print(date):
    match len(date):
        case 4:
            return {date}
        case 7:
            return {wording.month_of(dt.date.fromisoformat(f"{date}-01"))}
        case _:
            return {way(dt.date.fromisoformat(date)) for way in wording.WAYS_TO_DATE}


def spoken(text):
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).casefold()


# ------------------------------------------------------------------------------------------------------ determinism


def test_the_same_seed_gives_the_same_pixels_and_bytes():
    first, second = (make.paper("birth_certificate", "current", "office", 7, dpi=72, fmt="pdf") for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.pages, second.pages, strict=True))
    assert first.truth == second.truth
    assert first.encoded() == second.encoded()


def test_another_seed_gives_another_paper():
    first, second = (make.paper("administrative_document", "notice", "clean", seed, **QUICK) for seed in (1, 2))
    assert first.truth["text"] != second.truth["text"]


def test_the_same_seed_gives_the_same_paper_at_every_level():
    texts = {
        make.paper("birth_certificate", "extract", level, 3, **QUICK).truth["text"]
        for level in ("clean", "office", "hard")
    }
    assert len(texts) == 1


# ------------------------------------------------------------------------------------------------------ truth


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_paper_says_every_field_of_its_kind(kind, layout, seed):
    truth = truth_of(kind, layout, seed)
    assert set(truth["fields"]) == FIELDS[kind]
    assert {name for name, value in truth["fields"].items() if value is None} <= MAY_BE_MISSING
    said = spoken(truth["text"])
    for name, value in truth["fields"].items():
        in_other_words = value == "Công văn" or name.endswith(DATES)
        printed = wording.amount(value) if isinstance(value, int) else value
        assert value is None or in_other_words or spoken(printed) in said, name


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_dates_are_iso_and_printed_as_vietnamese_papers_do(kind, layout):
    truth = truth_of(kind, layout)
    for name, value in truth["fields"].items():
        if value is not None and name.endswith(DATES):
            assert any(date in truth["text"] for date in ways_to_print(value)), name


def test_what_is_left_out_is_null_and_its_label_stays():
    truth = make.paper("birth_certificate", "current", "clean", 4, without=NO_FATHER_NO_IDENTIFIER, **QUICK).truth
    missing = {name for name, value in truth["fields"].items() if value is None}
    assert missing == WITHOUT_FATHER
    assert "Họ, chữ đệm, tên người cha:" in truth["text"]


def test_the_form_of_2006_names_the_father_first_and_has_no_identifier():
    truth = truth_of("birth_certificate", "form_2006")
    assert truth["text"].index("Họ và tên cha:") < truth["text"].index("Họ và tên mẹ:")
    assert truth["fields"]["personal_id"] is None


def test_the_current_form_names_the_mother_first():
    text = truth_of("birth_certificate", "current")["text"]
    assert text.index("người mẹ:") < text.index("người cha:")


def test_a_letter_carries_its_subject_under_the_number():
    text = truth_of("administrative_document", "letter")["text"]
    assert text.index("Số:") < text.index("V/v ") < text.index("CỘNG HÒA")


def test_unknown_overrides_are_refused():
    with pytest.raises(TypeError, match="skw"):
        make.paper("birth_certificate", "current", "clean", 1, skw=2.0)


# ------------------------------------------------------------------------------------------------------ people


@pytest.mark.parametrize(
    ("sex", "year", "digits"),
    [("nam", 1987, "040087"), ("nữ", 1987, "040187"), ("nam", 2015, "040215"), ("nữ", 2021, "040321")],
)
def test_an_identifier_tells_province_century_sex_and_year(sex, year, digits):
    identifier = people.personal_id(Random(1), sex, dt.date(year, 5, 1))
    assert re.fullmatch(digits + r"\d{6}", identifier)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_on_a_certificate_has_the_name_of_somebody_else_there(seed):
    fields = truth_of("birth_certificate", "extract", seed)["fields"]
    names = [value for name, value in fields.items() if name.endswith(("full_name", "signer_name"))]
    assert len(set(names)) == len(names) == 4


@pytest.mark.parametrize("seed", range(4))
def test_identifiers_on_certificates_fit_the_child(seed):
    fields = truth_of("birth_certificate", "current", seed)["fields"]
    year = int(fields["date_of_birth"][:4])
    assert fields["personal_id"].startswith(f"040{2 + (fields['sex'] == 'nữ')}{year % 100:02d}")


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (dt.date(2009, 4, 5), "Ngày năm, tháng tư, năm hai nghìn không trăm linh chín"),
        (dt.date(1995, 12, 15), "Ngày mười lăm, tháng mười hai, năm một nghìn chín trăm chín mươi lăm"),
        (dt.date(2021, 11, 21), "Ngày hai mươi mốt, tháng mười một, năm hai nghìn không trăm hai mươi mốt"),
        (dt.date(2000, 1, 24), "Ngày hai mươi tư, tháng một, năm hai nghìn"),
    ],
)
def test_dates_in_words(date, words):
    assert wording.date_in_words(date) == words


# ------------------------------------------------------------------------------------------------------ letters


def vietnamese_letters():
    vowels, marks = "aăâeêioôơuưy", ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    small = "".join(unicodedata.normalize("NFC", vowel + mark) for vowel in vowels for mark in marks) + "đ"
    return small + small.upper() + "bcdghklmnpqrstvxfjwz" + "BCDGHKLMNPQRSTVXFJWZ" + "0123456789.,:;/-()%*"


@pytest.mark.parametrize("family", fonts.FAMILIES)
def test_every_face_has_every_vietnamese_letter(family):
    assert fonts.missing_glyphs(vietnamese_letters(), family) == set()


def test_a_letter_that_no_font_has_is_noticed():
    assert fonts.missing_glyphs("a\ue123", "Liberation Serif") == {"\ue123"}


# ------------------------------------------------------------------------------------------------------ signs


def test_positive_skew_lifts_the_right_end_of_a_line():
    page = np.full((200, 200, 3), 255, np.float32)
    page[99:101, 20:180] = 0
    rows = tilted(page, 5.0, (255.0, 255.0, 255.0))[:, :, 0].argmin(axis=0)
    assert rows[170] < rows[100] < rows[30]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turning_clockwise_by_rotation_brings_the_page_upright(rotation):
    upright = Image.new("L", (30, 50), 255)
    upright.putpixel((2, 1), 0)
    scanned = turned(upright, rotation)
    assert np.array_equal(scanned.rotate(-rotation, expand=True), upright)


@pytest.mark.parametrize(("rotation", "skew"), [(0, 3.0), (90, -3.0), (180, 3.0), (270, -2.0)])
def test_undoing_rotation_then_skew_levels_the_lines(rotation, skew):
    sample = make.paper(
        "administrative_document", "notice", "clean", 3, dpi=72, rotation=rotation, skew=skew, stamp=0.0
    )
    upright = sample.pages[0].convert("L").rotate(-rotation, expand=True)
    assert upright.height > upright.width

    def contrast_of_rows(clockwise):
        turned_back = upright.rotate(-clockwise, Image.Resampling.BICUBIC, fillcolor=255)
        return np.asarray(turned_back, dtype=float).mean(axis=1).var()

    assert max((-3.0, -2.0, 0.0, 2.0, 3.0), key=contrast_of_rows) == skew
    ink = 255 - np.asarray(upright, dtype=float)
    assert ink[: upright.height // 2].sum() > ink[upright.height // 2 :].sum()  # the heading is at the top


# ------------------------------------------------------------------------------------------------------ damage


def test_the_truth_tells_every_parameter_of_the_damage():
    truth = make.paper("birth_certificate", "current", "hard", 1, dpi=72).truth
    assert set(Damage.__slots__) <= set(truth["degradations"])
    assert truth["degradations"]["skew"] == truth["pages"][0]["skew_degrees"]


def test_a_red_seal_is_pressed_unless_it_is_turned_off():
    def red(stamp):
        page = make.paper("birth_certificate", "current", "clean", 2, dpi=72, stamp=stamp, mode="colour").pages[0]
        pixels = np.asarray(page, dtype=int)
        return int(((pixels[..., 0] - pixels[..., 1]) > 60).sum())

    assert red(0.0) == 0
    assert red(0.9) > 200


def test_a_blank_back_is_the_last_page_and_says_nothing():
    sample = make.paper("birth_certificate", "current", "office", 2, blank_back=True, dpi=72)
    assert [page["blank"] for page in sample.truth["pages"]] == [False, True]
    assert sample.truth["pages"][1]["skew_degrees"] is None


def test_long_papers_run_over_several_numbered_pages():
    sample = make.paper("administrative_document", "report", "clean", 2, dpi=72, paragraphs=20)
    assert len(sample.pages) >= 2
    assert "\n2\n" in sample.truth["text"]
