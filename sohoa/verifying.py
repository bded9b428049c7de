"""`sohoa verify`: is it what was stored or printed, who signed it, and what exactly fails?"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flows.claims import judge_claim
from flows.evidence import evidence_of, evidence_of_signature
from flows.house import House
from flows.incoming import judged_again
from flows.keyring import trusted_roots
from pipeline.digitize import settled
from pipeline.seal.evidence import verify_evidence
from pipeline.seal.printed import claims_on
from pipeline.seal.raising import signature_value, time_stamped
from pipeline.seal.verify import verify_detached, verify_pdf
from pipeline.workers import Workers
from schemas.claim import ClaimVerdict
from schemas.digest import sha256_hex
from schemas.incoming import SignatureReport
from schemas.problem import (
    CONFIGURATION,
    FILE_MISSING,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    INTEGRITY_MISMATCH,
    ProblemError,
)
from schemas.record import Record
from schemas.report import Proof, Verification
from schemas.settings import Settings
from schemas.verdict import EvidenceVerdict, SignatureVerdict, worst
from sohoa.looking import existing_house
from storage.claims import Claims
from storage.keys import RecordVersion
from storage.opening import store_in
from storage.port import ObjectMissingError
from storage.values import Sealed
from storage.warehouse import Warehouse

_RECORD_ID = re.compile(r"[0-9a-f]{32}")
_PDF, _PDF_WITHIN = b"%PDF-", 1024
"""How a PDF begins, and within how many bytes (ISO 32000-1, annex H.3, note 13)."""
_NO_CODE = "no QR code with a claim was found; take the picture from nearer, in good light, with the code whole in it"


def verify_target(settings: Settings, target: str, issuers: Path | None = None) -> Verification:
    """Return what can be proven about a signed PDF file, a record with its copy and signatures, or a printed copy.

    Args:
        settings: whom is trusted, and where the warehouse is.
        target: a file or the id of a record.
        issuers: folder that `sohoa issuers` wrote; None: the warehouse knows whose keys sign claims.

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `file-too-large`, `file-damaged`, `record-unknown`; what
            `admit` raises for a picture; `configuration` when the warehouse is needed and there is none, and for a
            folder without issuers.
    """
    now = datetime.now(UTC)
    if _RECORD_ID.fullmatch(target) and not Path(target).exists():
        house = existing_house(settings, needs_catalog=False)
        return Verification.of(target, tuple(_record_proofs(house, target, trusted_roots(settings), now)))
    data = _read(Path(target), settings.limits.file_bytes)
    if _PDF not in data[:_PDF_WITHIN]:
        return Verification.of(target, tuple(_claim_proofs(settings, Path(target), issuers, now)))
    verdicts = verify_pdf(data, trusted_roots(settings), now)
    claims = () if verdicts or not _knows_issuers(settings, issuers) else _claims(settings, Path(target), issuers, now)
    return Verification.of(target, (*_pdf_proofs(data, verdicts), *map(_claim_proof, claims)))


def _read(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file; pipes and devices, which may never end, are not opened."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            detail = "it is a folder" if stat.S_ISDIR(facts.st_mode) else "it is a pipe, a socket or a device"
            raise FILE_UNREADABLE.error(detail, file=str(path))
        # Should a pipe have taken its place by now, opening it this way does not wait for a writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            data = file.read(most + 1)
    except FileNotFoundError as error:
        raise FILE_MISSING.error("neither a file nor the id of a record", file=str(path)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=str(path)) from error
    if len(data) > most:
        raise FILE_TOO_LARGE.error(f"{facts.st_size} bytes; at most {most} are read", file=str(path))
    return data


def _knows_issuers(settings: Settings, issuers: Path | None) -> bool:
    return issuers is not None or settings.store.kind == "s3" or (settings.home / "store").is_dir()


def _claim_proofs(settings: Settings, path: Path, issuers: Path | None, now: datetime) -> Iterator[Proof]:
    """Yield what the QR codes on a picture come to."""
    found = _claims(settings, path, issuers, now)
    if not found:
        yield Proof(subject="QR code", verdict="INDETERMINATE", detail=_NO_CODE, is_signature=True)
    yield from map(_claim_proof, found)


def _claims(settings: Settings, path: Path, issuers: Path | None, now: datetime) -> tuple[ClaimVerdict, ...]:
    if issuers is None:
        house = existing_house(settings, needs_catalog=False)
        claims, warehouse = house.claims, house.warehouse
    else:
        claims, warehouse = Claims(store_in(issuers)), None
    with Workers(1, settings.limits) as workers:
        task = workers.submit(claims_on, path, settings.limits, seconds=settings.limits.file_seconds, file=str(path))
        texts = settled(task, str(path))
    return tuple(judge_claim(text, claims, warehouse, trusted_roots(settings), now) for text in texts)


def _claim_proof(found: ClaimVerdict) -> Proof:
    said = [f"claim of {found.issuer or 'unknown'} about record {found.record_id}"]
    said += [f"scanned at {found.scanned_at}, to be checked until {found.expires_at}"]
    said += [f"the record is {found.status} today"] if found.status else []
    detail = "; ".join((*said, *found.reasons))
    return Proof(subject="QR code", verdict=found.verdict, detail=detail, is_signature=True)


def _record_proofs(house: House, record_id: str, roots: tuple[bytes, ...], now: datetime) -> Iterator[Proof]:
    warehouse = house.warehouse
    try:
        sealed = warehouse.record(record_id)
    except ProblemError as error:
        if error.kind is not INTEGRITY_MISMATCH:
            raise
        yield Proof(subject="record", verdict="INVALID", detail=error.problem.detail)
        return
    yield Proof(subject="record", verdict="VALID", detail=f"version {sealed.value.version}, {len(sealed.data)} bytes")
    evidence, damage = _evidence(house, sealed, roots, now)
    moments = _Moments(now, evidence.proven_at if evidence is not None and evidence.verdict == "VALID" else None)
    yield from _record_signature_proofs(house, sealed, roots, moments)
    yield from _copy_proofs(house, sealed.value, roots, moments)
    yield _original_proof(warehouse, sealed.value.origin.file_sha256)
    if evidence is not None:
        yield _evidence_proof("evidence", evidence)
    if damage is not None:
        yield damage


class _Moments(NamedTuple):
    """When signatures are judged: now or, where that leaves them open, when evidence proves that they were there."""

    now: datetime
    proven: datetime | None = None


def _record_signature_proofs(
    house: House, sealed: Sealed[Record], roots: tuple[bytes, ...], moments: _Moments
) -> Iterator[Proof]:
    stamped, damage = _time_stamp(house, sealed, roots, moments.now)
    if damage is not None:
        yield damage
    alone = signature = sealed.signature
    if stamped is not None and (token := house.warehouse.time_stamp(_version(sealed.value))) is not None:
        try:
            signature = time_stamped(alone, token)
        except ProblemError as error:
            yield _not_intact("record signature", error)
            return
        if stamped.verdict == "VALID":  # for as long as it is renewed, the signature holds as of then
            alone, moments = signature, moments._replace(proven=stamped.proven_at)
        if stamped.verdict != "INDETERMINATE" or moments.proven is None:  # otherwise evidence stands for it
            yield _evidence_proof("record time-stamp", stamped)
    found = verify_detached(sealed.data, signature, roots, moments.now)
    if found.verdict == "INDETERMINATE" and moments.proven is not None:
        then = verify_detached(sealed.data, alone, roots, moments.proven)
        found = _proven(then, moments.proven) if then.verdict == "VALID" else found
    yield _signature_proof("record signature", found)


def _time_stamp(
    house: House, sealed: Sealed[Record], roots: tuple[bytes, ...], now: datetime
) -> tuple[EvidenceVerdict | None, Proof | None]:
    """Return the verdict on the time-stamp of the record's signature and on its renewals, or why there is none."""
    try:
        stamped = evidence_of_signature(house, _version(sealed.value))
        files = {} if stamped is None else {"the record's signature": signature_value(sealed.signature)}
    except ProblemError as error:
        return None, _not_intact("record time-stamp", error)
    if stamped is None:
        return None, None
    return verify_evidence(stamped, files, roots, now), None


