"""A calibration says how likely a value is right, learns the more the more it is shown, and judges itself on other papers."""

from datetime import UTC, datetime

import numpy as np
import pytest

from pipeline.calibrate.evidence import Evidence, probability
from pipeline.calibrate.fit import COVERAGES, Observation, fit
from schemas.calibration import Calibration, Tally, calibration
from schemas.data_file import parse

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def observed(count, seed=1, *, document_type="birth_certificate", group="name", slips=-3.0, wrong_way=0.0):
    """Return values whose odds of being wrong are known."""
    rng = np.random.default_rng(seed)
    for number, (clear, luck) in enumerate(zip(rng.normal(size=count), rng.random(count), strict=True)):
        wrong = luck < 1 / (1 + np.exp(-(slips - 1.5 * clear)))
        facts = {"confidence": float(clear), "doubts": float(wrong_way * clear)}
        evidence = Evidence(document_type, group, facts)
        yield Observation("made up", f"{document_type} {group} {number}", evidence, clear > -1, not wrong)


def test_what_was_drawn_is_found_again():
    made = fit(list(observed(20_000)), NOW)
    assert made.weights["confidence"] == pytest.approx(1.5, abs=0.15)
    for clear, odds in ((0.0, 3.0), (1.0, 4.5)):
        chance = probability(Evidence("birth_certificate", "name", {"confidence": clear}), made)
        assert chance == pytest.approx(1 / (1 + np.exp(-odds)), abs=0.01)


def test_it_is_judged_on_papers_that_nothing_was_fitted_to():
    values = list(observed(4_000))
    made = fit(values, NOW)
    assert made.provenance.fitted.values + made.provenance.measured.values == 4_000
    assert made.provenance.papers == 4_000
    assert sum((each.tally for each in made.bins), Tally()) == made.provenance.measured
    assert sum(made.strata["birth_certificate/name"], Tally()).values == pytest.approx(4_000 * 0.84 / 2, rel=0.1)
    for each in made.bins:
        said, seen = 1 - each.predicted, each.tally.wrong / each.tally.values
        assert seen == pytest.approx(said, abs=4 * (said / each.tally.values) ** 0.5 + 0.005)


def test_evidence_cannot_count_the_wrong_way():
    made = fit(list(observed(4_000, wrong_way=1.0)), NOW)
    assert made.weights["doubts"] <= 0 <= made.weights["confidence"]


def test_a_stratum_of_which_little_is_known_stays_near_the_others():
    thick = [*observed(6_000, seed=2), *observed(6_000, seed=3, document_type="death_extract", slips=-1.0)]
    thin = [*observed(6_000, seed=2), *observed(12, seed=3, document_type="death_extract", slips=-1.0)]
    known, guessed = (fit(each, NOW).offsets["death_extract/name"] for each in (thick, thin))
    assert known < guessed < 0 or abs(guessed) < abs(known) / 2


def test_steps_leave_the_surest_parts_of_what_the_rules_accept():
    made = fit(list(observed(8_000)), NOW)
    bands = made.strata["birth_certificate/name"]
    shares = [sum(each.values for each in bands[place:]) / sum(each.values for each in bands) for place in range(3)]
    assert shares == pytest.approx(COVERAGES, abs=0.05)


@pytest.mark.parametrize("count", [0, 3])
def test_too_little_makes_no_calibration(count):
    with pytest.raises(ValueError, match="too few"):
        fit(list(observed(count)), NOW)


def test_the_same_values_make_the_same_calibration_and_it_survives_being_written_down():
    made = fit(list(observed(500)), NOW)
    assert made == fit(list(observed(500)), NOW)
    again = parse(Calibration, made.model_dump_json(), origin="x.json")
    assert (again, again.version) == (made, made.version)


def test_the_calibration_that_comes_along_says_what_it_was_made_of():
    made_of = calibration().provenance
    assert "samples.sets tuning" in made_of.note, "never of the half that is only measured with"
    assert made_of.papers > 100 < made_of.measured.values
