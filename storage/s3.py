"""The object store in an S3 bucket, through `minio`.

Every write, but for mending, is a single-part PUT with `If-None-Match: *`, so the server decides who is first, and
with the SHA-256 of the bytes, so that it refuses what was damaged on the way. The hash is also kept as metadata and
checked on every read.
Any PUT may be sent again: if the answer to the first was lost, the second is told that the object exists, and we look.
"""

import mmap
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256 as new_sha256
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import Object
from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from schemas.digest import Sha256, sha256_hex
from schemas.problem import (
    CLOCK_WRONG,
    CONFIGURATION,
    INTEGRITY_MISMATCH,
    STORE_CONFLICT,
    STORE_CONTRACT,
    STORE_FULL,
    STORE_UNREACHABLE,
    Kind,
    ProblemError,
)
from schemas.settings import StoreSettings
from storage import chunks, keys
from storage.port import BYTES, ObjectInfo, ObjectMissingError, ObjectStore

_SHA256 = "x-amz-meta-sha256"
_ASK_FIRST_BYTES = 1024 * 1024
_OPEN_FOR = timedelta(minutes=1)
_CONTENDED = frozenset({409, 412})
_REFUSED = frozenset({400, 403, 405, 409})
"""Answers that refuse a deletion: not allowed, locked, not offered."""
_PAUSES = (0.1, 0.4, 1.6)
"""Seconds between looks at a name that another writer has taken but not yet filled."""

_CODES: dict[str | None, Kind] = {
    "BadDigest": INTEGRITY_MISMATCH,
    "InvalidDigest": INTEGRITY_MISMATCH,
    "XAmzContentChecksumMismatch": INTEGRITY_MISMATCH,
    "XAmzContentSHA256Mismatch": INTEGRITY_MISMATCH,
    "EntityTooLarge": STORE_CONTRACT,
    "NotImplemented": STORE_CONTRACT,
    "QuotaExceeded": STORE_FULL,
    "XMinioStorageFull": STORE_FULL,
    "OperationAborted": STORE_UNREACHABLE,
    "RequestTimeTooSkewed": CLOCK_WRONG,
    "RequestTimeout": STORE_UNREACHABLE,
}
"""What an S3 error code means; of the others, server errors may pass and the rest need a person."""


