"""Reviewers settle what waits in a real browser, with the keyboard alone, while another is faster and the line fails.

With `PICTURES_TO=docs/pictures` it writes the pictures of docs/review.md and docs/operations.md anew.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from flows.house import House
from schemas.document_type import document_types
from schemas.review import Decision, FieldDecision
from schemas.settings import Settings
from sohoa.api.app import create_app
from sohoa.dashboard import create_dashboard
from sohoa.review import create_review
from tests.accessible import barriers
from tests.servers import serving
from tests.sohoa.api.sending import SmallStation
from tests.sohoa.review.papers import waiting
from tests.sohoa.review.signing_in import TOKEN, as_
from tests.storage.examples import NOON

PATIENCE_MS = 60_000
"""Machines are busy; what is waited for comes when it comes."""
PLACE = "Trạm Y tế xã Nghĩa Hợp, huyện Tân Kỳ, tỉnh Nghệ An"
SUGGESTED = {
    ("place", "tỉnh nghe an"): ("Nghệ An", True),
    ("place", "NGHE AN"): ("NGHỆ AN", True),
    ("place", "xã Kim Liên, huyện nam d"): ("Nam Đàn", False),
    ("place", "Nghệ An"): (None, False),
    ("place", "nghệ"): ("Nghệ An", False),
    ("place", "nghé"): (None, False),
    ("agency", "uy ban nhan dan"): ("Ủy ban nhân dân", True),
    ("person_name", "nguyen"): ("Nguyễn", True),
    ("person_name", "Lê Van"): (None, False),
    ("ethnicity", "mong"): ("Mông", True),
}
"""What is suggested first for what is typed, by kind, and whether Enter takes it at once: nothing but marks is missing."""
SUGGEST = """async ([kind, typed]) => {
  const { suggestions } = await import("/review/static/suggest.js");
  const names = (await (await fetch("/review/names.json")).json())[kind];
  const found = suggestions(names, typed, kind === "person_name");
  return [found.names[0] ?? null, found.exact >= 0];
}"""


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path))


@pytest.fixture
def address(house):
    app = create_app(house, TOKEN)
    app.mount("/review", create_review(house, TOKEN))
    app.mount("/dashboard", create_dashboard(house, TOKEN))
    with serving(app) as address:
        yield address


def seat(browser, who):
    """Return a page of the browser of somebody who is signed in."""
    name, password = who
    context = browser.new_context(
        http_credentials={"username": name, "password": password},
        viewport={"width": 1366, "height": 768},
        locale="vi-VN",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.wrong = []
    page.on("console", lambda message: page.wrong.append(message.text))
    return page


def picture(page, name):
    folder = os.environ.get("PICTURES_TO")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def lose_first_answer(page):
    """Let the server have the first decision that is sent, and the browser no answer."""
    lost = []

    def handle(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route("**/records/*", handle)
    return lost


def test_reviewers_clear_twenty_doubtful_fields_with_the_keyboard_alone(  # noqa: PLR0915 - one story
    house, address, browser
):
    expect.set_options(timeout=PATIENCE_MS)
    birth = waiting(house, "birth_certificate_01", None)
    death = waiting(
        house, "death_extract_01", {"death_cause": "b?nh", "sex": "nam"}, created_at=NOON + timedelta(minutes=1)
    )
    assert len(birth.review_reasons) + len(death.review_reasons) == 20
    house.catalog.queue.lease(death.record_id, "web:chi", NOON, NOON + timedelta(minutes=15))  # long over

    binh, chi = seat(browser, as_("binh")), seat(browser, as_("chi"))
    binh.goto(f"{address}/review/")
    assert barriers(binh) == []
    binh.keyboard.press("Enter")  # the focus is on "Bắt đầu"
    left = binh.locator("#left")
    expect(left).to_have_text("còn 18/18 mục")
    binh.wait_for_load_state("networkidle")
    assert barriers(binh) == []
    for (kind, typed), expected in SUGGESTED.items():
        assert tuple(binh.evaluate(SUGGEST, [kind, typed])) == expected, typed

    chi.goto(f"{address}/review/records/{birth.record_id}")
    expect(chi.get_by_text("Người khác đang xem bản ghi này")).to_be_visible()

    for at, name in enumerate(document_types()["birth_certificate"].fields):  # as they stand on the form
        here = binh.locator(f"#value-{name}")
        expect(here).to_be_focused()
        if name == "place_of_birth":
            binh.keyboard.type(PLACE.replace("Nghệ An", "nghe an"))
            expect(binh.get_by_role("option", name="Nghệ An")).to_have_attribute("aria-selected", "true")
            assert barriers(binh) == []
            picture(binh, "review-suggestion")
            binh.keyboard.press("Enter")
            expect(here).to_have_value(PLACE)
            expect(left).to_have_text(f"còn {18 - at}/18 mục")
        if name == "mother_full_name":
            binh.keyboard.press("F8")
            expect(left).to_have_text(f"còn {17 - at}/18 mục")
            binh.keyboard.press("Control+z")
            expect(left).to_have_text(f"còn {18 - at}/18 mục")
            expect(here).to_be_focused()
        binh.keyboard.press("Enter")
    expect(left).to_have_text("đã xong, Ctrl+Enter để gửi")

    binh.context.set_offline(True)
    binh.keyboard.press("Control+Enter")
    expect(binh.locator("#said")).to_contain_text("Những gì bạn đã nhập vẫn ở đây")
    assert house.reviews.of(birth.record_id) == ()
    lost = lose_first_answer(binh)
    binh.context.set_offline(False)
    expect(left).to_have_text("còn 2/2 mục")
    assert lost == [303]
    [decision] = house.reviews.of(birth.record_id)
    assert [each.act for each in decision.fields] == ["confirm"] * 18

    expect(chi.locator("#value-number")).to_be_focused()
    chi.keyboard.press("Enter")
    chi.keyboard.press("Control+Enter")
    expect(chi.get_by_role("heading", name="Người khác đã quyết định trước")).to_be_visible()
    assert barriers(chi) == []
    assert house.reviews.of(birth.record_id) == (decision,)

    expect(binh.locator("#value-sex")).to_be_focused()
    binh.keyboard.press("Enter")
    expect(binh.locator("#value-death_cause")).to_be_focused()
    binh.keyboard.type("Bệnh già")
    binh.keyboard.press("Enter")
    binh.keyboard.press("Control+Enter")
    expect(binh.get_by_text("Hôm nay bạn đã xong 2 bản ghi, 20 mục")).to_be_visible()
    expect(binh.get_by_role("cell", name="Cần người thứ hai")).to_be_visible()

    chi.keyboard.press("Enter")  # the focus is on "Bản ghi tiếp theo"
    expect(chi.locator("#value-personal_id")).to_be_focused()
    chi.keyboard.press("Enter")
    chi.keyboard.press("Control+Enter")
    expect(chi.get_by_role("heading", name="Không còn gì chờ rà soát")).to_be_visible()

    made = [house.warehouse.record(each.record_id).value for each in (birth, death)]
    assert [(each.status, each.version) for each in made] == [("active", 3), ("active", 2)]
    assert made[0].fields["place_of_birth"].value == PLACE
    assert made[1].fields["death_cause"].value == "Bệnh già"
    assert not [said for page in (binh, chi) for said in page.wrong if "Content Security Policy" in said]
    key_a_snippet(house, binh, address)
    supervise(house, address, browser)


def key_a_snippet(house, binh, address):
    """Snippet mode: nothing but a place on the paper, typed and sent with Enter."""
    paper = waiting(house, "marital_status_confirmation_01", {"issuer_name": "?"})
    binh.goto(f"{address}/review/snippets")
    binh.wait_for_load_state("networkidle")
    assert barriers(binh) == []
    binh.keyboard.type("uy ban nhan dan")
    binh.keyboard.press("Enter")
    expect(binh.locator("#value")).to_have_value("Ủy ban nhân dân")
    picture(binh, "review-snippet")
    binh.keyboard.press("Enter")
    expect(binh.get_by_role("heading", name="Bây giờ không còn ô nào cho bạn")).to_be_visible()
    assert barriers(binh) == []
    assert [each.value for each in house.keyings.of(paper.record_id)] == ["Ủy ban nhân dân"]


def supervise(house, address, browser):
    """The operators' pages, after what the reviewers did, two weeks of it, and something that waits."""
    house.stations.keep(SmallStation("bd-ba-to").enrolment())
    waiting(house, "marriage_certificate_02", {"number": "1/2?"}, created_at=datetime.now(UTC) - timedelta(days=5))
    said = FieldDecision(field="sex", act="confirm", before="nam", after="nam")
    about = {"record_id": "0" * 32, "who": "web:dung", "fields": (said,)}
    for day in range(1, 14):
        at = datetime.now(UTC) - timedelta(days=day)
        versions = range(100 * day, 100 * day + 17 + 23 * day % 29)
        house.catalog.keep_decisions(Decision(version=each, at=at, **about) for each in versions)

    page = seat(browser, ("operator", TOKEN))
    for path in ("/", "/stations/bd-ba-to", "/score", "/desk"):
        page.goto(f"{address}/dashboard{path}")
        assert barriers(page) == [], path
    expect(page.get_by_role("heading", name="2 bản ghi chờ rà soát")).to_be_visible()
    expect(page.get_by_role("row", name="3–7 ngày")).to_contain_text("1")
    picture(page, "dashboard-desk")
