"""CPU seconds, wall seconds and peak memory of whole commands, children included."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What a command cost."""

    cpu: float
    wall: float
    peak_bytes: int
    output: bytes


def run(command: Sequence[str], **environment: str) -> Cost:
    """Run a command and return its cost; CPU and peak memory are those of the process and all that it waited for.

    Raises:
        subprocess.CalledProcessError: for an exit code other than 0, 21 or 27.
    """
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        if process.returncode not in {0, 21, 27}:
            raise subprocess.CalledProcessError(process.returncode, command)
        output.seek(0)
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, output.read())


def median_cost(measure: Callable[[], Cost], repeats: int) -> Cost:
    """Return the run with the median CPU time; machines are noisy."""
    runs = sorted((measure() for _ in range(repeats)), key=lambda cost: cost.cpu)
    middle = runs[len(runs) // 2]
    return middle._replace(
        wall=statistics.median(cost.wall for cost in runs), peak_bytes=max(c.peak_bytes for c in runs)
    )


def page_images(scans: Sequence[Path], folder: Path) -> list[Path]:
    """Write each page of the scans as a TIFF that bare Tesseract can read, not counted in anybody's cost."""
    pages = []
    for scan in scans:
        if scan.suffix == ".pdf":
            target = folder / scan.stem
            subprocess.run(["pdftoppm", "-r", "300", "-tiff", scan, target], check=True)
            pages += sorted(folder.glob(f"{scan.stem}-*.tif"))
        else:
            pages.append(scan)
    return pages


def bare_tesseract(pages: Sequence[Path]) -> Cost:
    """Return the cost of `tesseract -l vie --psm 3` on each page as it came, one thread, one process a file."""
    costs = [
        run(["tesseract", str(page), "-", "-l", "vie", "--psm", "3", "tsv"], OMP_THREAD_LIMIT="1") for page in pages
    ]
    return Cost(
        sum(cost.cpu for cost in costs),
        sum(cost.wall for cost in costs),
        max(cost.peak_bytes for cost in costs),
        b"".join(cost.output for cost in costs),
    )
