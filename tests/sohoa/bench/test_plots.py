"""Plots are drawn of whatever was measured."""

import pytest

from sohoa.bench.accuracy import table
from sohoa.bench.plots import draw
from sohoa.bench.score import FieldScore, PageScore, PaperScore


def paper(**changes):
    known = {"wanted": True, "handwritten": False, "read": True, "exact": True, "accepted": True, "confidence": 0.9}
    fields = (FieldScore(name="sex", **known | changes),)
    pages = (PageScore(turned_right=True, skew_error=0.01, is_straight=False),)
    return PaperScore("birth_certificate", "clean", True, True, fields, None, pages)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exact": False},
        {"read": False, "exact": False, "accepted": False},
        {"handwritten": True, "accepted": False},
    ],
    ids=["read well", "silently wrong", "not read", "written by hand"],
)
def test_every_plot_is_drawn(changes, tmp_path):
    papers = [paper(**changes)]
    written = draw(table(papers), papers, tmp_path / "plots")
    assert [path.name for path in written] == [f"accuracy-{name}.svg" for name in ("types", "fields", "risk", "skew")]
    assert all(path.read_text("utf-8").rstrip().endswith("</svg>") for path in written)
