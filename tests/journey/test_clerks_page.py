"""A clerk takes in a dossier in a real browser, with the keyboard alone, and the line is cut in the middle.

With `PICTURES_TO=docs/pictures` it writes the pictures of docs/stations.md anew.
"""

import io
import json
import os
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import expect

from flows.house import House
from flows.keyring import Keyring
from schemas.settings import Settings
from schemas.station import Enrolment, Welcome
from sohoa.api.app import create_app
from sohoa.demo import SCANS
from sohoa.station.home import Home
from storage import keys
from tests.accessible import barriers
from tests.conftest import SOHOA
from tests.faults.line import BadLine
from tests.servers import serving
from tests.sohoa.api.sending import NOON
from tests.sohoa.api.test_app import OWNER, certificate
from tests.sohoa.station.stations import CODE

PATIENCE_MS = 60_000
"""Machines are busy; what is waited for comes when it comes."""
GREEN = "Đã lưu tại máy chủ. Được trả bản giấy."
YELLOW = "Đã lưu tại điểm quét, đang chờ gửi. Giữ lại bản giấy."


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path / "server"))


@pytest.fixture
def line(house):
    """The intake, and a line to it that can be cut."""
    with serving(create_app(house, "token")) as address:
        host, port = address.removeprefix("http://").split(":")
        line = BadLine((host, int(port)))
        yield line
        line.close()


@pytest.fixture
def station(tmp_path, house, line):
    """A station that the server has welcomed."""
    home = Home(tmp_path / "station")
    request = home.enroll("buu-dien-kim-lien", "post_office", "UBND xã Kim Liên")
    house.stations.keep(Enrolment(request=request, number=1, status="enrolled", decided_at=NOON, decided_by="Test"))
    certificate = Keyring.open(house.settings, datetime.now(UTC)).roots[0].decode()
    home.accept(Welcome(station="buu-dien-kim-lien", server=line.address, receipt_certificate=certificate))
    return home


@contextmanager
def running(home, folder):
    """Run the station as its users do; yield the address of its page."""
    environment = {**os.environ, "SOHOA_SCANNING__SETTLE_SECONDS": "0", "SOHOA_SCANNED_BY": "Nguyễn Thị Quét"}
    words = [SOHOA, "station", "run", "--page", "--json", "--home", home.folder, "--folder", folder]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True)
    try:
        yield json.loads(process.stdout.readline())["page"]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def picture(page, name):
    folder = os.environ.get("PICTURES_TO")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def scans():
    """Return pages as a scanner gives them: good ones, and the second one as it looks when the glass is dirty."""
    one, two, three = (
        (SCANS / name).read_bytes()
        for name in ("birth_certificate_01.jpg", "marriage_certificate_02.jpg", "death_extract_01.jpg")
    )
    output = io.BytesIO()
    with Image.open(io.BytesIO(two)) as good:
        good.filter(ImageFilter.GaussianBlur(4)).save(output, "JPEG", dpi=good.info["dpi"])
    return one, output.getvalue(), two, three


def test_a_clerk_takes_in_a_dossier_with_the_keyboard_alone_while_the_line_fails(  # noqa: PLR0915 - one story
    tmp_path, station, house, line, browser
):
    folder = tmp_path / "scans"
    folder.mkdir()
    one, blurred, two, three = scans()

    def scan(name, content):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).rename(folder / name)

    with running(station, folder) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.goto(address)
        cards = page.locator(".pages li")
        light = page.get_by_role("status")

        def press(key):
            """Press a key that does something, and wait for the page that answers."""
            with page.expect_navigation():
                page.keyboard.press(key)

        page.keyboard.type(CODE)  # the field has the focus
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("3")
        press("Enter")
        expect(page.get_by_role("heading", name=CODE)).to_be_visible()

        scan("1.jpg", one)
        expect(cards).to_have_count(1)
        scan("2.jpg", blurred)
        expect(light).to_contain_text("Trang 2 bị mờ: quét lại")
        assert barriers(page) == []
        picture(page, "station-blurred")

        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        press("r")
        expect(page.get_by_text("Chờ quét lại")).to_be_visible()
        scan("2-again.jpg", two)
        expect(page.get_by_text("Chờ quét lại")).to_have_count(0)
        expect(light).to_contain_text("Đang quét")
        expect(cards).to_have_count(2)

        scan("3.jpg", three)
        scan("4.jpg", blurred)
        expect(cards).to_have_count(4)
        expect(light).to_contain_text("Thừa trang")
        cards.nth(3).focus()
        press("Delete")
        expect(cards).to_have_count(3)
        last = cards.nth(2).get_attribute("id")
        cards.nth(2).focus()
        press("Shift+ArrowLeft")
        expect(cards.nth(1)).to_have_attribute("id", last)

        line.break_off()
        press("g")
        expect(light).to_contain_text(YELLOW)
        expect(page.get_by_text(GREEN)).to_have_count(0)
        picture(page, "station-no-line")
        line.is_down = False
        expect(light).to_contain_text(GREEN)
        assert barriers(page) == []
        picture(page, "station-safe-there")

    [manifest] = [house.inbox.manifest(key) for key in house.inbox.manifests()]
    assert (manifest.dossier_code, manifest.scanned_by) == (CODE, "Nguyễn Thị Quét")
    [file] = manifest.files
    with pikepdf.open(io.BytesIO(house.store.get(keys.file(file.sha256)))) as pdf:
        sent = [next(iter(each.get_images().values())).read_raw_bytes() for each in pdf.pages]
    assert sent == [one, three, two]


def test_when_the_program_ends_the_page_says_so(tmp_path, station, browser):
    folder = tmp_path / "scans"
    folder.mkdir()
    page = browser.new_page()
    with running(station, folder) as address:
        page.goto(address)
        expect(page.locator("#cut")).to_be_hidden()
    expect(page.locator("#cut")).to_be_visible(timeout=PATIENCE_MS)


def test_what_the_warehouse_has_need_not_be_scanned(tmp_path, station, house, browser):
    house.catalog.keep_record(house.warehouse.keep_record(certificate(), lambda _data: b"signature"))
    folder = tmp_path / "scans"
    folder.mkdir()
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE_MS)
    with running(station, folder) as address:
        page.goto(address)
        page.keyboard.type(CODE)
        page.keyboard.press("Tab")
        page.keyboard.type("1.001193")
        page.keyboard.press("Enter")
        page.locator("#asking").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("Giấy khai sinh")
        page.keyboard.press("Tab")
        page.keyboard.type(OWNER)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Kho đã có Giấy khai sinh dùng lại được: không cần quét.")).to_be_visible()
        expect(page.get_by_text("Giấy khai sinh: đã có trong kho, dùng lại được")).to_be_visible()
        assert OWNER not in page.url
        picture(page, "station-ask")
    assert [act.who for act in house.audit.entries()] == ["station:buu-dien-kim-lien"]
