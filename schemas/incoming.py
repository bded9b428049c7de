"""What was found out about the signatures of a file that came signed; others made them, so it may take some time."""

from typing import Literal

from pydantic import AwareDatetime
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.model import Value
from schemas.verdict import SignatureVerdict, Verdict, worst

TrustList = Literal["government", "public", "own"]
"""Whose roots a signature leads to: the government's authority for public service, public authorities (both Luật Giao
dịch điện tử 2023, art. 22), or only those that our own signatures lead to."""


class IncomingSignature(Value):
    """One signature of a file, judged."""

    verdict: SignatureVerdict
    trusted_by: TrustList | None
    """None when no list leads to it."""


class SignatureReport(Value):
    """What was known of the signatures of a file when they were checked; a later report says what is known now."""

    file_sha256: Sha256
    number: int = Constraint(ge=1, le=999_999)
    """1 for the first report."""
    seen_at: AwareDatetime
    """When we had the file first: its signatures were there by then."""
    checked_at: AwareDatetime
    signatures: tuple[IncomingSignature, ...]
    ocsps: tuple[Sha256, ...] = ()
    """The answers of authorities that the verdicts rest on (OCSP, RFC 6960), kept among the files."""
    crls: tuple[Sha256, ...] = ()
    """Their lists of revoked certificates (RFC 5280), kept there too."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on a signature."""
        return worst(each.verdict.verdict for each in self.signatures)
