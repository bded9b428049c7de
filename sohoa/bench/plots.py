"""Pictures of the accuracy: what is right, what is accepted, and what it would cost to accept more."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no screen is needed

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from sohoa.bench.accuracy import Row
from sohoa.bench.score import PaperScore

_GREEN, _BLUE, _RED, _GREY = "#2a7f62", "#3b6ea5", "#b3372f", "#b8bec4"


def draw(rows: Sequence[Row], papers: Sequence[PaperScore], folder: Path) -> list[Path]:
    """Write the plots as SVG into *folder*; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = {"types": _types, "fields": _fields, "risk": _risk, "skew": _skew}
    written = []
    for name, plot in plots.items():
        figure, axes = plt.subplots(figsize=(9, 9 if name == "fields" else 4.5), layout="constrained")
        plot(axes, rows, papers)
        written.append(folder / f"accuracy-{name}.svg")
        figure.savefig(written[-1], metadata={"Date": None})
        plt.close(figure)
    return written


def _types(axes: Axes, rows: Sequence[Row], _papers: Sequence[PaperScore]) -> None:
    shown = [row for row in rows if row.group in {"all", "level", "type"}]
    _bars(axes, shown, "Fields by type and level of damage")


def _fields(axes: Axes, rows: Sequence[Row], _papers: Sequence[PaperScore]) -> None:
    shown = [row for row in rows if row.group == "field" and row.accuracy.fields and row.accuracy.accepted_share != 1]
    worst = sorted(shown, key=lambda row: row.accuracy.accepted_share or 0)[:30]
    _bars(axes, worst, "What people see most often")


def _bars(axes: Axes, rows: Sequence[Row], title: str) -> None:
    places = range(len(rows))
    exact = [100 * (row.accuracy.field_exact or 0) for row in rows]
    accepted = [100 * (row.accuracy.accepted_share or 0) for row in rows]
    axes.barh(places, exact, height=0.7, color=_GREY, label="read exactly")
    axes.barh(places, accepted, height=0.35, color=_GREEN, label="accepted: nobody has to look")
    for place, row in zip(places, rows, strict=True):
        if row.accuracy.silent_errors:
            axes.text(101, place, f"{row.accuracy.silent_errors} silent", color=_RED, va="center", fontsize=8)
    axes.set_yticks(places, [_name(row) for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xlabel("% of the values that are printed on the papers")
    axes.set_title(title, loc="left")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)


def _name(row: Row) -> str:
    name = f"{row.document_type}: {row.name}" if row.group == "field" else row.name
    return name.replace("_", " ")


def _risk(axes: Axes, _rows: Sequence[Row], papers: Sequence[PaperScore]) -> None:
    """Draw the share that is wrong among the surest fields, were the confidence alone to decide (risk and coverage)."""
    read = sorted((each for paper in papers for each in paper.fields if each.read), key=lambda each: -each.confidence)
    wrong, curve = 0, []
    for count, each in enumerate(read, start=1):
        wrong += not each.exact
        curve.append(100 * wrong / count)
    axes.plot([100 * (place + 1) / len(read) for place in range(len(read))], curve, color=_BLUE, label="by confidence")
    accepted = [each for each in read if each.accepted]
    if accepted:
        silent = 100 * sum(each.silent for each in accepted) / len(accepted)
        axes.plot(100 * len(accepted) / len(read), silent, "o", color=_GREEN, label="by the rules of acceptance")
    axes.set_xlabel("% of the values read that would be accepted")
    axes.set_ylabel("% wrong among them")
    axes.set_title("Risk and coverage", loc="left")
    axes.legend(loc="upper left", fontsize=8)


def _skew(axes: Axes, _rows: Sequence[Row], papers: Sequence[PaperScore]) -> None:
    tilts = [page.skew_error for paper in papers for page in paper.pages if page.skew_error is not None]
    axes.hist(tilts, bins=40, color=_BLUE)
    axes.set_xlabel("degrees between the tilt that was found and the true one")
    axes.set_ylabel("pages")
    axes.set_title("Straightening", loc="left")
