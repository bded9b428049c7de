"""What becomes unverifiable when, if nothing is done: every record and its copy, each by what protects it longest."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from flows.evidence import evidence_of, evidence_of_signature
from flows.house import House
from flows.keyring import Keyring
from pipeline.seal.evidence import decode
from pipeline.seal.horizon import End, end_of_certificate, end_of_copy, end_of_signature
from pipeline.seal.raising import last_token
from schemas.problem import INTEGRITY_MISMATCH, ProblemError
from schemas.record import Record
from schemas.report import Ending, Horizon, Protection
from storage.keys import RecordVersion
from storage.port import ObjectMissingError
from storage.values import Sealed

_REMEDIES: Mapping[Protection, str] = {
    "signature": "Set signing.time_stamps and signing.evidence, or signing.level; then run `sohoa reconcile`.",
    "record time-stamp": "It is renewed by itself, when signing.time_stamps is an authority that ends later.",
    "copy time-stamp": "It is renewed by itself, when signing.time_stamps is an authority that ends later.",
    "evidence": "It is renewed by itself, when signing.time_stamps is an authority that ends later.",
    "signature of others": "Set signing.evidence: it proves that the file was there while its signature was good.",
    "key": "Get a new certificate before, and name it in the settings.",
    "root": "Add the authority's next root to signing.trust, and keep this one.",
}


class _Protected(NamedTuple):
    """What something can be checked by, and until when."""

    end: End
    by: Protection


def horizon(house: House, keyring: Keyring, at: datetime) -> Horizon:
    """Return when what is stored, and the keys that sign now, can no longer be relied on.

    Every version of every record is read, and every copy that has no time-stamp.

    Args:
        house: what is stored.
        keyring: the keys that sign, and the trusted roots.
        at: now.
    """
    ends: Counter[_Protected] = Counter()
    damaged: list[str] = []
    for version in house.warehouse.versions():
        try:
            ends[_of_record(house, version)] += 1
        except ObjectMissingError as error:
            damaged.append(f"{error.key} is not in the store any more")
        except ProblemError as error:
            damaged.append(f"{version.record_id}: {error.problem.detail}")
    endings = [*(_ending(each, records) for each, records in ends.items()), *_ours(keyring)]
    return Horizon(at=at, endings=tuple(sorted(endings, key=lambda each: each.until)), damaged=tuple(damaged))


def _of_record(house: House, version: RecordVersion) -> _Protected:
    """Return what protects a version of a record together with its copy: neither is worth much without the other."""
    sealed = house.warehouse.record(*version)
    weakest = min(_record(house, sealed, version), _copy(house, sealed.value))
    evidence = evidence_of(house.evidence, version)
    if evidence is None:
        return weakest
    return max(weakest, _Protected(_end_of_evidence(evidence), "evidence"))


def _end_of_evidence(evidence: bytes) -> End:
    """Return when the last time-stamp of an evidence record ends."""
    return end_of_signature(decode(evidence)[-1][-1].token)


def _record(house: House, sealed: Sealed[Record], version: RecordVersion) -> _Protected:
    stamped = evidence_of_signature(house, version)
    if stamped is None:
        return _Protected(end_of_signature(sealed.signature), "signature")
    return _Protected(_end_of_evidence(stamped), "record time-stamp")


def _copy(house: House, record: Record) -> _Protected:
    *_, last = (b"", *house.warehouse.tails(record.record_id))
    if last:
        return _Protected(end_of_signature(last_token(last)), "copy time-stamp")
    end = end_of_copy(b"".join(house.warehouse.copy(record.copy_.sha256)))
    if end is None:
        raise INTEGRITY_MISMATCH.error("nobody has signed its copy")
    return _Protected(end, "signature of others" if record.copy_.original else "signature")


def _ours(keyring: Keyring) -> Iterator[Ending]:
    """Yield when the keys that sign here end, and the roots that are trusted."""
    for role, signer, _ in keyring.held():
        end = end_of_certificate(signer.certificate.public_bytes(Encoding.DER))
        yield _ending(_Protected(end._replace(because=f"{role}: {end.because}"), "key"), 0)
    for pem in keyring.roots:
        for root in x509.load_pem_x509_certificates(pem):
            yield _ending(_Protected(end_of_certificate(root.public_bytes(Encoding.DER)), "root"), 0)


def _ending(protected: _Protected, records: int) -> Ending:
    return Ending(
        until=protected.end.at,
        protection=protected.by,
        because=protected.end.because,
        records=records,
        remedy=_REMEDIES[protected.by],
    )
