"""The golden set: the bundled scans are read no worse than the last time somebody wrote down how well.

When a change reads them better, write it down: `sohoa bench accuracy --json > tests/sohoa/bench/golden.jsonl`.
"""

from pathlib import Path

import pytest

from pipeline.digitize import Unwatched
from schemas.settings import Settings
from sohoa.bench.accuracy import Row, measure, scans_in, table
from sohoa.demo import SCANS

HIGHER = ("type_accuracy", "whole_papers", "field_exact", "accepted_share", "rotation_accuracy")
LOWER = ("silent_errors", "handwritten_accepted", "invented", "cer", "digit_error_rate", "straight_tilted")
TILT = ("skew_mean", "skew_p95", "skew_worst")
GOLDEN = [Row.model_validate_json(line) for line in Path(__file__).with_name("golden.jsonl").read_text().splitlines()]
KEPT = [row for row in GOLDEN if row.group in {"all", "level", "type"}]


@pytest.fixture(scope="module")
def now():
    papers = measure(scans_in([SCANS]), Settings(workers=1), Unwatched())
    return {(row.group, row.name): row.accuracy for row in table(papers)}


@pytest.mark.long
@pytest.mark.parametrize("golden", KEPT, ids=lambda row: row.name)
def test_no_metric_falls(golden, now):
    found = now[golden.group, golden.name].model_dump()
    before = golden.accuracy.model_dump(exclude_none=True)
    worse = {
        name: f"{before[name]} became {found[name]}"
        for name in before
        if (name in HIGHER and found[name] < before[name])
        or (name in LOWER and found[name] > before[name])
        or (name in TILT and found[name] > before[name] + 0.005)  # a hundredth of what anybody sees
    }
    assert not worse


def test_nothing_is_accepted_that_is_wrong(now):
    assert now["all", "all"].silent_errors == 0
