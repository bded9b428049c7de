import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audit import AuditEntry, Segment
from schemas.problem import STORE_FULL, ProblemError
from storage import audit as audit_module
from storage import keys
from storage.audit import Audit, what_fails
from storage.local import LocalStore
from storage.port import BYTES, ObjectStore
from tests.storage.examples import AN, NOON, SECRET, record, sign


def test_acts_are_kept_by_day_and_name_nobody(store: ObjectStore):
    audit = Audit(store)
    entries = [
        AuditEntry(
            entry_id=uuid4().hex,
            at=NOON + timedelta(days=day),
            act="lookup",
            who="một cửa Trà Bồng",
            purpose="1.001193",
            dossier_code="H48.12-261120-0007",
            owner_key=keys.owner_key(AN, SECRET),
            records=(record().record_id,),
        )
        for day in range(3)
    ]
    for entry in reversed(entries):
        audit.append(entry)
    assert list(audit.entries()) == entries
    for key in store.list(""):
        assert AN.digits not in key
        assert AN.digits.encode() not in store.get(key)


def test_an_act_of_an_earlier_version_has_the_bytes_that_it_always_had():
    entry = AuditEntry(entry_id="0" * 32, at=NOON, act="lookup", who="api", purpose="1.001193")
    assert set(json.loads(entry.canonical_bytes())) == {
        "entry_id", "at", "act", "who", "purpose", "station", "dossier_code", "owner_key", "document_types", "records",
    }  # fmt: skip


# --- sealing ---------------------------------------------------------------------------------------------------------
def act(number, minutes=0):
    return AuditEntry(
        entry_id=f"{number:032x}",
        at=NOON + timedelta(minutes=minutes or number),
        act="lookup",
        who="api",
        purpose="1.001193",
    )


def kept_as(number):
    """Return the name of the object that an act is in which came alone."""
    return keys.audit_name(act(number).at, act(number).entry_id)


def check(data, signature):
    return None if signature == sign(data) else "it is not the agency's"


def faults(audit, known=None, now=NOON):
    return list(audit.faults(check, now, known))


def sealed(store, *sizes):
    """Return a log with segments of these sizes."""
    audit, number = Audit(store), 0
    for size in sizes:
        for _ in range(size):
            number += 1
            audit.append(act(number))
        assert audit.seal(NOON + timedelta(minutes=10), sign) == size
    return audit


def test_acts_are_sealed_once_in_the_order_of_their_time(store: ObjectStore):
    audit = Audit(store)
    for number in (3, 1, 2):
        audit.append(act(number))
    assert faults(audit) == []
    assert audit.last_head() is None
    assert audit.seal(NOON, sign) == 3
    assert audit.seal(NOON, sign) == 0
    assert [entry.entry_id for entry in audit.segment(1).entries] == [f"{number:032x}" for number in (1, 2, 3)]
    audit.append(act(4))
    assert audit.seal(NOON, sign) == 1
    assert (audit.last_head().value.number, audit.last_head().value.size) == (2, 4)
    assert faults(audit) == []


def test_an_act_that_comes_days_late_is_found_when_all_days_are_looked_at(local_store):
    audit = sealed(local_store, 2)
    audit.append(act(9, minutes=-60 * 24 * 30))
    assert audit.seal(NOON, sign) == 0
    assert audit.seal(NOON, sign, all_days=True) == 1
    assert faults(audit) == []


@pytest.mark.parametrize(("minutes", "is_fault"), [(1, False), (-59, False), (-61, True), (-60 * 24 * 365 * 3, True)])
def test_an_act_that_is_not_sealed_within_an_hour_is_named_however_old_it_is(local_store, minutes, is_fault):
    audit = sealed(local_store, 2)
    audit.append(act(9, minutes=minutes))
    named = [fault for fault in faults(audit) if fault.startswith(f"entry {9:032x}: it is of")]
    assert bool(named) == is_fault


def test_an_act_that_was_sealed_twice_is_named(local_store):
    audit = sealed(local_store, 2)
    head = audit.last_head().value
    again = Segment(
        number=2,
        first=2,
        previous_head=audit_module.hash_of(head),
        sealed_at=NOON,
        objects=(kept_as(1), audit.append(act(3))),
        entries=(act(1), act(3), act(3)),
    )
    local_store.put(keys.audit_segment(2), again.canonical_bytes())
    audit.seal(NOON, sign)
    assert faults(audit) == [f"entry {number:032x}: it is sealed twice" for number in (1, 3, 3)]


