"""A reviewer settles doubtful fields from the keyboard, in a real browser."""

import re

import img2pdf
import pytest
from fastapi.testclient import TestClient

from flows.house import House
from schemas.field import Field
from schemas.page import Box, Page, Quality
from schemas.problem import DECISION_UNFIT
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.demo import SCANS
from sohoa.review import create_review
from sohoa.reviewing import pass_of
from tests.servers import serving
from tests.storage.examples import record, sign

TOKEN = "a token of the tests"
PASS = pass_of("binh", TOKEN)


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path))


@pytest.fixture
def app(house):
    app = create_app(house, TOKEN)
    app.mount("/review", create_review(house, TOKEN))
    return app


@pytest.fixture
def paper(house):
    pdf = img2pdf.convert(str(SCANS / "birth_certificate_01.jpg"))
    copy = house.warehouse.keep_copy(pdf, lambda unsigned: unsigned + b"\n")

    def unsure(value, y):
        return Field(value=value, confidence=0.5, page=1, box=Box(500, y, 500, 40), accepted=False)

    quality = Quality(ink=1.0, sharpness=1.0, contrast=1.0)
    page = Page(number=1, rotation=0, skew_degrees=0, dpi=200, width=1654, height=2339, blank=False, quality=quality)
    fields = {"death_place": unsure("Khe Ngâu", 700), "sex": unsure("nam", 800), "death_cause": unsure("b?nh", 900)}
    names = ("number", "issue_date", "full_name", "date_of_birth", "personal_id", "death_date", "registration_place",
             "signer_name")  # fmt: skip
    fields |= {name: Field(value=None, confidence=0, accepted=False) for name in names}
    found = record(
        document_type="death_extract", status="review", fields=fields, pages=(page,), copy_=copy,
        review_reasons=("unsure:death_place", "unsure:sex", "unsure:death_cause"),
    )  # fmt: skip
    house.warehouse.keep_record(found, sign)
    house.catalog.keep_record(found)
    return found


@pytest.fixture
def client(app):
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    "who",
    [
        None,
        ("binh", "guessed"),
        ("binh", TOKEN),
        ("cuc", PASS),
        ("", pass_of("", TOKEN)),
        ("two words", pass_of("two words", TOKEN)),
    ],
)
def test_whoever_has_no_name_and_pass_of_their_own_sees_nothing(client, paper, who):
    for path in ("/", f"/records/{paper.record_id}", f"/records/{paper.record_id}/pages/1"):
        assert client.get(f"/review{path}", auth=who).status_code == 401


def test_every_view_is_in_the_audit_log_and_stays_in_no_cache(client, house, paper):
    page = client.get(f"/review/records/{paper.record_id}", auth=("binh", PASS))
    picture = client.get(f"/review/records/{paper.record_id}/pages/1", auth=("binh", PASS))
    assert picture.content.startswith(b"\xff\xd8")
    for answer in (page, picture):
        assert answer.headers["cache-control"] == "private, no-store"
    acts = sorted((entry.act, entry.who, entry.purpose) for entry in house.audit.entries())
    assert acts == [("copy", "web:binh", "review"), ("record", "web:binh", "review")]


def test_a_form_that_another_site_made_decides_nothing(client, house, paper):
    answer = client.post(
        f"/review/records/{paper.record_id}", data={"version": 1, "act.sex": "confirm"}, auth=("binh", PASS)
    )
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
    page = client.get(f"/review/records/{paper.record_id}", auth=("binh", PASS)).text
    proof = re.search(r'name="proof" value="(\w+)"', page)[1]
    answer = client.post(f"/review/records/{paper.record_id}", data={"proof": proof} | form, auth=("binh", PASS))
    assert answer.status_code == DECISION_UNFIT.http_status
    assert "Chưa lưu" in answer.text
    assert house.reviews.of(paper.record_id) == ()


def test_a_reviewer_clears_the_doubtful_fields_by_keyboard_only(app, house, paper, browser):
    context = browser.new_context(
        http_credentials={"username": "binh", "password": PASS}, viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()
    wrong = []
    page.on("console", lambda message: wrong.append(message.text))
    with serving(app) as address:
        page.goto(f"{address}/review/next", wait_until="networkidle")
        page.keyboard.press("F8")
        page.keyboard.type("Khe Ngậu")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert "Không còn gì chờ rà soát" in page.content()
    assert not [text for text in wrong if "Content Security Policy" in text]
    made = house.warehouse.record(paper.record_id).value
    assert (made.status, made.version) == ("active", 2)
    assert made.fields["death_place"].value == "Khe Ngậu"
    assert made.fields["death_cause"].value is None
    assert house.warehouse.record(paper.record_id, 1).value == paper
