"""Files as received, and copies: kept under the hash of their bytes, checked against it whenever they are read."""

from collections.abc import Iterator
from pathlib import Path

from schemas.digest import Sha256
from storage import chunks, keys
from storage.port import ObjectStore


def read(store: ObjectStore, sha256: Sha256) -> Iterator[bytes]:
    """Return a kept file in pieces; the last one comes only if they have the right hash.

    Raises:
        ObjectMissingError: at once, if it is not kept.
        ProblemError: `integrity-mismatch`, in place of the last piece.
    """
    return store.read(keys.file(sha256), sha256)


def fetch(store: ObjectStore, sha256: Sha256, path: Path) -> None:
    """Write a kept file to *path*, which appears only when it is whole and checked; errors as for `read`."""
    chunks.write(read(store, sha256), path)
