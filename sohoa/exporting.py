"""What `sohoa record export` writes: a folder that can be checked for ever without Sohoa, and how to check it."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from asn1crypto import cms, pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from flows.evidence import evidence_of, evidence_of_signature
from flows.house import House
from pipeline.seal.claim import read_claim
from pipeline.seal.evidence import Stamp, decode, encode, imprint_of, stated_time
from pipeline.seal.raising import signature_value, time_stamped
from schemas.digest import sha256_hex
from schemas.record import Record, RecordId
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
_STAMPED = """signature.value  the bits of the signature of record.json, as record.p7s holds them
time-stamp.ers the time-stamp of these with its renewals (RFC 4998)
time-stamp-N.tst from it: the time-stamps (RFC 3161), the oldest first
"""
_CLAIM = """claim.txt      what the QR code of the copy ends with: a claim about the record (CWT, RFC 8392, in base32)
claim.signed   from it: the bytes that its signature is over (RFC 9052, 4.4)
claim.signature from it: that signature (Ed25519)
issuer.json    whose key signed the claim, in the agency's words
issuer.p7s     the agency's signature of issuer.json
issuer.pem     from it: the public key
"""
_TAKEN_BACK = "issuer-withdrawn.json"
_WITHDRAWN = f"{_TAKEN_BACK} since when claims of this key do not count, and why: it was taken back before its end\n"
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
_CLAIM_CHECKS = r"""What the QR code of the copy claims is about this record and this scan, and the key that the agency vouches for signed it:
    { cat claim.txt; printf ===; } | base32 -d | tail -c 64 | cmp - claim.signature
    c() { { cat claim.txt; printf ===; } | base32 -d | tail -c +$1 | head -c $2; }; { printf '\204\152Signature1'; c 3 14; printf '\100'; c 18 55; } | cmp - claim.signed
    h() { tail -c +$1 claim.signed | head -c 16 | basenc --base16 | tr A-F a-f; }; grep -q "\"record_id\":\"$(h 45)\"" record.json && grep -q "\"file_sha256\":\"$(h 67)" record.json
    openssl pkeyutl -verify -pubin -inkey issuer.pem -rawin -in claim.signed -sigfile claim.signature
    grep -q "\"public_key\":\"$(openssl pkey -pubin -in issuer.pem -outform DER | tail -c 32 | basenc --base16 -w 0 | tr A-F a-f)\"" issuer.json
    openssl cms -verify -binary -inform DER -in issuer.p7s -content issuer.json -CAfile roots.pem -purpose any -out /dev/null
"""  # noqa: E501
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
    version = RecordVersion(record.record_id, record.version)
    token, evidence = warehouse.time_stamp(version), evidence_of(house.evidence, version)
    stamps, renewed = _stamps(evidence), _stamps(evidence_of_signature(house, version))
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
    if len(renewed) > 1:
        files |= {"time-stamp.ers": encode([renewed]), "signature.value": signature_value(sealed.signature)}
        files |= {f"time-stamp-{number}.tst": stamp.token for number, stamp in enumerate(renewed, start=1)}
    files |= _claim_files(house, record.record_id)
    files["README.txt"] = "".join(_readme(stamps, renewed, files.keys())).encode()
    sums = "".join(f"{sha256_hex(data)}  {name}\n" for name, data in files.items())
    return files | {"SHA256SUMS": sums.encode()}


def _claim_files(house: House, record_id: RecordId) -> dict[str, bytes]:
    """Return the claim in the QR code of a record's copy, and what its agency says of the key; nothing without one."""
    text = house.claims.on_copy(record_id)
    read = None if text is None else read_claim(text)
    issuer = None if read is None else house.claims.issuer(read.issuer_id)
    if text is None or read is None or issuer is None:
        return {}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(issuer.value.public_key))
    withdrawal = house.claims.withdrawal(read.issuer_id)
    return {
        "claim.txt": text.encode(),
        "claim.signed": read.signed,
        "claim.signature": read.signature,
        "issuer.json": issuer.data,
        "issuer.p7s": issuer.signature,
        "issuer.pem": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        **({} if withdrawal is None else {_TAKEN_BACK: withdrawal.canonical_bytes()}),
    }


def _stamps(evidence: bytes | None) -> tuple[Stamp, ...]:
    """Return all time-stamps of an evidence record, the oldest first; none where there is no record."""
    return tuple(stamp for chain in decode(evidence) for stamp in chain) if evidence else ()


def _certificates(signature: bytes) -> bytes:
    found = cms.ContentInfo.load(signature)["content"]["certificates"]
    return b"".join(pem.armor("CERTIFICATE", each.chosen.dump()) for each in found)


def _steps(stamp: Stamp) -> bytes:
    return "".join(" ".join(each.hex() for each in hashes) + "\n" for hashes in stamp.path).encode()


def _readme(stamps: Sequence[Stamp], renewed: Sequence[Stamp], names: Collection[str]) -> Iterator[str]:
    is_renewed, has_claim = len(renewed) > 1, "claim.txt" in names
    yield _FILES
    yield _RAISED if "copy-time-stamped.pdf" in names else ""
    yield _CLAIM if has_claim else ""
    yield _WITHDRAWN if _TAKEN_BACK in names else ""
    yield _STAMPED if is_renewed else ""
    yield _EVIDENCE if stamps else ""
    yield _CHECKS
    yield _CLAIM_CHECKS if has_claim else ""
    if is_renewed:
        yield "The signature of the record was time-stamped, and each time-stamp was renewed before it ended:\n"
        yield f'    test "$(sha256sum < signature.value | cut -c -64)" = {imprint_of(renewed[0].token).value.hex()}\n'
        yield from _time_stamp_checks("time-stamp", renewed)
    if not stamps:
        return
    digest, root = stamps[0].digest, imprint_of(stamps[0].token).value.hex()
    yield _WAY.format(digest=digest, root=root, width=len(root))
    yield "That was time-stamped, and each time-stamp was renewed before it ended:\n"
    yield from _time_stamp_checks("evidence", stamps)


def _time_stamp_checks(name: str, stamps: Sequence[Stamp]) -> Iterator[str]:
    """Yield the command for each time-stamp: it has to hold until the next one was made, the last one now."""
    times = [stated_time(each.token) for each in stamps]
    until = [f" -attime {int(later.timestamp())}" for _, later in pairwise(times)]
    for number, (stamp, at) in enumerate(zip(stamps, [*until, ""], strict=True), start=1):
        over = imprint_of(stamp.token).value.hex()
        yield f"    openssl ts -verify -digest {over} -in {name}-{number}.tst -token_in -CAfile roots.pem{at}\n"
