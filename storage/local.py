"""The object store in a folder: every object is a plain file under its key, readable by any tool.

Safe for many processes at once. The hash of an object is kept as the extended attribute `user.sha256` of its file;
where a file system or a copying tool drops it, `stat` computes it and reads are not checked against it.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from schemas.digest import Sha256, sha256_hex
from schemas.problem import CONFIGURATION, STORE_CONFLICT, STORE_FULL, STORE_UNREACHABLE
from storage import chunks, durable, keys
from storage.port import BYTES, ObjectInfo, ObjectMissingError, ObjectStore

_FULL = {errno.ENOSPC, errno.EDQUOT}
_MISPLACED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


class LocalStore(ObjectStore):
    """Objects under `objects/` of a folder; files that are being written are under `drafts/` and no objects yet."""

    def __init__(self, root: Path) -> None:
        """Keep everything below *root*, which `prepare` makes."""
        self._objects = root / "objects"
        self._drafts = root / "drafts"

    def prepare(self) -> None:
        """Make the folders; remove the drafts of killed writers."""
        with _our_errors():
            durable.make_folder(self._objects)
            durable.make_folder(self._drafts)
            durable.sweep(self._drafts)

    def put(self, key: str, data: bytes, *, content_type: str = BYTES) -> None:  # noqa: ARG002 - folders have no types
        """See the port."""
        self._create(key, [data], sha256_hex(data))

    def put_file(self, key: str, path: Path, *, sha256: Sha256, content_type: str = BYTES) -> None:  # noqa: ARG002
        """See the port."""
        self._create(key, chunks.checked(chunks.of_file(path), sha256, name=str(path)), sha256)

    def read(self, key: str, sha256: Sha256 | None = None) -> Iterator[bytes]:
        """See the port."""
        path = self._path(key)
        if not path.is_file():
            raise ObjectMissingError(key)
        stored = _stored_chunks(path)
        expected = sha256 or _recorded(path)
        return stored if expected is None else chunks.checked(stored, expected, name=key)

    def mend(self, key: str, data: bytes) -> None:
        """See the port."""
        path, sha256 = self._path(key), sha256_hex(data)
        recorded = _recorded(path) if path.is_file() else None
        if recorded not in {None, sha256}:
            raise STORE_CONFLICT.error(key)
        with _our_errors():
            durable.replace(path, [data], drafts=self._drafts, attributes={"sha256": sha256.encode("ascii")})

    def stat(self, key: str) -> ObjectInfo | None:
        """See the port."""
        path = self._path(key)
        if not path.is_file():
            return None
        with _our_errors():
            return ObjectInfo(path.stat().st_size, _recorded(path) or _digest(path))

    def list(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """See the port."""
        with _our_errors():
            yield from self._walk("", prefix, start_after)

    def _path(self, key: str) -> Path:
        return self._objects / keys.checked(key)

    def _create(self, key: str, content: Iterable[bytes], sha256: Sha256) -> None:
        with _our_errors():
            created = durable.create(
                self._path(key), content, drafts=self._drafts, attributes={"sha256": sha256.encode("ascii")}
            )
        if created:
            return
        stored = self.stat(key)
        if stored is None or stored.sha256 != sha256:
            raise STORE_CONFLICT.error(key)

    def _walk(self, folder: str, prefix: str, start_after: str) -> Iterator[str]:
        with os.scandir(self._objects / folder) as entries:
            # A folder is compared with the slash that follows it in every key: then folder order is byte order.
            names = sorted(f"{folder}{entry.name}{'/' * entry.is_dir()}" for entry in entries)
        for name in names:
            if not name.endswith("/"):
                if name.startswith(prefix) and name > start_after:
                    yield name
            elif (name.startswith(prefix) or prefix.startswith(name)) and (
                name > start_after or start_after.startswith(name)
            ):
                yield from self._walk(name, prefix, start_after)


def _stored_chunks(path: Path) -> Iterator[bytes]:
    with _our_errors(), path.open("rb") as file:
        while chunk := file.read(chunks.SIZE):
            yield chunk


def _recorded(path: Path) -> Sha256 | None:
    try:
        return os.getxattr(path, "user.sha256").decode("ascii")
    except OSError:
        return None


def _digest(path: Path) -> Sha256:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = STORE_FULL if error.errno in _FULL else CONFIGURATION if error.errno in _MISPLACED else STORE_UNREACHABLE
        raise kind.error(f"{error.filename or 'the store'}: {error.strerror}") from error
