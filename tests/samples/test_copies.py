"""Photocopies and photographs: what is known of them is true."""

from random import Random

import numpy as np
import pytest
from PIL import Image

from samples import make
from samples.copies import photocopied, photographed, turned_corners
from samples.damage import Damage, copied_by_lot, turned

SHEET = {"dpi": 72, "blur": 0.0, "noise": 0.0, "light": 0.0}


def marked_sheet():
    """Return a white sheet with one black pixel near each corner's inside."""
    sheet = np.full((400, 300, 3), 255, np.float32)
    for y in (4, 395):
        for x in (4, 295):
            sheet[y - 4 : y + 5, x - 4 : x + 5] = 0
    return sheet


@pytest.mark.parametrize("seed", range(5))
def test_corners_of_a_photographed_sheet_are_where_the_truth_says(seed):
    photo, corners = photographed(marked_sheet(), perspective=0.06, skew=3.0, noise=np.random.default_rng(seed))
    for x, y in corners:
        near = photo[max(0, round(y) - 9) : round(y) + 9, max(0, round(x) - 9) : round(x) + 9]
        assert near.min() < 20


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_corners_turn_with_the_page(rotation):
    page = Image.new("L", (30, 50), 255)
    page.putpixel((2, 7), 0)
    ((x, y),) = turned_corners(((2.5, 7.5),), 30, 50, rotation)
    assert turned(page, rotation).getpixel((int(x), int(y))) == 0


def test_a_photograph_has_corners_and_neither_tilt_nor_resolution_to_trust():
    sample = make.paper("birth_certificate", "current", "hard", 2, perspective=0.04, mode="colour", **SHEET)
    (page,) = sample.truth["pages"]
    assert page["skew_degrees"] is None
    assert len(page["corners"]) == 4
    assert sample.truth["degradations"]["dpi_metadata"] is False


def test_a_scan_has_no_corners_but_its_own():
    assert make.paper("birth_certificate", "current", "hard", 2, copies=0, **SHEET).truth["pages"][0]["corners"] is None


def test_a_photocopy_loses_colours_and_middle_tones():
    grey = np.full((200, 200, 3), (200.0, 60.0, 60.0), np.float32)
    grey[:, 100:] = 235
    copied = photocopied(grey, dpi=72, streaks=0, edge=0.0, noise=np.random.default_rng(1))
    assert np.allclose(copied[..., 0], copied[..., 2])
    assert np.median(copied[:, :90]) < 60
    assert np.median(copied[:, 110:]) > 240


@pytest.mark.parametrize("level", ["clean", "office", "hard"])
def test_some_papers_come_as_copies_or_photographs_and_clean_ones_never(level):
    damages = [copied_by_lot(Damage(), level, Random(seed)) for seed in range(200)]
    other = sum(bool(damage.copies or damage.perspective) for damage in damages)
    assert (other == 0) if level == "clean" else (10 < other < 100)
