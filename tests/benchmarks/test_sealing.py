"""The benchmarks of sealing: each level by us and by bare pyHanko, with each kind of key; a batch under one time-stamp."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_every_level_is_told_for_every_key():
    command = [sys.executable, "-m", "benchmarks.sealing", "--copies", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 4 * 4


@pytest.mark.nightly
def test_a_batch_of_copies_is_proven_under_one_time_stamp():
    command = [sys.executable, "-m", "benchmarks.sealed_batch", "--copies", "12", "--bare", "2", "--check", "2"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len([line for line in run.stdout.splitlines() if line.startswith("| ")]) == 2 + 4
    assert "12 of 12 copies have evidence, under 1 time-stamp; bare pyHanko asks 12 times." in run.stdout
    assert "2 of 2 that were verified are good" in run.stdout
