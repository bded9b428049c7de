"""What comes out of preparing: upright, straight, clean, and honest about what was done."""

import cv2
import numpy as np
import pytest

from pipeline.geometry import straighten
from pipeline.prepare import RawPage, prepare
from pipeline.prepare.pages import turned


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("level", ["clean", "hard"])
def test_a_page_is_turned_upright_whichever_way_it_was_fed(scan, rotation, level):
    assert prepare(scan(rotation=rotation, level=level).raw).page.rotation == rotation


@pytest.mark.parametrize("rotation", [90, 180])
def test_a_dense_document_is_turned_upright(scan, rotation):
    assert prepare(scan("administrative_document", "letter", rotation=rotation).raw).page.rotation == rotation


def test_the_size_of_the_page_is_what_geometry_says(scan):
    tilted = scan(skew=3.0, rotation=90).raw
    page = prepare(tilted).page
    height, width = tilted.pixels.shape[:2]
    assert (page.width, page.height) == straighten(width, height, 90, page.skew_degrees)[1:]


def test_turning_the_prepared_page_over_is_preparing_it_turned_over(scan):
    prepared = prepare(scan(rotation=180).raw)
    assert prepared.upside_down().page.rotation == 0
    assert np.array_equal(prepared.upside_down().picture, turned(prepared.picture, 180))
    assert prepared.upside_down().upside_down().page == prepared.page


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_the_picture_has_the_same_size_of_print_at_any_resolution(scan, dpi):
    prepared = prepare(scan(dpi=dpi).raw)
    assert prepared.picture.shape[0] == pytest.approx(11.69 * 160, rel=0.02)
    assert prepared.scale * dpi == pytest.approx(160, rel=0.02)


def test_small_print_is_read_larger(scan):
    """Print of half the usual size: what the file says of its resolution would make it too small to read."""
    small = scan(dpi=150).raw._replace(dpi=300)
    assert prepare(small).scale > 1.3 * 160 / 300


@pytest.mark.parametrize(
    ("overrides", "warning"),
    [({"dpi": 100}, "low_dpi"), ({"blur": 3.5}, "blurred")],
)
def test_what_is_wrong_with_a_page_is_said(scan, overrides, warning):
    assert warning in prepare(scan(**overrides).raw).page.quality.warnings


def test_a_good_page_has_no_warnings(scan):
    quality = prepare(scan().raw).page.quality
    assert quality.warnings == ()
    assert quality.sharpness > 0.6
    assert quality.contrast > 0.7


def soiled(sheet, *kinds):
    chance = np.random.default_rng(11)
    page = sheet.astype(np.int16)
    if "noise" in kinds:
        page += chance.normal(0, 10, page.shape).astype(np.int16)
    page = page.clip(0, 255).astype(np.uint8)
    if "specks" in kinds:
        for x, y in zip(chance.integers(0, 1654, 120), chance.integers(0, 2339, 120), strict=True):
            cv2.circle(page, (int(x), int(y)), 2, 30, -1)
    if "holes" in kinds:
        cv2.circle(page, (95, 830), 24, 40, -1)
        cv2.circle(page, (95, 1500), 24, 40, -1)
    if "lid" in kinds:
        page[:, :50] = 18
        page[-40:] = 18
    if "fold" in kinds:
        page[1168:1171] = 150
    return page


@pytest.mark.parametrize(
    "kinds", [(), ("noise",), ("specks",), ("holes",), ("lid", "noise"), ("fold",), ("noise", "specks", "holes", "lid")]
)
def test_a_blank_page_is_set_aside_whatever_soils_it(sheet, kinds):
    page = prepare(RawPage(4, soiled(sheet, *kinds), 200, "decoded")).page
    assert page.blank
    assert (page.number, page.rotation, page.skew_degrees) == (4, 0, 0)


def test_print_that_shines_through_does_not_make_a_blank_page_a_page(sheet, scan):
    other_side = scan(mode="grey").raw.pixels[:, ::-1]
    faint = sheet[: other_side.shape[0], : other_side.shape[1]] - (255 - other_side[:2339, :1654]) // 6
    assert prepare(RawPage(2, faint, 200, "decoded")).page.blank


@pytest.mark.parametrize("kinds", [(), ("noise", "specks", "lid")])
def test_one_short_line_makes_a_page(sheet, kinds):
    page = soiled(sheet, *kinds)
    cv2.putText(page, "Trang 2", (760, 2200), cv2.FONT_HERSHEY_COMPLEX, 1.0, 20, 2)
    assert not prepare(RawPage(2, page, 200, "decoded")).page.blank


def test_one_signature_makes_a_page(sheet):
    curve = np.array([[600 + 12 * step, 1200 + 60 * np.sin(step)] for step in range(30)], np.int32)
    cv2.polylines(sheet, [curve], isClosed=False, color=30, thickness=4)
    assert not prepare(RawPage(2, sheet, 200, "decoded")).page.blank
