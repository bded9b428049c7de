"""Values filled in by hand: a hand is drawn by lot, and no two of its words are alike.

The fonts of Debian that look handwritten have no Vietnamese letters. So their letters are taken without marks, and the
marks, the horns of ơ and ư and the bar of đ are drawn with strokes of the same pen, as a hand does.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from samples.blocks import Page, Word
from samples.drawing import Colour
from samples.fonts import FONTS
from samples.ink import Mask, inked
from samples.lots import Half
from samples.typesetting import width

FACES: dict[str, tuple[str, str]] = {  # package and file; the last two are the held-out half
    "dkg": ("fonts-dkg-handwriting", "truetype/fifthhorseman/dkg.ttf"),
    "Steve": ("fonts-sjfonts", "truetype/sjfonts/SteveHand.ttf"),
    "Kristi": ("fonts-kristi", "truetype/kristi/Kristi.ttf"),
    "Delphine": ("fonts-sjfonts", "truetype/sjfonts/Delphine.ttf"),
    "Breip": ("fonts-breip", "truetype/breip/Breip.ttf"),
    "Dancing Script": ("fonts-dancingscript", "opentype/dancingscript/DancingScript-Regular.otf"),
}
HALVES: dict[Half, tuple[str, ...]] = {"tuning": tuple(FACES)[:4], "held-out": tuple(FACES)[4:]}
PENS: tuple[Colour, ...] = ((24, 44, 140), (36, 62, 172), (30, 34, 96), (28, 28, 34))

# Strokes in heights of a mark, from the middle of the letter, upwards positive; then how far they stand off the letter.
Points = tuple[tuple[float, float], ...]
MARKS: dict[str, Points] = {
    "\u0300": ((-0.7, 1.0), (0.5, 0.0)),
    "\u0301": ((0.6, 1.0), (-0.4, 0.0)),
    "\u0303": ((-0.9, 0.1), (-0.4, 0.7), (0.3, 0.2), (0.9, 0.9)),
    "\u0309": ((-0.4, 0.9), (0.1, 1.2), (0.5, 0.8), (0.0, 0.4), (0.0, 0.0)),
    "\u0323": ((-0.12, 0.0), (0.12, 0.05)),
    "\u0302": ((-0.9, 0.0), (0.0, 0.9), (0.9, 0.0)),
    "\u0306": ((-0.8, 0.9), (-0.4, 0.1), (0.4, 0.1), (0.8, 0.9)),
    "\u031b": ((0.0, -0.2), (0.7, 0.2), (0.5, 0.9)),
}
ROOM_OF_NUMBERS = 1.25
LINE = 0.16  # millimetres by which a ballpoint's line is wider than those of the thin fonts
BELOW, HORN = "\u0323", "\u031b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """How somebody writes."""

    face: str
    ink: Colour
    slant: float  # how far the top of a letter leans right, in its heights
    size: float  # in sizes of the print
    unrest: float  # how much letters differ in place and size, in their sizes
    seed: int


def drawn_by_lot(rng: Random, half: Half | None = None) -> Hand:
    """Return somebody's hand, of one half of the faces or of any."""
    return Hand(
        face=rng.choice(HALVES[half] if half else tuple(FACES)),
        ink=rng.choice(PENS),
        slant=round(rng.uniform(-0.05, 0.3), 2),
        size=round(rng.uniform(1.0, 1.3), 2),
        unrest=round(rng.uniform(0.02, 0.06), 3),
        seed=rng.getrandbits(32),
    )


def filled_in(sheet: Image.Image, page: Page, hand: Hand, family: str, dpi: int) -> Image.Image:
    """Return a printed sheet with the words that are handwritten on *page* written on it."""
    scale = dpi / 72
    mask: Mask = np.zeros((sheet.height, sheet.width), np.float32)
    words = [mark for mark in page.marks if isinstance(mark, Word) and mark.hand]
    for number, word in enumerate(words):
        tile, left, baseline = _written(word, width(word, family) * scale, scale, hand, Random(f"{hand.seed} {number}"))
        x, y = round(word.x * scale) - left, round(word.y * scale) - baseline
        _lay(mask, tile, x, y)
    return inked(sheet, mask, hand.ink)


def _lay(mask: Mask, tile: Mask, x: int, y: int) -> None:
    """Put a tile on the mask, as far as it lies on the sheet."""
    top, left = max(0, -y), max(0, -x)
    place = mask[y + top : y + tile.shape[0], x + left : x + tile.shape[1]]
    np.maximum(place, tile[top : top + place.shape[0], left : left + place.shape[1]], out=place)


