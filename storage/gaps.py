"""What stations said that they would send and what is not here: named, so that somebody can ask for it."""

from collections.abc import Container, Iterable, Iterator

from schemas.digest import Sha256
from schemas.station import Gap, JournalEntry
from schemas.submission import StationId
from storage.catalog import Catalog
from storage.inbox import Inbox
from storage.journals import Journals
from storage.quarantine import Quarantine


def gaps(
    inbox: Inbox, journals: Journals, quarantine: Quarantine, catalog: Catalog, station: StationId
) -> Iterator[Gap]:
    """Yield what is missing of a station, in the order of its journal.

    The catalog says where to look; only what the store does not have either is missing.
    """
    signed = (journals.entry(station, sequence) for sequence in catalog.missing(station))
    entries = [found.entry for found in signed if found is not None]
    received = {each.submission_id for each in entries if inbox.receipt(each.submission_id) is not None}
    early = [what.entry.entry for what in quarantine.of(station) if what.entry is not None]
    yield from compare(station, entries, received, journals.length(station), early)


def compare(
    station: StationId,
    entries: Iterable[JournalEntry],
    received: Container[Sha256],
    length: int,
    early: Iterable[JournalEntry],
) -> Iterator[Gap]:
    """Yield what is missing, by number.

    Args:
        station: of which station.
        entries: what it said that it would send, in order.
        received: the submissions that have a receipt.
        length: how many entries of its journal are known: 1 to that number.
        early: entries that came before those that they follow.
    """
    for entry in entries:
        if entry.submission_id not in received:
            yield Gap(station=station, sequence=entry.sequence, entry=entry)
    ahead = {entry.sequence: entry for entry in early if entry.sequence > length}
    for sequence in range(length + 1, max(ahead, default=length) + 1):
        yield Gap(station=station, sequence=sequence, entry=ahead.get(sequence))
