"""The benchmark of a backfill runs with real servers, every document has an outcome, and all that it is asked is told."""

import subprocess
import sys

import pytest


@pytest.mark.nightly
def test_a_few_documents_go_the_whole_way_beside_a_paper_at_the_counter_and_what_it_took_is_told():
    sizes = ["--documents", "6", "--shard", "2", "--workers", "1", "2", "--live", "1", "--pace", "0", "--light"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.backfill", *sizes], capture_output=True, text=True, check=True
    )
    for told in ("6 documents, 1 workers", "6 documents, 2 workers", "1075695 documents of one page", "KiB per 1000"):
        assert told in run.stdout
    assert run.stdout.count("| 6 |") == 2
    assert run.stdout.count("(1)") == 4
