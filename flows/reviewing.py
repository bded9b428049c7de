"""From a decision to the next version of a record: stored first, then sealed by the code that seals every record.

The version follows from the one before it and the decisions alone, so whoever finds a decision without its version
makes the same one.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from flows.house import House
from flows.keyring import Keyring
from pipeline.understand.reviewed import reviewed
from schemas.document_type import document_types
from schemas.problem import DECISION_UNFIT
from schemas.record import Record, RecordId
from schemas.review import Decision, check_fits

Clock = Callable[[], datetime]


def decide(house: House, keyring: Keyring, decision: Decision, clock: Clock) -> Record:
    """Store a decision and seal what follows from it; return the record's latest version.

    Raises:
        ProblemError: `record-unknown`, `review-not-waiting`, `decision-unfit`; `review-conflict` if somebody else
            decided about this version first.
    """
    latest = finish(house, keyring, decision.record_id, clock)
    if latest.version <= decision.version:
        check_fits(decision, latest, document_types().get(latest.document_type or ""))
        if latest.version < decision.version:
            raise DECISION_UNFIT.error(f"record {decision.record_id} has no version {decision.version}")
    house.reviews.keep(decision)
    return finish(house, keyring, decision.record_id, clock)


def finish(house: House, keyring: Keyring, record_id: RecordId, clock: Clock) -> Record:
    """Seal the versions that were decided about and not made yet; return the latest one."""
    record = house.warehouse.record(record_id).value
    decisions = house.reviews.of(record_id)
    while any(each.version == record.version for each in decisions):
        earlier = [each for each in decisions if each.version <= record.version]
        record = house.warehouse.keep_record(reviewed(record, earlier, document_types()), keyring.signing(clock))
    house.catalog.keep_record(record)
    return record


def unfinished(house: House) -> Iterator[RecordId]:
    """Yield the records about which something was decided whose next version is not made, or not indexed."""
    latest = {each.record_id: each.version for each in house.reviews.versions()}
    return (record_id for record_id, version in latest.items() if house.catalog.version_of(record_id) <= version)
