"""A few words of a page, read a second time from the scan."""

import numpy as np
import pytest

from pipeline.read import read_again, read_page
from pipeline.tools import tesseract
from samples import make
from schemas.page import Spot
from schemas.problem import PAGE_FAILED, ProblemError
from schemas.settings import Limits

LIMITS = Limits()


@pytest.fixture(scope="module", params=[{"dpi": 200}, {"dpi": 300, "rotation": 90, "skew": 1.5}], ids=str)
def once(request, tmp_path_factory):
    """A scan, its first reading and where its ink is."""
    folder = tmp_path_factory.mktemp("scan")
    sample = make.paper("birth_certificate", "current", "clean", 7, fmt="jpg", dotted_lines=True, **request.param)
    path = sample.save(folder)
    ink = folder / "1.ink"
    return path, read_page(path, "image/jpeg", 1, LIMITS, ink), ink


def spots_of(reading, *texts, as_scanned=False):
    boxes = {word.text: word.box for word in reading.words}
    return [Spot(1, (boxes[text],), as_scanned) for text in texts]


@pytest.mark.parametrize("as_scanned", [False, True])
def test_words_are_found_again_at_their_places(once, as_scanned):
    path, reading, ink = once
    sure = [word for word in reading.words if word.confidence > 0.95 and len(word.text) > 3][::6]
    spots = [Spot(1, (word.box,), as_scanned) for word in sure]
    found = read_again(path, "image/jpeg", reading, spots, ink, LIMITS)
    assert list(found) == spots
    same = [(word, *found[spot]) for word, spot in zip(sure, spots, strict=True) if found[spot]]
    assert len(same) == len(sure)
    agree = np.mean([first.text.strip(".:,") == second.text.strip(".:,") for first, second, *_ in same])
    assert agree > 0.8  # the dots of the form run below the words: they are not looked at
    apart = [abs(a - b) for first, second, *_ in same for a, b in zip(first.box, second.box, strict=True)]
    assert np.median(apart) <= 4


def test_lines_of_one_spot_stay_in_order(once):
    path, reading, ink = once
    lines = {}
    for word in reading.words:
        lines[word.line] = lines[word.line].union(word.box) if word.line in lines else word.box
    two = [lines[number] for number in sorted(lines)][8:10]
    spot = Spot(1, tuple(two), as_scanned=False)
    words = read_again(path, "image/jpeg", reading, [spot], ink, LIMITS)[spot]
    assert [word.line for word in words] == sorted(word.line for word in words)
    assert {word.line for word in words} == {0, 1}


def test_an_empty_place_gives_nothing(once):
    path, reading, ink = once
    page = reading.page
    spot = Spot(1, (reading.words[0].box._replace(x=60, y=page.height // 2, w=60, h=30),), as_scanned=True)
    assert read_again(path, "image/jpeg", reading, [spot], ink, LIMITS) == {spot: ()}


def test_it_is_another_model_that_reads(once, monkeypatch):
    path, reading, ink = once
    models = []
    monkeypatch.setattr(tesseract, "recognise", lambda *_, model, **__: models.append(model) or [])
    read_again(path, "image/jpeg", reading, spots_of(reading, reading.words[0].text), ink, LIMITS)
    assert models == ["Vietnamese"]


def test_without_that_model_the_first_one_reads_again(monkeypatch):
    monkeypatch.setattr(tesseract, "_model", lambda name: None if name == tesseract.SECOND else name)
    assert tesseract.second_model() == tesseract.LANGUAGE


def test_a_page_whose_ink_was_not_kept_is_not_read_again(once, tmp_path):
    path, reading, _ = once
    with pytest.raises(ProblemError) as raised:
        read_again(path, "image/jpeg", reading, spots_of(reading, reading.words[0].text), tmp_path / "gone", LIMITS)
    assert raised.value.kind is PAGE_FAILED
