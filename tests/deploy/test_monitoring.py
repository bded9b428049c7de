"""Alerts and the dashboard ask for metrics that exist, and the real Prometheus understands them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from flows.house import House
from schemas.settings import Settings
from tests.docs.pages import ROOT, anchors

MONITORING = ROOT / "deploy" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "sohoa.json"
PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Every name of a sample that our doors can tell."""
    from fastapi.testclient import TestClient

    from sohoa.api.app import create_app

    house = House.open(Settings(home=tmp_path_factory.mktemp("home")))
    with TestClient(create_app(house, "token")) as client:
        families = list(text_string_to_metric_families(client.get("/metrics").text))
    return {family.name + part for family in families for part in PARTS[family.type]}


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def asked():
    """Every expression, by where it stands."""
    for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]:
        yield rule["alert"], rule["expr"]
    for panel in panels():
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def test_alerts_and_dashboard_ask_only_for_what_is_told(names):
    expressions = list(asked())
    assert len(expressions) > 40
    for where, expression in expressions:
        wanted = set(re.findall(r"\b(?:sohoa|process)_[a-z_]+\b", expression))
        assert wanted or "up{" in expression, where
        assert wanted <= names, f"{where}: {wanted - names}"


def test_every_alert_leads_to_a_runbook_that_is_there():
    runbooks = re.findall(r"runbook: (\S+)", ALERTS.read_text())
    assert len(runbooks) == ALERTS.read_text().count("- alert: ")
    for runbook in runbooks:
        page, _, anchor = runbook.partition("#")
        assert (ROOT / page).exists()
        assert not anchor or anchor in anchors(ROOT / page), runbook


def test_prometheus_accepts_its_configuration_and_every_expression(tmp_path):
    for arguments in (["check", "config", MONITORING / "prometheus.yml"], ["check", "rules", ALERTS]):
        result = promtool(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
    rules = [{"record": f"panel:{n}", "expr": expression} for n, (_, expression) in enumerate(asked())]
    (tmp_path / "panels.json").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    result = promtool("check", "rules", tmp_path / "panels.json")
    assert result.returncode == 0, result.stdout + result.stderr


def test_alerts_fire_when_they_should_and_only_then():
    result = promtool("test", "rules", Path(__file__).with_name("alerts_test.yml"))
    assert result.returncode == 0, result.stdout + result.stderr


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def test_the_dashboard_is_drawn_without_overlaps_and_cannot_be_changed_by_accident():
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["editable"] is False
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in dashboard["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
