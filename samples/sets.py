"""Make labelled sets to tune on, and to measure with: `python -m samples.sets tuning|held-out --out FOLDER`.

The two splits share nothing that the program could learn by heart: seeds, people, places, agencies and phrases (see
`samples.lots`), fonts and hands are of different halves, and the layouts that a module names in `HELD_OUT` are in the
held-out split alone. **Nothing is ever tuned on the held-out split**: no threshold, no label, no lexicon. It is made to
measure a version with, and who looks at its single errors makes another one with another seed.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import track

from samples import make
from samples.damage import LEVELS, Level
from samples.lots import Half
from samples.places import Handwriting

FAMILIES: dict[Half, tuple[str, ...]] = {
    "tuning": ("Liberation Serif", "Liberation Serif", "FreeSerif"),
    "held-out": ("Linux Libertine", "Linux Libertine", "DejaVu Serif"),
}
SEEDS: dict[Half, int] = {"tuning": 1_000_000, "held-out": 2_000_000}
FILLED_BY_HAND: tuple[Handwriting, ...] = (False,) * 17 + ("number_and_day",) * 2 + (True,)
DOTTED_LINES = 0.3
BLUE_VALUES = 0.15


@dataclass(frozen=True, slots=True)
class Order:
    """One scan to make."""

    kind: str
    layout: str
    level: Level
    seed: int


def layouts(half: Half) -> Iterator[tuple[str, str]]:
    """Yield the kinds and layouts of one half: all for the held-out one, those that are not held out for the other."""
    for kind, known in make.KINDS.items():
        kept_back: frozenset[str] = import_module(f"samples.{kind}").HELD_OUT
        yield from ((kind, layout) for layout in known if half == "held-out" or layout not in kept_back)


def orders(half: Half, per_layout: int, levels: tuple[Level, ...] = LEVELS, seed: int = 0) -> list[Order]:
    """Return what a set consists of: as many scans of each layout at each level, every one with a seed of its own."""
    first = SEEDS[half] + 10_000 * seed
    every = [(*paper, level) for _ in range(per_layout) for paper in layouts(half) for level in levels]
    return [Order(kind, layout, level, first + place) for place, (kind, layout, level) in enumerate(every)]


def made(half: Half, order: Order) -> make.Sample[make.Truth]:
    """Return one scan of a set; what is not part of its damage is drawn by lot here."""
    rng = Random(f"{half} {order.seed}")
    return make.paper(
        order.kind,
        order.layout,
        order.level,
        order.seed,
        half=half,
        name=f"{order.kind}_{order.layout}_{order.level}_{order.seed}",
        family=rng.choice(FAMILIES[half]),
        dotted_lines=rng.random() < DOTTED_LINES,
        blue_values=rng.random() < BLUE_VALUES,
        handwriting=rng.choice(FILLED_BY_HAND),
    )


def main(arguments: list[str] | None = None) -> None:
    """Write one set."""
    parser = argparse.ArgumentParser(prog="python -m samples.sets", description="Write a labelled set of scans.")
    parser.add_argument("half", choices=SEEDS, help="tune on the one, only measure with the other")
    parser.add_argument("--per-layout", type=int, default=1, metavar="N", help="scans of each layout and level")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS)
    parser.add_argument("--seed", type=int, default=0, help="another set of the same kind (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    todo = orders(chosen.half, chosen.per_layout, tuple(chosen.levels), chosen.seed)
    for order in track(todo, chosen.half, console=Console(stderr=True), disable=not sys.stderr.isatty()):
        made(chosen.half, order).save(chosen.out)
    print(f"{len(todo)} scans in {chosen.out}")


if __name__ == "__main__":
    main()
