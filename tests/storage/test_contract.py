"""What every object store must do: each test runs against a folder and against a real S3 server."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.digest import sha256_hex
from schemas.problem import FILE_MISSING, INTEGRITY_MISMATCH, STORE_CONFLICT, Kind, ProblemError
from storage.port import ObjectInfo, ObjectMissingError, ObjectStore

KEY = "files/ab/" + "ab" * 32


def test_what_was_put_comes_back(store: ObjectStore):
    store.put(KEY, b"paper")
    assert store.get(KEY) == b"paper"
    assert store.stat(KEY) == ObjectInfo(5, sha256_hex(b"paper"))


def test_an_empty_object_is_an_object(store: ObjectStore, tmp_path):
    (tmp_path / "empty").touch()
    store.put(KEY, b"")
    store.put_file("files/cd/empty", tmp_path / "empty", sha256=sha256_hex(b""))
    assert store.get(KEY) == store.get("files/cd/empty") == b""
    assert store.stat(KEY) == ObjectInfo(0, sha256_hex(b""))


def test_the_same_content_again_succeeds(store: ObjectStore):
    store.put(KEY, b"paper")
    store.put(KEY, b"paper")
    assert store.get(KEY) == b"paper"


def test_other_content_is_refused_and_changes_nothing(store: ObjectStore):
    store.put(KEY, b"paper")
    with pytest.raises(ProblemError) as caught:
        store.put(KEY, b"other")
    assert caught.value.kind is STORE_CONFLICT
    assert store.get(KEY) == b"paper"


def test_put_once_returns_what_the_first_writer_stored(store: ObjectStore):
    assert store.put_once(KEY, b"first") == b"first"
    assert store.put_once(KEY, b"second") == b"first"
    assert store.get(KEY) == b"first"


def test_what_is_gone_is_put_back_and_what_is_sound_stays(store: ObjectStore):
    store.mend(KEY, b"paper")
    store.mend(KEY, b"paper")
    assert store.get(KEY) == b"paper"
    assert store.stat(KEY) == ObjectInfo(5, sha256_hex(b"paper"))


def test_nothing_is_mended_into_something_else(store: ObjectStore):
    store.put(KEY, b"paper")
    with pytest.raises(ProblemError) as caught:
        store.mend(KEY, b"other")
    assert caught.value.kind is STORE_CONFLICT
    assert store.get(KEY) == b"paper"


def test_of_sixteen_racing_writers_exactly_one_wins(store: ObjectStore):
    def write(n: int) -> Kind | None:
        try:
            store.put(KEY, b"writer %d" % n)
        except ProblemError as error:
            return error.kind
        return None

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(write, range(16)))
    assert sorted(answers, key=str) == sorted([None] + 15 * [STORE_CONFLICT], key=str)
    assert store.get(KEY) == b"writer %d" % answers.index(None)


def test_racing_writers_of_one_content_all_succeed(store: ObjectStore):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.put(KEY, b"paper"), range(8)))
    assert list(store.list("")) == [KEY]


def test_racing_put_once_calls_agree(store: ObjectStore):
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda n: store.put_once(KEY, b"writer %d" % n), range(8)))
    assert answers == {store.get(KEY)}


def test_what_is_not_there_is_missing_at_once(store: ObjectStore):
    assert store.stat(KEY) is None
    for read in (store.get, store.read):
        with pytest.raises(ObjectMissingError):
            read(KEY)


def test_a_folder_of_objects_is_not_an_object(store: ObjectStore):
    store.put(KEY, b"paper")
    folder = KEY.rpartition("/")[0]
    assert list(store.list(folder)) == [KEY]
    assert "files" not in list(store.list(""))


def test_a_large_file_goes_in_and_out_in_pieces(store: ObjectStore, tmp_path):
    content = b"".join(n.to_bytes(3, "big") for n in range(3_000_001))
    (tmp_path / "scan.pdf").write_bytes(content)
    for _ in range(2):  # the second time it is there already
        store.put_file(KEY, tmp_path / "scan.pdf", sha256=sha256_hex(content), content_type="application/pdf")
    assert max(map(len, store.read(KEY))) <= 1024 * 1024
    store.get_to(KEY, tmp_path / "back.pdf")
    assert hashlib.sha256((tmp_path / "back.pdf").read_bytes()).hexdigest() == sha256_hex(content)


def test_a_file_that_conflicts_is_refused(store: ObjectStore, tmp_path):
    (tmp_path / "scan").write_bytes(b"other")
    store.put(KEY, b"paper")
    with pytest.raises(ProblemError) as caught:
        store.put_file(KEY, tmp_path / "scan", sha256=sha256_hex(b"other"))
    assert caught.value.kind is STORE_CONFLICT


def test_a_file_that_is_not_what_it_is_said_to_be_is_not_stored(store: ObjectStore, tmp_path):
    (tmp_path / "scan").write_bytes(b"changed meanwhile")
    with pytest.raises(ProblemError) as caught:
        store.put_file(KEY, tmp_path / "scan", sha256=sha256_hex(b"paper"))
    assert caught.value.kind is INTEGRITY_MISMATCH
    assert store.stat(KEY) is None


def test_a_file_that_is_gone_is_missing(store: ObjectStore, tmp_path):
    with pytest.raises(ProblemError) as caught:
        store.put_file(KEY, tmp_path / "gone", sha256=sha256_hex(b"paper"))
    assert caught.value.kind is FILE_MISSING


def test_a_list_is_in_byte_order_and_starts_after(store: ObjectStore):
    keys = sorted(f"records/{n:02x}/{n:032x}/v{v:06d}.json" for n in range(7) for v in (1, 2, 3))
    for key in reversed(keys):
        store.put(key, key.encode())
    store.put("receipts/00/x.json", b"")
    assert list(store.list("records/")) == keys
    assert list(store.list("")) == ["receipts/00/x.json", *keys]
    assert list(store.list("records/03/")) == [key for key in keys if key.startswith("records/03/")]
    assert list(store.list("records/0")) == keys
    assert list(store.list("records/9/")) == list(store.list("nothing/")) == []
    for n, key in enumerate(keys):
        assert list(store.list("records/", start_after=key)) == keys[n + 1 :]


@pytest.mark.parametrize(
    "key",
    [
        "", "files", "/files/a", "files//a", "files/a/", "files/../a", "files/.a", "files/A", "files/ă", "files/a b",
        "files/a\n", "files/" + "a" * 256, "a/" * 600 + "a",
    ],
)  # fmt: skip
def test_a_key_that_would_not_work_everywhere_is_a_defect(store: ObjectStore, key):
    with pytest.raises(ValueError, match="not an object key"):
        store.put(key, b"")
    for read in (store.get, store.stat):
        with pytest.raises(ValueError, match="not an object key"):
            read(key)


def test_prepare_may_be_called_again_at_any_time(store: ObjectStore):
    store.put(KEY, b"paper")
    store.prepare()
    assert store.get(KEY) == b"paper"


def test_bytes_that_changed_in_the_store_are_noticed(store: ObjectStore, damage, tmp_path):
    store.put(KEY, json.dumps({"a": 1}).encode())
    damage(KEY, json.dumps({"a": 2}).encode())
    with pytest.raises(ProblemError) as caught:
        store.get(KEY)
    assert caught.value.kind is INTEGRITY_MISMATCH
    with pytest.raises(ProblemError):
        store.get_to(KEY, tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []
