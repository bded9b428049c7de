"""Stations, lines and a server, as processes over sockets: what a journal says was accepted is in the warehouse, once."""

from tests.faults.chaos import Plan, Scene


def test_nothing_is_lost_doubled_or_green_too_early_whoever_is_killed_and_whatever_is_cut(tmp_path):
    plan = Plan(stations=5, dossiers=4, pace=0.5, share=0.25, kills_a_second=1.0)
    found = Scene(tmp_path, plan).play(seconds=8, patience=90)
    assert found.submissions == 20
    assert (found.unfinished, found.lost, found.doubled, found.false_green) == (0, 0, 0, 0)
    assert found.faults.total() > 5
