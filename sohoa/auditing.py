"""`sohoa audit …` and `sohoa receipt …`: the log of acts, sealed, checked, and asked who looked at whose records."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pydantic import ValidationError

from flows.acts import seal_acts
from flows.keyring import trusted_roots
from pipeline.seal.keys import DIGEST
from pipeline.seal.raising import signature_value
from pipeline.seal.verify import verify_detached, verify_time_stamp
from schemas.audit import AuditEntry, OnceOnlyReceipt, TreeHead
from schemas.model import Value
from schemas.problem import BAD_REQUEST, FILE_MISSING, FILE_UNREADABLE, RECEIPT_PENDING
from schemas.report import Missed, Proof, Verification
from schemas.settings import Settings
from sohoa.looking import existing_house, parse_owner, this_user
from storage.audit import Audit, Checked, what_fails

V = TypeVar("V", bound=Value)

_MOST_BYTES = 4 * 1024 * 1024


def seal_log(settings: Settings) -> int:
    """Seal every act that is not sealed yet, of whatever day; return how many those were."""
    return seal_acts(existing_house(settings, needs_catalog=False), _now, all_days=True)


def verify_log(settings: Settings, kept_head: Path | None) -> Verification:
    """Check the whole audit log, from a head on that was kept elsewhere, if there is one.

    Raises:
        ProblemError: as for `_value_in`.
    """
    audit = existing_house(settings, needs_catalog=False).audit
    known = None if kept_head is None else _value_in(kept_head, TreeHead)
    faults = list(audit.faults(_checked(settings), _now(), known))
    last = audit.last_head()
    detail = "nothing was sealed yet"
    if last is not None:
        detail = f"{last.value.size} acts in {last.value.number} segments, root {last.value.root}"
    proofs = [Proof(subject="audit log", verdict="INVALID", detail=fault) for fault in faults]
    proofs += _time_stamp_proofs(audit, trusted_roots(settings), _now())
    return Verification.of("audit", (*proofs, Proof(subject="audit log", verdict="VALID", detail=detail)))


def _time_stamp_proofs(audit: Audit, roots: tuple[bytes, ...], now: datetime) -> Iterator[Proof]:
    """Yield what the last time-stamp of a head proves, and which of the others is not what it was."""
    numbers = audit.time_stamped()
    for number in numbers:
        head, token = audit.head(number), audit.time_stamp(number)
        if head is None or token is None:
            yield Proof(subject="time-stamp", verdict="INVALID", detail=f"head {number}: it is not there any more")
            continue
        found = verify_time_stamp(token, sha256(signature_value(head.signature)).digest(), DIGEST, roots, now)
        if number == numbers[-1] or found.verdict == "INVALID":  # the last one renews the others, when they end
            detail = "; ".join(found.reasons) or f"all acts up to {head.value.size} were there {found.signed_at}"
            yield Proof(subject="time-stamp", verdict=found.verdict, detail=f"head {number}: {detail}")


def last_head(settings: Settings) -> TreeHead | None:
    """Return the last signed head of the log."""
    found = existing_house(settings, needs_catalog=False).audit.last_head()
    return None if found is None else found.value


def receipt_of(settings: Settings, audit_id: str) -> OnceOnlyReceipt:
    """Return the once-only receipt of an act.

    Raises:
        ProblemError: `receipt-pending`.
    """
    found = existing_house(settings, needs_catalog=False).audit.receipt(audit_id)
    if found is None:
        raise RECEIPT_PENDING.error("it is not in the sealed log")
    return found


def verify_receipt(settings: Settings, path: Path) -> Verification:
    """Check a once-only receipt with the trusted roots alone: no warehouse is needed.

    Raises:
        ProblemError: as for `_value_in`.
    """
    receipt = _value_in(path, OnceOnlyReceipt)
    wrong = what_fails(receipt, _checked(settings))
    entry = receipt.entry
    reusable = sum(judgement.reusable for judgement in entry.judgements)
    basis = " ".join(filter(None, [entry.legal_basis, entry.basis_document]))
    said = f"{entry.who} at {entry.at:%Y-%m-%d %H:%M:%S %Z} for {entry.purpose}{f' on {basis}' if basis else ''}"
    said += f": {len(entry.records)} records"
    said += f", {reusable} of them reusable on {entry.valid_on}" if entry.valid_on else ""
    proof = Proof(subject="act", verdict="VALID" if wrong is None else "INVALID", detail=wrong or said)
    return Verification.of(str(path), (proof,))


def acts_about(settings: Settings, owner: str) -> Iterator[AuditEntry]:
    """Yield every act about an owner's records, by its time; that somebody asks for them is one, written down first.

    Raises:
        ProblemError: `bad-request`; it does not repeat the identifier.
    """
    identifier = parse_owner(owner)
    house = existing_house(settings)
    key = house.warehouse.owner_key(identifier)
    act = AuditEntry(
        entry_id=uuid4().hex,
        at=_now(),
        act="audit",
        who=this_user(),
        purpose="sohoa audit of",
        owner_key=key,
    )
    house.audit.append(act)
    owners = house.catalog.same_person(key)
    records = {row.record_id for row in house.catalog.records_of(key, ())}
    acts = (entry for entry in house.audit.entries() if entry.owner_key in owners or records & set(entry.records))
    yield from sorted(acts, key=lambda entry: entry.at)


def misses(settings: Settings) -> list[Missed]:
    """Return what lookups found nothing of that could be reused, what most people lacked first."""
    house = existing_house(settings, needs_catalog=False)
    lacked: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    for entry in house.audit.entries():
        for document_type in entry.missed:
            lacked[entry.purpose, document_type].append(entry.owner_key)
    rows = (Missed(purpose=p, document_type=t, owners=len(set(k)), lookups=len(k)) for (p, t), k in lacked.items())
    return sorted(rows, key=lambda row: (-row.owners, -row.lookups, row.purpose, row.document_type))


def _now() -> datetime:
    return datetime.now(UTC)


def _checked(settings: Settings) -> Checked:
    roots, now = trusted_roots(settings), _now()

    def check(data: bytes, signature: bytes) -> str | None:
        verdict = verify_detached(data, signature, roots, now)
        return None if verdict.verdict == "VALID" else "; ".join(verdict.reasons) or verdict.verdict

    return check


def _value_in(path: Path, kind: type[V]) -> V:
    """Return the value in a JSON file.

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `bad-request`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is no such file", file=str(path)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=str(path)) from error
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise BAD_REQUEST.error(f"this is no {kind.__name__}", file=str(path)) from error
