"""The directory of signers: each step in the life of a right to sign is an object, and the last one counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from schemas.digest import Sha256
from schemas.problem import STORE_CONFLICT
from schemas.signer import SignerEntry
from storage import keys
from storage.port import ObjectStore
from storage.values import JSON, check_place, load, parse


@dataclass(frozen=True, slots=True)
class Signers:
    """The entries in an object store."""

    store: ObjectStore

    def keep(self, entry: SignerEntry) -> None:
        """Store the next step; its number is one more than that of the last.

        Raises:
            ProblemError: `store-conflict` if somebody else was quicker.
        """
        last = self.last(entry.certificate_sha256)
        if entry.number != (last.number if last else 0) + 1:
            raise STORE_CONFLICT.error(f"the signer {entry.certificate_sha256} has changed meanwhile")
        self.store.put(keys.signer(entry.certificate_sha256, entry.number), entry.canonical_bytes(), content_type=JSON)

    def last(self, certificate_sha256: Sha256) -> SignerEntry | None:
        """Return the last step of a signer, None if they are not in the directory."""
        last: SignerEntry | None = None
        while (found := self._step(certificate_sha256, last.number + 1 if last else 1)) is not None:
            last = found
        return last

    def all(self) -> Iterator[SignerEntry]:
        """Yield the last step of each signer."""
        return map(self.step, self.steps())

    def steps(self) -> Iterator[str]:
        """Yield the key of the last step of each signer, without reading it."""
        for _, steps in groupby(self.store.list(keys.SIGNERS), key=keys.signer_of):
            *_, last = steps
            yield last

    def step(self, key: str) -> SignerEntry:
        """Return the step that is kept under a key."""
        return parse(SignerEntry, key, self.store.get(key))

    def _step(self, certificate_sha256: Sha256, number: int) -> SignerEntry | None:
        key = keys.signer(certificate_sha256, number)
        found = load(self.store, SignerEntry, key)
        if found is not None:
            check_place(key, keys.signer(found.certificate_sha256, found.number))
        return found
