"""Weights are a data file: whole, and in an order that makes sense."""

import json

import pytest

from schemas.data_file import parse
from schemas.linkage import LEVELS, Weights, weights
from schemas.problem import CONFIGURATION, ProblemError


def test_a_better_level_never_speaks_less_for_somebody_than_the_worst_one():
    for name, chances in weights().chances.items():
        best, *_, worst = chances.values()
        assert best.m / best.u > 1 >= worst.m / worst.u, name


def test_weights_that_leave_out_a_level_are_refused():
    text = json.loads(weights().model_dump_json())
    del text["chances"]["birth"]["swapped"]
    with pytest.raises(ProblemError) as told:
        parse(Weights, json.dumps(text), origin="mine.json")
    assert told.value.kind == CONFIGURATION


def test_every_comparison_has_levels_and_the_last_one_is_that_they_differ():
    assert {levels[-1] for levels in LEVELS.values()} == {"other"}
