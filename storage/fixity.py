"""Fixity: everything in the store is read again, a part each day; what has changed is put back from a second copy."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256

from schemas.problem import INTEGRITY_MISMATCH, STORE_CONFLICT, ProblemError
from schemas.report import Fixity
from storage import files, keys
from storage.copying import missing
from storage.port import ObjectMissingError, ObjectStore
from storage.values import JSON, load, parse


def has_its_turn(name: str, day: date, days: int) -> bool:
    """Return whether something is looked at on this day: each thing once in *days* days in a row, by its name alone."""
    return int.from_bytes(sha256(name.encode()).digest()[:8]) % days == day.toordinal() % days


def check_fixity(store: ObjectStore, at: datetime, *, days: int, second: ObjectStore | None = None) -> Fixity:
    """Read the objects whose turn it is on the day of *at*, store a report of it and return that.

    Each object has its day by its key, so that nothing has to be remembered, and in *days* days in a row all are read.
    Files are also compared with the hash that they are named after. What `sohoa doctor` tries is left out.

    What is gone is found in the second copy. Without one it only shows that there is less than at the last turn, for
    nothing is ever deleted.

    Args:
        store: where.
        at: now.
        days: in how many days everything is read; 1: all at once.
        second: a store that holds copies of the objects under the same keys; what is damaged or gone is taken from it.
    """
    held: Counter[str] = Counter()
    size, damaged, mended = 0, list[str](), list[str]()
    for key in _turn(store, at.date(), days):
        held[_folder(key)] += 1
        try:
            size += sum(map(len, _read(store, key)))
        except (ObjectMissingError, ProblemError) as error:
            _unless_damage(error)
            (mended if _mend(store, key, second) else damaged).append(key)
    for key in missing(_turn(second, at.date(), days), _turn(store, at.date(), days)) if second is not None else ():
        held[_folder(key)] += 1
        (mended if _mend(store, key, second) else damaged).append(key)
    found = Fixity(
        at=at,
        days=days,
        objects=held.total(),
        size=size,
        held=dict(sorted(held.items())),
        fewer=_fewer(store, at.date(), days, held),
        damaged=tuple(damaged),
        mended=tuple(mended),
    )
    data = found.canonical_bytes()
    store.put(keys.fixity(at.date(), sha256(data).hexdigest()), data, content_type=JSON)
    return found


def reports(store: ObjectStore, since: date) -> Iterator[str]:
    """Yield the keys of the reports from the day *since* on, by day; each holds a `Fixity`."""
    return store.list(keys.FIXITY, keys.fixity(since, "0" * 64))


def report(store: ObjectStore, key: str) -> Fixity:
    """Return a report."""
    return parse(Fixity, key, store.get(key))


def _turn(store: ObjectStore, day: date, days: int) -> Iterator[str]:
    return (key for key in store.list("") if not key.startswith(keys.CONTRACT) and has_its_turn(key, day, days))


def _folder(key: str) -> str:
    return key.partition("/")[0]


def _read(store: ObjectStore, key: str) -> Iterator[bytes]:
    if key.startswith(keys.FILES):
        return files.read(store, key.rpartition("/")[2])
    return store.read(key)


def _mend(store: ObjectStore, key: str, second: ObjectStore | None) -> bool:
    """Return whether an object was put back: its second copy is sound, and is what the object was."""
    if second is None:
        return False
    try:
        store.mend(key, b"".join(_read(second, key)))
    except (ObjectMissingError, ProblemError) as error:
        _unless_damage(error)
        return False
    return True


def _unless_damage(error: ObjectMissingError | ProblemError) -> None:
    if isinstance(error, ProblemError) and error.kind not in {INTEGRITY_MISMATCH, STORE_CONFLICT}:
        raise error


def _fewer(store: ObjectStore, day: date, days: int, held: Counter[str]) -> dict[str, int]:
    """Return how many objects less each folder has than when it had the same turn before; only those that have less."""
    for key in sorted(store.list(keys.FIXITY), reverse=True):
        before = load(store, Fixity, key)
        if before is not None and before.days == days and (day - before.at.date()).days % days == 0:
            return {name: count - held[name] for name, count in before.held.items() if count > held[name]}
    return {}
