"""Photocopies and photographs of a paper: what happens to it before, or instead of, the scanner.

Pages are RGB, float32, 0 to 255, rows first.
"""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Corners = tuple[tuple[float, float], ...]
"""Of the sheet, as (x, y) in pixels of the page as it was captured: top left, top right, bottom right, bottom left."""

DESK = (96.0, 74.0, 58.0)
INK = 24.0


def photocopied(pixels: Floats, *, dpi: int, streaks: int, edge: float, noise: np.random.Generator) -> Floats:
    """Return one more generation of a copy: grey, the middle tones gone, and what a dirty machine adds.

    Args:
        pixels: the page that lies on the glass.
        dpi: dots per inch.
        streaks: dark lines from dirt on the glass, and as many pale ones where the drum is worn.
        edge: width of the black margin that a lid left open gives, as a share of the page's width.
        noise: lot for what is different on every copy.
    """
    soft = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 0.45 * dpi / 200)
    middle, softness = noise.uniform(138, 168), noise.uniform(17, 26)
    steep = 255 / (1 + cv2.exp((middle - soft) / softness))
    grey: Floats = np.clip(np.asarray(steep, np.float32), INK, 252.0)
    height, width = grey.shape
    for _ in range(streaks):
        x, thickness = int(noise.integers(0, width - 4)), 1 + int(noise.integers(0, max(1, dpi // 150)))
        first, last = sorted(int(row) for row in noise.integers(0, height, 2))
        grey[first:last, x : x + thickness] *= np.float32(noise.uniform(0.35, 0.75))
        x, thickness = int(noise.integers(0, width - 40)), int(noise.integers(dpi // 40, dpi // 12))
        band = grey[:, x : x + thickness]
        band += np.float32(noise.uniform(0.15, 0.4)) * (255 - band)
    for _ in range(dpi // 2):  # grains of toner beside the letters
        x, y = int(noise.integers(0, width)), int(noise.integers(0, height))
        cv2.circle(grey, (x, y), int(noise.integers(0, 2)), INK, -1, cv2.LINE_AA)
    margin = round(edge * width)
    if margin:
        shade = np.clip(np.linspace(-1.5, 1, margin, dtype=np.float32), 0, 1)
        grey[:, width - margin :] *= 1 - 0.9 * shade
        grey[height - margin :] *= 1 - 0.9 * shade[:, None]
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.float32)


def photographed(
    pixels: Floats, *, perspective: float, skew: float, noise: np.random.Generator
) -> tuple[Floats, Corners]:
    """Return the sheet on a desk as a phone sees it, held freely, and where its corners are.

    Args:
        pixels: the sheet.
        perspective: how far a corner is off its place at most, as a share of the sheet's width.
        skew: degrees by which the phone is turned; positive lifts the right end of a line.
        noise: lot for the corners and the desk.
    """
    height, width = pixels.shape[:2]
    sheet = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    seen = cv2.transform(sheet[None], turn)[0] + noise.uniform(-perspective, perspective, (4, 2)) * width
    margin = noise.uniform(0.02, 0.05) * width
    seen = np.asarray(seen - seen.min(axis=0) + margin, np.float32)
    size = tuple(int(side) for side in np.ceil(seen.max(axis=0) + margin))
    grain = cv2.resize(noise.normal(0, 7, (size[1] // 16, size[0] // 4)).astype(np.float32), size)
    desk = np.array(DESK, np.float32) + grain[..., None]
    view = cv2.getPerspectiveTransform(sheet, seen)
    photo = cv2.warpPerspective(pixels, view, size, dst=desk, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_TRANSPARENT)
    return np.clip(photo, 0, 255), tuple((round(float(x), 1), round(float(y), 1)) for x, y in seen)


def shaded(pixels: Floats, strength: float, noise: np.random.Generator) -> Floats:
    """Let the shadow of a hand or a head fall on the photographed sheet: dark by *strength*, with soft edges."""
    height, width = pixels.shape[:2]
    small = np.zeros((height // 16, width // 16), np.float32)
    middle = (int(noise.uniform(0.0, 1.0) * small.shape[1]), int(noise.choice((0.05, 0.95)) * small.shape[0]))
    reach = (int(small.shape[1] * noise.uniform(0.25, 0.5)), int(small.shape[0] * noise.uniform(0.2, 0.4)))
    cv2.ellipse(small, middle, reach, float(noise.uniform(0, 180)), 0, 360, 1.0, -1)
    small = cv2.GaussianBlur(small, (0, 0), small.shape[1] / 18)
    shade = 1 - strength * cv2.resize(np.asarray(small, np.float32), (width, height))
    return np.asarray(pixels * shade[..., None], np.float32)


def turned_corners(corners: Corners, width: int, height: int, rotation: int) -> Corners:
    """Return corners on a page of *width* by *height* after it was turned counter-clockwise by *rotation* degrees."""
    match rotation:
        case 90:
            return tuple((y, width - x) for x, y in corners)
        case 180:
            return tuple((width - x, height - y) for x, y in corners)
        case 270:
            return tuple((height - y, x) for x, y in corners)
        case _:
            return corners
