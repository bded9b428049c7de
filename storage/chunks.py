"""Bytes in pieces: read from files, and checked against the hash that they must have."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.digest import Sha256
from schemas.problem import FILE_MISSING, FILE_UNREADABLE, INTEGRITY_MISMATCH

SIZE = 1024 * 1024
"""Bytes in one piece."""


def of_file(path: Path) -> Iterator[bytes]:
    """Yield the content of a file that somebody handed us.

    Raises:
        ProblemError: `file-missing` or `file-unreadable`.
    """
    try:
        with path.open("rb") as file:
            while chunk := file.read(SIZE):
                yield chunk
    except FileNotFoundError as error:
        raise FILE_MISSING.error("it is not there any more", file=str(path)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or str(error), file=str(path)) from error


def checked(chunks: Iterable[bytes], sha256: Sha256, *, name: str) -> Iterator[bytes]:
    """Yield *chunks*, and raise `integrity-mismatch` in place of the last one unless their hash is *sha256*.

    So whoever passes them on to a file or a socket never completes a wrong whole. *name* is for the message.
    """
    found = hashlib.sha256()
    held = b""
    for chunk in chunks:
        found.update(chunk)
        if held:
            yield held
        held = chunk
    if found.hexdigest() != sha256:
        raise INTEGRITY_MISMATCH.error(f"{name}: expected sha256 {sha256}, found {found.hexdigest()}")
    yield held


def write(chunks: Iterable[bytes], path: Path) -> None:
    """Write *chunks* to the file *path*, which appears only when they all came."""
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(chunks)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
