import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.problem import CONFIGURATION, ProblemError
from storage.secrets import keep


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "keys/owner-secret"
    first = keep(path, lambda: os.urandom(32))
    assert first == keep(path, lambda: os.urandom(32)) == path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_everybody_at_first_use_gets_the_same_secret(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: keep(tmp_path / "keys/secret", lambda: os.urandom(32)), range(16)))
    assert len(secrets) == 1


def test_a_secret_that_cannot_be_kept_is_a_matter_of_configuration(tmp_path):
    (tmp_path / "keys").write_text("a file where a folder should be")
    with pytest.raises(ProblemError) as caught:
        keep(tmp_path / "keys/secret", lambda: b"secret")
    assert caught.value.kind is CONFIGURATION
