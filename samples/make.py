"""Make sample scans: one paper in memory with `paper`. Whole sets: `samples.bundled`, `samples.sets`.

The same seed gives the same pixels, with the same fonts and libraries. The fonts are Debian's; `fonts.FAMILIES`
names the packages.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Any, Generic, Literal, TypedDict, TypeVar, Unpack

import img2pdf
from PIL import Image

from samples import (
    administrative_document,
    birth_certificate,
    citizen_identity_card,
    criminal_record_certificate,
    death_extract,
    dossier_sheet,
    handwriting,
    ink,
    marital_status_confirmation,
    marriage_certificate,
    merit_allowance_decision,
)
from samples.blocks import Look, Page, SignaturePlace
from samples.copies import Corners
from samples.damage import (
    Border,
    Damage,
    Level,
    Mode,
    PaperTint,
    copied_by_lot,
    damaged,
    drawn_by_lot,
    for_page,
)
from samples.drawing import draw
from samples.fonts import missing_glyphs
from samples.lots import Half, lot
from samples.papers import Besides, Fields, Layout, Wishes
from samples.places import Handwriting, Place, boxes, by_hand, handwritten, named
from samples.typesetting import composed, reading_orders

Format = Literal["jpg", "png", "tiff", "pdf"]

KINDS: dict[str, Mapping[str, Layout]] = {
    "birth_certificate": birth_certificate.LAYOUTS,
    "citizen_identity_card": citizen_identity_card.LAYOUTS,
    "administrative_document": administrative_document.LAYOUTS,
    "marriage_certificate": marriage_certificate.LAYOUTS,
    "merit_allowance_decision": merit_allowance_decision.LAYOUTS,
    "marital_status_confirmation": marital_status_confirmation.LAYOUTS,
    "death_extract": death_extract.LAYOUTS,
    "criminal_record_certificate": criminal_record_certificate.LAYOUTS,
}
SHEETS: dict[str, Mapping[str, Layout]] = {"dossier_sheet": dossier_sheet.LAYOUTS}
"""What lies between papers and is none: kept apart from `KINDS`, which are the types of documents."""
CAPTURE = frozenset({"copies", "perspective"})  # who tells one of them leaves nothing of how a page is captured to lot


class Overrides(TypedDict, total=False):
    """What a caller may decide instead of the lot: contents, look, then every parameter of `Damage`."""

    name: str
    fmt: Format
    without: frozenset[str]
    paragraphs: int
    blank_back: bool
    family: str
    dotted_lines: bool
    blue_values: bool
    ornament: bool
    handwriting: Handwriting
    half: Half
    dpi: int
    skew: float
    rotation: int
    mode: Mode
    noise: float
    blur: float
    quality: int
    light: float
    paper: PaperTint
    fade: float
    bleed: float
    folds: int
    border: Border
    specks: int
    stamp: float
    overlap: float
    holes: int
    copies: int
    streaks: int
    edge: float
    perspective: float


class PageTruth(TypedDict):
    """What is known of one scanned page. A blank page has no tilt that could be measured, nor has a photograph.

    `corners`: of the sheet on a photograph, see `Corners`; on a scan the page is the sheet.
    """

    number: int
    rotation: int
    skew_degrees: float | None
    dpi: int
    blank: bool
    corners: Corners | None


class FileTruth(TypedDict):
    """What is known of one file, whatever is in it; stored beside it as NAME.truth.json."""

    id: str
    file: str
    source: str
    level: Level
    seed: int
    pages: list[PageTruth]
    degradations: dict[str, str | int | float | bool]


class Truth(FileTruth, Besides):
    """What is known of one paper."""

    document_type: str
    variant: str
    font: str
    handwriting_font: bool
    handwritten: list[str]
    boxes: dict[str, Place]
    fields: Fields
    accept: dict[str, list[str]]
    unscored: list[str]
    text: str
    text_alt: list[str]


T = TypeVar("T", bound=FileTruth)


@dataclass(frozen=True, slots=True)
class Sample(Generic[T]):
    """One scan: its pages as the scanner gave them, and what they are known to say."""

    pages: tuple[Image.Image, ...]
    truth: T

    def encoded(self) -> bytes:
        """Return the file's bytes in the format that the truth names, with the resolution in them."""
        return _ENCODERS[self.truth["file"].rsplit(".", 1)[1]](self)

    def save(self, folder: Path) -> Path:
        """Write the scan and its truth; return the scan's path."""
        path = folder / self.truth["file"]
        path.write_bytes(self.encoded())
        told = json.dumps(self.truth, ensure_ascii=False, indent=1) + "\n"
        path.with_name(f"{self.truth['id']}.truth.json").write_text(told, encoding="utf-8")
        return path


