"""`python -m benchmarks.calibration`: is the promise kept where it is said to be proven? A world whose truth is known.

No paper is made and none is read: how likely each value is wrong is known, because it is drawn from a formula, which
is not the model's. Each run has other values: a calibration is fitted, then people decide about a random sample of what
is accepted, and acceptance follows them. As the true chance of every value is known, so is the true share of wrong ones
among what would be accepted at each moment.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import matplotlib as mpl
import numpy as np

mpl.use("Agg")  # no screen is needed

from matplotlib import pyplot as plt
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from pipeline.calibrate.evidence import ONE, SUREST, Evidence
from pipeline.calibrate.fit import Observation, fit
from pipeline.calibrate.standing import Standing, standings
from schemas.calibration import Calibration, Group, Sampled, promise_of, stratum_of

Numbers = NDArray[np.float64]

DRIFT: Final = 10.0
"""By how much the odds of a slip rise, say with another scanner."""
_MADE_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LOOKS: Final = 6
"""How often acceptance is set anew in a run."""
_CROWD: Final = 6_000
"""Values of each stratum by which the true share of wrong ones is known."""
_COVERAGES: Final = np.linspace(0.05, 1.0, 20)
_COLUMNS: Final = (
    "stratum (promise)", "labelled", "decisions", "wrong by the rules alone", "said at the end",
    "accepted of what the rules accept", "wrong of it", "worst run", "runs with a broken promise",
)  # fmt: skip
_COLUMNS_OF_DRIFT: Final = (
    "stratum", "wrong after the drift", "lowered, of the runs in which it was proven before",
    "decisions until then (median, 95 %)", "wrong at the end", "accepted at the end",
)  # fmt: skip


class Place(NamedTuple):
    """One stratum of the made-up world."""

    document_type: str
    group: Group
    slips: float
    """Log-odds that a value of middling difficulty is misread."""
    floor: float
    """Chance that a value is wrong however clear it looks: what no confidence tells."""
    labelled: int
    """Values that are known when the calibration is made."""
    sampled: int
    """Values that people look at afterwards."""

    @property
    def name(self) -> str:
        """The stratum."""
        return stratum_of(self.document_type, self.group)


WORLD: Final = (
    Place("birth_certificate", "name", -11.0, 0.00005, 10_000, 8_000),
    Place("birth_certificate", "identifier", -12.0, 0.00002, 16_000, 12_000),
    Place("birth_certificate", "place", -8.5, 0.0001, 8_000, 6_000),
    Place("birth_certificate", "date", -11.0, 0.003, 3_000, 2_000),
    Place("marriage_certificate", "name", -10.5, 0.0001, 3_000, 14_000),
    Place("marriage_certificate", "place", -8.0, 0.0001, 1_000, 800),
    Place("death_extract", "name", -10.5, 0.0001, 500, 400),
    Place("death_extract", "date", -9.0, 0.0005, 500, 400),
)
"""Easy and hard ones, one in which nothing tells what is wrong, one that becomes proven only later, and thin ones."""


class Lot(NamedTuple):
    """Values of one stratum, and the truth about them."""

    place: Place
    facts: dict[str, Numbers]
    """What speaks for and against each value."""
    chance: Numbers
    """That each is wrong."""
    wrong: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    """By the rules."""

    def evidence(self) -> Iterator[Evidence]:
        """Yield the evidence of each value."""
        for facts in zip(*(column.tolist() for column in self.facts.values()), strict=True):
            yield Evidence(self.place.document_type, self.place.group, dict(zip(self.facts, facts, strict=True)))

    def probabilities(self, model: Calibration) -> Numbers:
        """Return how likely the model says that each value is right which the rules accept.

        All at once, as `probability` says it one by one.
        """
        odds = np.full(int(self.accepted.sum()), model.weights[ONE])
        odds += sum(model.offsets.get(name, 0.0) for name in (self.place.group, self.place.name))
        for name, column in self.facts.items():
            odds += model.weights[name] * column[self.accepted]
        likely: Numbers = np.round(np.minimum(SUREST, 1 / (1 + np.exp(-odds))), 6)
        return likely


class Moment(NamedTuple):
    """What was said of a stratum at one moment of a run, and what is true."""

    stratum: str
    looked_at: int
    """Decisions of people about it so far."""
    standing: Standing
    risk: float
    """The true chance that a value is wrong which would be accepted now; 0 when none would be."""
    coverage: float
    """The share of what the rules accept that would be."""
    risk_of_rules: float
    """The true chance that a value is wrong which the rules accept."""

    @property
    def proven(self) -> bool:
        """Whether the promise was said to be proven for this stratum itself."""
        return self.standing.state == "proven" and not self.standing.pooled

    @property
    def lowered(self) -> bool:
        """Whether acceptance was lowered."""
        return self.standing.state in {"lowered", "closed"}

    @property
    def said(self) -> str:
        """Where acceptance stood, in words."""
        return f"{self.standing.state}{' with all types' if self.standing.pooled else ''}"


def values(place: Place, count: int, rng: np.random.Generator, worse: float = 1.0) -> Lot:
    """Return values of a stratum.

    Args:
        place: the stratum.
        count: how many.
        rng: the lot.
        worse: by how much the odds of a slip have risen, for drift.
    """
    difficulty = rng.normal(size=count)
    page = rng.normal(size=count)
    confidence = 1 / (1 + np.exp(-(4.0 - 1.5 * difficulty - 0.3 * page + rng.normal(scale=0.7, size=count))))
    odds = place.slips + np.log(worse) + 2.4 * difficulty + 0.4 * page + 0.8 * difficulty * (difficulty > 1)
    slip = 1 / (1 + np.exp(-odds))
    agrees = rng.random(count) > 0.25 + 0.6 * slip
    chance = np.minimum(1.0, place.floor * worse + slip * np.where(agrees & (confidence < 0.9), 0.3, 1.0))
    rules = (confidence >= 0.9) | (agrees & (confidence >= 0.5))
    logs = np.log(np.clip(confidence, 0.02, 0.999) / (1 - np.clip(confidence, 0.02, 0.999)))
    facts = {
        "confidence": logs,
        "page_confidence": 2.2 - page,
        "read_again": (agrees & (confidence < 0.9)).astype(float),
    }
    return Lot(place, facts, chance, rng.random(count) < chance, rules)


def calibrated(world: Sequence[Place], rng: np.random.Generator, size: float) -> Calibration:
    """Return a calibration of the world: fitted as the real one is."""
    observations = []
    for place in world:
        lot = values(place, int(place.labelled * size), rng)
        rows = zip(lot.evidence(), lot.accepted.tolist(), lot.wrong.tolist(), strict=True)
        observations += [
            Observation("simulation", f"{place.name} {number}", evidence, accepted, not wrong)
            for number, (evidence, accepted, wrong) in enumerate(rows)
        ]
    return fit(observations, _MADE_AT)


class Run(NamedTuple):
    """One run."""

    moments: tuple[Moment, ...]
    curve: Numbers
    """True share of wrong ones among the surest values, at each of `_COVERAGES`, by the probability alone."""

    def of(self, stratum: str) -> list[Moment]:
        """Return the moments of one stratum."""
        return [each for each in self.moments if each.stratum == stratum]

    def broken(self, stratum: str) -> bool:
        """Return whether at any moment a promise was said to be proven for a stratum itself, and was not kept."""
        return any(each.proven and each.risk > promise_of(stratum) for each in self.of(stratum))


def run(seed: int, world: Sequence[Place] = WORLD, *, size: float = 1.0, worse: float = 1.0) -> Run:
    """Return what was said and what is true at each moment of one run.

    Args:
        seed: of the run.
        world: its strata.
        size: of all numbers of values.
        worse: by how much the odds of a slip rise, once the calibration is made.
    """
    rng = np.random.default_rng(seed)
    model = calibrated(world, rng, size)
    truths = {place.name: _truth(values(place, _CROWD, rng, worse), model) for place in world}
    queues = {place.name: list(_decisions(place, model, rng, size, worse)) for place in world}
    moments = []
    for look in range(_LOOKS + 1):
        seen = {name: queue[: len(queue) * look // _LOOKS] for name, queue in queues.items()}
        stands = standings(model, [each for decided in seen.values() for each in decided])
        for name, (chances, probabilities) in truths.items():
            taken = probabilities >= stands[name].needed
            risk = float(chances[taken].mean()) if taken.any() else 0.0
            moments.append(
                Moment(name, len(seen[name]), stands[name], risk, float(taken.mean()), float(chances.mean()))
            )
    chances, probabilities = (np.concatenate(column) for column in zip(*truths.values(), strict=True))
    surest = np.cumsum(chances[np.argsort(-probabilities)]) / np.arange(1, len(chances) + 1)
    return Run(tuple(moments), surest[(_COVERAGES * len(chances)).astype(int) - 1])


def _truth(lot: Lot, model: Calibration) -> tuple[Numbers, Numbers]:
    """Return the true chance of being wrong, and the probability of being right that the model says, of what passes."""
    return lot.chance[lot.accepted], lot.probabilities(model)


def _decisions(
    place: Place, model: Calibration, rng: np.random.Generator, size: float, worse: float
) -> Iterator[Sampled]:
    """Yield what people find out about a random sample of what the rules accept, in the order in which they decide."""
    lot = values(place, int(place.sampled * size), rng, worse)
    for likely, wrong in zip(lot.probabilities(model).tolist(), lot.wrong[lot.accepted].tolist(), strict=True):
        yield Sampled(place.name, likely, wrong)


def table(runs: Sequence[Run], world: Sequence[Place], size: float) -> Iterator[tuple[str, ...]]:
    """Yield a row for each stratum, and one for all, under `_COLUMNS`."""
    for place in world:
        ends = [each.of(place.name)[-1] for each in runs]
        states = Counter(each.said for each in ends)
        yield (
            f"{place.name} (≤ {promise_of(place.name):.2%})",
            str(int(place.labelled * size)),
            str(int(place.sampled * size)),
            f"{np.mean([each.risk_of_rules for each in ends]):.3%}",
            ", ".join(f"{said} {count / len(runs):.0%}" for said, count in states.most_common()),
            f"{np.mean([each.coverage for each in ends]):.1%}",
            f"{np.mean([each.risk for each in ends]):.3%}",
            f"{max(each.risk for each in ends):.3%}",
            f"{sum(each.broken(place.name) for each in runs)}/{len(runs)}",
        )
    any_broken = sum(any(each.broken(place.name) for place in world) for each in runs)
    yield ("any of them", *[""] * 7, f"{any_broken}/{len(runs)}")


def table_of_drift(runs: Sequence[Run], world: Sequence[Place]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each stratum that was proven before, under `_COLUMNS_OF_DRIFT`."""
    for place in world:
        proven = [mine for each in runs if (mine := each.of(place.name))[0].proven]
        if not proven:
            continue
        noticed = [next((each.looked_at for each in mine if each.lowered), None) for mine in proven]
        until = sorted(each for each in noticed if each is not None)
        yield (
            place.name,
            f"{np.mean([mine[0].risk for mine in proven]):.3%}",
            f"{len(until)}/{len(proven)}",
            f"{median(until):.0f}, {until[int(0.95 * (len(until) - 1))]}" if until else "–",
            f"{np.mean([mine[-1].risk for mine in proven]):.3%}",
            f"{np.mean([mine[-1].coverage for mine in proven]):.1%}",
        )


