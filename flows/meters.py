"""How often things happen and how long they take, on whatever machine: added up in the catalog's database.

A flow run is a process of minutes, so nobody could ask it; what it counted is added to the rest when it ends, and some
times before. What a killed one had counted since is lost: meters are for watching, the store says what became of what.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Literal

from flows.house import House
from schemas.backfill import STATION
from schemas.problem import ProblemError
from schemas.submission import StationId
from storage.catalog import Catalog, Meter

Lane = Literal["live", "backfill"]
Name = Literal["stage_seconds", "outcome_seconds", "flow_seconds", "documents", "pages"]

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Upper bounds of what is measured, in seconds."""
BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")


def lane_of(station: StationId) -> Lane:
    """Return in which lane what comes from *station* is worked on."""
    return "backfill" if station == STATION else "live"


class Meters:
    """What one process counts. Safe for many threads."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._counting = Lock()
        self._counted: dict[tuple[str, str, str], tuple[int, float]] = defaultdict(lambda: (0, 0.0))

    def count(self, name: Name, *labels: str, times: int = 1) -> None:
        """Count something that happened."""
        self._add(name, labels, "", times, 0.0)

    def measure(self, name: Name, *labels: str, seconds: float) -> None:
        """Count something that took so long."""
        self._add(name, labels, BOUNDS[bisect_left(BUCKETS, seconds)], 1, seconds)

    @contextmanager
    def timed(self, name: Name, *labels: str) -> Iterator[None]:
        """Count what the block does, unless it fails, and how long that takes."""
        began = time.monotonic()
        yield
        self.measure(name, *labels, seconds=time.monotonic() - began)

    def _add(self, name: Name, labels: tuple[str, ...], bucket: str, times: int, seconds: float) -> None:
        key = name, "/".join(labels), bucket
        with self._counting:
            count, total = self._counted[key]
            self._counted[key] = count + times, total + seconds

    def keep(self) -> None:
        """Add what was counted since the last time to the rest; if that cannot be done now, it is lost."""
        with self._counting:
            counted, self._counted = self._counted, defaultdict(lambda: (0, 0.0))
        with suppress(ProblemError):
            self._catalog.add_to_meters(Meter(*key, *value) for key, value in sorted(counted.items()))


@contextmanager
def told(house: House, flow: str) -> Iterator[None]:
    """Have the house told how a flow run ended and how long it took."""
    meters, began, ended = Meters(house.catalog), time.monotonic(), "failed"
    try:
        yield
        ended = "done"
    except ProblemError as error:
        house.log("failure", flow=flow, problem=error.kind.slug)
        raise
    finally:
        seconds = time.monotonic() - began
        meters.measure("flow_seconds", flow, ended, seconds=seconds)
        meters.keep()
        house.log("flow", flow=flow, ended=ended, seconds=seconds)
