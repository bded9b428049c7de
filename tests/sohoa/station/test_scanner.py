"""A scanner that SANE drives: its own test device, which scans no paper."""

import shutil

import pytest

from schemas.problem import ProblemError
from sohoa.station.dossiers import Dossiers
from sohoa.station.scanner import SaneSource
from tests.sohoa.station.stations import CODE, SETTINGS, station

DEVICE = "test:0"
COLOURS = ("--test-picture=Color pattern", "--resolution=75")


@pytest.fixture
def home(tmp_path, monkeypatch):
    assert shutil.which("scanimage"), "deploy/packages-test.txt names sane-utils"
    (tmp_path / "sane").mkdir()
    (tmp_path / "sane" / "dll.conf").write_text("test\n")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path / "sane"))
    return station(tmp_path / "home")


def test_each_page_is_counted_as_it_comes(home):
    dossiers = Dossiers(home, SETTINGS)
    number = dossiers.open(CODE).number
    assert list(SaneSource(home, dossiers, DEVICE).scan(2, options=COLOURS)) == [1, 2]
    assert dossiers.status(number).scanned_pages == 2
    assert list(home.folder.glob("scan-*")) == []


def test_the_feeder_is_scanned_until_it_is_empty(home):
    dossiers = Dossiers(home, SETTINGS)
    dossiers.open(CODE)
    feeder = ("--source=Automatic Document Feeder", *COLOURS)
    assert list(SaneSource(home, dossiers, DEVICE).scan(None, options=feeder))[-1] == 10


def test_a_scanner_that_fails_is_named_and_nothing_is_counted(home):
    dossiers = Dossiers(home, SETTINGS)
    number = dossiers.open(CODE).number
    with pytest.raises(ProblemError) as refused:
        list(SaneSource(home, dossiers, "none:0").scan())
    assert refused.value.kind.slug == "scanner-failed"
    assert dossiers.status(number).scanned_pages == 0
