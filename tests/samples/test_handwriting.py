"""Values written by hand: every letter has its marks, no two words are alike, and the same seed writes the same."""

from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest

from samples import handwriting, make
from samples.fonts import FONTS

pytestmark = pytest.mark.skipif(
    not all(Path(f"{FONTS}/{path}").exists() for _, path in handwriting.FACES.values()),
    reason=f"needs the packages {', '.join(package for package, _ in handwriting.FACES.values())}",
)
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY0123456789"
FLAT = {"dpi": 150, "blur": 0.0, "noise": 0.0, "skew": 0.0, "copies": 0, "stamp": 0.0, "mode": "colour"}


def written(text, face="dkg", unrest=0.0):
    hand = handwriting.Hand(face=face, ink=(0, 0, 0), slant=0.0, size=1.2, unrest=unrest, seed=1)
    word = handwriting.Word(text, 13.0, hand=True)
    return handwriting._written(word, 60.0 * len(text), 4.0, hand, Random(1))[0]


@pytest.mark.parametrize("face", handwriting.FACES)
def test_every_mark_can_be_told_from_every_other(face):
    inks = [written(letter, face) for letter in "aàáảãạăằâầ"]
    for one, other in combinations(inks, 2):
        assert np.abs(one - other).max() > 0.5


@pytest.mark.parametrize("face", handwriting.FACES)
def test_every_letter_leaves_ink(face):
    assert [letter for letter in LETTERS if written(letter, face).sum() <= 20] == []


def test_what_is_filled_in_by_hand_is_in_the_truth_and_in_its_own_ink():
    printed, filled = (
        make.paper("birth_certificate", "current", "clean", 3, handwriting=how, **FLAT) for how in (False, True)
    )
    assert printed.truth["handwritten"] == []
    assert {"number", "full_name", "date_of_birth"} <= set(filled.truth["handwritten"])
    assert "signer_name" not in filled.truth["handwritten"]
    assert filled.truth["fields"] == printed.truth["fields"]
    x, y, w, h = filled.truth["boxes"]["full_name"]["box"]
    prints, writes = (np.asarray(sample.pages[0], int)[y : y + h, x : x + w] for sample in (printed, filled))
    assert np.abs(prints - writes).max() > 100
    x, y, w, h = filled.truth["boxes"]["signer_name"]["box"]
    prints, writes = (np.asarray(sample.pages[0], int)[y : y + h, x : x + w] for sample in (printed, filled))
    assert np.abs(prints - writes).max() < 40  # the compression of the picture


def test_the_same_seed_writes_the_same():
    first, second = (make.paper("birth_certificate", "extract", "clean", 3, handwriting=True, **FLAT) for _ in range(2))
    assert np.array_equal(first.pages[0], second.pages[0])


def test_hands_of_one_half_do_not_write_in_the_other():
    tuning, held_out = (
        {handwriting.drawn_by_lot(Random(seed), half).face for seed in range(40)} for half in ("tuning", "held-out")
    )
    assert not tuning & held_out
    assert tuning | held_out == set(handwriting.FACES)
