"""Whatever changes in the store is found within the days that were set, named, and written down."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.digest import sha256_hex
from schemas.report import Fixity
from storage import keys
from storage.fixity import check_fixity
from storage.local import LocalStore
from storage.values import load

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path):
    """A store with forty objects, and the folder that they are in."""
    store = LocalStore(tmp_path)
    store.prepare()
    for number in range(20):
        data = b"%d" % number
        store.put(keys.file(sha256_hex(data)), data)
        store.put(keys.outcome(sha256_hex(data)), data)
    return store, tmp_path / "objects"


def damage(path):
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")


def test_a_sound_store_is_read_as_a_whole_and_a_report_is_kept(kept):
    store, _ = kept
    report = check_fixity(store, NOW, days=1)
    assert (report.objects, report.size, report.damaged) == (40, 60, ())
    (key,) = store.list(keys.FIXITY)
    assert load(store, Fixity, key) == report


def test_each_object_has_its_turn_once_in_a_period(kept):
    store, folder = kept
    before = set(store.list(""))
    for key in before:
        damage(folder / key)
    found = [key for day in range(7) for key in check_fixity(store, NOW + timedelta(days=day), days=7).damaged]
    assert sorted(found) == sorted(before)


def test_what_changed_is_named_and_does_not_stop_the_rest(kept):
    store, folder = kept
    key = keys.file(sha256_hex(b"7"))
    damage(folder / key)
    report = check_fixity(store, NOW, days=1)
    assert (report.objects, report.damaged) == (40, (key,))


def test_a_file_that_was_replaced_together_with_its_hash_is_found_by_its_name(kept):
    store, folder = kept
    key = keys.file(sha256_hex(b"7"))
    (folder / key).unlink()
    store.put(key, b"another")
    assert check_fixity(store, NOW, days=1).damaged == (key,)


def test_what_the_doctor_tries_is_left_out(kept):
    store, folder = kept
    key = keys.contract_check(NOW.date(), "damaged")
    store.put(key, b"tried")
    damage(folder / key)
    assert check_fixity(store, NOW, days=1).damaged == ()
