"""A scanner that SANE drives: `scanimage` (Debian: sane-utils). Linux only; elsewhere the maker's software scans."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from schemas.problem import SCANNER_FAILED
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home

_DPI = 300
_PREFIX = "scan-"
_LONGEST_SCAN_SECONDS = 3600
_NO_MORE_PAPER = 7
"""SANE_STATUS_NO_DOCS, which `scanimage` ends with when the feeder is empty."""


class SaneSource:
    """Scans what lies on one scanner."""

    def __init__(self, home: Home, dossiers: Dossiers, device: str | None = None) -> None:
        """Scan with *device*, as `scanimage -L` names it; None: SANE's default."""
        self._home = home
        self._dossiers = dossiers
        self._device = device

    def scan(self, count: int | None = 1, *, options: tuple[str, ...] = ()) -> Iterator[int]:
        """Scan pages into the current dossier; yield the pages counted so far after each one: it is durable then.

        Args:
            count: pages; None: until the feeder is empty.
            options: more options of the scanner, such as `--source=ADF`.

        Raises:
            ProblemError: `scanner-failed`; what was yielded before stays; or as `Dossiers.take` does.
        """
        program = shutil.which("scanimage")
        if program is None:
            raise SCANNER_FAILED.error("scanimage is not installed (Debian: sane-utils)")
        self._sweep()
        counted = 0
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=self._home.folder) as folder:
            command = [
                program, "--format=png", f"--resolution={_DPI}", "--mode=Color",
                f"--batch={Path(folder) / 'page%04d.png'}", "--batch-print",
                *([f"--batch-count={count}"] if count else []),
                *([f"--device-name={self._device}"] if self._device else []),
                *options,
            ]  # fmt: skip
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=_plain()
            ) as scanning:
                assert scanning.stdout and scanning.stderr  # noqa: PT018, S101 - they are pipes
                for line in scanning.stdout:  # the name of each page, once it is whole
                    page = Path(os.fsdecode(line.rstrip(b"\r\n")))
                    claim = secrets.token_hex(16)
                    counted += self._dossiers.take(claim, page)
                    page.unlink()
                    self._dossiers.forget(claim)
                    yield counted
                said = scanning.stderr.read().decode("utf-8", "replace")
            if scanning.returncode not in {0, _NO_MORE_PAPER} or not counted:
                raise SCANNER_FAILED.error(said.strip().splitlines()[-1] if said.strip() else "it gave no page")

    def _sweep(self) -> None:
        """Remove pages that a killed scan left; they were not counted."""
        for folder in self._home.folder.glob(f"{_PREFIX}*"):
            if time.time() - folder.stat().st_mtime > _LONGEST_SCAN_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _plain() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8"}
