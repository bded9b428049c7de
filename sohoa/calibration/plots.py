"""Pictures of a calibration: whether what is called likely is right as often, and what it would cost to accept more."""

from collections.abc import Sequence
from itertools import accumulate
from operator import add
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no screen is needed

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from pipeline.calibrate.bounds import upper_bound
from schemas.calibration import PROMISE, Calibration, Tally
from sohoa.calibration.report import Row

_GREEN, _BLUE, _RED, _GREY = "#2a7f62", "#3b6ea5", "#b3372f", "#b8bec4"
_LEAST = 1e-4
"""What the axes of shares begin with, as they are logarithmic: nothing wrong among a few is not never."""


def draw(calibration: Calibration, rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write the plots as SVG into *folder*; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, plot in {"reliability": _reliability, "risk": _risk}.items():
        figure, axes = plt.subplots(figsize=(9, 4.5), layout="constrained")
        plot(axes, calibration, rows)
        written.append(folder / f"calibration-{name}.svg")
        figure.savefig(written[-1], metadata={"Date": None})
        plt.close(figure)
    return written


def _reliability(axes: Axes, calibration: Calibration, _rows: Sequence[Row]) -> None:
    for each in calibration.bins:
        said, seen = max(_LEAST, 1 - each.predicted), each.tally
        share, most = max(_LEAST, seen.wrong / seen.values), upper_bound(seen.wrong, seen.values)
        axes.plot([said, said], [share, most], color=_GREY)
        axes.plot(said, share, "o" if seen.wrong else "v", color=_BLUE)
        axes.annotate(f" {seen.wrong}/{seen.values}", (said, most), fontsize=7)
    axes.plot([_LEAST, 1], [_LEAST, 1], color=_GREEN, linewidth=1, label="wrong as often as said")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("share that the calibration says is wrong")
    axes.set_ylabel("share that is wrong, to its 95 % bound")
    axes.set_title("Reliability, on papers that nothing was fitted to", loc="left")
    axes.legend(loc="upper left", fontsize=8)


def _risk(axes: Axes, calibration: Calibration, rows: Sequence[Row]) -> None:
    """Draw the share that is wrong among the surest values: all that were read, and those that the rules accept."""
    read = list(accumulate((each.tally for each in reversed(calibration.bins)), add))
    steps = [sum(column, Tally()) for column in zip(*calibration.strata.values(), strict=True)]
    accepted = list(accumulate(reversed(steps), add))
    for totals, color, label in ((read, _BLUE, "by probability alone"), (accepted, _GREEN, "by rules and steps")):
        points = [(each.values / read[-1].values, each.wrong / each.values) for each in totals if each.values]
        axes.plot([100 * x for x, _ in points], [100 * y for _, y in points], ".-", color=color, label=label)
    axes.axhline(100 * PROMISE, color=_RED, linewidth=1, linestyle="--", label="the promise")
    stands = sum((Tally(values=row.accepted, wrong=row.wrong) for row in rows if row.document_type == "*"), Tally())
    axes.set_title(f"Risk and coverage: now {stands.wrong} wrong among {stands.values} accepted", loc="left")
    axes.set_xlabel("% of the values read that would be accepted")
    axes.set_ylabel("% wrong among them")
    axes.legend(loc="upper left", fontsize=8)
