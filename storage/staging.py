"""Where uploads grow until they are whole: plain files on a local disk, a folder a station.

Only a disk can grow a file by a chunk and keep it through a power cut. Nothing here is truth: whatever is lost is sent
again. An upload is known by its station and the hash that its bytes are to have, so that creating it twice finds it.

`<station>/<sha256>.<length>.part` is an upload, `<station>/<sha256>.json` says that it arrived, `<station>/<day>.spent`
holds how much the station has stored on that day.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.digest import Sha256
from schemas.model import Value
from schemas.problem import QUOTA_EXCEEDED, STORE_FULL, SYSTEM_REFUSED, UPLOAD_UNKNOWN, Problem
from schemas.submission import StationId
from storage import durable

OPEN_UPLOADS = 64
"""Uploads of one station that may be open at the same time."""
KEPT_SECONDS = 7 * 24 * 3600
"""How long an upload that nobody touches is kept."""
LEAST_CHARGE = 4096
"""What a thing that is stored counts at least, so that many small ones do not come for nothing."""
_LEAST_FREE_BYTES = 256 * 1024**2
"""What is left for others on the disk."""
_PART = ".part"
_DONE = ".json"
_SPENT = ".spent"


class OffsetError(Exception):
    """The upload is at another offset than the one that was written to."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the offset is {offset}")
        self.offset = offset


class Upload(NamedTuple):
    """An upload that is not yet whole, or was not yet looked at."""

    station: StationId
    sha256: Sha256
    length: int
    """Bytes that it will have."""
    offset: int
    """Bytes that are on the disk for sure."""
    path: Path
    touched: float
    """When something last came: seconds since 1970."""


class Arrived(Value):
    """A file that a station has sent, whole; it is in the store."""

    size: int
    pages: int | None = None
    """None if it was refused."""
    problem: Problem | None = None
    """Why it was refused; its file is the hash."""


@dataclass(frozen=True, slots=True)
class Staging:
    """The uploads below a folder. Safe for several connections and processes at once."""

    root: Path

    def create(self, station: StationId, sha256: Sha256, length: int) -> Upload:
        """Return the upload of a file, made if need be. One with another length was a mistake, and is begun anew.

        Raises:
            ProblemError: `quota-exceeded` if too many are open; `store-full` if it would not fit.
        """
        with _our_errors():
            found = self._part(station, sha256)
            if found is not None and _length_of(found) == length:
                return self._upload(station, found)
            self.remove(station, sha256)
            folder = self._folder(station)
            durable.make_folder(folder)
            if sum(1 for _ in folder.glob(f"*{_PART}")) >= OPEN_UPLOADS:
                raise QUOTA_EXCEEDED.error(f"{OPEN_UPLOADS} uploads are open")
            if shutil.disk_usage(folder).free < length + _LEAST_FREE_BYTES:
                raise STORE_FULL.error("the disk for uploads has no room for this file")
            path = folder / f"{sha256}.{length}{_PART}"
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            return self._upload(station, path)

    def find(self, station: StationId, sha256: Sha256) -> Upload | None:
        """Return an upload that is not yet done with; what it says of the offset survives a power cut."""
        with _our_errors():
            path = self._part(station, sha256)
            return None if path is None else self._upload(station, path)

    def append(self, upload: Upload, offset: int, data: bytes) -> int:
        """Write *data* at *offset*, its present end; return the new one, which a power cut may still take back.

        No connection holds an upload: of two that send the same, the one that comes first goes on, and a half-dead one
        is in nobody's way.

        Raises:
            OffsetError: if the upload is not at *offset*.
            ProblemError: `store-full`; `upload-unknown` if it is gone. Then the upload is as it was.
        """
        with _our_errors(), _locked(upload.path) as file:
            end = os.fstat(file).st_size
            if end != offset or end + len(data) > upload.length:
                raise OffsetError(end)
            try:
                written = 0
                while written < len(data):
                    written += os.pwrite(file, data[written:], offset + written)
            except OSError:
                os.ftruncate(file, offset)
                raise
            return offset + len(data)

    def arrived(self, station: StationId, sha256: Sha256) -> Arrived | None:
        """Return what is known of a file that a station has sent, None if it has to send it (again)."""
        try:
            return Arrived.model_validate_json((self._folder(station) / f"{sha256}{_DONE}").read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def arrive(self, upload: Upload, arrived: Arrived) -> None:
        """Note that a file has arrived and is in the store; its bytes are not needed here any more."""
        with _our_errors():
            done = upload.path.parent / f"{upload.sha256}{_DONE}"
            draft = done.with_suffix(f".{os.getpid()}.draft")
            draft.write_bytes(arrived.canonical_bytes())
            draft.replace(done)
            upload.path.unlink(missing_ok=True)

    def remove(self, station: StationId, sha256: Sha256) -> None:
        """Forget an upload, wherever it stands."""
        with _our_errors():
            for path in self._folder(station).glob(f"{sha256}.*"):
                path.unlink(missing_ok=True)

    def spent(self, station: StationId, day: date) -> int:
        """Return how many bytes a station has stored on *day*, as far as this disk knows."""
        try:
            return int(json.loads((self._folder(station) / f"{day}{_SPENT}").read_bytes()))
        except (FileNotFoundError, ValueError):
            return 0

    def spend(self, station: StationId, day: date, size: int) -> None:
        """Count something of *size* bytes that a station has stored on *day*."""
        with _our_errors():
            path = self._folder(station) / f"{day}{_SPENT}"
            durable.make_folder(path.parent)
            path.touch(mode=0o600)
            with _locked(path) as file:
                total = int(os.pread(file, 32, 0) or b"0") + max(size, LEAST_CHARGE)
                os.pwrite(file, str(total).encode(), 0)  # it only ever gets longer

    def sweep(self, now: datetime) -> None:
        """Remove what nobody has touched for a week."""
        with _our_errors():
            for path in self.root.glob("*/*"):
                if _age(path, now) > KEPT_SECONDS:
                    path.unlink(missing_ok=True)

    def _folder(self, station: StationId) -> Path:
        return self.root / station

    def _part(self, station: StationId, sha256: Sha256) -> Path | None:
        return next(iter(self._folder(station).glob(f"{sha256}.*{_PART}")), None)

    def _upload(self, station: StationId, path: Path) -> Upload:
        with _locked(path) as file:
            os.fsync(file)
            facts = os.fstat(file)
        durable.sync_folder(path.parent)
        return Upload(station, path.name.partition(".")[0], _length_of(path), facts.st_size, path, facts.st_mtime)


def _length_of(path: Path) -> int:
    return int(path.name.split(".")[1])


def _age(path: Path, now: datetime) -> float:
    try:
        return now.timestamp() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a file that is there, and keep others of us away from it for a moment."""
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not os.fstat(file).st_nlink:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        yield file
    finally:
        os.close(file)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UPLOAD_UNKNOWN.error("it is gone") from error
    except OSError as error:
        kind = STORE_FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else SYSTEM_REFUSED
        raise kind.error(f"the disk for uploads: {error.strerror}") from error
