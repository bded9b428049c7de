"""From one raw page to the picture that is read."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Affine, straighten
from pipeline.prepare.clean import flattened, without_leaders, without_rules, without_specks, without_stamps
from pipeline.prepare.layout import HALF, WORKING_DPI, Pieces, are_letters, ink_of, letters_of, pieces_of, shrunk
from pipeline.prepare.orientation import NO_AXIS, is_axis_sure, sideways_share, upright_vote
from pipeline.prepare.pages import RawPage, turned
from pipeline.prepare.pixels import PAPER, Grey, Ink, Pixels, Places
from pipeline.prepare.quality import is_blank, is_cut_off, measured, warnings_of
from pipeline.prepare.seals import without_seals
from pipeline.prepare.skew import SkewEstimate, skew_of
from schemas.page import Page, Rotation

_A4_LONG_SIDE = 11.693 * WORKING_DPI
_REDUCED = 0.8
"""What is read is smaller than what is cleaned: 160 dpi reads as well as 200 and costs a sixth less."""
_USUAL_LETTER = 19.0
"""Median height of 13 to 14 pt letters with their marks in pixels at 200 dpi."""
_LETTER_RANGE = (14.0, 40.0)
"""Median heights that are read as they are; smaller and larger print is brought to the usual height first."""
_SMALL_LETTER = 16.0
"""Median height from which it is measured again at full resolution."""
_ENOUGH_LETTERS = 60
_ENLARGED = 2.5
"""The most that a scan is enlarged: beyond it there is nothing more to see."""
_OPPOSITE: dict[Rotation, Rotation] = {0: 180, 90: 270, 180: 0, 270: 90}


class Prepared(NamedTuple):
    """A page and the picture of it that is read."""

    page: Page
    picture: Grey
    """The upright, straight page in grey: red ink dropped, paper white, rules and dotted lines taken out."""
    letters: Ink
    """What has the size of letters on it: what should be read."""
    scale: float
    """Pixels of the picture per pixel of the page."""
    dpi: int
    """Resolution of the picture, as far as reading is concerned."""
    axis_sure: bool
    """Whether the direction of the lines was plain to see."""

    def upside_down(self) -> "Prepared":
        """Return the same page the other way up."""
        page = self.page.model_copy(update={"rotation": _OPPOSITE[self.page.rotation]})
        return self._replace(page=page, picture=turned(self.picture, 180), letters=turned(self.letters, 180))


def prepare(raw: RawPage, *, other_axis: bool = False) -> Prepared:
    """Return the page upright and straight, and the picture to read.

    Args:
        raw: the page as it came.
        other_axis: take the lines to run the other way than they seem to.
    """
    flat, pieces, scale = _at_reading_size(raw)
    letters = letters_of(pieces)
    if is_blank(flat, pieces, letters):
        return _blank(raw, flat, scale)
    cut_off = is_cut_off(letters, flat.shape)
    share = sideways_share(letters)
    across = (share >= NO_AXIS) != other_axis
    axis: Rotation = 0 if across else 90
    skew = skew_of(turned(letters.ink, axis))
    straight = _straight(flat, raw, axis, skew, scale)
    pieces = pieces_of(ink_of(straight))
    straight = without_leaders(without_seals(straight, pieces), pieces)
    straight = without_specks(without_rules(straight), pieces)
    up: Rotation = 0 if upright_vote(letters_of(pieces)) >= 0 else 180
    return Prepared(
        page=_page(raw, axis if up == 0 else _OPPOSITE[axis], skew, straight, pieces.places, cut_off=cut_off),
        picture=turned(_reduced(straight), up),
        letters=turned(_reduced_ink(pieces.mask(are_letters(pieces))), up),
        scale=scale * _REDUCED,
        dpi=round(WORKING_DPI * _REDUCED),
        axis_sure=is_axis_sure(share),
    )


def _reduced(picture: Grey) -> Grey:
    return np.asarray(cv2.resize(picture, None, fx=_REDUCED, fy=_REDUCED, interpolation=cv2.INTER_AREA), np.uint8)


def _reduced_ink(ink: Ink) -> Ink:
    # The thinnest stroke shall not fall between the pixels.
    broad = cv2.dilate(ink, np.ones((2, 2), np.uint8), anchor=(0, 0))
    return np.asarray(cv2.resize(broad, None, fx=_REDUCED, fy=_REDUCED, interpolation=cv2.INTER_NEAREST), np.uint8)


def _at_reading_size(raw: RawPage) -> tuple[Grey, Pieces, float]:
    """Return the flattened grey picture at the size at which print is read best, its ink at half that, its scale."""
    longest = max(raw.pixels.shape[:2])
    scale = min(_ENLARGED, WORKING_DPI / raw.dpi if raw.dpi else _A4_LONG_SIDE / longest)
    flat = _flat(raw.pixels, scale)
    pieces = _glanced_at(flat)
    heights = pieces.boxes[are_letters(pieces), 3]
    if len(heights) and np.median(heights) <= _SMALL_LETTER:
        close = pieces_of(ink_of(flat))
        heights = close.boxes[are_letters(close), 3]
    better = _better_scale(scale, heights)
    if better == scale:
        return flat, pieces, scale
    flat = _flat(raw.pixels, better)
    return flat, _glanced_at(flat), better


def _glanced_at(flat: Grey) -> Pieces:
    return pieces_of(ink_of(shrunk(flat, HALF)), reduced=HALF)


def _better_scale(scale: float, heights: NDArray[np.int32]) -> float:
    """Return the scale at which letters of these heights, measured at *scale*, are read best."""
    smallest, largest = _LETTER_RANGE
    height = float(np.median(heights)) if len(heights) >= _ENOUGH_LETTERS else smallest
    if smallest <= height <= largest:
        return scale
    # A scan is enlarged beyond its own pixels only as far as it must be.
    usual, least = scale * _USUAL_LETTER / height, scale * smallest / height
    return min(usual, max(1.0, least), _ENLARGED)


def _flat(pixels: Pixels, scale: float) -> Grey:
    if scale != 1:
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
    return flattened(without_stamps(pixels))


def _straight(flat: Grey, raw: RawPage, axis: Rotation, skew: SkewEstimate, scale: float) -> Grey:
    """Return the picture turned by `geometry.straighten`'s matrix, in one go; new corners are paper."""
    if skew.degrees == 0:
        return turned(flat, axis)
    height, width = raw.pixels.shape[:2]
    way = straighten(width, height, axis, skew.degrees)
    m = _between_centres(way.matrix, scale)
    size = (math.ceil(way.width * scale), math.ceil(way.height * scale))
    matrix = np.array([[m.a, m.b, m.c], [m.d, m.e, m.f]])
    return np.asarray(
        cv2.warpAffine(flat, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=PAPER),
        np.uint8,
    )


