"""The object store, as the rest of Sohoa sees it: named bytes that never change and are never deleted.

Adapters: a local folder (`storage/local.py`) and S3 (`storage/s3.py`); `tests/storage/test_contract.py` holds for both.
Their failures are `ProblemError`s: `store-unreachable` and `store-full` may pass, `configuration` needs a person,
`integrity-mismatch` means that stored bytes have changed. A key that breaks `keys.checked` is a `ValueError`: a defect.
"""

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.digest import Sha256
from schemas.problem import STORE_CONFLICT, ProblemError
from storage import chunks

BYTES = "application/octet-stream"


class ObjectInfo(NamedTuple):
    """What is known about an object without reading it."""

    size: int
    sha256: Sha256


class ObjectMissingError(LookupError):
    """There is no object under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no object under {key}")
        self.key = key


class ObjectStore(Protocol):
    """Create-only storage. Once a call that writes has returned, the object survives a power cut."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the store ready: create what is missing, clear away what killed writers left. Any number of times."""

    @abstractmethod
    def put(self, key: str, data: bytes, *, content_type: str = BYTES) -> None:
        """Store *data* under *key*, or find it stored there already.

        Raises:
            ProblemError: `store-conflict` if something else is stored there.
        """

    @abstractmethod
    def put_file(self, key: str, path: Path, *, sha256: Sha256, content_type: str = BYTES) -> None:
        """Store the file at *path*, as `put` does, without holding it in memory.

        Raises:
            ProblemError: `store-conflict`; `integrity-mismatch` if the file does not have the hash *sha256*;
                `file-missing` or `file-unreadable`.
        """

    @abstractmethod
    def read(self, key: str, sha256: Sha256 | None = None) -> Iterator[bytes]:
        """Return the object in pieces; after the last one it is known whether they are what was stored.

        Args:
            key: of the object.
            sha256: the hash that it must have; None: the one that was stored with it.

        Raises:
            ObjectMissingError: at once.
            ProblemError: `integrity-mismatch` in place of the end.
        """

    @abstractmethod
    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and hash of an object, None if there is none."""

    @abstractmethod
    def list(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """Yield the keys that begin with *prefix* and are greater than *start_after*, in byte order."""

    def get(self, key: str) -> bytes:
        """Return an object, checked against the hash that was stored with it.

        Raises:
            ObjectMissingError: if there is none.
            ProblemError: `integrity-mismatch`.
        """
        return b"".join(self.read(key))

    def address(self, key: str, content_type: str) -> str | None:  # noqa: ARG002 - for those that have one
        """Return where anybody can fetch an object within a minute, None if nowhere; it need not be there."""
        return None

    def get_to(self, key: str, path: Path) -> None:
        """Write an object to *path*, which appears only when it is whole and checked; errors as for `get`."""
        chunks.write(self.read(key), path)

    @abstractmethod
    def mend(self, key: str, data: bytes) -> None:
        """Put back the bytes of an object that was damaged or is gone; a sound one stays as it is.

        The only write that replaces anything: what an object is stays what it was when it was stored.

        Raises:
            ProblemError: `store-conflict` if *data* does not have the hash that was stored with the object.
        """

    def put_once(self, key: str, data: bytes, *, content_type: str = BYTES) -> bytes:
        """Store *data* unless something is stored there already; return what is stored: the first writer decides.

        For what a clock or a signature went into: made twice, it would differ, and only one may ever count.
        """
        try:
            self.put(key, data, content_type=content_type)
        except ProblemError as error:
            if error.kind is not STORE_CONFLICT:
                raise
            return self.get(key)
        return data
