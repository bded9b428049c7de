import pytest

from pipeline.understand.names import crowded, unusual
from pipeline.understand.syllables import implausible, is_syllable


@pytest.mark.parametrize(
    "word",
    [
        "nguyễn",
        "nghiêng",
        "khuya",
        "quyết",
        "giếng",
        "gìn",
        "ý",
        "uỷ",
        "ủy",
        "hoà",
        "hòa",
        "thuở",
        "khuỷu",
        "đất",
        "ngoằn",
        "quốc",
        "xoong",
        "y",
        "ước",
        "Nghĩa",
        "KHÁNH",
    ],
)
def test_vietnamese_syllables(word):
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word", ["đât", "tnường", "nghuyễn", "sôt", "hlp", "kllèn", "câp", "zung", "qưách", "wơ", "ngg", "b"]
)
def test_words_that_no_vietnamese_syllable_can_be(word):
    assert not is_syllable(word)


def test_only_whole_words_are_judged():
    assert implausible(["quyêt,", "(định)", "259/TB-UBND", "đât;"]) == ["quyêt", "đât"]


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("NGUYỄN THỊ VÂN", []),
        ("Hờ Giống Dìa", []),
        ("NGUYÊN THỊ VÂN", ["nguyên"]),
        ("CHU TRONG AN", ["trong"]),
        ("Thị Mỹ", ["thị"]),
    ],
)
def test_a_lost_mark_makes_a_syllable_that_no_name_has(name, odd):
    assert unusual(name) == odd


@pytest.mark.parametrize(
    ("name", "doubtful"),
    [("LƯƠNG Y HIÊN", ["hiên"]), ("LƯƠNG Y HIỀN", []), ("Lương Y Hiên", []), ("LÊ VĂN AN", [])],
)
def test_in_capitals_a_tone_above_another_mark_is_soon_lost(name, doubtful):
    assert crowded(name) == doubtful
