from io import BytesIO
from itertools import count
from pathlib import Path

import pytest

from storage.local import LocalStore
from storage.port import ObjectStore
from storage.s3 import S3Store
from tests.servers import S3Server

_buckets = (f"bucket-{n:04d}" for n in count())


@pytest.fixture
def s3_store(s3_server: S3Server) -> S3Store:
    store = S3Store(s3_server.settings(next(_buckets)))
    store.prepare()
    return store


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path / "store")
    store.prepare()
    return store


@pytest.fixture(params=["local_store", "s3_store"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """An empty object store; each test runs with both adapters."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def damage(store: ObjectStore, tmp_path: Path):
    """Return a function that changes stored bytes behind the store's back, as a bad disk would."""

    def in_folder(key: str, content: bytes) -> None:
        with (tmp_path / "store/objects" / key).open("rb+") as file:
            file.write(content)

    def in_bucket(key: str, content: bytes) -> None:
        held = store._client.stat_object(bucket_name=store._bucket, object_name=key).metadata["x-amz-meta-sha256"]
        store._client.put_object(
            bucket_name=store._bucket,
            object_name=key,
            data=BytesIO(content),
            length=len(content),
            metadata={"sha256": held},
        )

    return in_folder if isinstance(store, LocalStore) else in_bucket
