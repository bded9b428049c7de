"""How fast one client may ask, and about how many people: who walks through a register is slowed down, and seen."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from schemas.problem import TOO_MANY_REQUESTS, ProblemError

_MINUTE = 60.0
_HOUR = 3600.0
_log = logging.getLogger(__name__)


class TooFastError(ProblemError):
    """A client asks too fast."""

    def __init__(self, seconds: int) -> None:
        error = TOO_MANY_REQUESTS.error(f"one more request is answered in {seconds} seconds")
        super().__init__(error.kind, error.problem)
        self.seconds = seconds
        """After which one more is answered."""


@dataclass
class Pace:
    """A bucket of permissions for each client, filled evenly (token bucket). Safe for many threads."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, client: str) -> None:
        """Let *client* ask once.

        Raises:
            TooFastError: it has to wait.
        """
        rate = self.per_minute / _MINUTE
        with self._lock:
            now = self.clock()
            left, since = self._left.get(client, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - since) * rate)
            if left < 1:
                raise TooFastError(math.ceil((1 - left) / rate))
            self._left[client] = (left - 1, now)


@dataclass
class Breadth:
    """Counts about how many different people each client asks within an hour. Safe for many threads."""

    most: int
    alarm: Callable[[], object]
    """Called, beside the line in the log, when somebody has asked about more."""
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[float, set[str]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, client: str, owner_key: str) -> None:
        """Note that *client* asks about an owner; the first time in an hour that they are too many, the log says so."""
        with self._lock:
            now = self.clock()
            since, owners = self._seen.get(client, (now, set()))
            if now - since >= _HOUR:
                since, owners = now, set()
            self._seen[client] = (since, owners)
            if len(owners) > self.most or owner_key in owners:
                return
            owners.add(owner_key)
            if len(owners) > self.most:
                _log.warning("%s asked about more than %d people within an hour", client, self.most)
                self.alarm()
