"""The skew of a page: measured twice, believed only when both agree."""

import numpy as np
import pytest

from pipeline.prepare import prepare
from pipeline.prepare.clean import flattened
from pipeline.prepare.layout import ink_of, letters_of, pieces_of
from pipeline.prepare.skew import AGREE, STRAIGHT, SkewEstimate, skew_by_lines, skew_of
from pipeline.tools import leptonica


def letters(scan):
    return letters_of(pieces_of(ink_of(flattened(np.asarray(scan.raw.pixels))))).ink


@pytest.mark.parametrize("tilt", [-14.0, -8.0, -2.37, -0.6, 0.31, 4.8, 11.5])
def test_a_tilted_page_is_measured_to_a_tenth_of_a_degree(scan, tilt):
    page = prepare(scan(skew=tilt, mode="grey").raw).page
    assert page.skew_degrees == pytest.approx(tilt, abs=0.1)
    assert "skew_undecided" not in page.quality.warnings


@pytest.mark.parametrize("tilt", [-6.0, 3.0])
def test_each_estimator_alone_finds_the_tilt(scan, tilt):
    ink = letters(scan(skew=tilt, mode="grey"))
    assert skew_by_lines(ink) == pytest.approx(tilt, abs=0.2)
    assert leptonica.skew(ink, 15).degrees == pytest.approx(tilt, abs=0.1)


@pytest.mark.parametrize("mode", ["colour", "grey", "bilevel"])
def test_a_straight_page_is_never_tilted(scan, mode):
    assert prepare(scan(skew=0.0, mode=mode).raw).page.skew_degrees == 0


def test_a_page_without_lines_has_no_skew_to_measure(sheet):
    assert skew_of(np.zeros_like(sheet)) == SkewEstimate(0.0, None)


def test_a_page_is_left_as_it_is_when_the_estimators_differ(sheet):
    """Half of the page leans left, half leans right: no angle is the page's."""
    ink = np.zeros_like(sheet)
    for row in range(8):
        for column in range(60):
            x, y = 100 + column * 22, 100 + row * 50
            ink[y + column // 3 : y + column // 3 + 18, x : x + 10] = 255
            ink[1400 + row * 50 - column // 4 : 1418 + row * 50 - column // 4, x : x + 16] = 255
    estimate = skew_of(ink)
    assert estimate.is_undecided == (estimate.agreement > AGREE)
    assert not estimate.is_undecided or estimate.degrees == 0


@pytest.mark.parametrize(("agreement", "undecided"), [(None, False), (AGREE, False), (AGREE + 0.01, True)])
def test_the_limit_of_agreement(agreement, undecided):
    assert SkewEstimate(0.0, agreement).is_undecided is undecided


def test_a_tilt_too_small_to_matter_is_none(scan):
    assert prepare(scan(skew=STRAIGHT / 2, mode="grey").raw).page.skew_degrees == 0
