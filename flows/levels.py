"""Raising copies to the level that is wanted: wanted minus done, as often as needed, never while somebody waits.

A copy is signed at B-B and final. What raises it is asked of authorities that take minutes or do not answer, so it is
done afterwards: a tail, decided once beside the copy (`Warehouse.keep_tail`). Whatever is killed or refused here leaves
the copy as it is and the work to the next run.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from flows.house import House
from flows.keyring import trusted_roots
from pipeline.seal.raising import Authorities, raise_copy
from schemas.problem import INTEGRITY_MISMATCH, VALIDATION_DATA_MISSING, ProblemError
from schemas.record import RecordId
from storage.port import ObjectMissingError

_AT_ONCE = 4
"""Requests under way: more than these, authorities were seen to refuse."""


def raise_copies(house: House, clock: Callable[[], datetime]) -> Iterator[RecordId]:
    """Raise every copy that is not yet at the level that is wanted; yield the record of each one that was.

    A copy that is damaged, or of which it cannot be shown that its certificates are good, is passed over and waits on.

    Raises:
        ProblemError: `time-stamps-unreachable`, at once, for the others would meet it too; `validation-data-missing`
            or `integrity-mismatch` at the end, for the first copy that was passed over.
    """
    if house.settings.signing.level == "B-B":
        return
    roots = trusted_roots(house.settings)
    passed_over: list[ProblemError] = []
    waiting = house.warehouse.unraised()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while batch := list(islice(waiting, _AT_ONCE)):
            tails = pool.map(lambda record_id: _tail(house, record_id, roots, clock), batch)
            for record_id, tail in zip(batch, tails, strict=True):
                if isinstance(tail, ProblemError):
                    passed_over.append(tail)
                    continue
                house.warehouse.keep_tail(record_id, tail)
                if tail:
                    yield record_id
    if passed_over:
        raise passed_over[0]


def _tail(
    house: House, record_id: RecordId, roots: tuple[bytes, ...], clock: Callable[[], datetime]
) -> bytes | ProblemError:
    """Return what raises the copy of a record, or why that one has to wait."""
    signing = house.settings.signing
    if signing.level == "B-B" or signing.time_stamps is None:
        return b""
    authorities = Authorities(signing.time_stamps, signing.time_stamp_seconds)
    try:
        copy = house.warehouse.record(record_id, 1).value.copy_
        if copy.original:
            return b""  # signed by others: their bytes are sacred
        return raise_copy(b"".join(house.warehouse.copy(copy.sha256)), signing.level, authorities, roots, clock())
    except ObjectMissingError as error:
        return INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more")
    except ProblemError as error:
        if error.kind not in {VALIDATION_DATA_MISSING, INTEGRITY_MISMATCH}:
            raise
        return error
