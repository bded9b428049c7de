"""The benchmark of a backfill runs with real servers, and every document has an outcome."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_a_few_documents_go_the_whole_way_and_the_cost_is_told():
    command = [sys.executable, "-m", "benchmarks.backfill", "--documents", "3"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "3 documents in" in run.stdout
    assert "1075695 documents of one page" in run.stdout
