"""Fixity: everything in the store is read again, a part each day, and compared with its hash."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from schemas.problem import INTEGRITY_MISMATCH, ProblemError
from schemas.report import Fixity
from storage import files, keys
from storage.port import ObjectMissingError, ObjectStore
from storage.values import JSON


def check_fixity(store: ObjectStore, at: datetime, *, days: int) -> Fixity:
    """Read the objects whose turn it is on the day of *at*, store a report of it and return that.

    Each object has its day by its key, so that nothing has to be remembered, and in *days* days in a row all are read.
    Files are also compared with the hash that they are named after. What `sohoa doctor` tries is left out.

    Args:
        store: where.
        at: now.
        days: in how many days everything is read; 1: all at once.
    """
    turn = at.date().toordinal() % days
    objects = size = 0
    damaged: list[str] = []
    for key in store.list(""):
        if key.startswith(keys.CONTRACT) or _turn(key, days) != turn:
            continue
        objects += 1
        try:
            size += sum(map(len, _read(store, key)))
        except ObjectMissingError:
            damaged.append(key)
        except ProblemError as error:
            if error.kind is not INTEGRITY_MISMATCH:
                raise
            damaged.append(key)
    report = Fixity(at=at, days=days, objects=objects, size=size, damaged=tuple(damaged))
    data = report.canonical_bytes()
    store.put(keys.fixity(at.date(), sha256(data).hexdigest()), data, content_type=JSON)
    return report


def _turn(key: str, days: int) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:8]) % days


def _read(store: ObjectStore, key: str) -> Iterator[bytes]:
    if key.startswith(keys.FILES):
        return files.read(store, key.rpartition("/")[2])
    return store.read(key)
