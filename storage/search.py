"""A search of the catalog: an act with a purpose, as a lookup is, and written down before it is answered."""

from datetime import datetime
from uuid import uuid4

from schemas.audit import AuditEntry
from schemas.search import Search, SearchAnswer
from storage.audit import Audit
from storage.catalog import Catalog
from storage.warehouse import Warehouse


def search(
    warehouse: Warehouse, catalog: Catalog, audit: Audit, asked: Search, *, who: str, now: datetime
) -> SearchAnswer:
    """Return one page of the records that fit.

    The act names what was looked for by the keys that the catalog has of it, so that the same can be found again.

    Raises:
        ProblemError: failures of store and catalog.
    """
    owner = None if asked.owner is None else warehouse.owner_key(asked.owner)
    found, is_last = catalog.search(asked, owner)
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=now,
        act="search",
        who=who,
        purpose=asked.purpose,
        dossier_code=asked.dossier_code,
        owner_key=owner,
        document_types=() if asked.document_type is None else (asked.document_type,),
        records=tuple(each.record_id for each in found),
        sought=tuple(f"{term}:{catalog.term(term, text)}" for term, text in asked.terms.items()),
    )
    audit.append(entry)
    return SearchAnswer(audit_id=entry.entry_id, records=found, after=None if is_last else found[-1].record_id)
