"""A lookup: an act with a purpose. It is written down before it is answered.

Records have two times. Valid time is in what they say: dates, and from which day on an amendment counts. What was known
when is told by the seals: an answer as of a moment of the past rests on the versions that were sealed before it, and on
them alone, so nothing that comes later changes it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from schemas.audit import AuditEntry, Judgement
from schemas.lookup import (
    FoundRecord,
    Inquiry,
    LookupAnswer,
    LookupRequest,
    Opens,
    ScanAdvice,
    ScanQuestion,
    ended_by,
    judge_all,
    tells_of_death,
)
from schemas.problem import BAD_REQUEST
from schemas.procedure import Needs, in_view_of
from schemas.record import Record, RecordId
from schemas.submission import StationId
from schemas.vietnam import TIME_ZONE
from storage import keys
from storage.audit import Audit
from storage.catalog import Catalog
from storage.warehouse import Warehouse


class Opened(NamedTuple):
    """A record that may be handed out, and the lookup that it is handed out for."""

    asked: AuditEntry
    record: Record


_NONE: Needs = {}


def look_up(
    warehouse: Warehouse,
    catalog: Catalog,
    audit: Audit,
    request: Inquiry,
    needs: Needs = _NONE,
    *,
    who: str,
    now: datetime,
) -> LookupAnswer:
    """Return the owner's records and whether each may be reused.

    Of an owner who has died nothing is told but what the procedure needs of the dead, and nothing says that this is
    why: not the answer, and not the act in the log, for whoever asked may read that too.

    Args:
        warehouse: holds the records; the truth.
        catalog: says which records there are.
        audit: gets an entry about this before anything is answered.
        request: whose records, and what for.
        needs: what the procedure needs, where it is known; what holds for a purpose or of the dead rests on that.
        who: who asks, for the audit log.
        now: the time; without `valid_on` and `known_at` its day in Vietnam counts.

    Raises:
        ProblemError: `integrity-mismatch` if a record that the catalog names is lost or damaged: an answer without it
            would be wrong; `bad-request` if `known_at` is yet to come; `basis-unfit`.
    """
    request.check_about([request.owner])
    if request.known_at is not None and request.known_at > now:
        raise BAD_REQUEST.error("known_at is yet to come: nobody can say what will be known then")
    owner = warehouse.owner_key(request.owner)
    valid_on = request.valid_on or (request.known_at or now).astimezone(TIME_ZONE).date()
    wanted = request.document_types
    types = (*wanted, *ended_by(wanted))
    records = tuple(warehouse.latest(row) for row in catalog.records_of(owner, types, or_of_death=True))
    is_whole = all(owner in warehouse.owner_keys(record) for record in records)
    owners = frozenset([owner]) if is_whole else catalog.same_person(owner)
    theirs = [record for record in records if owners & set(warehouse.owner_keys(record))]
    today = now.astimezone(TIME_ZONE).date()
    has_died = any(tells_of_death(record, today) for record in theirs)  # whatever was known then: they have died now
    if request.known_at is not None:
        owners = warehouse.same_person(owner, request.known_at)
        known = _known(warehouse, owners, types, request.known_at)
        theirs = [record for record in known if owners & set(warehouse.owner_keys(record))]
    judged = (in_view_of(needs, each) for each in judge_all(theirs, valid_on))
    of_dead = {need.document_type for need in needs.values() if need.deceased}
    found = tuple(
        each
        for each in judged
        if (not wanted or each.document_type in wanted) and (not has_died or each.document_type in of_dead)
    )
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=now,
        act="lookup",
        who=who,
        purpose=request.purpose,
        dossier_code=request.dossier_code,
        owner_key=owner,
        document_types=wanted,
        records=tuple(each.record_id for each in found),
        judgements=tuple(map(Judgement.of, found)),
        valid_on=valid_on,
        known_at=request.known_at,
        missed=_missed(wanted, found),
        requester_key=None if request.requester is None else warehouse.owner_key(request.requester),
        legal_basis=request.legal_basis,
        basis_document=request.basis_document,
    )
    kept_in = audit.append(entry)
    return LookupAnswer(
        audit_id=entry.entry_id, kept_in=kept_in, valid_on=valid_on, known_at=request.known_at, records=found
    )


def _missed(wanted: tuple[str, ...], found: tuple[FoundRecord, ...]) -> tuple[str, ...]:
    """Return the types of which nothing that can be reused was found."""
    there = {each.document_type for each in found if each.reusable}
    return tuple(each for each in wanted if each not in there)


def advise(
    warehouse: Warehouse,
    catalog: Catalog,
    audit: Audit,
    question: ScanQuestion,
    needs: Needs = _NONE,
    *,
    station: StationId,
    now: datetime,
) -> ScanAdvice:
    """Return whether an owner's paper has to be scanned: a lookup like any other, of which less is told.

    Raises:
        ProblemError: as for `look_up`.
    """
    request = LookupRequest(
        owner=question.owner,
        purpose=question.purpose,
        dossier_code=question.dossier_code,
        document_types=(question.document_type,),
    )
    answer = look_up(warehouse, catalog, audit, request, needs, who=f"station:{station}", now=now)
    reusable = tuple(record.record_id for record in answer.records if record.reusable)
    return ScanAdvice(audit_id=answer.audit_id, reusable=reusable)


def opened(warehouse: Warehouse, asked: AuditEntry | None, record_id: RecordId) -> Opened | None:
    """Return what a lookup lets be opened; None if it did not find this record reusable, or the record has changed."""
    if asked is None or asked.act != "lookup" or record_id not in asked.records:
        return None
    said = asked.judgements[asked.records.index(record_id)]
    record = warehouse.latest(keys.RecordVersion(record_id, said.version))
    return Opened(asked, record) if said.reusable and record.version == said.version else None


def write_down(audit: Audit, opened: Opened, opens: Opens, now: datetime) -> None:
    """Write down that a record or its copy is handed out: to whoever looked it up, for what they did so for."""
    asked = opened.asked
    entry = AuditEntry(
        entry_id=uuid4().hex,
        at=now,
        act=opens,
        who=asked.who,
        purpose=asked.purpose,
        dossier_code=asked.dossier_code,
        owner_key=asked.owner_key,
        legal_basis=asked.legal_basis,
        basis_document=asked.basis_document,
        records=(opened.record.record_id,),
    )
    audit.append(entry)


def _known(warehouse: Warehouse, owners: Iterable[str], types: tuple[str, ...], at: datetime) -> tuple[Record, ...]:
    """Return what was known of a person's records at a moment of the past, in the order of the catalog.

    The catalog knows today's owners only; pointers of earlier ones stay in the store.
    """
    ids = {each for owner in owners for each in warehouse.records_of(owner)}
    found = (_version_known(warehouse, each, at) for each in ids)
    known = [each for each in found if each is not None and (not types or each.document_type in types)]
    return tuple(sorted(known, key=lambda record: (record.created_at, record.record_id)))


def _version_known(warehouse: Warehouse, record_id: RecordId, at: datetime) -> Record | None:
    """Return the last version of a record that was sealed before *at*, None if there was none."""
    if not warehouse.has_record(record_id):
        return None
    for version in range(warehouse.latest_version(record_id), 0, -1):
        sealed = warehouse.record(record_id, version)
        if sealed.was_known(at):
            return sealed.value
    return None
