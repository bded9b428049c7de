"""Decisions of people in the object store: create-only, one for each version of a record that was looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.problem import REVIEW_CONFLICT
from schemas.record import RecordId
from schemas.review import Decision
from storage import keys
from storage.port import ObjectStore
from storage.values import check_place, keep, parse


@dataclass(frozen=True, slots=True)
class Reviews:
    """The decisions in an object store."""

    store: ObjectStore

    def keep(self, decision: Decision) -> Decision:
        """Store *decision*, unless it is stored; return what is: only the time may differ, when it was sent twice.

        Raises:
            ProblemError: `review-conflict` if something else was decided about this version.
        """
        kept, _ = keep(self.store, keys.review(decision.record_id, decision.version), decision)
        if not decision.same_as(kept):
            raise REVIEW_CONFLICT.error(f"version {decision.version} of record {decision.record_id} is decided about")
        return kept

    def of(self, record_id: RecordId) -> tuple[Decision, ...]:
        """Return every decision about a record, by version."""
        return tuple(self._at(key) for key in self.store.list(keys.reviews(record_id)))

    def versions(self) -> Iterator[keys.RecordVersion]:
        """Yield every version of every record about which something was decided, by record id and version."""
        return map(keys.reviewed_version_of, self.store.list(keys.REVIEWS))

    def _at(self, key: str) -> Decision:
        decision = parse(Decision, key, self.store.get(key))
        check_place(key, keys.review(decision.record_id, decision.version))
        return decision
