"""The signature of the person who scanned, made elsewhere and later: their token stays at the counter.

The copy gets a signature with nothing in it, as large as one may become (`prepared`); what its key has to sign, the
signed attributes (RFC 5652, 5.4) with the digest of the copy and the signer's certificate, go to the station
(`to_be_signed`); what comes back is written into that place (`embedded`), and the agency signs over it (`completed`).
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from pyhanko.sign.signers import ExternalSigner

from pipeline.keys import Signer
from pipeline.seal.copy import UnsignedCopy
from pipeline.seal.keys import DIGEST, PyHankoSigner
from pipeline.seal.sign import SCANNER_FIELD, Style, TimedSigner, signed_by_agency
from pipeline.seal.update import Update
from schemas.problem import INTEGRITY_MISMATCH, SIGNATURE_REFUSED

_ROOM = 8192
"""Bytes of the signature with its certificates: a key of 4096 bits and three certificates take some 6,000."""
_EMPTY = b"<" + b"0" * (2 * _ROOM) + b">"


def prepared(copy: UnsignedCopy, name: str, *, scanned_at: datetime, signed_at: datetime) -> bytes:
    """Return what has to be appended to `copy.pdf` so that it can be signed by somebody whose key is elsewhere.

    Args:
        copy: from `make_copy`, with their name in its stamp.
        name: theirs, as their certificate says it.
        scanned_at: the time that the signature shows.
        signed_at: the time that it states.
    """
    return asyncio.run(_prepared(copy, name, scanned_at, signed_at))


async def _prepared(copy: UnsignedCopy, name: str, scanned_at: datetime, signed_at: datetime) -> bytes:
    nobody = ExternalSigner(signing_cert=None, cert_registry=None)
    style = Style.of(copy.stamps, copy.stamps.scanner, scanned_at)
    signing = TimedSigner.of(nobody, name, SCANNER_FIELD, style, signed_at)
    written = io.BytesIO(copy.pdf)
    await signing.async_digest_doc_for_signing(Update(written), bytes_reserved=2 * _ROOM, in_place=True)
    return written.getvalue()[len(copy.pdf) :]


def digest_of(pdf: bytes, appended: bytes) -> bytes:
    """Return the digest of a copy with what `prepared` appended, but for the place of the signature.

    Raises:
        ProblemError: `integrity-mismatch` if there is no such place.
    """
    before, after = _around(appended)
    return sha256(pdf + before + after).digest()


def to_be_signed(digest: bytes, signer: Signer) -> bytes:
    """Return the signed attributes, DER: what the key of *signer* has to sign, wherever it is."""
    asked: list[bytes] = []

    def ask(data: bytes) -> bytes:
        asked.append(data)
        return bytes(signer.signature_size)

    _cms(digest, signer, ask)
    return asked[0]


def embedded(appended: bytes, digest: bytes, signer: Signer, signature: bytes) -> bytes:
    """Return what `prepared` appended, with a signature in it.

    Args:
        appended: that.
        digest: from `digest_of`.
        signer: who signed.
        signature: of what `to_be_signed` returns.

    Raises:
        ProblemError: `signature-refused` if the key of *signer* did not sign that, or there is no room for so many
            certificates; `integrity-mismatch`.
    """
    before, after = _around(appended)
    if not signer.has_signed(to_be_signed(digest, signer), signature):
        raise SIGNATURE_REFUSED.error("the key of the certificate did not sign what was to be signed")
    written = _cms(digest, signer, lambda _: signature).hex().encode("ascii")
    if len(written) > 2 * _ROOM:
        raise SIGNATURE_REFUSED.error(f"with its certificates it has more than {_ROOM} bytes")
    return before + b"<" + written.ljust(2 * _ROOM, b"0") + b">" + after


def completed(copy: UnsignedCopy, signed: bytes, agency: Signer, *, signed_at: datetime) -> bytes:
    """Return what has to be appended to `copy.pdf` so that both have signed.

    Args:
        copy: from `make_copy`.
        signed: from `embedded`.
        agency: signs second, over the first signature too.
        signed_at: the time that its signature shows and states.
    """
    pdf = asyncio.run(signed_by_agency(copy.pdf + signed, copy.stamps, agency, signed_at))
    return pdf[len(copy.pdf) :]


def _cms(digest: bytes, signer: Signer, sign: Callable[[bytes], bytes]) -> bytes:
    signing = PyHankoSigner(replace(signer, sign=sign)).async_sign(digest, DIGEST, use_pades=True)
    return bytes(asyncio.run(signing).dump())


def _around(appended: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and behind the place of the signature."""
    before, place, after = appended.partition(_EMPTY)
    if not place:
        raise INTEGRITY_MISMATCH.error("a copy that waits for a signature has no place for it")
    return before, after
