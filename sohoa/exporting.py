"""What `sohoa record export` writes: a folder that can be checked for ever without Sohoa, and how to check it."""

from collections.abc import Iterator
from itertools import pairwise

from asn1crypto import cms, pem

from flows.evidence import evidence_of
from flows.house import House
from pipeline.seal.evidence import Stamp, decode, imprint_of, stated_time
from pipeline.seal.raising import time_stamped
from schemas.digest import sha256_hex
from schemas.record import Record
from storage.keys import RecordVersion
from storage.values import Sealed

_FILES = """What is here:

copy.pdf       the signed copy of the paper
record.json    what the paper says
record.p7s     the signature of record.json, with its time-stamp if it has one
chain.pem      the certificates behind that signature, as it carries them
roots.pem      the root certificates that were trusted when this was written
SHA256SUMS     the hashes of the files
"""
_RAISED = "copy-time-stamped.pdf    the copy with its time-stamp; it begins with copy.pdf\n"
_EVIDENCE = """evidence.ers   the evidence record of all this (RFC 4998)
evidence.path  from it, for plain tools: the hashes that lead to what was time-stamped, one step a line
evidence-N.tst from it: its time-stamps (RFC 3161), the oldest first
signature.p7s  the signature of record.json as the evidence is about it
"""
_CHECKS = """
How to check it (OpenSSL 3, poppler-utils, qpdf, coreutils). Every line has to end without an error.

Nothing was changed since this was written:
    sha256sum --check SHA256SUMS
Who signed the copy; look for "Signature is Valid." twice:
    pdfsig -nocert copy.pdf
    qpdf --check copy.pdf
Who signed the record:
    openssl cms -verify -binary -inform DER -in record.p7s -content record.json -CAfile roots.pem -purpose any -out /dev/null
"""  # noqa: E501 - commands are to be copied as they are
_WAY = """Copy, record and signature are among the hashes of the first step:
    head -n 1 evidence.path | grep -q "$({digest}sum < copy.pdf | cut -c -{width})"
    head -n 1 evidence.path | grep -q "$({digest}sum < record.json | cut -c -{width})"
    head -n 1 evidence.path | grep -q "$({digest}sum < signature.p7s | cut -c -{width})"
The steps lead to {root}:
    h=; while read -r step; do h=$(printf '%s\\n' $step $h | LC_ALL=C sort | tr -d '\\n' | tr a-f A-F | basenc --base16 -d | {digest}sum | cut -c -{width}); done < evidence.path; test "$h" = {root}
"""  # noqa: E501


def exported(house: House, sealed: Sealed[Record], roots: tuple[bytes, ...]) -> dict[str, bytes]:
    """Return the files to write, by name: those of a record version, and a README with the commands that check them.

    Raises:
        ProblemError: `integrity-mismatch`.
        ObjectMissingError: if the copy is lost.
    """
    record, warehouse = sealed.value, house.warehouse
    copy, tail = (b"".join(parts) for parts in (warehouse.copy(record.copy_.sha256), warehouse.tails(record.record_id)))
    token = warehouse.time_stamp(record)
    evidence = evidence_of(house.evidence, RecordVersion(record.record_id, record.version))
    stamps = [stamp for chain in decode(evidence) for stamp in chain] if evidence else []
    files = {
        "copy.pdf": copy,
        **({"copy-time-stamped.pdf": copy + tail} if tail else {}),
        "record.json": sealed.data,
        "record.p7s": sealed.signature if token is None else time_stamped(sealed.signature, token),
        "chain.pem": _certificates(sealed.signature),
        "roots.pem": b"".join(root.rstrip() + b"\n" for root in roots),
    }
    if evidence is not None:
        files |= {"evidence.ers": evidence, "evidence.path": _steps(stamps[0]), "signature.p7s": sealed.signature}
        files |= {f"evidence-{number}.tst": stamp.token for number, stamp in enumerate(stamps, start=1)}
    files["README.txt"] = "".join(_readme(stamps, is_raised=bool(tail))).encode()
    sums = "".join(f"{sha256_hex(data)}  {name}\n" for name, data in files.items())
    return files | {"SHA256SUMS": sums.encode()}


def _certificates(signature: bytes) -> bytes:
    found = cms.ContentInfo.load(signature)["content"]["certificates"]
    return b"".join(pem.armor("CERTIFICATE", each.chosen.dump()) for each in found)


def _steps(stamp: Stamp) -> bytes:
    return "".join(" ".join(each.hex() for each in hashes) + "\n" for hashes in stamp.path).encode()


def _readme(stamps: list[Stamp], *, is_raised: bool) -> Iterator[str]:
    yield _FILES
    yield _RAISED if is_raised else ""
    yield _EVIDENCE if stamps else ""
    yield _CHECKS
    if not stamps:
        return
    digest, root = stamps[0].digest, imprint_of(stamps[0].token).value.hex()
    yield _WAY.format(digest=digest, root=root, width=len(root))
    yield "That was time-stamped, and each time-stamp was renewed before it ended:\n"
    times = [stated_time(each.token) for each in stamps]
    until = [f" -attime {int(later.timestamp())}" for _, later in pairwise(times)]
    for number, (stamp, at) in enumerate(zip(stamps, [*until, ""], strict=True), start=1):
        over = imprint_of(stamp.token).value.hex()
        yield f"    openssl ts -verify -digest {over} -in evidence-{number}.tst -token_in -CAfile roots.pem{at}\n"
