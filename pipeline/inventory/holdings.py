"""The files of an inventory: in folders, and in archives, which are never unpacked by the names that they give.

An archive is foreign: what is in it may be called like a system file, be there twice, be packed in itself, or grow a
thousandfold. Each entry is judged by what the archive says before any of it is read, and no more is read than that.
"""

import hashlib
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from pipeline.tools import spreadsheet
from schemas.digest import Sha256
from schemas.problem import (
    ARCHIVE_UNSAFE,
    FILE_DAMAGED,
    FILE_EMPTY,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    SCAN_CHANGED,
    ProblemError,
)
from schemas.settings import Limits
from schemas.vietnam import TIME_ZONE

SCANS = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})

_TAKEN = SCANS | spreadsheet.SUFFIXES
_ARCHIVES = frozenset({".zip"})
_NO_ARCHIVE = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
"""What `zipfile` raises for an archive that it cannot open; the last one where it does not know how it was made."""
_MOST_ENTRIES = 100_000
_MOST_GROWTH = 200
"""An entry that would grow more than this when unpacked is no scan: those are compressed already."""
_SMALL = 1024**2
"""Below this many bytes, growth does no harm."""
_PIECE = 1024**2
_UNSAFE_NAME = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f\x7f]")


class Holding(NamedTuple):
    """A scan or a table of an inventory."""

    path: Path
    """The file, or the archive that it is in."""
    entry: str | None
    """Its name in the archive."""
    name: str
    """Its path in the inventory: what people call it."""
    size: int
    at: datetime
    """When it was last changed."""

    @property
    def is_table(self) -> bool:
        """Whether it holds rows."""
        return Path(self.name).suffix.lower() in spreadsheet.SUFFIXES


class Unfit(NamedTuple):
    """A file of an inventory that cannot be taken, and why."""

    name: str
    problem: ProblemError


def holdings(top: Path, home: Path, limits: Limits) -> Iterator[Holding | Unfit]:
    """Yield every scan and every table of an inventory, in the order of their paths; others are left alone.

    Args:
        top: a folder, an archive, or a table, whose scans are then in its folder.
        home: a folder that is not searched, because what is in it was taken in already.
        limits: how large a file may be.

    Raises:
        ProblemError: `file-missing`, `file-unreadable` for the inventory itself.
    """
    try:
        kind = top.stat().st_mode
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is nothing of this name", file=str(top)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=str(top)) from error
    if stat.S_ISDIR(kind):
        yield from _in_folder(top, home.resolve(), limits)
    elif top.suffix.lower() in _ARCHIVES:
        yield from _in_archive(top, top.name, limits)
    else:
        for found in _in_folder(top.parent, home.resolve(), limits):
            is_other_table = isinstance(found, Holding) and found.is_table and found.path != top
            if not is_other_table:
                yield found


def _in_folder(top: Path, home: Path, limits: Limits) -> Iterator[Holding | Unfit]:
    closed: list[OSError] = []
    for folder, folders, names in os.walk(top, onerror=closed.append):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(folder, name).resolve() != home
        )
        for name in sorted(names):
            path = Path(folder, name)
            shown = _shown(os.fsencode(path.relative_to(top)).decode("utf-8", "replace"))
            suffix = path.suffix.lower()
            if name.startswith("."):
                continue
            if suffix in _ARCHIVES:
                yield from _in_archive(path, shown, limits)
            elif suffix in _TAKEN:
                yield _file(path, shown, limits)
    for error in closed:
        where = _shown(os.path.relpath(error.filename, top))
        yield Unfit(where, FILE_UNREADABLE.error(error.strerror or "the folder cannot be opened", file=where))


def _shown(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/")


def _file(path: Path, name: str, limits: Limits) -> Holding | Unfit:
    try:
        facts = path.lstat()
    except OSError as error:
        return Unfit(name, FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=name))
    if not stat.S_ISREG(facts.st_mode):
        return Unfit(name, FILE_UNREADABLE.error("it is a link, a pipe, a socket or a device", file=name))
    wrong = _size_problem(facts.st_size, name, limits)
    return wrong or Holding(path, None, name, facts.st_size, datetime.fromtimestamp(int(facts.st_mtime), UTC))


def _size_problem(size: int, name: str, limits: Limits) -> Unfit | None:
    if size == 0:
        return Unfit(name, FILE_EMPTY.error("0 bytes", file=name))
    if size > limits.file_bytes:
        said = f"{size} bytes; at most {limits.file_bytes} are taken"
        return Unfit(name, FILE_TOO_LARGE.error(said, file=name))
    return None


