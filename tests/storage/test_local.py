"""What only a folder can do wrong."""

import os
import subprocess
import sys

import pytest

from schemas.digest import sha256_hex
from schemas.problem import CONFIGURATION, STORE_FULL, STORE_UNREACHABLE, ProblemError
from storage.local import LocalStore
from tests.storage import faults

KEY = "files/ab/" + "ab" * 32


def run(tmp_path, program: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process that works in the store of *tmp_path*."""
    prelude = """
import sys
from pathlib import Path
from storage.local import LocalStore
store = LocalStore(Path(sys.argv.pop(1)))
"""
    command = [sys.executable, "-c", prelude + program, str(tmp_path / "store"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_an_object_is_a_plain_file_with_its_hash_beside_it(local_store: LocalStore, tmp_path):
    local_store.put(KEY, b"paper")
    path = tmp_path / "store/objects" / KEY
    assert path.read_bytes() == b"paper"
    assert os.getxattr(path, "user.sha256").decode() == sha256_hex(b"paper")


def test_a_copy_of_the_folder_without_attributes_still_works(local_store: LocalStore, tmp_path):
    local_store.put(KEY, b"paper")
    os.removexattr(tmp_path / "store/objects" / KEY, "user.sha256")
    assert local_store.get(KEY) == b"paper"
    assert local_store.stat(KEY).sha256 == sha256_hex(b"paper")
    local_store.put(KEY, b"paper")


def test_a_writer_that_is_killed_leaves_nothing_to_see_and_what_it_left_is_swept_away(local_store, tmp_path):
    os.mkfifo(tmp_path / "endless")
    writer = run(tmp_path, f"store.put_file({KEY!r}, Path(sys.argv[1]), sha256='0' * 64)", str(tmp_path / "endless"))
    with (tmp_path / "endless").open("wb") as pipe:
        pipe.write(bytes(3 * 1024 * 1024))
        assert list(local_store.list("")) == []
        local_store.prepare()
        assert len(drafts(tmp_path)) == 1  # its writer lives
        writer.kill()
        writer.wait()
    assert len(drafts(tmp_path)) == 1
    assert list(local_store.list("")) == []
    local_store.prepare()
    assert drafts(tmp_path) == []
    local_store.put(KEY, b"paper")
    writer.stdout.close()


def drafts(tmp_path):
    return list((tmp_path / "store/drafts").iterdir())


def test_whatever_moment_a_writer_is_killed_at_every_object_is_whole_and_none_that_was_acknowledged_is_lost(
    local_store: LocalStore, tmp_path
):
    program = """for n in range(int(sys.argv[1]), 10_000):
    store.put(f"files/{n % 256:02x}/{n:064x}", str(n).encode() * 1000)
    print(n, flush=True)
"""
    acknowledged = []
    for survives in (1, 12, 37, 58):
        writer = run(tmp_path, program, str(len(acknowledged)))
        acknowledged += [int(writer.stdout.readline()) for _ in range(survives)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()
    local_store.prepare()
    stored = {int(key.rpartition("/")[2], 16): local_store.get(key) for key in local_store.list("")}
    assert set(acknowledged) <= set(stored)
    assert all(content == str(n).encode() * 1000 for n, content in stored.items())
    assert drafts(tmp_path) == []


def test_a_full_disk_stores_nothing_and_it_can_be_tried_again(local_store: LocalStore, tmp_path):
    with pytest.MonkeyPatch.context() as monkeypatch:
        faults.full_disk(monkeypatch)
        with pytest.raises(ProblemError) as caught:
            local_store.put(KEY, b"paper")
    assert caught.value.kind is STORE_FULL
    assert caught.value.kind.transient
    assert list(local_store.list("")) == drafts(tmp_path) == []
    local_store.put(KEY, b"paper")


def test_a_store_that_was_not_mounted_is_unreachable(tmp_path):
    with pytest.raises(ProblemError) as caught:
        LocalStore(tmp_path / "not there").put(KEY, b"paper")
    assert caught.value.kind is STORE_UNREACHABLE


def test_a_store_in_a_place_where_no_folder_can_be_is_a_matter_of_configuration(tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(ProblemError) as caught:
        LocalStore(tmp_path / "store").prepare()
    assert caught.value.kind is CONFIGURATION


def test_names_that_begin_alike_are_listed_in_byte_order(local_store: LocalStore):
    keys = sorted(["a/b", "a-/x", "a-b/c", "a.b/x", "a0/x", "a/b-", "aa/x", "a/b.json"])
    for key in reversed(keys):
        local_store.put(key, b"")
    assert list(local_store.list("")) == keys
    for n, key in enumerate(keys):
        assert list(local_store.list("", start_after=key)) == keys[n + 1 :]
    assert list(local_store.list("a/b")) == ["a/b", "a/b-", "a/b.json"]
