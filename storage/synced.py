"""What the province's dossier system tells the national portal, by month: a list is an object, the last one counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from schemas.score import Month, SyncedDossier, SyncedList
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, check_place, load


@dataclass(frozen=True, slots=True)
class Synced:
    """The lists of synced dossiers in an object store."""

    store: ObjectStore

    def keep(self, month: Month, dossiers: Iterable[SyncedDossier], at: datetime) -> int:
        """Store what is new or has changed of a month's dossiers; return how many those are.

        Raises:
            ProblemError: `store-conflict` if somebody else was quicker.
        """
        known, number = self._known(month)
        changed = {each.code: each for each in dossiers if known.get(each.code) != each}
        if changed:
            told = SyncedList(month=month, number=number + 1, taken_at=at, dossiers=tuple(changed.values()))
            self.store.put(keys.synced(month, told.number), told.canonical_bytes(), content_type=JSON)
        return len(changed)

    def of(self, month: Month) -> tuple[SyncedDossier, ...]:
        """Return what is known of the dossiers of a month, by their codes."""
        known, _ = self._known(month)
        return tuple(known[code] for code in sorted(known))

    def months(self) -> Iterator[Month]:
        """Yield the months of which something is known, the first one first."""
        seen = None
        for key in self.store.list(keys.SYNCED):
            if (month := keys.synced_month_of(key)) != seen:
                seen = month
                yield month

    def _known(self, month: Month) -> tuple[dict[str, SyncedDossier], int]:
        known: dict[str, SyncedDossier] = {}
        number = 0
        while (told := load(self.store, SyncedList, key := keys.synced(month, number + 1))) is not None:
            check_place(key, keys.synced(told.month, told.number))
            known |= {each.code: each for each in told.dossiers}
            number = told.number
        return known, number
