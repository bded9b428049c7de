"""CPU seconds, wall seconds and peak memory of whole commands, children included."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

_FINE = frozenset({0, 21, 27})
"""Exit codes of work that was done: also what waits for review, and what was done in part."""


class Cost(NamedTuple):
    """What some work cost."""

    cpu: float
    """Seconds of the process and of all that it waited for."""
    wall: float
    peak_bytes: int
    """Of the largest process."""


class Run(NamedTuple):
    """What a command printed, and what that cost."""

    cost: Cost
    output: bytes


def run(command: Sequence[str], **environment: str) -> Run:
    """Run a command.

    Raises:
        subprocess.CalledProcessError: it did not do its work.
    """
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        if process.returncode not in _FINE:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return Run(Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024), output.read())


def run_each(commands: Iterable[Sequence[str]], at_once: int, **environment: str) -> tuple[Cost, list[bytes]]:
    """Run some commands, so many at once; return what they cost together and what each printed."""
    begin = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        runs = list(pool.map(lambda command: run(command, **environment), commands))
    cpu, peak = sum(each.cost.cpu for each in runs), max(each.cost.peak_bytes for each in runs)
    return Cost(cpu, time.monotonic() - begin, peak), [each.output for each in runs]