def test_many_acts_become_several_segments(local_store, monkeypatch):
    monkeypatch.setattr(audit_module, "LARGEST_SEGMENT", 3)
    audit = sealed(local_store, 8)
    assert audit.last_head().value.number == 3
    assert faults(audit) == []


@pytest.mark.parametrize("when", ["before the head", "before its signature"])
def test_whoever_is_killed_while_sealing_is_carried_on(local_store, when):
    audit = Audit(local_store)
    audit.append(act(1))

    class Killed(BaseException):
        pass

    def killed(_data):
        raise Killed

    with pytest.raises(Killed):
        audit.seal(NOON, killed)
    if when == "before the head":
        objects(local_store)[keys.audit_head(1)].unlink()
    assert faults(audit) == []
    audit.append(act(2))
    assert audit.seal(NOON, sign) == 1
    assert [len(audit.segment(number).entries) for number in (1, 2)] == [1, 1]
    assert faults(audit) == []


def test_of_two_who_seal_at_once_the_first_decides_and_nothing_is_sealed_twice(local_store):
    audit = Audit(local_store)
    audit.append(act(1))

    def meanwhile(data):
        audit.append(act(2))
        other = Audit(local_store)
        assert other.seal(NOON, sign) in {0, 1}
        return sign(data)

    audit.seal(NOON, meanwhile)
    audit.seal(NOON, sign)
    assert sorted(entry.entry_id for n in (1, 2) for entry in audit.segment(n).entries) == [f"{n:032x}" for n in (1, 2)]
    assert faults(audit) == []


# --- acts that come together ------------------------------------------------------------------------------------------
class Slow(LocalStore):
    """A store that takes so long over its first write that all others gather behind it."""

    def __init__(self, root: Path, others: int) -> None:
        super().__init__(root)
        self.writes, self._others = [], others

    def put(self, key, data, *, content_type=BYTES):
        self.writes.append(len(data.splitlines()))
        if len(self.writes) == 1:
            self.audit.wait_for(self._others)
        super().put(key, data, content_type=content_type)


class Crowd(Audit):
    """A log that many write into at once."""

    __slots__ = ()

    def wait_for(self, others):
        while self._gathering._open is None or len(self._gathering._open.acts) < others:
            threading.Event().wait(0.001)

    def append_all(self, acts):
        """Have each act appended by a thread of its own; return what came of each: a name or what was raised."""

        def attempt(entry):
            try:
                return self.append(entry)
            except ProblemError as error:
                return error.kind

        with ThreadPoolExecutor(len(acts)) as threads:
            return list(threads.map(attempt, acts))


@pytest.fixture
def crowd(tmp_path):
    store = Slow(tmp_path, others=9)
    store.prepare()
    store.audit = Crowd(store)
    return store.audit


def test_acts_that_come_while_one_is_written_are_stored_together_and_each_is_found(crowd):
    acts = [act(number) for number in range(1, 11)]
    names = crowd.append_all(acts)
    assert crowd.store.writes == [1, 9]
    assert sorted(crowd.entries(), key=lambda entry: entry.at) == acts
    assert [crowd.entry(each.at.date(), name, each.entry_id) for each, name in zip(acts, names, strict=True)] == acts
    assert crowd.seal(NOON, sign) == 10
    assert crowd.seal(NOON, sign) == 0
    assert faults(crowd) == []
    for each in acts:
        assert what_fails(crowd.receipt(each.entry_id), check) is None


def test_nobody_is_answered_whose_act_could_not_be_stored(crowd, monkeypatch):
    def full(*_, **__):
        raise STORE_FULL.error("no room")

    monkeypatch.setattr(LocalStore, "put", full)
    assert crowd.append_all([act(number) for number in range(1, 11)]) == [STORE_FULL] * 10


def test_an_object_whose_acts_were_changed_is_named_act_by_act(crowd):
    crowd.append_all([act(number) for number in range(1, 11)])
    crowd.seal(NOON, sign)
    [path] = [path for key, path in objects(crowd.store).items() if path.read_bytes().count(b"\n") == 8]
    gone, changed, *rest = path.read_bytes().split(b"\n")
    path.unlink()
    crowd.store.put(str(path.relative_to(crowd.store._objects)), b"\n".join((
        changed.replace(b"1.001193", b"1.000001"), *rest, act(77).canonical_bytes()
    )))  # fmt: skip
    of = {what: json.loads(data)["entry_id"] for what, data in (("gone", gone), ("changed", changed))}
    assert set(faults(crowd)) == {
        f"entry {of['gone']}: it was removed",
        f"entry {of['changed']}: it was altered",
        f"entry {77:032x}: it was added to those that were sealed",
    }


