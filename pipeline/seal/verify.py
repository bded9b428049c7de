"""Check signatures: in PDFs, of our own making or anybody's, and detached ones.

Bytes may come from an enemy: whatever they do to the library that reads them ends as a verdict or a problem.
"""

import asyncio
import io
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from asn1crypto import cms, x509
from asn1crypto.parser import peek
from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESSubIndic
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    DocumentTimestampStatus,
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    StandardCMSSignatureStatus,
    async_validate_detached_cms,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import SignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from pipeline.seal.trust import Trust
from schemas.digest import sha256_hex
from schemas.problem import FILE_DAMAGED, FILE_ENCRYPTED
from schemas.verdict import Level, SignatureVerdict

# A verdict says what is wrong. The libraries would say it once more, with tracebacks and the names of people.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_UNTRUSTED = "no chain of certificates leads from the signer to a root that is trusted here"
_EXPIRED = "the signer's certificate was not valid at the time of this check, and no time stamp proves an earlier time"
_REVOKED = "the certificate of the signer, or of its issuer, was revoked"
WEAK = "it rests on an algorithm or a key that is too weak today, such as SHA-1"
_UNKNOWN_KIND = "signatures of this kind cannot be checked here"
_CONTRADICTS_ITSELF = "the signature contradicts itself, or lacks the signer's certificate"
_UNREADABLE = "the signature cannot be read ({})"
_WORDS: dict[AdESSubIndic, str] = {
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: _UNTRUSTED,
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "the signer's certificate is not meant for signing documents",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: WEAK,
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: WEAK,
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: _EXPIRED,
    AdESIndeterminate.REVOKED_NO_POE: _REVOKED,
    AdESIndeterminate.REVOKED_CA_NO_POE: _REVOKED,
}
_KINDS = frozenset(["/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161"])
"""Values of SubFilter: PAdES, its Adobe ancestor, and document time stamps."""


class _Findings(NamedTuple):
    """What speaks against a signature, and what only leaves it open."""

    against: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def verify_pdf(data: bytes, trust: Sequence[bytes], at: datetime) -> tuple[SignatureVerdict, ...]:
    """Return a verdict for each signature in a PDF, the oldest first; empty when it has none.

    All of them `VALID` means that every byte of the file is signed: where the last signature leaves bytes uncovered,
    it is at best `INDETERMINATE`.

    Args:
        data: the PDF.
        trust: root certificates, PEM.
        at: the time to check for. Nothing is fetched from the network: revocation is known only from within.

    Raises:
        ProblemError: `file-damaged`, `file-encrypted`; `configuration` for a root that is not a certificate.
    """
    return judge_pdf(data, Trust.of(trust), at)


def verify_pdf_at(path: Path, trust: Sequence[bytes], at: datetime) -> tuple[SignatureVerdict, ...]:
    """Return what `verify_pdf` says of a file; for a worker."""
    return verify_pdf(path.read_bytes(), trust, at)


def judge_pdf(data: bytes, trust: Trust, at: datetime) -> tuple[SignatureVerdict, ...]:
    """Return verdicts as `verify_pdf` does, for a given trust."""
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        is_encrypted = reader.encrypted
        found = [] if is_encrypted else list(enumerate_sig_fields(reader, filled_status=True))
    except Exception as error:
        detail = f"its signatures cannot be found ({type(error).__name__})"
        raise FILE_DAMAGED.error(detail) from error
    if is_encrypted:
        raise FILE_ENCRYPTED.error("its signatures cannot be checked")
    check = _Check(reader, data, trust.within(reader), at)
    judged: list[_Judged] = []
    for field in sorted((_placed(reader, str(name), field) for name, _, field in found), key=_Field.order):
        stamps = tuple(item for item in judged if item.is_time_stamp and item.verdict.verdict == "VALID")
        judged.append(_judge_field(check._replace(stamps=stamps), field))
    judged.sort(key=lambda item: item.revision)
    verdicts = [item.verdict for item in judged]
    if verdicts and verdicts[-1].signer is not None and not any(verdict.covers_whole_file for verdict in verdicts):
        verdicts[-1] = _with_open(verdicts[-1], "bytes were added afterwards that no signature covers")
    return tuple(verdicts)


