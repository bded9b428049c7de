"""A poison page costs itself: not its neighbours, not the pool, and it leaves nothing behind."""

import logging
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.workers import Workers, available_cores, available_memory, worker_count
from schemas.problem import FILE_DAMAGED, PAGE_FAILED, ProblemError
from schemas.settings import Limits

LIMITS = Limits(worker_memory_bytes=512 * 1024**2)
PLENTY = 60.0


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, LIMITS) as pool:
        yield pool


class Note:
    """A named pipe on which a task says which processes it consists of."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = str(path)
        self._pipe = os.open(path, os.O_RDWR)

    def pids(self) -> list[int]:
        assert select.select([self._pipe], [], [], PLENTY)[0], "the task did not begin"
        return [int(pid) for pid in os.read(self._pipe, 100).split()]


@pytest.fixture
def note(tmp_path) -> Note:
    return Note(tmp_path / "note")


def has_ended(pid: int) -> bool:
    """Wait for the end of a process that is not ours."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    return bool(select.select([process], [], [], PLENTY)[0])


def problem_of(future: Future) -> ProblemError:
    error = future.exception(timeout=PLENTY)
    assert isinstance(error, ProblemError), error
    return error


# --- what tasks do: each is run in a worker ----------------------------------------------------------------------


def double(number: int) -> int:
    return 2 * number


def damaged() -> None:
    detail = "It is cut off."
    raise FILE_DAMAGED.error(detail, page=3)


def defective() -> float:
    return 1 / 0


