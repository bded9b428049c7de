"""The life of a worker process: it confines itself, then answers calls until there are none or it is killed."""

import ctypes
import errno
import fcntl
import logging
import os
import pickle
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from schemas.settings import Limits

_ONE_THREAD = dict.fromkeys(
    ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"
)
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""
_MORE_THAN_A_PICTURE = 2**30
"""Bytes."""


class Answer(NamedTuple):
    """What a call came to."""

    value: Any
    error: Exception | None


_OUT_OF_MEMORY = pickle.dumps(Answer(None, MemoryError()))  # made while there is memory


def main() -> None:
    """Answer calls until there are none: the life of a worker process, started with the handles of its two pipes."""
    calls, lifeline = (Connection(int(handle)) for handle in sys.argv[1:])
    _die_with(lifeline)
    with suppress(EOFError):
        limits, scratch = calls.recv()
        _confine(limits, scratch)
        calls.send_bytes(b"ready")
        while True:
            calls.send_bytes(_answer(calls.recv_bytes()))


def _answer(call: bytes) -> bytes:
    try:
        function, args = pickle.loads(call)  # noqa: S301 - from our own parent
        return pickle.dumps(Answer(function(*args), None))
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        return _OUT_OF_MEMORY if _is_out_of_memory(error) else pickle.dumps(Answer(None, _portable(error)))


def _is_out_of_memory(error: Exception) -> bool:
    cv2 = sys.modules.get("cv2")
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or (cv2 is not None and isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem)
    )


def _portable(error: Exception) -> Exception:
    """Return *error* with its traceback as a note, or a RuntimeError in its place if it would not survive the way."""
    error.add_note("".join(traceback.format_tb(error.__traceback__)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - just made
    except Exception:  # noqa: BLE001 - classes of libraries fail to unpickle in any way they like
        return RuntimeError(*traceback.format_exception_only(error))
    return error


def _die_with(lifeline: Connection) -> None:
    """Let the kernel kill this process and all that it starts as soon as the other end of *lifeline* closes.

    That happens when the parent dies, however it dies. The signal goes to the process group (fcntl(2), F_SETOWN), so
    it reaches a Tesseract in the middle of a page and a worker that is stuck in C code.
    """
    descriptor = lifeline.fileno()
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgid(0))
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_ASYNC)


def _confine(limits: Limits, scratch: Path) -> None:
    """Set this process's limits and make its libraries use one thread. They are not imported yet."""
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)  # what it leaves when it is killed goes with the run
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C stops
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # standard output is for data, and only the parent's
    os.environ.update(_ONE_THREAD)
    _, ceiling = resource.getrlimit(resource.RLIMIT_AS)
    memory = (
        limits.worker_memory_bytes if ceiling == resource.RLIM_INFINITY else min(limits.worker_memory_bytes, ceiling)
    )
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    _keep_freed_memory()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what is on the paper
    logging.getLogger().addHandler(logging.NullHandler())  # nor shall libraries print what they find in it

    from PIL import Image  # noqa: PLC0415 - only workers need it

    Image.MAX_IMAGE_PIXELS = limits.page_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def _keep_freed_memory() -> None:
    """Let the C library keep what a picture took for the next one: handed back each time, it has to be cleared anew."""
    library = ctypes.CDLL(None)
    for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
        library.mallopt(parameter, _MORE_THAN_A_PICTURE)
