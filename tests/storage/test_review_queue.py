"""The queue: live before backfill, the longest waiting first, and nobody looks at what somebody else has."""

from datetime import timedelta

import pytest

from schemas.review import Decision, FieldDecision
from storage.catalog import Catalog
from tests.storage.examples import NOON, SECRET, manifest, receipt, record

BACKFILL = "backfill"


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(f"sqlite:///{tmp_path / 'catalog.sqlite3'}", SECRET)
    catalog.create()
    return catalog


def waits(catalog, content, minutes, station="counter"):
    sent = manifest(content, station=station)
    catalog.keep_submission(receipt(sent), f"inbox/{station}/x.json", done=True)
    found = record(
        content, status="review", review_reasons=("unsure:number",), submission_id=sent.submission_id,
        created_at=NOON + timedelta(minutes=minutes),
    )  # fmt: skip
    catalog.keep_record(found)
    return found.record_id


def test_live_papers_come_before_legacy_ones_and_the_longest_waiting_first_page_by_page(catalog):
    legacy = waits(catalog, b"legacy", 0, BACKFILL)
    late, early = waits(catalog, b"late", 9), waits(catalog, b"early", 1)
    catalog.keep_record(record(b"sure"))
    assert [each.record_id for each in catalog.queue.in_review(9)] == [early, late, legacy]
    seen, after = [], None
    while page := catalog.queue.in_review(1, after):
        after = page[0].record_id
        seen.append(after)
    assert seen == [early, late, legacy]
    assert page == ()


def test_a_lease_keeps_others_away_until_it_ends(catalog):
    a_record, minutes = waits(catalog, b"paper", 0), timedelta(minutes=15)
    assert catalog.queue.lease(a_record, "web:binh", NOON, NOON + minutes)
    assert not catalog.queue.lease(a_record, "web:chi", NOON + minutes / 2, NOON + 2 * minutes)
    assert catalog.queue.lease(a_record, "web:binh", NOON + minutes / 2, NOON + 2 * minutes), "their own, longer"
    assert not catalog.queue.lease(a_record, "web:chi", NOON + minutes, NOON + 3 * minutes)
    assert catalog.queue.lease(a_record, "web:chi", NOON + 2 * minutes, NOON + 3 * minutes)


def test_a_legacy_paper_is_one_whatever_is_indexed_first(tmp_path):
    legacy = manifest(b"legacy", station=BACKFILL)
    paper = record(b"legacy", status="review", review_reasons=("unsure:number",), submission_id=legacy.submission_id)

    def indexed(name, *steps):
        catalog = Catalog(f"sqlite:///{tmp_path / name}", SECRET)
        catalog.create()
        for step in steps:
            step(catalog)
        return catalog.queue.in_review(9)

    def the_record(catalog):
        catalog.keep_record(paper)

    def the_receipt(catalog):
        catalog.keep_submission(receipt(legacy), "inbox/x", done=True)

    [waiting] = indexed("one", the_record, the_receipt)
    assert waiting.backfill
    assert indexed("other", the_receipt, the_record) == (waiting,)


def test_what_people_did_is_counted_by_the_hour_and_by_person_once(catalog):
    def decision(number, who, minutes):
        said = [FieldDecision(field=f"f{each}", act="confirm", before="x", after="x") for each in range(number)]
        return Decision(
            record_id="0" * 32, version=number, who=who, at=NOON + timedelta(minutes=minutes), fields=tuple(said)
        )

    made = [decision(1, "web:binh", 0), decision(2, "web:chi", 59), decision(3, "web:binh", 60)]
    for _ in range(2):
        catalog.keep_decisions(made)
    assert [tuple(each) for each in catalog.queue.throughput(NOON)] == [
        ("2026-11-20T05", 2, 3),
        ("2026-11-20T06", 1, 3),
    ]
    assert [each.fields for each in catalog.queue.decided_by("web:binh", NOON)] == [1, 3]
    assert catalog.queue.decided_by("web:binh", NOON + timedelta(minutes=61)) == ()


def test_the_backlog_is_told_by_hour_and_lane(catalog):
    for content, minutes, station in ((b"a", 0, "counter"), (b"b", 59, "counter"), (b"c", 60, BACKFILL)):
        waits(catalog, content, minutes, station)
    assert catalog.queue.waits() == 3
    assert [tuple(each) for each in catalog.queue.backlog()] == [
        ("2026-11-20T05", False, 2),
        ("2026-11-20T06", True, 1),
    ]
