"""Evidence for all records, a batch under one time-stamp, and its renewal in time: wanted minus done, as levels are.

The time-stamp of a record's signature is evidence too, of that signature alone, and is renewed in the same way.

Whatever is killed here leaves at worst a time-stamp that nothing hangs on; what has no evidence yet gets it next time.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple

from flows.house import House
from flows.keyring import trusted_roots
from flows.levels import LOOKS, renew_copies
from pipeline.seal.evidence import (
    Chain,
    Stamp,
    decode,
    encode,
    end_of,
    extended,
    grow,
    imprint_of,
    rehashed,
    renewal_of,
)
from pipeline.seal.raising import Authorities, time_stamp_of
from pipeline.seal.verify import verify_time_stamp
from schemas.problem import INTEGRITY_MISMATCH, TIME_STAMP_ENDED, ProblemError
from schemas.record import RecordId
from schemas.settings import Digest
from storage.evidence import Evidence
from storage.fixity import has_its_turn
from storage.keys import RecordVersion
from storage.port import ObjectMissingError
from storage.warehouse import Warehouse

_BATCH = 10_000
"""Record versions under one time-stamp: their hashes are held in memory."""


class Preserved(NamedTuple):
    """How much was done."""

    proven: int
    """Record versions that got evidence."""
    renewed: int
    """Time-stamps of evidence and of records that were renewed."""
    copies: int
    """Copies whose time-stamps were renewed."""


def preserve(house: House, clock: Callable[[], datetime]) -> Preserved:
    """Make evidence where there is none, and renew what ends soon, whatever becomes of the others; errors of all."""
    try:
        proven = sum(1 for _ in prove(house))
    finally:
        try:
            renewed = renew(house, clock)
        finally:
            copies = sum(1 for _ in renew_copies(house, clock))
    return Preserved(proven, renewed, copies)


def prove(house: House) -> Iterator[RecordId]:
    """Make evidence for all record versions that have none with the wanted algorithm; yield the record of each one.

    What has evidence with another algorithm keeps it, inside the new one (hash-tree renewal, RFC 4998, 5.2). Evidence
    is about the record, its signature, the copy and the file as received. What is damaged is passed over.

    Raises:
        ProblemError: `time-stamps-unreachable`, at once; `integrity-mismatch` at the end, for the first one that was
            passed over.
    """
    signing, warehouse, evidence = house.settings.signing, house.warehouse, house.evidence
    if signing.evidence is None or signing.time_stamps is None:
        return
    digest, authorities = signing.evidence, Authorities(signing.time_stamps, signing.time_stamp_seconds)
    proven = set(evidence.proven(digest))
    waiting = (each for each in warehouse.versions() if each not in proven)
    passed_over: list[ProblemError] = []
    leaves = _leaves(house, waiting, digest, passed_over)
    while batch := list(islice(leaves, _BATCH)):
        tree = grow([leaf for _, _, leaf in batch], digest)
        token = time_stamp_of(tree.root, digest, authorities)
        evidence.keep_token(token)
        for (version, chains, _), path in zip(batch, tree.paths, strict=True):
            stamp = Stamp(digest, path, token)
            evidence.keep(version, digest, encode(extended(chains, stamp, is_new_tree=True)))
            yield version.record_id
    if passed_over:
        raise passed_over[0]


def renew(house: House, clock: Callable[[], datetime]) -> int:
    """Renew the time-stamps of hash trees and of records that end soon; return how many were.

    A batch of them gets one new time-stamp (RFC 4998, 5.2). Those that were made with another algorithm than evidence
    is made with now are left to end: `prove` goes on from them. What is damaged is passed over.

    Raises:
        ProblemError: `time-stamps-unreachable`; at the end `time-stamp-ended`, if one does not hold any more: there is
            nothing in it that could be renewed; or `integrity-mismatch`, for the first one that was passed over.
    """
    signing, now = house.settings.signing, clock()
    if signing.time_stamps is None:
        return 0
    digest: Digest = signing.evidence or "sha256"  # what records are time-stamped with
    roots = trusted_roots(house.settings)
    authorities = Authorities(signing.time_stamps, signing.time_stamp_seconds)
    soon, passed_over = now + timedelta(days=signing.renew_days), list[ProblemError]()
    trees = [each for each in house.evidence.tokens() if end_of(each) < soon]
    tokens = chain(trees, _of_records(house, now, soon, passed_over))
    ending = (each for each in tokens if imprint_of(each).digest == digest)
    renewed = lost = 0
    while batch := list(islice(ending, _BATCH)):
        holding = [each for each in batch if verify_time_stamp(each, *imprint_of(each), roots, now).verdict == "VALID"]
        renewed += _renew(house, holding, digest, authorities)
        lost += len(batch) - len(holding)
    if lost:
        raise TIME_STAMP_ENDED.error(f"{lost} time-stamps of hash trees or records")
    if passed_over:
        raise passed_over[0]
    return renewed


def _of_records(house: House, now: datetime, soon: datetime, passed_over: list[ProblemError]) -> Iterator[bytes]:
    """Yield the time-stamps of record versions that end soon and were not renewed yet, of those that have their turn.

    Where there is evidence, that stands for them: it is about the signature too.
    """
    days = max(1, house.settings.signing.renew_days // LOOKS)
    for version in house.warehouse.versions():
        if not has_its_turn(version.record_id, now.date(), days):
            continue
        try:
            token = house.warehouse.time_stamp(version)
            is_due = token is not None and end_of(token) < soon and house.evidence.renewal(token) is None
            if token is not None and is_due and not house.evidence.of(version):
                yield token
        except ProblemError as error:
            if error.kind is not INTEGRITY_MISMATCH:
                raise
            passed_over.append(error)


def _renew(house: House, tokens: list[bytes], digest: Digest, authorities: Authorities) -> int:
    if not tokens:
        return 0
    tree = grow([[renewal_of(each, digest)] for each in tokens], digest)
    newer = time_stamp_of(tree.root, digest, authorities)
    better = [(each, path) for each, path in zip(tokens, tree.paths, strict=True) if end_of(each) < end_of(newer)]
    if better:
        house.evidence.keep_token(newer)
    for each, path in better:
        house.evidence.keep_renewal(each, encode([(Stamp(digest, path, newer),)]))
    return len(better)


def evidence_of(evidence: Evidence, version: RecordVersion) -> bytes | None:
    """Return the evidence record of a record version with all renewals until now, DER; None if it has none.

    Raises:
        ProblemError: `integrity-mismatch`.
    """
    chains = _chains(evidence, version)
    return encode(chains) if chains else None


def _chains(evidence: Evidence, version: RecordVersion) -> tuple[Chain, ...]:
    return _renewed(evidence, max((decode(each) for each in evidence.of(version)), key=len, default=()))


def _renewed(evidence: Evidence, chains: tuple[Chain, ...]) -> tuple[Chain, ...]:
    while chains and (renewal := evidence.renewal(chains[-1][-1].token)) is not None:
        ((stamp,),) = decode(renewal)
        chains = extended(chains, stamp, is_new_tree=False)
    return chains


def evidence_of_signature(house: House, version: RecordVersion) -> bytes | None:
    """Return the time-stamp over the signature of a record version with all renewals until now, as an evidence record.

    What it proves is the value of the signature (`signature_value`). None if there is no time-stamp.

    Raises:
        ProblemError: `integrity-mismatch`.
    """
    token = house.warehouse.time_stamp(version)
    if token is None:
        return None
    return encode(_renewed(house.evidence, ((Stamp(imprint_of(token).digest, (), token),),)))


def _leaves(
    house: House, waiting: Iterator[RecordVersion], digest: Digest, passed_over: list[ProblemError]
) -> Iterator[tuple[RecordVersion, tuple[Chain, ...], list[bytes]]]:
    """Yield each record version with its evidence until now and the hashes that are to be proven."""
    for version in waiting:
        try:
            chains = _chains(house.evidence, version)
            hashes = _hashes(house.warehouse, version, digest)
        except ObjectMissingError as error:
            passed_over.append(INTEGRITY_MISMATCH.error(f"{error.key} is not in the store any more"))
        except ProblemError as error:
            if error.kind is not INTEGRITY_MISMATCH:
                raise
            passed_over.append(error)
        else:
            yield version, chains, rehashed(chains, hashes, digest) if chains else hashes


def _hashes(warehouse: Warehouse, version: RecordVersion, digest: Digest) -> list[bytes]:
    """Return the hashes of the files of a record version.

    The record says the SHA-256 of copy and scan itself, so they are read for other algorithms only.
    """
    sealed = warehouse.record(*version)
    names = dict.fromkeys((sealed.value.copy_.sha256, sealed.value.origin.file_sha256))
    hashes = [hashlib.new(digest, data).digest() for data in (sealed.data, sealed.signature)]
    if digest == "sha256":
        return hashes + [bytes.fromhex(name) for name in names]
    for name in names:
        made = hashlib.new(digest)
        for piece in warehouse.copy(name):
            made.update(piece)
        hashes.append(made.digest())
    return hashes
