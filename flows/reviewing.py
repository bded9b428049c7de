"""From a decision to the next version of a record: stored first, then sealed by the code that seals every record.

A decision is one of the review desk, or an amendment after the fact. That it is made is an act in the audit log. The
version follows from the one before it and the decisions alone, so whoever finds a decision without its version
makes the same one.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from uuid import uuid4

from flows.house import House
from flows.keyring import Keyring
from pipeline.understand.reviewed import is_same_paper, reviewed
from schemas.audit import AuditEntry
from schemas.document_type import document_types
from schemas.problem import AMENDMENT_UNFIT, DECISION_UNFIT, REVIEW_CONFLICT, REVIEW_NOT_WAITING, ProblemError
from schemas.record import Record, RecordId
from schemas.review import Decision, check_amends, check_fits
from schemas.vietnam import TIME_ZONE

Clock = Callable[[], datetime]
MACHINE = "sohoa:pages"
"""Who decides where nobody has to."""


def decide(house: House, keyring: Keyring, decision: Decision, clock: Clock) -> Record:
    """Store a decision and seal what follows from it; return the record's latest version.

    Raises:
        ProblemError: `record-unknown`, `review-not-waiting`, `decision-unfit`, `amendment-unfit`; `review-conflict` if
            somebody else decided about this version first.
    """
    latest = finish(house, keyring, decision.record_id, clock)
    if latest.version <= decision.version:
        check_fits(decision, latest, document_types().get(latest.document_type or ""))
        if latest.version < decision.version:
            raise DECISION_UNFIT.error(f"record {decision.record_id} has no version {decision.version}")
        for successor in decision.replaced_by:
            house.warehouse.record(successor)  # it has to be there
        if decision.amends is not None:
            check_amends(decision.amends, decision, latest, clock().astimezone(TIME_ZONE).date())
            _check_successor(house, latest, decision.amends.superseded_by)
        house.audit.append(_act(decision))
    house.reviews.keep(decision)
    return finish(house, keyring, decision.record_id, clock)


def finish(house: House, keyring: Keyring, record_id: RecordId, clock: Clock) -> Record:
    """Seal the versions that were decided about and not made yet; return the latest one."""
    record = house.warehouse.record(record_id).value
    decisions = house.reviews.of(record_id)
    while any(each.version == record.version for each in decisions):
        earlier = [each for each in decisions if each.version <= record.version]
        record = house.warehouse.keep_record(reviewed(record, earlier, document_types()), keyring.signing(clock))
    house.catalog.keep_decisions(decisions)
    house.catalog.keep_record(record)  # last: a record that is not indexed is found and finished again
    return record


def finish_all(house: House, clock: Clock) -> int:
    """Seal every version that was decided about and not made; return of how many records."""
    undone = list(unfinished(house))
    if undone:
        keyring = Keyring.open(house.settings, clock())
        for record_id in undone:
            finish(house, keyring, record_id, clock)
    return len(undone)


def replace_rescanned(house: House, keyring: Keyring, record: Record, clock: Clock) -> None:
    """Let *record* stand in the place of the one that waits for a new scan of the same paper, if that is plain to see.

    They have the dossier, the type and something that tells papers apart in common. Of several, or where what would
    tell is what could not be read, a person says which (`replaced_by`).
    """
    type_ = document_types().get(record.document_type or "")
    if record.dossier_code is None or type_ is None:
        return
    waiting = house.catalog.queue.to_be_rescanned(record.dossier_code, type_.code)
    found = [house.warehouse.record(each).value for each in waiting if each != record.record_id]
    same = [each for each in found if each.needs_review and is_same_paper(each, record, type_)]
    if len(same) != 1:
        return
    [old] = same
    about = {
        "record_id": old.record_id,
        "version": old.version,
        "who": MACHINE,
        "at": clock(),
        "replaced_by": (record.record_id,),
    }
    try:
        decide(house, keyring, Decision.model_validate(about), clock)
    except ProblemError as error:
        if error.kind not in {REVIEW_CONFLICT, REVIEW_NOT_WAITING}:  # a person was faster
            raise


def unfinished(house: House) -> Iterator[RecordId]:
    """Yield the records about which something was decided whose next version is not made, or not indexed."""
    latest = {each.record_id: each.version for each in house.reviews.versions()}
    return (record_id for record_id, version in latest.items() if house.catalog.version_of(record_id) <= version)


def _check_successor(house: House, record: Record, successor: RecordId | None) -> None:
    """Make sure that the record which takes the place of another one can.

    Raises:
        ProblemError: `record-unknown`; `amendment-unfit` if it belongs to other people, or *record* took its place.
    """
    seen = [record]
    while successor is not None:
        following = house.warehouse.record(successor).value
        if following.record_id in {each.record_id for each in seen}:
            raise AMENDMENT_UNFIT.error(f"{following.record_id} would take its own place")
        people, others = ({owner.identifier for owner in each.owners} - {None} for each in (record, following))
        if len(seen) == 1 and people and others and not people & others:
            raise AMENDMENT_UNFIT.error(f"{following.record_id} belongs to other people")
        seen.append(following)
        successor = following.successor_on(date.max)


def _act(decision: Decision) -> AuditEntry:
    amends = decision.amends
    purpose = "match" if decision.matched else "review"
    return AuditEntry(
        entry_id=uuid4().hex,
        at=decision.at,
        act="review" if amends is None else "amend",
        who=decision.who,
        purpose=purpose if amends is None else f"{amends.act} {amends.reason} {amends.legal_basis.code}",
        records=(decision.record_id,),
    )
