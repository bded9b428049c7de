"""Files that appear whole or not at all, and that a power cut does not take back once the call has returned."""

import fcntl
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

_DRAFT = ".part"
_MODE = 0o640


def create(
    path: Path,
    chunks: Iterable[bytes],
    *,
    drafts: Path,
    mode: int = _MODE,
    attributes: Mapping[str, bytes] | None = None,
) -> bool:
    """Create the file *path* from *chunks*; return False if it is there already, and leave it as it is.

    Args:
        path: the file; folders above it are made.
        chunks: its content. If this raises, nothing is created.
        drafts: an existing folder on the same file system, where the file is until it is whole.
        mode: permission bits.
        attributes: extended attributes, where the file system keeps such.
    """
    # The folder is synced also when another writer was first: our caller relies on the name too, and they may not
    # have come this far.
    return _written(path, chunks, drafts, mode, attributes or {}, _link)


def replace(path: Path, chunks: Iterable[bytes], *, drafts: Path, attributes: Mapping[str, bytes]) -> None:
    """Make the file *path* from *chunks*, in the place of what is there; arguments as for `create`."""
    _written(path, chunks, drafts, _MODE, attributes, _rename)


def _written(
    path: Path,
    chunks: Iterable[bytes],
    drafts: Path,
    mode: int,
    attributes: Mapping[str, bytes],
    name: Callable[[Path, Path], bool],
) -> bool:
    draft, file = _open_draft(drafts, mode)
    try:
        with file:
            file.writelines(chunks)
            file.flush()
            _describe(file, attributes)
            os.fsync(file.fileno())
            make_folder(path.parent)
            named = name(draft, path)
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return named


def make_folder(folder: Path) -> None:
    """Make *folder* and the folders above it, durably, and for this user alone: what they will hold is about people.

    Folders that are there stay as open as whoever made them wants them.
    """
    missing = [folder, *folder.parents]
    while missing[-1].is_dir():
        missing.pop()
        if not missing:
            return
    for each in reversed(missing):
        each.mkdir(exist_ok=True, mode=0o700)
        sync_folder(each.parent)


def sweep(drafts: Path) -> None:
    """Remove the drafts of writers that were killed; those of living writers are locked and stay."""
    for draft in drafts.glob(f"*{_DRAFT}"):
        try:
            with draft.open("rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                draft.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue


def _open_draft(drafts: Path, mode: int) -> tuple[Path, BinaryIO]:
    """Return a new file that is locked for as long as it is open: the sign that its writer lives."""
    while True:
        draft = drafts / f"{uuid4().hex}{_DRAFT}"
        file = os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode), "wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return draft, file
        file.close()  # swept away between being made and being locked


def _describe(file: BinaryIO, attributes: Mapping[str, bytes]) -> None:
    try:
        for name, value in attributes.items():
            os.setxattr(file.fileno(), f"user.{name}", value)
    except OSError:
        return  # not every file system keeps attributes; no promise rests on them


def _link(draft: Path, path: Path) -> bool:
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    return True


def _rename(draft: Path, path: Path) -> bool:
    draft.replace(path)
    return True


def sync_folder(folder: Path) -> None:
    """Return once the names in *folder* survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
