"""What services say about their work: one JSON object a line, for programs that collect lines.

Personal data cannot get in: a fact is a number, or a word of a closed shape in which no name, no sentence and no
identifier of a person fits. What has another shape is withheld; `sohoa` tells people what happened, the log does not.
"""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import Literal, TextIO

Event = Literal["receipt", "draft", "signature", "outcome", "flow", "failure"]
Fact = str | int | float | None

WITHHELD = "withheld"
_WORD = re.compile(r"[a-z0-9][a-z0-9_.:/+-]{0,79}", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_LONG_NUMBER = re.compile(r"\d{7}")
"""Identifiers of people have 9 or 12 digits, telephone numbers 10."""


class Log:
    """Writes events to a stream, if there is one. Safe for many threads."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out
        self._writing = Lock()

    def __call__(self, event: Event, **facts: Fact) -> None:
        """Write an event; a log that cannot be written stops nobody's work."""
        if self._out is None:
            return
        said = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event}
        line = json.dumps(said | {name: fit(fact) for name, fact in facts.items()})
        with self._writing, suppress(OSError, ValueError):
            self._out.write(line + "\n")
            self._out.flush()


def fit(fact: Fact) -> Fact:
    """Return a fact as it may be told to programs: what could be about a person is withheld."""
    if isinstance(fact, str):
        return fact if _HASH.fullmatch(fact) or (_WORD.fullmatch(fact) and not _LONG_NUMBER.search(fact)) else WITHHELD
    return round(fact, 3) if isinstance(fact, float) else fact
