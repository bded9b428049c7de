from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.identifier import PROVINCES, PersonalIdentifier


@pytest.mark.parametrize("text", ["040095001234", "040 095 001 234", "040.095.001.234", " 040095001234\n"])
def test_spaces_and_dots_between_digits_are_allowed(text):
    assert PersonalIdentifier.parse(text).digits == "040095001234"


@pytest.mark.parametrize("text", ["", "04009500123", "0400950012345", "04009500123O", "٠٤٠٠٩٥٠٠١٢٣٤", "-40095001234"])
def test_anything_but_twelve_digits_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError, match="12 digits") as refusal:
        PersonalIdentifier.parse(text)
    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize(
    ("digits", "province", "sex", "year"),
    [
        ("040095001234", "Nghệ An", "nam", 1995),
        ("040190515644", "Nghệ An", "nữ", 1990),
        ("001216000001", "Hà Nội", "nam", 2016),
        ("042316000001", "Hà Tĩnh", "nữ", 2016),
        ("104095001234", None, "nam", 1995),
    ],
)
def test_the_digits_say_where_when_and_which_sex(digits, province, sex, year):
    identifier = PersonalIdentifier(digits)
    assert (identifier.province, identifier.sex, identifier.birth_year) == (province, sex, year)


@pytest.mark.parametrize(
    ("digits", "sex", "birth", "expected"),
    [
        ("040095001234", "nam", 1995, ()),
        ("040095001234", "nam", date(1995, 1, 15), ()),
        ("040095001234", "nữ", None, ("the fourth digit says nam, the paper says nữ",)),
        ("040095001234", None, date(1996, 1, 1), ("the digits say born in 1995, the paper says 1996",)),
        ("003095001234", None, None, ("003 is not a province code",)),
        ("104095001234", None, None, ()),
    ],
)
def test_mismatches_are_said_in_words_and_never_refused(digits, sex, birth, expected):
    assert PersonalIdentifier(digits).mismatches(sex=sex, birth=birth) == expected


@given(st.text("0123456789", min_size=12, max_size=12))
def test_no_text_form_shows_the_digits(digits):
    identifier = PersonalIdentifier(digits)
    assert digits not in f"{identifier} {identifier!r} {[identifier]}"


@given(st.text("0123456789", min_size=12, max_size=12))
def test_json_keeps_the_digits(digits):
    adapter = TypeAdapter(PersonalIdentifier)
    assert adapter.validate_json(adapter.dump_json(PersonalIdentifier(digits))) == PersonalIdentifier(digits)


def test_a_wrong_identifier_in_json_is_refused():
    with pytest.raises(ValidationError):
        TypeAdapter(PersonalIdentifier).validate_json('"123"')


def test_there_are_63_provinces():
    assert len(PROVINCES) == 63
    assert PROVINCES["040"] == "Nghệ An"
