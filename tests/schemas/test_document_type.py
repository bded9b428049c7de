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


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        (
            "birth_certificate",
            (
                "number full_name date_of_birth sex ethnicity nationality place_of_birth place_of_origin personal_id "
                "mother_full_name mother_birth_year mother_residence father_full_name father_birth_year father_residence "
                "registration_place registration_date signer_name"
            ),
        ),
        (
            "marriage_certificate",
            (
                "number husband_full_name husband_date_of_birth husband_personal_id husband_residence wife_full_name "
                "wife_date_of_birth wife_personal_id wife_residence registration_place registration_date signer_name"
            ),
        ),
        (
            "death_extract",
            (
                "number issue_date full_name date_of_birth sex personal_id death_date death_place death_cause "
                "registration_place signer_name"
            ),
        ),
        (
            "marital_status_confirmation",
            (
                "number issue_date issuer_name full_name date_of_birth sex ethnicity nationality personal_id residence "
                "marital_status purpose signer_name"
            ),
        ),
        (
            "citizen_identity_card",
            "personal_id full_name date_of_birth sex nationality place_of_origin place_of_residence valid_to issue_date",
        ),
        (
            "criminal_record_certificate",
            "number issue_date issuer_name full_name sex date_of_birth personal_id residence criminal_status signer_name",
        ),
        (
            "merit_allowance_decision",
            (
                "number issue_date issuer_name full_name birth_year residence beneficiary_category allowance_amount "
                "effective_date signer_name"
            ),
        ),
        (
            "administrative_document",
            "number_symbol issue_date issue_place issuer_name document_kind abstract signer_name signer_title",
        ),
    ],
)
def test_a_type_that_comes_with_sohoa_has_the_fields_of_the_design(code, fields):
    everywhere = [name for name, spec in document_types()[code].fields.items() if spec.labels or spec.part]
    assert everywhere == fields.split()


def test_at_most_one_type_is_the_letter():
    assert sum(type_.letter for type_ in document_types().values()) == 1


def test_a_minimal_type_is_enough():
    assert parse_document_type(MINIMAL, origin="some.toml").fields["number"].kind == "number"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('kind = "number"', 'kind = "colour"'), "fields.number.kind"),
        (('labels = ["Số"]', ""), "neither `labels` nor a `part`"),
        (('labels = ["Số"]', 'labels = ["Số"]\nnamed = true'), "`named`"),
        (('title = "Giấy tờ"', 'title = "Giấy tờ"\ntable = ["full_name"]'), "full_name"),
        (('labels = ["Số"]', 'labels = ["Số"]\nsection = "father"'), "father"),
        (('title = "Giấy tờ"', 'title = "Giấy tờ"\ncolour = "red"'), "colour"),
        (('labels = ["Số"]', 'labels = ["Số"]\nusual = ["1"]'), "`usual`"),
        (('labels = ["Số"]', 'labels = ["Số"]\nalone = true'), "`alone`"),
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


def test_what_ends_a_paper_is_a_type_that_there_is():
    types = document_types()
    assert {code for type_ in types.values() for code in type_.validity.ended_by} <= types.keys()
