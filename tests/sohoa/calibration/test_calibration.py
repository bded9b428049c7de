"""`sohoa calibration`: from labelled readings to a calibration, and where acceptance stands."""

import json
import random

import pytest
from click.testing import CliRunner

from schemas.calibration import Calibration, calibration
from schemas.data_file import parse
from schemas.field import Assessment, Field
from schemas.page import Page, Quality
from schemas.problem import Exit, ProblemError
from schemas.report import Extraction
from sohoa.calibration.plots import draw
from sohoa.calibration.report import rows
from sohoa.cli import cli


@pytest.fixture
def sohoa(tmp_path, monkeypatch):
    """Return a function that runs a verb in a home where nothing is yet; it returns what was printed."""
    monkeypatch.setenv("SOHOA_HOME", str(tmp_path / "home"))

    def run(*words):
        return CliRunner().invoke(cli, ["calibration", *map(str, words)], catch_exceptions=False, standalone_mode=False)

    return run


@pytest.fixture
def readings(tmp_path):
    """Labelled readings of made-up papers on which what was read badly is often wrong."""
    lot, scans, file = random.Random(1), tmp_path / "scans", tmp_path / "readings.jsonl"
    scans.mkdir()
    with file.open("w") as lines:
        for number in range(120):
            scan = scans / f"{number}.jpg"
            scan.touch()
            sure = lot.random()
            wrong = lot.random() > sure
            truth = {"file": scan.name, "document_type": "birth_certificate", "level": "clean", "pages": [{"number": 1}],
                     "fields": {"full_name": "NGUYỄN VĂN AN", "sex": "nam", "number": None}}  # fmt: skip
            scan.with_name(f"{number}.truth.json").write_text(json.dumps(truth))
            lines.write(
                reading(str(scan), "NGUYỄN VĂN ÂN" if wrong else "NGUYỄN VĂN AN", sure).model_dump_json() + "\n"
            )
    return file


def reading(file, name, sure):
    assessed = Assessment(calibration="0" * 12, stratum="birth_certificate/name", probability=0.9, needed=0.95)
    quality = Quality(ink=0.1, sharpness=1, contrast=1, confidence=0.9)
    page = Page(number=1, rotation=0, skew_degrees=0, width=10, height=10, blank=False, quality=quality)
    fields = {
        "full_name": Field(value=name, confidence=sure, page=1, accepted=False, assessment=assessed),
        "sex": Field(value="nam", confidence=0.9, page=1, accepted=True),
        "number": Field(value=None, confidence=0, accepted=False),
    }
    return Extraction(file=file, status="ok", pages=(page,), document_type="birth_certificate", fields=fields)


def test_a_calibration_is_learnt_from_readings_and_used_from_then_on(sohoa, readings, tmp_path, monkeypatch):
    made = sohoa("fit", readings).stdout
    learnt = parse(Calibration, made, origin="stdout")
    assert learnt.provenance.origins == {"scans": 120}
    assert learnt.weights["confidence"] > 0
    assert sum(each.values for each in learnt.strata["birth_certificate/name"]) > 40, (
        "what a calibration refused counts"
    )
    file = tmp_path / "own.json"
    file.write_text(made)
    monkeypatch.setenv("SOHOA_ACCEPTANCE__CALIBRATION", str(file))
    found = [json.loads(line) for line in sohoa("report", "--json").stdout.splitlines()]
    name = next(each for each in found if (each["document_type"], each["group"]) == ("birth_certificate", "name"))
    assert name["calibration"] == learnt.version
    assert name["state"] in {"lowered", "closed"}
    assert name["wrong"] <= name["promise"] * name["accepted"]


@pytest.mark.parametrize("spoilt", ["no truth", "no readings", "too few", "not there"])
def test_what_no_calibration_can_be_made_of_is_said(sohoa, readings, spoilt):
    if spoilt == "no truth":
        next(readings.parent.glob("scans/*.truth.json")).unlink()
    elif spoilt == "no readings":
        readings.write_text('{"file": 1}\n')
    elif spoilt == "too few":
        readings.write_text(readings.read_text().partition("\n")[0] + "\n")
    else:
        readings.unlink()
    with pytest.raises(ProblemError) as refused:
        sohoa("fit", readings)
    assert refused.value.kind.slug == "calibration-unfit"


@pytest.mark.parametrize("text", [None, "{}", "\x00"])
def test_a_calibration_that_is_none_is_refused_with_its_name(sohoa, tmp_path, monkeypatch, text):
    file = tmp_path / "own.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("SOHOA_ACCEPTANCE__CALIBRATION", str(file))
    with pytest.raises(ProblemError) as refused:
        sohoa("report")
    assert refused.value.kind.exit_code is Exit.BAD_CONFIGURATION
    assert refused.value.problem.file == str(file)


def test_the_report_says_where_acceptance_stands_and_draws_it(sohoa, tmp_path):
    shown = sohoa("report", "--plots", tmp_path / "plots")
    assert calibration().version in shown.stdout
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
        "calibration-reliability.svg",
        "calibration-risk.svg",
    ]


def test_pictures_are_drawn_of_a_calibration_that_knows_nothing_yet(tmp_path):
    empty = calibration().model_copy(update={"strata": {}, "bins": ()})
    for path in draw(empty, rows(empty, ()), tmp_path):
        assert path.read_text().rstrip().endswith("</svg>")
