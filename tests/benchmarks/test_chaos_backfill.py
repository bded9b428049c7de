"""A small backfill in which everything is killed, cut off, filled up and set wrong: nothing is lost or doubled."""

import pytest

from tests.faults.backfill import Plan, Scene


@pytest.mark.nightly
def test_every_row_has_one_outcome_and_every_record_verifies_whatever_is_killed_or_befalls_anybody(tmp_path):
    found = Scene(tmp_path, Plan(documents=60, shard=15, kills=8, every=4.0, troubles=6)).play(patience=1200)
    assert found.lost == 0, found
    assert found.outcomes.total() == 60, found
    assert found.kills.total() == 8, found
    assert found.troubles.total() == 6, found
    assert found.answered > 0, found
