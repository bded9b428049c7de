"""What is added to a printed paper: signatures, seals, and the Ministry's blank with frame and pattern."""

import math
from random import Random

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from samples.blocks import SignaturePlace
from samples.drawing import Colour
from samples.fonts import font

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]

SEAL_RADIUS = 51.0  # points: a committee's seal is 36 mm wide
SEAL_RED: Colour = (206, 34, 52)
PEN_BLUE: Colour = (24, 44, 140)


def inked(page: Image.Image, mask: Mask, colour: Colour) -> Image.Image:
    """Return the page with ink of one colour where *mask* says how much; ink lets what is under it shine through."""
    left, top, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    if not width:
        return page
    box = (left, top, left + width, top + height)
    paper = np.asarray(page.crop(box), dtype=np.float32)
    here = mask[top : top + height, left : left + width, None]
    tint = 1 - here * (1 - np.array(colour, dtype=np.float32) / 255)
    result = page.copy()
    result.paste(Image.fromarray((paper * tint).astype(np.uint8)), box)
    return result


def _share(drawing: npt.ArrayLike | Image.Image, strength: float = 1.0) -> Mask:
    """Return a drawing in levels of 255 as shares of ink."""
    return np.asarray(drawing, np.float32) * np.float32(strength / 255)


def signed(page: Image.Image, place: SignaturePlace, dpi: int, rng: Random) -> Image.Image:
    """Return the page with a stroke of the pen where the signature belongs."""
    scale = dpi / 72
    reach, height = rng.uniform(48, 66), rng.uniform(14, 22)
    knots = rng.randint(6, 9)
    xs = [place.x - reach + 2 * reach * i / (knots - 1) + rng.uniform(-9, 9) for i in range(knots)]
    ys = [place.y + (height if i % 2 else -height) * rng.uniform(0.2, 1.0) for i in range(knots)]
    curve = _smooth([(x * scale, y * scale) for x, y in zip(xs, ys, strict=True)])
    canvas: Pixels = np.zeros((page.height, page.width), np.uint8)
    thickness = max(2, round(1.1 * scale))
    drawn = cv2.polylines(canvas, [np.round(curve * 16).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 4)
    return inked(page, _share(drawn, 0.9), PEN_BLUE)


def _smooth(points: list[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """Return a Catmull-Rom curve through the points."""
    knots = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, 1, 24)[:, None]
    parts = []
    for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(parts)


def sealed(
    page: Image.Image, place: SignaturePlace, dpi: int, rng: Random, *, strength: float, overlap: float
) -> Image.Image:
    """Return the page with a round red seal left of the signature's middle.

    *overlap* 0 keeps off the name below, 1 covers its first half.
    """
    scale = dpi / 72
    x = place.x - SEAL_RADIUS * (1.15 - 0.55 * overlap)
    y = place.name_y - SEAL_RADIUS * (1.0 - 0.3 * overlap)
    stamp = _seal(place.seal, round(SEAL_RADIUS * scale), rng)
    mask: Mask = np.zeros((page.height, page.width), np.float32)
    top, left = round(y * scale) - stamp.shape[0] // 2, round(x * scale) - stamp.shape[1] // 2
    mask[top : top + stamp.shape[0], left : left + stamp.shape[1]] = stamp
    return inked(page, mask * strength, SEAL_RED)


def _seal(inscription: str, radius: int, rng: Random) -> Mask:
    """Return how much ink a seal leaves where: rings, star, inscription, and the places where it did not touch."""
    big = radius * 2  # drawn at twice the size, then reduced: smooth letters at any angle
    size = 2 * big + 8
    image = Image.new("L", (size, size), 0)
    pen = ImageDraw.Draw(image)
    middle = size / 2
    for share, thickness in ((1.0, 0.035), (0.93, 0.012), (0.58, 0.014)):
        reach = big * share
        box = (middle - reach, middle - reach, middle + reach, middle + reach)
        pen.ellipse(box, outline=255, width=max(2, round(big * thickness)))
    pen.polygon(star(middle, middle, big * 0.26), fill=255)
    _write_round(image, inscription, middle, big)
    stamp = image.rotate(rng.uniform(-14, 14), Image.Resampling.BICUBIC).resize(
        (size // 2, size // 2), Image.Resampling.LANCZOS
    )
    noise = np.random.default_rng(rng.getrandbits(32)).random((12, 12)).astype(np.float32)
    pressure = cv2.resize(noise, stamp.size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(_share(stamp) * np.clip(0.62 + 0.55 * pressure, 0, 1), np.float32)


def star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Return the corners of a star of five points that stands upright."""
    turns = [math.pi * i / 5 - math.pi / 2 for i in range(10)]
    reaches = [radius if i % 2 == 0 else radius * 0.382 for i in range(10)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(turns, reaches, strict=True)]


def _write_round(image: Image.Image, inscription: str, middle: float, radius: float) -> None:
    """Write letters along the ring, the text's middle at the top, squeezed where it would meet its own beginning."""
    face = font("Liberation Serif", radius * 0.155, bold=True)
    widths = [face.getlength(letter) + radius * 0.035 for letter in inscription]
    reach = radius * 0.755
    squeeze = min(1.0, 2 * math.pi * 0.94 * reach / sum(widths))
    run = -sum(widths) / 2
    for letter, width in zip(inscription, widths, strict=True):
        angle = (run + width / 2) * squeeze / reach
        run += width
        tile = Image.new("L", (round(radius * 0.3),) * 2, 0)
        ImageDraw.Draw(tile).text((tile.width / 2, tile.height / 2), letter, fill=255, font=face, anchor="mm")
        turned = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x = middle + reach * math.sin(angle) - tile.width / 2
        y = middle - reach * math.cos(angle) - tile.height / 2
        image.paste(255, (round(x), round(y)), turned)


def with_ornament(page: Image.Image, dpi: int) -> Image.Image:
    """Return the page on the Ministry's blank: a double frame and a pale pattern of waves."""
    scale = dpi / 72
    canvas: Pixels = np.zeros((page.height, page.width), np.uint8)
    xs = np.arange(0, page.width, max(2, round(2 * scale)))
    for step, middle in enumerate(np.arange(60, page.height / scale - 40, 13.0)):
        ys = (middle + 7 * np.sin(xs / scale / 26 + step * 0.9)) * scale
        wave = np.stack([xs, ys], axis=1)[(xs > 34 * scale) & (xs < page.width - 34 * scale)]
        cv2.polylines(canvas, [np.round(wave * 16).astype(np.int32)], False, 60, 1, cv2.LINE_AA, 4)
    page = inked(page, _share(canvas), (235, 120, 90))
    frame: Pixels = np.zeros((page.height, page.width), np.uint8)
    for inset, thickness in ((26.0, 3.0), (32.0, 0.8)):
        near = round(inset * scale)
        corner = (page.width - near, page.height - near)
        cv2.rectangle(frame, (near, near), corner, 255, max(1, round(thickness * scale)))
    return inked(page, _share(frame, 0.75), (170, 70, 60))
