"""From what is wrong with a page to what its clerk reads."""

import io

import pytest
from PIL import Image

from schemas.legibility import FileFaults, Legibility, PageFaults
from sohoa.station.legible import notice
from sohoa.station.light import State
from tests.sohoa.station.stations import BY, CODE, pages, receipt


def a4(tone):
    output = io.BytesIO()
    Image.new("L", (1654, 2339), tone).save(output, "PNG", dpi=(200, 200))
    return output.getvalue()


@pytest.fixture
def three_pages(dossiers, scan):
    """An open dossier with three pages in two scans."""
    dossiers.open(CODE)
    scan(a4(250))
    scan(pages("2", "3", kind="PDF"))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (["blurred"], "Trang 3 bị mờ: quét lại"),
        (["low_dpi", "cut_off"], "Trang 3 độ phân giải thấp (cần ít nhất 200 dpi), bị mất chữ ở mép: quét lại"),
        (["blank"], "Trang 3 trắng: xem lại"),
        (["twice"], "Trang 3 quét trùng với trang trước: xem lại"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(faults, said):
    assert notice("Trang 3", faults) == said


def test_every_page_is_looked_at_once(outbox, dossiers, three_pages):
    seen = list(outbox.to_look_at())
    assert [(each.scan, each.page, each.jpeg is not None, each.faults) for each in seen] == [
        (1, 1, True, ()),
        (2, 1, True, ("low_dpi",)),
        (2, 2, True, ("low_dpi",)),
    ]
    outbox.looked_at(seen[1], ())
    assert [(each.scan, each.page) for each in outbox.to_look_at()] == [(1, 1), (2, 2)]


def test_a_page_is_named_by_its_place_in_the_dossier_and_scanning_it_again_mends_it(outbox, dossiers, three_pages):
    number = dossiers.current()
    [first, second, third] = outbox.to_look_at()
    outbox.looked_at(first, ())
    outbox.looked_at(second, ())
    outbox.looked_at(third, ("blurred",))
    status = dossiers.status(number)
    assert (status.state, status.why) == (State.NEEDS_YOU, "Trang 3 bị mờ: quét lại")
    dossiers.remove(number, 1)
    assert dossiers.status(number).why == "Trang 2 bị mờ: quét lại"
    dossiers.remove(number, 1)
    assert dossiers.status(number).state == State.SCANNING


def test_a_scan_that_was_removed_while_it_was_looked_at_leaves_nothing(outbox, dossiers, three_pages):
    [first, *_] = outbox.to_look_at()
    dossiers.remove(dossiers.current(), 1)
    outbox.looked_at(first, ("blurred",))
    assert dossiers.status(dossiers.current()).notices == ()


def test_who_closes_it_all_the_same_may_and_what_the_server_saw_is_told_beside_the_green_light(
    outbox, dossiers, three_pages
):
    number = dossiers.current()
    for preview in list(outbox.to_look_at()):
        outbox.looked_at(preview, ("faint",))
    dossiers.close(number, scanned_by=BY)
    assert list(outbox.to_look_at()) == []
    assert dossiers.status(number).state == State.SAFE_HERE
    [unsent] = outbox.to_send()
    outbox.received(receipt(unsent.manifest))
    assert outbox.to_ask_about() == (unsent.manifest.submission_id,)
    file = unsent.manifest.files[1]
    told = Legibility(submission_id=unsent.manifest.submission_id, settled=False)
    outbox.judged(told)
    assert outbox.to_ask_about() == (unsent.manifest.submission_id,)
    faults = FileFaults(file_sha256=file.sha256, pages=(PageFaults(page=2, faults=("faint",)),))
    outbox.judged(told.model_copy(update={"settled": True, "files": (faults,)}))
    assert outbox.to_ask_about() == ()
    status = dossiers.status(number)
    assert (status.state, status.notices) == (State.SAFE_THERE, (f"Tệp {file.name}, trang 2 quá nhạt: quét lại",))
