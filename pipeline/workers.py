"""The pool of worker processes: one page or file at a time, one thread each, within limits on memory and time.

A task that runs too long, needs too much memory or ends its process costs itself; the others go on. What counts is
processor time, so that no page is refused because others had the machine.

Each worker leads a process group, and every program that a task starts has to stay in that group (no
`start_new_session`, no `process_group`): so nothing of a task outlives its time-out, its worker, or us.

Own code instead of a library's pool: where all workers share one pipe and one lock, a worker that dies idle or an error
that does not unpickle breaks the pool for its neighbours, and the programs that a killed worker started live on.
"""

import fcntl
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, TypeVarTuple

from schemas.problem import PAGE_FAILED, ProblemError
from schemas.settings import Limits

if TYPE_CHECKING:
    from pipeline.worker import Answer

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_START_SECONDS = 60.0
"""How long a worker may take until it is ready for its first task."""
_LOOK_SECONDS = 0.1
"""A task near its end is not looked at more often."""
_TASKS_A_PROCESS = 200
"""Then a new process takes over, so that what libraries leak is never held against a page."""
_SCRATCH_PREFIX = "sohoa-scratch-"
_SERVE = "from pipeline.worker import main; main()"
"""Not `-m`: what travels between us must have one name on both sides."""


class Workers:
    """A pool of worker processes and a folder for temporary files, both gone when the `with` block ends.

    Leaving the block by an exception, Ctrl-C too, stops what still runs; otherwise leaving waits for it.
    """

    count: int
    """How many tasks run at the same time."""
    scratch: Path
    """A folder for this run's temporary files. When a run is killed, the next one removes its folder."""

    def __init__(self, count: int | None, limits: Limits) -> None:
        """Make a pool; a process starts when the first task needs it.

        Args:
            count: worker processes; None: one for each core that this process may use, as far as memory allows.
            limits: what each of them may use.
        """
        self.count = count or worker_count(available_cores(), available_memory(), limits)
        self._scratch = _Scratch.make()
        self.scratch = self._scratch.path
        self._workers = [_Worker(limits, self.scratch) for _ in range(self.count)]
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(self.count, thread_name_prefix="worker")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._threads.shutdown(wait=error is None, cancel_futures=error is not None)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            for worker in self._workers:
                worker.stop()
            self._threads.shutdown()
            for worker in self._workers:
                worker.end_process()
            self._scratch.remove()

    def submit(
        self,
        function: Callable[[*Ts], T],
        *args: *Ts,
        seconds: float,
        file: str | None = None,
        page: int | None = None,
    ) -> Future[T]:
        """Return the future of `function(*args)`, run by a worker as soon as one is free.

        Args:
            function: a function at the top level of a module; it, its arguments and its result have to pickle.
            args: what it is called with.
            seconds: processor time that it and all programs that it starts may use; wall time: see `Limits.busy`.
            file: fills in a problem that does not say which file.
            page: fills in a problem that does not say which page.

        The future raises what the function raises, and ProblemError `page-failed` when the function takes too long,
        needs too much memory or ends its process.
        """
        return self._threads.submit(self._run, function, args, seconds, file, page)

    def _run(
        self,
        function: Callable[[*Ts], T],
        args: tuple[*Ts],
        seconds: float,
        file: str | None,
        page: int | None,
    ) -> T:
        worker = self._idle.get()
        try:
            result: T = worker.run(pickle.dumps((function, args)), seconds)
        except ProblemError as error:
            raise error.at(file=file, page=page) from None
        finally:
            self._idle.put(worker)
        return result


