"""Whatever changes in the store is found within the days that were set, named, and written down."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from schemas.digest import sha256_hex
from schemas.problem import ProblemError
from schemas.report import Fixity
from schemas.settings import Settings
from storage import keys
from storage.fixity import check_fixity
from storage.local import LocalStore
from storage.opening import open_second
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


# --- what is gone, and the second copy ---------------------------------------------------------------------------
@pytest.fixture
def second(kept, tmp_path):
    """A second copy of the store, made as docs/operations.md says."""
    folder = tmp_path / "second"
    folder.mkdir()
    subprocess.run(["cp", "-a", tmp_path / "objects", folder], check=True)
    return LocalStore(folder), folder / "objects"


def test_what_is_gone_shows_at_its_next_turn_even_without_a_second_copy(kept):
    store, folder = kept
    for day in range(7):
        assert check_fixity(store, NOW + timedelta(days=day), days=7).is_sound
    (folder / keys.outcome(sha256_hex(b"7"))).unlink()
    found = [check_fixity(store, NOW + timedelta(days=day), days=7) for day in range(7, 14)]
    assert [report.fewer for report in found if report.fewer] == [{"outcomes": 1}]
    assert sum(not report.is_sound for report in found) == 1


def test_what_is_damaged_or_gone_is_put_back_from_the_second_copy(kept, second):
    store, folder = kept
    assert check_fixity(store, NOW, days=1).is_sound
    changed, gone = keys.file(sha256_hex(b"7")), keys.outcome(sha256_hex(b"8"))
    damage(folder / changed)
    (folder / gone).unlink()
    report = check_fixity(store, NOW, days=1, second=second[0])
    assert report.is_sound
    assert sorted(report.mended) == sorted([changed, gone])
    assert (store.get(changed), store.get(gone)) == (b"7", b"8")
    assert check_fixity(store, NOW, days=1).is_sound


def test_what_is_damaged_in_both_copies_is_named_and_left_alone(kept, second):
    store, folder = kept
    key = keys.file(sha256_hex(b"7"))
    for place in (folder, second[1]):
        damage(place / key)
    report = check_fixity(store, NOW, days=1, second=second[0])
    assert (report.damaged, report.mended) == ((key,), ())


def test_a_second_copy_that_says_something_else_mends_nothing(kept, second):
    store, folder = kept
    key = keys.outcome(sha256_hex(b"7"))
    damage(folder / key)
    (second[1] / key).unlink()
    second[0].prepare()
    second[0].put(key, b"something else")
    assert check_fixity(store, NOW, days=1, second=second[0]).damaged == (key,)


def test_the_second_copy_of_the_settings_is_opened_and_a_missing_one_is_said(kept, second):
    folder = second[1].parent
    settings = Settings.load({"SOHOA_FIXITY__SECOND__FOLDER": str(folder)}).settings
    assert set(open_second(settings).list("")) == set(kept[0].list(""))
    assert open_second(Settings()) is None
    with pytest.raises(ProblemError, match="not the folder"):
        open_second(Settings.load({"SOHOA_FIXITY__SECOND__FOLDER": str(folder / "objects")}).settings)
    with pytest.raises(ProblemError, match="also needs folder"):
        Settings.load({"SOHOA_FIXITY__SECOND__KIND": "local"})


def test_what_the_doctor_tries_is_left_out(kept):
    store, folder = kept
    key = keys.contract_check(NOW.date(), "damaged")
    store.put(key, b"tried")
    damage(folder / key)
    assert check_fixity(store, NOW, days=1).damaged == ()
