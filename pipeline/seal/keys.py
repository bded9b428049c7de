"""Who signs: a certificate and what makes signatures with the key that belongs to it, wherever that key is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, cast

from asn1crypto import cms
from asn1crypto import x509 as asn1
from asn1crypto.parser import emit
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from schemas.problem import CONFIGURATION

DIGEST = "sha256"
_RSA_BITS = 2048
"""The least that is taken."""
_PROBE = b"does this key belong to the certificate?"
_UNIVERSAL, _CONTEXT, _CONSTRUCTED, _SEQUENCE = 0, 2, 1, 16
"""Parts of tags (X.690, 8.1.2)."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate and what signs for it, ready to sign as often as needed: nothing is parsed or looked up again."""

    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    """Certificates between the signer's and the root: they travel with each signature, the root does not."""
    sign: Callable[[bytes], bytes] = field(repr=False)
    """Returns the signature of bytes: RSA PKCS#1 v1.5 or ECDSA in DER, over SHA-256.

    Raises:
        ProblemError: `signer-unreachable` where the key is kept in a token or at a service that does not answer.
    """

    @classmethod
    def of(
        cls,
        certificate: x509.Certificate,
        others: Iterable[x509.Certificate],
        sign: Callable[[bytes], bytes],
        *,
        origin: str,
    ) -> Self:
        """Return the signer with this certificate.

        Args:
            certificate: the signer's.
            others: what came with it; roots are left out.
            sign: signs with the key of the certificate.
            origin: the file that the certificate came in, for messages.

        Raises:
            ProblemError: `configuration` when the key is neither RSA of at least 2048 bits nor on an elliptic curve.
        """
        key = certificate.public_key()
        is_weak_rsa = isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS
        if is_weak_rsa or not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
            detail = f"the key is neither RSA of at least {_RSA_BITS} bits nor on an elliptic curve"
            raise CONFIGURATION.error(detail, file=origin)
        return cls(certificate, tuple(other for other in others if other.subject != other.issuer), sign)

    @classmethod
    def from_pkcs12(cls, data: bytes, passphrase: str | None, *, origin: str) -> Self:
        """Return the signer that a PKCS#12 file holds.

        Args:
            data: the file's bytes.
            passphrase: that opens it; None when it has none.
            origin: what the file is called, for messages.

        Raises:
            ProblemError: `configuration` when it does not open, lacks the key or its certificate, or for the key
                what `of` raises.
        """
        try:
            bundle = pkcs12.load_pkcs12(data, passphrase.encode() if passphrase is not None else None)
        except ValueError as error:
            raise CONFIGURATION.error("not a PKCS#12 file, or another passphrase opens it", file=origin) from error
        if bundle.key is None or bundle.cert is None:
            raise CONFIGURATION.error("the PKCS#12 file has no key, or no certificate for it", file=origin)
        others = [other.certificate for other in bundle.additional_certs]
        return cls.of(bundle.cert.certificate, others, partial(_sign, bundle.key), origin=origin)

    @property
    def name(self) -> str:
        """The common name in the certificate, as signatures show it."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()

    def fits(self) -> bool:
        """Return whether what signs has the key of the certificate: it is tried out."""
        key: Any = self.certificate.public_key()
        how = (PKCS1v15(), SHA256()) if isinstance(key, RSAPublicKey) else (ECDSA(SHA256()),)
        try:
            key.verify(self.sign(_PROBE), _PROBE, *how)
        except InvalidSignature:
            return False
        return True

    @property
    def signature_size(self) -> int:
        """How many bytes a signature may take."""
        key = self.certificate.public_key()
        if isinstance(key, RSAPublicKey):
            return key.key_size // 8
        # A DER sequence of two integers, each up to one byte longer than the key (RFC 3279, 2.2.3).
        return 2 * (cast("EllipticCurvePublicKey", key).key_size // 8 + 4) + 8


def _sign(key: object, data: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(data, PKCS1v15(), SHA256())
    return cast("EllipticCurvePrivateKey", key).sign(data, ECDSA(SHA256()))


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


class PyHankoSigner(CmsSigner):
    """A `Signer` as pyHanko wants it. Its own `SimpleSigner` parses and checks the key twice for each signature."""

    def __init__(self, signer: Signer) -> None:
        """Wrap *signer*."""
        issuers = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        issuers.register_multiple(map(_as_asn1, signer.issuers))
        super().__init__(signing_cert=_as_asn1(signer.certificate), cert_registry=issuers, embed_roots=False)
        self._signer = signer

    async def signed_attrs(self, *args: Any, **kwargs: Any) -> cms.CMSAttributes:  # noqa: ANN401 - pyHanko's
        """Return what is signed; loaded, it is encoded once and not for each part of it that is asked for."""
        return cms.CMSAttributes.load((await super().signed_attrs(*args, **kwargs)).dump())

    async def async_sign(self, *args: Any, **kwargs: Any) -> cms.ContentInfo:  # noqa: ANN401 - pyHanko's
        """Return the signature."""
        return _Signature.of(await super().async_sign(*args, **kwargs))

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Return the signature of *data*, or as many bytes when it is only about the size."""
        if digest_algorithm != DIGEST:
            message = f"signatures are made over {DIGEST}, not {digest_algorithm}"
            raise ValueError(message)
        return bytes(self._signer.signature_size) if dry_run else self._signer.sign(data)


def _as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
