"""The checks of a store's promises, on stores that keep them and on stores that do not."""

from datetime import date
from pathlib import Path

from storage import keys
from storage.contract import try_out
from storage.local import LocalStore
from storage.port import ObjectStore

TODAY = date(2026, 11, 20)


def test_a_good_store_keeps_every_promise_each_time_it_is_asked(store: ObjectStore):
    for _ in range(2):
        findings = try_out(store, TODAY)
        assert [finding for finding in findings if not finding.ok] == []
    assert len(list(store.list(keys.CONTRACT))) == 2
    assert list(store.list("")) == list(store.list(keys.CONTRACT))
    assert try_out(store, date(2026, 11, 21))[0].ok


class Overwriting(LocalStore):
    """Ignores the condition, as some servers do."""

    def put(self, key, data, *, content_type=""):
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class Forgetful(LocalStore):
    """Lists what it held a while ago."""

    def list(self, prefix, start_after=""):
        return iter(())


def findings_of(kind, folder: Path):
    store = kind(folder)
    store.prepare()
    return {finding.check: finding.ok for finding in try_out(store, TODAY)}


def test_a_store_that_overwrites_is_found_out(tmp_path):
    assert not findings_of(Overwriting, tmp_path)["create-only"]


def test_a_store_that_lists_late_is_found_out(tmp_path):
    assert not findings_of(Forgetful, tmp_path)["list-after-write"]