class S3Store(ObjectStore):
    """Objects in one bucket."""

    def __init__(self, settings: StoreSettings) -> None:
        """Use the server and the bucket of *settings*; nothing is sent yet."""
        self._bucket = settings.bucket
        self._region = settings.region
        self._where = f"bucket {settings.bucket} at {settings.endpoint}"
        try:
            self._client = Minio(
                endpoint=settings.endpoint or "",
                access_key=settings.access_key,
                secret_key=settings.secret_key.get_secret_value() if settings.secret_key else None,
                secure=settings.secure,
                region=settings.region,  # otherwise it asks for the bucket's location, which few credentials may do
                http_client=_pool(),
            )
            public = urlsplit(settings.public_url or "")
            self._public = public.netloc and Minio(
                endpoint=public.netloc,
                access_key=settings.access_key,
                secret_key=settings.secret_key.get_secret_value() if settings.secret_key else None,
                secure=public.scheme == "https",
                region=settings.region,
            )
        except ValueError as error:
            raise CONFIGURATION.error(f"store.endpoint: {error}") from error

    def prepare(self) -> None:
        """Create the bucket if it is missing and the credentials allow it."""
        with self._our_errors():
            if self._client.bucket_exists(bucket_name=self._bucket):
                return
            try:
                self._client.make_bucket(bucket_name=self._bucket, location=self._region)
            except S3Error as error:
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                    raise

    def put(self, key: str, data: bytes, *, content_type: str = BYTES) -> None:
        """See the port."""
        self._create(keys.checked(key), data, sha256_hex(data), content_type)

    def put_file(self, key: str, path: Path, *, sha256: Sha256, content_type: str = BYTES) -> None:
        """See the port."""
        for _ in chunks.checked(chunks.of_file(path), sha256, name=str(path)):
            pass
        size = path.stat().st_size
        # Asked first, where it is much: sending a paper twice is common, and it may be 200 MB.
        stored = self.stat(key) if size > _ASK_FIRST_BYTES else None
        if stored is not None:
            _same_or_conflict(key, stored, sha256)
        elif size == 0:
            self._create(key, b"", sha256, content_type)
        else:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                self._create(key, content, sha256, content_type)

    def read(self, key: str, sha256: Sha256 | None = None) -> Iterator[bytes]:
        """See the port."""
        keys.checked(key)
        with self._our_errors():
            try:
                response = self._client.get_object(bucket_name=self._bucket, object_name=key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    raise ObjectMissingError(key) from error
                raise
        stored = self._stored_chunks(response)
        expected = sha256 or response.headers.get(_SHA256)
        return stored if expected is None else chunks.checked(stored, expected, name=key)

    def address(self, key: str, content_type: str) -> str | None:
        """See the port. Signed here: the server is not asked."""
        if not self._public:
            return None
        told: dict[str, str | list[str] | tuple[str]] = {
            "response-content-type": content_type,
            "response-cache-control": "private, no-store",
        }
        address: str = self._public.presigned_get_object(
            bucket_name=self._bucket, object_name=keys.checked(key), expires=_OPEN_FOR, response_headers=told
        )
        return address

    def mend(self, key: str, data: bytes) -> None:
        """See the port. Where the bucket keeps versions, the damaged one stays below."""
        sha256, found = sha256_hex(data), self._found(key)
        if found is not None and (found.metadata or {}).get(_SHA256, sha256) != sha256:
            raise STORE_CONFLICT.error(key)
        with self._our_errors():
            self._put(key, data, sha256, {"Content-Type": (found and found.content_type) or BYTES})

    def stat(self, key: str) -> ObjectInfo | None:
        """See the port."""
        found = self._found(key)
        if found is None:
            return None
        recorded = (found.metadata or {}).get(_SHA256)
        return ObjectInfo(found.size or 0, recorded or self._digest(key))

    def _found(self, key: str) -> Object | None:
        keys.checked(key)
        with self._our_errors():
            try:
                return self._client.stat_object(bucket_name=self._bucket, object_name=key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    return None
                raise

    def list(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """See the port."""
        with self._our_errors():
            for found in self._client.list_objects(
                bucket_name=self._bucket, prefix=prefix, recursive=True, start_after=start_after or None
            ):
                yield str(found.object_name)

    def refuses_damaged_bytes(self, key: str) -> bool:
        """Return whether the server checks a checksum: *key* gets a PUT whose bytes do not have their hash.

        For `sohoa doctor`. A server that does not check it stores the object; then its bytes and its hash never agree.
        """
        try:
            self._create(keys.checked(key), b"damaged", sha256_hex(b"whole"), BYTES)
        except ProblemError as error:
            if error.kind is INTEGRITY_MISMATCH:
                return True
            raise
        return False

    def refuses_deletion(self, key: str) -> bool:
        """Return whether an object cannot be deleted, by these credentials or under this lock: *key* is tried.

        For `sohoa store check`, and the only deletion that there is. Where the bucket keeps versions, it is the version
        itself that would go.
        """
        self.put(key, b"to be kept")
        with self._our_errors():
            version = self._client.stat_object(bucket_name=self._bucket, object_name=key).version_id
            try:
                self._client.remove_object(bucket_name=self._bucket, object_name=key, version_id=version)
            except S3Error as error:
                if error.response.status in _REFUSED:
                    return True
                raise
        return self.stat(key) is not None

    def server(self, key: str) -> str:
        """Return what the server says that it is, where it hands out the object under *key*."""
        with self._our_errors():
            response = self._client.get_object(bucket_name=self._bucket, object_name=key)
            try:
                return str(response.headers.get("Server") or "does not say")
            finally:
                response.close()
                response.release_conn()

    def _create(self, key: str, content: bytes | mmap.mmap, sha256: Sha256, content_type: str) -> None:
        for pause in (*_PAUSES, 0.0):
            with self._our_errors():
                try:
                    self._put_if_absent(key, content, sha256, content_type)
                except S3Error as error:
                    if error.response.status not in _CONTENDED:
                        raise
                else:
                    return
            stored = self.stat(key)
            if stored is not None:
                _same_or_conflict(key, stored, sha256)
                return
            time.sleep(pause)
        raise STORE_UNREACHABLE.error(f"{self._where}: another writer holds the name {key} and does not finish")

    def _put_if_absent(self, key: str, content: bytes | mmap.mmap, sha256: Sha256, content_type: str) -> None:
        """Send the one kind of write that creates an object.

        Through a private method, for want of a public one: `put_object` of minio 7 makes every header that it does not
        know into metadata, `x-amz-meta-if-none-match`, and the server then overwrites without a word.
        """
        if isinstance(content, mmap.mmap):
            content.seek(0)
        self._put(key, content, sha256, {"Content-Type": content_type, "If-None-Match": "*"})

    def _put(self, key: str, content: bytes | mmap.mmap, sha256: Sha256, headers: dict[str, str]) -> None:
        checked = {"x-amz-checksum-sha256": b64encode(bytes.fromhex(sha256)).decode("ascii"), _SHA256: sha256}
        self._client._put_object(self._bucket, key, content, headers | checked)  # type: ignore[arg-type]  # noqa: SLF001 - see above; a map of a file has len() and read()

    def _stored_chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            with self._our_errors():
                yield from response.stream(chunks.SIZE)
        finally:
            response.close()
            response.release_conn()

    def _digest(self, key: str) -> Sha256:
        found = new_sha256()
        for chunk in self.read(key):
            found.update(chunk)
        return found.hexdigest()

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            passing = error.response.status >= 500  # noqa: PLR2004 - HTTP: the server's fault
            kind = _CODES.get(error.code, STORE_UNREACHABLE if passing else CONFIGURATION)
            raise kind.error(f"{self._where}: {error.code}: {error.message}") from error
        except ServerError as error:
            raise STORE_UNREACHABLE.error(f"{self._where}: {error}") from error
        except InvalidResponseError as error:
            raise CONFIGURATION.error(f"{self._where}: this is not an S3 server: {error}") from error
        except HTTPError as error:
            untrusted = isinstance(error, MaxRetryError) and isinstance(error.reason, SSLError)
            raise (CONFIGURATION if untrusted else STORE_UNREACHABLE).error(f"{self._where}: {error}") from error


def _same_or_conflict(key: str, stored: ObjectInfo, sha256: Sha256) -> None:
    if stored.sha256 != sha256:
        raise STORE_CONFLICT.error(key)


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        maxsize=32,
        blocksize=chunks.SIZE,
        timeout=urllib3.Timeout(connect=5, read=60),
        retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=[429, 500, 502, 503, 504]),
    )
