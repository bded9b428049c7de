"""Stations and their right to send: each step in its life is an object, and the last one counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.problem import STORE_CONFLICT
from schemas.station import Enrolment
from schemas.submission import StationId
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, check_place, load


@dataclass(frozen=True, slots=True)
class Stations:
    """The enrolments in an object store."""

    store: ObjectStore
    _known: dict[StationId, Enrolment] = field(default_factory=dict, repr=False)
    """The last step that was seen of each station: none is ever taken back, so only later ones are looked for."""

    def keep(self, enrolment: Enrolment) -> None:
        """Store the next step; its number is one more than that of the last.

        Raises:
            ProblemError: `store-conflict` if somebody else was quicker.
        """
        last = self.last(enrolment.request.station)
        if enrolment.number != (last.number if last else 0) + 1:
            raise STORE_CONFLICT.error(f"{enrolment.request.station} has changed meanwhile")
        key = keys.enrolment(enrolment.request.station, enrolment.number)
        self.store.put(key, enrolment.canonical_bytes(), content_type=JSON)

    def last(self, station: StationId) -> Enrolment | None:
        """Return the last step of a station, None if it was never enrolled. One look at the store, when nothing is new.

        Raises:
            ProblemError: `integrity-mismatch` if what is kept in its place is damaged or another station's.
        """
        last = self._known.get(station)
        while True:
            key = keys.enrolment(station, (last.number if last else 0) + 1)
            following = load(self.store, Enrolment, key)
            if following is None:
                return last
            check_place(key, keys.enrolment(following.request.station, following.number))
            self._known[station] = last = following

    def all(self) -> Iterator[Enrolment]:
        """Yield the last step of each station, by name."""
        seen: str | None = None
        for key in self.store.list(keys.STATIONS):
            folder = key.rpartition("/")[0]
            if folder == seen:
                continue
            seen = folder
            # The folder does not say whether `-` or `_` was meant; what is in it does.
            first = load(self.store, Enrolment, key)
            last = first and self.last(first.request.station)
            if last is not None:
                yield last