# --- archives --------------------------------------------------------------------------------------------------
def _in_archive(path: Path, name: str, limits: Limits) -> Iterator[Holding | Unfit]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except _NO_ARCHIVE as error:
        yield Unfit(name, FILE_DAMAGED.error(f"it is no archive that can be read ({type(error).__name__})", file=name))
        return
    if len(entries) > _MOST_ENTRIES:
        said = f"{len(entries)} entries; at most {_MOST_ENTRIES} are taken"
        yield Unfit(name, ARCHIVE_UNSAFE.error(said, file=name))
        return
    times = Counter(_shown(entry.filename) for entry in entries)
    for entry in sorted(entries, key=lambda entry: entry.filename):
        suffix = Path(entry.filename).suffix.lower()
        if not entry.is_dir() and suffix in _TAKEN | _ARCHIVES:
            yield _entry(path, entry, f"{name}!{_shown(entry.filename)}", limits, times)


def _entry(path: Path, entry: zipfile.ZipInfo, name: str, limits: Limits, times: Counter[str]) -> Holding | Unfit:
    unsafe = _danger(entry, times)
    if unsafe is not None:
        return Unfit(name, ARCHIVE_UNSAFE.error(unsafe, file=name))
    return _size_problem(entry.file_size, name, limits) or Holding(
        path, entry.filename, name, entry.file_size, _entry_time(entry)
    )


def _danger(entry: zipfile.ZipInfo, times: Counter[str]) -> str | None:
    """Return what is dangerous about an entry, None if nothing is."""
    grows = entry.file_size > _SMALL and entry.file_size > _MOST_GROWTH * entry.compress_size
    dangers = {
        "its name leads out of the folder": _UNSAFE_NAME.search(entry.filename) is not None,
        "the archive holds several entries of this name": times[_shown(entry.filename)] > 1,
        "it is a link": stat.S_ISLNK(entry.external_attr >> 16),
        "it is locked with a password": bool(entry.flag_bits & 1),
        "it is an archive in an archive": Path(entry.filename).suffix.lower() in _ARCHIVES,
        f"{entry.compress_size} bytes would grow to {entry.file_size}": grows,
    }
    return next((danger for danger, is_there in dangers.items() if is_there), None)


def _entry_time(entry: zipfile.ZipInfo) -> datetime:
    """Return when an entry was changed: archives know the local time, and what they say may be no time at all."""
    try:
        return datetime(*entry.date_time, tzinfo=TIME_ZONE)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=TIME_ZONE)


def take_out(holding: Holding, path: Path) -> None:
    """Write the bytes of a file to *path*, not more of them than were announced; errors as for `digest`."""
    with path.open("wb") as taken:
        for piece in _pieces(holding):
            taken.write(piece)


def digest(holding: Holding) -> Sha256:
    """Return the SHA-256 of a file.

    Raises:
        ProblemError: `file-unreadable`, `file-damaged`; `scan-changed` if it is gone or has another size by now.
    """
    sha256 = hashlib.sha256()
    for piece in _pieces(holding):
        sha256.update(piece)
    return sha256.hexdigest()


@lru_cache(maxsize=4)
def _opened(path: Path, _changed: int) -> zipfile.ZipFile:
    """Return an archive that stays open: to read its directory anew for each of its entries would take hours."""
    return zipfile.ZipFile(path)


def _pieces(holding: Holding) -> Iterator[bytes]:
    try:
        with ExitStack() as stack:
            if holding.entry is None:
                content: IO[bytes] = stack.enter_context(holding.path.open("rb"))
            else:
                archive = _opened(holding.path, holding.path.stat().st_mtime_ns)
                content = stack.enter_context(archive.open(holding.entry))
            left = holding.size + 1
            while left > 0 and (piece := content.read(min(_PIECE, left))):
                yield piece
                left -= len(piece)
    except (FileNotFoundError, KeyError) as error:
        raise SCAN_CHANGED.error("it is not there any more", file=holding.name) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise FILE_DAMAGED.error(f"it cannot be unpacked ({type(error).__name__})", file=holding.name) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be read", file=holding.name) from error
    if left != 1:
        raise SCAN_CHANGED.error("it has another size than it had", file=holding.name)
