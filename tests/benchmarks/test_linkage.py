"""Papers without an identifier find their owners: the promise in small. In full: `make bench-linkage`."""

import subprocess
import sys
from contextlib import closing

import pytest

from benchmarks.linkage import made, matched
from samples.registry import SEED
from schemas.data_file import parse
from schemas.linkage import Weights, weights


def test_links_are_right_and_most_papers_are_linked(tmp_path):
    registry, papers = made(tmp_path / "registry.sqlite3", 4000, 1000, SEED)
    with closing(registry):
        found = matched(registry, papers, weights())
    assert found.wrong == 0
    assert found.recall >= 0.9
    assert found.kinds["not in the registry"].linked == 0
    assert found.kinds["only the year of birth"].recall >= 0.9


@pytest.mark.nightly
def test_of_many_links_one_in_a_thousand_is_wrong_at_most(tmp_path):
    registry, papers = made(tmp_path / "registry.sqlite3", 200_000, 20_000, 3)
    with closing(registry):
        found = matched(registry, papers, weights())
    assert found.precision >= 0.999
    assert found.recall >= 0.9


@pytest.mark.nightly
def test_weights_can_be_learnt_without_the_truth():
    command = [sys.executable, "-m", "benchmarks.linkage", "--learn", "--people", "20000", "--papers", "3000"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    learnt = parse(Weights, run.stdout, origin="learnt")
    assert learnt.present == pytest.approx(0.97, abs=0.02)  # three in a hundred are not in the registry
    assert learnt.chances["birth_year"]["same"].m == pytest.approx(0.98, abs=0.02)
