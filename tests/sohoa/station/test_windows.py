"""A station runs on Windows: what only POSIX has, it never touches. There is no Windows here, so it is taken away."""

import subprocess
import sys

import pytest

from sohoa.demo import SCANS

WITHOUT_POSIX = """
import os, sys
for module in ("fcntl", "grp", "posix_spawn", "pwd", "resource", "termios", "tty"):
    sys.modules[module] = None
for name in ("O_DIRECTORY", "O_NOFOLLOW", "chown", "fchmod", "fchown", "fork", "geteuid", "getloadavg", "getpgid",
             "getuid", "killpg", "mkfifo", "nice", "sched_getaffinity", "setsid", "sysconf", "uname"):
    delattr(os, name)
from sohoa.cli import main
main(sys.argv[1:])
"""
"""Run one command of the line where `import fcntl` fails and `os.fork` is not there."""


def test_a_dossier_is_taken_in_without_anything_that_only_posix_has(tmp_path):
    def sohoa(*words):
        command = [sys.executable, "-c", WITHOUT_POSIX, "station", *words, "--home", tmp_path / "station"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    sohoa("enroll", "--id", "buu-dien-kim-lien", "--kind", "post_office", "--agency", "UBND xã Kim Liên")
    sohoa("submit", "--dossier", "H40.12-260331-0010", "--pages", "1", SCANS / "birth_certificate_01.jpg")
    assert "Đã lưu tại điểm quét, đang chờ gửi." in sohoa("status")


@pytest.mark.nightly
def test_the_station_has_the_types_that_it_needs_on_windows(tmp_path):
    command = [sys.executable, "-m", "mypy", "--platform", "win32", "--cache-dir", tmp_path, "-p", "sohoa.station"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
