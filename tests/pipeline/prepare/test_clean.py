"""What is taken out of a picture before it is read, and what must stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.prepare.clean import (
    PAPER,
    flattened,
    without_leaders,
    without_rules,
    without_specks,
    without_stamps,
)
from pipeline.prepare.layout import ink_of, pieces_of

RED = (200, 40, 50)
BLUE = (40, 50, 160)


@pytest.fixture
def white():
    return np.full((600, 900), 255, np.uint8)


def word(page, text="CONG HOA", at=(100, 300), scale=1.0, colour=0):
    cv2.putText(page, text, at, cv2.FONT_HERSHEY_COMPLEX, scale, colour, 2, cv2.LINE_AA)
    return page


def is_clean(picture, box):
    top, bottom, left, right = box
    return picture[top:bottom, left:right].min() > 200


@pytest.mark.parametrize("thickness", [1, 2, 4])
def test_a_rule_under_a_word_goes_and_the_word_stays(white, thickness):
    expected = word(white.copy())
    cv2.line(white, (90, 320), (400, 320), 0, thickness)
    cleaned = without_rules(word(white))
    assert is_clean(cleaned, (314, 327, 90, 400))
    assert np.array_equal(cleaned[:310] < 128, expected[:310] < 128)


def test_an_upright_rule_goes_too(white):
    white[50:550, 450:452] = 0
    assert is_clean(without_rules(white), (0, 600, 0, 900))


@pytest.mark.parametrize(("dot", "period"), [(2, 5), (3, 8), (4, 11)])
@pytest.mark.parametrize("below", [4, 8])
def test_dots_that_a_value_is_written_on_go_and_the_value_stays(white, dot, period, below):
    expected = word(white.copy())
    for x in range(90, 500, period):
        white[300 + below : 300 + below + dot, x : x + dot] = 40
    page = word(white)
    cleaned = without_rules(without_leaders(page, pieces_of(ink_of(page))))
    assert is_clean(cleaned, (300 + below, 300 + below + dot, 360, 500))
    assert np.mean(cleaned[:300] < 128) == pytest.approx(np.mean(expected[:300] < 128), rel=0.02)


def leader(page, sizes):
    """Dots on one level, 9 pixels apart."""
    for place, (width, height) in enumerate(sizes):
        page[300 : 300 + height, 90 + 9 * place : 90 + 9 * place + width] = 40
    return page


def test_a_dot_below_that_stands_in_a_row_of_dots_stays(white):
    page = leader(white, [(3, 3)] * 20 + [(4, 4)] + [(3, 3)] * 20)
    cleaned = without_leaders(page, pieces_of(ink_of(page)))
    left, right = 90 + 9 * 20, 90 + 9 * 20 + 4
    assert np.array_equal(cleaned[300:304, left:right], page[300:304, left:right])
    assert is_clean(cleaned, (295, 310, 80, left - 1))
    assert is_clean(cleaned, (295, 310, right + 1, 500))


def test_dots_that_the_scanner_made_uneven_go(white):
    page = leader(white, [(2, 2), (3, 3), (4, 3), (2, 3), (3, 4)] * 8)
    assert is_clean(without_leaders(page, pieces_of(ink_of(page))), (295, 310, 80, 500))


@pytest.mark.parametrize("text", ["UBND-KTTH", "TTTHHH", "EEFFTT", "nnmmnnmm", "hi mini vi ni", "Ngay 12. 3. 4"])
def test_letters_that_stand_in_a_row_are_no_rule(white, text):
    page = word(white, text)
    cleaned = without_rules(without_leaders(page, pieces_of(ink_of(page))))
    assert np.array_equal(cleaned < 128, page < 128)


def test_dust_goes_and_the_dots_of_letters_stay(white):
    page = word(white, "i!j:;.")
    dusty = page.copy()
    for x, y in [(700, 100), (60, 500), (850, 560)]:
        cv2.circle(dusty, (x, y), 2, 0, -1)
    cleaned = without_specks(dusty, pieces_of(ink_of(dusty)))
    assert np.array_equal(cleaned < 128, page < 128)


def coloured(grey):
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_a_red_stamp_goes_and_black_letters_under_it_stay(white):
    page = word(coloured(white), at=(200, 300), colour=(20, 20, 20))
    stamped = page.copy()
    cv2.circle(stamped, (260, 290), 120, RED, 6)
    cv2.circle(stamped, (260, 290), 90, RED, 3)
    stamped[page[:, :, 0] < 100] = (20, 20, 20)
    grey = without_stamps(stamped)
    assert grey[290 - 120, 260] > 230
    assert np.mean((grey < 128) == (page[:, :, 0] < 128)) > 0.999


@pytest.mark.parametrize("colour", [RED, BLUE])
def test_coloured_print_stays_ink(white, colour):
    grey = without_stamps(word(coloured(white), "GIAY KHAI SINH", colour=colour))
    assert np.mean(grey < 128) > 0.5 * np.mean(without_stamps(word(coloured(white), "GIAY KHAI SINH")) < 128)


def test_a_red_title_in_two_languages_stays_ink(white):
    titled = word(coloured(white), "CAN CUOC CONG DAN", scale=1.6, colour=RED)
    page = word(titled, "Citizen Identity Card", at=(220, 345), colour=RED)
    assert np.array_equal(without_stamps(page), cv2.cvtColor(page, cv2.COLOR_RGB2GRAY))


def test_a_piece_of_a_broken_red_ring_goes(white):
    page = coloured(white)
    cv2.ellipse(page, (450, 300), (140, 140), 0, 200, 340, RED, 6)
    assert is_clean(without_stamps(page), (0, 600, 0, 900))


def test_a_grey_picture_is_left_alone(white):
    assert without_stamps(white) is white


def test_paper_becomes_white_under_uneven_light(white):
    page = word(white)
    shade = np.linspace(1.0, 0.5, page.shape[1])
    flat = flattened((page * shade).astype(np.uint8))
    assert np.percentile(flat, 20) > 240
    assert np.mean(flat < 128) == pytest.approx(np.mean(page < 128), rel=0.1)


def test_the_lid_of_the_scanner_becomes_paper(white):
    page = word(white)
    page[:, 840:] = 15
    flat = flattened(page)
    assert is_clean(flat, (0, 600, 830, 900))
    assert np.mean(flat[:, :800] < 128) == pytest.approx(np.mean(page[:, :800] < 128), rel=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 255), st.booleans())
def test_any_picture_can_be_cleaned(height, width, level, is_noisy):
    picture = np.full((height, width, 3), level, np.uint8)
    if is_noisy:
        picture = np.random.default_rng(level).integers(0, 256, picture.shape).astype(np.uint8)
    flat = flattened(without_stamps(picture))
    pieces = pieces_of(ink_of(flat))
    cleaned = without_specks(without_rules(without_leaders(flat, pieces)), pieces)
    assert cleaned.shape == (height, width)
    assert cleaned.max() <= PAPER
