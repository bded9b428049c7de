"""Values drawn by lot go to people, and what they decide moves acceptance, by itself and from the store alone."""

import pytest

from flows.accepting import acceptance
from flows.reviewing import decide
from pipeline.calibrate.source import calibration_at
from schemas.calibration import Sampled
from schemas.document_type import document_types
from schemas.field import Assessment, Field
from schemas.review import Decision, FieldDecision
from sohoa.calibration.learning import decided_in
from storage.rebuild import rebuild
from tests.flows.test_process import CERTIFICATE, run  # noqa: F401 - a fixture
from tests.storage.examples import NOON, record

STRATUM = "death_extract/place"
NOTHING = Field(value=None, confidence=0, accepted=False)
VERSION = calibration_at(None).version


def clock():
    return NOON


@pytest.fixture
def sampled(house, keyring):
    """Return a function that keeps a paper one of whose values was drawn by lot."""

    def keep(number):
        drawn = Assessment(calibration=VERSION, stratum=STRATUM, probability=0.999, needed=0, sampled=True)
        place = Field(value="Khe Ngâu", confidence=0.97, page=1, accepted=True, assessment=drawn)
        found = record(
            b"paper %d" % number, document_type="death_extract", status="review",
            fields=dict.fromkeys(document_types()["death_extract"].fields, NOTHING) | {"death_place": place},
            review_reasons=("random_sample:death_place",),
        )  # fmt: skip
        found = house.warehouse.keep_record(found, keyring.signing(clock))
        house.catalog.keep_record(found)
        return found

    return keep


def about(seen, after):
    act = "unreadable" if after is None else "confirm" if after == "Khe Ngâu" else "correct"
    said = FieldDecision(field="death_place", act=act, before="Khe Ngâu", after=after)
    return Decision(record_id=seen.record_id, version=seen.version, who="web:binh", at=NOON, fields=(said,))


def test_every_field_that_the_rules_accept_can_be_drawn_by_lot_and_waits_for_a_person(run, house):  # noqa: F811
    every = house.settings.acceptance.model_copy(update={"sample_rate": 1.0})
    object.__setattr__(house, "settings", house.settings.model_copy(update={"acceptance": every}))
    [outcome] = run(CERTIFICATE)
    kept = house.warehouse.record(outcome.documents[0].record_id).value
    assert kept.status == "review"
    drawn = {name for name, field in kept.fields.items() if field.assessment is not None and field.assessment.sampled}
    assert drawn == {name for name, field in kept.fields.items() if field.accepted and field.value is not None}
    assert {f"random_sample:{name}" for name in drawn} <= set(kept.review_reasons)
    assert {field.assessment.calibration for field in kept.fields.values() if field.assessment} == {VERSION}


def test_what_people_find_lowers_acceptance_and_is_found_again_from_the_store(house, keyring, sampled):
    for number, after in enumerate(["Khe Ngâu", "Khe Ngậu", None, "Khe Ngậu"]):
        decide(house, keyring, about(sampled(number), after), clock)
    found = house.catalog.sampled(VERSION)
    assert sorted(found) == sorted(Sampled(STRATUM, 0.999, wrong) for wrong in (False, True, True, True))
    assert house.catalog.sampled("0" * 12) == (), "another calibration judged other values"
    lowered = acceptance(house).standings[STRATUM]
    assert lowered.state in {"lowered", "closed"}
    assert lowered.needed > 0
    before = list(house.catalog.export())
    rebuild(house.inbox, house.warehouse, house.catalog)
    assert list(house.catalog.export()) == before
    assert acceptance(house).standings[STRATUM] == lowered


def test_what_waits_still_says_nothing(house, sampled):
    sampled(1)
    assert house.catalog.sampled(VERSION) == ()


def test_every_decision_is_something_to_learn_from(house, keyring, sampled):
    for number, after in enumerate(["Khe Ngâu", "Khe Ngậu"]):
        decide(house, keyring, about(sampled(number), after), clock)
    learnt = sorted(decided_in(house), key=lambda each: each.right)
    assert [(each.right, each.accepted, each.evidence.stratum) for each in learnt] == [
        (False, True, STRATUM),
        (True, True, STRATUM),
    ]
    assert learnt[0].evidence.facts == learnt[1].evidence.facts, (
        "the evidence is that of the machine, not of the person"
    )
