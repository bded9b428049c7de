"""Snippets: small, blind, and never two in one sitting that could belong to one person."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from flows.reviewing import decide
from flows.snippets import key_in
from schemas.field import Field
from schemas.problem import DECISION_UNFIT, ProblemError
from schemas.review import Decision, FieldDecision
from sohoa import snippets
from sohoa.reviewing import hold
from sohoa.snippets import MOST_BYTES, answered, crop, keying_of, links, snippet_for
from tests.sohoa.review.papers import waiting
from tests.storage.examples import AN, NOON, record

DOUBTFUL = {"full_name": "BUI THỊ CHI", "place_of_birth": "Nghĩa Hợp", "personal_id": "040323199413"}


@pytest.fixture
def birth(house):
    return waiting(house, "birth_certificate_01", DOUBTFUL)


def key(house, keyring, who, value=None):
    """Let somebody say what their snippet is; return which field that was."""
    shown = snippet_for(house, who)
    keying = keying_of(house, who, shown.snippet.ticket, value(shown) if value else None, NOON)
    key_in(house, keyring, keying, lambda: NOON)
    answered(house, shown.snippet.ticket, keying)
    return shown


def test_a_crop_is_small_and_shows_one_row(house, birth):
    shown = snippet_for(house, "web:binh")
    jpeg = crop(house, shown)
    box = birth.fields[shown.snippet.field].box
    with Image.open(BytesIO(jpeg)) as picture:
        assert box.h < picture.height < 2 * box.h
        assert box.w < picture.width
    assert len(jpeg) <= MOST_BYTES


def test_a_person_has_one_snippet_until_it_is_answered_and_the_log_says_whose(house, birth, keyring):
    first = snippet_for(house, "web:binh")
    assert snippet_for(house, "web:binh") == first
    assert [(each.who, each.purpose) for each in house.audit.entries()] == [("web:binh", "review of one field")]
    assert not hold(house, birth.record_id, "web:chi"), "nobody else looks at it meanwhile"
    key(house, keyring, "web:binh")
    assert snippet_for(house, "web:binh") is None, "there is but one record, and the sitting goes on"
    assert hold(house, birth.record_id, "web:chi")


@pytest.mark.parametrize(
    ("same", "linked"),
    [
        ({}, False),
        ({"dossier_code": "H40.12-260331-0007"}, True),
        ({"fields": {"mother_full_name": Field(value="Đinh Thị Thảo", confidence=1, accepted=True)}}, True),
        ({"fields": {"personal_id": Field(value=AN.digits, confidence=1, accepted=True)}}, True),
        ({"fields": {"signer_name": Field(value="Bùi Văn Phúc", confidence=1, accepted=True)}}, False),
        ({"fields": {"sex": Field(value="nữ", confidence=1, accepted=True)}}, False),
    ],
)
def test_what_two_papers_have_in_common_of_a_person_links_them(house, same, linked):
    one = {
        "dossier_code": "H40.12-260331-0007",
        "fields": {
            "mother_full_name": Field(value="ĐINH THỊ THẢO", confidence=0.4, accepted=False),
            "personal_id": Field(value=AN.digits, confidence=0.4, accepted=False),
            "signer_name": Field(value="Bùi Văn Phúc", confidence=1, accepted=True),
            "sex": Field(value="nữ", confidence=1, accepted=True),
        },
    }
    first = record(b"one", document_type="birth_certificate", **one)
    other = {"dossier_code": "H40.12-260331-0008", "fields": {}, "submission_id": "ab" * 32}
    second = record(b"other", document_type="birth_certificate", **(other | same))
    assert bool(set(links(house, first)) & set(links(house, second))) is linked


def test_in_one_sitting_nobody_sees_two_papers_of_one_person(house, birth, keyring, monkeypatch):
    names = {name: str(birth.fields[name].value) for name in ("full_name", "mother_full_name", "personal_id")}
    fields = {name: Field(value=value, confidence=1, accepted=True) for name, value in names.items()}
    waiting(house, "birth_certificate_01", DOUBTFUL, **_another(birth, b"linked", fields={**birth.fields, **fields}))
    key(house, keyring, "web:binh")
    assert snippet_for(house, "web:binh") is None
    monkeypatch.setattr(snippets, "SITTING", timedelta(0))
    assert snippet_for(house, "web:binh") is not None, "the next day"


def _another(paper, content, **changes):
    other = record(content)
    return {
        "record_id": other.record_id,
        "origin": other.origin,
        "submission_id": "cd" * 32,
        "review_reasons": paper.review_reasons,
        **changes,
    }


def test_what_two_people_key_alike_holds_and_is_signed_with_both_names(house, birth, keyring, monkeypatch):
    monkeypatch.setattr(snippets, "SITTING", timedelta(0))
    truth = {"full_name": "Bùi Thị Chi", "place_of_birth": "Nghĩa Hợp", "personal_id": "040323199413"}
    for who in ("web:binh", "web:chi"):
        while snippet_for(house, who) is not None:
            key(house, keyring, who, lambda shown: truth[shown.snippet.field])
    made = house.warehouse.record(birth.record_id).value
    assert (made.status, made.version) == ("active", 4)
    assert made.fields["full_name"].value == "Bùi Thị Chi"
    assert made.fields["personal_id"].checks[-1].detail == "confirm by web:binh, web:chi"
    assert made.owners[0].identifier is not None, "two people have seen it"


def test_where_two_differ_a_third_settles_and_where_three_differ_the_desk_does(house, keyring, monkeypatch):
    monkeypatch.setattr(snippets, "SITTING", timedelta(0))
    paper = waiting(house, "death_extract_01", {"death_cause": "b?nh"})
    for who, typed in (("web:binh", "Bệnh già"), ("web:chi", "Bệnh giả")):
        key(house, keyring, who, lambda _, typed=typed: typed)
        assert house.warehouse.record(paper.record_id).value == paper
        assert snippet_for(house, who) is None, "who has said something is not asked again"
    key(house, keyring, "web:dung", lambda _: "Bệnh già")
    assert house.warehouse.record(paper.record_id).value.fields["death_cause"].value == "Bệnh già"


def test_an_answer_that_comes_twice_counts_once(house, birth, keyring):
    shown = snippet_for(house, "web:binh")
    for _ in range(2):
        keying = keying_of(house, "web:binh", shown.snippet.ticket, None, NOON)
        key_in(house, keyring, keying, lambda: NOON)
    assert len(house.keyings.of(birth.record_id)) == 1


def test_a_snippet_of_somebody_else_is_answered_by_nobody(house, birth):
    shown = snippet_for(house, "web:binh")
    for who, ticket in (("web:chi", shown.snippet.ticket), ("web:binh", "0" * 32), ("web:binh", "")):
        with pytest.raises(ProblemError) as refused:
            keying_of(house, who, ticket, None, NOON)
        assert refused.value.kind is DECISION_UNFIT


def test_what_is_decided_at_the_desk_meanwhile_stays_decided(house, birth, keyring):
    shown = snippet_for(house, "web:binh")
    said = tuple(
        FieldDecision(field=name, act="confirm", before=value, after=value) for name, value in DOUBTFUL.items()
    )
    made = decide(
        house,
        keyring,
        Decision(record_id=birth.record_id, version=1, who="web:em", at=NOON, fields=said),
        lambda: NOON,
    )
    keying = keying_of(house, "web:binh", shown.snippet.ticket, None, NOON)
    key_in(house, keyring, keying, lambda: NOON)
    assert house.warehouse.record(birth.record_id).value == made
