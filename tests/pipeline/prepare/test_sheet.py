"""Photographs: the sheet is laid flat when it is sure where it lies, and nothing is touched otherwise."""

import cv2
import numpy as np
import pytest

from pipeline.geometry import Affine, sheet_size, sheet_to_scan, straighten
from pipeline.prepare import laid_flat, prepare
from pipeline.prepare.sheet import sheet_corners

DESK = (70, 60, 50)
LEAN = ((0.03, 0.01), (-0.02, 0.03), (0.0, -0.02), (0.02, 0.0))
"""How far each corner is moved, in shares of the page's width."""


def photographed(pixels, *, moved=LEAN, margin=0.06, desk=DESK):
    """Return a picture of a page on a desk, and the corners of the page on it."""
    height, width = pixels.shape[:2]
    sheet = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    corners = (sheet + (margin + np.array(moved)) * width).astype(np.float32)
    size = (round((1 + 2 * margin) * width), round(height + 2 * margin * width))
    photograph = np.full((size[1], size[0], 3), desk, np.uint8)
    way = cv2.getPerspectiveTransform(sheet, corners)
    cv2.warpPerspective(pixels, way, size, dst=photograph, borderMode=cv2.BORDER_TRANSPARENT)
    return photograph, corners


@pytest.fixture(scope="module")
def paper(scan):
    return scan(mode="colour", dpi=150).raw


@pytest.mark.parametrize("turns", range(4))
def test_the_corners_of_a_sheet_are_found_to_two_pixels(paper, turns):
    photograph, corners = photographed(np.rot90(paper.pixels, turns))
    assert np.abs(np.array(sheet_corners(photograph)) - corners).max() < 2


def test_a_photographed_page_is_laid_flat_and_needs_no_turn_then(paper):
    photograph, _ = photographed(paper.pixels)
    raw = laid_flat(paper._replace(pixels=photograph, dpi=None))
    page = prepare(raw).page
    assert raw.dpi == pytest.approx(150, abs=6)
    assert abs(page.skew_degrees) < 0.15
    assert page.corners == raw.corners
    assert (page.width, page.height) == straighten(*sheet_size(raw.corners), 0, page.skew_degrees)[1:]


def test_a_sheet_whose_corners_are_known_is_not_sought_again(paper):
    photograph, corners = photographed(paper.pixels)
    known = tuple((float(x), float(y)) for x, y in corners)
    assert laid_flat(paper._replace(pixels=photograph), known).corners == known


@pytest.mark.parametrize(
    "change",
    [
        {"moved": ((0, 0),) * 4},
        {"moved": ((0.3, 0), (-0.3, 0), (0, 0), (0, 0))},
        {"margin": -0.05},
        {"desk": (215, 215, 210)},
    ],
    ids=["a rectangle on dark ground", "no sheet's shape", "it runs out of the picture", "a bright desk"],
)
def test_where_there_is_doubt_the_page_stays_as_it_came(paper, change):
    photograph, _ = photographed(paper.pixels, **change)
    raw = paper._replace(pixels=photograph)
    assert laid_flat(raw) is raw


def test_a_sheet_with_a_hand_over_its_corner_stays_as_it_came(paper):
    photograph, corners = photographed(paper.pixels)
    cv2.circle(photograph, [round(float(value)) for value in corners[2]], 260, DESK, -1)
    assert sheet_corners(photograph) is None


@pytest.mark.parametrize("overrides", [{}, {"skew": 4.0, "border": "dark"}, {"mode": "grey"}])
def test_a_scan_stays_as_it_came(scan, overrides):
    raw = scan(**overrides).raw
    assert laid_flat(raw) is raw


def test_the_way_back_to_the_photograph_ends_at_its_corners():
    corners = ((12.0, 8.0), (410.0, 30.0), (395.0, 600.0), (5.0, 580.0))
    width, height = sheet_size(corners)
    way = sheet_to_scan(corners, width, height)
    for corner, at in zip(corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True):
        assert way.apply(*at) == pytest.approx(corner)


def test_a_matrix_and_its_inverse_lead_back():
    way = straighten(300, 400, 90, 3.0).matrix
    assert way.then(way.inverse()) == pytest.approx(Affine(1, 0, 0, 0, 1, 0), abs=1e-9)
