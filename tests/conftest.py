"""What tests share: real servers, started when first asked for, and a `sohoa` that runs as its users run it."""

import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

from flows.keyring import Keyring
from flows.orchestrator import own_key, quiet_environment, server
from pipeline.workers import Workers
from schemas.settings import Limits, Settings
from sohoa.cli import main
from tests.pki import running_pki
from tests.pki.softhsm import token_with
from tests.servers import clamd, postgres, seaweedfs

settings.register_profile("sohoa", deadline=None, print_blob=True)  # machines are busy; rules are not about time
settings.load_profile("sohoa")

MAKE_TABLES = """
import asyncio
from prefect.server.database.dependencies import provide_database_interface
asyncio.run(provide_database_interface().create_db())
"""
SOHOA = Path(sys.executable).with_name("sohoa")


def pytest_collection_modifyitems(items):
    """Begin files with long tests first: none is left to run alone when all others have ended."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    """A real S3 server over a socket."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server():
    """A real PostgreSQL server over a socket."""
    with postgres() as running:
        yield running


@pytest.fixture(scope="session")
def antivirus(tmp_path_factory):
    """A real clamd over a socket: its address."""
    with clamd(tmp_path_factory.mktemp("clamd")) as address:
        yield address


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """Certificates of all sorts, and the services that answer for them."""
    with running_pki(tmp_path_factory.mktemp("pki")) as running:
        yield running


@pytest.fixture(scope="session")
def keys_made(tmp_path_factory):
    """The folder of self-made keys, which any home can be given: making some takes a while."""
    home = tmp_path_factory.mktemp("keys")
    Keyring.open(Settings(home=home), datetime.now(UTC))
    return home / "keys"


@pytest.fixture(scope="session")
def keyring(keys_made):
    """Keys that any house can be given."""
    return Keyring.open(Settings(home=keys_made.parent), datetime.now(UTC))


@pytest.fixture(scope="session")
def workers():
    """Processes that read pages, for tests that are not about them: to start one costs more than to read a page."""
    with Workers(2, Limits()) as pool:
        yield pool


@pytest.fixture(scope="session")
def tokens(pki, tmp_path_factory):
    """A token that holds keys of the test PKI: settings by label."""
    return token_with(pki, tmp_path_factory.mktemp("softhsm"), "good", "rsa", "expired")


@pytest.fixture(scope="session")
def prefect_tables(tmp_path_factory):
    """A folder with Prefect's empty database, made once for all workers: it takes a hundred migrations to make one."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prefect-tables"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            environment = os.environ | quiet_environment(folder)
            subprocess.run([sys.executable, "-c", MAKE_TABLES], env=environment, check=True)
            (folder / "done").touch()
    return folder / "prefect"


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory, prefect_tables):
    """A real Prefect server, so that not every command has to start one."""
    home = tmp_path_factory.mktemp("prefect")
    shutil.copytree(prefect_tables, home / "prefect")
    with server(home) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_AUTH_STRING", own_key(home))
        yield url


@pytest.fixture
def browser():
    """Debian's Chromium, with nobody to talk to but the pages that it is shown."""
    alone = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", *alone],  # root has no sandbox
        )
        yield browser
        browser.close()


class Sohoa:
    """The command line, in a home of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = {**os.environ, "SOHOA_HOME": str(home), "SOHOA_OWNER_SECRET": "a secret of the tests"}
        self.environment |= environment

    def command(self, *words: object) -> Sequence[str]:
        return [str(SOHOA), *map(str, words)]

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.home.parent,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def here(self) -> "SohoaHere":
        """The same in this process."""
        return SohoaHere(self.home, **self.environment)

    def lines(self, *words: object) -> list[dict]:
        """Run with `--json` and return the objects that were printed."""
        run = self(*words, "--json")
        objects = [json.loads(line) for line in run.stdout.splitlines()]
        assert not [each for each in objects if set(each) == {"problem"}], run.stdout + run.stderr
        return objects


class SohoaHere(Sohoa):
    """The command line in this process, for what has nothing to do with processes: most of a short verb is starting."""

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = list(map(str, words))
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            chdir(self.home.parent),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(command)
        printed = (stream.buffer.getvalue().decode() for stream in (out, err))
        return subprocess.CompletedProcess(command, ended.value.code, *printed)


@pytest.fixture
def sohoa(tmp_path):
    """The command line with everything embedded."""
    return Sohoa(tmp_path / "home")


@pytest.fixture
def sohoa_here(tmp_path):
    """Return the same without a process of its own."""
    return SohoaHere(tmp_path / "home")


@pytest.fixture
def connected_sohoa(tmp_path, prefect_url):
    """Return a function that gives the command line in another home, using the running Prefect server."""
    return lambda name="home", **environment: Sohoa(tmp_path / name, SOHOA_PREFECT__API_URL=prefect_url, **environment)
