"""Raising signatures to the level that is wanted: wanted minus done, as often as needed, never while somebody waits.

Copies and records are signed at B-B and final. What raises them is asked of authorities that take minutes or do not
answer, so it is done afterwards: a tail of a copy, a time-stamp of a record, decided once beside what they raise.
Whatever is killed or refused here leaves everything as it is and the work to the next run.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from flows.house import House
from flows.keyring import trusted_roots
from pipeline.seal.raising import Authorities, raise_copy, time_stamp
from schemas.problem import INTEGRITY_MISMATCH, VALIDATION_DATA_MISSING, ProblemError
from schemas.record import RecordId
from storage.keys import RecordVersion
from storage.port import ObjectMissingError

_AT_ONCE = 4
"""Requests under way: more than these, authorities were seen to refuse."""


def raise_signatures(house: House, clock: Callable[[], datetime]) -> Iterator[RecordId]:
    """Raise all copies and records that are not yet at the level that is wanted; yield the record of each one.

    What is damaged, or of which it cannot be shown that its certificates are good, is passed over and waits on.

    Raises:
        ProblemError: `time-stamps-unreachable`, at once, for the others would meet it too; `validation-data-missing`
            or `integrity-mismatch` at the end, for the first one that was passed over.
    """
    signing = house.settings.signing
    if signing.level == "B-B" or signing.time_stamps is None:
        return
    level, authorities = signing.level, Authorities(signing.time_stamps, signing.time_stamp_seconds)
    roots, warehouse = trusted_roots(house.settings), house.warehouse
    passed_over: list[ProblemError] = []

    def tail(each: RecordVersion) -> bytes:
        copy = warehouse.record(each.record_id, 1).value.copy_
        if copy.original:
            return b""  # signed by others: their bytes are sacred
        return raise_copy(b"".join(warehouse.copy(copy.sha256)), level, authorities, roots, clock())

    def token(each: RecordVersion) -> bytes:
        return time_stamp(warehouse.record(*each).signature, authorities)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for each, made in _made(pool, tail, warehouse.unraised(), passed_over):
            warehouse.keep_tail(each.record_id, made)
            yield each.record_id
        for each, made in _made(pool, token, warehouse.unstamped(), passed_over):
            warehouse.keep_time_stamp(each, made)
            yield each.record_id
    if passed_over:
        raise passed_over[0]


def _made(
    pool: ThreadPoolExecutor,
    make: Callable[[RecordVersion], bytes],
    waiting: Iterator[RecordVersion],
    passed_over: list[ProblemError],
) -> Iterator[tuple[RecordVersion, bytes]]:
    """Yield what was made for each one that waits; note down why one has to wait on."""

    def attempt(each: RecordVersion) -> bytes | ProblemError:
        try:
            return make(each)
        except ObjectMissingError as error:
            return INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more")
        except ProblemError as error:
            if error.kind not in {VALIDATION_DATA_MISSING, INTEGRITY_MISMATCH}:
                raise
            return error

    while batch := list(islice(waiting, _AT_ONCE)):
        for each, made in zip(batch, pool.map(attempt, batch), strict=True):
            if isinstance(made, ProblemError):
                passed_over.append(made)
            else:
                yield each, made
