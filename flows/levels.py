"""Raising signatures to the level that is wanted: wanted minus done, as often as needed, never while somebody waits.

Copies and records are signed at B-B and final. What raises them is asked of authorities that take minutes or do not
answer, so it is done afterwards: a tail of a copy, a time-stamp of a record, decided once beside what they raise.
Whatever is killed or refused here leaves everything as it is and the work to the next run.

A time-stamp ends with its authority's certificate. Before that, a copy gets a newer one over it, as one more tail.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal, Self, TypeVar

from flows.house import House
from flows.keyring import trusted_roots
from pipeline.seal.answers import Answers
from pipeline.seal.evidence import end_of
from pipeline.seal.raising import Authorities, last_token, raise_copy, renew_copy, time_stamp
from schemas.problem import INTEGRITY_MISMATCH, TIME_STAMP_ENDED, VALIDATION_DATA_MISSING, ProblemError
from schemas.record import RecordId
from storage.fixity import has_its_turn
from storage.keys import Raised, RecordVersion
from storage.port import ObjectMissingError
from storage.warehouse import Warehouse

Clock = Callable[[], datetime]
Waiting = TypeVar("Waiting", Raised, RecordVersion)

_AT_ONCE = 4
"""Requests under way: more than these, authorities were seen to refuse."""
LOOKS = 6
"""How often it is seen in time that a time-stamp ends: to read a million of them each day is too much."""
_WAIT_ON = frozenset({VALIDATION_DATA_MISSING, INTEGRITY_MISMATCH, TIME_STAMP_ENDED})
"""What is the matter with one alone, and stops no other."""


def raise_signatures(house: House, clock: Clock) -> Iterator[RecordId]:
    """Raise all copies and records that are not yet at the level that is wanted; yield the record of each one.

    What is damaged, or of which it cannot be shown that its certificates are good, is passed over and waits on.

    Raises:
        ProblemError: `time-stamps-unreachable`, at once, for the others would meet it too; `validation-data-missing`
            or `integrity-mismatch` at the end, for the first one that was passed over.
    """
    run, warehouse, level = _Run.of(house, clock), house.warehouse, house.settings.signing.level
    if run is None or level == "B-B":
        return
    for each, made in run.made(run.first_tail, warehouse.unraised()):
        warehouse.keep_tail(each.record_id, made)
        yield each.record_id
    if level == "B-LTA":
        for raised, made in run.made(run.next_tail, (each for each in warehouse.raised() if each.number == 1)):
            warehouse.keep_tail(raised.record_id, made, 2)
            yield raised.record_id
    for each, made in run.made(run.time_stamp, warehouse.unstamped()):
        warehouse.keep_time_stamp(each, made)
        yield each.record_id
    run.end()


def renew_copies(house: House, clock: Clock) -> Iterator[RecordId]:
    """Renew the time-stamps of copies that end within `signing.renew_days`; yield the record of each one that was.

    Each copy has its day to be looked at, some times before it could be too late. An authority whose own certificate
    ends no later renews nothing.

    Raises:
        ProblemError: `time-stamps-unreachable`, at once; at the end, for the first one that was passed over,
            `time-stamp-ended` when it was too late, `validation-data-missing` or `integrity-mismatch`.
    """
    run, today = _Run.of(house, clock), clock().date()
    if run is None:
        return
    days = max(1, house.settings.signing.renew_days // LOOKS)
    due = (each for each in house.warehouse.raised() if has_its_turn(each.record_id, today, days))
    for each, made in run.made(run.renewal, due):
        if made:
            house.warehouse.keep_tail(each.record_id, made, each.number + 1)
            yield each.record_id
    run.end()


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: what every copy needs, and what was the matter with those that wait on."""

    house: House
    authorities: Authorities
    roots: tuple[bytes, ...]
    clock: Clock
    answers: Answers = field(default_factory=Answers)
    passed_over: list[ProblemError] = field(default_factory=list)

    @classmethod
    def of(cls, house: House, clock: Clock) -> Self | None:
        """Return a run as the settings want it, None without an authority."""
        signing = house.settings.signing
        if signing.time_stamps is None:
            return None
        return cls(
            house, Authorities(signing.time_stamps, signing.time_stamp_seconds), trusted_roots(house.settings), clock
        )

    @property
    def _warehouse(self) -> Warehouse:
        return self.house.warehouse

    def first_tail(self, each: RecordVersion) -> bytes:
        """Return what raises a copy; nothing where others have signed: their bytes are sacred."""
        copy = self._warehouse.record(each.record_id, 1).value.copy_
        if copy.original:
            return b""
        level: Literal["B-T", "B-LT"] = "B-T" if self.house.settings.signing.level == "B-T" else "B-LT"
        pdf = b"".join(self._warehouse.copy(copy.sha256))
        return raise_copy(pdf, level, self.authorities, self.roots, self.clock(), self.answers)

    def next_tail(self, each: Raised) -> bytes:
        """Return what renews the last time-stamp of a copy; nothing where others have signed."""
        tails = self._tails(each)
        if not tails[-1]:
            return b""
        copy = self._warehouse.record(each.record_id, 1).value.copy_
        pdf = b"".join((*self._warehouse.copy(copy.sha256), *tails))
        return renew_copy(pdf, self.authorities, self.roots, self.clock(), self.answers)

    def renewal(self, each: Raised) -> bytes:
        """Return the next tail of a copy whose time-stamp ends soon, if it would end later; otherwise nothing.

        Raises:
            ProblemError: `time-stamp-ended`.
        """
        now, last = self.clock(), self._tails(each)[-1]
        if not last:
            return b""
        end = end_of(last_token(last))
        if end >= now + timedelta(days=self.house.settings.signing.renew_days):
            return b""
        if end <= now:
            raise TIME_STAMP_ENDED.error(f"that of the copy of {each.record_id}, on {end:%Y-%m-%d}")
        newer = self.next_tail(each)
        return newer if end_of(last_token(newer)) > end else b""

    def time_stamp(self, each: RecordVersion) -> bytes:
        """Return a time-stamp over the signature of a record version."""
        return time_stamp(self._warehouse.record(*each).signature, self.authorities)

    def _tails(self, each: Raised) -> list[bytes]:
        """Return all tails of a copy, at least one.

        Raises:
            ProblemError: `integrity-mismatch` when one is gone.
        """
        tails = list(self._warehouse.tails(each.record_id))
        if len(tails) < each.number:
            gone = f"of {each.number} levels of {each.record_id}, number {len(tails) + 1} is gone"
            raise INTEGRITY_MISMATCH.error(gone)
        return tails

    def made(self, make: Callable[[Waiting], bytes], waiting: Iterator[Waiting]) -> Iterator[tuple[Waiting, bytes]]:
        """Yield what was made for each one that waits; note down why one has to wait on."""

        def attempt(each: Waiting) -> bytes | ProblemError:
            try:
                return make(each)
            except ObjectMissingError as error:
                return INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more")
            except ProblemError as error:
                if error.kind not in _WAIT_ON:
                    raise
                return error

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while batch := list(islice(waiting, _AT_ONCE)):
                for each, made in zip(batch, pool.map(attempt, batch), strict=True):
                    if isinstance(made, ProblemError):
                        self.passed_over.append(made)
                    else:
                        yield each, made

    def end(self) -> None:
        """Tell of the first one that was passed over."""
        if self.passed_over:
            raise self.passed_over[0]
