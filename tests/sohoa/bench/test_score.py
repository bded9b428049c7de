"""What is counted, on papers small enough to count by hand."""

import pytest

from schemas.field import Field
from schemas.page import Page, Quality
from schemas.report import Extraction
from sohoa.bench.accuracy import COLUMNS, cells, table
from sohoa.bench.score import score, summary, text_score
from sohoa.bench.truth import PageTruth, Truth


def field(value, *, accepted=True):
    return Field(value=value, confidence=0.9, accepted=accepted)


def page(number, skew=0.0, rotation=0):
    quality = Quality(ink=0.1, sharpness=1, contrast=1)
    return Page(number=number, rotation=rotation, skew_degrees=skew, width=10, height=10, blank=False, quality=quality)


def truth(*pages, **changes):
    known = {"file": "a.pdf", "document_type": "birth_certificate", "level": "clean", "fields": {}, "pages": pages}
    return Truth.model_validate(known | changes)


def read(*pages, type_="birth_certificate", **changes):
    return Extraction(file="a.pdf", status="ok", pages=pages, document_type=type_, **changes)


def test_fields_are_exact_accepted_silently_wrong_or_invented():
    wanted = truth(
        PageTruth(number=1),
        fields={
            "full_name": "An",
            "sex": "nam",
            "number": "7",
            "place_of_birth": "Vinh",
            "personal_id": None,
            "x": "?",
        },
        accept={"place_of_birth": ["TP Vinh"]},
        unscored=["x"],
    )
    found = read(
        page(1),
        fields={
            "full_name": field("AN"),
            "sex": field("nữ"),
            "number": field("8", accepted=False),
            "place_of_birth": field("tp Vinh"),
            "personal_id": field("040216000001"),
        },
    )
    total = summary(score([wanted], [found]))
    assert (total.fields, total.field_exact, total.accepted_share) == (4, 0.5, 0.75)
    assert (total.silent_errors, total.accepted, total.invented) == (2, 4, 1)
    assert summary(score([wanted], [found]), "sex").silent_errors == 1


def test_what_is_written_by_hand_is_counted_apart_but_for_silent_errors():
    wanted = truth(
        PageTruth(number=1),
        fields={"full_name": "An", "number": "7/2016", "sex": "nam", "date_of_birth": "2016-02-03"},
        handwritten=["number", "sex", "date_of_birth"],
    )
    found = read(
        page(1), fields={"full_name": field("An"), "number": field("1/2016"), "sex": field("nam", accepted=False)}
    )
    papers = [*score([wanted], [found])]
    total = summary(papers)
    assert (total.fields, total.field_exact, total.accepted_share) == (1, 1, 1)
    assert (total.handwritten, total.handwritten_accepted) == (3, 1)
    assert (total.silent_errors, total.accepted) == (1, 2)
    by_name = {row.name: dict(zip(COLUMNS, cells(row), strict=True))["by hand"] for row in table(papers)}
    assert by_name["all"] == "1/3"
    assert by_name["full_name"] == "–"


def test_text_errors_are_told_apart_into_tones_and_digits():
    scored = text_score("Số 12, xã Nghi Lôc ..... ngày 3", ["Số 17, xã Nghi Lộc ngày 3", "other"])
    assert scored is not None
    assert (scored.edits, scored.tone_edits, scored.digit_edits, scored.digits) == (2, 1, 1, 3)


def test_pages_are_turned_right_and_straight_ones_left_alone():
    wanted = truth(
        PageTruth(number=1, rotation=0, skew_degrees=0.0),
        PageTruth(number=2, rotation=90, skew_degrees=2.0),
        PageTruth(number=3, rotation=180, skew_degrees=1.0),
        PageTruth(number=4, rotation=0, blank=True),
    )
    found = read(page(1, 0.2), page(2, 1.95, 90), page(3), page(4))
    total = summary(score([wanted], [found]))
    assert total.rotation_accuracy == pytest.approx(2 / 3, abs=1e-6)
    assert (total.skew_worst, total.straight_tilted) == (0.2, 1)


def test_each_paper_of_a_file_is_held_against_the_document_with_its_first_page():
    papers = [truth(PageTruth(number=2)), truth(PageTruth(number=3), document_type="death_extract")]
    found = [read(page(2)), read(page(3), type_="death_extract")]
    assert summary(score(papers, found)).type_accuracy == 1
    joined = summary(score(papers, [read(page(2), page(3))]))
    assert (joined.type_accuracy, joined.whole_papers) == (0.5, 0)


def test_a_paper_of_which_nothing_was_read_is_wrong_in_everything():
    wanted = truth(PageTruth(number=1, rotation=0), fields={"sex": "nam"}, text="abc")
    total = summary(score([wanted], []))
    assert (total.type_accuracy, total.field_exact, total.cer, total.rotation_accuracy) == (0, 0, 1, 0)


def test_a_table_has_all_papers_then_levels_types_and_fields():
    papers = [*score([truth(PageTruth(number=1), fields={"sex": "nam"})], [read(page(1))])]
    assert [row.name for row in table(papers)] == ["all", "clean", "birth_certificate", "clean", "sex"]
