"""One object store is copied into another: a backup, its way back, a move. Nothing that is there is written again."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import merge
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.digest import sha256_hex
from schemas.problem import INTEGRITY_MISMATCH
from schemas.report import Copied
from storage import keys
from storage.port import ObjectStore

_AT_ONCE = 8
_BATCH = 1000


def copy_new(source: ObjectStore, target: ObjectStore) -> Copied:
    """Copy what *target* does not have, each object checked against its hash, until a look finds nothing new.

    What others store meanwhile comes in any order, so a copy is only known to be whole when nothing was missing.

    Raises:
        ProblemError: `integrity-mismatch` if an object is damaged, `store-conflict` if *target* holds another one under
            the same key; everything before it is copied.
    """
    objects = size = 0
    with TemporaryDirectory(prefix="sohoa-copy-") as scratch, ThreadPoolExecutor(_AT_ONCE) as pool:
        copy = partial(_copy, source, target, Path(scratch))
        while True:
            found = 0
            wanted = missing(source.list(""), target.list(""))
            while batch := list(islice(wanted, _BATCH)):
                found += len(batch)
                size += sum(pool.map(copy, batch))
            objects += found
            if not found:
                return Copied(objects=objects, size=size)


def missing(source: Iterable[str], target: Iterable[str]) -> Iterator[str]:
    """Yield the keys that only *source* has; both come in byte order. What stores were tried with is left out."""
    tagged = merge(((key.encode(), "source") for key in source), ((key.encode(), "target") for key in target))
    for key, group in groupby(tagged, key=lambda each: each[0]):
        if [side for _, side in group] == ["source"] and not key.startswith(keys.CONTRACT.encode()):
            yield key.decode()


def _copy(source: ObjectStore, target: ObjectStore, scratch: Path, key: str) -> int:
    """Copy one object; return its size."""
    known = source.stat(key)
    if known is None:
        raise INTEGRITY_MISMATCH.error(f"{key} is listed, and not there")
    path = scratch / sha256_hex(key.encode())
    source.get_to(key, path)
    target.put_file(key, path, sha256=known.sha256)
    path.unlink()
    return known.size
