"""What speaks for a value can be read off the field, as it is stored."""

from typing import get_args

import pytest

from pipeline.calibrate.evidence import SIGNS, Evidence, facts_of, probability
from schemas.calibration import Group
from schemas.field import Check, Field
from schemas.page import Page, Quality
from tests.pipeline.calibrate.examples import a_calibration


def field(confidence=0.9, *checks, **more):
    made = tuple(Check(name=name.strip("!"), passed=not name.startswith("!")) for name in checks)
    return Field(value="Vinh", confidence=confidence, accepted=True, checks=made, **more)


def page(**quality):
    return Page(
        number=1, rotation=0, skew_degrees=0, width=1, height=1, blank=False,
        quality=Quality(ink=0.1, sharpness=1, contrast=1, **quality),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "less", "fact"),
    [
        (field(0.95), field(0.90), "confidence"),
        (field(0.9, "read_again"), field(0.9, "!read_again"), "read_again"),
        (field(0.9, "repeated"), field(), "said_twice"),
        (field(0.9, "as_printed"), field(), "usual"),
        (field(0.9, source="qr"), field(), "coded"),
        (field(0.9, "settled"), field(), "settled"),
        (field(0.9, "!order", "!whole"), field(0.9, "!order", "whole"), "doubts"),
    ],
)
def test_each_piece_of_evidence_is_seen(more, less, fact):
    assert facts_of(more, None).get(fact, 0) > facts_of(less, None).get(fact, 0)


def test_how_well_the_page_was_read_counts_too():
    assert (
        facts_of(field(), page(confidence=0.97))["page_confidence"]
        > facts_of(field(), page(confidence=0.8))["page_confidence"]
    )
    assert facts_of(field(), page(warnings=("blurred",)))["page_warned"] == 1
    assert facts_of(field(), page())["page_confidence"] == facts_of(field(), None)["page_confidence"]


def test_no_fact_is_called_like_a_group():
    assert not set(SIGNS) & set(get_args(Group))


def test_every_fact_has_a_weight():
    everything = facts_of(
        field(0.5, "read_again", "repeated", "as_printed", "settled", "!whole", source="mrz"), page(warnings=("faint",))
    )
    assert set(everything) <= set(SIGNS)


def test_nothing_is_certain():
    sure = a_calibration({}, one=99.0)
    assert probability(Evidence("birth_certificate", "name", {}), sure) < 1
