"""The commands on the pages are run, page by page, in a folder that looks like a fresh clone after `make demo`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sohoa.demo import SCANS
from tests.docs.pages import PAGES, blocks, name_of
from tests.servers import free_ports

_SECONDS = 600


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")], ids=name_of)
def test_the_commands_of_a_page_do_what_they_should(page, tmp_path, prefect_url):
    clone(tmp_path)
    script = tmp_path / "page.sh"
    script.write_text("".join(f"# {name_of(page)}, line {block.line}\n{block.text}" for block in blocks(page, "sh")))
    [port] = free_ports(1)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOHOA_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SOHOA_PREFECT__API_URL": prefect_url,  # so that not every page has to start a server
        "SOHOA_API__PORT": str(port),
    }
    log = tmp_path / "page.log"
    with log.open("w") as output:
        shell = subprocess.Popen(
            ["bash", "-euxo", "pipefail", script],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0,
        )  # fmt: skip
        try:
            code = shell.wait(_SECONDS)
        finally:
            end_group(shell)
    assert code == 0, log.read_text("utf-8", "replace")


def clone(folder: Path) -> None:
    """Give *folder* what the pages take for granted: the environment and the bundled scans."""
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    (folder / "sohoa" / "demo").mkdir(parents=True)
    (folder / "sohoa" / "demo" / "scans").symlink_to(SCANS)


def end_group(shell: subprocess.Popen[bytes]) -> None:
    """End what a page that failed halfway left running in the background."""
    try:
        os.killpg(shell.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        shell.wait()
