"""Tokens that were taken back, one by one: what is in the store counts, for whoever asks a little later."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from schemas.token import RevokedToken
from storage import keys
from storage.port import ObjectStore
from storage.values import keep

RECHECK_SECONDS = 30.0
"""How long a token that was not taken back counts on, at most, after it was."""
_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens in an object store that were taken back. Safe for many threads."""

    store: ObjectStore
    clock: Callable[[], float] = time.monotonic
    _asked: dict[str, float] = field(default_factory=dict)
    """When the store was last asked about each that was not taken back."""
    _lock: Lock = field(default_factory=Lock)

    def revoke(self, token: RevokedToken) -> RevokedToken:
        """Take a token back for ever; return what was said when it was: the first one who did counts."""
        kept, _ = keep(self.store, keys.revoked_token(token.issuer, token.token_id), token)
        return kept

    def is_revoked(self, issuer: str, token_id: str) -> bool:
        """Return whether a token was taken back, at the latest `RECHECK_SECONDS` after it was.

        Raises:
            ProblemError: `store-unreachable`: then nobody knows, and nobody is let in.
        """
        key, now = keys.revoked_token(issuer, token_id), self.clock()
        with self._lock:
            asked = self._asked.get(key)
        if asked is not None and now - asked < RECHECK_SECONDS:
            return False
        if self.store.stat(key) is not None:
            return True
        with self._lock:
            if len(self._asked) >= _MOST_KNOWN:
                self._asked.clear()
            self._asked[key] = now
        return False
