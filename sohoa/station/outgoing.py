"""What the sender needs of the outbox, and all that it may do to it."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

from schemas.digest import Sha256
from schemas.legibility import Fault, Legibility
from schemas.station import SignedEntry, SignedReceipt
from schemas.submission import Manifest


class Unsent(NamedTuple):
    """A submission that is in the journal and has no receipt yet."""

    entry: SignedEntry
    manifest: Manifest


class Preview(NamedTuple):
    """A page of an open dossier that nobody has looked at yet."""

    scan: int
    """Identity of the scan that it is of."""
    page: int
    """Its number in that scan."""
    jpeg: bytes | None
    """What it looks like at `PREVIEW_DPI`, in grey; None where that cannot be made here."""
    faults: tuple[Fault, ...]
    """What is plain to see here already."""


class Outgoing(Protocol):
    """The side of the outbox that faces the line. Every call is durable when it returns, and may be repeated."""

    def entries_from(self, sequence: int, *, limit: int = 500) -> tuple[SignedEntry, ...]:
        """Return the journal from entry *sequence* on, at most *limit* entries; empty when there are none.

        *sequence* is what the server answered as `JournalState.next_sequence`.
        """

    def to_send(self) -> Iterator[Unsent]:
        """Yield what has no receipt, in the order of the journal."""

    def open(self, sha256: Sha256) -> BinaryIO:
        """Open a file of an unsent submission, decrypted as it is read. `seek` is cheap: it goes on at any offset.

        Raises:
            ProblemError: `integrity-mismatch` from `read`, when the bytes on the disk were damaged.
        """

    def received(self, receipt: SignedReceipt) -> None:
        """Keep a receipt *whose signature the caller has verified*; from now on the dossier is safe there.

        The same receipt again changes nothing.

        Raises:
            ProblemError: `receipt-wrong` when it is not about a submission of ours, or names other files.
        """

    def to_look_at(self) -> Iterator[Preview]:
        """Yield the pages of open dossiers that were not looked at yet, in the order in which they were scanned."""

    def looked_at(self, preview: Preview, faults: tuple[Fault, ...]) -> None:
        """Keep what is wrong with a page, if its scan was not removed meanwhile."""

    def to_ask_about(self) -> tuple[Sha256, ...]:
        """Return the newest submissions that have a receipt and of whose pages nothing is known yet."""

    def judged(self, legibility: Legibility) -> None:
        """Keep which pages of a submission should be scanned once more."""

    def trouble(self, submission_id: Sha256, why: str | None) -> None:
        """Say in Vietnamese what a person has to do before this submission can get there; None: nothing any more."""
