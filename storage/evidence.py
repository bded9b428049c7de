"""Evidence of records, and the time-stamps that it hangs on, each of which may be renewed once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from schemas.digest import sha256_hex
from schemas.settings import Digest
from storage import keys
from storage.keys import RecordVersion
from storage.port import ObjectMissingError, ObjectStore


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence records in an object store.

    Thousands of records hang on one time-stamp. Its renewal is kept once, under its hash: whoever reads the evidence of
    a record follows from each time-stamp to the one that renewed it.
    """

    store: ObjectStore

    def keep(self, version: RecordVersion, digest: Digest, evidence: bytes) -> None:
        """Store the evidence record of a record version; only the first one with this algorithm counts."""
        self.store.put_once(keys.evidence(version, digest), evidence)

    def of(self, version: RecordVersion) -> tuple[bytes, ...]:
        """Return the evidence records of a record version as they were stored: one for each algorithm that was used."""
        found = (self._get(keys.evidence(version, digest)) for digest in get_args(Digest))
        return tuple(each for each in found if each is not None)

    def proven(self, digest: Digest) -> Iterator[RecordVersion]:
        """Yield the record versions that have evidence with this algorithm."""
        return (keys.evident_version_of(key) for key in self.store.list(keys.evidences(digest)))

    def keep_token(self, token: bytes) -> None:
        """Store the time-stamp of a hash tree, so that it will be renewed. To be done before anything hangs on it."""
        self.store.put(keys.token(sha256_hex(token)), token)

    def tokens(self) -> Iterator[bytes]:
        """Yield the time-stamps that were not renewed yet."""
        renewed = {key.removeprefix(keys.RENEWALS) for key in self.store.list(keys.RENEWALS)}
        for key in self.store.list(keys.TOKENS):
            if key.removeprefix(keys.TOKENS) not in renewed:
                yield self.store.get(key)

    def keep_renewal(self, token: bytes, evidence: bytes) -> None:
        """Store the evidence record of a time-stamp: its renewal. Only the first one counts."""
        self.store.put_once(keys.renewal(sha256_hex(token)), evidence)

    def renewal(self, token: bytes) -> bytes | None:
        """Return the evidence record of a time-stamp, None if it was not renewed."""
        return self._get(keys.renewal(sha256_hex(token)))

    def _get(self, key: str) -> bytes | None:
        try:
            return self.store.get(key)
        except ObjectMissingError:
            return None