@cache
def _font(face: str, pixels: int) -> ImageFont.FreeTypeFont:
    package, path = FACES[face]
    try:
        return ImageFont.truetype(f"{FONTS}/{path}", pixels, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        msg = f"cannot open {FONTS}/{path}: install the package {package}"
        raise FileNotFoundError(msg) from error


@cache
def _em(face: str) -> float:
    """Return the size at which small letters are as high as those of a printed font of size 1."""
    left, top, right, bottom = _font(face, 200).getbbox("xnaeo", anchor="ls")
    return 0.46 * 200 / max(1, bottom - top) if right > left else 1.0


def _written(word: Word, room: float, scale: float, hand: Hand, rng: Random) -> tuple[Mask, int, int]:
    """Return one word in ink, and where its first letter and its baseline are on the tile.

    It is written into the *room* that print would take (pixels), smaller where it would be too long.
    """
    base = word.size * scale * hand.size * _em(hand.face)
    letters = [
        unicodedata.normalize("NFD", letter.replace("đ", "d\u0335").replace("Đ", "D\u0335")) for letter in word.text
    ]
    natural = sum(_font(hand.face, 100).getlength(letter[0]) for letter in letters) / 100 * base
    spare = ROOM_OF_NUMBERS if word.text.isdigit() else 1.0  # the form leaves them more room than print needs
    size = max(6.0, base * min(1.0, spare * room / max(natural, 1.0)))
    margin = round(1.1 * size)
    tile = Image.new("L", (round(max(room, natural)) + 2 * margin, round(3.2 * size)), 0)
    pen, baseline = ImageDraw.Draw(tile), round(2.0 * size)
    thickness = max(1.0, 0.055 * size)
    spread = min(max(0.0, (room - natural * size / base) / len(letters)), 0.12 * size)
    x = margin - (spare - 1) * room / 2
    for letter in letters:
        face = _font(hand.face, max(6, round(size * (1 + rng.gauss(0, hand.unrest)))))
        y = baseline + rng.gauss(0, hand.unrest) * size
        pen.text((x, y), letter[0], fill=255, font=face, anchor="ls")
        box = pen.textbbox((x, y), letter[0], font=face, anchor="ls")
        _mark(pen, letter[1:], box, thickness, size, rng)
        x += face.getlength(letter[0]) + spread + rng.gauss(0, hand.unrest) * size * 0.5
    thick = cv2.GaussianBlur(np.asarray(tile, np.float32), (0, 0), max(0.3, LINE * scale * 72 / 25.4 / 2)) * 1.9
    return _moved(np.minimum(thick, 255), size, margin, baseline, hand, rng), margin, baseline


def _mark(
    pen: ImageDraw.ImageDraw,
    marks: str,
    box: tuple[float, float, float, float],
    thickness: float,
    size: float,
    rng: Random,
) -> None:
    """Draw the marks of one letter whose ink is in *box*: what belongs to the letter first, the tone above it."""
    left, top, right, bottom = box
    unit = 0.15 * size
    for mark in marks:
        if mark == "\u0335":
            y = top + 0.28 * (bottom - top)
            pen.line((left + 0.3 * (right - left), y, right + 0.6 * unit, y), fill=255, width=round(thickness))
            continue
        x, y = (left + right) / 2 + rng.uniform(-0.5, 0.5) * unit, top - rng.uniform(0.3, 0.8) * unit
        if mark == BELOW:
            y = bottom + rng.uniform(0.6, 1.2) * unit
        elif mark == HORN:
            x, y = right, top + 0.4 * unit
        else:
            top = y - unit
        stretch = unit * rng.uniform(0.8, 1.25)
        points = [(x + stretch * across, y - stretch * up) for across, up in MARKS[mark]]
        for start, stop in pairwise(points):
            pen.line((*start, *stop), fill=255, width=max(1, round(thickness * (1.8 if mark == BELOW else 1.0))))


def _moved(tile: Mask, size: float, left: int, baseline: int, hand: Hand, rng: Random) -> Mask:
    """Return a word leant, turned and bent a little, in ink that runs unevenly."""
    height, length = tile.shape
    slant, rise = hand.slant + rng.gauss(0, 0.04), rng.gauss(0, 0.018)
    lean = np.array([[1, -slant, slant * baseline], [-rise, 1, rise * left]], np.float32)
    leant = cv2.warpAffine(tile, lean, (length, height), flags=cv2.INTER_LINEAR)
    y, x = np.indices((height, length), dtype=np.float32)
    wave, phase = rng.uniform(1.5, 3.0) * size, rng.uniform(0, 6.3)
    bent = cv2.remap(
        leant,
        x + 0.03 * size * np.sin(y / (0.5 * size) + phase, dtype=np.float32),
        y + 0.04 * size * np.sin(x * (6.3 / wave) + phase, dtype=np.float32),
        cv2.INTER_LINEAR,
    )
    noise = np.random.default_rng(rng.getrandbits(32)).uniform(0.72, 1.05, (4, max(2, length // 12)))
    pressure = cv2.resize(noise.astype(np.float32), (length, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(bent / 255 * pressure, 0, 1), np.float32)
