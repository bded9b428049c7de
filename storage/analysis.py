"""Tables for analysis, by month: what one says is written again as a new edition, and only if it has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from schemas.digest import sha256_hex
from storage import keys
from storage.port import ObjectStore


class Edition(NamedTuple):
    """A table of a month, as it is kept."""

    number: int
    key: str
    new: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables in an object store."""

    store: ObjectStore

    def keep(self, table: str, month: str, made: Callable[[int], bytes], content_type: str) -> Edition:
        """Store a table of a month, unless its last edition says the same.

        Args:
            table: what it is called.
            month: such as `2026-03`.
            made: returns the file of an edition, given its number: the same each time.
            content_type: of these files.

        Raises:
            ProblemError: `store-conflict` if somebody else was quicker, and says otherwise.
        """
        last = next(number for number in count() if self.store.stat(keys.table(table, month, number + 1)) is None)
        if last:
            kept = self.store.stat(key := keys.table(table, month, last))
            if kept is not None and kept.sha256 == sha256_hex(made(last)):
                return Edition(last, key, new=False)
        key = keys.table(table, month, last + 1)
        self.store.put(key, made(last + 1), content_type=content_type)
        return Edition(last + 1, key, new=True)
