"""The journal: what the station says that it will send, in a chain that it signs (`schemas.station`)."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.station import FIRST, JournalEntry, SignedEntry
from schemas.submission import Manifest


def next_entry(
    last: JournalEntry | None, manifest: Manifest, *, written_at: datetime, scanned: int, declared: int | None
) -> JournalEntry:
    """Return the entry that follows *last* and announces *manifest*.

    Args:
        last: the last entry of the journal; None: there is none yet.
        manifest: what will be sent.
        written_at: by the station's clock. The order of the journal does not depend on it.
        scanned: pages in its files.
        declared: pages of paper that were counted.
    """
    return JournalEntry(
        station=manifest.station,
        sequence=1 if last is None else last.sequence + 1,
        previous=FIRST if last is None else last.sha256,
        written_at=written_at,
        submission_id=manifest.submission_id,
        dossier_code=manifest.dossier_code,
        file_count=len(manifest.files),
        scanned_pages=scanned,
        declared_pages=declared,
    )


def signed(entry: JournalEntry, key: Ed25519PrivateKey) -> SignedEntry:
    """Return *entry* with the station's signature over its canonical bytes."""
    return SignedEntry.of(entry, key.sign(entry.canonical_bytes()))
