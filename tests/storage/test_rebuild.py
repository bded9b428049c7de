import stat
from dataclasses import dataclass

import pytest

from schemas.problem import CATALOG_MISSING, CONFIGURATION, OWNER_SECRET_CHANGED, ProblemError
from schemas.settings import Settings
from storage import keys
from storage.catalog import Catalog
from storage.inbox import Inbox
from storage.opening import catalog_at, open_catalog, open_store, open_warehouse, owner_secret
from storage.port import ObjectStore
from storage.rebuild import Rebuilt, catch_up, rebuild
from storage.warehouse import Warehouse
from tests.storage.examples import AN, BINH, SECRET, manifest, on_disk, outcome, receipt, record, sign


@dataclass
class Rooms:
    """A store and a catalog that live through the same day."""

    inbox: Inbox
    warehouse: Warehouse
    catalog: Catalog

    def keep(self, each) -> None:
        self.catalog.keep_record(self.warehouse.keep_record(each, sign))

    def receive(self, folder, content: bytes, *, done: bool) -> None:
        sent = manifest(content)
        self.inbox.submit(sent, on_disk(folder, content))
        given = self.inbox.give_receipt(receipt(sent), sign)
        if done:
            self.inbox.conclude(outcome(sent))
        self.catalog.keep_submission(given.value, keys.manifest(sent), done=done)

    def rebuild(self) -> Rebuilt:
        return rebuild(self.inbox, self.warehouse, self.catalog)


@pytest.fixture
def rooms(store: ObjectStore, tmp_path) -> Rooms:
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    rooms = Rooms(Inbox(store), Warehouse(store, SECRET), catalog)
    rooms.keep(record(b"a", AN, BINH))
    rooms.keep(record(b"b", AN))
    rooms.keep(record(b"b", BINH, version=2))
    rooms.keep(record(b"c", None, status="review"))
    rooms.receive(tmp_path / "in", b"done", done=True)
    rooms.receive(tmp_path / "in", b"waits", done=False)
    rooms.inbox.submit(manifest(b"no receipt"), on_disk(tmp_path / "in", b"no receipt"))
    return rooms


def test_a_rebuilt_catalog_equals_the_one_that_was_lost(rooms: Rooms, tmp_path):
    before, counts = list(rooms.catalog.export()), rooms.catalog.counts()
    rooms.catalog.close()
    for file in tmp_path.glob("catalog.sqlite3*"):
        file.unlink()
    assert rooms.rebuild() == Rebuilt(counts, removed=0, added=len(before))
    assert list(rooms.catalog.export()) == before


def test_rebuilding_a_right_catalog_changes_nothing(rooms: Rooms):
    before = list(rooms.catalog.export())
    assert rooms.rebuild() == Rebuilt(rooms.catalog.counts(), removed=0, added=0)
    assert list(rooms.catalog.export()) == before


def test_what_the_store_does_not_bear_out_is_removed_and_what_was_missed_is_added(rooms: Rooms):
    rooms.catalog.keep_record(record(b"never stored"))
    rooms.warehouse.keep_record(record(b"missed", AN), sign)
    rebuilt = rooms.rebuild()
    assert (rebuilt.removed, rebuilt.added) == (2, 3)  # a record without owners and its number; those and an owner
    assert record(b"missed").record_id in [
        row.record_id for row in rooms.catalog.records_of(keys.owner_key(AN, SECRET))
    ]


def test_what_comes_in_during_a_rebuild_is_not_lost(rooms: Rooms):
    late = record(b"late", BINH)

    class Busy(Warehouse):
        def versions(self):
            yield from list(super().versions())
            rooms.keep(late)

    rebuild(rooms.inbox, Busy(rooms.warehouse.store, SECRET), rooms.catalog)
    assert rooms.catalog.version_of(late.record_id) == 1


