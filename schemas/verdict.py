"""Verdicts: what a check of a signature came to."""

from collections.abc import Iterable
from typing import Literal

from pydantic import AwareDatetime

from schemas.digest import Sha256
from schemas.model import Value

Verdict = Literal["VALID", "INVALID", "INDETERMINATE"]
"""`INVALID`: what was signed has changed, or was never signed so. `INDETERMINATE`: nothing speaks against it, but it
cannot be confirmed either (ETSI EN 319 102-1)."""

CHECKED_BYTES = 50 * 1024 * 1024
"""The largest file that anybody may have checked in the browser."""

_WORST_FIRST: tuple[Verdict, ...] = ("INVALID", "INDETERMINATE", "VALID")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict over all of them: the worst counts, and nothing checked is nothing proven."""
    found = set(verdicts)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), "INDETERMINATE")


Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
"""Baseline levels (ETSI EN 319 142-1, 319 122-1). B-B: who signed. B-T: a trusted time-stamp proves that it was there
by then. B-LT: and the file itself carries what is needed to check that no certificate was revoked then. B-LTA: and the
same of that time-stamp, all of it under a newer one."""


class SignatureVerdict(Value):
    """One signature, judged."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why it is not `VALID`, in words; empty when it is."""
    signer: str | None = None
    """Common name in the signer's certificate."""
    signed_at: AwareDatetime | None = None
    """When the signer says that they signed."""
    level: Level | None = None
    """The level reached; None when it is not `VALID`, or was not made after these standards."""
    proven_at: AwareDatetime | None = None
    """When a trusted time-stamp saw it; None without one."""
    certificate_until: AwareDatetime | None = None
    """When the signer's certificate ends."""
    root_sha256: Sha256 | None = None
    """Of the certificate of the trusted root that it leads to (DER); None when it leads to none."""
    revocation_known: bool = False
    """Whether it is known of every certificate that it was not revoked at the time for which it was judged."""
    field: str | None = None
    """Name of the signature field in a PDF; None for a detached signature."""
    covers_whole_file: bool = False
    """Whether every byte of the file is signed; an earlier signature of several never covers the later ones."""


class EvidenceVerdict(Value):
    """An evidence record (RFC 4998), judged together with the files that it is about."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why it is not `VALID`, in words, naming the file or the time-stamp; empty when it is."""
    proven_at: AwareDatetime | None = None
    """When the first time-stamp saw the files; None when it cannot be read."""
    good_until: AwareDatetime | None = None
    """When the last time-stamp ends, unless it is renewed before."""
    time_stamps: int = 0
    """How many there are, one after the other."""
