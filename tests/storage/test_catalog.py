import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problem import CATALOG_MISSING, CATALOG_UNREACHABLE, CONFIGURATION, OWNER_SECRET_CHANGED, ProblemError
from schemas.station import FIRST, JournalEntry
from storage import keys
from storage.catalog import Catalog, Counts, Meter, Received, Stock, differences
from tests.storage.examples import AN, BINH, NOON, SECRET, manifest, receipt, record


def catalog_in(folder, secret=SECRET) -> Catalog:
    return Catalog(f"sqlite:///{folder / 'catalog.sqlite3'}", secret)


_databases = (f"catalog_{n}" for n in count())
in_either = pytest.mark.parametrize("catalog", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def catalog(tmp_path, request):
    if getattr(request, "param", "sqlite") == "sqlite":
        catalog = catalog_in(tmp_path)
    else:
        server, name = request.getfixturevalue("postgres_server"), next(_databases)
        server.make_database(name)
        catalog = Catalog(server.url(name), SECRET)
    catalog.create()
    yield catalog
    catalog.close()


def owner(identifier):
    return keys.owner_key(identifier, SECRET)


@in_either
def test_a_record_is_found_by_each_of_its_owners(catalog: Catalog):
    kept = record(b"a", AN, BINH)
    catalog.keep_record(kept)
    assert catalog.records_of(owner(AN)) == catalog.records_of(owner(BINH)) == ((kept.record_id, 1),)
    assert catalog.records_of("ab" * 32) == ()


@in_either
def test_many_records_at_once_are_indexed_as_one_after_the_other_and_the_latest_versions_count(catalog, tmp_path):
    versions = [record(b"a", AN), record(b"a", BINH, version=2), record(b"b", AN, BINH)]
    (tmp_path / "single").mkdir()
    single = catalog_in(tmp_path / "single")
    single.create()
    for each in versions:
        single.keep_record(each)
    catalog.keep_records(reversed(versions))
    catalog.keep_records(versions[:1])  # late
    catalog.keep_records([])
    assert list(catalog.export()) == list(single.export())
    single.close()


@in_either
def test_records_are_found_by_type_and_oldest_first(catalog: Catalog):
    types = ("birth_certificate", "marriage_certificate", None)
    kept = [
        record(name.encode(), AN, document_type=type_, created_at=NOON.replace(hour=hour))
        for hour, (name, type_) in enumerate(zip("cab", types, strict=True))
    ]
    for each in reversed(kept):
        catalog.keep_record(each)
    assert [found.record_id for found in catalog.records_of(owner(AN))] == [each.record_id for each in kept]
    assert catalog.records_of(owner(AN), ["marriage_certificate"]) == ((kept[1].record_id, 1),)
    assert catalog.records_of(owner(AN), ["driving_licence"]) == ()


@in_either
def test_whoever_has_several_identifiers_is_found_by_each(catalog: Catalog):
    old, oldest, other = (character * 64 for character in "abc")
    kept = record(b"a", AN)
    catalog.keep_record(kept)
    for told in ((old, 1, None), (old, 2, owner(AN)), (oldest, 2, old), (old, 1, None)):  # what is late changes nothing
        catalog.keep_alias(*told)
    for each in (owner(AN), old, oldest):
        assert catalog.same_person(each) == {owner(AN), old, oldest}
        assert catalog.records_of(each) == ((kept.record_id, 1),)
    assert (catalog.same_person(other), catalog.records_of(other)) == ({other}, ())
    catalog.keep_alias(old, 4, None)
    assert catalog.records_of(old) == ()


@in_either
def test_a_correction_moves_a_record_to_its_right_owner(catalog: Catalog):
    first, corrected = record(b"a", AN), record(b"a", BINH, version=2)
    for each in (first, corrected, first):  # what is late does not undo what is newer
        catalog.keep_record(each)
    assert catalog.records_of(owner(AN)) == ()
    assert catalog.records_of(owner(BINH)) == ((first.record_id, 2),)
    assert catalog.version_of(first.record_id) == 2
    assert catalog.version_of("ef" * 16) == 0


@in_either
def test_a_submission_waits_from_its_receipt_to_its_outcome(catalog: Catalog):
    early, late = receipt(manifest(b"a"), minutes=1), receipt(manifest(b"b"), minutes=2)
    for each in (late, early):
        catalog.keep_submission(each, "inbox/x", done=False)
    assert [each.submission_id for each in catalog.waiting()] == [early.submission_id, late.submission_id]
    catalog.keep_submission(early, "inbox/x", done=True)
    catalog.keep_submission(early, "inbox/x", done=False)
    assert [each.submission_id for each in catalog.waiting()] == [late.submission_id]
    assert catalog.submission(early.submission_id).done
    assert catalog.submission("ab" * 32) is None


@in_either
def test_everything_is_counted(catalog: Catalog):
    assert catalog.counts() == Counts(records=0, review=0, submissions=0, waiting=0, drafted=0)
    catalog.keep_record(record(b"a"))
    catalog.keep_record(record(b"b", status="review"))
    catalog.keep_submission(receipt(manifest(b"a")), "inbox/x", done=True)
    catalog.keep_submission(receipt(manifest(b"b")), "inbox/y", done=False)
    assert catalog.counts() == Counts(records=2, review=1, submissions=2, waiting=1, drafted=0)


@in_either
def test_what_has_come_and_what_there_is_is_counted_by_station_type_and_lane(catalog: Catalog):
    old, new = (manifest(b"a", station=station) for station in ("backfill", "vinh-01"))
    for sent, done in ((old, True), (new, False)):
        catalog.keep_submission(receipt(sent), keys.manifest(sent), done=done)
    came = receipt(new).received_at.isoformat()
    assert catalog.received() == {
        "backfill": Received(1, 0, None, 0, came),
        "vinh-01": Received(1, 1, came, 0, came),
    }
    for name, sent in ((b"a", old), (b"b", new), (b"c", new)):
        catalog.keep_record(record(name, AN, submission_id=sent.submission_id))
    lanes = {(each.backfill, each.records) for each in catalog.stock("backfill")}
    assert lanes == {(True, 1), (False, 2)}
    assert all(isinstance(each, Stock) for each in catalog.stock("backfill"))


@in_either
def test_what_many_count_at_the_same_time_adds_up(catalog: Catalog):
    counted = [Meter("pages", "live", "", 1, 0.0), Meter("outcome_seconds", "live", "0.5", 1, 0.25)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: catalog.add_to_meters(counted), range(20)))
    assert sorted(catalog.meters()) == [
        Meter("outcome_seconds", "live", "0.5", 20, 5.0), Meter("pages", "live", "", 20, 0.0)
    ]  # fmt: skip


