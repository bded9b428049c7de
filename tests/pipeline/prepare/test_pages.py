"""Pages as pixels, from every kind of file that a scanner writes."""

import io

import img2pdf
import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw

from pipeline.prepare import exif_turn, raw_page
from pipeline.prepare.pages import PDF, turned
from schemas.problem import FILE_DAMAGED, FILE_ENCRYPTED, PAGE_TOO_LARGE, ProblemError
from schemas.settings import Limits

LIMITS = Limits()
TYPES = {"jpg": "image/jpeg", "png": "image/png", "tif": "image/tiff", "pdf": PDF}


def drawing(mode="RGB", size=(310, 440)):
    """A picture that looks different whichever way it is turned or mirrored."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 30, 120, 60), fill="black")
    pen.ellipse((200, 350, 260, 410), fill=(90, 90, 90))
    return picture.convert(mode)


def stored(folder, picture, fmt="png", **options):
    path = folder / f"page.{fmt}"
    picture.save(path, **options)
    return path


def pixels_of(path, number=1, limits=LIMITS):
    return raw_page(path, TYPES[path.suffix[1:]], number, limits).pixels


def grey(pixels):
    return np.asarray(Image.fromarray(pixels).convert("L"), np.int16)


def same_picture(pixels, picture, tolerance=3):
    return (
        pixels.shape[:2] == picture.size[::-1]
        and np.abs(grey(pixels) - grey(np.asarray(picture.convert("RGB")))).mean() < tolerance
    )


@pytest.mark.parametrize(
    ("mode", "fmt"),
    [
        ("1", "png"),
        ("1", "tif"),
        ("L", "jpg"),
        ("L", "tif"),
        ("P", "png"),
        ("RGB", "jpg"),
        ("RGB", "png"),
        ("CMYK", "jpg"),
        ("CMYK", "tif"),
    ],
)
def test_every_colour_space_becomes_grey_or_rgb(tmp_path, mode, fmt):
    pixels = pixels_of(stored(tmp_path, drawing(mode), fmt))
    assert pixels.dtype == np.uint8
    assert pixels.shape[2:] in ((), (3,))
    assert same_picture(pixels, drawing(mode))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_can_be_seen_through_lies_on_white(tmp_path, mode):
    picture = drawing(mode)
    picture.putalpha(drawing("L").point(lambda value: 255 - value))
    assert same_picture(pixels_of(stored(tmp_path, picture)), drawing("L"), tolerance=6)


@pytest.mark.parametrize("fmt", ["png", "tif"])
def test_sixteen_bits_become_eight(tmp_path, fmt):
    deep = Image.fromarray(np.asarray(drawing("L")).astype(np.uint16) * 257)
    assert same_picture(pixels_of(stored(tmp_path, deep, fmt)), drawing("L"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["jpg", "tif"])
def test_the_turn_that_exif_asks_for_is_made(tmp_path, orientation, fmt):
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}  # fmt: skip
    picture = drawing().transpose(undo[orientation]) if orientation in undo else drawing()
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert same_picture(pixels_of(stored(tmp_path, picture, fmt, exif=exif)), drawing())


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_the_turn_that_exif_asks_for_can_be_asked(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert exif_turn(stored(tmp_path, drawing(), "jpg", exif=exif)) == turn


def test_each_page_of_a_tiff_is_found(tmp_path):
    pages = [drawing("L"), drawing("L").rotate(180), drawing("1").transpose(Image.Transpose.ROTATE_90)]
    path = stored(tmp_path, pages[0], "tif", save_all=True, append_images=pages[1:])
    for number, page in enumerate(pages, 1):
        assert same_picture(pixels_of(path, number), page)
    with pytest.raises(ProblemError) as raised:
        pixels_of(path, 4)
    assert raised.value.kind is FILE_DAMAGED


@pytest.mark.parametrize(
    ("size", "said", "dpi"),
    [
        ((1654, 2339), (200, 200), 200),
        ((1654, 2339), None, 200),  # an A4 sheet of that many pixels
        ((2339, 1654), None, 200),
        ((1654, 2339), (72, 72), 200),  # there is no paper of 81 cm: the file does not know
        ((1240, 1240), None, None),
    ],
)
def test_the_resolution_is_what_the_file_says_if_such_paper_exists(tmp_path, size, said, dpi):
    options = {"dpi": said} if said else {}
    assert raw_page(stored(tmp_path, drawing("L", size), "jpg", **options), "image/jpeg", 1, LIMITS).dpi == dpi


def as_pdf(folder, *images, **options):
    path = folder / "scan.pdf"
    path.write_bytes(img2pdf.convert([image.read_bytes() for image in images], **options))
    return path


@pytest.mark.parametrize(
    ("mode", "fmt"), [("RGB", "jpg"), ("L", "jpg"), ("L", "png"), ("RGB", "png"), ("1", "tif"), ("P", "png")]
)
def test_the_image_of_a_plain_scan_is_taken_out_as_it_is(tmp_path, mode, fmt):
    options = {"compression": "group4"} if fmt == "tif" else {}
    image = stored(tmp_path, drawing(mode), fmt, dpi=(200, 200), **options)
    page = raw_page(as_pdf(tmp_path, image), PDF, 1, LIMITS)
    assert (page.how, page.dpi) == ("embedded", 200)
    assert np.array_equal(grey(page.pixels), grey(pixels_of(image)))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_the_turn_of_a_pdf_page_is_made(tmp_path, turn):
    path = as_pdf(tmp_path, stored(tmp_path, drawing(), dpi=(200, 200)))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages[0].Rotate = turn
        pdf.save(path)
    assert np.array_equal(pixels_of(path), turned(np.asarray(drawing()), turn))


def test_an_image_that_only_poppler_reads_comes_at_its_own_size(tmp_path):
    """A /Decode array turns the picture to its negative."""
    path = as_pdf(tmp_path, stored(tmp_path, drawing("L"), dpi=(200, 200)))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        image = next(iter(pdf.pages[0].get_images().values()))
        image.Decode = [1, 0]
        pdf.pages[0].Rotate = 90
        pdf.save(path)
    page = raw_page(path, PDF, 1, LIMITS)
    assert page.how == "rasterised"
    assert page.pixels.shape[:2] == (310, 440)
    assert np.abs(255 - grey(page.pixels) - turned(np.asarray(drawing("L")), 90)).mean() < 3


def test_a_page_that_is_no_scan_is_drawn(tmp_path):
    path = tmp_path / "typed.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(360, 504))
        pdf.pages[0].Contents = pdf.make_stream(b"0 g 36 400 144 36 re f")
        pdf.save(path)
    page = raw_page(path, PDF, 1, LIMITS)
    assert (page.how, page.dpi, page.pixels.shape) == ("rasterised", 300, (2100, 1500, 3))
    assert page.pixels[350, 300].max() == 0
    assert page.pixels[1500, 300].min() == 255


def test_a_page_is_drawn_no_larger_than_the_limit(tmp_path):
    path = tmp_path / "wall.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(7200, 7200))
        pdf.save(path)
    page = raw_page(path, PDF, 1, Limits(page_pixels=1_000_000))
    assert page.pixels.shape[0] * page.pixels.shape[1] <= 1_000_000


@pytest.mark.parametrize("fmt", ["jpg", "pdf"])
def test_more_pixels_than_the_limit_are_refused_before_they_are_decoded(tmp_path, fmt):
    image = stored(tmp_path, drawing(), "jpg", dpi=(200, 200))
    path = as_pdf(tmp_path, image) if fmt == "pdf" else image
    with pytest.raises(ProblemError) as raised:
        pixels_of(path, limits=Limits(page_pixels=10_000))
    assert raised.value.kind is PAGE_TOO_LARGE


@pytest.mark.parametrize(("fmt", "kept"), [("jpg", 0.6), ("png", 0.6), ("tif", 0.5), ("pdf", 0.5), ("jpg", 0.001)])
def test_a_file_that_breaks_off_is_damaged(tmp_path, fmt, kept):
    image = stored(tmp_path, Image.effect_noise((300, 400), 60), "jpg" if fmt == "pdf" else fmt, dpi=(200, 200))
    path = as_pdf(tmp_path, image) if fmt == "pdf" else image
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ProblemError) as raised:
        pixels_of(path)
    assert raised.value.kind is FILE_DAMAGED


def test_a_locked_file_is_said_to_be_locked(tmp_path):
    path = as_pdf(tmp_path, stored(tmp_path, drawing(), dpi=(200, 200)))
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    with pytest.raises(ProblemError) as raised:
        pixels_of(path)
    assert raised.value.kind is FILE_ENCRYPTED


def test_exif_within_a_pdf_is_ignored_as_viewers_ignore_it(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    drawing().save(buffer, "JPEG", exif=exif, dpi=(200, 200))
    path = tmp_path / "scan.pdf"
    path.write_bytes(img2pdf.convert(buffer.getvalue(), rotation=img2pdf.Rotation.none))
    assert same_picture(pixels_of(path), drawing())
