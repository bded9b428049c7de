"""The whole journey of a scan up to its fields, with no orchestrator and no store."""

import errno
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol, TypeVar

from pipeline.admit import Admitted, admit
from pipeline.read import read_again, read_page
from pipeline.understand import Understood, understand
from pipeline.understand.split import Papers
from pipeline.workers import Workers
from schemas.document_type import document_types
from schemas.page import PageReading, Spot, Word
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


def digitize(
    path: Path, name: str, workers: Workers, limits: Limits, watcher: Watcher, papers: Papers | None = None
) -> Digitized:
    """Admit and read one file, its pages side by side, and understand what it says.

    Args:
        path: where the bytes are.
        name: what people call the file, for messages.
        workers: the pool in which foreign bytes are touched, never here.
        limits: what the file and each page may cost.
        watcher: told about progress.
        papers: which pages make up which paper, where a person said so.

    Raises:
        ProblemError: the file was refused, or a page of it could not be read within the limits.
    """
    file = settled(workers.submit(admit, path, limits, seconds=limits.file_seconds, file=name), name)
    watcher.pages_found(file.page_count)
    types = document_types()
    with TemporaryDirectory(dir=workers.scratch, ignore_cleanup_errors=True) as folder:
        scan = _Scan(path, name, file.media_type, Path(folder), workers, limits)
        readings = []
        for number, task in enumerate([scan.read(number) for number in range(1, file.page_count + 1)], start=1):
            readings.append(settled(task, name, number))
            watcher.page_read()
        documents = understand(readings, types, papers=papers)
        opinions = scan.second_opinions(readings, [spot for document in documents for spot in document.doubts])
    if opinions:
        documents = understand(readings, types, opinions, papers)
    return Digitized(file=file, readings=tuple(readings), documents=documents)


class _Scan(NamedTuple):
    """An admitted file whose pages are being read."""

    path: Path
    name: str
    media_type: str
    folder: Path
    """For what a page's second reading needs of its first."""
    workers: Workers
    limits: Limits

    def read(self, number: int) -> Future[PageReading]:
        seconds = self.limits.page_seconds
        args = (self.path, self.media_type, number, self.limits, self._ink(number))
        return self.workers.submit(read_page, *args, seconds=seconds, file=self.name, page=number)

    def second_opinions(self, readings: Sequence[PageReading], doubts: Iterable[Spot]) -> dict[Spot, tuple[Word, ...]]:
        """Return what is read at the doubtful spots, page by page, the pages side by side.

        A page that cannot be read a second time leaves its doubts as they are.
        """
        by_page: dict[int, list[Spot]] = {}
        for spot in doubts:
            by_page.setdefault(spot.page, []).append(spot)
        tasks = [
            self._read_again(reading, spots) for reading in readings if (spots := by_page.get(reading.page.number))
        ]
        opinions: dict[Spot, tuple[Word, ...]] = {}
        for task in tasks:
            try:
                again = settled(task, self.name)
            except ProblemError as error:
                if error.kind is not PAGE_FAILED:
                    raise
            else:
                opinions |= again
        return opinions

    def _read_again(self, reading: PageReading, spots: Sequence[Spot]) -> Future[dict[Spot, tuple[Word, ...]]]:
        number, seconds = reading.page.number, self.limits.page_seconds
        args = (self.path, self.media_type, reading, spots, self._ink(number), self.limits)
        return self.workers.submit(read_again, *args, seconds=seconds, file=self.name, page=number)

    def _ink(self, number: int) -> Path:
        return self.folder / f"{number}.png"


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
