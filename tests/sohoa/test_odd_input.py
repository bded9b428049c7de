"""What nobody means to do, and somebody does: odd names, closed doors, closed streams. All of it is told in words."""

import json
import os
import pwd
import subprocess
import sys

import pytest

from schemas.problem import FILE_UNREADABLE, ProblemError
from schemas.settings import Settings
from sohoa import console, looking
from sohoa.ingesting import ingest_files, scans_in
from tests.privileges import as_anybody

RECORD = "0" * 32
LOOKUP = ("lookup", "040095001234", "--purpose", "1.001193", "--dossier", "H40.12-260331-0007")


def through_shell(sohoa, line):
    return subprocess.run(
        ["sh", "-c", line, "sh", *sohoa.command()],
        cwd=sohoa.home.parent, env=sohoa.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


# --- streams -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("words", ["config", "--help", "config --json"])
def test_a_closed_stdout_is_no_defect(sohoa, words):
    run = through_shell(sohoa, f'"$1" {words} >&-')
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("words", ["config", "--help", "config --json"])
def test_a_full_device_is_told_in_words(sohoa, words):
    run = through_shell(sohoa, f'"$1" {words} > /dev/full')
    assert run.returncode == 26
    assert "What to do" in run.stderr
    assert "Traceback" not in run.stderr
    assert not sohoa.home.exists()


@pytest.mark.parametrize("verb", ["extract", "ingest"])
def test_a_name_that_is_no_text_gives_valid_json(sohoa, verb):
    sohoa.environment |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    run = through_shell(sohoa, f'"$1" {verb} --json "$(printf "gi\\341\\272\\245y-\\377.pdf")"')
    assert json.loads(run.stdout)["problem"]["type"].endswith("file-missing")
    assert run.returncode == 2


# --- what others wrote -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0)])
def test_control_characters_are_written_out(code):
    assert console.shown(f"a{chr(code)}b") == f"a\\x{code:02x}b"


def test_a_name_cannot_steer_the_terminal(sohoa_here):
    for words in (("extract", "\x1b]0;owned\x07\x9b1m:smiley:.pdf"), ("verify", "\x1b[2J:smiley:\nx.pdf")):
        run = sohoa_here(*words)
        assert not set(run.stdout + run.stderr) & {"\x1b", "\x07", "\x9b"}
        assert ":smiley:" in run.stderr


# --- what the system refuses -------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["doctor", "ingest x.pdf", "demo"])
def test_a_home_that_cannot_be_made_is_told_in_words(sohoa_here, verb):
    (sohoa_here.home.parent / "file").touch()
    sohoa_here.environment["SOHOA_HOME"] = str(sohoa_here.home.parent / "file" / "home")
    run = sohoa_here(*verb.split())
    assert run.returncode not in {0, -1}
    assert "What to do" in run.stdout + run.stderr
    assert "made a mistake" not in run.stdout + run.stderr
    assert str(sohoa_here.home.parent / "file") in run.stdout + run.stderr


def test_a_defect_is_kept_elsewhere_when_there_is_no_home(sohoa, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    sohoa.environment |= {"SOHOA_HOME": str(tmp_path / "file" / "home"), "TMPDIR": str(tmp_path / "tmp")}
    script = "from sohoa import cli, console; console.print_table = None; cli.main(['config'])"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=sohoa.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    [report] = (tmp_path / "tmp").glob("sohoa-defect-*")
    assert str(report) in run.stderr
    assert report.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("target", ["pipe", "/dev/zero", "."])
def test_verify_reads_regular_files_only(sohoa, tmp_path, target):
    os.mkfifo(tmp_path / "pipe")
    run = through_shell(sohoa, f'"$1" verify {target}')
    assert run.returncode == 2
    assert FILE_UNREADABLE.title in run.stderr


def test_verify_reads_no_more_than_is_taken_in(sohoa_here, tmp_path):
    sohoa_here.environment["SOHOA_LIMITS__FILE_BYTES"] = "1000"
    (tmp_path / "large.pdf").write_bytes(b"%PDF" + bytes(1000))
    run = sohoa_here("verify", "large.pdf")
    assert run.returncode == 2
    assert "1004 bytes" in run.stderr


# --- who only looks makes nothing --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [LOOKUP, ("record", "show", RECORD), ("record", "export", RECORD, "--to", "out"), ("verify", RECORD), ("rebuild",)],
    ids=lambda words: words[0] + words[1][:6] if len(words) > 1 else words[0],
)
def test_who_only_looks_makes_no_house(sohoa_here, tmp_path, words):
    run = sohoa_here(*words)
    assert run.returncode == 9
    assert "SOHOA_HOME" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_audit_log_believes_the_system_not_the_environment(monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert looking.this_user() == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


# --- what is taken in --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("words", [("ingest", ""), ("extract", ""), ("record", "export", RECORD, "--to", "")])
def test_an_empty_word_is_no_path(sohoa_here, words):
    run = sohoa_here(*words)
    assert run.returncode == 1
    assert "no path" in run.stderr


def test_a_folder_that_cannot_be_opened_is_refused_by_name(tmp_path):
    closed = tmp_path / "scans" / "closed"
    closed.mkdir(parents=True)
    closed.chmod(0)
    try:
        with as_anybody():
            [outcome] = ingest_files(
                [tmp_path / "scans"], Settings(home=tmp_path / "home"), dossier_code=None, procedure_code=None
            )
    finally:
        closed.chmod(0o700)
    assert outcome.problem.type == FILE_UNREADABLE.type
    assert outcome.problem.file == str(closed)


def test_the_home_folder_is_not_taken_in(tmp_path):
    for name in ("a.pdf", "home/demo/copy.pdf", ".hidden/b.pdf", "sub/.c.pdf", "sub/d.PDF"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert scans_in([tmp_path], tmp_path / "home") == [tmp_path / "a.pdf", tmp_path / "sub/d.PDF"]


# --- what is handed out ------------------------------------------------------------------------------------------
def test_exported_files_are_private_and_the_same_content_may_be_there(tmp_path):
    for _ in range(2):
        looking._create(tmp_path / "copy.pdf", b"copy")
    assert (tmp_path / "copy.pdf").read_bytes() == b"copy"
    assert (tmp_path / "copy.pdf").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("in_the_way", ["file", "link", "folder", "dangling"])
def test_an_export_never_replaces_what_is_there(tmp_path, in_the_way):
    path, other = tmp_path / "copy.pdf", tmp_path / "other"
    other.write_bytes(b"other")
    {
        "file": lambda: path.write_bytes(b"mine"),
        "link": lambda: path.symlink_to(other),
        "folder": path.mkdir,
        "dangling": lambda: path.symlink_to(tmp_path / "nowhere"),
    }[in_the_way]()
    with pytest.raises(ProblemError, match="is left as it is"):
        looking._create(path, b"copy")
    assert other.read_bytes() == b"other"
    assert not (tmp_path / "nowhere").exists()
