"""The command line as its users meet it: a process, its words, its output and its exit code."""

import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from schemas.export import schema_files
from schemas.problem import Exit
from sohoa.cli import batch_exit
from sohoa.demo import SCANS

SCHEMAS = {name: Draft202012Validator(json.loads(text)) for name, text in schema_files()}


@pytest.mark.parametrize(
    "words",
    ["", "extract", "ingest", "lookup", "record", "record show", "record export", "verify", "rebuild", "fixity", "reconcile",
     "doctor", "config", "demo", "up"],
)  # fmt: skip
def test_help_says_what_a_verb_does_and_shows_examples(sohoa_here, words):
    shown = sohoa_here(*words.split(), "--help")
    assert shown.returncode == Exit.DONE
    assert shown.stdout.startswith("Usage: sohoa")
    assert words in {"", "record"} or f"Examples:\n  sohoa {words}" in shown.stdout


def test_help_loads_no_heavy_package():
    script = "import sys; from sohoa.cli import cli; cli.main(['--help'], standalone_mode=False); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"cv2", "numpy", "prefect", "pikepdf", "pyhanko", "fastapi", "sqlalchemy", "minio"} & set(loaded.split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), Exit.USAGE),
        (("no-such-verb",), Exit.USAGE),
        (("extract",), Exit.USAGE),
        (("extract", "--no-such-option", "x"), Exit.USAGE),
        (("lookup", "040095001234"), Exit.USAGE),
        (("extract", "no-such-file.pdf"), Exit.REFUSED),
        (("ingest", "no-such-file.pdf"), Exit.REFUSED),
        (("ingest", "."), Exit.REFUSED),
        (("record", "show", "no-such-record"), Exit.BAD_CONFIGURATION),
        (("lookup", "12", "--purpose", "1.001193", "--dossier", "H40.12-260331-0007"), Exit.USAGE),
        (("lookup", "040095001234", "--purpose", "why not", "--dossier", "H40.12-260331-0007"), Exit.USAGE),
        (("--config", "no-such.toml", "config"), Exit.REFUSED),
    ],
)
def test_what_cannot_be_done_is_said_in_words_with_its_exit_code(sohoa_here, words, code):
    run = sohoa_here(*words)
    assert run.returncode == code
    assert run.stderr
    assert "Traceback" not in run.stderr + run.stdout


def test_an_unknown_setting_stops_everything_with_its_name(sohoa):
    sohoa.environment["SOHOA_BUKET"] = "x"
    run = sohoa("config")
    assert run.returncode == Exit.BAD_CONFIGURATION
    assert "SOHOA_BUKET" in run.stderr
    assert "What to do" in run.stderr


def test_a_wrong_identifier_is_not_repeated(sohoa):
    run = sohoa("lookup", "04009500123", "--purpose", "1.001193", "--dossier", "H40.12-260331-0007")
    assert "04009500123" not in run.stdout + run.stderr


def test_config_says_where_each_value_came_from_and_hides_secrets(sohoa):
    sohoa.environment |= {"SOHOA_OWNER_SECRET": "hush-hush-hush-hush", "SOHOA_STATION": "vinh-01"}
    run = sohoa("config", "--json")
    shown = json.loads(run.stdout)
    assert shown["station"] == {"value": "vinh-01", "origin": "SOHOA_STATION"}
    assert shown["owner_secret"]["origin"] == "SOHOA_OWNER_SECRET"
    assert "hush" not in run.stdout


def test_extract_prints_one_object_a_document_and_a_refused_file_stops_nobody(sohoa, tmp_path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 cut off")
    run = sohoa(
        "extract", "--json", SCANS / "birth_certificate_01.jpg", "broken.pdf", SCANS / "birth_certificate_02.png"
    )
    first, broken, last = map(json.loads, run.stdout.splitlines())
    for document in (first, broken, last):
        SCHEMAS["extraction.schema.json"].validate(document)
    assert (first["status"], broken["status"], last["status"]) == ("ok", "rejected", "ok")
    assert first["document_type"] == last["document_type"] == "birth_certificate"
    assert broken["problem"]["file"] == "broken.pdf"
    assert run.returncode == Exit.PARTLY_FAILED


def test_extract_leaves_nothing_behind(sohoa, tmp_path):
    sohoa("extract", SCANS / "birth_certificate_01.jpg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("done", "review", "refused", "code"),
    [
        (2, 0, 0, Exit.DONE),
        (0, 0, 0, Exit.DONE),
        (1, 1, 0, Exit.WAITS_FOR_REVIEW),
        (0, 0, 2, Exit.REFUSED),
        (1, 0, 1, Exit.PARTLY_FAILED),
        (0, 1, 1, Exit.PARTLY_FAILED),
    ],
)
def test_the_exit_code_of_a_batch_says_the_worst(done, review, refused, code):
    assert batch_exit(done=done, review=review, refused=refused) == code


def test_a_defect_is_kept_for_support_and_never_shown(sohoa, tmp_path):
    (tmp_path / "sohoa.toml").write_text(f"home = '{tmp_path / 'configured'}'\n")
    del sohoa.environment["SOHOA_HOME"]
    script = "import sys; from sohoa import cli, console; console.print_table = None; cli.main(['config'])"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=sohoa.environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in run.stdout + run.stderr
    [report] = (tmp_path / "configured" / "defects").iterdir()
    assert str(report) in run.stderr
    assert "TypeError" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
