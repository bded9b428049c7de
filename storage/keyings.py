"""What people keyed from crops of single fields, in the object store: create-only, one answer after the other."""

from dataclasses import dataclass

from schemas.record import RecordId
from schemas.snippet import Keying
from storage import keys
from storage.port import ObjectStore
from storage.values import check_place, keep, parse


@dataclass(frozen=True, slots=True)
class Keyings:
    """The answers in an object store."""

    store: ObjectStore

    def keep(self, keying: Keying) -> Keying:
        """Store an answer behind those that are there; return it, or what this person said of this version before."""
        number = 1
        while True:
            kept, _ = keep(self.store, keys.keying(keying.record_id, keying.field, number), keying)
            if (kept.who, kept.version) == (keying.who, keying.version):
                return kept
            number += 1

    def of(self, record_id: RecordId) -> tuple[Keying, ...]:
        """Return every answer about a record, by field and number."""
        return tuple(self._at(key) for key in self.store.list(keys.keyings(record_id)))

    def _at(self, key: str) -> Keying:
        keying = parse(Keying, key, self.store.get(key))
        check_place(key, keys.keying(keying.record_id, keying.field, keys.keying_number_of(key)))
        return keying
