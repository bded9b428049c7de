"""Signing at stations: what waits for the person who scanned, and what they have signed with a token of their own.

Knows no HTTP. Everything here may be killed anywhere and done again: of two signatures of a copy, the first one that
was right counts, and whoever sends another one is told whose it is. What is kept is kept for ever, so its certificate
has to be good at that moment; while no authority says so, the copy waits on.
"""

import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cryptography.hazmat.primitives.serialization import Encoding

from flows.house import House
from flows.keyring import trusted_roots
from flows.signers import last_day
from pipeline.keys import Signer
from pipeline.seal.answers import Answers
from pipeline.seal.appearance import Rectangle, Stamp, Stamps
from pipeline.seal.copy import UnsignedCopy
from pipeline.seal.deferred import digest_of, embedded, to_be_signed
from pipeline.seal.standing import revocations
from pipeline.seal.verify import verify_pdf
from schemas.digest import Sha256, sha256_hex
from schemas.draft import (
    MOST_TO_SIGN,
    Draft,
    DraftCopy,
    DraftStamp,
    KeptSignature,
    OfficerSignature,
    SigningRequest,
    SigningWork,
    ToSign,
)
from schemas.problem import (
    CONFIGURATION,
    DRAFT_UNKNOWN,
    INTEGRITY_MISMATCH,
    SIGNATURE_REFUSED,
    VALIDATION_DATA_MISSING,
    ProblemError,
)
from schemas.submission import StationId

_MOST_SUBMISSIONS = 1000
"""Of one station, looked at for one answer."""
_HERE = "the certificate"
_ASK_SECONDS = 15.0
"""How long one authority is waited for: with two or three of them, less than a station waits for us."""


def signs_at_station(house: House, station: StationId) -> bool:
    """Return whether the person who scanned signs at the station: it is enrolled, and of such a kind."""
    deferred = house.settings.signing.deferred
    enrolled = house.stations.last(station) if deferred else None
    return enrolled is not None and enrolled.status == "enrolled" and enrolled.request.kind in deferred


# --- drafts ------------------------------------------------------------------------------------------------------
def draft_of(copy: UnsignedCopy, appended: bytes) -> DraftCopy:
    """Return what is kept of a copy with room for a signature, beside its bytes."""
    scanner, agency = (DraftStamp(name=each.name, size=each.size, area=tuple(each.area)) for each in copy.stamps)
    digest = digest_of(copy.pdf, appended).hex()
    return DraftCopy(sha256=sha256_hex(copy.pdf), digest=digest, scanner=scanner, agency=agency)


def unsigned_of(house: House, copy: DraftCopy) -> UnsignedCopy:
    """Return a copy before it is signed, as it was made."""
    scanner, agency = (Stamp(each.name, each.size, Rectangle(*each.area)) for each in (copy.scanner, copy.agency))
    pdf, _ = house.drafts.unsigned(copy)
    return UnsignedCopy(pdf, Stamps(scanner, agency))


def signed_at_station(house: House, copy: DraftCopy) -> bytes:
    """Return what has to be appended to a copy so that the person who scanned has signed it: their signature is there.

    Raises:
        ProblemError: `integrity-mismatch` if it is not, or what is kept does not fit together.
    """
    kept = house.drafts.signature(copy)
    if kept is None:
        raise INTEGRITY_MISMATCH.error(f"the signature of the copy {copy.sha256} is gone")
    _, appended = house.drafts.unsigned(copy)
    return _embedded(copy, appended, kept)


def _embedded(copy: DraftCopy, appended: bytes, given: OfficerSignature) -> bytes:
    return embedded(appended, bytes.fromhex(copy.digest), _signer(given.certificates), given.signature)


# --- what stations ask -------------------------------------------------------------------------------------------
def work_for(house: House, station: StationId, request: SigningRequest, now: datetime) -> SigningWork:
    """Return what the owner of a certificate has to sign of what a station sent.

    Raises:
        ProblemError: `signature-refused` if they may not sign here.
    """
    signer = _signer(request.certificates)
    _check_right(house, signer, now)
    others: dict[str, None] = {}

    def theirs() -> Iterator[ToSign]:
        for submission_id in house.catalog.drafted(station, _MOST_SUBMISSIONS):
            draft = house.drafts.of(submission_id)
            left = [] if draft is None else list(house.drafts.left(draft))
            if draft is None or not left:  # whoever took the last one was killed before they could say so
                house.catalog.keep_drafted(submission_id, drafted=False)
            elif _is_called(signer, draft.scanned_by):
                yield from (_to_sign(draft, each, signer) for each in left)
            else:
                others[draft.scanned_by] = None

    return SigningWork(documents=tuple(islice(theirs(), MOST_TO_SIGN)), others=tuple(others))


