"""What a signature is checked against: trusted roots, and the certificates and revocation data that a file carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from asn1crypto import x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from schemas.problem import CONFIGURATION


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots, and the document security store of a PDF (ETSI EN 319 142-1, 5.4)."""

    roots: tuple[x509.Certificate, ...]
    carried: DocumentSecurityStore | None = None

    @classmethod
    def of(cls, pems: Sequence[bytes]) -> Self:
        """Return the trust in these roots.

        Raises:
            ProblemError: `configuration` for a root that is not a certificate.
        """
        try:
            return cls(tuple(certificate for pem in pems for certificate in load_certs_from_pemder_data(pem)))
        except ValueError as error:
            raise CONFIGURATION.error("a trusted root is not a certificate in PEM form") from error

    def within(self, reader: PdfFileReader) -> "Trust":
        """Return this trust with what a PDF carries; a store that cannot be read is none: all in it is optional."""
        try:
            return Trust(self.roots, DocumentSecurityStore.read_dss(reader))
        except Exception:  # noqa: BLE001 - hostile bytes make the parser raise anything
            return self

    def context(self, at: datetime, *, revocation: Literal["unknown", "carried", "complete"]) -> ValidationContext:
        """Return what pyHanko checks against. Nothing is fetched.

        Args:
            at: the time to check for.
            revocation: `unknown` leaves out what the file says of it, `carried` heeds it, `complete` also wants it for
                every certificate. Data that were made after that time count too: they name the time of a revocation.
        """
        facts: dict[str, Any] = {
            "trust_roots": list(self.roots),
            "moment": at,
            "allow_fetching": False,
            "revocation_mode": "require" if revocation == "complete" else "soft-fail",
            "retroactive_revinfo": True,
            "crls": [],
            "ocsps": [],
        }
        if self.carried is None:
            return ValidationContext(**facts)
        if revocation == "unknown":
            return ValidationContext(**facts, other_certs=list(self.carried.load_certs()))
        return self.carried.as_validation_context(facts)
