"""A store is copied, back and forth, and nothing is written twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.problem import INTEGRITY_MISMATCH, STORE_CONFLICT, ProblemError
from schemas.report import Copied
from storage.copying import copy_new, missing
from storage.local import LocalStore


@pytest.fixture
def kept(tmp_path):
    kept = LocalStore(tmp_path / "kept")
    kept.prepare()
    return kept


def contents(store):
    return {key: (store.stat(key), store.get(key)) for key in store.list("")}


def test_what_is_copied_there_and_back_is_what_it_was_and_only_what_is_new_is_copied(store, kept, tmp_path):
    for number in range(30):
        store.put(f"files/{number:02d}/x", b"%d" % number)
    store.put("contract/20260331/tried", b"this is about that store alone")
    assert copy_new(store, kept) == Copied(objects=30, size=50)
    store.put("outcomes/late.json", b"{}")
    assert copy_new(store, kept) == Copied(objects=1, size=2)
    assert copy_new(store, kept) == Copied(objects=0, size=0)
    back = LocalStore(tmp_path / "back")
    back.prepare()
    copy_new(kept, back)
    assert contents(back) == contents(kept) == {k: v for k, v in contents(store).items() if "contract" not in k}


def test_damage_is_noticed_on_the_way_and_nothing_is_overwritten(kept, tmp_path):
    source = LocalStore(tmp_path / "source")
    source.prepare()
    source.put("files/aa/x", b"paper")
    path = tmp_path / "source" / "objects" / "files" / "aa" / "x"
    path.chmod(0o600)
    path.write_bytes(b"Paper")
    with pytest.raises(ProblemError) as damage:
        copy_new(source, kept)
    assert damage.value.kind is INTEGRITY_MISMATCH
    assert list(kept.list("")) == []
    kept.put("files/aa/x", b"another")
    assert copy_new(source, kept).objects == 0
    with pytest.raises(ProblemError) as conflict:
        kept.put("files/aa/x", b"paper")
    assert conflict.value.kind is STORE_CONFLICT


keys = st.sets(st.text("ab/-.", min_size=1, max_size=4))


@given(keys, keys)
def test_what_is_missing_is_the_difference_of_two_listings(source, target):
    assert set(missing(sorted(source), sorted(target))) == source - target
