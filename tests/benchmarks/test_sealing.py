"""The benchmark of sealing brings a copy to each level, by us and by bare pyHanko, with each kind of key."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_every_level_is_told_for_every_key():
    command = [sys.executable, "-m", "benchmarks.sealing", "--copies", "1", "--batch", "8"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 4 * 4
    assert "Batch time-stamp: 8 records, 1 request" in run.stdout
