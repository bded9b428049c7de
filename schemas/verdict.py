"""Verdicts: what a check of a signature came to."""

from typing import Literal

from pydantic import AwareDatetime

from schemas.model import Value

Verdict = Literal["VALID", "INVALID", "INDETERMINATE"]
"""`INVALID`: what was signed has changed, or was never signed so. `INDETERMINATE`: nothing speaks against it, but it
cannot be confirmed either (ETSI EN 319 102-1)."""


class SignatureVerdict(Value):
    """One signature, judged."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why it is not `VALID`, in words; empty when it is."""
    signer: str | None = None
    """Common name in the signer's certificate."""
    signed_at: AwareDatetime | None = None
    """When the signer says that they signed."""
    field: str | None = None
    """Name of the signature field in a PDF; None for a detached signature."""
    covers_whole_file: bool = False
    """Whether every byte of the file is signed; an earlier signature of several never covers the later ones."""
