"""Hostile files at the door: each a clear problem, none a traceback, none more than a gigabyte or a minute."""

import json
import subprocess
import sys

import pytest

from schemas.problem import Exit
from tests.hostile.make import HOSTILE, write_all

GIGABYTE = 1_000_000_000
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Run a command; write the memory of the largest process that had any part in it, in bytes, to a file.

A process is also charged with what its parent had when it was born: this parent is small, that of the tests is not.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    write_all(folder)
    return folder


@pytest.mark.parametrize("verb", ["extract", "ingest"])
def test_every_hostile_file_is_refused_with_a_problem_and_exit_code_2(connected_sohoa, folder, verb):
    sohoa = connected_sohoa()
    files = [str(folder / hostile.name) for hostile in HOSTILE]
    memory = sohoa.home.parent / "memory"
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, memory, *sohoa.command(verb, "--json", *files)],
        env=sohoa.environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in process.stdout.splitlines()]

    assert process.returncode == Exit.REFUSED
    assert "Traceback" not in process.stderr
    assert int(memory.read_text()) < GIGABYTE
    refused = {line["file"]: line["problem"] for line in lines}
    assert set(refused) == set(files)
    for hostile in HOSTILE:
        problem = refused[str(folder / hostile.name)]
        is_folder = (folder / hostile.name).is_dir()  # to `ingest`, a folder is a place to look for scans
        assert problem["type"] == hostile.kind.type or (verb == "ingest" and is_folder)
        assert problem["detail"]
        assert problem["remedy"]
