"""What was read of late: bytes that can never change, kept in memory up to a limit."""

from collections import OrderedDict
from threading import Lock


class Recent:
    """The values that were used last, by key; the others are dropped. Safe for many threads."""

    def __init__(self, most_bytes: int) -> None:
        """Keep values of so many bytes together."""
        self._most, self._bytes, self._lock = most_bytes, 0, Lock()
        self._values = OrderedDict[str, bytes]()

    def get(self, key: str) -> bytes | None:
        """Return the value, None if it is not here any more."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: str, value: bytes) -> None:
        """Keep a value, and drop those that were not used for longest where there is no room."""
        with self._lock:
            self._bytes += len(value) - len(self._values.pop(key, b""))
            self._values[key] = value
            while self._bytes > self._most:
                self._bytes -= len(self._values.popitem(last=False)[1])
