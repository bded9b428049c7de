"""Claims on printouts: photographs, scans, and PDFs of them."""

from pathlib import Path

from pipeline.admit import admit
from pipeline.prepare.pages import raw_page
from pipeline.read.codes import qr_texts
from pipeline.seal.claim import read_claim
from schemas.settings import Limits

_PAGES = 3
"""The code is on page 1; a cover or a blank side may lie before it."""


def claims_on(path: Path, limits: Limits) -> tuple[str, ...]:
    """Return the texts of the QR codes on a file that hold a claim; for a worker.

    Raises:
        ProblemError: what `admit` and `prepare.pages.raw_page` raise.
    """
    admitted = admit(path, limits)
    for number in range(1, min(_PAGES, admitted.page_count) + 1):
        texts = qr_texts(raw_page(path, admitted.media_type, number, limits).pixels)
        if found := tuple(text for text in texts if read_claim(text) is not None):
            return found
    return ()
