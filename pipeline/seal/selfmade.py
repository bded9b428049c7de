"""A certificate authority for trying Sohoa out, which says in every name that it is one."""

from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

ROOT_NAME = "SOHOA TEST CA - NO LEGAL VALUE / KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
WARNING = "NO LEGAL VALUE / KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"

_BITS, _EXPONENT = 2048, 65537
"""RSA, as the keys that the state's own authority certifies: what is tried out is what will be used."""
_ROOT_YEARS = timedelta(days=20 * 365)
_SIGNER_YEARS = timedelta(days=5 * 365)
"""The longest that a subscriber's certificate may be valid (NĐ 68/2024)."""
_BACKDATED = timedelta(days=1)
"""Clocks differ."""
_NAME_BYTES = 64
"""What a common name may have (RFC 5280, annex A, as `cryptography` counts)."""


class TestPki(NamedTuple):
    """A test root and the two keys that it certified."""

    root_pem: bytes
    """To be trusted, for tests alone."""
    scanner_p12: bytes
    """The person who scans."""
    agency_p12: bytes
    """The agency."""


def make_test_pki(now: datetime, *, scanner: str, agency: str, passphrase: str) -> TestPki:
    """Return a new certificate authority and the keys of a scanning person and an agency.

    Args:
        now: from a day before then the certificates are valid, the signers' for five years.
        scanner: name of the person.
        agency: name of the agency.
        passphrase: for both PKCS#12 files.
    """
    root_key = generate_private_key(_EXPONENT, _BITS)
    root_name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), _common_name(ROOT_NAME)])
    root = _certificate(root_name, root_name, root_key, root_key, now, now + _ROOT_YEARS, is_ca=True)

    def issued(name: str) -> bytes:
        key = generate_private_key(_EXPONENT, _BITS)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, WARNING),
                _common_name(name),
            ]
        )
        certificate = _certificate(subject, root_name, key, root_key, now, now + _SIGNER_YEARS, is_ca=False)
        encryption = BestAvailableEncryption(passphrase.encode())
        return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, [root], encryption)

    return TestPki(root.public_bytes(Encoding.PEM), issued(scanner), issued(agency))


def _common_name(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COMMON_NAME, name.encode()[:_NAME_BYTES].decode(errors="ignore").rstrip())


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: RSAPrivateKey,
    issuer_key: RSAPrivateKey,
    start: datetime,
    end: datetime,
    *,
    is_ca: bool,
) -> x509.Certificate:
    """Return a certificate with the extensions of RFC 5280: for a CA to certify, for a signer to sign documents."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_ca,
                content_commitment=not is_ca,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, SHA256())
    )
