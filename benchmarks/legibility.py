"""`python -m benchmarks.legibility`: how often a clerk is told of bad pages, and of good ones, by page and preview."""

import argparse
import io
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from pipeline.prepare import RawPage, glance, prepare
from pipeline.prepare.legible import faults_of
from pipeline.prepare.pixels import Pixels
from samples import make
from samples.damage import LEVELS
from schemas.legibility import Fault
from schemas.settings import Limits
from sohoa.station import pictures

_KINDS = ("birth_certificate", "administrative_document", "marriage_certificate", "merit_allowance_decision")
_WHITE = 255


class Harm(NamedTuple):
    """Something that a clerk can mend by scanning once more."""

    name: str
    """Empty for none."""
    done: Callable[[Pixels, int], Pixels]
    """To a page at so many dots an inch."""


def _blurred(pixels: Pixels, dpi: int) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 3.5 * dpi / 200), np.uint8)


def _faint(pixels: Pixels, _dpi: int) -> Pixels:
    return np.asarray(_WHITE - (_WHITE - pixels.astype(np.float32)) * 0.3, np.uint8)


def _cut_off(pixels: Pixels, dpi: int) -> Pixels:
    return np.ascontiguousarray(pixels[:, : -round(1.3 * dpi)])


def _as_it_is(pixels: Pixels, _dpi: int) -> Pixels:
    return pixels


HARMS = (
    Harm("", _as_it_is),
    Harm("blurred", _blurred),
    Harm("printed too pale", _faint),
    Harm("edge cut off", _cut_off),
)


class Judged(NamedTuple):
    """One page, and the faults that it is said to have."""

    level: str
    harm: str
    by_page: tuple[Fault, ...]
    by_preview: tuple[Fault, ...]
    seconds: float
    """CPU time of judging the preview."""
    preview_bytes: int


def main() -> None:
    """Judge pages and print a table in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=7000, help="of the first paper (default: %(default)s)")
    arguments.add_argument("--papers", type=int, default=5, help="of each layout and level (default: %(default)s)")
    chosen = arguments.parse_args()
    cv2.setNumThreads(1)  # as in a worker
    judged = list(_judged(chosen.seed, chosen.papers))
    print("| level | done to the page | pages | told by the page | told by the preview |")
    print("| --- " * 5 + "|")
    for level in LEVELS:
        for harm in HARMS:
            group = [each for each in judged if (each.level, each.harm) == (level, harm.name)]
            told = [
                sum(map(bool, said)) for said in zip(*[(each.by_page, each.by_preview) for each in group], strict=True)
            ]
            print(f"| {level} | {harm.name or 'nothing'} | {len(group)} | {told[0]} | {told[1]} |")
    print(f"\n{1000 * float(np.median([each.seconds for each in judged])):.0f} CPU ms a preview,", end=" ")
    print(f"{float(np.median([each.preview_bytes for each in judged])) / 1000:.0f} kB each (medians)")


def _judged(seed: int, papers: int) -> Iterator[Judged]:
    number = 0
    for level in LEVELS:
        for kind in _KINDS * papers:
            number += 1
            sample = make.paper(kind, next(iter(make.KINDS[kind])), level, seed + number, rotation=0, perspective=0.0)
            dpi = int(sample.truth["degradations"]["dpi"])
            page = sample.pages[0]
            pixels = np.asarray(page.convert("L") if page.mode == "1" else page)
            for harm in HARMS:
                yield _one(level, harm, harm.done(pixels, dpi), dpi)


def _one(level: str, harm: Harm, pixels: Pixels, dpi: int) -> Judged:
    raw = RawPage(1, pixels, dpi, "decoded")
    scan = io.BytesIO()
    Image.fromarray(pixels).save(scan, "JPEG", quality=85, dpi=(dpi, dpi))
    [(_, seen)] = pictures.previews(scan, "image/jpeg", [1], Limits())
    jpeg = seen.jpeg or b""
    begun = time.process_time()
    by_preview = glance(jpeg).faults
    seconds = time.process_time() - begun
    return Judged(level, harm.name, faults_of(prepare(raw).page), by_preview, seconds, len(jpeg))


if __name__ == "__main__":
    main()
