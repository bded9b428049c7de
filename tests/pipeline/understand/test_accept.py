"""What is written by hand, or only half read, is recognised as such and never accepted."""

import pytest

from pipeline.understand import understand
from schemas.document_type import document_types
from schemas.page import Box
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


# --- strokes that were not read -----------------------------------------------------------------------------------
def with_stroke(name, *, right=0, down=0, height=22):
    """Return a field of a page with a stroke beside it: so many pixels from its end, so many below its top."""
    page = reading(BIRTH)
    (document,) = understand([page], document_types())
    box = document.fields[name].box
    stroke = Box(box.right + right, box.y + down, 8, height)
    (document,) = understand([page._replace(unread=(stroke,))], document_types())
    return document


@pytest.mark.parametrize("name", ["full_name", "number", "place_of_origin", "sex"])
def test_a_value_beside_which_a_stroke_was_not_read_waits_for_a_person(name):
    document = with_stroke(name, right=12)
    field = document.fields[name]
    assert not field.accepted
    assert (field.checks[-1].name, field.checks[-1].passed) == ("all_read", False)
    assert f"all_read:{name}" in document.review_reasons
    assert field.box not in [box for spot in document.doubts for box in spot.lines], "a second reading settles nothing"


@pytest.mark.parametrize(
    "place", [{"right": 80}, {"right": 12, "down": 40}, {"right": 12, "down": 6, "height": 10}], ids=str
)
def test_a_stroke_far_off_in_another_row_or_too_small_for_a_letter_touches_nothing(place):
    assert with_stroke("full_name", **place).fields["full_name"].accepted


def test_what_a_pen_wrote_does_not_make_the_print_of_a_page_illegible():
    odd = ("Lượmg", "Mimh", "Tưomg", "Dưomg", "Nghẹt", "Xñ")
    lines = tuple(line.replace("Thái", " ".join(odd)) for line in BIRTH)
    legible = [
        next(check.passed for check in read(lines, *penned)["full_name"].checks if check.name == "page_legible")
        for penned in ((), odd)
    ]
    assert legible == [False, True]
