"""The scanning folder."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.settings import ScanningSettings
from sohoa.station.dossiers import Dossiers
from sohoa.station.folder import FolderSource
from sohoa.station.light import State
from tests.sohoa.station.stations import CODE, OTHER, SETTINGS, page, pages, scan_sheet, station

PATIENT = ScanningSettings(keep_free_bytes=0, settle_seconds=2, patience_seconds=60)


class Desk:
    """A station with a folder, and a clock that stands still until it is moved."""

    def __init__(self, folder, home, *, scanning=PATIENT, settings=SETTINGS):
        self.time = 0.0
        self.folder = folder
        self.home = home
        self.dossiers = Dossiers(home, settings)
        self.source = FolderSource(folder, home, self.dossiers, scanning, clock=lambda: self.time)

    def put(self, name, content):
        (self.folder / name).write_bytes(content)

    def wait(self, seconds):
        """Return the pages that were taken in the end."""
        taken = self.source.step()
        self.time += seconds
        return taken + self.source.step()

    def left(self):
        return sorted(path.name for path in self.folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "scans").mkdir()
    desk = Desk(tmp_path / "scans", station(tmp_path / "home"))
    desk.dossiers.open(CODE)
    return desk


def test_a_file_is_taken_once_it_is_stable(desk):
    desk.put("scan.png", page("1"))
    assert desk.wait(1) == 0
    assert desk.left() == ["scan.png"]
    assert desk.wait(1) == 1
    assert desk.left() == []
    assert desk.dossiers.status(desk.dossiers.current()).scanned_pages == 1


def test_a_file_that_grows_is_waited_for(desk):
    whole = pages("1", "2", kind="PDF")
    for size in (100, 2000, len(whole) - 10):
        desk.put("scan.pdf", whole[:size])
        assert desk.wait(30) == 0
    desk.put("scan.pdf", whole)
    assert desk.wait(3) == 2


def test_a_file_that_stays_half_written_calls_for_a_person(desk):
    number = desk.dossiers.current()
    desk.put("scan.jpg", page("1", kind="JPEG")[:-50])
    desk.wait(61)
    status = desk.dossiers.status(number)
    assert status.state == State.NEEDS_YOU
    assert "scan.jpg chưa ghi xong" in status.why
    (desk.folder / "scan.jpg").unlink()
    desk.wait(1)
    assert desk.dossiers.status(number).state == State.SCANNING


def test_files_are_taken_in_the_order_of_their_numbers(desk):
    number = desk.dossiers.current()
    for name in ("scan10.png", "scan2.png", "scan1.png"):
        desk.put(name, scan_sheet(OTHER) if name == "scan2.png" else page(name))
    desk.wait(3)
    assert desk.dossiers.status(number).scanned_pages == 1
    assert desk.dossiers.status(desk.dossiers.newest(OTHER)).scanned_pages == 1


def test_a_separator_that_is_not_whole_holds_up_the_pages_behind_it(desk):
    sheet = scan_sheet(OTHER)
    desk.put("1.png", sheet[:-30])
    desk.put("2.png", page("2"))
    assert desk.wait(10) == 0
    desk.put("1.png", sheet)
    assert desk.wait(3) == 1
    assert desk.dossiers.status(desk.dossiers.current()).dossier_code == OTHER


def test_what_is_no_scan_is_left_alone(desk):
    for name in ("Thumbs.db", "scan.tmp", ".hidden.png", "notes.txt"):
        desk.put(name, page("1"))
    (desk.folder / "folder.png").mkdir()
    (desk.folder / "link.png").symlink_to(desk.folder / "notes.txt")
    before = desk.left()
    assert desk.wait(100) == 0
    assert desk.left() == before
    assert desk.dossiers.complaints() == {}


def test_what_cannot_be_taken_stays_in_sight_until_a_person_deletes_it(desk):
    number = desk.dossiers.current()
    desk.put("1.pdf", b"%PDF-1.4 nothing %%EOF")
    desk.put("2.png", page("2"))
    assert desk.wait(3) == 1
    assert desk.left() == ["1.pdf.refused"]
    again = Desk(desk.folder, desk.home)
    again.wait(3)
    assert "Không nhận được tệp 1.pdf: tệp bị hỏng" in again.dossiers.status(number).why
    (desk.folder / "1.pdf.refused").unlink()
    again.wait(3)
    assert again.dossiers.status(number).state == State.SCANNING


def test_a_full_disk_is_told_and_the_scans_wait(desk):
    full = SETTINGS.model_copy(update={"scanning": ScanningSettings(keep_free_bytes=2**62)})
    before = Desk(desk.folder, desk.home, settings=full)
    desk.put("1.png", page("1"))
    assert before.wait(3) == 0
    assert "đầy" in before.dossiers.status(before.dossiers.current()).why
    after = Desk(desk.folder, desk.home)
    assert after.wait(3) == 1
    assert after.dossiers.status(after.dossiers.current()).state == State.SCANNING


@pytest.mark.parametrize(
    "moment",
    [(Dossiers, "take"), (os, "unlink"), (Dossiers, "forget")],
    ids=["claimed", "taken", "removed"],
)
def test_a_kill_between_claiming_and_taking_neither_loses_nor_doubles(desk, monkeypatch, moment):
    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    desk.put("1.png", page("1"))
    desk.source.step()
    desk.time = 3
    with monkeypatch.context() as patch:
        patch.setattr(*moment, kill)
        with pytest.raises(Killed):
            desk.source.step()
    again = Desk(desk.folder, desk.home)
    again.wait(3)
    assert again.dossiers.status(again.dossiers.current()).scanned_pages == 1
    assert list((desk.folder / f".sohoa-{desk.home.tag}").iterdir()) == []


def test_two_stations_on_one_folder_take_every_file_once(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    homes = [station(tmp_path / name, name) for name in ("diem-1", "diem-2")]
    for number in range(40):
        (folder / f"{number}.png").write_bytes(page(str(number)))

    def work(home):
        desk = Desk(folder, home, scanning=SETTINGS.scanning)
        number = desk.dossiers.open(CODE).number
        begin.wait()
        for _ in range(5):
            desk.source.step()
        return desk.dossiers.status(number).scanned_pages

    begin = threading.Barrier(2)
    with ThreadPoolExecutor(2) as both:
        assert sum(both.map(work, homes)) == 40
