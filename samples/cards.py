"""Cards of the size ID-1 (ISO/IEC 7810): pale stock with fine lines, small type in zones, pictures."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from samples.blocks import Line, Look, Mark, Page, Picture, Text
from samples.drawing import Colour, draw
from samples.fonts import font
from samples.ink import PEN_BLUE, SEAL_RED, star
from samples.papers import filled
from samples.typesetting import rows, stacked

MM = 72 / 25.4  # points
WIDTH, HEIGHT, CORNER = 85.6 * MM, 53.98 * MM, 3.18 * MM
LOOK = Look(family="Liberation Sans", ornament=True)  # titles in red

Paint = Callable[[int], Image.Image]


@dataclass(frozen=True, slots=True)
class Zone:
    """Lines in one part of a card; x, y and width in millimetres from its top left corner."""

    x: float
    y: float
    width: float
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a card as it is designed: the stock's two colours, text, and which picture stands where (mm)."""

    colours: tuple[Colour, Colour]
    zones: tuple[Zone, ...]
    pictures: Mapping[str, tuple[float, float]]


def printed_side(side: Side, values: Mapping[str, str], paints: Mapping[str, Paint]) -> Page:
    """Return one side as a page of its own, with the values in it and *paints* as its pictures."""
    marks: list[Mark] = [Picture(partial(_stock, side.colours))]
    lines: list[Line] = []
    for zone in side.zones:
        texts = [replace(text, markup=filled(text.markup, values)) for text in zone.lines]
        strip = stacked([row for text in texts for row in rows(text, zone.x * MM, zone.width * MM, LOOK)], zone.y * MM)
        marks += strip.marks
        lines += strip.lines
    marks += [Picture(paints[name], x * MM, y * MM) for name, (x, y) in side.pictures.items()]
    return Page(tuple(marks), tuple(lines), WIDTH, HEIGHT)


def laid(card: Page, x: float, y: float, enlarged: float = 1.0) -> tuple[Picture, tuple[Line, ...]]:
    """Return a side as it shows on a sheet at (x, y) in points, and what it says there."""
    picture = Picture(lambda dpi: _cut_out(card, round(dpi * enlarged)), x, y)
    return picture, tuple(replace(line, y=y + line.y * enlarged) for line in card.lines)


