"""What the rules accept is accepted while it is likely enough; what they do not accept, nothing makes acceptable."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.calibrate import Acceptance, calibrated, with_sample
from pipeline.understand import understand
from schemas.calibration import Tally
from schemas.digest import sha256_hex
from schemas.document_type import document_types
from schemas.settings import AcceptanceSettings
from tests.pipeline.calibrate.examples import a_calibration
from tests.pipeline.understand.paper import BIRTH, reading

PAGE = reading(BIRTH)
[PAPER] = understand([PAGE], document_types())
PAGES = {PAGE.page.number: PAGE.page}
RECORD = sha256_hex(b"record")[:32]
OPEN = Acceptance.after(a_calibration({}))
CLOSED = (Tally(), Tally(), Tally(values=9, wrong=9))


def judged(acceptance, paper=PAPER):
    return calibrated(paper, PAGES, document_types(), acceptance)


def test_while_nothing_is_known_the_rules_decide_and_the_field_says_by_which_calibration():
    after = judged(OPEN)
    assert {name: each.accepted for name, each in after.fields.items()} == {
        name: each.accepted for name, each in PAPER.fields.items()
    }
    name = after.fields["full_name"].assessment
    assert (name.calibration, name.stratum, name.needed) == (OPEN.version, "birth_certificate/name", 0.0)
    assert (after.review_reasons, after.owners) == (PAPER.review_reasons, PAPER.owners)


def test_what_is_not_likely_enough_waits_for_a_person_and_leads_to_nobody():
    after = judged(Acceptance.after(a_calibration({"birth_certificate/identifier": CLOSED})))
    number = after.fields["personal_id"]
    assert PAPER.fields["personal_id"].accepted
    assert not number.accepted
    assert number.value == PAPER.fields["personal_id"].value
    assert "improbable:personal_id" in after.review_reasons
    assert PAPER.owners[0].identifier is not None
    assert after.owners[0].identifier is None


@given(st.dictionaries(st.sampled_from(["identifier", "name", "date", "place", "number", "listed"]), st.booleans()))
def test_nothing_is_accepted_that_the_rules_do_not_accept(closed):
    strata = {f"birth_certificate/{group}": CLOSED for group, is_closed in closed.items() if is_closed}
    doubtful = {name: each.model_copy(update={"accepted": False}) for name, each in PAPER.fields.items()}
    assert not any(
        each.accepted
        for each in judged(Acceptance.after(a_calibration(strata)), replace(PAPER, fields=doubtful)).fields.values()
    )


def test_what_nobody_knows_the_type_of_stays_as_it_is():
    unknown = replace(PAPER, document_type=None)
    assert judged(OPEN, unknown) == unknown


# --- the sample --------------------------------------------------------------------------------------------------
def drawn(record_id=RECORD, **settings):
    after = with_sample(judged(OPEN), record_id, AcceptanceSettings(**settings))
    marked = {name for name, each in after.fields.items() if each.assessment is not None and each.assessment.sampled}
    assert after.review_reasons == (
        *PAPER.review_reasons,
        *(f"random_sample:{name}" for name in after.fields if name in marked),
    )
    return marked


def test_of_what_the_rules_accept_any_share_is_drawn_and_never_anything_else():
    accepted = {name for name, each in PAPER.fields.items() if each.accepted and each.value is not None}
    assert drawn(sample_rate=0) == set()
    assert drawn(sample_rate=1) == accepted
    every = [drawn(sha256_hex(b"%d" % number)[:32], sample_rate=0.1) for number in range(400)]
    assert sum(map(len, every)) / (400 * len(accepted)) == pytest.approx(0.1, abs=0.015)
    assert set().union(*every) == accepted


def test_the_same_record_gives_the_same_sample_and_another_seed_another_one():
    assert drawn(sample_rate=0.5) == drawn(sample_rate=0.5)
    assert drawn(sample_rate=0.5) <= drawn(sample_rate=0.7), "a higher rate adds to it"
    assert len({frozenset(drawn(sample_rate=0.5, sample_seed=seed)) for seed in "abcdef"}) > 1


def test_what_is_improbable_is_drawn_too_so_that_acceptance_can_rise_again():
    after = judged(Acceptance.after(a_calibration({"birth_certificate/identifier": CLOSED})))
    assert "random_sample:personal_id" in with_sample(after, RECORD, AcceptanceSettings(sample_rate=1)).review_reasons
