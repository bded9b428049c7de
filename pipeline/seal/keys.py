"""A `Signer` for pyHanko, which makes CMS of what it signs."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from asn1crypto import cms
from asn1crypto import x509 as asn1
from asn1crypto.parser import emit
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from pipeline.keys import Signer

DIGEST = "sha256"
_UNIVERSAL, _CONTEXT, _CONSTRUCTED, _SEQUENCE = 0, 2, 1, 16
"""Parts of tags (X.690, 8.1.2)."""


class _Signature(cms.ContentInfo):  # type: ignore[misc]  # asn1crypto has no types
    """A signature that stays the bytes that it was made of.

    asn1crypto takes a length whose last byte is 80 for an indefinite one, and encodes all that is inside anew, some
    thousand times: with the wrong number of letters in a signer's name, that costs as much as reading a quarter page.
    """

    @classmethod
    def of(cls, made: cms.ContentInfo) -> Self:
        """Return *made*, encoded: its parts are encoded already."""
        signed = made["content"]
        inside = emit(_UNIVERSAL, _CONSTRUCTED, _SEQUENCE, b"".join(signed[name].dump() for name in signed))
        explicit = emit(_CONTEXT, _CONSTRUCTED, 0, inside)
        whole = emit(_UNIVERSAL, _CONSTRUCTED, _SEQUENCE, made["content_type"].dump() + explicit)
        encoded: Self = cls.load(whole)
        return encoded

    def dump(self, force: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - asn1crypto's
        """Return these bytes."""
        return bytes(self._header + self._contents)


class _Room:
    """Stands for a signature where only its size counts."""

    def __init__(self, size: int) -> None:
        self._size = size

    def dump(self) -> bytes:
        """Return as many bytes."""
        return bytes(self._size)


_sizes: dict[tuple[x509.Certificate, tuple[x509.Certificate, ...], int], int] = {}
"""How many bytes the signatures in PDFs are, by all that it depends on. pyHanko makes a whole one to find out."""
_attributes: dict[tuple[object, ...], bytes] = {}
"""Encoded attributes that are signed, over `_SOME_DIGEST` and at `_SOME_TIME`, by all else that they depend on.

Their order (X.690, 11.6) is that of their encodings, which differ before digest and time come.
"""
_SOME_DIGEST: Final = hashlib.sha256(b"in the place of any other").digest()
_SOME_TIME: Final = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
_LAST_YEAR_OF_TWO_FIGURES: Final = 2049
"""Later times are written otherwise (RFC 5652, 11.3). pyHanko refuses them; two figures would say another century."""


class PyHankoSigner(CmsSigner):
    """A `Signer` as pyHanko wants it. Its own `SimpleSigner` parses and checks the key twice for each signature."""

    def __init__(self, signer: Signer) -> None:
        """Wrap *signer*."""
        issuers = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        issuers.register_multiple(map(_as_asn1, signer.issuers))
        super().__init__(signing_cert=_as_asn1(signer.certificate), cert_registry=issuers, embed_roots=False)
        self._signer = signer

    async def signed_attrs(
        self,
        data_digest: bytes,
        digest_algorithm: str,
        attr_settings: PdfCMSSignedAttributes | None = None,
        *args: Any,  # noqa: ANN401 - pyHanko's
        **kwargs: Any,  # noqa: ANN401 - pyHanko's
    ) -> cms.CMSAttributes:
        """Return what is signed. With one key it differs in digest and time alone: the rest is encoded once."""
        stated = attr_settings or PdfCMSSignedAttributes()
        at = stated.signing_time
        if at is not None and at.year > _LAST_YEAR_OF_TWO_FIGURES:
            return await super().signed_attrs(data_digest, digest_algorithm, stated, *args, **kwargs)
        like_it = replace(stated, signing_time=at and _SOME_TIME)
        all_else = self._signer.certificate, digest_algorithm, like_it, *args, *sorted(kwargs.items())
        if all_else not in _attributes:
            made = await super().signed_attrs(_SOME_DIGEST, digest_algorithm, like_it, *args, **kwargs)
            _attributes[all_else] = made.dump()
        encoded = _attributes[all_else].replace(_SOME_DIGEST, data_digest)
        return cms.CMSAttributes.load(encoded.replace(_utc_time(_SOME_TIME), _utc_time(at or _SOME_TIME)))

    async def async_sign(self, *args: Any, **kwargs: Any) -> cms.ContentInfo:  # noqa: ANN401 - pyHanko's
        """Return the signature, or what is as large when it is only about the size."""
        if not kwargs.get("dry_run"):
            return _Signature.of(await super().async_sign(*args, **kwargs))
        all_of_it = self._signer.certificate, self._signer.issuers, self._signer.signature_size
        if all_of_it not in _sizes:
            _sizes[all_of_it] = len(_Signature.of(await super().async_sign(*args, **kwargs)).dump())
        return _Room(_sizes[all_of_it])

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Return the signature of *data*, or as many bytes when it is only about the size."""
        if digest_algorithm != DIGEST:
            message = f"signatures are made over {DIGEST}, not {digest_algorithm}"
            raise ValueError(message)
        return bytes(self._signer.signature_size) if dry_run else self._signer.sign(data)


def _utc_time(at: datetime) -> bytes:
    return at.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode()


def _as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