def _cut_out(card: Page, dpi: int) -> Image.Image:
    """Return a side with round corners and a thin shadow along its edge."""
    image = draw(card, LOOK, dpi)
    box, radius = (0, 0, image.width - 1, image.height - 1), CORNER * dpi / 72
    ImageDraw.Draw(image).rounded_rectangle(box, radius, outline=(150, 160, 160), width=max(1, dpi // 150))
    shape = Image.new("L", image.size, 0)
    ImageDraw.Draw(shape).rounded_rectangle(box, radius, fill=255)
    image.putalpha(shape)
    return image


# ---------------------------------------------------------------------------------------------------------- pictures


def _stock(colours: tuple[Colour, Colour], dpi: int) -> Image.Image:
    """Return the card's ground: one colour passing into another, under two families of fine wavy lines."""
    y, x = np.mgrid[0 : round(HEIGHT * dpi / 72), 0 : round(WIDTH * dpi / 72)].astype(np.float32) * np.float32(72 / dpi)
    share = ((x / WIDTH + y / HEIGHT) / 2)[..., None]
    first, second = (np.array(colour, np.float32) for colour in colours)
    ground = first * (1 - share) + second * share
    lines = _fine_lines(y + 5 * np.sin(x / 17) + 2 * np.sin(x / 5)) + _fine_lines(x + 9 * np.sin(y / 13))
    return Image.fromarray(np.clip(ground - 15 * lines[..., None], 0, 255).astype(np.uint8))


def _fine_lines(across: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.exp(-((np.sin(across * math.pi / 3.4) / 0.22) ** 2)), np.float32)


def portrait(width: float, height: float, dpi: int) -> Image.Image:
    """Return a head and shoulders of nobody, with the word that says so; sides in millimetres."""
    big = 4
    image = Image.new("RGB", (_pixels(width, dpi * big), _pixels(height, dpi * big)), (212, 224, 236))
    pen, middle, unit = ImageDraw.Draw(image), image.width / 2, image.width / 10
    pen.ellipse((middle - 2 * unit, 2.2 * unit, middle + 2 * unit, 7.2 * unit), fill=(158, 164, 170))
    pen.ellipse((middle - 4 * unit, 8 * unit, middle + 4 * unit, image.height + 5 * unit), fill=(120, 132, 150))
    face = font(LOOK.family, 1.7 * unit, bold=True)
    pen.text((middle, image.height - 1.4 * unit), "MẪU", fill=(226, 230, 236), font=face, anchor="mm")
    return image.resize((_pixels(width, dpi), _pixels(height, dpi)), Image.Resampling.BOX)


def emblem(dpi: int) -> Image.Image:
    """Return a red disc with a star, 11 mm wide."""
    size = _pixels(11, dpi)
    image = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(image)
    pen.ellipse(
        (0, 0, size - 1, size - 1), fill=(206, 60, 52, 255), outline=(214, 176, 70, 255), width=max(1, size // 14)
    )
    pen.polygon(star(size / 2, size / 2, size * 0.3), fill=(238, 206, 90, 255))
    return image


def chip(dpi: int) -> Image.Image:
    """Return the contacts of a chip, 12 by 9 mm."""
    width, height = _pixels(12, dpi), _pixels(9, dpi)
    image = Image.new("RGBA", (width, height))
    pen, thin = ImageDraw.Draw(image), max(1, dpi // 150)
    pen.rounded_rectangle(
        (0, 0, width - 1, height - 1), height / 6, fill=(214, 184, 104, 255), outline=(140, 116, 60, 255)
    )
    for share in (1 / 3, 2 / 3):
        pen.line((0, height * share, width, height * share), fill=(150, 124, 64, 255), width=thin)
        pen.line((width * share, 0, width * share, height), fill=(150, 124, 64, 255), width=thin)
    return image


def fingerprint(dpi: int) -> Image.Image:
    """Return ridges of no finger, 13 by 17 mm."""
    y, x = np.mgrid[-1 : 1 : _pixels(17, dpi) * 1j, -1 : 1 : _pixels(13, dpi) * 1j].astype(np.float32)
    reach = np.hypot(x, 0.8 * y)
    ridges = (np.cos(48 * reach + 3 * np.sin(4 * np.arctan2(y, x + 0.3))) > 0.1) & (reach < 0.78)
    image = Image.new("RGBA", (ridges.shape[1], ridges.shape[0]), (255, 246, 246, 255))
    image.paste((176, 40, 48, 255), mask=Image.fromarray((ridges * 255).astype(np.uint8)))
    return image


def director_seal(dpi: int) -> Image.Image:
    """Return the small printed seal, 13 mm wide, and the stroke of a pen across it."""
    width, height = _pixels(26, dpi), _pixels(13, dpi)
    seal, pen_stroke = (np.zeros((height, width), np.uint8) for _ in range(2))
    for share in (0.94, 0.6):
        cv2.circle(seal, (height // 2, height // 2), round(height / 2 * share), 210, max(1, dpi // 120), cv2.LINE_AA)
    cv2.fillPoly(seal, [np.array(star(height / 2, height / 2, height * 0.18), np.int32)], 210, cv2.LINE_AA)
    xs = np.linspace(0.25, 0.95, 60)
    curve = np.stack([xs * width, height * (0.5 + 0.22 * np.sin(xs * 21) * (1.1 - xs))], axis=1)
    cv2.polylines(pen_stroke, [curve.astype(np.int32)], False, 230, max(1, dpi // 110), cv2.LINE_AA)
    image = Image.new("RGBA", (width, height), (*SEAL_RED, 0))
    image.putalpha(Image.fromarray(seal))
    signature = Image.new("RGBA", (width, height), (*PEN_BLUE, 0))
    signature.putalpha(Image.fromarray(pen_stroke))
    return Image.alpha_composite(image, signature)


def _pixels(millimetres: float, dpi: int) -> int:
    return round(millimetres * MM * dpi / 72)
