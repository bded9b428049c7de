"""The bundled scans: what the generator makes, complete truths, and something of everything on few pages."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from samples import blocks, bundled, fonts, make, sets
from samples.bundled import PLAN, SCANS
from schemas.document_type import document_types

NAMES = list(PLAN)


def truth_of(name):
    return json.loads((SCANS / f"{name}.truth.json").read_text(encoding="utf-8"))


def papers_of(name):
    truth = truth_of(name)
    return truth.get("documents", [truth])


def named_with(*endings):
    return [name for name in NAMES if truth_of(name)["file"].endswith(endings)]


def pages_in(path: Path) -> int:
    if path.suffix == ".pdf":
        with pikepdf.open(path) as pdf:
            return len(pdf.pages)
    with Image.open(path) as image:
        return getattr(image, "n_frames", 1)


@pytest.mark.parametrize("name", ["birth_certificate_02", "administrative_document_06"])
def test_the_bundled_scans_are_what_the_generator_makes(name):
    sample = bundled.bundled(name)
    assert sample.truth == truth_of(name)
    stored = np.asarray(Image.open(SCANS / sample.truth["file"]).convert("L"), dtype=float)
    made = np.asarray(sample.pages[0].convert("L"), dtype=float)
    assert np.abs(stored - made).mean() < 1.0  # another version of a library may shift an edge a little


@pytest.mark.parametrize("name", NAMES)
def test_a_truth_is_complete_and_fits_its_file(name):
    truth = truth_of(name)
    path = SCANS / truth["file"]
    assert truth["id"] == name
    assert set(truth) >= make.FileTruth.__required_keys__
    assert pages_in(path) == len(truth["pages"])
    assert path.stat().st_size <= 600_000
    for paper in papers_of(name):
        assert set(paper) >= make.Truth.__required_keys__
        assert set(paper["fields"]) <= set(document_types()[paper["document_type"]].fields)


@pytest.mark.parametrize("name", NAMES)
def test_no_scan_lacks_a_letter(name):
    for paper in papers_of(name):
        assert fonts.missing_glyphs(paper["text"], paper["font"]) == set()
        assert unicodedata.is_normalized("NFC", paper["text"])


@pytest.mark.parametrize("name", named_with("jpg", "png", "tiff"))
def test_images_of_scanners_tell_their_resolution(name):
    truth = truth_of(name)
    with Image.open(SCANS / truth["file"]) as image:
        assert round(image.info["dpi"][0]) == (
            truth["pages"][0]["dpi"] if truth["degradations"]["dpi_metadata"] else 72
        )


@pytest.mark.parametrize("name", named_with("pdf"))
def test_pdfs_have_pages_of_true_size(name):
    with pikepdf.open(SCANS / f"{name}.pdf") as pdf:
        sides = sorted(float(side) for side in pdf.pages[0].mediabox[2:])
    assert sides == pytest.approx([blocks.PAGE_WIDTH, blocks.PAGE_HEIGHT], abs=1.0)


def test_the_set_is_small():
    truths = [truth_of(name) for name in NAMES]
    assert {path.name for path in SCANS.iterdir()} == {
        name for truth in truths for name in (truth["file"], f"{truth['id']}.truth.json")
    }
    assert sum(path.stat().st_size for path in SCANS.iterdir()) < 8_000_000
    assert sum(len(truth["pages"]) for truth in truths) <= 35


def test_the_set_is_varied():
    truths = [truth_of(name) for name in NAMES]
    papers = [paper for name in NAMES for paper in papers_of(name)]
    assert {truth["file"].rsplit(".", 1)[1] for truth in truths} == {"jpg", "png", "tiff", "pdf"}
    assert {truth["level"] for truth in truths} == {"clean", "office", "hard"}
    assert {page["rotation"] for truth in truths for page in truth["pages"]} == {0, 90, 180, 270}
    assert any(page["blank"] for truth in truths for page in truth["pages"])
    assert any(page["corners"] for truth in truths for page in truth["pages"])
    assert any(truth.get("separators") for truth in truths)
    assert any(len(paper.get("rows", ())) > 1 for paper in papers)
    assert sum(paper["handwriting_font"] for paper in papers) == 1
    assert {"qr", "mrz"} <= {key for paper in papers for key in paper}
    types = [paper["document_type"] for paper in papers]
    assert all(types.count(kind) >= 2 for kind in make.KINDS)


def test_nothing_that_is_held_out_is_bundled():
    seen = set(sets.layouts("tuning")) | {("dossier_sheet", "separator")}
    assert {(part.kind, part.layout) for planned in PLAN.values() for part in planned.parts} <= seen
