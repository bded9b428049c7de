"""What happens to a paper before and in the scanner, with known parameters, so that tests know what to expect.

Order: paper (the other side, fading, tint, folds, holes), photocopier, scanner or phone (tilt or perspective, light,
blur, noise, specks), mode, turn. The JPEG quality is applied when the page is stored.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from samples.copies import Corners, Floats, photocopied, photographed, shaded, turned_corners

Level = Literal["clean", "office", "hard"]
Mode = Literal["colour", "grey", "bilevel"]
PaperTint = Literal["white", "cream", "grey"]
Border = Literal["none", "grey", "dark"]

LEVELS: tuple[Level, ...] = ("clean", "office", "hard")
TINTS: dict[PaperTint, tuple[float, float, float]] = {
    "white": (1.0, 1.0, 1.0),
    "cream": (0.985, 0.965, 0.90),
    "grey": (0.90, 0.90, 0.89),
}
BORDERS: dict[Border, float] = {"grey": 150.0, "dark": 18.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Everything done to one page. The same names stand in the truth under "degradations"."""

    dpi: int = 300
    skew: float = 0.0  # degrees counter-clockwise, as seen on the upright page
    rotation: int = 0  # the clockwise turn that makes the page upright
    mode: Mode = "colour"
    noise: float = 0.0  # standard deviation, in grey levels of 255
    blur: float = 0.0  # sigma in pixels
    quality: int = 85
    light: float = 0.0  # how much darker the darkest edge is
    paper: PaperTint = "white"
    fade: float = 0.0  # how much of the ink is gone
    bleed: float = 0.0  # how much of the other side shines through
    folds: int = 0
    border: Border = "none"  # what the scanner sees beside the tilted page
    specks: int = 0
    stamp: float = 0.85  # strength of the seal's ink; 0: no seal
    overlap: float = 0.3  # how far the seal covers the signer's name
    holes: int = 0  # punched along the left edge
    copies: int = 0  # how many photocopiers the paper went through before
    streaks: int = 0  # lines that each photocopier leaves
    edge: float = 0.0  # black margin of a photocopy, as a share of the width
    perspective: float = 0.0  # photographed, not scanned: corners are off by this share of the width at most


class Capture(NamedTuple):
    """One page as the scanner or the phone hands it over, and where the sheet's corners are on a photograph."""

    image: Image.Image
    corners: Corners | None


def drawn_by_lot(level: Level, rng: Random) -> Damage:
    """Return damage as strong as *level* says."""
    match level:
        case "clean":
            return Damage(
                dpi=rng.choice((200, 300)),
                skew=round(rng.choice((0.0, rng.uniform(-0.5, 0.5))), 2),
                noise=round(rng.uniform(0.0, 1.0), 1),
                quality=rng.randint(78, 88),
                stamp=round(rng.uniform(0.75, 0.95), 2),
            )
        case "office":
            return Damage(
                dpi=rng.choice((200, 300)),
                skew=round(rng.uniform(-2.5, 2.5), 2),
                rotation=rng.choice((0, 0, 0, 90, 180, 270)),
                mode=rng.choice(("colour", "colour", "grey", "bilevel")),
                noise=round(rng.uniform(1.5, 4.0), 1),
                blur=round(rng.uniform(0.2, 0.7), 2),
                quality=rng.randint(62, 76),
                light=round(rng.uniform(0.0, 0.1), 2),
                paper=rng.choice(("white", "white", "cream")),
                fade=round(rng.uniform(0.0, 0.13), 2),
                bleed=round(rng.choice((0.0, rng.uniform(0.02, 0.06))), 2),
                folds=rng.choice((0, 0, 1)),
                border=rng.choice(("none", "grey")),
                specks=rng.randint(0, 40),
                stamp=round(rng.uniform(0.65, 0.9), 2),
                overlap=0.6,
            )
        case "hard":
            return Damage(
                dpi=rng.choice((200, 200, 300)),
                skew=round(rng.choice((-1, 1)) * rng.uniform(2.5, 5.0), 2),
                rotation=rng.choice((0, 0, 90, 180, 270)),
                mode=rng.choice(("colour", "grey", "bilevel")),
                noise=round(rng.uniform(4.0, 8.0), 1),
                blur=round(rng.uniform(0.7, 1.3), 2),
                quality=rng.randint(42, 55),
                light=round(rng.uniform(0.12, 0.3), 2),
                paper=rng.choice(("white", "cream", "grey")),
                fade=round(rng.uniform(0.05, 0.25), 2),
                bleed=round(rng.uniform(0.06, 0.16), 2),
                folds=rng.randint(1, 2),
                border=rng.choice(("none", "dark", "dark")),
                specks=rng.randint(80, 220),
                stamp=round(rng.uniform(0.7, 0.95), 2),
                overlap=1.0,
            )


