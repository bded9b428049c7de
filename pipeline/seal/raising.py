"""Raising signatures to a higher level: a time-stamp over them, and what proves that their certificates were good.

What is appended to a copy is one incremental update: a document security store (for B-LT) and a document time-stamp
over all before it (ETSI EN 319 142-1, 5.4 and 5.5). Before that time-stamp ends, the next update adds what proves that
it was good, and a newer time-stamp over all. The copy stays what it was, byte for byte.
"""

import asyncio
import io
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeVar

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.signers.pdf_signer import TimestampDSSContentSettings
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.dss import collect_validation_info
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

from pipeline.seal.answers import Answer, Answers
from pipeline.seal.keys import DIGEST
from pipeline.seal.trust import Trust
from pipeline.seal.update import Update
from schemas.problem import INTEGRITY_MISMATCH, TIME_STAMPS_UNREACHABLE, VALIDATION_DATA_MISSING

T = TypeVar("T")

_CONTENTS = b"/Contents <"
"""Where pyHanko writes a signature, in hex digits."""


class Authorities(NamedTuple):
    """Whom to ask, and how long to wait."""

    url: str
    """Of the time-stamp authority (RFC 3161)."""
    seconds: float
    """What one copy may take in all; authorities were seen to take two minutes."""


def raise_copy(
    pdf: bytes,
    level: Literal["B-T", "B-LT"],
    authorities: Authorities,
    trust: Sequence[bytes],
    at: datetime,
    answers: Answers | None = None,
) -> bytes:
    """Return what has to be appended to a signed copy so that it reaches *level*.

    Args:
        pdf: the copy, with its signatures.
        level: the one to reach.
        authorities: asked for a time-stamp; the certificates say where to ask about themselves.
        trust: root certificates, PEM: only what leads to them is asked for and embedded.
        at: now.
        answers: what was heard about revocation for other copies.

    Not to be called where an event loop is running: pyHanko's own is started for the time of the call.

    Raises:
        ProblemError: `time-stamps-unreachable`, `validation-data-missing`; both may pass.
    """
    proven = (lambda reader: reader.embedded_regular_signatures) if level == "B-LT" else None
    return _asked(authorities, _appended(pdf, proven, authorities, Trust.of(trust), at, answers or Answers()))


