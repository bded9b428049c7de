from itertools import count

import pytest

from schemas.digest import sha256_hex
from schemas.problem import INTEGRITY_MISMATCH, RECORD_UNKNOWN, ProblemError
from storage import keys
from storage.port import ObjectMissingError, ObjectStore
from storage.warehouse import Warehouse
from tests.storage.examples import AN, BINH, NOON, SECRET, record, sign


@pytest.fixture
def warehouse(store: ObjectStore) -> Warehouse:
    return Warehouse(store, SECRET)


class Clockwork:
    """Signs a PDF by appending, each time with another time in it."""

    def __init__(self) -> None:
        self._ticks = count()

    def __call__(self, unsigned: bytes) -> bytes:
        return unsigned + b" signed at %d" % next(self._ticks)


def test_signing_a_copy_twice_makes_one_copy(warehouse: Warehouse):
    sign_copy = Clockwork()
    first = warehouse.keep_copy(b"%PDF", sign_copy)
    assert warehouse.keep_copy(b"%PDF", sign_copy) == first
    assert b"".join(warehouse.copy(first.sha256)) == b"%PDF signed at 0"
    assert first.size == len(b"%PDF signed at 0")
    assert list(warehouse.store.list(keys.FILES)) == [keys.file(first.sha256)]


def test_a_copy_that_was_interrupted_after_signing_is_the_same_copy_afterwards(warehouse: Warehouse):
    warehouse.store.put(keys.seal(sha256_hex(b"%PDF")), b" signed earlier")
    copy = warehouse.keep_copy(b"%PDF", Clockwork())
    assert copy.sha256 == sha256_hex(b"%PDF signed earlier")


def test_a_signer_that_rewrites_the_copy_is_refused(warehouse: Warehouse):
    with pytest.raises(ProblemError) as caught:
        warehouse.keep_copy(b"%PDF", lambda unsigned: unsigned[::-1])
    assert caught.value.kind is INTEGRITY_MISMATCH
    assert list(warehouse.store.list("")) == []


def test_a_copy_that_is_not_kept_is_missing_at_once(warehouse: Warehouse):
    with pytest.raises(ObjectMissingError):
        warehouse.copy("ab" * 32)


def test_a_record_comes_back_with_the_bytes_that_were_signed(warehouse: Warehouse):
    wanted = record(b"paper", AN, BINH)
    assert warehouse.keep_record(wanted, sign) == wanted
    found = warehouse.record(wanted.record_id)
    assert found.value == wanted
    assert found.data == wanted.canonical_bytes()
    assert found.signature == sign(found.data)


def test_every_owner_with_an_identifier_has_a_pointer(warehouse: Warehouse):
    for content, *owners in ((b"a", AN, BINH), (b"b", AN), (b"c", None), (b"d", AN, AN)):
        warehouse.keep_record(record(content, *owners), sign)
    a, b, d = (record(content).record_id for content in (b"a", b"b", b"d"))
    assert set(warehouse.records_of(warehouse.owner_key(AN))) == {a, b, d}
    assert set(warehouse.records_of(warehouse.owner_key(BINH))) == {a}
    assert not any(AN.digits in key or BINH.digits in key for key in warehouse.store.list(""))


def test_the_first_writer_of_a_version_decides(warehouse: Warehouse):
    first = warehouse.keep_record(record(b"paper", AN), sign)
    later = record(b"paper", AN, created_at=NOON.replace(hour=6))
    assert warehouse.keep_record(later, sign) == first
    assert warehouse.record(first.record_id).value == first


def test_a_version_without_its_signature_does_not_count_and_is_completed(warehouse: Warehouse):
    wanted = record(b"paper", AN)

    def interrupt(_data: bytes) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        warehouse.keep_record(wanted, interrupt)
    assert not warehouse.has_record(wanted.record_id)
    assert list(warehouse.versions()) == []
    with pytest.raises(ProblemError):
        warehouse.record(wanted.record_id)
    later = record(b"paper", AN, created_at=NOON.replace(hour=6))
    assert warehouse.keep_record(later, sign) == wanted
    assert list(warehouse.versions()) == [(wanted.record_id, 1)]


def test_the_latest_version_is_found_from_any_version_that_is_known(warehouse: Warehouse):
    for version in (1, 2, 3):
        warehouse.keep_record(record(b"paper", AN, version=version), sign)
    record_id = record(b"paper").record_id
    assert [warehouse.record(record_id, known=known).value.version for known in (1, 2, 3)] == [3, 3, 3]
    assert warehouse.record(record_id, 2).value.version == 2
    assert list(warehouse.versions()) == [(record_id, 1), (record_id, 2), (record_id, 3)]


@pytest.mark.parametrize("record_id", ["", "../../etc/passwd", "ef" * 16, "EF" * 16, "x" * 500])
def test_what_is_no_record_is_unknown(warehouse: Warehouse, record_id):
    with pytest.raises(ProblemError) as caught:
        warehouse.record(record_id)
    assert caught.value.kind is RECORD_UNKNOWN


@pytest.mark.parametrize("version", [0, 2, -1, 10_000_000])
def test_a_version_that_does_not_exist_is_unknown(warehouse: Warehouse, version):
    kept = warehouse.keep_record(record(), sign)
    with pytest.raises(ProblemError) as caught:
        warehouse.record(kept.record_id, version)
    assert caught.value.kind is RECORD_UNKNOWN


def test_a_record_that_changed_in_the_store_is_noticed_without_repeating_it(warehouse: Warehouse):
    key = keys.record("ef" * 16, 1)
    warehouse.store.put(key, b'{"record_id": "051098000011"}')
    warehouse.store.put(keys.signature_of(key), b"")
    with pytest.raises(ProblemError) as caught:
        warehouse.record("ef" * 16)
    assert caught.value.kind is INTEGRITY_MISMATCH
    assert "051098000011" not in str(caught.value)


def test_a_warehouse_does_not_show_its_secret(warehouse: Warehouse):
    assert "only tests know" not in repr(warehouse)


@pytest.mark.parametrize("wrong", [record(b"other", AN), record(b"paper", AN, version=2)])
def test_a_whole_and_signed_record_in_the_place_of_another_is_noticed(warehouse: Warehouse, wrong):
    wanted = record(b"paper", AN)
    key = keys.record(wanted.record_id, 1)
    warehouse.store.put(key, wrong.canonical_bytes())
    with pytest.raises(ProblemError) as caught:
        warehouse.keep_record(wanted, sign)
    assert caught.value.kind is INTEGRITY_MISMATCH
    assert not warehouse.has_record(wanted.record_id)
    warehouse.store.put(keys.signature_of(key), sign(wrong.canonical_bytes()))
    with pytest.raises(ProblemError) as caught:
        warehouse.record(wanted.record_id)
    assert caught.value.kind is INTEGRITY_MISMATCH


def test_a_record_of_which_only_the_signature_is_left_is_not_unknown(warehouse: Warehouse):
    warehouse.store.put(keys.signature_of(keys.record("ef" * 16, 1)), b"signature")
    with pytest.raises(ProblemError, match="lost") as caught:
        warehouse.record("ef" * 16)
    assert caught.value.kind is INTEGRITY_MISMATCH
