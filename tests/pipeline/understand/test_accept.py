"""What is written by hand is recognised as such and never accepted."""

import pytest

from pipeline.understand import understand
from schemas.document_type import document_types
from tests.pipeline.understand.paper import BIRTH, LETTER_PAGE, reading


def read(lines, *penned):
    """Return the fields of a page some of whose words look handwritten."""
    page = reading(lines)
    words = tuple(word._replace(handwritten=word.text in penned) for word in page.words)
    (document,) = understand([page._replace(words=words)], document_types())
    return document.fields


def said(field):
    return [(check.passed, check.detail) for check in field.checks if check.name == "printed"]


@pytest.mark.parametrize(
    ("lines", "penned", "name", "detail"),
    [
        (BIRTH, ("195/2016",), "number", "1 of 1 words look handwritten"),
        (BIRTH, ("HÀ", "Y", "ÚN"), "full_name", "3 of 3 words look handwritten"),
        (BIRTH, ("HÀ", "ÚN"), "full_name", "2 of 3 words look handwritten"),
        (LETTER_PAGE, ("12",), "issue_date", "1 of 5 words look handwritten"),
    ],
)
def test_a_handwritten_value_waits_for_a_person_however_sure_the_engine_is(lines, penned, name, detail):
    plain, field = read(lines)[name], read(lines, *penned)[name]
    assert plain.accepted
    assert said(plain) == []
    assert field.value == plain.value
    assert not field.accepted
    assert said(field) == [(False, detail)]
    assert field.confidence < plain.confidence


def test_one_word_of_several_that_a_signature_crosses_is_print_still():
    assert read(BIRTH, "ÚN")["full_name"].accepted


def test_handwriting_beside_a_value_does_not_touch_it():
    assert read(BIRTH, "195/2016")["full_name"].accepted