def verify_detached(data: bytes, signature: bytes, trust: Sequence[bytes], at: datetime) -> SignatureVerdict:
    """Return the verdict on a detached CMS signature (DER) of *data*.

    Args:
        data: what was signed.
        signature: the `.p7s`.
        trust: root certificates, PEM.
        at: the time to check for.

    Raises:
        ProblemError: `configuration` for a root that is not a certificate.
    """
    known = Trust.of(trust)
    try:
        content = cms.ContentInfo.load(signature, strict=True)
        signed_data: cms.SignedData = content["content"]

        def check(moment: datetime) -> StandardCMSSignatureStatus:
            return asyncio.run(
                async_validate_detached_cms(data, signed_data, known.context(moment, revocation="unknown"))
            )

        status = check(at)
        proven_at = _proven_at(status, ())
        trusted = status if status.trusted or proven_at is None else check(proven_at)
        findings = _join(_structure(signed_data, status.signing_cert), _trust(trusted), _time_stamps(status))
        verdict = _verdict(findings, status.signing_cert, status.signer_reported_dt, covers_whole_file=True)
        return _at_level(verdict, "B-B" if proven_at is None else "B-T", proven_at)
    except SignatureValidationError:
        return _refused(_CONTRADICTS_ITSELF)
    except Exception as error:  # noqa: BLE001 - hostile bytes make the parser raise anything
        return _refused(_UNREADABLE.format(type(error).__name__))


def verify_time_stamp(
    token: bytes, imprint: bytes, digest: str, trust: Sequence[bytes], at: datetime
) -> SignatureVerdict:
    """Return the verdict on a time-stamp token (RFC 3161, DER).

    Args:
        token: the time-stamp.
        imprint: the hash that was time-stamped.
        digest: what it was made with.
        trust: root certificates, PEM.
        at: the time to check for.

    Raises:
        ProblemError: `configuration` for a root that is not a certificate.
    """
    known = Trust.of(trust)
    try:
        signed_data: cms.SignedData = cms.ContentInfo.load(token, strict=True)["content"]
        context = known.context(at, revocation="unknown")
        facts = asyncio.run(
            validate_tst_signed_data(signed_data, context, lambda made_with: imprint if made_with == digest else b"")
        )
        status = TimestampSignatureStatus(**facts)
        findings = _join(
            _structure(signed_data, status.signing_cert), _only_the_chain(signed_data, status), _trust(status)
        )
        return _verdict(findings, status.signing_cert, status.timestamp, covers_whole_file=True)
    except SignatureValidationError:
        return _refused(_CONTRADICTS_ITSELF)
    except Exception as error:  # noqa: BLE001 - hostile bytes make the parser raise anything
        return _refused(_UNREADABLE.format(type(error).__name__))


def _only_the_chain(signed_data: cms.SignedData, status: TimestampSignatureStatus) -> _Findings:
    """Return what is wrong with certificates that a time-stamp carries: nothing would show a change in a spare one."""
    path = [] if status.validation_path is None else [each.dump() for each in status.validation_path.iter_certs(True)]
    carried = [each.chosen.dump() for each in signed_data["certificates"]]
    if status.trusted and any(each not in path for each in carried):
        return _Findings(open=("it carries certificates that are none of its own chain",))
    return _Findings()


class _Field(NamedTuple):
    """A signature field and its place in the file."""

    name: str
    reference: IndirectObject
    revision: int
    is_time_stamp: bool

    def order(self) -> tuple[bool, int]:
        """Return when it is judged: time-stamps first, and the newer before the older one, whose time it proves."""
        return not self.is_time_stamp, -self.revision