@in_either
def test_an_export_is_json_lines_without_personal_data(catalog: Catalog):
    catalog.keep_record(record(b"a", AN, BINH, valid_from=date(2026, 1, 1)))
    catalog.keep_submission(receipt(manifest(b"a")), "inbox/x", done=True)
    lines = list(catalog.export())
    assert [json.loads(line)["table"] for line in lines] == ["record_owners"] * 2 + ["records", "submissions", "terms"]
    assert lines == sorted(lines)
    assert json.loads(lines[2])["valid_from"] == "2026-01-01"
    assert not any(secret in line for line in lines for secret in (AN.digits, BINH.digits, "Lê Văn Quét", "195/2016"))


@in_either
def test_an_export_is_in_the_order_of_its_text_so_that_two_can_be_compared_line_by_line(catalog: Catalog):
    told = JournalEntry(
        station="vinh-01",
        sequence=1,
        previous=FIRST,
        written_at=NOON,
        submission_id="0" * 64,
        file_count=1,
        scanned_pages=1,
    )
    catalog.keep_entries(told.model_copy(update={"sequence": number}) for number in range(1, 12))
    lines = list(catalog.export())
    assert lines == sorted(lines)
    assert len(lines) == 11


events = st.one_of(
    st.tuples(
        st.just("record"),
        st.sampled_from([b"a", b"b"]),
        st.integers(1, 3),
    ),
    st.tuples(st.just("submission"), st.sampled_from([b"a", b"b"]), st.booleans()),
)


def write(catalog: Catalog, event) -> None:
    name, content, how = event
    if name == "record":
        owners = (AN, BINH, None)[how - 1 :]
        catalog.keep_record(record(content, *owners, version=how))
    else:
        catalog.keep_submission(receipt(manifest(content)), "inbox/x", done=how)


@settings(max_examples=25)
@given(st.lists(events, max_size=12).flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn * 2))))
def test_order_and_repetition_do_not_matter(tmp_path_factory, drawn):
    exports = []
    for history in drawn:
        catalog = catalog_in(tmp_path_factory.mktemp("catalog"))
        catalog.create()
        for event in history:
            write(catalog, event)
        exports.append(list(catalog.export()))
        catalog.close()
    assert exports[0] == exports[1]


@given(st.lists(st.text("abc")), st.lists(st.text("abc")))
def test_differences_are_what_only_one_side_has(old, new):
    found = differences(sorted(set(old)), sorted(set(new)))
    assert sorted(found) == sorted([f"- {x}" for x in set(old) - set(new)] + [f"+ {x}" for x in set(new) - set(old)])


