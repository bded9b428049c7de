"""Seal: pages and words become a PDF/A copy, signed by the person who scanned and by the agency; records are signed.

The copy attests the paper; the record, signed detached, says what it means.
"""

from pipeline.keys import Signer
from pipeline.seal.copy import UnsignedCopy, make_copy
from pipeline.seal.detached import sign_detached
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_detached, verify_pdf

__all__ = ["Signer", "UnsignedCopy", "make_copy", "sign_copy", "sign_detached", "verify_detached", "verify_pdf"]