def _placed(reader: PdfFileReader, name: str, reference: IndirectObject) -> _Field:
    try:
        embedded = _embedded(reader, name, reference)
        is_time_stamp = embedded.sig_object_type == "/DocTimeStamp"
        return _Field(name, reference, embedded.signed_revision, is_time_stamp)
    except Exception:  # noqa: BLE001 - hostile bytes make the parser raise anything; it will once more when it is judged
        return _Field(name, reference, reader.xrefs.total_revisions, is_time_stamp=False)


def _embedded(reader: PdfFileReader, name: str, reference: IndirectObject) -> EmbeddedPdfSignature:
    # pyHanko follows the reference itself, whatever its annotation says.
    return EmbeddedPdfSignature(reader, cast("DictionaryObject", reference), name)


class _Judged(NamedTuple):
    revision: int
    verdict: SignatureVerdict
    is_time_stamp: bool = False
    is_preserved: bool = False
    """Of a time-stamp: whether a newer one covers it and all that proves that it was good."""


class _Check(NamedTuple):
    """What all signatures of one file are checked with."""

    reader: PdfFileReader
    data: bytes
    trust: Trust
    at: datetime
    stamps: tuple[_Judged, ...] = ()
    """The document time-stamps that are valid: they prove when what they cover was there."""


def _judge_field(check: _Check, field: _Field) -> _Judged:
    try:
        embedded = _embedded(check.reader, field.name, field.reference)
        if embedded.sig_object.get("/SubFilter") in _KINDS:
            return _judged_at_its_time(check, field, embedded)
        verdict = SignatureVerdict(verdict="INDETERMINATE", reasons=(_UNKNOWN_KIND,), field=field.name)
    except SignatureValidationError:
        verdict = _refused(_CONTRADICTS_ITSELF, field=field.name)
    except Exception as error:  # noqa: BLE001 - hostile bytes make the parser raise anything
        verdict = _refused(_UNREADABLE.format(type(error).__name__), field=field.name)
    return _Judged(field.revision, verdict, field.is_time_stamp)


def _judged_at_its_time(check: _Check, field: _Field, embedded: EmbeddedPdfSignature) -> _Judged:
    """Return the verdict for the time of the check or, where a certificate did not last that long, for a proven one."""
    status = asyncio.run(_status(embedded, _chains(check.trust, embedded).context(check.at, revocation="unknown")))
    later = [stamp for stamp in check.stamps if stamp.revision > field.revision]
    proven_at = _proven_at(status, later)
    trusted = _trusted_at(check, embedded, status, proven_at)
    findings = _join(
        _container(check.data, embedded),
        _structure(embedded.signed_data, status.signing_cert),
        _coverage(status),
        _trust(trusted),
        _time_stamps(status) if isinstance(status, PdfSignatureStatus) else _Findings(),
    )
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    signed_at = embedded.self_reported_timestamp if isinstance(status, PdfSignatureStatus) else status.timestamp
    verdict = _verdict(findings, status.signing_cert, signed_at, field=field.name, covers_whole_file=whole)
    is_complete = _is_complete(check.trust, embedded, proven_at or check.at)
    level = None
    if embedded.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached":
        level = _level(proven_at, later, is_complete=is_complete)
    verdict = _at_level(verdict, level, proven_at).model_copy(
        update={"revocation_known": is_complete, "root_sha256": _root(trusted)}
    )
    is_preserved = field.is_time_stamp and proven_at is not None and is_complete
    return _Judged(field.revision, verdict, field.is_time_stamp, is_preserved)


def _root(status: SignatureStatus) -> str | None:
    if status.validation_path is None:
        return None
    return sha256_hex(next(status.validation_path.iter_certs(include_root=True)).dump())


def _chains(trust: Trust, embedded: EmbeddedPdfSignature) -> Trust:
    """Return what chains may be built from: a time-stamp with a chain of its own stands on that alone.

    Nothing covers the last one of a file: with another copy of its chain nobody would notice a change in its own.
    """
    is_alone = len(embedded.signed_data["certificates"]) == 1
    return (
        trust if is_alone or embedded.sig_object_type != "/DocTimeStamp" else replace(trust, carried=None, between=())
    )


