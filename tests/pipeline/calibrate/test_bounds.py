"""What a sample proves, and that looking often does not spoil the proof."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calibrate.bounds import lasting_bound, needed, upper_bound


@pytest.mark.parametrize(
    ("wrong", "total", "bound"), [(0, 3000, 0.000998), (0, 143, 0.0207), (1, 490, 0.00964), (5, 5, 1.0)]
)
def test_the_upper_bound_is_the_exact_one_of_tables(wrong, total, bound):
    assert upper_bound(wrong, total) == pytest.approx(bound, rel=0.01)


@given(st.integers(1, 5000), st.integers(0, 300))
def test_a_bound_lies_above_what_was_seen_and_lasting_longer_has_its_price(total, wrong):
    wrong = min(wrong, total)
    assert wrong / total <= upper_bound(wrong, total) <= lasting_bound(wrong, total) + 1e-6 <= 1 + 1e-6


@given(st.integers(1, 50_000), st.integers(0, 30))
def test_a_wrong_one_more_raises_the_bound_and_a_right_one_more_lowers_it(total, wrong):
    wrong = min(wrong, total - 1)
    assert lasting_bound(wrong, total + 1) <= lasting_bound(wrong, total) <= lasting_bound(wrong + 1, total + 1)


def test_the_bound_holds_at_every_moment_of_a_growing_sample_in_all_but_one_of_twenty_cases():
    rng, share, failed = np.random.default_rng(1), 0.02, 0
    for _ in range(100):
        wrong_at = np.flatnonzero(rng.random(800) < share)
        # It is lowest just before each wrong one, and at the end.
        moments = [(count, int(at)) for count, at in enumerate(wrong_at) if at] + [(len(wrong_at), 800)]
        failed += any(lasting_bound(count, seen) < share for count, seen in moments)
    assert failed <= 100 / 20


@pytest.mark.parametrize(("promise", "values"), [(0.001, 3444), (0.0005, 6889)])
def test_it_is_known_how_many_values_without_a_wrong_one_prove_a_promise(promise, values):
    assert needed(promise) == pytest.approx(values, abs=5)
    assert lasting_bound(0, needed(promise)) <= promise < lasting_bound(0, needed(promise) - 1)
