"""The log of acts: who asked for whose records, when, what for. An entry is stored before the answer is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Literal

from pydantic import AwareDatetime
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.lookup import AuditId
from schemas.model import Value
from schemas.record import RecordId
from schemas.submission import StationId
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, parse


class AuditEntry(Value):
    """One act. It names the owner by their key and the records by their ids, and holds nothing that they say."""

    entry_id: AuditId
    """New for each act: `uuid4().hex`."""
    at: AwareDatetime
    act: Literal["lookup", "record", "copy", "enrol", "revoke", "conflict"]
    """Asked for an owner's records; read one record; read a copy. Let a station send, or stopped it; its journal
    contradicted itself."""
    who: str = Constraint(min_length=1, max_length=200)
    purpose: str = Constraint(min_length=1, max_length=500)
    """The procedure that needs it (mã TTHC); for an act about a station, the reason."""
    station: StationId | None = None
    dossier_code: str | None = None
    owner_key: Sha256 | None = None
    document_types: tuple[str, ...] = ()
    """Only these were asked for; empty: all."""
    records: tuple[RecordId, ...] = ()
    """Which records the answer holds, in its order."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The log in an object store."""

    store: ObjectStore

    def append(self, entry: AuditEntry) -> None:
        """Store *entry*; only when this has returned may the answer be given."""
        key = keys.audit_entry(entry.at.astimezone(UTC).date(), entry.entry_id)
        self.store.put(key, entry.canonical_bytes(), content_type=JSON)

    def entries(self) -> Iterator[AuditEntry]:
        """Yield every entry, by its day (UTC); within a day in no particular order."""
        return (parse(AuditEntry, key, self.store.get(key)) for key in self.store.list(keys.AUDIT_ENTRIES))
