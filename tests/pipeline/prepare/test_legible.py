"""What a clerk is told of a page while the paper is still here."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.prepare import RawPage, faults_among, glance, prepare
from pipeline.prepare.legible import faults_of
from schemas.legibility import PREVIEW_DPI
from schemas.page import Box, PageReading, Word
from schemas.problem import ProblemError

LONG = "Giấy này chứng nhận những điều sau đây là đúng với sổ đăng ký tại cơ quan: " * 4


def cut(raw, share=0.12):
    """Return the page without its right edge."""
    return raw._replace(pixels=np.ascontiguousarray(raw.pixels[:, : -int(raw.pixels.shape[1] * share)]))


def preview(raw):
    """Return a page as stations send it."""
    scale = PREVIEW_DPI / raw.dpi
    picture = Image.fromarray(raw.pixels).convert("L")
    small = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    output = io.BytesIO()
    small.save(output, "JPEG", quality=40)
    return output.getvalue()


@pytest.fixture(scope="module")
def pages(scan):
    letter = scan("administrative_document", "letter").raw
    blank = RawPage(1, np.full((2339, 1654), 250, np.uint8), 200, "decoded")
    return {
        "good": scan().raw,
        "good, in grey and tilted": scan(level="office", skew=2.0).raw,
        "blurred": scan(blur=3.5).raw,
        "cut_off": cut(letter),
        "skewed": scan(skew=12.0).raw,
        "blank": blank,
    }


@pytest.mark.parametrize("name", ["good", "good, in grey and tilted", "blurred", "cut_off", "skewed", "blank"])
def test_a_page_and_its_preview_are_judged_alike(pages, name):
    expected = () if name.startswith("good") else (name,)
    assert faults_of(prepare(pages[name]).page) == expected
    assert glance(preview(pages[name])).faults == expected


def test_a_scan_with_too_few_dots_is_said_to_be_one(scan):
    assert "low_dpi" in faults_of(prepare(scan(dpi=150).raw).page)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "file-type-unknown"),
        (b"not a picture", "file-type-unknown"),
        (b"\x89PNG\r\n\x1a\n", "file-type-unknown"),
        ("half", "file-damaged"),
        ("huge", "page-too-large"),
    ],
)
def test_what_is_no_preview_is_refused(content, kind):
    output = io.BytesIO()
    Image.new("L", (3000, 3000) if content == "huge" else (800, 1100), 200).save(output, "JPEG")
    whole = output.getvalue()
    with pytest.raises(ProblemError) as refused:
        glance({"half": whole[: len(whole) // 2], "huge": whole}.get(content, content))
    assert refused.value.kind.slug == kind


@pytest.fixture(scope="module")
def good_page(pages):
    return prepare(pages["good"]).page


def reading(page, number, text, **changes):
    words = tuple(Word(word, 0.9, Box(0, 0, 1, 1), 0) for word in text.split())
    return PageReading(page.model_copy(update={"number": number, **changes}), words)


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        (LONG, ["twice"]),
        (LONG.replace("giấy", "giây"), ["twice"]),
        (LONG.replace("sổ đăng ký tại cơ quan", "lời khai của chị Lô Thị Mẫu"), []),
    ],
)
def test_a_page_that_was_scanned_twice_is_noticed_at_its_second_scan(good_page, second, faults):
    found = list(
        faults_among([reading(good_page, 1, LONG), reading(good_page, 2, "khác"), reading(good_page, 3, second)])
    )
    assert [(each.page, list(each.faults)) for each in found] == ([(3, faults)] if faults else [])


def test_blank_backs_of_sheets_and_short_texts_that_repeat_are_no_faults(good_page):
    signed = "Chủ tịch Nguyễn Văn Mẫu"
    pages = [
        reading(good_page, 1, signed),
        reading(good_page, 2, "", blank=True),
        reading(good_page, 3, signed),
        reading(good_page, 4, "", blank=True),
    ]
    assert list(faults_among(pages)) == []