def paper(kind: str, layout: str, level: Level, seed: int, **overrides: Unpack[Overrides]) -> Sample[Truth]:
    """Make one scan of one paper. What is not overridden is drawn by lot from the seed.

    The same seed gives the same paper at every level, so that what damage costs can be measured.
    `half`: see `samples.sets`.
    """
    if unknown := overrides.keys() - Overrides.__annotations__.keys():
        msg = f"no such override: {', '.join(sorted(unknown))}"
        raise TypeError(msg)
    half = overrides.get("half")
    contents_lot, wear_lot = lot(f"{kind} {layout} {seed}", half), Random(f"{level} {seed}")
    wishes = Wishes(without=overrides.get("without", frozenset()), paragraphs=overrides.get("paragraphs"))
    contents = (KINDS | SHEETS)[kind][layout](contents_lot, wishes)
    look = _look(overrides)
    damage = drawn_by_lot(level, wear_lot)
    if not overrides.keys() & CAPTURE:
        damage = copied_by_lot(damage, level, Random(f"copy {kind} {layout} {level} {seed}"))
    damage = replace(damage, **_of(Damage, overrides))
    how, hand = (
        overrides.get("handwriting", False),
        handwriting.drawn_by_lot(Random(f"hand {kind} {layout} {seed}"), half),
    )
    composition = contents.pages or composed(contents.blocks, look, landscape=contents.landscape)
    text, across = reading_orders(composition)
    if missing := missing_glyphs(text, look.family):
        msg = f"{look.family} cannot print {''.join(sorted(missing))}"
        raise ValueError(msg)
    composition = by_hand(named(composition, contents.fields, contents.accept, look.family), how, look.family)
    sheets = [_printed(page, look, damage, wear_lot, hand) for page in composition]
    if overrides.get("blank_back"):
        sheets.append(Image.new("RGB", sheets[0].size, "white"))
    each = [for_page(damage, number, wear_lot) for number in range(1, len(sheets) + 1)]
    backs = [sheets[i ^ 1] if (i ^ 1) < len(sheets) else sheets[i] for i in range(len(sheets))]
    captures = [damaged(sheet, one, wear_lot, back) for sheet, one, back in zip(sheets, each, backs, strict=True)]
    blank = [i >= len(composition) for i in range(len(sheets))]
    name = overrides.get("name", f"{kind}_{layout}_{level}_{seed}")
    fmt = overrides.get("fmt", "pdf" if len(captures) > 1 else "jpg")
    return Sample(
        tuple(capture.image for capture in captures),
        Truth(
            id=name,
            file=f"{name}.{fmt}",
            source="synthetic",
            document_type=kind,
            variant=layout,
            level=level,
            seed=seed,
            font=look.family,
            handwriting_font=bool(how),
            handwritten=[name for name in handwritten(composition) if name in contents.fields],
            boxes={
                name: place
                for name, place in boxes(composition, look.family, damage.dpi).items()
                if name in contents.fields
            },
            pages=[
                _page_truth(i, one, capture.corners, blank=empty)
                for i, (one, capture, empty) in enumerate(zip(each, captures, blank, strict=True), 1)
            ],
            fields=contents.fields,
            accept=contents.accept,
            unscored=[],
            text=text,
            text_alt=[across],
            degradations={
                "level": level,
                **asdict(damage),
                "dpi_metadata": not damage.perspective,
                "format": fmt,
                **_told(look),
            },
            **contents.besides,
        ),
    )


