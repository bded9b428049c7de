"""Two people say whose paper it is, in a real browser and with the keyboard alone, of those whom the registry knows.

With `PICTURES_TO=docs/pictures` it writes the picture of docs/review.md anew.
"""

import json

import pytest
from playwright.sync_api import expect

from flows.house import House
from samples.registry import AS_OF, INDEX, NAME, residents
from schemas.identifier import PersonalIdentifier
from schemas.linkage import Person, Registered
from schemas.record import Owner
from schemas.settings import RegistrySettings, Settings
from sohoa.api.app import create_app
from sohoa.demo import SCANS
from sohoa.review import create_review
from storage.registry import make_registry
from tests.accessible import barriers
from tests.journey.test_review_desk import PATIENCE_MS, picture, seat
from tests.servers import serving
from tests.sohoa.review.papers import waiting
from tests.sohoa.review.signing_in import TOKEN, as_

SCAN = "birth_certificate_05"
TWO = (PersonalIdentifier("040187654321"), PersonalIdentifier("040187654322"))


@pytest.fixture
def house(tmp_path):
    """A house in which a birth certificate waits that may be about two people of the same name."""
    said = json.loads((SCANS / f"{SCAN}.truth.json").read_text("utf-8"))["fields"]
    person = Person(said["full_name"], said["date_of_birth"], said["sex"], said["mother_full_name"], mother_birth=1999)
    path = tmp_path / "registry.sqlite3"
    homes = ((said["place_of_origin"],), (said["place_of_origin"], "xã Nghĩa Mai, tỉnh Nghệ An"))
    people = [Registered(each, person._replace(places=places)) for each, places in zip(TWO, homes, strict=True)]
    make_registry(path, [*people, *residents(2000)], INDEX, NAME, AS_OF)
    house = House.open(Settings(home=tmp_path / "home", registry=RegistrySettings(file=path)))
    owner = Owner(role="child", identifier=None, name=said["full_name"])
    waiting(house, SCAN, {}, owners=(owner,), review_reasons=("unmatched:child",))
    return house


@pytest.mark.nightly
def test_two_people_say_whose_paper_it_is_with_the_keyboard_alone(house, browser):
    expect.set_options(timeout=PATIENCE_MS)
    app = create_app(house, TOKEN)
    app.mount("/review", create_review(house, TOKEN))
    with serving(app) as address:
        for who in ("binh", "cuc"):
            page = seat(browser, as_(who))
            page.goto(f"{address}/review/next")
            expect(page.locator("#value-child")).to_be_focused()
            assert page.locator("[data-take]").all_inner_texts() == [each.digits for each in TWO]
            assert barriers(page) == []
            page.locator(".people summary").first.click()
            if who == "binh":
                picture(page, "review-owner")
            page.locator("#value-child").focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            expect(page.locator("#value-child")).to_have_value(TWO[0].digits)
            expect(page.locator("#value-child")).to_be_focused()
            page.keyboard.press("Enter")
            expect(page.locator("#left")).to_contain_text("đã xong")
            with page.expect_navigation():
                page.keyboard.press("Control+Enter")
            assert not [said for said in page.wrong if "Content Security Policy" in said]
    [found] = house.catalog.records_of(house.warehouse.owner_key(TWO[0]))
    made = house.warehouse.record(found.record_id).value
    assert (made.status, made.owners[0].link.by) == ("active", "people")
