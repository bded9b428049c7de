"""Files that others have signed, the way that they do it: one certificate, no chain, and whatever algorithm they had."""

import io

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper

ADOBE, PADES = SigSeedSubFilter.ADOBE_PKCS7_DETACHED, SigSeedSubFilter.PADES


def signed_by_others(pki, pdf, label, at, *, stamped=True, digest="sha256", kind=ADOBE):
    """Return a PDF, signed at a time with the key of this label."""
    alone = SimpleSigner.load_pkcs12_data(pki.pkcs12(label), other_certs=[])
    signer = SimpleSigner(signing_cert=alone.signing_cert, signing_key=alone.signing_key, cert_registry=None)
    meta = PdfSignatureMetadata(field_name="Signature1", md_algorithm=digest, subfilter=kind)
    stamper = HTTPTimeStamper(pki.tsa) if stamped else None
    with pki.at(at):
        signing = _At(meta, signer, timestamper=stamper)
        signing.at = at
        return signing.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()


class _At(PdfSigner):
    def init_signing_session(self, *args, **kwargs):
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.at
        return session
