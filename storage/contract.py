"""Does an object store keep its promises? Servers differ, and some accept what they then ignore.

Nothing is deleted again, so the checks leave three small objects a day under `contract/`, however often they run. They
hold as well when the objects are there already: of sixteen different contents, a name still accepts exactly one.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

from schemas.digest import sha256_hex
from schemas.problem import STORE_CONFLICT, ProblemError
from schemas.report import StoreCheck, StorePromise
from storage import keys
from storage.port import ObjectMissingError, ObjectStore
from storage.s3 import S3Store
from storage.values import JSON

_WRITERS = 16


def check_store(store: ObjectStore, at: datetime) -> StoreCheck:
    """Try out the promises of *store*; return what was found, which is now kept there too.

    Raises:
        ProblemError: `store-unreachable` or `configuration` if nothing can be found out.
    """
    on = at.date()
    promises = try_out(store, on)
    server = store.server(keys.contract_check(on, "read")) if isinstance(store, S3Store) else "local folder"
    result = StoreCheck(at=at, server=server, promises=promises)
    data = result.canonical_bytes()
    store.put(keys.contract_check(on, f"{sha256_hex(data)}{keys.DATA}"), data, content_type=JSON)
    return result


def try_out(store: ObjectStore, on: date) -> tuple[StorePromise, ...]:
    """Return what became of each promise of *store*; the names that are used are those of the day *on*.

    Raises:
        ProblemError: `store-unreachable` or `configuration` if nothing can be found out.
    """
    raced = keys.contract_check(on, "race")
    found = [_one_winner(store, raced), _read_after_write(store, on), _list_after_write(store, raced)]
    if isinstance(store, S3Store):
        found += [_checksums(store, on), _no_deletion(store, on)]
    return tuple(found)


def _one_winner(store: ObjectStore, key: str) -> StorePromise:
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
    return StorePromise(check="create-only", ok=won, detail=detail)


def _read_after_write(store: ObjectStore, on: date) -> StorePromise:
    key = keys.contract_check(on, "read")
    store.put(key, b"written")
    try:
        found = store.get(key)
    except ObjectMissingError:
        return StorePromise(check="read-after-write", ok=False, detail="what was just stored is not found")
    return StorePromise(check="read-after-write", ok=found == b"written", detail="what was just stored is read back")


def _list_after_write(store: ObjectStore, key: str) -> StorePromise:
    folder = key.rpartition("/")[0] + "/"
    whole = list(store.list(folder))
    rest = list(store.list(folder, start_after=whole[0])) if whole else []
    ok = key in whole and whole == sorted(whole) and rest == whole[1:]
    detail = f"listed {len(whole)} keys, then {len(rest)} after the first"
    return StorePromise(check="list-after-write", ok=ok, detail=detail)


def _checksums(store: S3Store, on: date) -> StorePromise:
    refused = store.refuses_damaged_bytes(keys.contract_check(on, "sums"))
    said = "refused" if refused else "accepted: damage on the way is noticed only when an object is read"
    return StorePromise(check="checksum", ok=refused, detail=f"bytes that do not have their SHA-256 are {said}")


def _no_deletion(store: S3Store, on: date) -> StorePromise:
    """Whether anybody who holds our credentials can destroy what is kept: wished for, not needed."""
    refused = store.refuses_deletion(keys.contract_check(on, "keep"))
    said = "refused" if refused else "accepted: whoever has these credentials can destroy everything"
    return StorePromise(check="no-deletion", ok=refused, needed=False, detail=f"deleting an object is {said}")
