"""The journals of stations: chains of entries without a gap, as far as each has arrived."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.digest import Sha256
from schemas.problem import SEQUENCE_CONFLICT, STORE_CONFLICT, ProblemError
from schemas.station import FIRST, SignedEntry
from schemas.submission import StationId
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, check_place, load


@dataclass(frozen=True, slots=True)
class Journals:
    """The journals in an object store. Who signed an entry is the caller's business."""

    store: ObjectStore
    _known: dict[StationId, int] = field(default_factory=dict, repr=False)
    """How many entries of each station were seen: none is ever taken back."""

    def length(self, station: StationId) -> int:
        """Return how many entries of a station there are: they are stored in order, so these are 1 to that number."""
        known = self._known.get(station, 0)
        step = 1
        while self._has(station, known + step):
            known += step
            step *= 2
        while step := step // 2:
            known += step * self._has(station, known + step)
        self._known[station] = known
        return known

    def entry(self, station: StationId, sequence: int) -> SignedEntry | None:
        """Return an entry, None if it is not there.

        Raises:
            ProblemError: `integrity-mismatch` if what is kept in its place is damaged or another one.
        """
        key = keys.journal_entry(station, sequence)
        found = load(self.store, SignedEntry, key)
        if found is not None:
            check_place(key, keys.journal_entry(found.entry.station, found.entry.sequence))
        return found

    def append(self, signed: SignedEntry) -> None:
        """Store an entry whose predecessors are all there, or find it there.

        Raises:
            ProblemError: `sequence-conflict` if another entry has its number, or it does not follow the one before.
        """
        entry = signed.entry
        held = self.entry(entry.station, entry.sequence)
        if held is None:
            if entry.previous != self._hash_of(entry.station, entry.sequence - 1):
                raise SEQUENCE_CONFLICT.error(f"entry {entry.sequence} does not follow the entry before it")
            try:
                key = keys.journal_entry(entry.station, entry.sequence)
                self.store.put(key, signed.canonical_bytes(), content_type=JSON)
            except ProblemError as error:
                if error.kind is not STORE_CONFLICT:
                    raise
                held = self.entry(entry.station, entry.sequence)  # two came at once
        if held is not None and held.entry != entry:
            raise SEQUENCE_CONFLICT.error(f"number {entry.sequence} is another entry's")

    def entries(self, station: StationId, after: int = 0) -> Iterator[SignedEntry]:
        """Yield the entries of a station that follow number *after*, in order."""
        sequence = after
        while (found := self.entry(station, sequence + 1)) is not None:
            yield found
            sequence += 1

    def _hash_of(self, station: StationId, sequence: int) -> Sha256 | None:
        """Return what the entry after number *sequence* has to name; None if it cannot come yet."""
        if sequence == 0:
            return FIRST
        before = self.entry(station, sequence)
        return None if before is None else before.entry.sha256

    def _has(self, station: StationId, sequence: int) -> bool:
        return self.store.stat(keys.journal_entry(station, sequence)) is not None
