"""Scans as a station looks at them."""

import io

import pikepdf
import pytest
from PIL import Image

from pipeline.tools import poppler
from schemas.legibility import PREVIEW_BYTES
from schemas.problem import ProblemError
from schemas.settings import Limits
from sohoa.station import pictures, separators
from tests.sohoa.station.stations import CODE, OTHER, page, pages

LIMITS = Limits()
SCANS = {
    "a.jpg": page(kind="JPEG"), "a.png": page(), "a.tif": page(kind="TIFF"),
    "b.tif": pages("1", "2", kind="TIFF"), "b.pdf": pages("1", "2", "3", kind="PDF"),
}  # fmt: skip


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    """Return separator sheets as a scanner gives them, by their code."""
    path = tmp_path_factory.mktemp("sheets") / "sheets.pdf"
    path.write_bytes(separators.sheets([CODE, OTHER]))
    return {code: poppler.rasterise(path, number, dpi=100, seconds=30) for number, code in enumerate([CODE, OTHER], 1)}


def scan_of(pixels, kind="JPEG", *, turned=0.0):
    output = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").rotate(turned, fillcolor="white").save(output, kind, dpi=(100, 100))
    return output.getvalue()


def parts_of(folder, content):
    path = folder / "scan"
    path.write_bytes(content)
    return list(pictures.parts(path, LIMITS))


@pytest.mark.parametrize("name", SCANS)
def test_a_whole_file_is_whole_and_no_beginning_of_it_is(tmp_path, name):
    path = tmp_path / name
    content = SCANS[name]
    for size in (0, 4, 100, len(content) // 2, len(content) * 9 // 10, len(content) - 40):
        path.write_bytes(content[:size])
        assert not pictures.is_whole(path), size
    path.write_bytes(content)
    assert pictures.is_whole(path)


@pytest.mark.parametrize(("name", "count"), [("a.jpg", 1), ("a.png", 1), ("a.tif", 1), ("b.tif", 2), ("b.pdf", 3)])
def test_a_scan_without_separators_stays_as_it_is(tmp_path, name, count):
    [part] = parts_of(tmp_path, SCANS[name])
    assert (part.separator, part.content, part.pages) == (None, None, count)
    assert part.is_picture == (name[0] == "a")


@pytest.mark.parametrize("turned", [0, 3, 90, 180])
def test_a_separator_is_known_however_it_lies(tmp_path, sheets, turned):
    [part] = parts_of(tmp_path, scan_of(sheets[CODE], turned=turned))
    assert (part.separator, part.pages) == (CODE, 0)


def test_other_codes_separate_nothing():
    assert separators.dossier_of(f"sohoa:dossier:{CODE}") == CODE
    assert separators.dossier_of(CODE) is None
    assert separators.dossier_of("sohoa:dossier:nonsense") is None
    assert separators.dossier_of(f"sohoa:dossier:{CODE}\n{OTHER}") is None


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_a_pile_in_one_file_is_taken_apart_at_its_separators(tmp_path, sheets, kind):
    pile = [page("0"), scan_of(sheets[CODE]), page("1"), page("2"), scan_of(sheets[OTHER]), page("3")]
    images = [Image.open(io.BytesIO(each)).convert("RGB") for each in pile]
    output = io.BytesIO()
    images[0].save(output, kind, save_all=True, append_images=images[1:])
    said = []
    for part in parts_of(tmp_path, output.getvalue()):
        said += [part.separator] if part.separator else ["page"] * part.pages
    assert said == ["page", CODE, "page", "page", OTHER, "page"]


def test_pictures_of_one_paper_become_one_file_of_the_same_pixels(tmp_path):
    scans = [page("1", kind="JPEG"), page("2"), page("3", kind="TIFF")]
    one = pictures.as_one_file(scans)
    assert one == pictures.as_one_file(scans)
    with pikepdf.open(io.BytesIO(one)) as pdf:
        assert len(pdf.pages) == 3
        for sheet, scan in zip(pdf.pages, scans, strict=True):
            [image] = sheet.get_images().values()
            stored = pikepdf.PdfImage(image)
            assert (
                stored.as_pil_image().convert("RGB").tobytes() == Image.open(io.BytesIO(scan)).convert("RGB").tobytes()
            )
            assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]
        [jpeg] = pdf.pages[0].get_images().values()
        assert jpeg.read_raw_bytes() == scans[0]


