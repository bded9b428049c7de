"""Does an object store keep its promises? For `sohoa doctor`: servers differ, and some accept what they then ignore.

Nothing can be deleted again, so the checks leave three small objects a day under `contract/`, however often they run.
They hold as well when the objects are there already: of sixteen different contents, a name still accepts exactly one.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple

from schemas.problem import STORE_CONFLICT, ProblemError
from storage import keys
from storage.port import ObjectMissingError, ObjectStore
from storage.s3 import S3Store

_WRITERS = 16


class Finding(NamedTuple):
    """One promise, and whether it was kept."""

    check: str
    ok: bool
    detail: str


def try_out(store: ObjectStore, on: date) -> tuple[Finding, ...]:
    """Return a finding for each promise of *store*; the names that it uses are those of the day *on*.

    Raises:
        ProblemError: `store-unreachable` or `configuration` if nothing can be found out.
    """
    raced = keys.contract_check(on, "race")
    findings = [_one_winner(store, raced), _read_after_write(store, on), _list_after_write(store, raced)]
    if isinstance(store, S3Store):
        findings.append(_checksums(store, on))
    return tuple(findings)


def _one_winner(store: ObjectStore, key: str) -> Finding:
    def write(number: int) -> bool:
        try:
            store.put(key, b"writer %02d" % number)
        except ProblemError as error:
            if error.kind is not STORE_CONFLICT:
                raise
            return False
        return True

    with ThreadPoolExecutor(_WRITERS) as pool:
        accepted = list(pool.map(write, range(_WRITERS)))
    won = sum(accepted) == 1 and store.get(key) == b"writer %02d" % accepted.index(True)
    detail = f"{_WRITERS} writers at once under one name: {sum(accepted)} accepted"
    return Finding("create-only", won, detail)


def _read_after_write(store: ObjectStore, on: date) -> Finding:
    key = keys.contract_check(on, "read")
    store.put(key, b"written")
    try:
        found = store.get(key)
    except ObjectMissingError:
        return Finding("read-after-write", ok=False, detail="what was just stored is not found")
    return Finding("read-after-write", found == b"written", "what was just stored is read back")


def _list_after_write(store: ObjectStore, key: str) -> Finding:
    folder = key.rpartition("/")[0] + "/"
    whole = list(store.list(folder))
    rest = list(store.list(folder, start_after=whole[0])) if whole else []
    ok = key in whole and whole == sorted(whole) and rest == whole[1:]
    return Finding("list-after-write", ok, f"listed {len(whole)} keys, then {len(rest)} after the first")


def _checksums(store: S3Store, on: date) -> Finding:
    refused = store.refuses_damaged_bytes(keys.contract_check(on, "sums"))
    said = "refused" if refused else "accepted: damage on the way is noticed only when an object is read"
    return Finding("checksum", refused, f"bytes that do not have their SHA-256 are {said}")