PHOTOCOPIED: dict[Level, float] = {"clean": 0.0, "office": 0.1, "hard": 0.2}
PHOTOGRAPHED: dict[Level, float] = {"clean": 0.0, "office": 0.04, "hard": 0.15}
"""Shares of the papers that come as a copy or from a phone."""


def copied_by_lot(damage: Damage, level: Level, rng: Random) -> Damage:
    """Return the damage of a paper that may come as a photocopy or as a photograph instead."""
    share = rng.random()
    if share < PHOTOCOPIED[level]:
        hard = level == "hard"
        return replace(
            damage,
            copies=2 if hard and rng.random() < 0.5 else 1,
            streaks=rng.randint(0, 4 if hard else 1),
            edge=round(rng.choice((0.0, rng.uniform(0.005, 0.02))), 3),
            mode=rng.choice(("grey", "grey", "bilevel")),
            holes=rng.choice((0, 2)),
            paper="white",
        )
    if share < PHOTOCOPIED[level] + PHOTOGRAPHED[level]:
        return replace(
            damage,
            perspective=round(rng.uniform(0.02, 0.06) if level == "hard" else rng.uniform(0.01, 0.03), 3),
            mode="colour",
            border="none",
            light=round(rng.uniform(0.1, 0.3), 2),
        )
    return damage


def for_page(damage: Damage, number: int, rng: Random) -> Damage:
    """Return the damage of one page of several: the feeder takes every sheet in at another angle."""
    if number == 1 or damage.skew == 0:
        return damage
    return replace(damage, skew=round(damage.skew * rng.uniform(-0.6, 0.9), 2))


def damaged(page: Image.Image, damage: Damage, rng: Random, back: Image.Image | None = None) -> Capture:
    """Return the page as it is handed over. *back* is what stands on the other side of the sheet."""
    noise = np.random.default_rng(rng.getrandbits(64))
    pixels: Floats = np.asarray(page.convert("RGB"), dtype=np.float32)
    if damage.fade:
        pixels = pixels + damage.fade * (255 - pixels)
    if damage.bleed and back is not None:
        pixels = _shining_through(pixels, back, damage.bleed)
    if damage.paper != "white":
        pixels = pixels * np.array(TINTS[damage.paper], dtype=np.float32)
    pixels = _folded(pixels, damage.folds, noise)
    pixels = _punched(pixels, damage.holes)
    for _ in range(damage.copies):
        pixels = photocopied(pixels, dpi=damage.dpi, streaks=damage.streaks, edge=damage.edge, noise=noise)
    corners: Corners | None = None
    if damage.perspective:
        pixels, corners = photographed(pixels, perspective=damage.perspective, skew=damage.skew, noise=noise)
        pixels = shaded(pixels, damage.light, noise)
    else:
        pixels = tilted(pixels, damage.skew, _beside(damage))
    pixels = _unevenly_lit(pixels, damage.light, noise)
    if damage.blur:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), damage.blur), np.float32)
    pixels = _specked(pixels, damage, noise)
    if damage.noise:
        pixels = pixels + _grain(pixels, damage, noise)
    height, width = pixels.shape[:2]
    seen = None if corners is None else turned_corners(corners, width, height, damage.rotation)
    return Capture(turned(_in_mode(pixels, damage.mode), damage.rotation), seen)


def _beside(damage: Damage) -> tuple[float, float, float]:
    """Return what the scanner sees where the tilted sheet does not reach."""
    red, green, blue = (255 * share for share in TINTS[damage.paper])
    level = BORDERS.get(damage.border)
    return (red, green, blue) if level is None else (level, level, level)


def tilted(pixels: Floats, degrees: float, beside: tuple[float, float, float]) -> Floats:
    """Turn the page about its middle, counter-clockwise as seen; the sheet's size stays."""
    if degrees == 0:
        return pixels
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    warped = cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=beside)
    return np.clip(np.asarray(warped, np.float32), 0, 255)


