"""Handwriting among print: told by its strokes, and print is hardly ever taken for it."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.prepare.pages import RawPage
from pipeline.prepare.picture import prepare
from pipeline.read.hand import mark_handwriting, strokes_of
from samples import handwriting, make
from samples.fonts import FONTS
from schemas.page import Box, Word

pytestmark = pytest.mark.skipif(
    not all(Path(f"{FONTS}/{path}").exists() for _, path in handwriting.FACES.values()),
    reason=f"needs the packages {', '.join(package for package, _ in handwriting.FACES.values())}",
)
SURE, UNSURE = 0.95, 0.55
STRAIGHT = {
    "dpi": 200,
    "skew": 0.0,
    "rotation": 0,
    "copies": 0,
    "stamp": 0.0,
    "light": 0.0,
    "folds": 0,
    "mode": "colour",
}


def read(seed, level="clean", confidence=SURE, **overrides):
    """Return a certificate's words as a perfect engine would box them, marked; those of values by field."""
    sample = make.paper("birth_certificate", "current", level, seed, **STRAIGHT, **overrides)
    prepared = prepare(RawPage(1, np.asarray(sample.pages[0].convert("RGB")), 200, "decoded"))
    words = [Word(text, confidence if pen else SURE, box, line) for line, (text, box, pen) in enumerate(boxed(sample))]
    return sample, mark_handwriting(words, prepared.picture, prepared.scale)


def boxed(sample):
    """Yield each field's value as one word, and labels beside them in print."""
    fields, by_pen = sample.truth["fields"], set(sample.truth["handwritten"])
    page = np.asarray(sample.pages[0].convert("L"))
    for name, place in sample.truth["boxes"].items():
        x, y, w, h = place["box"]
        yield str(fields[name]).replace(" ", ""), Box(x, y, w, h), name in by_pen
        label = np.flatnonzero((page[y : y + h, 230 : x - 8] < 128).any(axis=0))
        if len(label) > 40:
            yield "Nhãnhiệu", Box(230 + int(label[0]), y, int(label[-1] - label[0]), h), False


def share(words, name_of):
    chosen = [word for word in words if name_of(word)]
    return sum(word.handwritten for word in chosen) / len(chosen)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_pen_wrote_is_marked_and_what_is_printed_beside_it_is_not(seed):
    _, words = read(seed, handwriting=True, confidence=UNSURE)
    assert share(words, lambda word: word.confidence == UNSURE) >= 0.6
    assert share(words, lambda word: word.confidence == SURE) <= 0.05


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("look", [{}, {"blue_values": True}, {"family": "Linux Libertine"}, {"dotted_lines": True}])
def test_print_is_not_taken_for_handwriting(seed, look):
    _, words = read(seed, "office", **look)
    assert share(words, lambda _word: True) <= 0.05


def test_nothing_is_said_of_a_scan_too_coarse_to_tell():
    sample = make.paper("birth_certificate", "current", "clean", 1, **{**STRAIGHT, "dpi": 100}, handwriting=True)
    prepared = prepare(RawPage(1, np.asarray(sample.pages[0].convert("RGB")), 100, "decoded"))
    words = [Word("Nhãnhiệu", UNSURE, box, line) for line, (_, box, _) in enumerate(boxed(sample))]
    assert not any(word.handwritten for word in mark_handwriting(words, prepared.picture, prepared.scale))


@pytest.mark.parametrize(("stem", "bar"), [(2, 2), (4, 2), (6, 3)])
def test_strokes_are_measured_across_and_down(stem, bar):
    page = np.full((60, 200), 255, np.uint8)
    for x in (20, 40, 60, 80):
        page[20:40, x : x + stem] = 0
        page[30 : 30 + bar, x : x + 16] = 0
    (run,) = strokes_of([Word("1111", SURE, Box(18, 18, 82, 24), 0)], page, 1.0)
    assert (run.across, run.down, run.height) == (stem, bar, 20)


@pytest.mark.parametrize("words", [[], [Word("An", SURE, Box(0, 0, 20, 10), 0)]])
def test_a_page_with_too_few_words_to_compare_is_left_as_it_is(words):
    assert mark_handwriting(words, np.full((40, 60), 255, np.uint8), 0.5) == tuple(words)
