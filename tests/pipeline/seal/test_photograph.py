"""Words of a photographed page, where the copy shows them."""

import math

import pytest

from pipeline.geometry import sheet_size
from pipeline.seal.photograph import as_photographed
from schemas.page import Box, Page, PageReading, Quality, Word

SIZE = (700, 900)


def reading(corners, box, rotation=0):
    """A page with one word, laid flat from a photograph."""
    width, height = SIZE if corners is None else sheet_size(corners)
    if rotation in {90, 270}:
        width, height = height, width
    quality = Quality(ink=0.05, sharpness=1, contrast=1)
    page = Page(
        number=1, rotation=rotation, skew_degrees=0, dpi=100, width=width, height=height, blank=False,
        corners=corners, quality=quality,
    )  # fmt: skip
    return PageReading(page, (Word("Bản", 0.9, box, 0),))


def corners_of(width, height, degrees=0.0):
    """Corners of a sheet in the middle of the photograph, turned clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return tuple(
        (SIZE[0] / 2 + cos * x - sin * y, SIZE[1] / 2 + sin * x + cos * y)
        for x, y in ((-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2))
    )  # fmt: skip


def test_a_scan_is_left_as_it_is():
    scan = reading(None, Box(1, 2, 3, 4))
    assert as_photographed(scan, *SIZE) is scan


def test_a_word_stands_where_the_sheet_lies():
    seen = as_photographed(reading(corners_of(500, 707), Box(40, 60, 100, 20)), *SIZE)
    assert seen.words[0].box == pytest.approx((100 + 40, 96 + 60, 100, 20), abs=1)
    assert (seen.page.width, seen.page.height) == SIZE
    assert seen.page.corners is None


def test_the_copy_is_turned_until_the_sheet_is_level():
    seen = as_photographed(reading(corners_of(500, 707, 8), Box(40, 60, 100, 20)), *SIZE)
    assert seen.page.skew_degrees == pytest.approx(-8, abs=0.01)
    assert seen.words[0].box[2:] == pytest.approx((100, 20), abs=1)
    assert seen.words[0].box.x == pytest.approx(seen.page.width / 2 - 250 + 40, abs=1)


def test_a_sheet_that_lay_on_its_side_is_turned_upright():
    seen = as_photographed(reading(corners_of(500, 707), Box(0, 0, 100, 20), rotation=90), *SIZE)
    assert (seen.page.width, seen.page.height) == SIZE[::-1]
    assert seen.words[0].box == pytest.approx((96, 100, 100, 20), abs=2)


def test_words_follow_a_sheet_seen_at_an_angle():
    """Its far end is narrower: words there are smaller."""
    corners = ((200.0, 100.0), (500.0, 100.0), (600.0, 700.0), (100.0, 700.0))
    width, height = sheet_size(corners)
    near = as_photographed(reading(corners, Box(0, height - 20, width, 20)), *SIZE).words[0].box
    far = as_photographed(reading(corners, Box(0, 0, width, 20)), *SIZE).words[0].box
    assert (near.right, near.bottom) == pytest.approx((600, 700), abs=1)
    assert (far.y, far.h) < (101, near.h)
    assert far.w < 0.7 * near.w
