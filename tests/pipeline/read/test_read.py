"""Pages in, words out: every line read, where it stands, in reading order."""

import pickle
from functools import cache

import cv2
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from pipeline.geometry import straighten
from pipeline.prepare import RawPage, prepare
from pipeline.read import engine, read, read_page
from pipeline.tools import tesseract
from samples import make
from schemas.settings import Limits

LIMITS = Limits()
TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png", "tiff": "image/tiff"}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Return a function that scans a paper, reads its first page, and gives the reading and the truth."""

    @cache
    def scan_and_read(kind="birth_certificate", layout="current", level="clean", seed=7, **overrides):
        sample = make.paper(kind, layout, level, seed, **{"dpi": 200, **overrides})
        path = sample.save(tmp_path_factory.mktemp("scan"))
        return read_page(path, TYPES[path.suffix[1:]], 1, LIMITS), sample.truth

    return scan_and_read


def character_error(reading, truth):
    wanted = [" ".join(text.split()) for text in [truth["text"], *truth["text_alt"]]]
    return min(Levenshtein.normalized_distance(" ".join(reading.text.split()), text) for text in wanted)


@pytest.mark.parametrize(
    ("layout", "level", "overrides", "limit"),
    [
        ("current", "clean", {}, 0.02),
        ("extract", "clean", {"dotted_lines": True}, 0.04),
        ("form_2006", "office", {"rotation": 180}, 0.05),
        ("current", "hard", {"rotation": 90, "mode": "grey"}, 0.10),
    ],
)
def test_a_paper_is_read(scanned, layout, level, overrides, limit):
    reading, truth = scanned(layout=layout, level=level, **overrides)
    assert character_error(reading, truth) < limit
    assert reading.page.rotation == overrides.get("rotation", 0)
    assert reading.page.quality.ink_read > 0.85
    assert "ink_not_read" not in reading.page.quality.warnings


def test_a_photographed_paper_is_read(scanned):
    reading, truth = scanned(perspective=0.04, skew=-3.0, rotation=90)
    assert character_error(reading, truth) < 0.03
    assert (reading.page.rotation, reading.page.skew_degrees) == (90, 0)
    assert reading.page.corners is not None


@pytest.mark.parametrize("overrides", [{}, {"rotation": 90}, {"skew": 2.0}])
def test_words_stand_on_the_page_where_they_are_printed(tmp_path, overrides):
    """Nearly all ink of the upright, straight page lies within the boxes of words, and little else does."""
    sample = make.paper("administrative_document", "notice", "clean", 5, **{"dpi": 200, "stamp": 0.0, **overrides})
    path = sample.save(tmp_path)
    page, words, *_ = read_page(path, TYPES[path.suffix[1:]], 1, LIMITS)
    scan = np.asarray(sample.pages[0].convert("L"))
    way = straighten(scan.shape[1], scan.shape[0], page.rotation, page.skew_degrees)
    matrix = np.array([way.matrix[:3], way.matrix[3:]], np.float64)
    ink = cv2.warpAffine(255 - scan, matrix, (page.width, page.height)) > 127
    boxes = np.zeros_like(ink)
    for word in words:
        boxes[word.box.y : word.box.bottom, word.box.x : word.box.right] = True
    assert (page.width, page.height) == (way.width, way.height)
    assert np.mean(boxes[ink]) > 0.9
    assert np.mean(boxes) < 0.35


def test_boxes_do_not_depend_on_how_the_paper_was_fed(scanned):
    upright, _ = scanned(skew=0.0, rotation=0)
    turned, _ = scanned(skew=0.0, rotation=90)
    here = {word.text: word.box for word in upright.words}
    there = {word.text: word.box for word in turned.words}
    shared = [text for text in here.keys() & there.keys() if len(text) > 4]
    assert len(shared) > 10
    apart = [max(abs(a - b) for a, b in zip(here[text], there[text], strict=True)) for text in shared]
    assert np.median(apart) <= 4


def test_a_head_is_read_column_by_column(scanned):
    reading, _ = scanned("administrative_document", "decision", seed=3, skew=0.0)
    lines = reading.text.splitlines()
    national = next(n for n, line in enumerate(lines) if "CỘNG HÒA" in line or "CỘNG HOÀ" in line)
    assert not any("Độc lập" in line for line in lines[:national])
    assert "Độc lập" in lines[national + 1]


def test_line_numbers_rise_with_reading_order(scanned):
    reading, _ = scanned()
    numbers = [word.line for word in reading.words]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(numbers[-1] + 1))


def test_a_reading_crosses_processes(scanned):
    reading, _ = scanned()
    assert pickle.loads(pickle.dumps(reading)) == reading  # noqa: S301 - our own bytes


def test_a_blank_page_never_reaches_the_engine(tmp_path, monkeypatch):
    monkeypatch.setattr(tesseract.pytesseract.pytesseract, "tesseract_cmd", "no-such-tesseract")
    noise = np.random.default_rng(5).normal(240, 6, (2339, 1654)).clip(0, 255).astype(np.uint8)
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), noise)
    reading = read_page(path, "image/png", 1, LIMITS)
    assert reading.page.blank
    assert reading.words == ()


def test_a_page_that_looks_upside_down_is_read_the_other_way(tmp_path):
    """Capitals without marks: shapes do not tell, reading does."""
    page = np.full((2339, 1654), 255, np.uint8)
    for row in range(12):
        cv2.putText(page, "THANH CHUONG 2025", (150, 300 + row * 70), cv2.FONT_HERSHEY_COMPLEX, 1.3, 0, 3, cv2.LINE_AA)
    path = tmp_path / "capitals.png"
    cv2.imwrite(str(path), page[::-1, ::-1])
    reading = read_page(path, "image/png", 1, LIMITS)
    assert reading.page.rotation == 180
    assert "2025" in reading.text


def test_lost_lines_are_noticed(scanned):
    """Half of the words covered: the ink of the other half was not read."""
    prepared = prepare(
        RawPage(1, np.asarray(make.paper("birth_certificate", "current", "clean", 7, dpi=200).pages[0]), 200, "decoded")
    )
    blinded = prepared._replace(
        picture=np.where(np.arange(prepared.picture.shape[0])[:, None] < 900, 255, prepared.picture).astype(np.uint8)
    )
    reading = read(blinded, LIMITS)
    assert reading.page.quality.ink_read < 0.7
    assert "ink_not_read" in reading.page.quality.warnings
    assert all(word.box.bottom > 900 for word in reading.words)
    assert sum(stroke.bottom < 900 for stroke in reading.unread) > 100, "strokes of the words that were lost"


def test_on_a_page_that_was_read_hardly_a_stroke_is_left(scanned):
    reading, _ = scanned("birth_certificate", "current", "clean", 7)
    assert len(reading.unread) < 0.05 * len(reading.words)


def test_the_engine_is_named():
    used = engine()
    assert used.language == "vie, Vietnamese"
    assert used.tesseract[0].isdigit()
    assert len(used.model_sha256) == 64
