"""Evidence records (RFC 4998): one time-stamp for thousands of files, and proof for each of them alone, for ever.

The hashes of many groups of files become the leaves of a Merkle tree (4.2); one time-stamp (RFC 3161) is taken of its
root. Each group keeps the hashes on its way to the root, so that it needs none of the others. Before the time-stamp or
its algorithm ends, a new one is taken: of the old one alone (5.2, time-stamp renewal), or of the files and all their
evidence with another algorithm (5.2, hash-tree renewal).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, NamedTuple, cast, get_args

from asn1crypto import cms, core, tsp
from asn1crypto.algos import DigestAlgorithm
from asn1crypto.parser import emit

from pipeline.seal.verify import verify_time_stamp
from schemas.problem import INTEGRITY_MISMATCH
from schemas.settings import Digest
from schemas.verdict import EvidenceVerdict

_UNIVERSAL, _CONTEXT, _CONSTRUCTED, _SEQUENCE = 0, 2, 1, 16
"""Parts of tags (X.690, 8.1.2)."""
_VERSION = bytes(core.Integer(1).dump())


class Stamp(NamedTuple):
    """An archive time-stamp (RFC 4998, 4.1): the way from some hashes to a root, and the time-stamp of that."""

    digest: Digest
    path: tuple[tuple[bytes, ...], ...]
    """The reduced hash tree (4.2): first the hashes that are proven, then what is joined to them on each level."""
    token: bytes
    """The time-stamp token, DER."""


Chain = tuple[Stamp, ...]
"""Time-stamps with one algorithm, each of them over the one before."""


# --- the tree ----------------------------------------------------------------------------------------------------
class Tree(NamedTuple):
    """A hash tree: its root, and for each group the way there."""

    root: bytes
    paths: tuple[tuple[tuple[bytes, ...], ...], ...]


def grow(groups: Sequence[Sequence[bytes]], digest: Digest) -> Tree:
    """Return the hash tree over groups of hashes, each group in a leaf of its own, in the order given.

    A node that has no neighbour moves up as it is; so no way holds a hash that was not needed.

    Args:
        groups: at least one, none of them empty.
        digest: what the hashes were made with.
    """
    paths = [[tuple(sorted(group))] for group in groups]
    level = [(_joined(group, digest) if len(group) > 1 else group[0], [place]) for place, group in enumerate(groups)]
    while len(level) > 1:
        above = []
        for (left, lefts), (right, rights) in zip(level[::2], level[1::2], strict=False):
            for places, neighbour in ((lefts, right), (rights, left)):
                for place in places:
                    _extend(paths[place], neighbour)
            above.append((_joined((left, right), digest), lefts + rights))
        level = above + (level[-1:] if len(level) % 2 else [])
    return Tree(level[0][0], tuple(() if path == [(level[0][0],)] else tuple(path) for path in paths))


def _extend(path: list[tuple[bytes, ...]], neighbour: bytes) -> None:
    """Add a neighbour to a way; a hash that is alone in its group has it beside itself (RFC 4998, 4.2)."""
    if len(path) == 1 and len(path[0]) == 1:
        path[0] = tuple(sorted((*path[0], neighbour)))
    else:
        path.append((neighbour,))


def _joined(hashes: Iterable[bytes], digest: Digest) -> bytes:
    """Return the hash of hashes in binary ascending order (RFC 4998, 4.2)."""
    return _hash(b"".join(sorted(hashes)), digest)


def _hash(data: bytes, digest: Digest) -> bytes:
    return hashlib.new(digest, data).digest()


def root_of(stamp: Stamp) -> bytes | None:
    """Return the hash that the way of a stamp leads to (RFC 4998, 4.3); None where there is no way to go."""
    reached: tuple[bytes, ...] = ()
    for hashes in stamp.path:
        reached = (_joined((*hashes, *reached), stamp.digest),)
    return reached[0] if reached else None


# --- the record --------------------------------------------------------------------------------------------------
# asn1crypto has these structures, but its sequence of archive time-stamps lacks the chains between (RFC 4998, 4.1).
class _Chain(core.SequenceOf):  # type: ignore[misc]
    _child_spec = tsp.ArchiveTimeStamp


class _Chains(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Chain


class _EvidenceRecord(core.Sequence):  # type: ignore[misc]
    """RFC 4998, 3.1, without the optional parts: they would be what nothing protects."""

    _fields: ClassVar = [
        ("version", core.Integer),
        ("digest_algorithms", tsp.DigestAlgorithms),
        ("chains", _Chains),
    ]


def encode(chains: Sequence[Chain]) -> bytes:
    """Return the evidence record that holds these chains, DER."""
    digests = dict.fromkeys(chain[0].digest for chain in chains)
    return _sequence(_VERSION, _sequence(*map(_algorithm, digests)), _encoded(chains))


def decode(evidence: bytes) -> tuple[Chain, ...]:
    """Return the chains of an evidence record, which has to be in the one form that `encode` gives it.

    Raises:
        ProblemError: `integrity-mismatch`.
    """
    try:
        record = _EvidenceRecord.load(evidence, strict=True)
        chains = tuple(tuple(_stamp(each) for each in chain) for chain in record["chains"])
        is_plain = all(chains) and encode(chains) == evidence
    except Exception as error:
        detail = f"an evidence record cannot be read ({type(error).__name__})"
        raise INTEGRITY_MISMATCH.error(detail) from error
    if not is_plain or not chains:
        raise INTEGRITY_MISMATCH.error("an evidence record is not in the form in which it was written")
    return chains


# Written part by part: asn1crypto encodes what is inside anew, some thousand times, where a length ends in the byte 80.
def _encoded(chains: Sequence[Chain]) -> bytes:
    return _sequence(*(_sequence(*map(_archive_time_stamp, chain)) for chain in chains))


def _archive_time_stamp(stamp: Stamp) -> bytes:
    algorithm = _tagged(0, DigestAlgorithm({"algorithm": stamp.digest}).contents)
    steps = (_sequence(*(core.OctetString(each).dump() for each in hashes)) for hashes in stamp.path)
    way = _tagged(2, b"".join(steps)) if stamp.path else b""
    return _sequence(algorithm, way, stamp.token)


def _sequence(*parts: bytes) -> bytes:
    return bytes(emit(_UNIVERSAL, _CONSTRUCTED, _SEQUENCE, b"".join(parts)))


def _tagged(number: int, contents: bytes) -> bytes:
    return bytes(emit(_CONTEXT, _CONSTRUCTED, number, contents))


def _stamp(written: tsp.ArchiveTimeStamp) -> Stamp:
    path = tuple(tuple(each.native for each in hashes) for hashes in written["reduced_hashtree"])
    return Stamp(_known(written["digest_algorithm"]), path, written["time_stamp"].dump())


def _algorithm(digest: Digest) -> bytes:
    return bytes(DigestAlgorithm({"algorithm": digest}).dump())


# --- renewal -----------------------------------------------------------------------------------------------------
def renewal_of(token: bytes, digest: Digest) -> bytes:
    """Return what has to be time-stamped so that a token is renewed (RFC 4998, 5.2), before its path is added."""
    return _hash(token, digest)


def rehashed(chains: Sequence[Chain], hashes: Sequence[bytes], digest: Digest) -> list[bytes]:
    """Return the leaf of a hash-tree renewal (RFC 4998, 5.2): each file together with all its evidence until now.

    Args:
        chains: the evidence until now.
        hashes: of the files, made with *digest*.
        digest: the new algorithm.
    """
    until_now = _hash(_encoded(chains), digest)
    return [_hash(each + until_now, digest) for each in hashes]


def extended(chains: Sequence[Chain], stamp: Stamp, *, is_new_tree: bool) -> tuple[Chain, ...]:
    """Return the chains with one more stamp: in the last chain, or in a new one after a hash-tree renewal."""
    return (*chains, (stamp,)) if is_new_tree else (*chains[:-1], (*chains[-1], stamp))


def stated_time(token: bytes) -> datetime:
    """Return when a time-stamp says that it was made.

    Raises:
        ProblemError: `integrity-mismatch` for what cannot be read.
    """
    with _reading():
        return cast("datetime", _said(token)["gen_time"].native)


class Imprint(NamedTuple):
    """What a time-stamp is over."""

    value: bytes
    digest: Digest


def imprint_of(token: bytes) -> Imprint:
    """Return the hash that a time-stamp says that it is over, and what that was made with.

    Raises:
        ProblemError: `integrity-mismatch` for what cannot be read.
    """
    with _reading():
        imprint = _said(token)["message_imprint"]
        return Imprint(imprint["hashed_message"].native, _known(imprint["hash_algorithm"]))


def end_of(token: bytes) -> datetime:
    """Return when the first certificate in a time-stamp ends: from then on, only a newer one proves that it held.

    Raises:
        ProblemError: `integrity-mismatch` for what cannot be read.
    """
    with _reading():
        certificates = cms.ContentInfo.load(token)["content"]["certificates"]
        ends = [each.chosen["tbs_certificate"]["validity"]["not_after"].native for each in certificates]
        return min(cast("list[datetime]", ends))


def _said(token: bytes) -> tsp.TSTInfo:
    return cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # damaged bytes make the parser raise anything
        raise INTEGRITY_MISMATCH.error(f"a time-stamp cannot be read ({type(error).__name__})") from error


def _known(algorithm: DigestAlgorithm) -> Digest:
    """Return an algorithm if it is one that is used here."""
    name = algorithm["algorithm"].native
    if name not in get_args(Digest):
        message = "an algorithm that is not used here"
        raise ValueError(message)
    return cast("Digest", name)


# --- verification ------------------------------------------------------------------------------------------------
def verify_evidence(
    evidence: bytes, files: Mapping[str, bytes], trust: Sequence[bytes], at: datetime
) -> EvidenceVerdict:
    """Return whether files were there when the first time-stamp was made (RFC 4998, 5.3): the whole chain is checked.

    Args:
        evidence: the evidence record, DER.
        files: the files, by the name that is said of one that is not proven.
        trust: root certificates, PEM.
        at: now. Each time-stamp has to hold until the next one was made, the last one until now.
    """
    try:
        chains = decode(evidence)
        stamps = [stamp for chain in chains for stamp in chain]
        times = [stated_time(stamp.token) for stamp in stamps]
        imprints = [imprint_of(stamp.token).value for stamp in stamps]
        good_until = end_of(stamps[-1].token)
    except Exception as error:  # noqa: BLE001 - hostile bytes make the parser raise anything
        return EvidenceVerdict(verdict="INVALID", reasons=(f"the evidence cannot be read ({type(error).__name__})",))
    against = [f"{what} is not what was time-stamped" for what in _unproven(chains, imprints, files)]
    if any(earlier > later for earlier, later in pairwise(times)):
        against.append("its time-stamps are not in the order of time")
    doubts: list[str] = []
    for number, (stamp, imprint, until) in enumerate(zip(stamps, imprints, [*times[1:], at], strict=True), start=1):
        root = root_of(stamp) or imprint  # `_unproven` compares that one
        judged = verify_time_stamp(stamp.token, root, stamp.digest, trust, until)
        said = [f"time-stamp {number}: {reason}" for reason in judged.reasons]
        (against if judged.verdict == "INVALID" else doubts).extend(said)
    return EvidenceVerdict(
        verdict="INVALID" if against else "INDETERMINATE" if doubts else "VALID",
        reasons=(*against, *doubts),
        proven_at=times[0],
        good_until=good_until,
        time_stamps=len(stamps),
    )


def _unproven(chains: Sequence[Chain], imprints: Sequence[bytes], files: Mapping[str, bytes]) -> list[str]:
    """Return the names of what is not among the hashes that a stamp begins with.

    Args:
        chains: the evidence.
        imprints: what each time-stamp says that it is over: of one without a path, that is all it begins with.
        files: the files, by name.
    """
    missing: dict[str, None] = {}
    number = 0
    for place, chain in enumerate(chains):
        digest = chain[0].digest
        hashes = [_hash(data, digest) for data in files.values()]
        leaf = rehashed(chains[:place], hashes, digest) if place else hashes
        wanted = dict(zip(files, leaf, strict=True))
        for stamp in chain:
            proven = stamp.path[0] if stamp.path else (imprints[number],)
            missing |= dict.fromkeys(name for name, each in wanted.items() if each not in proven)
            if stamp.digest != digest:
                missing[f"the algorithm of time-stamp {number + 1}"] = None
            number += 1
            wanted = {f"time-stamp {number}": renewal_of(stamp.token, digest)}
    return list(missing)
