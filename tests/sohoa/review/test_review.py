"""Whoever has a pass of their own sees what waits, every view is written down, and a form that is none decides nothing."""

import re
from datetime import UTC, datetime

import pytest

from flows.keyring import Keyring
from flows.reviewing import decide
from schemas.field import Field
from schemas.folding import folded
from schemas.problem import DECISION_UNFIT
from schemas.review import Decision, FieldDecision
from sohoa.reviewing import pass_of
from tests.sohoa.review.papers import waiting
from tests.sohoa.review.signing_in import TOKEN, as_
from tests.storage.examples import NOON, record

BINH = as_("binh")


@pytest.mark.parametrize(
    "who",
    [
        None,
        ("binh", "guessed"),
        ("binh", TOKEN),
        ("cuc", BINH[1]),
        ("", pass_of("", TOKEN)),
        ("two words", pass_of("two words", TOKEN)),
    ],
)
def test_whoever_has_no_name_and_pass_of_their_own_sees_nothing(client, paper, who):
    for path in ("/", f"/records/{paper.record_id}", f"/records/{paper.record_id}/pages/1"):
        assert client.get(f"/review{path}", auth=who).status_code == 401


def test_every_view_is_in_the_audit_log_and_stays_in_no_cache(client, house, paper):
    page = client.get(f"/review/records/{paper.record_id}", auth=BINH)
    picture = client.get(f"/review/records/{paper.record_id}/pages/1", auth=BINH)
    assert picture.content.startswith(b"\xff\xd8")
    for answer in (page, picture):
        assert answer.headers["cache-control"] == "private, no-store"
    acts = sorted((entry.act, entry.who, entry.purpose) for entry in house.audit.entries())
    assert acts == [("copy", "web:binh", "review"), ("record", "web:binh", "review")]


def test_a_form_that_another_site_made_decides_nothing(client, house, paper):
    answer = client.post(f"/review/records/{paper.record_id}", data={"version": 1, "act.sex": "confirm"}, auth=BINH)
    assert answer.status_code == 403
    assert house.reviews.of(paper.record_id) == ()


@pytest.mark.parametrize(
    "form",
    [
        {f"value.{number}": "x" for number in range(2001)},
        {"version": "9" * 5000},
        {"version": "²"},
        {"version": ""},
    ],
)
def test_a_form_that_is_none_is_refused_in_words(client, house, paper, form):
    page = client.get(f"/review/records/{paper.record_id}", auth=BINH).text
    proof = re.search(r'name="proof" value="(\w+)"', page)[1]
    answer = client.post(f"/review/records/{paper.record_id}", data={"proof": proof} | form, auth=BINH)
    assert answer.status_code == DECISION_UNFIT.http_status
    assert "Chưa lưu" in answer.text
    assert house.reviews.of(paper.record_id) == ()


def test_the_records_of_a_dossier_are_found_page_by_page(client, house):
    for content in (b"one", b"two"):
        house.catalog.keep_record(record(content, dossier_code="H40.12-260331-0007"))
    page = client.get("/review/dossiers", params={"code": " H40.12-260331-0007 "}, auth=BINH).text
    _, second = re.findall(r"<th scope=\"row\">(\w{8})</th>", page)
    after = re.search(r"after=(\w{32})", page)[1]
    assert after.startswith(second)
    rest = client.get("/review/dossiers", params={"code": "H40.12-260331-0007", "after": after}, auth=BINH).text
    assert "Không có bản ghi nào nữa" in rest
    assert "Không có bản ghi nào của" in client.get("/review/dossiers", params={"code": "x"}, auth=BINH).text


