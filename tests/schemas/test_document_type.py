import pytest

from schemas.document_type import document_types, parse_document_type
from schemas.problem import CONFIGURATION, ProblemError

MINIMAL = """
code = "some_paper"
title = "Giấy tờ"
[fields.number]
kind = "number"
labels = ["Số"]
[validity]
term = "none"
source = "a law"
"""


@pytest.mark.parametrize("code", ["birth_certificate", "administrative_document"])
def test_the_types_that_come_with_sohoa_load(code):
    assert document_types()[code].code == code


def test_a_birth_certificate_has_the_fields_of_the_design():
    assert list(document_types()["birth_certificate"].fields) == [
        "number", "full_name", "date_of_birth", "sex", "ethnicity", "nationality", "place_of_birth", "place_of_origin",
        "personal_id", "mother_full_name", "mother_birth_year", "mother_residence", "father_full_name",
        "father_birth_year", "father_residence", "registration_place", "registration_date", "signer_name",
    ]  # fmt: skip


def test_an_administrative_document_has_the_fields_of_the_design():
    assert list(document_types()["administrative_document"].fields) == [
        "number_symbol", "issue_date", "issue_place", "issuer_name", "document_kind", "abstract", "signer_name",
        "signer_title",
    ]  # fmt: skip


def test_at_most_one_type_is_the_letter():
    assert sum(type_.letter for type_ in document_types().values()) == 1


def test_a_minimal_type_is_enough():
    assert parse_document_type(MINIMAL, origin="some.toml").fields["number"].kind == "number"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "number"', 'kind = "colour"'), "fields.number.kind"),
        (('labels = ["Số"]', ""), "`labels` or a `part`"),
        (('labels = ["Số"]', 'labels = ["Số"]\nsection = "father"'), "father"),
        (('title = "Giấy tờ"', 'title = "Giấy tờ"\ncolour = "red"'), "colour"),
        (('term = "none"', 'term = "soon"'), "validity.term"),
        (('term = "none"', 'term = "none"\nstarts = "issue_date"'), "issue_date"),
        (("[validity]", '[[orders]]\nfirst = "birth"\nthen = "number"\n[validity]'), "birth"),
        (("[validity]", '[[same_year]]\nnumber = "number"\ndate = "day"\n[validity]'), "day"),
        (('code = "some_paper"', "code ="), "line"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key_that_is_wrong(change, said):
    with pytest.raises(ProblemError) as caught:
        parse_document_type(MINIMAL.replace(*change), origin="some.toml")
    assert caught.value.kind == CONFIGURATION
    assert caught.value.problem.file == "some.toml"
    assert said in caught.value.problem.detail
