"""Every hostile file is refused for what it is, within the limits, and the pool goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.admit import admit
from pipeline.workers import Workers
from schemas.problem import ProblemError
from schemas.settings import Limits
from tests.hostile.make import FILES, HOSTILE, MIB, write_all

SECONDS = 60.0
MOST_MEMORY = 1024 * MIB


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_all(folder)
    return folder


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1, Limits()) as pool:
        yield pool


def refusal(path: Path) -> tuple[ProblemError | None, int]:
    """Return how *path* is refused, and the most memory that this process ever had."""
    try:
        admit(path, Limits())
    except ProblemError as error:
        return error, most_memory()
    return None, 0


def most_memory() -> int:
    """Return the most bytes that this process ever had; `getrusage` would add what its parent had at its birth."""
    [peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_refused_for_what_it_is(workers, folder, hostile):
    error, memory = workers.submit(refusal, folder / hostile.name, seconds=SECONDS).result()
    assert error is not None, "admitted"
    assert error.kind == hostile.kind
    assert memory < MOST_MEMORY


def test_there_are_at_least_forty_of_them():
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE) >= 40


def test_they_are_the_same_every_time_and_small():
    for name, _, make in FILES:
        assert make() == make(), name
        assert len(make()) < 3 * MIB, name