def test_many_writers_share_a_catalog(tmp_path):
    def work(n: int) -> None:
        mine = catalog_in(tmp_path)
        mine.create()
        for m in range(10):
            mine.keep_record(record(b"%d" % (m if n % 2 else 10 * n + m), AN, version=n + 1))
            mine.counts()
        mine.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    catalog = catalog_in(tmp_path)
    catalog.check()
    assert catalog.counts().records == 40  # ten that five threads contend for, and thirty
    assert catalog.version_of(record(b"5").record_id) == 8


def test_a_catalog_that_is_not_there_is_never_made_by_asking(tmp_path):
    catalog = catalog_in(tmp_path)
    assert not catalog.is_there()
    for ask in (catalog.check, catalog.counts, catalog.waiting, lambda: catalog.keep_record(record())):
        with pytest.raises(ProblemError) as caught:
            ask()
        assert caught.value.kind is CATALOG_MISSING
    assert list(tmp_path.iterdir()) == []


def spoil_by_garbage(path):
    path.write_bytes(b"this is no database" * 100)


def spoil_by_emptying(path):
    path.write_bytes(b"")


def spoil_by_another_version(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()


def spoil_by_dropping_a_table(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE catalog")
    connection.close()


SPOILERS = [spoil_by_garbage, spoil_by_emptying, spoil_by_another_version, spoil_by_dropping_a_table]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_catalog_that_cannot_be_relied_on_is_not_used_and_can_be_replaced(tmp_path, spoil):
    catalog = catalog_in(tmp_path)
    catalog.create()
    catalog.keep_record(record(b"old"))
    catalog.close()
    spoil(tmp_path / "catalog.sqlite3")
    with pytest.raises(ProblemError) as caught:
        catalog.check()
    assert caught.value.kind is CATALOG_MISSING
    (tmp_path / "new").mkdir()
    other = catalog_in(tmp_path / "new")
    other.create()
    other.keep_record(record(b"new"))
    catalog.replace_with(other)
    catalog.check()
    assert list(catalog.export()) == list(other.export())


@pytest.mark.parametrize("name", ["catalog.sqlite3", "catalog.sqlite3-wal"])
def test_a_catalog_that_is_there_and_cannot_be_opened_is_not_missing(tmp_path, name):
    catalog = catalog_in(tmp_path)
    catalog.create()
    catalog.close()
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()  # what no user may open, not even root
    with pytest.raises(ProblemError) as caught:
        catalog.check()
    assert caught.value.kind is CONFIGURATION
    assert caught.value.problem.file == str(tmp_path / "catalog.sqlite3")


def test_a_catalog_that_may_not_be_written_is_a_matter_of_configuration(catalog: Catalog, tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(ProblemError) as caught:
        catalog_in(tmp_path / "file").create()
    assert caught.value.kind is CONFIGURATION


def test_a_catalog_made_with_another_secret_is_not_used(catalog: Catalog, tmp_path):
    with pytest.raises(ProblemError) as caught:
        catalog_in(tmp_path, secret=b"another secret").check()
    assert caught.value.kind is OWNER_SECRET_CHANGED


def test_a_reader_sees_the_catalog_before_or_after_its_replacement(catalog: Catalog, tmp_path):
    catalog.keep_record(record(b"old", AN))
    (tmp_path / "new").mkdir()
    other = catalog_in(tmp_path / "new")
    other.create()
    other.keep_record(record(b"new", AN))
    lines = catalog.export()
    seen = [next(lines)]
    catalog.replace_with(other)
    seen += lines
    assert record(b"old").record_id in seen[1]
    assert list(catalog.export()) == list(other.export())


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "postgresql+no://h/d"]
)
def test_a_url_that_cannot_work_is_a_matter_of_configuration(url):
    with pytest.raises(ProblemError) as caught:
        Catalog(url, SECRET)
    assert caught.value.kind is CONFIGURATION


def test_a_database_that_stays_locked_is_unreachable_for_now(catalog: Catalog, tmp_path, monkeypatch):
    monkeypatch.setattr("storage.sqlite._BUSY_MILLISECONDS", 1)
    with sqlite3.connect(tmp_path / "catalog.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        impatient = catalog_in(tmp_path)
        impatient.check()  # readers do not wait
        with pytest.raises(ProblemError) as caught:
            impatient.keep_record(record())
        other.execute("ROLLBACK")
    assert caught.value.kind is CATALOG_UNREACHABLE
    impatient.keep_record(record())
