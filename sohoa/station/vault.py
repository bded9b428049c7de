"""Files at the station, encrypted at rest, and read from any offset.

AES-256-GCM in pieces of 64 KiB, each under its own number and a mark on the last one, so that pieces can be neither
swapped nor cut off unseen: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015). Each file has a key of its own, derived from the
station's and a random salt that stands at its beginning (HKDF, RFC 5869).
"""

import hashlib
import io
import os
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.digest import Sha256
from schemas.problem import INTEGRITY_MISMATCH
from sohoa.station import durable

_SALT = 16
_TAG = 16
_PIECE = 64 * 1024
_SEALED_PIECE = _PIECE + _TAG
_COUNTER = 11
_LONGEST_WRITE_SECONDS = 3600


class Draft(NamedTuple):
    """A file that is durable and counts for nothing yet."""

    name: str
    sha256: Sha256
    """Of the plain bytes."""
    size: int
    """Of the plain bytes."""


class Vault:
    """A folder of encrypted files. A file is a draft until it is kept, and what nobody refers to is swept."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """Keep files below *folder*, encrypted under *key*, 32 bytes."""
        self._key = key
        self._files = folder / "files"
        self._drafts = folder / "drafts"
        durable.make_folder(self._files)
        durable.make_folder(self._drafts)

    def draft(self, chunks: Iterable[bytes]) -> Draft:
        """Write *chunks*, encrypted and durable, under a new name."""
        name = secrets.token_hex(16)
        digest = hashlib.sha256()
        size = 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        durable.create(self._drafts / name, _sealed(self._key, counted()))
        return Draft(name, digest.hexdigest(), size)

    def keep(self, drafts: Collection[Draft]) -> None:
        """Make *drafts* files. To be called while nobody sweeps; they last once somebody refers to them."""
        for draft in drafts:
            (self._drafts / draft.name).replace(self._files / draft.name)
        durable.sync_folder(self._files)

    def drop(self, drafts: Iterable[Draft]) -> None:
        """Remove drafts that are not needed."""
        for draft in drafts:
            (self._drafts / draft.name).unlink(missing_ok=True)

    def open(self, name: str) -> BinaryIO:
        """Open a file, decrypted as it is read.

        Raises:
            ProblemError: `integrity-mismatch`, from here or from `read`, when its bytes were damaged or cut off.
        """
        return io.BufferedReader(_Unsealed((self._files / name).open("rb"), self._key), _PIECE)

    def sweep(self, kept: Collection[str]) -> None:
        """Remove every file that is not among *kept*. To be called while nobody can begin to refer to one."""
        for path in self._files.iterdir():
            if path.name not in kept:
                with suppress(PermissionError):  # Windows removes no file that is open; the next sweep does
                    path.unlink()

    def sweep_drafts(self) -> None:
        """Remove what killed writers left. Should a clock that jumps take it from a living one, `keep` fails."""
        for path in self._drafts.iterdir():
            with suppress(FileNotFoundError, PermissionError):
                if time.time() - path.stat().st_mtime > _LONGEST_WRITE_SECONDS:
                    path.unlink()


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"a file of a sohoa station").derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER, "big") + bytes([last])


def _sealed(key: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    salt = secrets.token_bytes(_SALT)
    cipher = _cipher(key, salt)
    yield salt
    waiting = bytearray()
    number = 0
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > _PIECE:  # a full piece may be the last one, so it waits for what follows
            yield cipher.encrypt(_nonce(number, last=False), bytes(waiting[:_PIECE]), None)
            del waiting[:_PIECE]
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), None)


class _Unsealed(io.RawIOBase):
    """The plain bytes of a file, a piece at a time."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        super().__init__()
        self._file = file
        length = os.fstat(file.fileno()).st_size - _SALT
        self._last = max(0, -(-length // _SEALED_PIECE) - 1)
        self._size = max(0, length - (self._last + 1) * _TAG)
        self._cipher = _cipher(key, file.read(_SALT))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, target: "memoryview | bytearray") -> int:  # type: ignore[override]
        number, skipped = divmod(self._at, _PIECE)
        if self._at >= self._size and not (self._size == 0 and self._at == 0):
            return 0
        self._file.seek(_SALT + number * _SEALED_PIECE)
        try:
            nonce = _nonce(number, last=number == self._last)
            piece = self._cipher.decrypt(nonce, self._file.read(_SEALED_PIECE), None)
        except InvalidTag as error:
            raise INTEGRITY_MISMATCH.error("a file of the station's outbox was damaged on its disk") from error
        part = piece[skipped : skipped + len(target)]
        target[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()
