"""Journals, enrolments, quarantine and gaps, on both stores."""

from base64 import b64encode
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digest import sha256_hex
from schemas.problem import SEQUENCE_CONFLICT, STORE_CONFLICT, ProblemError
from schemas.station import FIRST, Enrolment, EnrolmentRequest, JournalEntry, Quarantined, SignedEntry
from storage import keys
from storage.catalog import Catalog
from storage.gaps import compare
from storage.inbox import Inbox
from storage.journals import Journals
from storage.port import ObjectInfo, ObjectStore
from storage.quarantine import Quarantine
from storage.rebuild import catch_up
from storage.stations import Stations
from storage.warehouse import Warehouse
from tests.storage.examples import NOON, SECRET

STATION = "bd-ba-to"


def entry(sequence: int, previous: str = FIRST, content: bytes = b"") -> JournalEntry:
    return JournalEntry(
        station=STATION,
        sequence=sequence,
        previous=previous,
        written_at=NOON,
        submission_id=sha256_hex(content or b"%d" % sequence),
        file_count=1,
        scanned_pages=1,
    )


def signed(each: JournalEntry) -> SignedEntry:
    return SignedEntry.of(each, bytes(64))


def chain(length: int) -> list[SignedEntry]:
    made: list[SignedEntry] = []
    for number in range(1, length + 1):
        made.append(signed(entry(number, made[-1].entry.sha256 if made else FIRST)))
    return made


def enrolment(number: int = 1, status: str = "enrolled", station: str = STATION) -> Enrolment:
    request = EnrolmentRequest(station=station, kind="counter", agency="UBND", public_key=b64encode(bytes(32)))
    return Enrolment(request=request, number=number, status=status, decided_at=NOON, decided_by="Test")


def test_a_journal_is_kept_in_order_and_the_same_again_changes_nothing(store: ObjectStore):
    journals, entries = Journals(store), chain(5)
    for each in entries * 2:
        journals.append(each)
    assert list(journals.entries(STATION)) == entries
    assert list(journals.entries(STATION, after=3)) == entries[3:]
    assert journals.length(STATION) == Journals(store).length(STATION) == 5


@pytest.mark.parametrize("wrong", [entry(2, "ab" * 32), entry(3), entry(1, content=b"another"), entry(2)])
def test_what_contradicts_the_chain_is_refused(store: ObjectStore, wrong: JournalEntry):
    journals = Journals(store)
    journals.append(chain(1)[0])
    with pytest.raises(ProblemError) as caught:
        journals.append(signed(wrong))
    assert caught.value.kind is SEQUENCE_CONFLICT
    assert journals.length(STATION) == 1


@dataclass
class Counted(ObjectStore):
    """A store that has the entries 1 to `length` of one journal, and counts how often it is asked."""

    length: int
    asked: int = field(default=0)

    def stat(self, key: str) -> ObjectInfo | None:
        self.asked += 1
        return ObjectInfo(1, "") if int(key[-21:-5]) <= self.length else None

    def prepare(self) -> None: ...
    def put(self, *_args, **_kwargs) -> None: ...
    def put_file(self, *_args, **_kwargs) -> None: ...
    def mend(self, *_args) -> None: ...
    def read(self, _key): ...
    def list(self, *_args): ...


@given(st.integers(0, 3_000_000), st.integers(0, 100))
def test_the_length_of_a_long_journal_is_found_with_few_looks(length, more):
    store = Counted(length)
    journals = Journals(store)
    assert journals.length(STATION) == length
    assert store.asked <= 50
    store.length, store.asked = length + more, 0
    assert journals.length(STATION) == length + more
    assert store.asked <= 2 + 2 * more.bit_length()


def test_the_last_word_on_a_station_counts_also_for_those_who_knew_an_earlier_one(store: ObjectStore):
    stations, others = Stations(store), Stations(store)
    assert stations.last(STATION) is None
    stations.keep(enrolment())
    assert others.last(STATION) == enrolment()
    stations.keep(enrolment(2, "revoked"))
    assert others.last(STATION) == enrolment(2, "revoked")
    with pytest.raises(ProblemError) as caught:
        others.keep(enrolment(2))
    assert caught.value.kind is STORE_CONFLICT
    stations.keep(enrolment(station="bd-ba-to-2"))
    assert [each.request.station for each in Stations(store).all()] == [STATION, "bd-ba-to-2"]


def test_what_is_refused_twice_is_kept_once_with_its_first_time(store: ObjectStore):
    quarantine = Quarantine(store)
    first = Quarantined(station=STATION, at=NOON, problem="urn:x", detail="", entry=signed(entry(1)))
    again = first.model_copy(update={"at": NOON.replace(hour=9)})
    assert quarantine.keep(first)
    assert not quarantine.keep(again)
    assert list(quarantine.of(STATION)) == [first]


def test_a_catalog_that_was_lost_learns_from_the_store_what_was_announced(store: ObjectStore, tmp_path):
    Stations(store).keep(enrolment())
    for each in chain(3):
        Journals(store).append(each)
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    catalog.keep_entries([chain(3)[2].entry])  # it missed the first two
    assert catch_up(Inbox(store), Warehouse(store, SECRET), catalog) == ()
    assert catalog.missing(STATION) == (1, 2, 3)
    assert catalog.entries_of(STATION) == 3
    assert [catalog.sequence_of(STATION, each.entry.submission_id) for each in chain(3)] == [1, 2, 3]


def test_a_damaged_journal_is_named_and_keeps_no_other_from_being_found(store: ObjectStore, tmp_path, damage):
    for station in (STATION, "bd-other"):
        Stations(store).keep(enrolment(station=station))
    Journals(store).append(chain(1)[0])
    Journals(store).append(signed(entry(1).model_copy(update={"station": "bd-other"})))
    damage(keys.journal_entry(STATION, 1), b"a bad sector")
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    [damaged] = catch_up(Inbox(store), Warehouse(store, SECRET), catalog)
    assert damaged.startswith(keys.journal_entry(STATION, 1))
    assert catalog.missing("bd-other") == (1,)


@given(st.integers(0, 30), st.sets(st.integers(1, 30)), st.sets(st.integers(1, 40)))
def test_exactly_what_was_announced_and_not_received_is_missing(length, received, early):
    entries = [each.entry for each in chain(length)]
    ids = {each.submission_id for each in entries if each.sequence in received}
    found = list(compare(STATION, entries, ids, length, [entry(number) for number in sorted(early)]))
    last = max([length, *early])
    assert [gap.sequence for gap in found] == [n for n in range(1, last + 1) if n > length or n not in received]
    for gap in found:
        assert (gap.entry is not None) == (gap.sequence <= length or gap.sequence in early)
        assert gap.entry is None or gap.entry.sequence == gap.sequence
