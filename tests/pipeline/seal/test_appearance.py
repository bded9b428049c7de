from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.seal import fonts
from pipeline.seal.appearance import DEPTH, Rectangle, lay_out, stamp_face, time_text
from schemas.problem import ProblemError

A4 = (595.0, 842.0)
NAMES = st.text("ABCĐEÊỄƯỞnghiêmtrọngđườ -,", min_size=1, max_size=120).filter(str.strip)


def rectangles(width, height):
    """Words as they stand on a page of this size."""
    return st.builds(
        lambda x, y, w, h: Rectangle(x * width, y * height, x * width + w, y * height + h),
        st.floats(0, 1),
        st.floats(0.85, 1),
        st.floats(1, 200),
        st.floats(1, 40),
    )


@settings(max_examples=40, deadline=None)  # each new set of letters is a new font
@given(NAMES, NAMES, st.lists(rectangles(*A4), max_size=12))
def test_a_stamp_never_covers_anything_nor_leaves_the_page(scanner, agency, taken):
    width, height = A4
    taken = [Rectangle(t.left, t.bottom, min(t.right, width), min(t.top, height)) for t in taken]
    layout = lay_out(scanner, agency, width=width, height=height, taken=taken)
    left, right = (stamp.area for stamp in layout.stamps)
    assert not left.overlaps(right)
    for area in (left, right):
        assert not any(area.overlaps(other) for other in taken)
        assert area.left >= 0
        assert area.right <= width
        assert area.top <= height + layout.strip


@settings(max_examples=40, deadline=None)  # each new set of letters is a new font
@given(NAMES, st.sampled_from([153.0, 243.0, 420.0, 595.0, 842.0]))
def test_every_line_fits_its_stamp_on_any_paper(name, width):
    stamp = lay_out(name, name, width=width, height=width * 1.4, taken=[]).stamps.agency
    face = stamp_face([name])
    for line in (*stamp.name, "2026-03-31T09:41:22+07:00"):
        assert face.width(line, stamp.size) <= stamp.area.right - stamp.area.left + 0.01
    assert "".join("".join(stamp.name).split()) == "".join(name.split())


def test_on_an_empty_a4_page_stamps_stand_in_the_upper_margin_at_ten_points():
    layout = lay_out("Nguyễn Văn An", "Ủy ban nhân dân xã Nghi Lộc", width=A4[0], height=A4[1], taken=[])
    assert layout.strip == 0
    assert {stamp.size for stamp in layout.stamps} == {10.0}
    assert all(stamp.area.bottom > A4[1] - DEPTH for stamp in layout.stamps)


def test_a_stamp_moves_down_below_what_stands_on_the_edge():
    taken = [Rectangle(0, 830, 595, 842)]
    layout = lay_out("Nguyễn Văn An", "Ủy ban nhân dân xã Nghi Lộc", width=A4[0], height=A4[1], taken=taken)
    assert layout.strip == 0
    assert all(stamp.area.top < 830 for stamp in layout.stamps)


def test_a_full_margin_makes_the_page_grow_by_no_more_than_the_stamps_need():
    layout = lay_out("An", "Xã", width=A4[0], height=A4[1], taken=[Rectangle(0, 0, *A4)])
    assert 20 < layout.strip < 40
    assert all(A4[1] <= stamp.area.bottom for stamp in layout.stamps)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 31, 2, 41, 22, tzinfo=UTC), "2026-03-31T09:41:22+07:00"),
        (datetime(2025, 12, 31, 17, 0, 0, 999_999, tzinfo=UTC), "2026-01-01T00:00:00+07:00"),
    ],
)
def test_times_are_iso_8601_in_vietnamese_time(moment, text):
    assert time_text(moment) == text


def test_without_its_font_the_problem_names_the_package(monkeypatch):
    monkeypatch.setattr(fonts, "SERIF", Path("/nowhere.ttf"))
    with pytest.raises(ProblemError, match="fonts-liberation2"):
        stamp_face(["a name that no other test has"])
