"""A register becomes records, whatever is killed on the way, and every row of it is accounted for."""

import csv
import json
import os
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import httpx
import pytest

from flows.house import House
from schemas.settings import Settings
from storage import keys
from tests.flows.backfill.registers import keyed, register, write_table

PAPERS = ["birth_certificate_01", "birth_certificate_03"]


def test_every_row_has_one_outcome_though_the_run_is_killed_and_a_run_again_doubles_nothing(connected_sohoa, tmp_path):
    sohoa = connected_sohoa()
    here = sohoa.here
    folder = tmp_path / "in"
    rows = register(folder, PAPERS)
    write_table(folder / "so.csv", [*rows, rows[0], keyed("birth_certificate_05")])
    [planned] = here.lines("backfill", "plan", folder, "--shard", 1)
    assert (planned["items"], planned["files"], planned["same"]) == (4, 2, 1)
    assert planned["problems"] == {"row-without-scan": 1}

    running = subprocess.Popen(
        sohoa.command("backfill", "run", folder), cwd=tmp_path, env=sohoa.environment, stderr=subprocess.PIPE, text=True
    )
    assert "shard 1 of 4 is done" in next(line for line in running.stderr if "shard" in line)
    running.kill()  # while the next scan is being read
    running.wait()
    [halfway] = here.lines("backfill", "status", planned["plan_id"])
    assert halfway["state"] == "running"
    assert halfway["waiting"] > 0

    again = sohoa("backfill", "run", folder, "--json")
    assert again.returncode == 27, again.stderr
    told = json.loads(again.stdout)
    assert (told["state"], told["waiting"], told["shards_done"]) == ("done", 0, 4)
    lines = here.lines("backfill", "report", folder)
    assert [line["row"] for line in lines] == [2, 3, 4, 5]
    assert [line["status"] for line in lines][2:] == ["duplicate", "refused"]
    records = [record for line in lines for record in line["records"]]
    assert len(records) == len(set(records)) == 2
    assert {keyed_field["source"] for keyed_field in fields_of(here, records[0], "full_name", "number")} == {"keyed"}

    before = stored(sohoa)
    assert here("backfill", "run", folder).returncode == 27
    assert stored(sohoa) == before
    report = here("backfill", "report", folder, "--csv", tmp_path / "report.csv")
    assert "Each of them has exactly one outcome." in report.stderr
    with (tmp_path / "report.csv").open(encoding="utf-8-sig") as file:
        assert Counter(row["status"] for row in csv.DictReader(file)) == Counter(line["status"] for line in lines)


def fields_of(sohoa, record_id, *names):
    [record] = sohoa.lines("record", "show", record_id)
    return [record["fields"][name] for name in names]


def stored(sohoa):
    """Return the keys of everything in the store but the audit log, which has an entry for each look at a record."""
    every = (path.relative_to(sohoa.home / "store") for path in (sohoa.home / "store").rglob("*") if path.is_file())
    return sorted(str(path) for path in every if "audit" not in path.parts)


def test_what_was_never_planned_is_a_problem_and_hours_that_are_none_too(sohoa_here, tmp_path):
    register(tmp_path / "in", PAPERS[:1])
    assert sohoa_here("backfill", "status", tmp_path / "in").returncode != 0
    sohoa_here("backfill", "plan", tmp_path / "in")
    assert "Paused" in sohoa_here("backfill", "pause", tmp_path / "in").stdout
    assert sohoa_here("backfill", "resume", tmp_path / "in", "--hours", "25:00-06:00").returncode == 1
    [told] = sohoa_here.lines("backfill", "status", tmp_path / "in")
    assert (told["state"], told["items"], told["waiting"]) == ("paused", 1, 1)
    assert sohoa_here("backfill", "report", tmp_path / "in").returncode == 27
    assert sohoa_here("backfill", "status", tmp_path).returncode == 1


@pytest.mark.long
def test_workers_take_shards_off_the_lane_and_a_flow_run_that_is_killed_costs_nothing(
    connected_sohoa, prefect_url, tmp_path
):
    sohoa, folder = connected_sohoa(), tmp_path / "in"
    register(folder, PAPERS[:1])
    sohoa.here("backfill", "plan", folder)
    assert "sohoa up backfill" in sohoa("backfill", "run", folder, "--hand-out", 1).stderr, "nobody serves the lane"
    worker = subprocess.Popen(sohoa.command("up", "backfill"), cwd=tmp_path, env=sohoa.environment)
    try:
        auth = tuple(os.environ["PREFECT_API_AUTH_STRING"].split(":"))
        until(lambda: httpx.get(f"{prefect_url}/deployments/name/backfill/backfill", auth=auth).is_success)
        running = subprocess.Popen(
            sohoa.command("backfill", "run", folder, "--hand-out", 1), cwd=tmp_path, env=sohoa.environment
        )
        os.kill(until(lambda: flow_run_of(worker.pid)), signal.SIGKILL)
        running.wait(240)
        crashed = {"flow_runs": {"state": {"type": {"any_": ["CRASHED"]}}}}
        assert httpx.post(f"{prefect_url}/flow_runs/filter", json=crashed, auth=auth).json(), (
            "it was not killed at work"
        )
        [told] = sohoa.here.lines("backfill", "status", folder)
    finally:
        worker.terminate()
        worker.wait(60)
    assert (told["state"], told["waiting"], told["shards_done"]) == ("done", 0, 1)


@pytest.mark.nightly
def test_a_run_that_is_killed_again_and_again_ends_with_one_outcome_a_row(connected_sohoa, tmp_path):
    sohoa, folder, random = connected_sohoa(), tmp_path / "in", Random(8)
    register(folder, [f"birth_certificate_0{number}" for number in range(1, 8)])
    [planned] = sohoa.lines("backfill", "plan", folder, "--shard", 2)
    kills = 0
    for _ in range(12):
        running = subprocess.Popen(
            sohoa.command("backfill", "run", folder), cwd=tmp_path, env=sohoa.environment, process_group=0
        )
        try:
            running.wait(random.uniform(6, 20))  # some die while they start, some at work
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            kills += 1
    assert kills > 0
    assert sohoa("backfill", "run", folder).returncode in {0, 21}
    lines = sohoa.lines("backfill", "report", folder)
    assert [line["row"] for line in lines] == list(range(2, 9))
    records = [record for line in lines for record in line["records"]]
    assert len(records) == len(set(records)) == planned["files"] == 7
    house = House.open(Settings(home=sohoa.home, owner_secret="a secret of the tests"))
    assert {each.record_id for each in house.warehouse.versions()} == set(records), "nothing extra"
    assert len(list(house.store.list(keys.OUTCOMES))) == len(list(house.inbox.receipts())) == 7
    assert all(sohoa("verify", record).returncode == 0 for record in records)


def until(ask):
    """Return the first answer that is something, within two minutes."""
    for _ in range(600):
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise AssertionError


def flow_run_of(pid):
    """Return the process in which a worker has a flow run, 0 if it has none."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        with suppress(OSError):
            if b"prefect" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return 0