def test_what_is_damaged_keeps_nothing_else_from_being_found(rooms: Rooms, damage):
    damaged = [
        keys.record(record(b"b").record_id, 2),
        keys.receipt(manifest(b"waits").submission_id),
        keys.outcome(manifest(b"done").submission_id),
    ]
    for key in damaged:
        damage(key, b"a bad sector")
    rebuilt = rooms.rebuild()
    assert len(rebuilt.damaged) == len(damaged)
    assert all(said.startswith(key) for said, key in zip(sorted(rebuilt.damaged), sorted(damaged), strict=True))
    assert (rebuilt.counts.records, rebuilt.counts.submissions) == (2, 0)
    assert rooms.catalog.version_of(record(b"a").record_id) == 1
    assert catch_up(rooms.inbox, rooms.warehouse, rooms.catalog) == rebuilt.damaged
    assert not any(secret in str(rebuilt.damaged) for secret in (AN.digits, BINH.digits, "195/2016"))


def test_an_interrupted_rebuild_leaves_no_half_catalog(rooms: Rooms, tmp_path):
    class Interrupted(Warehouse):
        def versions(self):
            yield next(super().versions())
            raise KeyboardInterrupt

    before = list(rooms.catalog.export())
    interrupted = Interrupted(rooms.warehouse.store, SECRET)
    with pytest.raises(KeyboardInterrupt):
        rebuild(rooms.inbox, interrupted, rooms.catalog)
    assert list(rooms.catalog.export()) == before
    elsewhere = Catalog(f"sqlite:///{tmp_path / 'other.sqlite3'}", SECRET)
    with pytest.raises(KeyboardInterrupt):
        rebuild(rooms.inbox, interrupted, elsewhere)
    assert not elsewhere.is_there()


def test_a_new_secret_needs_a_rebuild_and_then_finds_everything(rooms: Rooms, tmp_path):
    secret = b"a secret made after the fire"
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", secret)
    with pytest.raises(ProblemError) as caught:
        catalog.check()
    assert caught.value.kind is OWNER_SECRET_CHANGED
    rebuild(rooms.inbox, Warehouse(rooms.warehouse.store, secret), catalog)
    catalog.check()
    assert len(catalog.records_of(keys.owner_key(BINH, secret))) == 2


# --- opening ---------------------------------------------------------------------------------------------------
@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path / "home with spaces & signs?")


def test_an_empty_store_gets_an_empty_catalog(settings: Settings):
    store = open_store(settings)
    open_catalog(settings, store).close()
    assert open_catalog(settings, store).counts().records == 0


def test_a_store_with_records_and_no_catalog_says_what_to_do(settings: Settings):
    store = open_store(settings)
    warehouse = open_warehouse(settings, store)
    warehouse.keep_record(record(b"a", AN), sign)
    with pytest.raises(ProblemError) as caught:
        open_catalog(settings, store)
    assert caught.value.kind is CATALOG_MISSING
    assert "sohoa rebuild" in caught.value.problem.remedy
    rebuild(Inbox(store), warehouse, catalog_at(settings))
    assert open_catalog(settings, store).counts().records == 1


def test_what_a_home_folder_holds_is_for_its_user_alone(settings: Settings):
    open_store(settings)
    owner_secret(settings)
    catalog_at(settings).create()
    for folder in (settings.home, settings.home / "store", settings.home / "keys"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_home_folder_that_is_there_stays_as_open_as_it_was_made(settings: Settings):
    settings.home.mkdir()
    settings.home.chmod(0o750)
    open_store(settings)
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o750


def test_a_warehouse_opened_again_finds_the_same_owners(settings: Settings):
    store = open_store(settings)
    assert open_warehouse(settings, store).owner_key(AN) == open_warehouse(settings, store).owner_key(AN)
    assert len(owner_secret(settings)) >= 32


def test_a_short_owner_secret_is_refused(settings: Settings):
    with pytest.raises(ProblemError) as caught:
        owner_secret(Settings(home=settings.home, owner_secret="short"))
    assert caught.value.kind is CONFIGURATION


def test_an_s3_store_is_opened_by_its_settings(s3_server, tmp_path):
    store = open_store(Settings(home=tmp_path, store=s3_server.settings("opened-by-settings")))
    store.put("files/a", b"paper")
    assert store.get("files/a") == b"paper"
