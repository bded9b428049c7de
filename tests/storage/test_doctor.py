"""The checks of a store's promises, on stores that keep them and on stores that do not."""

from datetime import UTC, date, datetime
from pathlib import Path

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.objectlockconfig import DAYS, ObjectLockConfig

from schemas.report import StoreCheck
from storage import keys
from storage.contract import check_store, try_out
from storage.local import LocalStore
from storage.port import ObjectStore
from storage.s3 import S3Store

TODAY = date(2026, 11, 20)


def test_a_good_store_keeps_every_promise_each_time_it_is_asked(store: ObjectStore):
    for _ in range(2):
        findings = try_out(store, TODAY)
        assert [finding for finding in findings if finding.needed and not finding.ok] == []
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


def test_what_was_found_is_kept_with_the_server_that_it_was_found_of(store: ObjectStore):
    result = check_store(store, datetime(2026, 11, 20, 3, tzinfo=UTC))
    [key] = [key for key in store.list(keys.CONTRACT) if key.endswith(keys.DATA)]
    assert StoreCheck.model_validate_json(store.get(key)) == result
    assert result.exit_code == 0
    assert result.server == "local folder" or "Seaweed" in result.server


def test_a_broken_promise_has_its_exit_code_and_one_that_is_not_needed_has_none(tmp_path):
    store = Overwriting(tmp_path)
    store.prepare()
    result = check_store(store, datetime(2026, 11, 20, 3, tzinfo=UTC))
    assert result.exit_code == 24
    wished = result.promises[0].model_copy(update={"needed": False})
    assert result.model_copy(update={"promises": (wished,)}).exit_code == 0


def test_a_bucket_that_locks_its_objects_is_told_from_one_whose_owner_may_delete(s3_server):
    settings = s3_server.settings("locked-objects")
    client = Minio(
        endpoint=settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key.get_secret_value(),
        secure=False,
    )
    client.make_bucket(bucket_name="locked-objects", object_lock=True)
    lock = ObjectLockConfig(COMPLIANCE, 1, DAYS)
    client.set_object_lock_config(bucket_name="locked-objects", config=lock)
    open_ = S3Store(s3_server.settings("open-objects"))
    open_.prepare()
    for store, is_kept in ((S3Store(settings), True), (open_, False)):
        assert {each.check: each.ok for each in try_out(store, TODAY)}["no-deletion"] is is_kept
