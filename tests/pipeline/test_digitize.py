from concurrent.futures import CancelledError, Future

import pytest

from pipeline.digitize import settled
from schemas.problem import FILE_DAMAGED, PAGE_FAILED, ProblemError


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