def _between_centres(matrix: Affine, scale: float) -> Affine:
    """Return the matrix for a scaled picture whose coordinates count from pixel centres, as in OpenCV."""
    scaled = Affine(matrix.a, matrix.b, matrix.c * scale, matrix.d, matrix.e, matrix.f * scale)
    return Affine(1, 0, 0.5, 0, 1, 0.5).then(scaled).then(Affine(1, 0, -0.5, 0, 1, -0.5))


def _page(raw: RawPage, rotation: Rotation, skew: SkewEstimate, flat: Grey, places: Places, *, cut_off: bool) -> Page:
    height, width = raw.pixels.shape[:2]
    way = straighten(width, height, rotation, skew.degrees)
    quality = measured(flat, places)
    warnings = warnings_of(quality, raw.dpi, skew_undecided=skew.is_undecided, cut_off=cut_off)
    return Page(
        number=raw.number,
        rotation=rotation,
        skew_degrees=skew.degrees,
        dpi=raw.dpi,
        width=way.width,
        height=way.height,
        blank=False,
        corners=raw.corners,
        quality=quality.model_copy(update={"skew_agreement": skew.agreement, "warnings": warnings}),
    )


def _blank(raw: RawPage, flat: Grey, scale: float) -> Prepared:
    """Set a page aside: as it came, not turned, not to be read, not dropped."""
    page = _page(raw, 0, SkewEstimate(0.0, None), flat, np.flatnonzero(ink_of(flat)), cut_off=False)
    page = page.model_copy(update={"blank": True})
    return Prepared(page, flat, np.zeros_like(flat), scale, WORKING_DPI, axis_sure=True)
