"""The claims on copies, each decided once, the issuers whose keys sign them, and which of these were taken back."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.claim import Issuer, IssuerId, Withdrawal
from schemas.record import RecordId
from storage import keys
from storage.port import ObjectMissingError, ObjectStore
from storage.values import Sealed, Sign, check_place, keep, load, load_sealed, seal

_TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims and issuers in an object store."""

    store: ObjectStore

    def keep(self, record_id: RecordId, claim: str) -> str:
        """Store the claim on a record's copy unless there is one; return the one that is stored.

        Another key signs another claim, and that would make another copy; only the first one that was stored counts.
        """
        return self.store.put_once(keys.claim(record_id), claim.encode(), content_type=_TEXT).decode()

    def on_copy(self, record_id: RecordId) -> str | None:
        """Return the claim on a record's copy, None if none was made here."""
        try:
            return self.store.get(keys.claim(record_id)).decode("ascii", errors="replace")
        except ObjectMissingError:
            return None

    def withdraw(self, withdrawal: Withdrawal) -> Withdrawal:
        """Take the key of an issuer back for ever; return what was said when it was: the first one who did counts."""
        kept, _ = keep(self.store, keys.withdrawn(withdrawal.issuer_id), withdrawal)
        return kept

    def withdrawal(self, issuer_id: IssuerId) -> Withdrawal | None:
        """Return since when the claims of an issuer do not count, None if they do.

        Raises:
            ProblemError: `integrity-mismatch`.
        """
        key = keys.withdrawn(issuer_id)
        found = load(self.store, Withdrawal, key)
        if found is not None:
            check_place(key, keys.withdrawn(found.issuer_id))
        return found

    def keep_issuer(self, issuer: Issuer, sign: Sign) -> Issuer:
        """Store and sign what is said of an issuer unless that is done; return what is stored."""
        key = keys.issuer(issuer.issuer_id)
        kept, data = keep(self.store, key, issuer)
        seal(self.store, key, data, sign)
        return kept

    def issuer(self, issuer_id: IssuerId) -> Sealed[Issuer] | None:
        """Return what an agency has said of an issuer, None if there is none with this id.

        Raises:
            ProblemError: `integrity-mismatch`.
        """
        key = keys.issuer(issuer_id)
        found = load_sealed(self.store, Issuer, key)
        if found is not None:
            check_place(key, keys.issuer(found.value.issuer_id))
        return found

    def issuers(self) -> Iterator[IssuerId]:
        """Yield the ids of all issuers."""
        names = self.store.list(keys.ISSUERS)
        return (keys.issuer_of(name) for name in names if name.endswith(keys.SIGNATURE))
