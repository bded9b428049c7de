"""The two signatures of a copy: first the person who scanned, then the agency, as PAdES baseline B-B.

Each is an incremental update (ETSI EN 319 142-1): what was there before stays there, byte for byte.
"""

import asyncio
import io
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.stamp.base import BaseStamp, BaseStampStyle

from pipeline.keys import Signer
from pipeline.seal.appearance import VIETNAM, Rectangle, Stamp, Stamps, drawn, stamp_face
from pipeline.seal.copy import STAMP_FONT, UnsignedCopy
from pipeline.seal.fonts import Face
from pipeline.seal.keys import DIGEST, PyHankoSigner
from pipeline.seal.update import Update

SCANNER_FIELD = "Scanner"
AGENCY_FIELD = "Agency"


def sign_copy(
    copy: UnsignedCopy, scanner: Signer, agency: Signer, *, scanned_at: datetime, signed_at: datetime
) -> bytes:
    """Return what has to be appended to `copy.pdf` so that it is signed by both.

    Args:
        copy: from `make_copy`.
        scanner: the person who scanned; signs first, on the left.
        agency: signs second, on the right, and over the first signature too.
        scanned_at: the time that the person's signature shows.
        signed_at: the time that the agency's signature shows, and that both state.

    Not to be called where an event loop is running: pyHanko's own is started for the time of the call.
    """
    return asyncio.run(_sign_copy(copy, scanner, agency, scanned_at, signed_at))


async def _sign_copy(
    copy: UnsignedCopy, scanner: Signer, agency: Signer, scanned_at: datetime, signed_at: datetime
) -> bytes:
    signed = await signed_by_scanner(copy, scanner, scanned_at, signed_at)
    signed = await signed_by_agency(signed, copy.stamps, agency, signed_at)
    return signed[len(copy.pdf) :]


async def signed_by_scanner(copy: UnsignedCopy, scanner: Signer, scanned_at: datetime, signed_at: datetime) -> bytes:
    """Return the copy, signed by the person who scanned."""
    style = Style.of(copy.stamps, copy.stamps.scanner, scanned_at)
    return await _signed(copy.pdf, scanner, SCANNER_FIELD, style, signed_at)


async def signed_by_agency(pdf: bytes, stamps: Stamps, agency: Signer, signed_at: datetime) -> bytes:
    """Return a copy that the person who scanned has signed, signed by the agency too."""
    return await _signed(pdf, agency, AGENCY_FIELD, Style.of(stamps, stamps.agency, signed_at), signed_at)


async def _signed(pdf: bytes, signer: Signer, field: str, style: "Style", at: datetime) -> bytes:
    written = io.BytesIO(pdf)
    signing = TimedSigner.of(PyHankoSigner(signer), signer.name, field, style, at)
    await signing.async_sign_pdf(Update(written), in_place=True)
    return written.getvalue()


def _whole_points(area: Rectangle) -> tuple[int, int, int, int]:
    return math.floor(area.left), math.floor(area.bottom), math.ceil(area.right), math.ceil(area.top)


class TimedSigner(PdfSigner):
    """Signs at a given time instead of the host's."""

    def __init__(
        self,
        meta: PdfSignatureMetadata,
        signer: CmsSigner,
        at: datetime,
        *,
        stamp_style: BaseStampStyle,
        new_field_spec: SigFieldSpec,
    ) -> None:
        super().__init__(meta, signer, stamp_style=stamp_style, new_field_spec=new_field_spec)
        self._at = at.astimezone(VIETNAM).replace(microsecond=0)

    @classmethod
    def of(cls, signer: CmsSigner, name: str, field: str, style: "Style", at: datetime) -> Self:
        """Return what signs in a new field of this name, on page 1, after PAdES."""
        meta = PdfSignatureMetadata(
            field_name=field,
            md_algorithm=DIGEST,
            name=name,
            subfilter=SigSeedSubFilter.PADES,
            tight_size_estimates=True,
        )
        spec = SigFieldSpec(field, on_page=0, box=_whole_points(style.stamp.area), readable_field_name=name)
        return cls(meta, signer, at, stamp_style=style, new_field_spec=spec)

    def init_signing_session(
        self,
        pdf_out: BasePdfFileWriter,
        existing_fields_only: bool = False,  # noqa: FBT001, FBT002 - pyHanko's
    ) -> PdfSigningSession:
        """Return the session, set to that time."""
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:  # noqa: ARG002 - pyHanko's
        """Declare PAdES, and nothing for elliptic curves: that would make a PDF 2.0 of a PDF/A-2."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


@dataclass(frozen=True, kw_only=True)
class Style(BaseStampStyle):
    """What a signature shows, as pyHanko asks for it."""

    stamp: Stamp
    face: Face
    shown_at: datetime

    @classmethod
    def of(cls, stamps: Stamps, stamp: Stamp, shown_at: datetime) -> Self:
        """Return how one of two stamps looks: they share a font."""
        return cls(stamp=stamp, face=stamp_face(" ".join(each.name) for each in stamps), shown_at=shown_at)

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, str]) -> BaseStamp:  # noqa: ARG002 - pyHanko's
        """Return the appearance, drawn with the font that `make_copy` left on page 1."""
        return _Appearance(writer, self, box)


class _Appearance(BaseStamp):
    """The appearance stream of one signature."""

    def render(self) -> bytes:
        """Return its content; the font is the one in the resources of page 1."""
        page = self._ensure_writer.find_page_for_modification(0)[0].get_object()  # type: ignore[no-untyped-call]
        name = pdf_name(f"/{STAMP_FONT}")
        self.set_resource(ResourceType.FONT, name, page["/Resources"]["/Font"].raw_get(name))
        return drawn(self.style.stamp, self.style.shown_at, self.style.face, STAMP_FONT)
