"""Rings of seals go, what they are set on stays."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.prepare.layout import ink_of, pieces_of
from pipeline.prepare.seals import without_seals

CENTRE = (450, 300)


@pytest.fixture
def white():
    return np.full((700, 900), 255, np.uint8)


def sealed(page, tone=0, radius=142, arc=(0, 360), centre=CENTRE):
    for share, thickness in ((1.0, 5), (0.94, 2), (0.6, 2)):
        size = (round(share * radius),) * 2
        ring = cv2.ellipse(np.full_like(page, 255), centre, size, 0, *arc, tone, thickness, cv2.LINE_AA)
        np.minimum(page, ring, out=page)
    return page


def named(page):
    return cv2.putText(page, "NGAN VAN KHAM", (330, 440), cv2.FONT_HERSHEY_COMPLEX, 1.0, 0, 2, cv2.LINE_AA)


def cleaned(page):
    return without_seals(page, pieces_of(ink_of(page)))


@pytest.mark.parametrize("tone", [0, 140])
@pytest.mark.parametrize("radius", [120, 142, 165])
def test_the_rings_of_a_seal_go(white, tone, radius):
    page = sealed(white, tone, radius)
    assert np.mean(cleaned(page) < 200) < 0.05 * np.mean(page < 200)


def test_the_rings_of_a_broken_seal_go_too(white):
    page = sealed(white, arc=(30, 270))
    assert np.mean(cleaned(page) < 200) < 0.1 * np.mean(page < 200)


def test_a_name_under_a_grey_seal_stays_whole(white):
    name = named(white.copy()) < 100
    assert np.mean(cleaned(sealed(named(white), tone=140))[name] < 128) > 0.99


def test_strokes_that_cross_a_black_ring_stay(white):
    strokes = white.copy()
    for x in range(CENTRE[0] - 30, CENTRE[0] + 31, 15):
        strokes[425:460, x : x + 4] = 0
    page = np.minimum(sealed(white), strokes)
    assert np.mean(cleaned(page)[strokes < 128] < 128) > 0.9


@pytest.mark.parametrize(
    "draw",
    [
        named,
        lambda page: cv2.rectangle(page, (100, 100), (380, 390), 0, 3),
        lambda page: cv2.ellipse(page, CENTRE, (250, 90), 20, 0, 360, 0, 4),
        lambda page: sealed(page, radius=60),
        lambda page: sealed(page, arc=(0, 150)),
    ],
    ids=["letters", "a frame", "a flourish", "a small ring", "an arc"],
)
def test_what_is_no_seal_stays(white, draw):
    page = draw(white)
    assert np.array_equal(cleaned(page), page)


def test_a_seal_at_the_edge_of_the_paper_is_no_problem(white):
    page = sealed(white, centre=(820, 60))
    assert cleaned(page).shape == page.shape


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_any_picture_can_be_cleaned_of_seals(height, width, seed):
    noise = np.random.default_rng(seed)
    page = cv2.GaussianBlur(noise.integers(0, 256, (height, width), np.uint8), (31, 31), 0)
    page = np.asarray(cv2.normalize(page, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    assert cleaned(page).shape == page.shape
