"""What waits for the person who scanned: drafts, copies with an empty signature, and what comes to be put there."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.digest import Sha256, sha256_hex
from schemas.draft import Draft, DraftCopy, OfficerSignature
from storage import files, keys
from storage.port import ObjectStore
from storage.values import check_place, keep, load

_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts in an object store. A draft is written last: once it is there, all that it names is."""

    store: ObjectStore

    def prepare(self, unsigned: bytes, appended: bytes) -> bytes:
        """Store a copy, and what was appended to it so that it can be signed; return the latter, the first one's.

        A time went into it, so made twice it differs, and what is signed is only one of them.
        """
        sha256 = sha256_hex(unsigned)
        self.store.put(keys.file(sha256), unsigned, content_type=_PDF)
        return self.store.put_once(keys.prepared(sha256), appended)

    def keep(self, draft: Draft) -> Draft:
        """Store a draft, unless its submission has one; return the one that it has."""
        kept, _ = keep(self.store, keys.draft(draft.submission_id), draft)
        return kept

    def of(self, submission_id: Sha256) -> Draft | None:
        """Return the draft of a submission, None if it has none.

        Raises:
            ProblemError: `integrity-mismatch` if it is damaged or another submission's.
        """
        key = keys.draft(submission_id)
        found = load(self.store, Draft, key)
        if found is not None:
            check_place(key, keys.draft(found.submission_id))
        return found

    def unsigned(self, copy: DraftCopy) -> tuple[bytes, bytes]:
        """Return a copy, and what was appended to it so that it can be signed; errors as for reading any file."""
        return b"".join(files.read(self.store, copy.sha256)), self.store.get(keys.prepared(copy.sha256))

    def sign(self, copy: DraftCopy, signature: OfficerSignature) -> OfficerSignature:
        """Store the signature of a copy, which was found right; return the one that counts: the first one's."""
        kept, _ = keep(self.store, keys.signed(copy.sha256), signature)
        return kept

    def signature(self, copy: DraftCopy) -> OfficerSignature | None:
        """Return the signature of a copy, None while it waits."""
        return load(self.store, OfficerSignature, keys.signed(copy.sha256))

    def left(self, draft: Draft) -> Iterator[DraftCopy]:
        """Yield the copies that still wait to be signed."""
        return (each for each in draft.waits if self.store.stat(keys.signed(each.sha256)) is None)

    def waits(self, submission_id: Sha256) -> bool:
        """Return whether a submission waits for a signature."""
        draft = self.of(submission_id)
        return draft is not None and any(True for _ in self.left(draft))