def worker_count(cores: int, memory_bytes: int, limits: Limits) -> int:
    """Return how many workers to start: one a core, as far as each can have the memory it may use; at least one."""
    return max(1, min(cores, memory_bytes // limits.worker_memory_bytes))


def available_cores() -> int:
    """Return how many cores this process may use, by its affinity and the quota of its control group."""
    cores = len(os.sched_getaffinity(0))
    quota, _, period = _control_group("cpu.max").partition(" ")
    return max(1, min(cores, int(quota) // int(period))) if quota.isdigit() else cores


def available_memory() -> int:
    """Return how many bytes of memory this process may use, by the machine and the limit of its control group."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _control_group("memory.max")
    return min(memory, int(limit)) if limit.isdigit() else memory


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and all below it have used, also those that have ended (Linux).

    Of one that is gone there is nothing to be read: 0.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for thread in threads for child in (thread / "children").read_text("utf-8").split()]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, cutime, cstime: proc(5)
    return own + sum(map(cpu_seconds, map(int, children)))


def _control_group(name: str) -> str:
    """Return what the control group (version 2) says under *name*; empty where there is none."""
    with suppress(OSError, StopIteration):
        groups = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
        own = next(line.removeprefix("0::/") for line in groups if line.startswith("0::/"))
        return Path("/sys/fs/cgroup", own, name).read_text("utf-8").strip()
    return ""


class _ProcessDiedError(Exception):
    """A worker process ended in the middle of a task; the text says how."""


class _Worker:
    """One place in the pool, and the process that sits in it: started when needed, replaced when it ended."""

    def __init__(self, limits: Limits, scratch: Path) -> None:
        self._limits = limits
        self._scratch = scratch
        self._process: _Process | None = None
        self._tasks = 0
        self._stopped = False
        self._lock = Lock()

    def run(self, call: bytes, seconds: float) -> Any:  # noqa: ANN401 - what the task returns
        """Return what the pickled *call* returns, or raise what it raises.

        When the process dies it is tried once more: somebody else may have killed it, such as a system short of memory.
        """
        try:
            return self._try(call, seconds)
        except _ProcessDiedError:
            try:
                return self._try(call, seconds)
            except _ProcessDiedError as died:
                raise PAGE_FAILED.error(f"The process that worked on it ended with {died}, twice.") from None

    def _try(self, call: bytes, seconds: float) -> Any:  # noqa: ANN401 - what the task returns
        process = self._ready_process()
        self._tasks += 1
        try:
            process.calls.send_bytes(call)
            self._await(process, seconds)
            answer: Answer = pickle.loads(process.calls.recv_bytes())  # noqa: S301 - from our own process
        except (EOFError, ConnectionError):
            raise _ProcessDiedError(self.end_process()) from None
        if isinstance(answer.error, MemoryError):
            self.end_process()
            detail = f"The work on it needs more than {self._limits.worker_memory_bytes // 1024**2} MiB of memory."
            raise PAGE_FAILED.error(detail)
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _await(self, process: "_Process", seconds: float) -> None:
        """Return when there is an answer; stop what takes longer than it may."""
        before, began, wall = process.cpu_seconds(), time.monotonic(), self._limits.wall_seconds(seconds)
        left = seconds
        while not process.calls.poll(max(left, _LOOK_SECONDS)):
            # With one thread, what is left of its processor time cannot be used up earlier than that.
            used, took = process.cpu_seconds() - before, time.monotonic() - began
            left = min(seconds - used, wall - took)
            if left <= 0:
                self.end_process()
                what = f"{seconds:g} seconds of processor time" if used >= seconds else f"{wall:g} seconds"
                detail = f"The work on it was stopped after {what}."
                raise PAGE_FAILED.error(detail)

    def stop(self) -> None:
        """Kill the process, from any thread; no other one will follow it."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def end_process(self) -> str:
        """Kill the process, if there is one, with all that it started, and return how it ended."""
        process, self._process, self._tasks = self._process, None, 0
        return process.end() if process is not None else "nothing"

    def _ready_process(self) -> "_Process":
        if self._process is not None and (self._tasks >= _TASKS_A_PROCESS or not self._process.is_alive()):
            self.end_process()
        if self._process is not None:
            return self._process
        with self._lock:
            if self._stopped:
                raise CancelledError
            process = self._process = _Process(self._limits, self._scratch)
        if not process.is_ready(_START_SECONDS):
            message = f"a worker process did not start: it ended with {self.end_process()}"
            raise RuntimeError(message)
        return process


class _Process:
    """A running worker process and the two pipes to it."""

    def __init__(self, limits: Limits, scratch: Path) -> None:
        # Not by `multiprocessing`: it would first import, in each worker, the program that we are.
        self.calls, their_calls = Pipe()
        their_lifeline, self._lifeline = Pipe(duplex=False)
        with their_calls, their_lifeline:
            handles = their_calls.fileno(), their_lifeline.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _SERVE, *map(str, handles)],
                pass_fds=handles,
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        with suppress(ConnectionError):  # whether it lives is asked next
            self.calls.send((limits, scratch))

    def is_ready(self, seconds: float) -> bool:
        """Return whether the process says, within *seconds*, that it can take calls."""
        with suppress(EOFError, ConnectionError):
            return self.calls.poll(seconds) and bool(self.calls.recv_bytes())
        return False

    def is_alive(self) -> bool:
        # Not by reaping it: as long as it is not reaped, its number cannot go to another process or group.
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def cpu_seconds(self) -> float:
        """Return what the process has used so far, with every program that it started."""
        return cpu_seconds(self._process.pid)

    def kill(self) -> None:
        """Kill the process and every program that it started."""
        with suppress(ProcessLookupError):  # it was ended meanwhile
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> str:
        """Kill what is left, close the pipes, and return how the process ended."""
        self.kill()
        code = self._process.wait()
        self.calls.close()
        self._lifeline.close()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class _Scratch(NamedTuple):
    """A temporary folder, locked (flock(2)) for as long as its process lives."""

    path: Path
    lock: int

    @classmethod
    def make(cls) -> Self:
        """Return a new folder, after removing those whose process is gone."""
        for path in Path(tempfile.gettempdir()).glob(f"{_SCRATCH_PREFIX}*"):
            with suppress(OSError):  # another user's, or in use
                cls._lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB).remove()
        while True:
            path = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX))
            with suppress(FileNotFoundError):  # another start took it for abandoned, before it was locked
                return cls._lock(path, fcntl.LOCK_EX)

    @classmethod
    def _lock(cls, path: Path, how: int) -> Self:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, how)
            path.stat()
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)
