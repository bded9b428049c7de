"""Where acceptance stands after what people found out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calibrate.standing import WINDOW, stand, standings, tallied
from schemas.calibration import PROMISE, Sampled, Tally
from tests.pipeline.calibrate.examples import a_calibration

STEPS = (0.0, 0.9, 0.99)
PLACE = "birth_certificate/place"


def seen(*bands):
    return tuple(Tally(values=values, wrong=wrong) for values, wrong in bands)


NOTHING = seen((0, 0), (0, 0), (0, 0))


@pytest.mark.parametrize(
    ("bands", "state", "needed"),
    [
        (NOTHING, "unproven", 0.0),
        (seen((100, 0), (400, 1), (500, 0)), "unproven", 0.0),
        (seen((1000, 0), (2000, 0), (3000, 0)), "proven", 0.0),
        (seen((1000, 2), (2000, 0), (4000, 0)), "proven", 0.9),
        (seen((1000, 9), (2000, 9), (6000, 0)), "proven", 0.99),
        (seen((500, 5), (200, 0), (500, 0)), "lowered", 0.99),
        (seen((500, 5), (200, 2), (500, 0)), "lowered", 0.99),
        (seen((3000, 3), (2000, 3), (1000, 1)), "lowered", 0.99),
        (seen((3000, 3), (2000, 3), (900, 1)), "closed", 1.0),
        (seen((100, 0), (100, 0), (100, 3)), "closed", 1.0),
    ],
    ids=[
        "nothing was looked at", "too few to prove anything", "proven by the rules alone", "proven from a step on",
        "proven from a higher step on", "the least likely ones are wrong", "so are the likelier ones",
        "enough for a proof, and no proof", "the surest ones do not keep it either", "nothing tells what is wrong",
    ],
)  # fmt: skip
def test_acceptance_begins_at_the_lowest_step_that_keeps_the_promise(bands, state, needed):
    stands = stand(STEPS, bands, NOTHING, PROMISE)
    assert (stands.state, stands.needed) == (state, needed)


def test_what_was_proven_long_ago_is_lowered_when_the_last_decisions_speak_against_it():
    bands, last = seen((10_000, 1), (20_000, 1), (20_000, 4)), seen((400, 1), (300, 0), (300, 4))
    assert stand(STEPS, bands, NOTHING, PROMISE).state == "proven"
    assert stand(STEPS, bands, last, PROMISE).state == "closed"
    assert stand(STEPS, bands, seen((400, 5), (300, 0), (300, 0)), PROMISE).needed == 0.9


triples = st.tuples(*[st.tuples(st.integers(0, 9000), st.integers(0, 12))] * 3)


@given(triples, st.integers(0, 2))
def test_one_more_wrong_value_never_opens_what_was_closed(counts, place):
    bands = seen(*((max(values, wrong), wrong) for values, wrong in counts))
    worse = tuple(each + Tally(values=1, wrong=1) if at == place else each for at, each in enumerate(bands))
    before, after = (stand(STEPS, each, NOTHING, PROMISE) for each in (bands, worse))
    assert after.needed >= before.needed


@given(triples)
def test_proven_means_that_the_bound_keeps_the_promise(counts):
    bands = seen(*((max(values, wrong), wrong) for values, wrong in counts))
    stands = stand(STEPS, bands, NOTHING, PROMISE)
    assert (stands.state == "proven") == (stands.bound <= PROMISE)


def test_values_fall_between_one_step_and_the_next():
    values = [(0.2, True), (0.9, False), (0.95, True), (0.999999, False)]
    assert tallied(STEPS, values) == seen((1, 1), (2, 1), (1, 0))


# --- strata ------------------------------------------------------------------------------------------------------
def test_where_too_few_were_looked_at_the_group_over_all_types_decides():
    strata = {
        PLACE: seen((2000, 0), (2000, 0), (2000, 0)),
        "death_extract/place": seen((5, 0), (5, 0), (5, 0)),
        "death_extract/name": seen((5, 0), (5, 0), (5, 0)),
    }
    found = standings(a_calibration(strata))
    assert {name: (each.state, each.pooled) for name, each in found.items()} == {
        "*/name": ("unproven", False),
        "*/place": ("proven", False),
        PLACE: ("proven", False),
        "death_extract/name": ("unproven", False),
        "death_extract/place": ("proven", True),
    }


def test_decisions_about_the_sample_prove_a_promise_and_lose_it_again():
    calibration = a_calibration({PLACE: seen((10, 0), (10, 0), (10, 0))})
    assert standings(calibration)[PLACE].state == "unproven"
    right = [Sampled(PLACE, 0.95, wrong=False)] * 6000
    assert standings(calibration, right)[PLACE].state == "proven"
    wrong = [Sampled(PLACE, 0.5, wrong=True)] * 5
    lowered = standings(calibration, right + wrong)[PLACE]
    assert (lowered.state, lowered.needed) == ("proven", 0.9), "what is surer than the wrong ones is proven still"
    again = standings(calibration, right + wrong + [Sampled(PLACE, 0.995, wrong=True)] * 5)[PLACE]
    assert (again.state, again.needed) == ("closed", 1.0)


def test_a_stratum_that_was_never_measured_begins_unproven_and_learns_from_the_sample():
    found = standings(a_calibration({}), [Sampled("new_type/text", 0.99, wrong=True)] * 3)
    assert found["new_type/text"].state == "closed"


def test_what_refuted_the_promise_is_not_forgotten_because_the_last_decisions_were_lucky():
    calibration = a_calibration({PLACE: seen((600, 5), (600, 5), (600, 5))})
    lucky = [Sampled(PLACE, 0.95, wrong=False)] * WINDOW
    assert standings(calibration)[PLACE].state == standings(calibration, lucky)[PLACE].state == "closed"


def test_only_the_last_decisions_count_as_recent():
    calibration = a_calibration({})
    bad, good = Sampled(PLACE, 0.95, wrong=True), Sampled(PLACE, 0.95, wrong=False)
    early, late = [bad] * 5 + [good] * 30 * WINDOW, [good] * 30 * WINDOW + [bad] * 5
    assert standings(calibration, early)[PLACE].state == "proven"
    assert standings(calibration, late)[PLACE].state == "closed"
