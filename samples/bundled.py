"""The bundled scans, which `sohoa demo` takes in and the golden set measures: `python -m samples.bundled`.

The names say the kind and a number, nothing about anybody. The place in `PLAN` is added to the seed, so new scans are
added at its end.
"""

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Unpack

from samples.damage import Level
from samples.make import Overrides, Sample, Truth, paper
from samples.piles import Part, PileTruth, pile

SCANS = Path(__file__).parent.parent / "sohoa" / "demo" / "scans"
SEED = 20250701
NO_FATHER_NO_IDENTIFIER = frozenset({"father", "personal_id"})  # both are legal


@dataclass(frozen=True, slots=True)
class Planned:
    """One bundled scan; several parts are the papers of a pile."""

    parts: tuple[Part, ...]
    level: Level
    overrides: Overrides


def _planned(kind: str, layout: str, level: Level, **overrides: Unpack[Overrides]) -> Planned:
    return Planned((Part(kind, layout),), level, overrides)


def _pile(*parts: tuple[str, str], level: Level, **overrides: Unpack[Overrides]) -> Planned:
    return Planned(tuple(Part(*part) for part in parts), level, overrides)


_birth = partial(_planned, "birth_certificate")
_document = partial(_planned, "administrative_document")
_marriage = partial(_planned, "marriage_certificate")
_death = partial(_planned, "death_extract")
_marital = partial(_planned, "marital_status_confirmation")
_criminal = partial(_planned, "criminal_record_certificate")
_merit = partial(_planned, "merit_allowance_decision")
_card = partial(_planned, "citizen_identity_card")

PLAN: dict[str, Planned] = {
    "birth_certificate_01": _birth("current", "clean", fmt="jpg", dpi=200, skew=0.0),
    "birth_certificate_02": _birth("extract", "clean", fmt="png", dpi=200, mode="grey", noise=0.0, dotted_lines=True),
    "birth_certificate_03": _birth(
        "current", "office", fmt="jpg", dpi=200, mode="colour", rotation=180, skew=1.35, ornament=True, blue_values=True
    ),
    "birth_certificate_04": _birth(
        "form_2006", "office", fmt="pdf", dpi=200, mode="grey", rotation=0, dotted_lines=True, blank_back=True
    ),
    "birth_certificate_05": _birth(
        "current", "office", fmt="png", dpi=300, mode="bilevel", rotation=0, skew=-0.9, without=NO_FATHER_NO_IDENTIFIER
    ),
    "birth_certificate_06": _birth(
        "extract", "hard", fmt="jpg", dpi=200, mode="colour", rotation=90, blue_values=True, family="FreeSerif"
    ),
    "birth_certificate_07": _birth("form_2006", "hard", fmt="tiff", dpi=200, mode="grey", rotation=0),
    "administrative_document_01": _document("decision", "clean", fmt="pdf", dpi=300, mode="bilevel", paragraphs=7),
    "administrative_document_02": _document("notice", "clean", fmt="jpg", dpi=200, skew=0.0, paragraphs=3),
    "administrative_document_03": _document(
        "report", "office", fmt="tiff", dpi=300, mode="bilevel", rotation=0, paragraphs=24, blank_back=True
    ),
    "administrative_document_04": _document(
        "letter", "office", fmt="pdf", dpi=200, mode="colour", rotation=270, skew=-1.7, paragraphs=3
    ),
    "administrative_document_05": _document(
        "letter", "office", fmt="jpg", dpi=200, mode="grey", rotation=0, family="Linux Libertine"
    ),
    "administrative_document_06": _document(
        "proposal", "hard", fmt="png", dpi=200, mode="bilevel", rotation=0, border="dark", family="DejaVu Serif"
    ),
    "administrative_document_07": _document("decision", "hard", fmt="jpg", dpi=200, mode="colour", rotation=90),
    "marriage_certificate_01": _marriage("extract", "clean", fmt="pdf", dpi=300, mode="bilevel"),
    "marriage_certificate_02": _marriage("current", "office", fmt="jpg", dpi=200, mode="colour", rotation=90),
    "death_extract_01": _death("current", "clean", fmt="jpg", dpi=200, mode="grey", blue_values=True),
    "death_extract_02": _death(
        "form_2006", "hard", fmt="pdf", dpi=300, mode="bilevel", rotation=180, dotted_lines=True
    ),
    "marital_status_confirmation_01": _marital("reformed", "office", fmt="jpg", dpi=200, mode="colour", rotation=0),
    "marital_status_confirmation_02": _marital(
        "form_2010", "office", fmt="jpg", dpi=200, mode="colour", rotation=0, dotted_lines=True, handwriting=True
    ),
    "criminal_record_certificate_01": _criminal("justice_2013", "clean", fmt="pdf", dpi=200, mode="grey"),
    "criminal_record_certificate_02": _criminal("police_2025", "hard", fmt="jpg", dpi=200, mode="grey", rotation=0),
    "merit_allowance_decision_01": _merit("form_53", "office", fmt="tiff", dpi=300, mode="bilevel", rotation=0),
    "merit_allowance_decision_02": _merit("labelled", "office", fmt="jpg", dpi=200, mode="colour", perspective=0.02),
    "citizen_identity_card_01": _card("chip_2021_copy", "office", fmt="jpg", dpi=300, mode="colour", rotation=0),
    "citizen_identity_card_02": _card("identity_2024_copy", "clean", fmt="pdf", dpi=300, mode="colour"),
    "pile_01": _pile(
        ("dossier_sheet", "separator"),
        ("marital_status_confirmation", "current"),
        ("death_extract", "copy"),
        level="office",
        fmt="pdf",
        dpi=200,
        mode="grey",
        rotation=0,
        quality=68,
    ),
}


def bundled(name: str, seed: int = SEED) -> Sample[Truth] | Sample[PileTruth]:
    """Make one scan of the bundled set."""
    planned = PLAN[name]
    place = seed + list(PLAN).index(name)
    overrides: Overrides = {"copies": 0, **planned.overrides, "name": name}
    if len(planned.parts) > 1:
        return pile(planned.parts, planned.level, place, **overrides)
    [part] = planned.parts
    return paper(part.kind, part.layout, planned.level, place, **overrides)


def main(arguments: list[str] | None = None) -> None:
    """Write the bundled set."""
    parser = argparse.ArgumentParser(prog="python -m samples.bundled", description="Write the bundled sample scans.")
    parser.add_argument("--out", type=Path, default=SCANS, help="folder to write to (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, other papers (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in PLAN:
        path = bundled(name, chosen.seed).save(chosen.out)
        print(f"{path.name}  {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