def _version(record: Record) -> RecordVersion:
    return RecordVersion(record.record_id, record.version)


def _proven(verdict: SignatureVerdict, at: datetime) -> SignatureVerdict:
    return verdict.model_copy(update={"proven_at": verdict.proven_at or at})


def _copy_proofs(house: House, record: Record, roots: tuple[bytes, ...], moments: _Moments) -> Iterator[Proof]:
    warehouse, copy = house.warehouse, record.copy_
    try:
        data = b"".join(warehouse.copy(copy.sha256))
    except (ProblemError, ObjectMissingError) as error:
        yield _not_intact("copy", error)
        return
    yield Proof(subject="copy", verdict="VALID", detail=f"{copy.size} bytes, sha256 {copy.sha256}")
    report = house.signatures.last(copy.sha256) if copy.original else None
    if report is not None:
        yield from _incoming_proofs(house, data, report)
        return
    try:
        tail = b"".join(warehouse.tails(record.record_id))
    except ProblemError as error:
        yield _not_intact("copy time-stamp", error)
        tail = b""
    try:
        found = verify_pdf(data + tail, roots, moments.now)
    except ProblemError as error:
        if error.kind is CONFIGURATION:
            raise
        yield _not_intact("copy time-stamp" if tail else "copy signatures", error)
        return
    if worst(each.verdict for each in found) == "INDETERMINATE" and moments.proven is not None:
        then = verify_pdf(data, roots, moments.proven)
        if all(each.verdict == "VALID" for each in then):
            found = tuple(_proven(each, moments.proven) for each in then)
    yield from _pdf_proofs(data + tail, found)