def _to_sign(draft: Draft, copy: DraftCopy, signer: Signer) -> ToSign:
    record = next(each.record for each in draft.documents if each.waits == copy)
    assert record is not None, "what waits is the copy of a record"  # noqa: S101 - for the type checker
    return ToSign(
        submission_id=draft.submission_id,
        copy_sha256=copy.sha256,
        dossier_code=record.dossier_code,
        document_type=record.document_type,
        pages=len(record.pages),
        scanned_at=draft.scanned_at,
        attributes=b64encode(to_be_signed(bytes.fromhex(copy.digest), signer)),
    )


def handed_out(house: House, station: StationId, submission_id: Sha256, copy_sha256: Sha256) -> tuple[Draft, DraftCopy]:
    """Return a copy that waits for a signature made at this station, or got it, and its draft.

    Raises:
        ProblemError: `draft-unknown` if there is none.
    """
    draft = house.drafts.of(submission_id)
    copy = next((each for each in draft.waits if each.sha256 == copy_sha256), None) if draft else None
    if draft is None or draft.station != station or copy is None:
        raise DRAFT_UNKNOWN.error("it is not one of those that were handed out")
    return draft, copy


def take_signature(
    house: House,
    station: StationId,
    submission_id: Sha256,
    copy_sha256: Sha256,
    given: OfficerSignature,
    now: datetime,
    answers: Answers,
) -> KeptSignature:
    """Keep the signature of a copy, which was made at its station; return whose signature is kept now.

    Args:
        house: where.
        station: that sent it.
        submission_id: whose copy it is.
        copy_sha256: of that copy, before it was signed.
        given: the signature.
        now: the time.
        answers: what authorities said of certificates that signed other copies: one person signs many in a row.

    Raises:
        ProblemError: `draft-unknown` as for `handed_out`; `signature-refused` if they may not sign, if their
            certificate was revoked, if it is not what was to be signed, or if the copy would not be valid with it;
            `validation-data-missing` if no authority says whether it was revoked.
    """
    draft, copy = handed_out(house, station, submission_id, copy_sha256)
    kept = house.drafts.signature(copy)
    if kept is None:
        _check(house, draft, copy, given, now)
        _check_standing(house, given, now, answers)
        kept = house.drafts.sign(copy, given)
        house.log("signature", submission=submission_id, station=station)
    if not any(True for _ in house.drafts.left(draft)):
        house.catalog.keep_drafted(submission_id, drafted=False)
    return KeptSignature(copy_sha256=copy_sha256, certificate_sha256=_fingerprint(_signer(kept.certificates)))


def _check(house: House, draft: Draft, copy: DraftCopy, given: OfficerSignature, now: datetime) -> None:
    """Make sure that a copy is valid with a signature, and that it is that of the person who scanned."""
    signer = _signer(given.certificates)
    if not _is_called(signer, draft.scanned_by):
        raise SIGNATURE_REFUSED.error("the certificate has another name than the person who scanned, as the copy shows")
    _check_right(house, signer, now)
    pdf, appended = house.drafts.unsigned(copy)
    (verdict,) = verify_pdf(pdf + _embedded(copy, appended, given), trusted_roots(house.settings), now)
    if verdict.verdict != "VALID":
        raise SIGNATURE_REFUSED.error("; ".join(verdict.reasons))


def _check_standing(house: House, given: OfficerSignature, now: datetime, answers: Answers) -> None:
    """Make sure that a certificate is not revoked, as an authority says."""
    chain = given.certificates.encode()
    [standing] = revocations([chain], trusted_roots(house.settings), now, _ASK_SECONDS, answers)
    if standing == "revoked":
        raise SIGNATURE_REFUSED.error("the certificate was revoked by the authority that gave it out")
    if standing == "unknown":
        raise VALIDATION_DATA_MISSING.error("no authority says whether the certificate was revoked; the copy waits on")


def _check_right(house: House, signer: Signer, now: datetime) -> None:
    """Make sure that somebody may sign as a person who scans: they are in the directory, if anybody is."""
    entry = house.signers.last(_fingerprint(signer))
    if entry is None:
        if next(house.signers.steps(), None) is not None:
            raise SIGNATURE_REFUSED.error("the certificate is not in the directory of signers")
    elif entry.role != "scanner":
        raise SIGNATURE_REFUSED.error("the directory of signers knows the certificate as an agency's")
    elif not entry.signs_from <= now.date() <= last_day(entry):
        raise SIGNATURE_REFUSED.error(f"they may sign from {entry.signs_from} to {last_day(entry)} only")


def _signer(pem: str) -> Signer:
    try:
        return Signer.absent(pem.encode(), origin=_HERE)
    except ProblemError as error:
        if error.kind is not CONFIGURATION:
            raise
        raise SIGNATURE_REFUSED.error(error.problem.detail) from error


def _fingerprint(signer: Signer) -> Sha256:
    return sha256_hex(signer.certificate.public_bytes(Encoding.DER))


def _is_called(signer: Signer, name: str) -> bool:
    """Return whether a certificate is in this name, in whatever case, form and spacing its letters are."""
    return _plain(signer.name) == _plain(name)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
