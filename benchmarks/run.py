"""`make bench`: what a page costs and how well it is read, next to bare Tesseract on the same pages in the same run."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import accuracy, speed

_BUNDLED = Path("sohoa/demo/scans")
_SOHOA = str(Path(sys.executable).with_name("sohoa"))


def main() -> None:
    """Measure, print Markdown, and keep it in `benchmarks/results/`."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scans", type=Path, nargs="?", default=_BUNDLED, help="folder with scans and their truths")
    arguments.add_argument("--repeats", type=int, default=3, help="runs of each command; the median counts")
    chosen = arguments.parse_args()
    report = "\n\n".join(_sections(chosen.scans, chosen.repeats))
    print(report)
    results = Path("benchmarks/results")
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{chosen.scans.name}.md").write_text(report + "\n", "utf-8")


def _sections(folder: Path, repeats: int) -> list[str]:
    truths = accuracy.load_truths(folder)
    scans = [folder / name for name in truths]
    pages = sum(len(truth["pages"]) for truth in truths.values())
    environment = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "SOHOA_WORKERS": "1"}
    with tempfile.TemporaryDirectory() as scratch:
        images = speed.page_images(scans, Path(scratch))
        extract = [_SOHOA, "extract", "--json", *map(str, scans)]
        ingest = [_SOHOA, "ingest", "--json", *map(str, scans)]
        homes = iter(range(repeats + 1))
        bare = speed.median_cost(lambda: speed.bare_tesseract(images), repeats)
        read = speed.median_cost(lambda: speed.run(extract, **environment), repeats)
        whole = speed.median_cost(
            lambda: speed.run(ingest, **environment, SOHOA_HOME=f"{scratch}/home{next(homes)}"), repeats
        )
    rows = [_cost("bare `tesseract -l vie --psm 3`", bare, pages, bare)]
    rows += [
        _cost("`sohoa extract`", read, pages, bare),
        _cost("`sohoa ingest` (copy, signatures, store)", whole, pages, bare),
    ]
    found = [json.loads(line) for line in read.output.decode().splitlines()]
    scores = accuracy.score(truths, found)
    return [
        f"{len(scans)} files, {pages} pages, {os.cpu_count()} cores, one worker, median of {repeats} runs",
        _table(["", "CPU s/page", "× bare", "wall s/page", "peak MB of one process"], rows),
        _table(accuracy.COLUMNS, [[name, *total.row()] for name, total in scores.items()]),
    ]


def _cost(name: str, cost: speed.Cost, pages: int, bare: speed.Cost) -> list[str]:
    return [
        name,
        f"{cost.cpu / pages:.2f}",
        f"{cost.cpu / bare.cpu:.2f}",
        f"{cost.wall / pages:.2f}",
        f"{cost.peak_bytes / 1e6:.0f}",
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
