"""Several papers in one file, as a feeder scans a pile: with separator sheets or receipts between them, or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import TypedDict, Unpack

from samples.damage import Level, drawn_by_lot
from samples.make import SHEETS, FileTruth, Overrides, PageTruth, Sample, Truth, paper


class SeparatorTruth(TypedDict):
    """A sheet that is no document, and which dossier the papers after it belong to."""

    page: int
    layout: str
    dossier_code: str


class PileTruth(FileTruth):
    """What is known of a file with several papers; their pages are numbered as they are in the file."""

    documents: list[Truth]
    separators: list[SeparatorTruth]


@dataclass(frozen=True, slots=True)
class Part:
    """One paper of a pile, or with the kind `dossier_sheet` what lies between papers."""

    kind: str
    layout: str


def pile(parts: Iterable[Part], level: Level, seed: int, **overrides: Unpack[Overrides]) -> Sample[PileTruth]:
    """Make one file of several papers, all scanned with one resolution, mode and quality.

    `name` and `fmt` (`pdf` or `tiff`) are the file's; all other overrides are every paper's.
    """
    scanner = drawn_by_lot(level, Random(f"pile {level} {seed}"))
    settings: Overrides = {
        "dpi": scanner.dpi,
        "mode": scanner.mode,
        "quality": scanner.quality,
        "perspective": 0.0,  # nobody photographs a pile
        **overrides,
    }
    name, fmt = overrides.get("name", f"pile_{level}_{seed}"), overrides.get("fmt", "pdf")
    pages: list[PageTruth] = []
    documents: list[Truth] = []
    separators: list[SeparatorTruth] = []
    made = [paper(part.kind, part.layout, level, 1000 * seed + i, **settings) for i, part in enumerate(parts)]
    for sample in made:
        truth = sample.truth
        numbered: list[PageTruth] = [{**page, "number": page["number"] + len(pages)} for page in truth["pages"]]
        code = separators[-1]["dossier_code"] if separators else None
        if truth["document_type"] in SHEETS:
            code = str(truth["fields"]["dossier_code"])
            separators.append({"page": numbered[0]["number"], "layout": truth["variant"], "dossier_code": code})
        else:
            documents.append({**truth, "file": f"{name}.{fmt}", "pages": numbered, "dossier_code": code})
        pages += numbered
    return Sample(
        tuple(image for sample in made for image in sample.pages),
        PileTruth(
            id=name,
            file=f"{name}.{fmt}",
            source="synthetic",
            level=level,
            seed=seed,
            pages=pages,
            degradations={"level": level, "dpi_metadata": True, "format": fmt} | _of_scanner(settings),
            documents=documents,
            separators=separators,
        ),
    )


def _of_scanner(settings: Overrides) -> dict[str, str | int | float | bool]:
    return {"dpi": settings["dpi"], "mode": settings["mode"], "quality": settings["quality"]}