def _incoming_proofs(house: House, data: bytes, report: SignatureReport) -> Iterator[Proof]:
    """Yield what signatures of others come to, by what authorities answered when they were asked last."""
    try:
        signatures = judged_again(house, data, report)
    except (ProblemError, ObjectMissingError) as error:
        yield _not_intact("answers about the signatures", error)
        return
    asked = f"checked at {report.checked_at}, {len(report.ocsps) + len(report.crls)} answers of authorities"
    for number, each in enumerate(signatures, start=1):
        proof = _signature_proof(f"copy signature {number}", each.verdict)
        detail = "; ".join((proof.detail, f"trusted by: {each.trusted_by or 'nobody'}", asked))
        yield proof.model_copy(update={"detail": detail})


def _original_proof(warehouse: Warehouse, sha256: str) -> Proof:
    try:
        for _ in warehouse.copy(sha256):
            pass
    except (ProblemError, ObjectMissingError) as error:
        return _not_intact("file as received", error)
    return Proof(subject="file as received", verdict="VALID", detail=f"sha256 {sha256}")


def _evidence(
    house: House, sealed: Sealed[Record], roots: tuple[bytes, ...], now: datetime
) -> tuple[EvidenceVerdict | None, Proof | None]:
    """Return the verdict on the evidence, if there is any, or else why it cannot be judged.

    What of the record is lost is said elsewhere.
    """
    record = sealed.value
    try:
        evidence = evidence_of(house.evidence, _version(record))
    except ProblemError as error:
        return None, _not_intact("evidence", error)
    if evidence is None:
        return None, None
    files = {"the record": sealed.data, "the record's signature": sealed.signature}
    for name, sha256 in (("the copy", record.copy_.sha256), ("the file as received", record.origin.file_sha256)):
        with suppress(ProblemError, ObjectMissingError):
            files[name] = b"".join(house.warehouse.copy(sha256))
    return verify_evidence(evidence, files, roots, now), None


def _evidence_proof(subject: str, found: EvidenceVerdict) -> Proof:
    said = f"there since {found.proven_at}, {found.time_stamps} time-stamps, to be renewed before {found.good_until}"
    detail = "; ".join((said, *found.reasons))
    return Proof(subject=subject, verdict=found.verdict, detail=detail, is_signature=True)


def _not_intact(subject: str, error: ProblemError | ObjectMissingError) -> Proof:
    detail = error.problem.detail if isinstance(error, ProblemError) else "it is not in the store"
    return Proof(subject=subject, verdict="INVALID", detail=detail)


def _pdf_proofs(data: bytes, verdicts: tuple[SignatureVerdict, ...]) -> Iterator[Proof]:
    if not verdicts:
        unsigned = f"{len(data)} bytes, sha256 {sha256_hex(data)}: nobody has signed it"
        yield Proof(subject="signatures", verdict="INDETERMINATE", detail=unsigned, is_signature=True)
    for number, verdict in enumerate(verdicts, start=1):
        yield _signature_proof(f"copy signature {number}", verdict)


def _signature_proof(subject: str, verdict: SignatureVerdict) -> Proof:
    said = [verdict.signer or "unknown", f"{verdict.signed_at or 'no time'}"]
    said += [verdict.level] if verdict.level else []
    said += [f"proven by a time-stamp of {verdict.proven_at}"] if verdict.proven_at else []
    detail = "; ".join((", ".join(said), *verdict.reasons))
    return Proof(subject=subject, verdict=verdict.verdict, detail=detail, is_signature=True, level=verdict.level)
