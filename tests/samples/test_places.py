"""Where fields stand on a paper, and what on it is written by hand."""

import numpy as np
import pytest

from samples import make
from samples.blocks import Look, Text
from samples.places import boxes, by_hand, handwritten, named
from samples.typesetting import composed

FAMILY = "Liberation Serif"
FLAT = {"dpi": 72, "blur": 0.0, "noise": 0.0, "skew": 0.0, "copies": 0, "stamp": 0.0}
EVERY_LAYOUT = [(kind, layout) for kind, layouts in make.KINDS.items() for layout in layouts]


def pages_of(*markup):
    return composed([Text(line) for line in markup], Look(family=FAMILY))


def words_named(pages, name):
    return " ".join(mark.text for page in pages for mark in page.marks if getattr(mark, "field", "") == name)


@pytest.mark.parametrize(
    ("lines", "fields", "name", "words"),
    [
        (["Họ tên: ‹full_name=VI VĂN AN›"], {"full_name": "Vi Văn An"}, "full_name", "VI VĂN AN"),
        (["Ông Vi Văn An", "Vi Văn An ký"], {"signer_name": "Vi Văn An"}, "signer_name", "Vi Văn An"),
        (["Vinh, ngày 02 tháng 4 năm 2023"], {"issue_date": "2023-04-02"}, "issue_date", "ngày 02 tháng 4 năm 2023"),
        (["Vinh, 02/04/2023"], {"issue_date": "2023-04-02"}, "issue_date", "02/04/2023"),
        (["Số: 12/QĐ-UBND"], {"number_symbol": "2/QĐ-UBND"}, "number_symbol", ""),
    ],
)
def test_words_are_named_after_their_field(lines, fields, name, words):
    assert words_named(named(pages_of(*lines), fields, {}, FAMILY), name) == words


def test_who_signs_is_looked_for_at_the_last_mention():
    pages = named(
        pages_of("Vi Văn An", "và", "Vi Văn An"), {"signer_name": "Vi Văn An", "full_name": "Vi Văn An"}, {}, FAMILY
    )
    heights = {mark.field: mark.y for mark in pages[0].marks}
    assert heights["full_name"] < heights["signer_name"]


@pytest.mark.parametrize(
    ("how", "by_pen"),
    [
        (False, []),
        ("number_and_day", ["12", "02"]),
        (True, ["12", "02", "Kinh"]),
    ],
)
def test_a_hand_fills_in_values_or_only_number_and_day(how, by_pen):
    fields = {"number_symbol": "12/QĐ-UBND", "issue_date": "2023-04-02", "ethnicity": "Kinh"}
    lines = ("Số: 12/QĐ-UBND", "Vinh, ngày 02 tháng 4 năm 2023", "Dân tộc: ‹ethnicity=Kinh›")
    pages = by_hand(named(pages_of(*lines), fields, {}, FAMILY), how, FAMILY)
    assert [mark.text for mark in pages[0].marks if mark.hand] == by_pen
    assert handwritten(pages) == ([] if not how else list(fields)[: len(by_pen)])
    assert words_named(pages, "number_symbol").replace(" ", "") == "12/QĐ-UBND"


@pytest.mark.parametrize(("kind", "layout"), EVERY_LAYOUT)
def test_the_ink_of_a_value_lies_in_its_box(kind, layout):
    sample = make.paper(kind, layout, "clean", 3, **FLAT)
    page = np.asarray(sample.pages[0].convert("L"))
    assert sample.truth["boxes"].keys() <= sample.truth["fields"].keys()
    told = [name for name, value in sample.truth["fields"].items() if value is not None]
    assert len(sample.truth["boxes"]) >= 0.7 * len(told) or kind == "citizen_identity_card"  # cards are painted
    for name, place in sample.truth["boxes"].items():
        x, y, w, h = place["box"]
        if place["page"] == 1:
            inside = page[y : y + h, x : x + w]
            assert inside.size, name
            assert inside.min() < 128, name


def test_boxes_are_tight_and_in_pixels_of_the_resolution():
    pages = named(pages_of("‹sex=HH›"), {"sex": "HH"}, {}, FAMILY)
    (small, large) = (boxes(pages, FAMILY, dpi)["sex"]["box"] for dpi in (72, 288))
    assert small[3] == pytest.approx(13.5 * 0.66, abs=1.0)
    assert large == pytest.approx([4 * side for side in small], abs=3)
