"""The benchmark of lookups asks a real API over a real database and a real S3 server."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_a_few_records_are_looked_up_beside_a_bare_route():
    command = [sys.executable, "-m", "benchmarks.lookups", "--records", "12,24", "--sealed", "12", "--seconds", "2"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(" | ")[0].strip("| ") for line in run.stdout.splitlines() if line.startswith("| ")]
    assert rows == [
        "", "---", "bare route", "bare S3 GET", "12 records", "24 records",
        "a copy from", "---", *2 * ("bare S3", "the API", "S3, sent by the API"),
    ]  # fmt: skip
