"""Until when a signature or a time-stamp can be checked: the first end of a certificate in it, or of its algorithm.

Ends of algorithms as planned in NIST IR 8547 (initial public draft, 2024), table 2, and NIST SP 800-131A (SHA-1): what
is then only deprecated still holds, what is disallowed does not.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader

from schemas.problem import FILE_DAMAGED, INTEGRITY_MISMATCH

_WEAK_DIGESTS = frozenset({"md5", "sha1"})
_SHORT_RSA_BITS, _SHORT_CURVE_BITS = 3072, 256
_SHA1_END = datetime(2014, 1, 1, tzinfo=UTC)
_SHORT_KEYS_END = datetime(2031, 1, 1, tzinfo=UTC)
"""112 bits of security, as RSA-2048."""
_ALL_KEYS_END = datetime(2036, 1, 1, tzinfo=UTC)
"""Everything that a quantum computer would break."""


class End(NamedTuple):
    """When something ends, and what it is that does."""

    at: datetime
    because: str


def end_of_signature(signature: bytes) -> End:
    """Return when a CMS signature or a time-stamp token (DER) cannot be checked by itself any more.

    Raises:
        ProblemError: `integrity-mismatch` for what is neither.
    """
    try:
        return min(_ends(cms.ContentInfo.load(signature)["content"]))
    except (ValueError, TypeError, KeyError) as error:
        raise INTEGRITY_MISMATCH.error("a signature cannot be read") from error


def end_of_copy(pdf: bytes) -> End | None:
    """Return when the first signature in a PDF cannot be checked by itself any more; None if it has none.

    Raises:
        ProblemError: `file-damaged`.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signatures = [each.signed_data for each in reader.embedded_regular_signatures]
        return min((end for each in signatures for end in _ends(each)), default=None)
    except Exception as error:
        raise FILE_DAMAGED.error(f"its signatures cannot be read ({type(error).__name__})") from error


def end_of_certificate(der: bytes) -> End:
    """Return when a certificate, or the algorithm of its key, ends."""
    return min(_ends_of_certificates([x509.Certificate.load(der)]))


def _ends(signed: cms.SignedData) -> Iterator[End]:
    certificates = [each.chosen for each in signed["certificates"] if each.name == "certificate"]
    yield from _ends_of_certificates(certificates)
    for info in signed["signer_infos"]:
        digest = info["digest_algorithm"]["algorithm"].native
        if digest in _WEAK_DIGESTS:
            yield End(_SHA1_END, f"algorithm {digest}")


def _ends_of_certificates(certificates: Sequence[x509.Certificate]) -> Iterator[End]:
    for each in certificates:
        yield End(each["tbs_certificate"]["validity"]["not_after"].native, f"certificate of {_name(each)}")
        key = each.public_key
        is_rsa = key.algorithm == "rsa"
        is_short = key.bit_size < (_SHORT_RSA_BITS if is_rsa else _SHORT_CURVE_BITS)
        named = f"algorithm {key.algorithm.upper()}-{key.bit_size}"
        yield End(_SHORT_KEYS_END if is_short else _ALL_KEYS_END, named)


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.native.get("common_name", certificate.subject.human_friendly)
    return names if isinstance(names, str) else ", ".join(names)
