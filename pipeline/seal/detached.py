"""Detached signatures, for records and receipts: CAdES baseline B-B (ETSI EN 319 122-1) in DER."""

import asyncio
from datetime import datetime

from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

from pipeline.keys import Signer
from pipeline.seal.keys import DIGEST, PyHankoSigner


def sign_detached(data: bytes, signer: Signer, signed_at: datetime) -> bytes:
    """Return the signature of *data*: a CMS `SignedData` without the data, that states the signer and the time.

    `openssl cms -verify -binary -inform DER -in SIGNATURE -content DATA -CAfile ROOT -purpose any` accepts it.
    Not to be called where an event loop is running: pyHanko's own is started for the time of the call.
    """
    stated = PdfCMSSignedAttributes(signing_time=signed_at.replace(microsecond=0))
    signing = PyHankoSigner(signer).async_sign_general_data(data, DIGEST, use_cades=True, signed_attr_settings=stated)
    return bytes(asyncio.run(signing).dump())
