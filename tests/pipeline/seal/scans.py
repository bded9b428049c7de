"""Small scans with known words at known places, and copies of them."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pipeline.geometry import straighten
from pipeline.seal.copy import UnsignedCopy, make_copy
from pipeline.seal.fonts import SERIF
from schemas.page import Box, Page, PageReading, Quality, Word
from schemas.settings import Limits

DPI = 100
A4 = (827, 1169)
AT = datetime(2026, 3, 31, 2, 41, 22, tzinfo=UTC)
SCANNER = "Nguyễn Thị Kim Oanh"
AGENCY = "Trung tâm Phục vụ hành chính công xã Nghi Lộc"
LINES = (
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "GIẤY KHAI SINH",
    "Họ, chữ đệm, tên: NGUYỄN VĂN ƯỚC",
    "Nơi sinh: Bệnh viện Sản Nhi Nghệ An, thành phố Vinh",
    "Quê quán: xã Nghĩa Đồng, huyện Tân Kỳ, tỉnh Nghệ An",
)
_QUALITY = Quality(ink=0.05, sharpness=1, contrast=1)


def sheet(mode="RGB", *, size=A4, top=110, lines=LINES):
    """Return a sheet of paper with typeset lines, and each word with its box."""
    picture = Image.new("RGB", size, (250, 246, 235) if mode == "RGB" else "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(SERIF), 22)
    words, y = [], top
    for number, line in enumerate(lines):
        x = 90
        for text in line.split():
            left, upper, right, lower = draw.textbbox((x, y), text, font=font)
            draw.text((x, y), text, font=font, fill=(20, 20, 60))
            words.append(
                Word(text, 0.95, Box(round(left), round(upper), round(right - left), round(lower - upper)), number)
            )
            x = right + 9
        y += 44
    return picture.convert(mode), tuple(words)


def reading(words=(), *, size=A4, number=1, rotation=0, skew=0.0, dpi=DPI):
    """Return what was read on a scan of *size*, which is turned and straightened first."""
    straight = straighten(*size, rotation, skew)
    page = Page(
        number=number,
        rotation=rotation,
        skew_degrees=skew,
        dpi=dpi,
        width=straight.width,
        height=straight.height,
        blank=not words,
        quality=_QUALITY,
    )
    return PageReading(page, tuple(words))


def saved(picture: Image.Image, path: Path, **options) -> Path:
    """Write a picture as its suffix says."""
    picture.save(path, dpi=(DPI, DPI), **options)
    return path


def copied(path: Path, *readings: PageReading, scanner=SCANNER, agency=AGENCY, flavour="2b", code=None) -> UnsignedCopy:
    """Return the copy of a file."""
    media_type = {".jpg": "image/jpeg", ".png": "image/png", ".tiff": "image/tiff", ".pdf": "application/pdf"}
    return make_copy(
        path,
        media_type[path.suffix],
        readings,
        title="Giấy khai sinh",
        made_at=AT,
        scanner=scanner,
        agency=agency,
        limits=Limits(),
        flavour=flavour,
        code=code,
    )


def shown(pdf: bytes, folder: Path, *, dpi=DPI, page=1) -> Image.Image:
    """Return a page as Poppler draws it."""
    source, target = folder / "shown.pdf", folder / "shown"
    source.write_bytes(pdf)
    pages = ["-f", str(page), "-l", str(page)]
    subprocess.run(["pdftoppm", "-r", str(dpi), *pages, "-png", "-singlefile", source, target], check=True)
    with Image.open(target.with_suffix(".png")) as picture:
        return picture.convert("RGB")
