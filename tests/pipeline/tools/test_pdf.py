"""Which PDF pages are plain scans: decided by what is drawn, not by who made them."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from pipeline.tools.pdf import scan_image

WIDTH, HEIGHT = 300, 420
WHOLE = "q 144 0 0 201.6 0 0 cm /Scan Do Q"
PAGE = (144, 201.6)
UNSEEN_TEXT = "BT /F1 9 Tf 3 Tr 10 100 Td (so 1) Tj ET"


@pytest.fixture
def pdf():
    with pikepdf.new() as pdf:
        yield pdf


def image(pdf, **keys):
    return pdf.make_stream(
        bytes(WIDTH * HEIGHT), Type=Name.XObject, Subtype=Name.Image, Width=WIDTH, Height=HEIGHT,
        ColorSpace=Name.DeviceGray, BitsPerComponent=8, **keys,
    )  # fmt: skip


def page(pdf, content=WHOLE, size=PAGE, *, scan=None, resources=None, **keys):
    pdf.add_blank_page(page_size=size)
    made = pdf.pages[-1]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    made.Resources = Dictionary(XObject=Dictionary(Scan=image(pdf) if scan is None else scan), Font=Dictionary(F1=font))
    for name, value in (resources or {}).items():
        made.Resources[name] = value
    made.Contents = pdf.make_stream(content.encode())
    for name, value in keys.items():
        made[f"/{name}"] = value
    return made


def found(pdf):
    return scan_image(pdf, len(pdf.pages))


@pytest.mark.parametrize(
    ("content", "rotation", "size"),
    [
        (WHOLE, 0, PAGE),
        ("q 0 144 -201.6 0 201.6 0 cm /Scan Do Q", 270, PAGE[::-1]),
        ("q -144 0 0 -201.6 144 201.6 cm /Scan Do Q", 180, PAGE),
        ("q 0 -144 201.6 0 0 144 cm /Scan Do Q", 90, PAGE[::-1]),
        ("q 2 0 0 2 0 0 cm 72 0 0 100.8 0 0 cm /Scan Do Q", 0, PAGE),
    ],
)
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_turn_is_that_of_the_placement_and_of_the_page(pdf, content, rotation, size, turn):
    page(pdf, content, size, Rotate=turn)
    scan = found(pdf)
    assert scan.rotation == (rotation + turn) % 360
    assert (scan.width, scan.height, scan.dpi) == (WIDTH, HEIGHT, 150)
    assert scan.shown == pytest.approx((0, 0, 1, 1))


@pytest.mark.parametrize(
    "content",
    [
        f"{WHOLE} {UNSEEN_TEXT}",
        f"0 0 144 201.6 re W n {WHOLE}",
        f"0 g 1 w /Artifact BMC {WHOLE} EMC",
        "q 142 0 0 198.8 1 1 cm /Scan Do Q",  # a hair's breadth of white around it
        "q 145 0 0 203 -0.5 -0.7 cm /Scan Do Q",  # a hair's breadth cut off
    ],
)
def test_what_leaves_no_mark_does_not_matter(pdf, content):
    page(pdf, content)
    assert found(pdf) is not None


@pytest.mark.parametrize(
    "content",
    [
        "",
        f"{WHOLE} BT /F1 9 Tf 10 100 Td (DA THU) Tj ET",
        f"{WHOLE} 10 10 50 50 re f",
        f"{WHOLE} 10 10 m 50 50 l S",
        f"{WHOLE} {WHOLE}",
        f"{WHOLE} q 20 0 0 20 5 5 cm BI /W 1 /H 1 /CS /G /BPC 8 ID x EI Q",
        "q 144 0 0 100 0 0 cm /Scan Do Q",  # half of the page
        "q 288 0 0 403.2 0 0 cm /Scan Do Q",  # a quarter of the image
        "q -144 0 0 201.6 144 0 cm /Scan Do Q",  # mirrored
        "q 140 20 -20 196 20 0 cm /Scan Do Q",  # aslant
        f"0 0 72 201.6 re W n {WHOLE}",  # half hidden
        f"0 0 m 144 0 l 0 201 l W n {WHOLE}",
        f"/OC /Layer BDC {WHOLE} EMC",
        f"/Faint gs {WHOLE}",
        "q 144 0 0 201.6 0 0 cm /Missing Do Q",
    ],
)
def test_anything_else_that_is_seen_makes_it_no_plain_scan(pdf, content):
    page(pdf, content, resources={"/ExtGState": Dictionary(Faint=Dictionary(ca=0.5))})
    assert found(pdf) is None


@pytest.mark.parametrize("key", ["SMask", "Mask", "OC"])
def test_an_image_that_may_be_seen_through_is_no_plain_scan(pdf, key):
    page(pdf, scan=image(pdf, **{key: image(pdf)}))
    assert found(pdf) is None


def test_fax_pixels_are_not_square(pdf):
    page(pdf, "q 144 0 0 100.8 0 0 cm /Scan Do Q", (144, 100.8))
    assert found(pdf) is None


def annotation(pdf, **keys):
    stream = pdf.make_stream(b"")
    return pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=Array([10, 10, 90, 60]), AP=Dictionary(N=stream), **keys))


@pytest.mark.parametrize(
    ("keys", "is_plain"),
    [
        ({"Subtype": Name.Stamp}, False),
        ({"Subtype": Name.Widget, "FT": Name.Sig}, False),
        ({"Subtype": Name.Stamp, "F": 2}, True),
        ({"Subtype": Name.Popup}, True),
        ({"Subtype": Name.Widget, "Rect": Array([0, 0, 0, 0])}, True),
    ],
)
def test_a_stamp_that_is_seen_belongs_to_the_page(pdf, keys, is_plain):
    made = page(pdf)
    rectangle = keys.pop("Rect", None)
    note = annotation(pdf, **keys)
    if rectangle is not None:
        note.Rect = rectangle
    made.Annots = Array([note])
    assert (found(pdf) is not None) is is_plain


def test_an_image_within_a_form_is_found_where_the_form_places_it(pdf):
    form = pdf.make_stream(
        b"q 72 0 0 100.8 0 0 cm /Scan Do Q", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 72, 100.8]),
        Matrix=Array([2, 0, 0, 2, 0, 0]), Resources=Dictionary(XObject=Dictionary(Scan=image(pdf))),
    )  # fmt: skip
    page(pdf, "/Form Do", resources={"/XObject": Dictionary(Form=form)})
    assert found(pdf).dpi == 150


def test_forms_that_hold_themselves_end(pdf):
    form = pdf.make_stream(b"/Form Do", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 144, 202]))
    form.Resources = Dictionary(XObject=Dictionary(Form=form))
    page(pdf, "/Form Do", resources={"/XObject": Dictionary(Form=form)})
    assert found(pdf) is None


def test_inherited_resources_count(pdf):
    made = page(pdf)
    pdf.Root.Pages.Resources = made.Resources
    del made["/Resources"]
    assert found(pdf) is not None


def test_a_part_of_the_page_can_be_told_by_its_crop_box(pdf):
    page(pdf, "q 144 0 0 201.6 50 50 cm /Scan Do Q", (300, 300), CropBox=Array([50, 50, 194, 251.6]))
    assert found(pdf).shown == pytest.approx((0, 0, 1, 1))


@pytest.mark.parametrize(
    ("turn", "shown"), [(0, (0.01, 0, 1, 1)), (90, (0, 0.01, 1, 1)), (180, (0, 0, 0.99, 1)), (270, (0, 0, 1, 0.99))]
)
def test_a_margin_turns_with_the_page(pdf, turn, shown):
    page(pdf, "q 142.56 0 0 201.6 1.44 0 cm /Scan Do Q", Rotate=turn)
    assert found(pdf).shown == pytest.approx(shown)
