"""`make bench`: what a page costs and how well its text is read, by Sohoa and others, on the same pages in one run."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import contenders
from benchmarks.contenders import Pages, Result
from flows.orchestrator import own_key, server
from sohoa.bench.score import text_score
from sohoa.bench.truth import Truth, truths_in
from sohoa.demo import SCANS

_RESULTS = Path(__file__).with_name("results")
_CONTENDERS: Final[Mapping[str, Callable[[Pages, Path], Result]]] = {
    "bare `tesseract -l vie --psm 3`": contenders.bare_tesseract,
    "OCRmyPDF (deskew, rotate, clean, Sauvola, PDF/A)": contenders.ocrmypdf,
    "`sohoa extract`": contenders.extract,
    "`sohoa ingest` (PDF/A copy, signatures, records)": contenders.ingest,
}
_COLUMNS = ["", "CPU s/page", "× bare", "pages/min", "peak MB of one process", "copy kB/page", "CER"]


def main() -> None:
    """Measure, print Markdown, and keep it in `benchmarks/results/`."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scans", type=Path, nargs="?", default=SCANS, help="folder with scans and their truths")
    arguments.add_argument("--repeats", type=int, default=3, help="runs of each; the median counts")
    arguments.add_argument("--without", default="", help="contenders to leave out, by a word of their names")
    chosen = arguments.parse_args()
    left_out = chosen.without.casefold().split(",") if chosen.without else []
    running = {name: run for name, run in _CONTENDERS.items() if not any(word in name.casefold() for word in left_out)}
    report = _report(chosen.scans, running, chosen.repeats)
    print(report)
    _RESULTS.mkdir(exist_ok=True)
    (_RESULTS / f"{chosen.scans.name}.md").write_text(report + "\n", "utf-8")


def _report(folder: Path, running: Mapping[str, Callable[[Pages, Path], Result]], repeats: int) -> str:
    truths = truths_in(folder)
    results: dict[str, list[Result]] = {name: [] for name in running}
    with tempfile.TemporaryDirectory() as scratch, server(Path(scratch, "prefect")) as url:
        os.environ |= {"SOHOA_PREFECT__API_URL": url, "PREFECT_API_AUTH_STRING": own_key(Path(scratch, "prefect"))}
        pages = contenders.pages_of(list(truths), Path(scratch))
        for repeat in range(repeats):
            for number, (name, run) in enumerate(running.items()):  # in turn, so that a busy minute is shared
                place = Path(scratch, f"{repeat}-{number}")
                place.mkdir()
                results[name].append(run(pages, place))
    bare = median(result.cost.cpu for result in results[next(iter(results))])
    rows = [_row(name, runs, truths, pages.total, bare) for name, runs in results.items()]
    about = f"{len(truths)} files, {pages.total} pages, {contenders.CORES} cores, median of {repeats} runs"
    return f"{about}\n\n{table(_COLUMNS, rows)}"


def _row(
    name: str, runs: Sequence[Result], truths: Mapping[Path, Sequence[Truth]], pages: int, bare: float
) -> list[str]:
    cpu = median(run.cost.cpu for run in runs)
    wall = median(run.cost.wall for run in runs)
    peak = max(run.cost.peak_bytes for run in runs)
    written = runs[0].output_bytes
    return [
        name,
        f"{cpu / pages:.2f}",
        f"{cpu / bare:.2f}",
        f"{60 * pages / wall:.0f}",
        f"{peak / 1e6:.0f}",
        "–" if written is None else f"{written / pages / 1000:.0f}",
        _cer(runs[0].texts, truths),
    ]


def _cer(texts: Mapping[Path, str], truths: Mapping[Path, Sequence[Truth]]) -> str:
    scores = [
        found
        for path, (truth, *others) in truths.items()
        if not others and path in texts and (found := text_score(texts[path], truth.texts()))
    ]
    letters = sum(each.letters for each in scores)
    return f"{sum(each.edits for each in scores) / letters:.2%}" if letters else "–"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