def _trusted_at(
    check: _Check,
    embedded: EmbeddedPdfSignature,
    status: PdfSignatureStatus | DocumentTimestampStatus,
    proven_at: datetime | None,
) -> PdfSignatureStatus | DocumentTimestampStatus:
    """Return the status at the proven time, or else that of the check, heeding what the file says of revocation.

    What it says grows old; then, unless it says that a certificate was revoked, it is left out. Nothing covers the last
    time-stamp of a file, so what the file says of it does not count.
    """
    is_last = proven_at is None and isinstance(status, DocumentTimestampStatus)
    if (is_last and not any(check.trust.heard)) or (proven_at is None and not check.trust.knows_revocation):
        return status
    moment = proven_at or check.at
    carried = _again(embedded, check.trust.context(moment, revocation="carried"))
    if carried.trusted or carried.revoked:
        return carried
    return _again(embedded, check.trust.context(moment, revocation="unknown"))


def _again(embedded: EmbeddedPdfSignature, context: ValidationContext) -> PdfSignatureStatus | DocumentTimestampStatus:
    """Return the status in another context, without comparing revisions once more."""
    return asyncio.run(_validating(embedded)(embedded, context, skip_diff=True))


def _validating(
    embedded: EmbeddedPdfSignature,
) -> Callable[..., Coroutine[Any, Any, PdfSignatureStatus | DocumentTimestampStatus]]:
    is_time_stamp = embedded.sig_object_type == "/DocTimeStamp"
    return async_validate_pdf_timestamp if is_time_stamp else async_validate_pdf_signature


def _proven_at(
    status: StandardCMSSignatureStatus | DocumentTimestampStatus, stamps: Sequence[_Judged]
) -> datetime | None:
    """Return the earliest time for which a trusted time-stamp proves that the signature was there."""
    own = status.timestamp_validity if isinstance(status, StandardCMSSignatureStatus) else None
    times = [stamp.verdict.signed_at for stamp in stamps if stamp.verdict.signed_at is not None]
    if own is not None and own.intact and own.valid and own.trusted:
        times.append(own.timestamp)
    return min(times, default=None)


def _level(proven_at: datetime | None, later: Sequence[_Judged], *, is_complete: bool) -> Level:
    if proven_at is None:
        return "B-B"
    if not is_complete:
        return "B-T"
    first = min(later, key=lambda stamp: stamp.revision, default=None)
    return "B-LTA" if first is not None and first.is_preserved else "B-LT"


def _is_complete(trust: Trust, embedded: EmbeddedPdfSignature, at: datetime) -> bool:
    """Return whether it is known of every certificate that it was good at a time."""
    return trust.knows_revocation and _again(embedded, trust.context(at, revocation="complete")).trusted


def _at_level(verdict: SignatureVerdict, level: Level | None, proven_at: datetime | None) -> SignatureVerdict:
    reached = level if verdict.verdict == "VALID" else None
    return verdict.model_copy(update={"level": reached, "proven_at": proven_at})


async def _status(
    embedded: EmbeddedPdfSignature, context: ValidationContext
) -> PdfSignatureStatus | DocumentTimestampStatus:
    validate = _validating(embedded)
    try:
        return await validate(embedded, context)
    except SignatureValidationError:
        raise
    except Exception:  # noqa: BLE001 - comparing revisions of other people's PDFs fails in many ways
        return await validate(embedded, context, skip_diff=True)


def _trust(status: SignatureStatus) -> _Findings:
    """Return what is wrong with the signature value and with the certificate behind it."""
    if not status.intact:
        return _Findings(against=("the bytes that were signed have changed",))
    if not status.valid:
        return _Findings(against=("the signature was not made with the key of this certificate",))
    if status.trusted:
        return _Findings()
    problem = status.trust_problem_indic
    unnamed = _UNTRUSTED if problem is None else f"the signer's certificate cannot be confirmed ({problem})"
    return _Findings(open=(unnamed if problem is None else _WORDS.get(problem, unnamed),))


