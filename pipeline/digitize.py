"""The whole journey of a scan up to its fields, with no orchestrator and no store."""

import errno
from abc import abstractmethod
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from pipeline.admit import Admitted, admit
from pipeline.read import read_page
from pipeline.understand import Understood, understand
from pipeline.workers import Workers
from schemas.document_type import document_types
from schemas.page import PageReading
from schemas.problem import PAGE_FAILED, STORE_FULL, ProblemError
from schemas.settings import Limits

T = TypeVar("T")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})


class Watcher(Protocol):
    """Told about progress, from several threads."""

    @abstractmethod
    def pages_found(self, count: int) -> None:
        """Say that a file with *count* pages was admitted."""

    @abstractmethod
    def page_read(self) -> None:
        """Say that a page was read."""

    @abstractmethod
    def file_done(self) -> None:
        """Say that a file is done or was refused."""


class Unwatched(Watcher):
    """For when nobody looks."""

    def pages_found(self, count: int) -> None:
        """Tell nobody."""

    def page_read(self) -> None:
        """Tell nobody."""

    def file_done(self) -> None:
        """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digitized:
    """A file that was read, and the documents that were found in it."""

    file: Admitted
    readings: tuple[PageReading, ...]
    documents: tuple[Understood, ...]


def digitize(path: Path, name: str, workers: Workers, limits: Limits, watcher: Watcher) -> Digitized:
    """Admit and read one file, its pages side by side, and understand what it says.

    Args:
        path: where the bytes are.
        name: what people call the file, for messages.
        workers: the pool in which foreign bytes are touched, never here.
        limits: what the file and each page may cost.
        watcher: told about progress.

    Raises:
        ProblemError: the file was refused, or a page of it could not be read within the limits.
    """
    file = settled(workers.submit(admit, path, limits, seconds=limits.file_seconds, file=name), name)
    watcher.pages_found(file.page_count)
    tasks = [
        workers.submit(
            read_page, path, file.media_type, number, limits, seconds=limits.page_seconds, file=name, page=number
        )
        for number in range(1, file.page_count + 1)
    ]
    readings = []
    for number, task in enumerate(tasks, start=1):
        readings.append(settled(task, name, number))
        watcher.page_read()
    return Digitized(file=file, readings=tuple(readings), documents=understand(readings, document_types()))


def settled(task: Future[T], name: str, page: int | None = None) -> T:
    """Return what a task on foreign bytes came to; whatever it raises, only its own file is refused.

    Raises:
        ProblemError: the task's own; `page-failed` for anything else, which is a defect that the file brought to light.
    """
    try:
        return task.result()
    except (ProblemError, CancelledError):
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise STORE_FULL.error("there is no room for temporary files") from error
        raise _broken(error, name, page) from error
    except Exception as error:  # foreign bytes make libraries raise anything
        raise _broken(error, name, page) from error


def _broken(error: Exception, name: str, page: int | None) -> ProblemError:
    return PAGE_FAILED.error(f"it broke a reader ({type(error).__name__})", file=name, page=page)
