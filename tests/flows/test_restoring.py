"""The restore drill: everything but the backup is destroyed, and the house stands again as it was."""

import shutil

from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import process
from pipeline.digitize import Unwatched
from schemas.audit import AuditEntry
from sohoa.verifying import verify_target
from storage.copying import copy_new
from storage.local import LocalStore
from storage.rebuild import rebuild
from tests.flows.conftest import now
from tests.flows.test_process import NOTICE, clock, manifest_of


def objects(house):
    return {key: house.store.stat(key) for key in house.store.list("")}


def test_from_the_backup_alone_everything_comes_back_and_what_was_waiting_is_done(settings, workers, tmp_path):
    before = settings("B-B", time_stamps=None)
    house, keyring = House.open(before), Keyring.open(before, now())
    waiting = manifest_of(NOTICE).model_copy(update={"station": "vinh-01"})
    receive(house, keyring, waiting, {}, clock)
    house.audit.append(AuditEntry(entry_id="ab" * 16, at=now(), act="lookup", who="api", purpose="1.001193"))
    house.audit.seal(now(), keyring.signing(now))
    backup = LocalStore(tmp_path / "backup" / "store")
    backup.prepare()
    copy_new(house.store, backup)
    shutil.copytree(before.home / "keys", tmp_path / "backup" / "keys")
    stored, indexed, counts = objects(house), list(house.catalog.export()), house.catalog.counts()
    owners = {owner for each in house.warehouse.versions() for owner in owners_of(house, each.record_id)}
    house.catalog.close()
    shutil.rmtree(before.home)

    # A new machine: an empty home, the keys from where they are kept, and the objects copied back.
    shutil.copytree(tmp_path / "backup" / "keys", before.home / "keys")
    again = House.open(before, needs_catalog=False)
    copy_new(backup, again.store)
    made = rebuild(again.inbox, again.warehouse, again.catalog)
    assert (made.counts, made.damaged) == (counts, ())
    assert objects(again) == stored
    assert list(again.catalog.export()) == indexed
    assert all(again.catalog.records_of(owner) for owner in owners)
    records = [each.record_id for each in again.warehouse.versions()]
    assert {verify_target(before, each).verdict for each in records} == {"VALID"}

    [left] = again.catalog.waiting()
    [outcome] = process(again, keyring, workers, [left.submission_id], clock=now, watcher=Unwatched())
    assert outcome.documents[0].status == "duplicate"
    assert again.catalog.counts().waiting == 0


def owners_of(house, record_id):
    return house.warehouse.owner_keys(house.warehouse.record(record_id).value)