def _time_stamps(status: StandardCMSSignatureStatus) -> _Findings:
    """Return what is wrong with the time stamps that the signature carries."""
    stamps = [stamp for stamp in (status.timestamp_validity, status.content_timestamp_validity) if stamp is not None]
    if not all(stamp.intact and stamp.valid for stamp in stamps):
        return _Findings(against=("its time stamp belongs to something else",))
    if not all(stamp.trusted for stamp in stamps):
        return _Findings(open=("its time stamp cannot be confirmed",))
    return _Findings()


def _coverage(status: PdfSignatureStatus | DocumentTimestampStatus) -> _Findings:
    """Return what is wrong with the part of the file that is signed, and with what was added later."""
    if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return _Findings(against=("it does not cover all of the file as it was then",))
    if isinstance(status.diff_result, SuspiciousModification) or (
        status.diff_result is not None and status.docmdp_ok is False
    ):
        return _Findings(against=("something was changed afterwards that may not be",))
    if status.modification_level is None:
        return _Findings(open=("what was added afterwards cannot be judged",))
    if isinstance(status, PdfSignatureStatus) and not status.seed_value_ok:
        return _Findings(open=("it does not keep to the rules that its field sets",))
    return _Findings()


def _container(data: bytes, embedded: EmbeddedPdfSignature) -> _Findings:
    """Return what is wrong with the bytes between the signed ranges: the only ones that no digest covers."""
    _, end, start, _ = embedded.byte_range
    contents = embedded.pkcs7_content
    written = data[end:start]
    is_plain = written in {b"<%s>" % contents.hex().encode(), b"<%s>" % contents.hex().upper().encode()}
    if not is_plain or any(contents[peek(contents) :]):
        return _Findings(against=("there is something besides the signature in its place",))
    return _Findings()


def _structure(signed_data: cms.SignedData, signer: x509.Certificate) -> _Findings:
    """Return what is wrong with those parts of a CMS that no signature protects: they all follow from the others.

    RFC 5652, 5.1 and 5.3: versions, the list of digest algorithms, the name of the signer's issuer.
    """
    (info,) = signed_data["signer_infos"]
    by_issuer = info["sid"].name == "issuer_and_serial_number"
    is_data = signed_data["encap_content_info"]["content_type"].native == "data"
    follows = (
        info["version"].native == ("v1" if by_issuer else "v3"),
        signed_data["version"].native == ("v1" if by_issuer and is_data else "v3"),
        [each.dump() for each in signed_data["digest_algorithms"]] == [info["digest_algorithm"].dump()],
        not by_issuer or info["sid"].chosen["issuer"].dump() == signer.issuer.dump(),
    )
    return _Findings() if all(follows) else _Findings(open=("parts of it that are not signed contradict the others",))


def _join(*findings: _Findings) -> _Findings:
    against = [reason for finding in findings for reason in finding.against]
    return _Findings(tuple(against), tuple(reason for finding in findings for reason in finding.open))


def _verdict(
    findings: _Findings,
    certificate: x509.Certificate,
    signed_at: datetime | None,
    *,
    field: str | None = None,
    covers_whole_file: bool,
) -> SignatureVerdict:
    names = certificate.subject.native.get("common_name", certificate.subject.human_friendly)
    return SignatureVerdict(
        verdict="INVALID" if findings.against else "INDETERMINATE" if findings.open else "VALID",
        reasons=findings.against + findings.open,
        signer=names if isinstance(names, str) else ", ".join(names),
        signed_at=signed_at,
        certificate_until=certificate.not_valid_after,
        field=field,
        covers_whole_file=covers_whole_file,
    )


def _with_open(verdict: SignatureVerdict, reason: str) -> SignatureVerdict:
    lowered = "INDETERMINATE" if verdict.verdict == "VALID" else verdict.verdict
    return verdict.model_copy(update={"verdict": lowered, "reasons": (*verdict.reasons, reason)})


def _refused(reason: str, *, field: str | None = None) -> SignatureVerdict:
    return SignatureVerdict(verdict="INVALID", reasons=(reason,), field=field)
