"""Files that a power cut does not take back once the call has returned, on Windows as on Linux."""

import os
from collections.abc import Iterable
from pathlib import Path

_OURS_ALONE = 0o600


def write(path: Path, content: bytes) -> None:
    """Write a file *path*, or put *content* in the place of the old one: nobody ever sees half of it."""
    draft = path.with_name(f"{path.name}.part")
    create(draft, [content])
    draft.replace(path)
    sync_folder(path.parent)


def create(path: Path, chunks: Iterable[bytes]) -> None:
    """Write *chunks* into *path*, for this user alone. Its name is durable only once the folder is synced."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, _OURS_ALONE), "wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make *folder* and the folders above it, for this user alone: what they will hold is about people."""
    for each in reversed([folder, *folder.parents]):
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)
            sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable. Windows keeps them in its journal and opens no folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
