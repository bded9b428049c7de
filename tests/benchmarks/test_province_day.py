"""The benchmark of a province's day runs against a real server, and proves each receipt."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_a_minute_of_few_stations_is_replayed_and_told():
    command = [sys.executable, "-m", "benchmarks.province_day", "--seconds", "2", "--stations", "2,200"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows] == ["| stations", "| ---", "| 2", "| 200"]
    assert [row[2] for row in rows[2:]] == ["1", "2"]
    assert "702 stations with 75 dossiers of 6 pages" in run.stdout
