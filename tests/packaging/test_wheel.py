"""What is installed is whole: code, data files and sample scans, and nothing that belongs to the workshop."""

import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT],
        check=True,
    )
    [built] = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def tracked(*folders):
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(listed.stdout.splitlines())


def test_every_file_of_the_five_packages_is_in_the_wheel(wheel):
    assert tracked("schemas", "pipeline", "storage", "flows", "sohoa") <= wheel


def test_nothing_of_the_workshop_is_in_the_wheel(wheel):
    assert not [name for name in wheel if name.split("/")[0] in {"tests", "samples", "benchmarks", "docs", "deploy"}]


@pytest.mark.parametrize("package", ["sohoa", "flows", "pipeline", "schemas", "storage"])
def test_no_other_distribution_ships_our_package(package):
    assert set(packages_distributions().get(package, [])) <= {"sohoa"}


def test_lock_files_pin_every_package_by_hash_and_name_no_index():
    for lock in (ROOT / "deploy").glob("*.lock"):
        lines = lock.read_text("utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("--index")]
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
