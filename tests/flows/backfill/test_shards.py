"""One shard is worked off: keyed values against the paper, and one outcome for every row."""

from datetime import UTC, datetime

import pytest

from flows.backfill.planning import look_through
from flows.backfill.shards import send, work_off
from flows.house import House
from flows.keyring import Keyring
from pipeline.digitize import Unwatched
from schemas.backfill import load_layout
from schemas.problem import SCAN_CHANGED
from schemas.settings import Settings
from tests.flows.backfill.registers import keyed, register, write_table

LAYOUT = load_layout("civil_status_birth")


def clock():
    return datetime.now(UTC)


@pytest.fixture
def house(tmp_path):
    return House.open(Settings(home=tmp_path / "home"))


@pytest.fixture
def shard(house, workers, tmp_path):
    """Return a function that plans an inventory as one shard: its plan, the shard and the scans that are there."""

    def plan():
        found = look_through(house.settings, tmp_path / "in", LAYOUT, "Nguyễn Thị Bình", workers)
        plan = found.plan(100)
        house.backfills.keep_plan(plan, found.shards(100))
        return plan, house.backfills.shard(plan, 1), {each.name: each for each in found.scans}

    return plan


@pytest.fixture
def worked_off(house, workers):
    """Return a function that works off the first shard of a plan."""

    def work(plan, **changes):
        keyring = Keyring.open(house.settings, clock())
        options = {"clock": clock, "watcher": Unwatched(), "go_on": lambda: True} | changes
        return work_off(house, keyring, workers, plan, 1, **options)

    return work


def test_keyed_values_are_the_values_and_the_paper_confirms_or_contradicts_them(house, shard, worked_off, tmp_path):
    rows = register(tmp_path / "in", ["birth_certificate_01", "birth_certificate_03"])
    rows[0]["nksNoiSinh"] = "Trạm Y tế Nghĩa Hợp, Tân Kỳ, Nghệ An"  # what was keyed is kept as it was keyed
    rows[1] |= {
        column: keyed("birth_certificate_02")[column] for column in ("nksHoTen", "nksNgaySinh", "meHoTen", "chaHoTen")
    }
    write_table(tmp_path / "in" / "so.csv", rows)
    plan, planned, scans = shard()
    send(house, plan, planned, scans)
    done = worked_off(plan)
    right, wrong = (house.warehouse.record(outcome.records[0]).value for outcome in done.outcomes)
    assert {right.fields[name].source for name in ("full_name", "date_of_birth", "number")} == {"keyed"}
    assert right.fields["full_name"].value == "BÙI THỊ CHI"
    assert right.fields["full_name"].accepted
    assert right.fields["place_of_birth"].value == "Trạm Y tế Nghĩa Hợp, Tân Kỳ, Nghệ An"
    assert right.owners[0].identifier is not None
    assert done.outcomes[1].status == "review"
    assert "paper:full_name" in wrong.review_reasons
    assert not wrong.fields["full_name"].accepted
    assert "read as" in wrong.fields["full_name"].checks[0].detail


def test_what_was_not_found_again_is_refused_and_the_rest_is_done(house, shard, worked_off, tmp_path):
    register(tmp_path / "in", ["birth_certificate_01", "birth_certificate_02", "birth_certificate_03"])
    plan, planned, scans = shard()
    (tmp_path / "in" / "birth_certificate_02.png").write_bytes(b"other bytes")
    (tmp_path / "in" / "birth_certificate_03.jpg").unlink()
    sent = send(house, plan, planned, scans)
    assert {problem.type for problem in sent.refused.values()} == {SCAN_CHANGED.type}
    done = worked_off(plan)
    assert [outcome.number for outcome in done.outcomes] == [1, 2, 3]
    assert [outcome.status for outcome in done.outcomes][1:] == ["refused", "refused"]
    assert done.outcomes[0].records


def test_what_is_stopped_has_no_receipts_without_work_and_goes_on_later(house, shard, worked_off, tmp_path):
    register(tmp_path / "in", ["birth_certificate_01"])
    plan, planned, scans = shard()
    send(house, plan, planned, scans)
    assert worked_off(plan, go_on=lambda: False) is None
    assert list(house.inbox.receipts()) == []
    done = worked_off(plan)
    assert worked_off(plan) == done
    assert len(list(house.inbox.receipts())) == 1
