"""What a signature is checked against: trusted roots, what a file carries, and what authorities have answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from asn1crypto import crl, ocsp, x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from schemas.problem import CONFIGURATION

_BROKEN = frozenset({"md2", "md5"})
_WEAK = _BROKEN | {"sha1"}


class Heard(NamedTuple):
    """What authorities have answered about revocation, DER."""

    ocsps: tuple[bytes, ...] = ()
    """OCSP responses (RFC 6960)."""
    crls: tuple[bytes, ...] = ()
    """Lists of revoked certificates (RFC 5280)."""


_NOTHING = Heard()


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots, the document security store of a PDF (ETSI EN 319 142-1, 5.4), and what was heard from authorities."""

    roots: tuple[x509.Certificate, ...]
    between: tuple[x509.Certificate, ...] = ()
    """Certificates of authorities below the roots, for signatures that do not carry them."""
    carried: DocumentSecurityStore | None = None
    heard: Heard = _NOTHING
    takes_sha1: bool = False

    @classmethod
    def of(cls, pems: Sequence[bytes]) -> Self:
        """Return the trust in these certificates; one that another of them has issued is trusted through that.

        Raises:
            ProblemError: `configuration` for a root that is not a certificate.
        """
        try:
            known = [certificate for pem in pems for certificate in load_certs_from_pemder_data(pem)]
        except ValueError as error:
            raise CONFIGURATION.error("a trusted root is not a certificate in PEM form") from error
        names = {each.subject.dump() for each in known}
        below = [each.subject.dump() != each.issuer.dump() and each.issuer.dump() in names for each in known]
        return cls(
            tuple(each for each, is_below in zip(known, below, strict=True) if not is_below),
            tuple(each for each, is_below in zip(known, below, strict=True) if is_below),
        )

    def within(self, reader: PdfFileReader) -> "Trust":
        """Return this trust with what a PDF carries; a store that cannot be read is none: all in it is optional."""
        try:
            return replace(self, carried=DocumentSecurityStore.read_dss(reader))
        except Exception:  # noqa: BLE001 - hostile bytes make the parser raise anything
            return self

    @property
    def knows_revocation(self) -> bool:
        """Whether anything is known of revocation."""
        return self.carried is not None or any(self.heard)

    def context(self, at: datetime, *, revocation: Literal["unknown", "carried", "complete"]) -> ValidationContext:
        """Return what pyHanko checks against. Nothing is fetched.

        Args:
            at: the time to check for.
            revocation: `unknown` leaves out what is known of it, `carried` heeds it, `complete` also wants it for every
                certificate. Data that were made after that time count too: they name the time of a revocation.
        """
        facts: dict[str, Any] = {
            "trust_roots": list(self.roots),
            "other_certs": list(self.between),
            "moment": at,
            "allow_fetching": False,
            "revocation_mode": "require" if revocation == "complete" else "soft-fail",
            "retroactive_revinfo": True,
            "weak_hash_algos": _BROKEN if self.takes_sha1 else _WEAK,
            "crls": [],
            "ocsps": [],
        }
        if revocation != "unknown":
            facts["crls"] = [crl.CertificateList.load(each) for each in self.heard.crls]
            facts["ocsps"] = [ocsp.OCSPResponse.load(each) for each in self.heard.ocsps]
        if self.carried is None:
            return ValidationContext(**facts)
        if revocation == "unknown":
            return ValidationContext(**facts | {"other_certs": [*self.between, *self.carried.load_certs()]})
        return self.carried.as_validation_context(facts)