def renew_copy(
    pdf: bytes, authorities: Authorities, trust: Sequence[bytes], at: datetime, answers: Answers | None = None
) -> bytes:
    """Return what has to be appended to a copy so that its last time-stamp may end (ETSI EN 319 142-1, 5.5: B-LTA).

    That is what proves that this time-stamp is good, and a new one over all; arguments and errors as for `raise_copy`.
    The time-stamp must still be good: afterwards nothing can be proven of it any more.
    """

    def last(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
        return list(reader.embedded_timestamp_signatures)[-1:]

    return _asked(authorities, _appended(pdf, last, authorities, Trust.of(trust), at, answers or Answers()))


def last_token(appended: bytes) -> bytes:
    """Return the time-stamp token (DER) at the end of what `raise_copy` or `renew_copy` returned.

    Raises:
        ProblemError: `integrity-mismatch`.
    """
    start = appended.rfind(_CONTENTS) + len(_CONTENTS)
    written = appended[start : appended.find(b">", start)]
    try:
        token: bytes = cms.ContentInfo.load(bytes.fromhex(written.decode("ascii"))).dump()
    except ValueError as error:
        raise INTEGRITY_MISMATCH.error("what was appended to a copy does not end in a time-stamp") from error
    return token


def time_stamp(signature: bytes, authorities: Authorities) -> bytes:
    """Return a time-stamp token (RFC 3161, DER) over a detached signature.

    Raises:
        ProblemError: `time-stamps-unreachable`.
    """
    return time_stamp_of(sha256(signature_value(signature)).digest(), DIGEST, authorities)


def signature_value(signature: bytes) -> bytes:
    """Return what a time-stamp of a detached signature is over (ETSI EN 319 122-1, 5.3).

    Raises:
        ProblemError: `integrity-mismatch` for what cannot be read.
    """
    try:
        (signed,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
        value: bytes = signed["signature"].native
    except Exception as error:  # damaged bytes make the parser raise anything
        raise INTEGRITY_MISMATCH.error(f"a signature cannot be read ({type(error).__name__})") from error
    return value


def time_stamp_of(imprint: bytes, digest: str, authorities: Authorities) -> bytes:
    """Return a time-stamp token (RFC 3161, DER) over a hash that was made with the algorithm *digest*.

    Raises:
        ProblemError: `time-stamps-unreachable`.
    """
    token: bytes = _asked(authorities, _stamper(authorities).async_timestamp(imprint, digest)).dump()
    return token


def time_stamped(signature: bytes, token: bytes) -> bytes:
    """Return a detached signature with its time-stamp inside: CAdES baseline B-T (ETSI EN 319 122-1, 5.3).

    Raises:
        ProblemError: `integrity-mismatch` for what cannot be read.
    """
    try:
        whole = cms.ContentInfo.load(signature)
        (signed,) = whole["content"]["signer_infos"]
        inside = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
        signed["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(inside)])
        return bytes(whole.dump())
    except Exception as error:  # damaged bytes make the parser raise anything
        raise INTEGRITY_MISMATCH.error(f"a signature cannot be read ({type(error).__name__})") from error


def try_out(authorities: Authorities) -> datetime:
    """Return the time that the time-stamp authority states in a time-stamp over nothing in particular.

    Raises:
        ProblemError: `time-stamps-unreachable`.
    """
    token = _asked(authorities, _stamper(authorities).async_timestamp(bytes(32), DIGEST))
    stated: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return stated


def _stamper(authorities: Authorities) -> HTTPTimeStamper:
    return HTTPTimeStamper(authorities.url, timeout=authorities.seconds)


class _Stamper(HTTPTimeStamper):
    """Asks for a time-stamp over nothing, to know how much room one takes and whose it is, once for many copies."""

    def __init__(self, authorities: Authorities, answers: Answers, at: datetime) -> None:
        super().__init__(authorities.url, timeout=authorities.seconds)
        self._answers, self._at, self._question = answers, at, b"time-stamp" + authorities.url.encode()
        for known in answers.good(self._question, at) or ():
            self._register_dummy(DIGEST, cms.ContentInfo.load(known))  # type: ignore[no-untyped-call]

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:
        """See pyHanko."""
        response = await super().async_dummy_response(md_algorithm)
        self._answers.keep(self._question, Answer.of(response.dump(), self._at))
        return response


def _asked(authorities: Authorities, question: Coroutine[Any, Any, T]) -> T:
    """Return the answer that came in time, whatever the network does."""
    try:
        return asyncio.run(asyncio.wait_for(question, authorities.seconds))
    except TimeoutError as error:
        raise TIME_STAMPS_UNREACHABLE.error(f"no answer within {authorities.seconds:g} s") from error
    except (TimestampRequestError, SigningError, ValueError) as error:
        raise TIME_STAMPS_UNREACHABLE.error(str(error)) from error
    except (PathError, ValidationError) as error:
        raise VALIDATION_DATA_MISSING.error(type(error).__name__) from error


async def _appended(
    pdf: bytes,
    proven: Callable[[PdfFileReader], Sequence[EmbeddedPdfSignature]] | None,
    authorities: Authorities,
    trust: Trust,
    at: datetime,
    answers: Answers,
) -> bytes:
    """Return a time-stamp over all of a PDF and, if asked for, before it what proves that signatures in it are good."""
    written = io.BytesIO(pdf)
    stamper = PdfTimeStamper(_Stamper(authorities, answers, at))
    if proven is None:
        await stamper.async_timestamp_pdf(Update(written), DIGEST, in_place=True)
        return written.getvalue()[len(pdf) :]
    async with AIOHttpFetcherBackend(per_request_timeout=authorities.seconds) as fetchers:
        context = ValidationContext(
            trust_roots=list(trust.roots),
            other_certs=list(trust.between),
            moment=at,
            allow_fetching=True,
            fetchers=answers.over(fetchers, at),
            revocation_mode="require",
            retroactive_revinfo=True,  # what answers later than *at* was asked later
        )
        signatures = proven(PdfFileReader(io.BytesIO(pdf)))
        paths = [path for each in signatures for path in await collect_validation_info(each, context)]
        await stamper.async_timestamp_pdf(
            Update(written),
            DIGEST,
            validation_context=context,
            validation_paths=paths,
            dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
            in_place=True,
            embed_roots=False,
        )
    return written.getvalue()[len(pdf) :]
