"""Who is compared: each takes the same pages, and tells what that cost, what it read and how much it wrote.

The pages are handed over as each contender takes them, which is not counted: pictures for bare Tesseract, PDFs of the
same pictures for OCRmyPDF, the scans as they came for Sohoa.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import img2pdf
from PIL import Image, ImageSequence

from benchmarks import speed

CORES = os.cpu_count() or 1
_SOHOA = str(Path(sys.executable).with_name("sohoa"))
_QUIET = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "SOHOA_WORKERS": str(CORES)}
_ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}


class Result(NamedTuple):
    """What became of all scans."""

    cost: speed.Cost
    texts: Mapping[Path, str]
    """What was read in each scan."""
    output_bytes: int | None
    """Size of the copies; None when it makes none."""


class Pages(NamedTuple):
    """The same pages in the forms that contenders take."""

    scans: Sequence[Path]
    pictures: Mapping[Path, Sequence[Path]]
    pdfs: Mapping[Path, Path]

    @property
    def total(self) -> int:
        """How many pages there are."""
        return sum(map(len, self.pictures.values()))


def pages_of(scans: Sequence[Path], folder: Path) -> Pages:
    """Write each page as a picture, and each scan as a PDF, into *folder*."""
    pictures: dict[Path, list[Path]] = {}
    pdfs = {}
    for scan in scans:
        if scan.suffix == ".pdf":
            subprocess.run(["pdfimages", "-j", "-png", scan, folder / scan.stem], check=True)
            pictures[scan] = sorted(folder.glob(f"{scan.stem}-*"))
            pdfs[scan] = scan
        elif scan.suffix in {".tif", ".tiff"}:
            pictures[scan] = _frames(scan, folder)
        else:
            pictures[scan] = [scan]
        if scan not in pdfs:
            pdfs[scan] = folder / f"{scan.name}.pdf"
            pdfs[scan].write_bytes(img2pdf.convert([str(picture) for picture in pictures[scan]]))
    return Pages(scans, pictures, pdfs)


def _frames(scan: Path, folder: Path) -> list[Path]:
    written = []
    with Image.open(scan) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image), start=1):
            path = folder / f"{scan.stem}-{number:03}.png"
            frame.save(path, dpi=frame.info.get("dpi", (300, 300)))
            written.append(path)
    return written


def bare_tesseract(pages: Pages, _scratch: Path) -> Result:
    """`tesseract -l vie --psm 3` on each picture as it came, one thread a process, one process a core."""
    each = [(scan, picture) for scan in pages.scans for picture in pages.pictures[scan]]
    commands = [["tesseract", str(picture), "-", "-l", "vie", "--psm", "3"] for _, picture in each]
    cost, printed = speed.run_each(commands, CORES, **_ONE_THREAD)
    texts: dict[Path, str] = defaultdict(str)
    for (scan, _), text in zip(each, printed, strict=True):
        texts[scan] += text.decode() + "\n"
    return Result(cost, texts, None)


def ocrmypdf(pages: Pages, scratch: Path) -> Result:
    """OCRmyPDF with all that it has against bad scans, which is also what it reads best with: PDF/A for each scan."""
    options = [
        "--deskew",
        "--rotate-pages",
        "--clean",
        "--tesseract-thresholding",
        "sauvola",
        "--output-type",
        "pdfa-2",
    ]
    commands = [
        [
            *("ocrmypdf", "-l", "vie", *options, "--jobs", str(CORES), "--sidecar", f"{scratch}/{number}.txt"),
            *(str(pages.pdfs[scan]), f"{scratch}/{number}.pdf"),
        ]
        for number, scan in enumerate(pages.scans)
    ]
    cost, _ = speed.run_each(commands, 1)
    texts = {scan: (scratch / f"{number}.txt").read_text("utf-8") for number, scan in enumerate(pages.scans)}
    return Result(cost, texts, sum(path.stat().st_size for path in scratch.glob("*.pdf")))


def extract(pages: Pages, _scratch: Path) -> Result:
    """`sohoa extract`: pages straightened, read, and understood."""
    done = speed.run([_SOHOA, "extract", "--json", *map(str, pages.scans)], **_QUIET)
    texts: dict[Path, str] = defaultdict(str)
    for line in done.output.decode().splitlines():
        document = json.loads(line)
        texts[Path(document["file"])] += document["text"] + "\n"
    return Result(done.cost, texts, None)


def ingest(pages: Pages, scratch: Path) -> Result:
    """`sohoa ingest`: searchable PDF/A copies, signatures, records, the store; the Prefect server runs elsewhere."""
    home = {"SOHOA_HOME": str(scratch), "SOHOA_OWNER_SECRET": "a secret of the benchmark"}
    done = speed.run([_SOHOA, "ingest", "--json", *map(str, pages.scans)], **_QUIET, **home)
    found = [json.loads(line) for line in done.output.decode().splitlines()]
    copies = {each["copy_sha256"] for each in found} - {None}
    sizes = (next(scratch.glob(f"store/objects/files/*/{copy}")).stat().st_size for copy in copies)
    return Result(done.cost, {}, sum(sizes))
