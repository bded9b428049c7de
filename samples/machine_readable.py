"""What machines read on papers: QR codes, and the machine-readable lines of identity cards (ICAO Doc 9303, part 5)."""

import datetime as dt
import unicodedata
from functools import cache
from itertools import cycle

import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFont

from samples.fonts import FONTS
from samples.people import Person

OCR_B = f"{FONTS}/opentype/ocr-b/OCRB.otf"
OCR_B_PACKAGE = "fonts-ocr-b"
PITCH, LEADING = 7.2, 12.0  # points: ten letters and six lines an inch
LENGTH = 30  # letters in each of the three lines of an identity card
ENDLESS = dt.date(2099, 12, 31)  # what stands for "no expiry" where a date has to stand


def qr_code(payload: str, side: float, dpi: int, quiet: int = 2) -> Image.Image:
    """Return a QR code, *side* points wide with its white margin of *quiet* modules."""
    code = segno.make_qr(payload, error="m", encoding="utf-8", boost_error=False)
    modules = np.array(tuple(code.matrix_iter(border=quiet)), dtype=np.uint8)
    pixels = round(side * dpi / 72)
    sharp = Image.fromarray(255 * (1 - modules)).resize((len(modules) * 16,) * 2, Image.Resampling.NEAREST)
    return sharp.resize((pixels, pixels), Image.Resampling.BOX)


def check_digit(text: str) -> str:
    """Return the check digit: weights 7, 3, 1; letters count from 10, the filler nothing."""
    worth = (0 if letter == "<" else int(letter, 36) for letter in text)
    return str(sum(weight * value for weight, value in zip(cycle((7, 3, 1)), worth, strict=False)) % 10)


def mrz(person: Person, expiry: dt.date | None) -> tuple[str, str, str]:
    """Return the three lines of a Vietnamese card: its number is the identifier's end, the whole one stands beside."""
    number, identifier = person.personal_id[-9:], person.personal_id
    first = f"IDVNM{_checked(number)}{identifier}<<{check_digit(identifier)}"
    sex = "M" if person.sex == "nam" else "F"
    born, expires = (_checked(f"{date:%y%m%d}") for date in (person.born, expiry or ENDLESS))
    filler = "<" * 11
    composite = check_digit(first[5:] + born + expires + filler)
    family, *names = _plain_letters(person.full_name).split()
    third = f"{family}<<{'<'.join(names)}"
    return first, f"{born}{sex}{expires}VNM{filler}{composite}", third[:LENGTH].ljust(LENGTH, "<")


def _checked(text: str) -> str:
    return text + check_digit(text)


def _plain_letters(name: str) -> str:
    """Return a name in A to Z."""
    apart = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    return "".join(letter for letter in apart if letter.isascii())


@cache
def _face(pixels: float) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(OCR_B, pixels, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        msg = f"cannot open {OCR_B}: install the package {OCR_B_PACKAGE}"
        raise FileNotFoundError(msg) from error


def mrz_printed(lines: tuple[str, ...], dpi: int) -> Image.Image:
    """Return the lines as a card prints them, in OCR-B, on nothing."""
    scale = dpi / 72
    image = Image.new("RGBA", (round(LENGTH * PITCH * scale), round(len(lines) * LEADING * scale)))
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            place = ((column + 0.5) * PITCH * scale, (row + 0.8) * LEADING * scale)
            pen.text(place, letter, fill=(22, 22, 24, 255), font=_face(10.4 * scale), anchor="ms")
    return image
