"""Piles and what lies between their papers: the code that is printed is the code that a machine reads."""

import io
import json
import re

import numpy as np
import pikepdf
import pytest
import zxingcpp
from PIL import Image

from samples import dossier_sheet
from samples.make import paper
from samples.piles import Part, pile
from schemas.submission import DOSSIER_CODE

CARD = Part("citizen_identity_card", "chip_2021_card")  # two pages
DECISION = Part("merit_allowance_decision", "form_53")
BIRTH = Part("birth_certificate", "current")
SEPARATOR = Part("dossier_sheet", "separator")
RECEIPT = Part("dossier_sheet", "receipt")
QUICK = {"dpi": 72, "blur": 0.0, "rotation": 0}


@pytest.mark.parametrize("layout", dossier_sheet.LAYOUTS)
@pytest.mark.parametrize("seed", range(2))
def test_a_sheet_says_its_dossier_code_to_people_and_to_machines(layout, seed):
    sample = paper("dossier_sheet", layout, "clean", seed, dpi=200, mode="grey")
    code = sample.truth["fields"]["dossier_code"]
    assert re.fullmatch(DOSSIER_CODE, code)
    assert code in sample.truth["text"]
    (found,) = zxingcpp.read_barcodes(np.asarray(sample.pages[0]))
    assert found.text == sample.truth["qr"]
    assert found.text.split("|")[0] == code
    assert (layout == "receipt") == ("|" in found.text)


def test_papers_keep_their_truth_and_get_the_pages_of_the_file():
    truth = pile([CARD, DECISION, BIRTH], "clean", 4, **QUICK).truth
    assert [each["document_type"] for each in truth["documents"]] == [CARD.kind, DECISION.kind, BIRTH.kind]
    assert [page["number"] for each in truth["documents"] for page in each["pages"]] == [1, 2, 3, 4]
    assert [page["number"] for page in truth["pages"]] == [1, 2, 3, 4]
    assert len(truth["documents"][1]["rows"]) >= 1
    assert {each["dossier_code"] for each in truth["documents"]} == {None}
    assert truth["separators"] == []


def test_papers_belong_to_the_last_separator_before_them():
    truth = pile([SEPARATOR, BIRTH, DECISION, RECEIPT, BIRTH], "clean", 4, **QUICK).truth
    first, second = (each["dossier_code"] for each in truth["separators"])
    assert first != second
    assert [each["page"] for each in truth["separators"]] == [1, 4]
    assert [each["dossier_code"] for each in truth["documents"]] == [first, first, second]
    assert [page["number"] for each in truth["documents"] for page in each["pages"]] == [2, 3, 5]


def test_no_two_papers_of_a_pile_are_the_same():
    first, second = pile([BIRTH, BIRTH], "clean", 4, **QUICK).truth["documents"]
    assert first["text"] != second["text"]


def test_blank_backs_belong_to_the_paper_before_them():
    truth = pile([BIRTH, DECISION], "clean", 4, blank_back=True, **QUICK).truth
    assert [[page["blank"] for page in each["pages"]] for each in truth["documents"]] == [[False, True]] * 2


@pytest.mark.parametrize("fmt", ["pdf", "tiff"])
@pytest.mark.parametrize("level", ["clean", "hard"])
def test_a_pile_is_one_file_with_all_pages(fmt, level, tmp_path):
    path = pile([SEPARATOR, CARD, BIRTH], level, 4, fmt=fmt, dpi=72).save(tmp_path)
    assert json.loads(path.with_name(f"{path.stem}.truth.json").read_text(encoding="utf-8"))["file"] == path.name
    if fmt == "pdf":
        with pikepdf.open(path) as pdf:
            assert len(pdf.pages) == 4
    else:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            assert image.n_frames == 4
