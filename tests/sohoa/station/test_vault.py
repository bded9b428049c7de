"""Files at rest."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.digest import sha256_hex
from schemas.problem import ProblemError
from sohoa.station.vault import Vault

KEY = bytes(range(32))
PIECE = 64 * 1024
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17]


def kept(vault, content):
    draft = vault.draft([content[:10], content[10:]])
    vault.keep([draft])
    return draft


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path, KEY)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_kept_is_read_back(vault, size):
    content = os.urandom(size)
    draft = kept(vault, content)
    assert (draft.sha256, draft.size) == (sha256_hex(content), size)
    with vault.open(draft.name) as file:
        assert file.read() == content


@given(size=st.sampled_from(SIZES), offset=st.integers(0, 4 * PIECE), length=st.integers(0, 2 * PIECE))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_is_read_from_any_offset(vault, size, offset, length):
    content = bytes(number % 251 for number in range(size))
    with vault.open(kept(vault, content).name) as file:
        file.seek(offset)
        assert file.read(length) == content[offset : offset + length]


def test_nothing_on_the_disk_is_readable(vault, tmp_path):
    secret = b"NGUYEN VAN AN 040095001234" * 100
    kept(vault, secret)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"NGUYEN" not in written
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def flipped(data):
    return bytes([*data[:-40], data[-40] ^ 1, *data[-39:]])


def swapped(data):
    first, second = slice(16, 16 + PIECE + 16), slice(16 + PIECE + 16, 16 + 2 * (PIECE + 16))
    return data[:16] + data[second] + data[first] + data[second.stop :]


@pytest.mark.parametrize(
    "damage",
    [flipped, swapped, lambda data: data[:-1], lambda data: data[: 16 + PIECE + 16], lambda data: data[:16], lambda data: b"",
     lambda data: data + b"x"],
    ids=["flipped", "swapped", "cut by a byte", "cut at a piece", "cut to the salt", "emptied", "grown"],
)  # fmt: skip
def test_damage_is_noticed(vault, tmp_path, damage):
    path = tmp_path / "files" / kept(vault, os.urandom(2 * PIECE + 100)).name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ProblemError, match="damaged") as refused, vault.open(path.name) as file:
        file.read()
    assert refused.value.kind.slug == "integrity-mismatch"


def test_drafts_of_killed_writers_go_and_those_of_living_ones_stay(vault, tmp_path):
    old, new = vault.draft([b"a"]).name, vault.draft([b"b"]).name
    os.utime(tmp_path / "drafts" / old, (0, 0))
    vault.sweep_drafts()
    assert [path.name for path in (tmp_path / "drafts").iterdir()] == [new]


def test_the_sweep_leaves_what_is_referred_to(vault, tmp_path):
    names = [kept(vault, content).name for content in (b"a", b"b")]
    vault.sweep({names[0]})
    assert [path.name for path in (tmp_path / "files").iterdir()] == names[:1]
