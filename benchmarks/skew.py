"""`python -m benchmarks.skew`: how well the tilt of a page is measured, on papers that were tilted by known angles."""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipeline.prepare import RawPage, prepare
from samples import make
from samples.damage import LEVELS, Level

_PAPERS = (
    ("birth_certificate", "current"),
    ("birth_certificate", "form_2006"),
    ("administrative_document", "decision"),
    ("administrative_document", "letter"),
)
_ANGLES = (0.3, 0.9, 1.7, 2.6, 4.2, 5.9, 7.8, 9.5, 12.0, 14.5)
_STRAIGHT = 4
"""Straight pages a paper and level: whether one is tilted depends on its noise."""
_USUAL = 8.0
"""Degrees within which paper lies in feeders and on the glass; beyond it a correction need only be sound."""
_TILTED = 0.1
_WRONG = 0.3
"""Degrees beyond which a correction is wrong; a page that is left as it is because of doubt is not."""


class Measured(NamedTuple):
    """One page."""

    paper: str
    level: Level
    truth: float
    found: float
    undecided: bool
    seconds: float

    @property
    def error(self) -> float:
        """Degrees between truth and finding."""
        return abs(self.found - self.truth)


def main() -> None:
    """Measure and print a table in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=4000, help="of the first paper (default: %(default)s)")
    arguments.add_argument("--every", type=int, default=1, help="take every n-th page only")
    arguments.add_argument("--pages", action="store_true", help="print each page that is off by more than 0.05 degrees")
    chosen = arguments.parse_args()
    pages = list(_pages(chosen.seed, chosen.every))
    groups: dict[str, list[Measured]] = defaultdict(list)
    for page in pages:
        groups["all"].append(page)
        groups[f"level: {page.level}"].append(page)
        groups[f"paper: {page.paper}"].append(page)
    print("|  | pages to 8° | mean | p95 | worst | pages to 15° | wrong | undecided | straight | of these tilted |")
    print("| --- " * 10 + "|")
    for name, group in groups.items():
        print(_row(name, group))
    print(f"\n{1000 * statistics.mean(page.seconds for page in pages):.0f} CPU ms a page for all of preparing")
    if chosen.pages:
        for page in sorted(pages, key=lambda page: -page.error):
            if page.error > _TILTED / 2:
                print(f"{page.error:.3f}° {page}")


def _pages(seed: int, every: int) -> Iterator[Measured]:
    """Prepare papers at each angle, to either side in turn; each page has contents and damage of its own."""
    number = 0
    for angle in (*_ANGLES, *[0.0] * _STRAIGHT):
        for kind, layout in _PAPERS:
            for level in LEVELS:
                number += 1
                if number % every == 0:
                    yield _measured(kind, layout, level, seed + number, angle * (-1) ** (number // every))


def _measured(kind: str, layout: str, level: Level, seed: int, angle: float) -> Measured:
    sample = make.paper(kind, layout, level, seed, skew=angle, rotation=0, perspective=0.0)
    picture = sample.pages[0]
    pixels = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    begin = time.process_time()
    page = prepare(RawPage(1, pixels, sample.truth["pages"][0]["dpi"], "decoded")).page
    seconds = time.process_time() - begin
    undecided = "skew_undecided" in page.quality.warnings
    return Measured(f"{kind} {layout}", level, angle, page.skew_degrees, undecided, seconds)


def _row(name: str, pages: list[Measured]) -> str:
    usual = sorted(page.error for page in pages if 0 < abs(page.truth) <= _USUAL)
    beyond = [page for page in pages if abs(page.truth) > _USUAL]
    straight = [page for page in pages if page.truth == 0]
    cells = [
        name,
        str(len(usual)),
        f"{statistics.mean(usual):.3f}°",
        f"{usual[int(0.95 * (len(usual) - 1))]:.3f}°",
        f"{usual[-1]:.3f}°",
        str(len(beyond)),
        str(sum(page.error > _WRONG and not page.undecided for page in pages)),
        str(sum(page.undecided for page in pages)),
        str(len(straight)),
        str(sum(page.error > _TILTED for page in straight)),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
