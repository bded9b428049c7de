"""The embedded Prefect server lives exactly as long as its command."""

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flows.orchestrator import orchestrator, own_key, quiet_environment
from schemas.problem import ORCHESTRATOR_UNREACHABLE, ProblemError
from schemas.settings import PrefectSettings, Settings
from tests.servers import free_ports

PARENT = """
import sys, time
from pathlib import Path
from flows.orchestrator import server
with server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def test_the_embedded_server_wants_its_key_and_ends_with_its_command_though_that_is_killed(tmp_path, prefect_tables):
    shutil.copytree(prefect_tables, tmp_path / "prefect")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True)
    url = parent.stdout.readline().strip()
    request = urllib.request.Request(f"{url}/flows/filter", data=b"{}", headers={"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    assert refusal.value.code == 401
    request.add_header("Authorization", f"Basic {base64.b64encode(own_key(tmp_path).encode()).decode()}")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200

    [child] = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert has_ended(int(child))


@pytest.mark.nightly
def test_what_prefect_keeps_of_runs_and_events_ends_with_a_week_and_a_day(tmp_path):
    asked = "from prefect.settings import get_current_settings as s; k = s().server; v = k.services.db_vacuum; "
    asked += "print(sorted(v.enabled_vacuum_types), v.retention_period.days, k.events.retention_period.days)"
    environment = os.environ | quiet_environment(tmp_path)
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "['events', 'flow_runs', 'orphans'] 7 1", told.stderr


def has_ended(pid):
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_server_that_does_not_answer_is_a_problem_with_its_address(monkeypatch):
    monkeypatch.setattr("flows.orchestrator._ANSWER_SECONDS", 1)
    [port] = free_ports(1)
    before = dict(os.environ)
    settings = Settings(prefect=PrefectSettings(api_url=f"http://127.0.0.1:{port}/api"))
    with pytest.raises(ProblemError) as silence, orchestrator(settings):
        pass
    assert silence.value.kind == ORCHESTRATOR_UNREACHABLE
    assert str(port) in silence.value.problem.detail
    assert dict(os.environ) == before


def test_nothing_is_reported_to_anyone(tmp_path):
    environment = quiet_environment(tmp_path)
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
