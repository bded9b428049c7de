"""The simulation in small: what is said to be proven is true, and drift is noticed. The whole of it: docs/measurements.md."""

import numpy as np
import pytest

from benchmarks.calibration import DRIFT, WORLD, Place, run, values
from pipeline.calibrate.evidence import probability
from tests.pipeline.calibrate.examples import a_calibration

SMALL = (
    Place("birth_certificate", "name", -12.0, 0.00003, 11_000, 1_500),
    Place("birth_certificate", "place", -8.5, 0.0001, 11_000, 1_500),
)


def test_in_nearly_all_runs_what_is_said_to_be_proven_is_true():
    runs = [run(seed, SMALL) for seed in range(4)]
    assert sum(each.of(SMALL[0].name)[-1].proven for each in runs) >= 2, "else nothing was tried"
    assert sum(any(each.broken(place.name) for place in SMALL) for each in runs) <= 1


def test_drift_lowers_acceptance_by_itself():
    drifted = run(1, (SMALL[0]._replace(labelled=14_000),), worse=10 * DRIFT)
    before, after = drifted.moments[0], drifted.moments[-1]
    assert (before.proven, after.lowered) == (True, True)
    assert after.risk < before.risk


@pytest.mark.nightly
def test_in_the_whole_world_promises_are_kept_in_at_least_nineteen_of_twenty_runs():
    runs = [run(seed) for seed in range(40)]
    for place in WORLD:
        assert sum(each.broken(place.name) for each in runs) <= 2


def test_all_at_once_and_one_by_one_are_the_same():
    rng = np.random.default_rng(1)
    lot = values(SMALL[0], 200, rng)
    model = a_calibration({}, one=1.0, confidence=0.7, read_again=0.3, page_confidence=-0.2)
    one_by_one = [probability(each, model) for each, passes in zip(lot.evidence(), lot.accepted, strict=True) if passes]
    assert lot.probabilities(model).tolist() == pytest.approx(one_by_one, abs=1e-6)
