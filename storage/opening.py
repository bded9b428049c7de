"""From settings to things that are ready to use. Doors and flows open what they need once, and pass it on."""

import secrets as randomness
from pathlib import Path

from schemas.problem import CONFIGURATION
from schemas.settings import Settings, StoreSettings
from storage import keys
from storage.catalog import Catalog
from storage.local import LocalStore
from storage.port import ObjectStore
from storage.secrets import keep
from storage.warehouse import Warehouse

_SECRET_BYTES = 32
_SHORTEST_SECRET = 16


def open_store(settings: Settings) -> ObjectStore:
    """Return the object store, ready to use.

    Raises:
        ProblemError: `configuration` or `store-unreachable`.
    """
    store = _s3(settings.store) if settings.store.kind == "s3" else LocalStore(settings.home / "store")
    store.prepare()
    return store


def open_second(settings: Settings) -> ObjectStore | None:
    """Return the second copy of the store, None where there is none; nothing is made there.

    Raises:
        ProblemError: `configuration` when its folder is not there.
    """
    second = settings.fixity.second
    if second is None:
        return None
    if second.kind == "s3":
        return _s3(second)
    if second.folder is None:
        raise CONFIGURATION.error("fixity.second.folder is not said")
    return store_in(second.folder)


def _s3(settings: StoreSettings) -> ObjectStore:
    from storage.s3 import S3Store  # noqa: PLC0415 - slow to import, and a house on a folder does without

    return S3Store(settings)


def store_in(folder: Path) -> ObjectStore:
    """Return the store that a folder holds; nothing is made there.

    Raises:
        ProblemError: `configuration` when it holds none.
    """
    if not (folder / "objects").is_dir():
        raise CONFIGURATION.error("it holds no objects; it is not the folder `store` of a home", file=str(folder))
    return LocalStore(folder)


def owner_secret(settings: Settings) -> bytes:
    """Return the secret behind the owner keys: from the settings, otherwise made once and kept in the home folder.

    Raises:
        ProblemError: `configuration` if it is too short: identifiers are few enough to be tried one by one.
    """
    if settings.owner_secret is None:
        return keep(settings.home / "keys/owner-secret", lambda: randomness.token_hex(_SECRET_BYTES).encode("ascii"))
    secret = settings.owner_secret.get_secret_value().encode("utf-8")
    if len(secret) < _SHORTEST_SECRET:
        raise CONFIGURATION.error(f"owner_secret has {len(secret)} bytes, at least {_SHORTEST_SECRET} are needed")
    return secret


def open_warehouse(settings: Settings, store: ObjectStore) -> Warehouse:
    """Return the warehouse in *store*."""
    return Warehouse(store, owner_secret(settings))


def catalog_at(settings: Settings) -> Catalog:
    """Return the catalog, whether it is there or not: for `sohoa rebuild`."""
    home = settings.home / "catalog.sqlite3"
    return Catalog(settings.catalog.url or f"sqlite:///{home.absolute()}", owner_secret(settings))


def open_catalog(settings: Settings, store: ObjectStore) -> Catalog:
    """Return the catalog, ready to use; an empty store gets an empty one.

    Raises:
        ProblemError: `catalog-missing` if there is none that can be relied on and the store is not empty;
            `catalog-unreachable` or `configuration`.
    """
    catalog = catalog_at(settings)
    if not catalog.is_there() and _is_new(store):
        catalog.create()
    catalog.check()
    return catalog


def _is_new(store: ObjectStore) -> bool:
    """Return whether nothing that the catalog would list was ever stored."""
    return all(next(store.list(prefix), None) is None for prefix in (keys.RECEIPTS, keys.RECORDS))
