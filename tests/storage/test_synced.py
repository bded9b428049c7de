"""What the national portal was told of dossiers: nothing is overwritten, and the last word counts."""

from datetime import UTC, date, datetime

from storage.synced import Synced
from tests.schemas.test_score import NOTHING

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LATER = NOTHING.model_copy(update={"has_result": True, "finished_on": date(2026, 4, 2)})
OTHER = NOTHING.model_copy(update={"code": "H40.12-260331-0008"})


def test_the_last_word_about_a_dossier_counts_and_saying_it_again_adds_nothing(local_store):
    synced = Synced(local_store)
    assert synced.keep("2026-03", [NOTHING, OTHER], NOW) == 2
    assert synced.keep("2026-03", [NOTHING, OTHER], NOW) == 0
    assert synced.keep("2026-03", [LATER], NOW) == 1
    assert synced.of("2026-03") == (LATER, OTHER)
    assert synced.of("2026-02") == ()
    assert list(local_store.list("synced/")) == ["synced/2026/03/000001.json", "synced/2026/03/000002.json"]


def test_months_come_in_order(local_store):
    synced = Synced(local_store)
    for month in ("2026-03", "2025-12", "2026-01"):
        synced.keep(month, [NOTHING], NOW)
    assert list(synced.months()) == ["2025-12", "2026-01", "2026-03"]
