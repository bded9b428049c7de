"""Keys: a certificate and what signs for it, in a file or in a token (`pipeline/keys/token.py`).

Light: a station has no more of the pipeline than this room.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from schemas.problem import CONFIGURATION

_RSA_BITS = 2048
"""The least that is taken."""
_PROBE = b"does this key belong to the certificate?"


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
    def absent(cls, pem: bytes, *, origin: str) -> Self:
        """Return the signer with these certificates (PEM, their own first) whose key is not here: it cannot sign.

        Raises:
            ProblemError: `configuration` for what is no certificate, or for the key what `of` raises.
        """
        try:
            certificate, *others = x509.load_pem_x509_certificates(pem)
        except ValueError as error:
            raise CONFIGURATION.error("no certificates in PEM form", file=origin) from error
        return cls.of(certificate, others, lambda _: b"", origin=origin)

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
        return self.has_signed(_PROBE, self.sign(_PROBE))

    def has_signed(self, data: bytes, signature: bytes) -> bool:
        """Return whether the key of the certificate made this signature of *data*."""
        key: Any = self.certificate.public_key()
        how = (PKCS1v15(), SHA256()) if isinstance(key, RSAPublicKey) else (ECDSA(SHA256()),)
        try:
            key.verify(signature, data, *how)
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