def _look(overrides: Overrides) -> Look:
    return replace(Look(), **_of(Look, overrides))


def _of(model: type[Look | Damage], overrides: Overrides) -> dict[str, Any]:
    """Return the overrides that are parameters of *model*."""
    names = {field.name for field in fields(model)}
    return {name: value for name, value in overrides.items() if name in names}


def _told(look: Look) -> dict[str, bool]:
    return {"dotted_lines": look.dotted_lines, "blue_values": look.blue_values, "ornament": look.ornament}


def _printed(page: Page, look: Look, damage: Damage, rng: Random, hand: handwriting.Hand) -> Image.Image:
    """Return the paper as it lay on the desk: printed, filled in, signed, sealed."""
    sheet = draw(page, look, damage.dpi)
    if look.ornament:
        sheet = ink.with_ornament(sheet, damage.dpi)
    sheet = handwriting.filled_in(sheet, page, hand, look.family, damage.dpi)
    for mark in page.marks:
        if isinstance(mark, SignaturePlace):
            sheet = ink.signed(sheet, mark, damage.dpi, rng)
            if damage.stamp:
                sheet = ink.sealed(sheet, mark, damage.dpi, rng, strength=damage.stamp, overlap=damage.overlap)
    return sheet


def _page_truth(number: int, damage: Damage, corners: Corners | None, *, blank: bool) -> PageTruth:
    return PageTruth(
        number=number,
        rotation=damage.rotation,
        skew_degrees=None if blank or corners else damage.skew,
        dpi=damage.dpi,
        blank=blank,
        corners=corners,
    )


# ---------------------------------------------------------------------------------------------------------- storing


def _resolution(sample: Sample[Any]) -> tuple[int, int]:
    """Return dots per inch across and down as the file tells them; phones know none and write 72."""
    dpi = sample.truth["pages"][0]["dpi"] if sample.truth["degradations"]["dpi_metadata"] else 72
    return dpi, dpi


def _quality(sample: Sample[Any]) -> int:
    return int(sample.truth["degradations"]["quality"])


def _jpeg(page: Image.Image, sample: Sample[Any]) -> bytes:
    buffer = io.BytesIO()
    grey_or_colour = page.convert("L") if page.mode == "1" else page
    grey_or_colour.save(buffer, "JPEG", quality=_quality(sample), dpi=_resolution(sample), optimize=True)
    return buffer.getvalue()


def _group4(page: Image.Image, sample: Sample[Any]) -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, "TIFF", compression="group4", dpi=_resolution(sample))
    return buffer.getvalue()


def _as_jpeg(sample: Sample[Any]) -> bytes:
    return _jpeg(sample.pages[0], sample)


def _as_png(sample: Sample[Any]) -> bytes:
    buffer = io.BytesIO()
    sample.pages[0].save(buffer, "PNG", dpi=_resolution(sample), optimize=True)
    return buffer.getvalue()


def _as_tiff(sample: Sample[Any]) -> bytes:
    """Return one file with all pages: fax compression where they are bilevel, else JPEG, as scanners do."""
    buffer = io.BytesIO()
    first, *others = sample.pages
    if first.mode == "1":
        first.save(buffer, "TIFF", save_all=True, append_images=others, compression="group4", dpi=_resolution(sample))
    else:
        first.save(
            buffer,
            "TIFF",
            save_all=True,
            append_images=others,
            compression="jpeg",
            quality=_quality(sample),
            dpi=_resolution(sample),
        )
    return buffer.getvalue()


def _as_pdf(sample: Sample[Any]) -> bytes:
    """Return a PDF of nothing but scans, without dates: the same pages give the same bytes."""
    streams = [_group4(page, sample) if page.mode == "1" else _jpeg(page, sample) for page in sample.pages]
    return bytes(img2pdf.convert(streams, nodate=True, producer="", engine=img2pdf.Engine.internal))


_ENCODERS = {"jpg": _as_jpeg, "png": _as_png, "tiff": _as_tiff, "pdf": _as_pdf}
