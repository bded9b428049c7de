"""What was not taken as it came, and why: kept for a person to look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.station import Quarantined
from schemas.submission import StationId
from storage import keys
from storage.port import ObjectStore
from storage.values import check_place, keep, parse


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What was refused, in an object store."""

    store: ObjectStore

    def keep(self, what: Quarantined) -> bool:
        """Keep *what*, unless it is kept already; return whether it came for the first time."""
        kept, _ = keep(self.store, keys.quarantined(what.station, what.identity), what)
        return kept == what

    def of(self, station: StationId) -> Iterator[Quarantined]:
        """Yield what was refused to a station, in no particular order."""
        for key in self.store.list(keys.quarantine(station)):
            what = parse(Quarantined, key, self.store.get(key))
            check_place(key, keys.quarantined(what.station, what.identity))
            yield what
