"""The queue: live before backfill, the longest waiting first, and nobody looks at what somebody else has."""

from datetime import timedelta

import pytest

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
    assert [each.record_id for each in catalog.in_review(BACKFILL, 9)] == [early, late, legacy]
    seen, after = [], None
    while page := catalog.in_review(BACKFILL, 1, after):
        after = page[0].record_id
        seen.append(after)
    assert seen == [early, late, legacy]
    assert page == ()


def test_a_lease_keeps_others_away_until_it_ends(catalog):
    a_record, minutes = waits(catalog, b"paper", 0), timedelta(minutes=15)
    assert catalog.lease(a_record, "web:binh", NOON, NOON + minutes)
    assert not catalog.lease(a_record, "web:chi", NOON + minutes / 2, NOON + 2 * minutes)
    assert catalog.lease(a_record, "web:binh", NOON + minutes / 2, NOON + 2 * minutes), "their own, longer"
    assert not catalog.lease(a_record, "web:chi", NOON + minutes, NOON + 3 * minutes)
    assert catalog.lease(a_record, "web:chi", NOON + 2 * minutes, NOON + 3 * minutes)
