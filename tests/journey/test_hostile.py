"""Hostile files at the door: each a clear problem, none a traceback, none more than a gigabyte or a minute."""

import json
import os
import subprocess
import tempfile

import pytest

from schemas.problem import Exit
from tests.hostile.make import HOSTILE, write_all

GIGABYTE = 1_000_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    write_all(folder)
    return folder


@pytest.mark.parametrize("verb", ["extract", "ingest"])
def test_every_hostile_file_is_refused_with_a_problem_and_exit_code_2(connected_sohoa, folder, verb):
    sohoa = connected_sohoa()
    files = [str(folder / hostile.name) for hostile in HOSTILE]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as notes:
        process = subprocess.Popen(
            sohoa.command(verb, "--json", *files), env=sohoa.environment, cwd=folder, stdout=output, stderr=notes
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        notes.seek(0)
        lines, said = [json.loads(line) for line in output], notes.read().decode()

    assert process.returncode == Exit.REFUSED
    assert "Traceback" not in said
    assert usage.ru_maxrss * 1024 < GIGABYTE  # of the largest process that had any part in it
    refused = {line["file"]: line["problem"] for line in lines}
    assert set(refused) == set(files)
    for hostile in HOSTILE:
        problem = refused[str(folder / hostile.name)]
        is_folder = (folder / hostile.name).is_dir()  # to `ingest`, a folder is a place to look for scans
        assert problem["type"] == hostile.kind.type or (verb == "ingest" and is_folder)
        assert problem["detail"]
        assert problem["remedy"]
