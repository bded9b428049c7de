from concurrent.futures import CancelledError, Future

import pytest

from pipeline.digitize import Unwatched, digitize, settled
from pipeline.read import read_again
from samples import make
from schemas.problem import FILE_DAMAGED, PAGE_FAILED, ProblemError
from schemas.settings import Limits


def failed(error):
    task = Future()
    task.set_exception(error)
    return task


def test_a_task_that_is_done_gives_its_value():
    task = Future()
    task.set_result("read")
    assert settled(task, "scan.pdf") == "read"


def test_whatever_foreign_bytes_make_a_library_raise_only_their_file_is_refused():
    with pytest.raises(ProblemError) as refusal:
        settled(failed(KeyError("what is on the paper")), "scan.pdf", 3)
    assert refusal.value.kind == PAGE_FAILED
    assert (refusal.value.problem.file, refusal.value.problem.page) == ("scan.pdf", 3)
    assert "paper" not in refusal.value.problem.detail


@pytest.mark.parametrize("error", [FILE_DAMAGED.error("cut off"), CancelledError()])
def test_what_is_known_comes_through_unchanged(error):
    with pytest.raises(type(error)) as raised:
        settled(failed(error), "scan.pdf")
    assert raised.value is error


class Here:
    """A pool that does everything at once and in this process; the tasks in `broken` fail."""

    def __init__(self, scratch, broken=()):
        self.scratch, self.broken, self.done = scratch, broken, []

    def submit(self, function, *args, **_):
        task = Future()
        self.done.append(function)
        if function in self.broken:
            task.set_exception(PAGE_FAILED.error("it took too long"))
        else:
            task.set_result(function(*args))
        return task


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A paper whose number is hard to read."""
    sample = make.paper("birth_certificate", "extract", "office", 11, dpi=200, fmt="jpg", dotted_lines=True)
    return sample.save(tmp_path_factory.mktemp("scan"))


def read_twice(document):
    return {name for name, field in document.fields.items() if any(c.name == "read_again" for c in field.checks)}


@pytest.mark.parametrize("broken", [(), (read_again,)], ids=["as it should be", "no second reading"])
def test_what_is_doubtful_is_read_a_second_time_if_it_can_be(scan, tmp_path, broken):
    workers = Here(tmp_path, broken)
    (document,) = digitize(scan, scan.name, workers, Limits(), Unwatched()).documents
    assert workers.done.count(read_again) == 1
    assert bool(read_twice(document)) is not bool(broken)
    assert document.fields["full_name"].value is not None
    assert list(tmp_path.iterdir()) == []