def turned(image: Image.Image, rotation: int) -> Image.Image:
    """Return the image so that it needs *rotation* degrees clockwise to be upright again."""
    turns = {0: None, 90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
    turn = turns[rotation]
    return image if turn is None else image.transpose(turn)


def _shining_through(pixels: Floats, back: Image.Image, strength: float) -> Floats:
    other = np.asarray(back.convert("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT), dtype=np.float32)
    other = np.asarray(cv2.GaussianBlur(other, (0, 0), 1.6), np.float32)
    return np.asarray(pixels * (1 - strength * (255 - other[..., None]) / 255), np.float32)


def _folded(pixels: Floats, folds: int, noise: np.random.Generator) -> Floats:
    """Crease the sheet across: a thin dark line, a light one beside it, a soft shade around."""
    if not folds:
        return pixels
    height = pixels.shape[0]
    rows = np.arange(height, dtype=np.float32)
    shade = np.ones(height, np.float32)
    scale = height / 3508
    for i in range(folds):
        middle = height * (i + 1) / (folds + 1) + noise.uniform(-0.02, 0.02) * height
        near = (rows - middle) / scale
        shade += -0.07 * np.exp(-((near / 42) ** 2)) - 0.22 * np.exp(-((near / 1.6) ** 2))
        shade += 0.06 * np.exp(-(((near - 5) / 3) ** 2))
    return np.asarray(np.clip(pixels * shade[:, None, None], 0, 255), np.float32)


def _punched(pixels: Floats, holes: int) -> Floats:
    """Punch holes of 6 mm, 80 mm apart, 12 mm from the left edge (ISO 838): the dark lid shows through."""
    if not holes:
        return pixels
    canvas = np.array(pixels)
    height = canvas.shape[0]
    millimetre = height / 297
    for number in range(holes):
        y = height / 2 + (number - (holes - 1) / 2) * 80 * millimetre
        place = (round(12 * millimetre), round(y))
        cv2.circle(canvas, place, round(3 * millimetre), (60.0, 58.0, 56.0), -1, cv2.LINE_AA)
    return canvas


def _unevenly_lit(pixels: Floats, light: float, noise: np.random.Generator) -> Floats:
    """Darken towards one side, as when the lid stands open or the sheet lifts."""
    if light == 0:
        return pixels
    height, width = pixels.shape[:2]
    angle = noise.uniform(0, 2 * np.pi)
    across, down = (np.float32(part(angle) / (abs(np.cos(angle)) + abs(np.sin(angle)))) for part in (np.cos, np.sin))
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    along = np.maximum(across * x + down * y[:, None], -1)
    shade = 1 - np.float32(light) * np.asarray(cv2.pow((along + 1) / 2, 1.6), np.float32)
    return pixels * shade[..., None]


def _specked(pixels: Floats, damage: Damage, noise: np.random.Generator) -> Floats:
    """Drop dust on the glass."""
    canvas = np.ascontiguousarray(pixels)
    height, width = canvas.shape[:2]
    for _ in range(damage.specks):
        x, y = int(noise.integers(0, width)), int(noise.integers(0, height))
        radius = int(noise.integers(0, max(2, damage.dpi // 100)))
        level = float(noise.uniform(20, 110))
        cv2.circle(canvas, (x, y), radius, (level, level, level), -1, cv2.LINE_AA)
    return canvas


def _grain(pixels: Floats, damage: Damage, noise: np.random.Generator) -> Floats:
    """Return sensor noise: mostly the same in the three colours."""
    height, width = pixels.shape[:2]
    shared = noise.standard_normal((height, width, 1), dtype=np.float32)
    return np.asarray(damage.noise * shared, np.float32)


def _in_mode(pixels: Floats, mode: Mode) -> Image.Image:
    image = Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8), "RGB")
    if mode == "colour":
        return image
    grey = image.convert("L")
    return grey if mode == "grey" else Image.fromarray(_black(np.asarray(grey)) == 0).convert("1")


def _black(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return what a scanner's black-and-white mode takes for ink: darker than the paper around, or dark anyway."""
    height, width = grey.shape
    small = cv2.resize(grey, (width // 16, height // 16), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.blur(cv2.dilate(small, np.ones((3, 3), np.uint8)), (9, 9)), (width, height))
    return np.asarray(grey < np.maximum(0.7 * np.asarray(paper, np.float32), 70))