class FussyError(Exception):
    """An exception that pickles but does not come back, as those of some libraries."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")


def fussy() -> None:
    raise FussyError(7, "odd")


def unpicklable() -> object:
    return lambda: None


def wait_for_a_program_unless_told(note: str) -> str:
    """Wait for ever the first time, and be done the second."""
    told = Path(f"{note}.told")
    if not told.exists():
        told.touch()
        wait_for_a_program(note)
    return "done"


def loop_for_ever() -> None:
    while True:
        pass


def rest(seconds: float) -> str:
    time.sleep(seconds)
    return "rested"


def eat_memory() -> int:
    return len(bytearray(2 * LIMITS.worker_memory_bytes))


def eat_memory_in_opencv() -> None:
    import cv2
    import numpy as np

    cv2.resize(np.zeros((9, 9), np.uint8), (30_000, 30_000))


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def wait_for_a_program(note: str) -> None:
    program = subprocess.Popen(["sleep", "1000"])
    Path(note).write_text(f"{os.getpid()} {program.pid} ", "utf-8")
    program.wait()


def die_while_a_program_runs(note: str) -> None:
    program = subprocess.Popen(["sleep", "1000"])
    Path(note).write_text(f"{os.getpid()} {program.pid} ", "utf-8")
    die()


def describe() -> dict[str, object]:
    import cv2
    from PIL import Image

    return {
        "cv2 threads": cv2.getNumThreads(),
        "tesseract threads": os.environ["OMP_THREAD_LIMIT"],
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "pixels": Image.MAX_IMAGE_PIXELS,
        "ctrl-c": signal.getsignal(signal.SIGINT),
    }


def shout() -> None:
    print("noise", flush=True)
    subprocess.run(["echo", "more noise"], check=True)


def complain() -> None:
    logging.getLogger("library").warning("found on the paper: NGUYỄN VĂN AN")


# --- the rules ---------------------------------------------------------------------------------------------------


def test_a_task_gives_what_its_function_gives(workers):
    futures = [workers.submit(double, number, seconds=PLENTY) for number in range(20)]
    assert [future.result() for future in futures] == [2 * number for number in range(20)]


def test_a_problem_comes_through_and_gets_its_place(workers):
    error = problem_of(workers.submit(damaged, seconds=PLENTY, file="a.pdf", page=1))
    assert (error.kind, error.problem.detail) == (FILE_DAMAGED, "It is cut off.")
    assert (error.problem.file, error.problem.page) == ("a.pdf", 3)


@pytest.mark.parametrize(
    ("task", "expected"),
    [(defective, ZeroDivisionError), (fussy, RuntimeError), (unpicklable, (AttributeError, TypeError))],
)
def test_a_defect_stays_a_defect(workers, task, expected):
    error = workers.submit(task, seconds=PLENTY).exception()
    assert isinstance(error, expected)


def test_a_defect_says_where_in_the_worker_it_was(workers):
    error = workers.submit(defective, seconds=PLENTY).exception()
    assert any("in defective" in note for note in error.__notes__)


@pytest.mark.parametrize(
    ("poison", "seconds", "said"),
    [
        (loop_for_ever, 0.5, "after 0.5 seconds of processor time"),
        (eat_memory, PLENTY, "more than 512 MiB"),
        (eat_memory_in_opencv, PLENTY, "more than 512 MiB"),
        (die, PLENTY, "SIGSEGV"),
        (leave, PLENTY, "exit code 3"),
    ],
)
def test_a_poison_page_costs_itself_not_its_neighbours(workers, poison, seconds, said):
    before = [workers.submit(double, number, seconds=PLENTY) for number in range(5)]
    poisoned = workers.submit(poison, seconds=seconds, file="a.pdf", page=7)
    after = [workers.submit(double, number, seconds=PLENTY) for number in range(5)]
    error = problem_of(poisoned)
    assert error.kind == PAGE_FAILED
    assert said in error.problem.detail
    assert (error.problem.file, error.problem.page) == ("a.pdf", 7)
    assert [future.result() for future in before + after] == [0, 2, 4, 6, 8] * 2


def test_a_task_that_has_to_wait_for_the_machine_is_not_held_to_its_processor_time():
    with Workers(1, LIMITS.model_copy(update={"busy": 1000.0})) as pool:
        pool.submit(double, 1, seconds=PLENTY).result()  # so that this module is loaded
        assert pool.submit(rest, 0.5, seconds=0.2).result(timeout=PLENTY) == "rested"


def test_a_task_whose_worker_somebody_kills_is_tried_once_more(workers, note):
    task = workers.submit(wait_for_a_program_unless_told, note.path, seconds=PLENTY)
    os.kill(note.pids()[0], signal.SIGKILL)
    assert task.result(timeout=PLENTY) == "done"


def test_a_worker_that_dies_idle_costs_nobody(workers):
    for pid in {workers.submit(os.getpid, seconds=PLENTY).result() for _ in range(5)}:
        os.kill(pid, signal.SIGKILL)
        assert has_ended(pid)
    assert workers.submit(double, 4, seconds=PLENTY).result() == 8


@pytest.mark.parametrize(("task", "seconds"), [(wait_for_a_program, 0.4), (die_while_a_program_runs, PLENTY)])
def test_a_task_leaves_no_program_behind(workers, note, task, seconds):
    assert problem_of(workers.submit(task, note.path, seconds=seconds)).kind == PAGE_FAILED
    assert all(has_ended(pid) for pid in note.pids())


def test_workers_are_confined_to_one_thread_and_their_limits(workers):
    memory = LIMITS.worker_memory_bytes
    assert workers.submit(describe, seconds=PLENTY).result() == {
        "cv2 threads": 1,
        "tesseract threads": "1",
        "memory": (memory, memory),
        "core": (0, 0),
        "pixels": LIMITS.page_pixels,
        "ctrl-c": signal.SIG_IGN,
    }


def test_workers_print_nothing_on_standard_output(workers, capfd):
    workers.submit(shout, seconds=PLENTY).result()
    assert capfd.readouterr().out == ""


def test_what_libraries_say_about_a_paper_is_not_printed(workers, capfd):
    workers.submit(complain, seconds=PLENTY).result()
    assert capfd.readouterr().err == ""


def test_leaving_by_an_exception_stops_what_runs_and_what_waits(note):
    with suppress(KeyboardInterrupt), Workers(1, LIMITS) as pool:
        running = pool.submit(wait_for_a_program, note.path, seconds=1000)
        waiting = pool.submit(double, 1, seconds=PLENTY)
        pids = note.pids()
        raise KeyboardInterrupt
    assert all(has_ended(pid) for pid in pids)
    assert isinstance(running.exception(timeout=PLENTY), CancelledError)
    assert waiting.cancelled()
    assert not pool.scratch.exists()


def test_leaving_otherwise_waits_for_what_was_submitted():
    with Workers(1, LIMITS) as pool:
        futures = [pool.submit(double, number, seconds=PLENTY) for number in range(3)]
    assert [future.result(timeout=0) for future in futures] == [0, 2, 4]


def run_for_ever(note: str) -> None:
    with Workers(1, LIMITS) as pool:
        (pool.scratch / "page.png").touch()
        print(pool.scratch, flush=True)
        pool.submit(wait_for_a_program, note, seconds=1000).result()


def test_a_killed_run_leaves_no_process_and_the_next_one_removes_its_folder(note):
    script = f"from {__name__} import run_for_ever; run_for_ever({note.path!r})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as run:
        scratch = Path(run.stdout.readline().strip())
        pids = note.pids()
        run.kill()
    assert all(has_ended(pid) for pid in pids)
    assert (scratch / "page.png").exists()
    with Workers(1, LIMITS):
        assert not scratch.exists()


def test_a_run_leaves_the_folders_of_others_alone():
    with Workers(1, LIMITS) as first:
        with Workers(1, LIMITS) as second:
            assert first.scratch.is_dir()
            assert second.scratch.is_dir()
        assert first.scratch.is_dir()
        assert not second.scratch.exists()


@given(st.integers(1, 512), st.integers(0, 2**50), st.integers(256 * 1024**2, 2**40))
def test_there_are_no_more_workers_than_cores_and_memory_allow(cores, memory, each):
    count = worker_count(cores, memory, Limits(worker_memory_bytes=each))
    assert 1 <= count <= cores
    assert count == 1 or count * each <= memory


def test_this_machine_has_a_core_and_memory():
    assert 1 <= available_cores() <= os.cpu_count()
    assert available_memory() > LIMITS.worker_memory_bytes