def draw(runs: Sequence[Run], world: Sequence[Place], path: Path) -> None:
    """Draw risk and coverage: the curve of the probability alone, and where each stratum ended in each run."""
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    curves = np.array([each.curve for each in runs])
    axes.plot(100 * _COVERAGES, 100 * curves.mean(axis=0), color="#3b6ea5", label="all strata, by probability alone")
    axes.fill_between(100 * _COVERAGES, *(100 * np.quantile(curves, [0.05, 0.95], axis=0)), color="#3b6ea5", alpha=0.2)
    for place, marker in zip(world, "os^vDPX*", strict=False):
        ends = [each.of(place.name)[-1] for each in runs]
        found = [(100 * end.coverage, 100 * end.risk) for end in ends if end.coverage]
        if found:
            axes.plot(*zip(*found, strict=True), marker, alpha=0.4, markersize=4, label=place.name.replace("_", " "))
    for promise in (0.1, 0.05):
        axes.axhline(promise, color="#b3372f", linewidth=1, linestyle="--")
    axes.set_yscale("log")
    axes.set_xlabel("% of what the rules accept that is accepted: the rest people see")
    axes.set_ylabel("% of it that is truly wrong")
    axes.set_title(f"Where acceptance stands after {len(runs)} runs, and the promises of 0.1 % and 0.05 %", loc="left")
    axes.legend(fontsize=7, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Run, print the tables in Markdown, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--runs-of-drift", type=int, default=30)
    parser.add_argument("--size", type=float, default=1.0, help="of all numbers of values (default: %(default)s)")
    parser.add_argument("--picture", type=Path, default=Path("benchmarks/results/calibration-simulation.svg"))
    chosen = parser.parse_args()
    runs = _runs(range(chosen.runs), "as it was", chosen.size, 1.0)
    _print(_COLUMNS, table(runs, WORLD, chosen.size))
    draw(runs, WORLD, chosen.picture)
    drifted = _runs(range(10_000, 10_000 + chosen.runs_of_drift), "drift", chosen.size, DRIFT)
    print()
    _print(_COLUMNS_OF_DRIFT, table_of_drift(drifted, WORLD))


def _runs(seeds: range, what: str, size: float, worse: float) -> list[Run]:
    """Return the runs with these seeds, made on two cores."""
    console = Console(stderr=True)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        done = pool.map(partial(run, size=size, worse=worse), seeds)
        return list(track(done, what, total=len(seeds), console=console, disable=not sys.stderr.isatty()))


def _print(columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    for row in (columns, ("---",) * len(columns), *rows):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
