"""The directory of signers: whose key signs for which agency, from when to when, and how their certificates are."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, StringConstraints, model_validator
from pydantic import Field as Constraint

from schemas.digest import Sha256
from schemas.model import Value
from schemas.problem import Exit

AgencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,9}(\.[A-Z0-9]{1,10}){0,5}$")]
"""Code of an agency (mã định danh, QĐ 20/2020/QĐ-TTg), such as `H40.12`."""

Role = Literal["scanner", "agency"]
"""What somebody signs as: the person who scans, or the agency itself."""


class SignerEntry(Value):
    """One step in the life of a right to sign; the last one counts."""

    certificate_sha256: Sha256
    """Of the signer's certificate (DER)."""
    number: int = Constraint(ge=1, le=999_999)
    agency: AgencyCode
    role: Role
    signs_from: date
    signs_until: date | None
    """Last day; None: as long as the certificate."""
    certificates: str
    """PEM: the signer's, then those between it and the root."""
    by: str = Constraint(min_length=1, max_length=200)
    """Who wrote it down."""
    at: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.signs_until is not None and self.signs_until < self.signs_from:
            message = "it ends before it begins"
            raise ValueError(message)
        return self


Revocation = Literal["good", "revoked", "unknown"]
"""`unknown`: no authority has answered, or no chain leads to a root that is trusted."""


WARNINGS = (7, 30, 60)
"""How many days before a right to sign ends it is warned of."""


class SignerState(Value):
    """A signer on one day."""

    certificate_sha256: Sha256
    name: str
    """As the certificate says."""
    agency: AgencyCode
    role: Role
    signs_from: date
    signs_until: date
    """Last day: of the right to sign or of the certificate, whichever ends first."""
    days_left: int
    """Negative when it has ended."""
    revocation: Revocation | None = None
    """None when nobody was asked."""

    @property
    def warns_within(self) -> int | None:
        """The shortest term, of 60, 30 and 7 days, within which it ends; 0 when it has; None when there is time."""
        if self.days_left < 0:
            return 0
        return next((days for days in WARNINGS if self.days_left <= days), None)

    @property
    def exit_code(self) -> Exit:
        """22 when they cannot sign any more."""
        is_over = self.days_left < 0 or self.revocation == "revoked"
        return Exit.SIGNATURE_NOT_VALID if is_over else Exit.DONE
