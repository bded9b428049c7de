"""Stations and scans to test with."""

import io
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from schemas.settings import ScanningSettings, Settings
from schemas.station import SignedReceipt
from schemas.submission import Manifest, Receipt
from sohoa.station.home import Home

CODE = "H40.12-260331-0007"
OTHER = "H40.12-260331-0008"
BY = "Nguyễn Thị Quét"
SETTINGS = Settings(scanning=ScanningSettings(keep_free_bytes=0, settle_seconds=0, patience_seconds=5))


def station(folder: Path, name: str = "diem-quet-1") -> Home:
    """Return a station that has just been made."""
    home = Home(folder)
    home.enroll(name, "counter", "UBND xã Kim Liên")
    return home


def page(text: str = "1", *, kind: str = "PNG", size: tuple[int, int] = (248, 351)) -> bytes:
    """Return a picture of a small page at 30 dpi that differs by *text*."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((20, 20), text, fill="black")
    output = io.BytesIO()
    picture.save(output, kind, dpi=(30, 30))
    return output.getvalue()


def pages(*texts: str, kind: str) -> bytes:
    """Return a PDF or TIFF with several pages."""
    pictures = [Image.open(io.BytesIO(page(text))).convert("RGB") for text in texts]
    output = io.BytesIO()
    pictures[0].save(output, kind, save_all=True, append_images=pictures[1:])
    return output.getvalue()


@cache
def scan_sheet(code: str) -> bytes:
    """Return a picture of a separator sheet, as a scanner gives it."""
    output = io.BytesIO()
    segno.make(f"sohoa:dossier:{code}", error="h", micro=False).save(output, kind="png", scale=8, border=10)
    return output.getvalue()


def receipt(manifest: Manifest, **changes: object) -> SignedReceipt:
    """Return a receipt for *manifest*; whoever gives it to an outbox has checked its signature."""
    right = Receipt.of(manifest, datetime(2026, 3, 31, 8, tzinfo=UTC))
    return SignedReceipt(receipt=right.model_copy(update=changes), signature=b64encode(b"checked by the sender"))