def test_a_picture_that_says_no_resolution_is_taken_for_a4():
    output = io.BytesIO()
    Image.new("L", (1000, 1414), 255).save(output, "PNG")
    with pikepdf.open(io.BytesIO(pictures.as_one_file([output.getvalue()]))) as pdf:
        assert round(float(pdf.pages[0].mediabox[3])) == 842


def locked():
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(SCANS["b.pdf"])) as pdf:
        pdf.save(output, encryption=pikepdf.Encryption(owner="o", user="u"))
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "file-type-unknown"),
        (b"MZ" + b"0" * 100, "file-type-unknown"),
        (b"%PDF-1.4 nothing %%EOF", "file-damaged"),
        (b"\xff\xd8\xff nothing \xff\xd9", "file-damaged"),
        (locked(), "file-encrypted"),
        (page(size=(3000, 3001)), "page-too-large"),
        (pages(*"123456", kind="PDF"), "too-many-pages"),
        (pages(*"123456", kind="TIFF"), "too-many-pages"),
        (b"%PDF-" + b"0" * 5_000_000, "file-too-large"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(tmp_path, content, slug):
    path = tmp_path / "scan"
    path.write_bytes(content)
    with pytest.raises(ProblemError) as refused:
        list(pictures.parts(path, Limits(pages=5, page_pixels=9_000_000, file_bytes=4_000_000)))
    assert refused.value.kind.slug == slug


# --- previews --------------------------------------------------------------------------------------------------------
def a_scan(kind="JPEG", *, dpi=200, inches=(8.27, 11.69), says=True):
    output = io.BytesIO()
    picture = Image.effect_noise((round(inches[0] * dpi), round(inches[1] * dpi)), 60)
    picture.save(output, kind, **({"dpi": (dpi, dpi)} if says else {}))
    return output.getvalue()


@pytest.mark.parametrize(
    ("media", "content", "low"),
    [
        ("image/jpeg", a_scan(), False),
        ("image/png", a_scan("PNG", says=False), False),
        ("image/jpeg", a_scan(dpi=150), True),
        ("image/png", a_scan("PNG", dpi=150, says=False), True),
        ("application/pdf", pictures.as_one_file([a_scan()]), False),
        ("application/pdf", pictures.as_one_file([a_scan(dpi=150)]), True),
    ],
)
def test_a_preview_is_small_and_has_the_size_of_the_paper(media, content, low):
    [(number, seen)] = pictures.previews(io.BytesIO(content), media, [1], LIMITS)
    assert (number, seen.low_dpi) == (1, low)
    assert len(seen.jpeg) <= PREVIEW_BYTES
    with Image.open(io.BytesIO(seen.jpeg)) as picture:
        assert (picture.mode, picture.size) == ("L", (827, 1169))


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_only_the_wanted_pages_are_shown(kind):
    media = "application/pdf" if kind == "PDF" else "image/tiff"
    found = list(pictures.previews(io.BytesIO(pages("1", "2", "3", kind=kind)), media, [1, 3], LIMITS))
    assert [number for number, seen in found if seen.jpeg] == [1, 3]


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("application/pdf", b"%PDF-1.4 broken"),
        ("image/png", page()[:60]),
        ("application/pdf", separators.sheets([CODE])),
    ],
)
def test_what_cannot_be_shown_is_left_to_the_server(media, content):
    assert list(pictures.previews(io.BytesIO(content), media, [1], LIMITS)) == [(1, (None, False))]