def test_a_snippet_says_what_to_read_and_not_whose_it_is(client, house, paper):
    page = client.get("/review/snippets", auth=BINH).text
    assert paper.record_id[:8] not in page
    assert "Bùi" not in page, "nor what was read"
    assert not [value for value in ("Khe Ngâu", "b?nh") if value in page]
    ticket = re.search(r'name="ticket" value="(\w+)"', page)[1]
    assert client.get(f"/review/snippets/{ticket}.jpg", auth=BINH).content.startswith(b"\xff\xd8")
    assert client.get(f"/review/snippets/{ticket}.jpg", auth=as_("chi")).status_code == 404
    form = {"ticket": ticket, "unreadable": "on"}
    assert client.post("/review/snippets", data=form, auth=BINH).status_code == 403
    form["proof"] = re.search(r'name="proof" value="(\w+)"', page)[1]
    answer = client.post("/review/snippets", data=form, auth=BINH, follow_redirects=False)
    assert answer.status_code == 303
    assert [each.value for each in house.keyings.of(paper.record_id)] == [None]


def test_beside_a_field_stands_what_led_to_it_and_not_what_somebody_else_made_of_it(client, house):
    paper = waiting(house, "death_extract_01", {"full_name": "BÙI VĂN BA"})
    said = FieldDecision(field="full_name", act="correct", before="BÙI VĂN BA", after="BÙI VĂN BÁCH")
    decision = Decision(record_id=paper.record_id, version=1, who="web:chi", at=NOON, fields=(said,))
    decide(house, Keyring.open(house.settings, datetime.now(UTC)), decision, lambda: datetime.now(UTC))
    page = client.get(f"/review/records/{paper.record_id}", auth=BINH).text
    assert "Lần đọc đầu: “BÙI VĂN BA”" in page
    assert "chi đã sửa, 20/11/2026 12:00" in page
    assert "BÁCH" not in page


# --- searching ---------------------------------------------------------------------------------------------------------
def found(client, **typed):
    """Search as a person does, and return the answer."""
    proof = re.search(r'name="proof" value="(\w+)"', client.get("/review/search", auth=BINH).text)[1]
    return client.post("/review/search", data={"proof": proof} | typed, auth=BINH)


def test_a_record_is_found_by_a_name_without_its_marks_and_the_log_says_who_looked(client, house):
    name = "NGUYỄN THỊ HOÀ"
    said = {"full_name": Field(value=name, confidence=0.4, accepted=False)}
    paper = record(document_type="death_extract", status="review", fields=said)
    house.catalog.keep_record(paper)
    answer = found(client, name=folded(name), purpose="1.000656", document_type="death_extract", issuer="")
    assert f"/review/records/{paper.record_id}" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    [act] = [entry for entry in house.audit.entries() if entry.act == "search"]
    assert (act.who, act.purpose, act.records) == ("web:binh", "1.000656", (paper.record_id,))
    assert "Không tìm thấy" in found(client, name=name.split(maxsplit=1)[0], purpose="1.000656").text


def test_pages_of_what_was_found_follow_each_other(client, house):
    for number in range(52):
        house.catalog.keep_record(record(str(number).encode(), dossier_code="H40.12-260331-0007"))
    typed = {"dossier_code": "H40.12-260331-0007", "purpose": "kiểm kê"}
    first = found(client, **typed).text
    after = re.search(r'name="after" value="(\w+)"', first)[1]
    rest = found(client, **typed, after=after).text
    assert (first.count('<th scope="row">'), rest.count('<th scope="row">')) == (50, 2)
    assert "Trang sau" not in rest


@pytest.mark.parametrize(
    "typed",
    [
        {"purpose": "x"},
        {"name": "An"},
        {"owner": "12", "purpose": "x"},
        {"name": "An", "purpose": "x", "issued_from": "?"},
    ],
)
def test_a_search_that_is_none_is_said_in_words_and_is_no_act(client, house, typed):
    answer = found(client, **typed)
    assert (answer.status_code, list(house.audit.entries())) == (422, [])
    assert "Hãy ghi mục đích" in answer.text


def test_a_search_that_another_site_made_finds_nothing(client, house):
    answer = client.post("/review/search", data={"name": "An", "purpose": "x"}, auth=BINH)
    assert (answer.status_code, list(house.audit.entries())) == (403, [])
