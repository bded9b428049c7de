"""Making the catalog anew from the object store, and completing one that missed something."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from schemas.problem import CATALOG_MISSING, INTEGRITY_MISMATCH, OWNER_SECRET_CHANGED, ProblemError
from schemas.record import Record
from schemas.review import Decision
from storage import keys
from storage.catalog import Catalog, Counts, differences
from storage.drafts import Drafts
from storage.inbox import Inbox
from storage.journals import Journals
from storage.reviews import Reviews
from storage.stations import Stations
from storage.warehouse import Warehouse

_BATCH = 1000


class Rebuilt(NamedTuple):
    """What a rebuilt catalog holds, and how it differs from the one before."""

    counts: Counts
    removed: int
    """Lines of its export that the store does not bear out."""
    added: int
    """Lines that it lacked; all, if there was no catalog."""
    damaged: tuple[str, ...] = ()
    """What could not be indexed because it is damaged: its key, and what is wrong; no personal data."""


def catch_up(inbox: Inbox, warehouse: Warehouse, catalog: Catalog) -> tuple[str, ...]:
    """Index everything in the store that *catalog* does not know; return what is damaged, as in `Rebuilt`.

    What is damaged is left out, for it must not keep everybody else's records from being found.
    """
    damaged: list[str] = []
    records = _unknown(warehouse, catalog, damaged)
    while batch := list(islice(records, _BATCH)):
        catalog.keep_decisions(decision for _, decisions in batch for decision in decisions)
        catalog.keep_records(record for record, _ in batch)
    for owner in warehouse.aliased():
        with _collecting(damaged):
            catalog.keep_alias(*warehouse.said_of(owner))
    drafts = Drafts(inbox.store)
    for submission_id in inbox.receipts():
        known = catalog.submission(submission_id)
        if known is not None and known.done:
            continue
        with _collecting(damaged):
            receipt = inbox.receipt(submission_id)
            if receipt is not None:
                done = inbox.outcome(submission_id) is not None
                catalog.keep_submission(receipt.value, keys.manifest(receipt.value), done=done)
                if not done:
                    catalog.keep_drafted(submission_id, drafted=drafts.waits(submission_id))
    journals = Journals(inbox.store)
    for each in Stations(inbox.store).all():
        with _collecting(damaged):
            unknown = journals.entries(each.request.station, after=catalog.entries_of(each.request.station))
            catalog.keep_entries(signed.entry for signed in unknown)
    return tuple(damaged)


def rebuild(inbox: Inbox, warehouse: Warehouse, catalog: Catalog) -> Rebuilt:
    """Make *catalog* anew from the store; until that is done it stays as it is, and work may go on all the while."""
    with TemporaryDirectory(prefix="sohoa-rebuild-") as folder:
        scratch = Catalog(f"sqlite:///{Path(folder) / 'catalog.sqlite3'}", warehouse.owner_secret)
        scratch.create()
        catch_up(inbox, warehouse, scratch)
        changes = Counter(line[0] for line in differences(_export(catalog), scratch.export()))
        catalog.replace_with(scratch)
        scratch.close()
    # What came in while the store was read; and what is damaged once more, as no catalog knows it.
    damaged = catch_up(inbox, warehouse, catalog)
    return Rebuilt(catalog.counts(), removed=changes["-"], added=changes["+"], damaged=damaged)


def _unknown(
    warehouse: Warehouse, catalog: Catalog, damaged: list[str]
) -> Iterator[tuple[Record, tuple[Decision, ...]]]:
    """Yield the latest version of each record that *catalog* does not know, with the decisions about the record."""
    reviews = Reviews(warehouse.store)
    for record_id, versions in groupby(warehouse.versions(), key=lambda each: each.record_id):
        latest = max(each.version for each in versions)
        if catalog.version_of(record_id) < latest:
            with _collecting(damaged):
                decisions = reviews.of(record_id) if latest > 1 else ()
                yield warehouse.record(record_id, latest).value, decisions


@contextmanager
def _collecting(damaged: list[str]) -> Iterator[None]:
    """Go on after an object that is not what was stored, and note it down; the detail names its key."""
    try:
        yield
    except ProblemError as error:
        if error.kind is not INTEGRITY_MISMATCH:
            raise
        damaged.append(error.problem.detail)


def _export(catalog: Catalog) -> Iterator[str]:
    try:
        catalog.check()
    except ProblemError as error:
        if error.kind not in {CATALOG_MISSING, OWNER_SECRET_CHANGED}:
            raise
        return
    yield from catalog.export()
