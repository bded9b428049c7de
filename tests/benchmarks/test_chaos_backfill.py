"""A small backfill in which everything is killed: nothing is lost, doubled or left over."""

import pytest

from tests.faults.backfill import Plan, Scene


@pytest.mark.nightly
def test_every_row_has_one_outcome_and_every_record_verifies_whatever_is_killed(tmp_path):
    found = Scene(tmp_path, Plan(documents=60, shard=15, kills=8, every=4.0)).play(patience=900)
    assert found.lost == 0, found
    assert found.outcomes.total() == 60, found
    assert found.kills.total() == 8, found
    assert found.answered > 0, found