# --- receipts --------------------------------------------------------------------------------------------------------
def test_every_act_has_a_receipt_once_it_is_sealed(local_store):
    audit = sealed(local_store, 1, 5, 2)
    audit.append(act(20))
    assert audit.receipt(f"{20:032x}") is None
    for number in range(1, 9):
        receipt = audit.receipt(f"{number:032x}")
        assert (receipt.entry, receipt.index) == (act(number), number - 1)
        assert what_fails(receipt, check) is None


@pytest.mark.parametrize(
    "changes",
    [
        lambda receipt: {"entry": receipt.entry.model_copy(update={"who": "somebody else"})},
        lambda receipt: {"index": receipt.index + 1},
        lambda receipt: {"path": receipt.path[::-1]},
        lambda receipt: {"path": receipt.path[:-1]},
        lambda receipt: {"head": receipt.head.model_copy(update={"root": "ab" * 32})},
        lambda receipt: {"head": receipt.head.model_copy(update={"size": receipt.head.size + 1})},
    ],
)
def test_a_receipt_that_was_changed_proves_nothing(local_store, changes):
    receipt = sealed(local_store, 3, 4).receipt(f"{5:032x}")
    assert what_fails(receipt.model_copy(update=changes(receipt)), check) is not None


# --- tampering -------------------------------------------------------------------------------------------------------
def objects(store):
    """Return the file of every object, by its key."""
    root = store._objects
    return {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}


def rewrite(store, key, value):
    """Put another value in the place of one, with everything that a careful forger would see to."""
    objects(store)[key].unlink()
    store.put(key, value.canonical_bytes())


def remove(store, key):
    objects(store)[key].unlink()


NUMBERS = st.integers(1, 9)
SIZES = (2, 4, 3)


@settings(max_examples=40)
@given(data=st.data(), how=st.sampled_from(["delete", "alter", "swap", "cut out", "cut off", "write anew"]))
def test_whatever_is_taken_out_altered_moved_or_cut_off_is_named(data, how):  # noqa: C901 - a table
    with TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        store.prepare()
        audit = sealed(store, *SIZES)
        kept_elsewhere = audit.last_head().value
        number = data.draw(NUMBERS)
        key = keys.audit_entry(act(number).at.date(), kept_as(number))
        segment = data.draw(st.integers(1, 3))
        match how:
            case "delete":
                remove(store, key)
                expected = f"entry {number:032x}: it was removed"
            case "alter":
                rewrite(store, key, act(number).model_copy(update={"purpose": "1.000001"}))
                expected = f"entry {number:032x}: it was altered"
            case "swap":
                found = audit.segment(segment)
                entries = found.entries[1:] + found.entries[:1]
                rewrite(store, keys.audit_segment(segment), found.model_copy(update={"entries": entries}))
                expected = f"segment {segment}: it is not what its signed head says, or does not follow the one before"
            case "cut out":
                remove(store, keys.audit_segment(segment))
                expected = f"segment {segment}: {keys.audit_segment(segment)} is lost"
            case "cut off":
                for each in range(segment, 4):
                    for name in (
                        keys.audit_segment(each),
                        keys.audit_head(each),
                        keys.signature_of(keys.audit_head(each)),
                    ):
                        remove(store, name)
                expected = f"segments {segment} to 3: they are lost; a head that was kept elsewhere names them"
            case "write anew":
                for name in objects(store):
                    if not name.startswith(keys.AUDIT_ENTRIES):
                        remove(store, name)
                remove(store, key)
                audit.seal(NOON, sign, all_days=True)
                kept_elsewhere = kept_elsewhere.model_copy(update={"number": 1})
                expected = "segment 1: the log is not the one whose head was kept elsewhere: it was written anew"
        assert expected in faults(audit, kept_elsewhere)


@pytest.mark.parametrize("segment", [1, 2, 3])
def test_a_head_that_the_agency_did_not_sign_is_named(local_store, segment):
    audit = sealed(local_store, *SIZES)
    key = keys.signature_of(keys.audit_head(segment))
    remove(local_store, key)
    local_store.put(key, b"signed by somebody")
    assert faults(audit) == [f"segment {segment}: the signature of its head: it is not the agency's"]
