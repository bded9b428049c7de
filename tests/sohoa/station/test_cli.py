"""The verbs of a station."""

import json
import os
import signal
import subprocess

import pytest

from schemas.problem import Exit
from tests.sohoa.station.stations import CODE, OTHER, page, pages

ENROLL = ("enroll", "--id", "diem-quet-1", "--kind", "counter", "--agency", "UBND xã Kim Liên")
VARIABLES = {"SOHOA_SCANNING__KEEP_FREE_BYTES": "0", "SOHOA_SCANNING__SETTLE_SECONDS": "0"}


class Desk:
    """A folder to work in, and the verbs."""

    def __init__(self, sohoa):
        self.folder = sohoa.home.parent
        self._sohoa = sohoa
        sohoa.environment = {name: value for name, value in os.environ.items() if not name.startswith("SOHOA_")}
        sohoa.environment |= VARIABLES

    def begin(self, *words):
        """Begin a verb in a process of its own."""
        return subprocess.Popen(
            self._sohoa.command("station", *words), cwd=self.folder, env=self._sohoa.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *words):
        """Return exit code, what was printed as JSON, and everything that was printed."""
        run = self._sohoa("station", *words)
        said = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
        return run.returncode, said, run.stdout + run.stderr

    def put(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture
def desk(sohoa_here):
    desk = Desk(sohoa_here)
    code, _, said = desk(*ENROLL)
    assert code == Exit.DONE, said
    return desk


def test_a_machine_becomes_a_station_once(desk):
    code, [request], _ = desk(*ENROLL)
    assert (code, request["station"], request["kind"]) == (Exit.DONE, "diem-quet-1", "counter")
    code, _, said = desk("enroll", "--id", "diem-quet-2", "--kind", "counter", "--agency", "UBND xã Kim Liên")
    assert code == Exit.BAD_CONFIGURATION
    assert "diem-quet-1" in said
    assert desk("enroll", "--id", "Điểm quét", "--kind", "counter", "--agency", "x", "--home", "b")[0] == 9


def test_no_verb_works_before_that(sohoa_here):
    code, _, said = Desk(sohoa_here)("status")
    assert code == Exit.BAD_CONFIGURATION
    assert "sohoa station enroll" in said


def test_a_welcome_is_kept_if_it_is_for_this_station(desk):
    welcome = {"station": "diem-quet-1", "server": "https://so-hoa.example.vn", "receipt_certificate": "PEM"}
    path = desk.put("welcome.json", json.dumps(welcome).encode())
    code, [said], _ = desk("accept", path, "--json")
    assert (code, said["server"]) == (Exit.DONE, "https://so-hoa.example.vn")
    desk.put("welcome.json", json.dumps(welcome | {"station": "another"}).encode())
    assert desk("accept", path)[0] == Exit.BAD_CONFIGURATION
    desk.put("welcome.json", b"{}")
    assert desk("accept", path)[0] == Exit.USAGE


def test_files_are_submitted_once(desk):
    first, second = desk.put("1.pdf", pages("1", "2", kind="PDF")), desk.put("2.png", page("3"))
    words = ("submit", "--dossier", CODE, "--pages", "3", first, second, "--json")
    code, [status], _ = desk(*words)
    assert (code, status["state"], status["scanned_pages"], status["sequence"]) == (Exit.DONE, "safe here", 3, 1)
    assert desk(*words)[1] == [status]
    assert desk("status", "--json")[1] == [status]


def test_a_wrong_number_of_pages_is_refused_in_words(desk):
    path = desk.put("1.png", page("1"))
    code, _, said = desk("submit", "--dossier", CODE, "--pages", "2", path)
    assert code == Exit.REFUSED
    assert "Thiếu trang: đã quét 1 trang, khai 2 trang" in said
    assert desk("status", "--json")[1][0]["state"] == "needs you"
    assert desk("close", CODE, "--pages", "1", "--json")[1][0]["state"] == "safe here"


def test_a_file_that_cannot_be_taken_is_named(desk):
    code, _, said = desk("submit", "--dossier", CODE, desk.put("note.txt", b"hello"))
    assert code == Exit.REFUSED
    assert "note.txt" in said


def test_wrong_words_are_refused(desk):
    assert desk("open", "no-code")[0] == Exit.USAGE
    assert desk("close")[0] == Exit.USAGE
    assert desk("close", OTHER)[0] == Exit.USAGE
    assert desk("open", CODE, "--pages", "0")[0] == Exit.USAGE


def test_a_station_runs_until_it_is_told_to_stop(desk):
    (desk.folder / "scans").mkdir()
    desk("open", CODE)
    running = desk.begin("run", "--folder", "scans", "--json")
    try:
        assert json.loads(running.stdout.readline())["scanned_pages"] == 0
        with desk.begin("run") as second:
            assert second.wait(100) == Exit.USAGE
        desk.put("scans/1.png", page("1"))
        assert json.loads(running.stdout.readline())["scanned_pages"] == 1
        desk("close")
        assert json.loads(running.stdout.readline())["state"] == "safe here"
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == Exit.DONE, running.stderr.read()
    finally:
        running.kill()
        running.communicate()


def test_separator_sheets_are_written(desk):
    assert desk("separators", CODE, OTHER, "--to", "sheets.pdf")[0] == Exit.DONE
    assert (desk.folder / "sheets.pdf").read_bytes().startswith(b"%PDF-1.4")
