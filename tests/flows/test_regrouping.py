"""A person says which pages make up which paper: the file is read again so, and what was wrong is replaced."""

import img2pdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from flows.intake import receive
from flows.process import process
from flows.regrouping import papers_of, regroup
from flows.reviewing import decide
from pipeline.digitize import Unwatched
from schemas.outcome import DocumentOutcome, Outcome
from schemas.problem import DECISION_UNFIT, ProblemError
from schemas.record import Origin, record_id
from schemas.review import Decision
from tests.flows.test_process import clock, manifest_of
from tests.storage.examples import record


@pytest.fixture
def pile(tmp_path):
    """Return a file of three small pages."""
    font, pages = ImageFont.load_default(size=28), []
    for number in range(3):
        sheet = Image.new("L", (827, 400), 255)
        ImageDraw.Draw(sheet).text((80, 150), f"Trang {number + 1} cua mot giay to nao do", font=font, fill=0)
        path = tmp_path / f"{number}.png"
        sheet.save(path, dpi=(100, 100))
        pages.append(str(path))
    file = tmp_path / "pile.pdf"
    file.write_bytes(img2pdf.convert(*pages))
    return file


@pytest.fixture
def before(house, keyring, pile):
    """Return the records that were made of it: one of two pages, and one of the last; both wait."""
    manifest = manifest_of(pile)
    receive(house, keyring, manifest, {manifest.files[0].sha256: pile}, clock)
    made = []
    for pages in ((1, 2), (3,)):
        origin = Origin(file_sha256=manifest.files[0].sha256, pages=pages)
        about = {"origin": origin, "record_id": record_id(origin), "submission_id": manifest.submission_id}
        waits = {"status": "review", "review_reasons": ("unsure:pages",)}
        made.append(house.warehouse.keep_record(record(**about, **waits), keyring.signing(clock)))
        house.catalog.keep_record(made[-1])
    documents = tuple(
        DocumentOutcome(
            file_sha256=each.origin.file_sha256, status="review", pages=each.origin.pages, record_id=each.record_id
        )
        for each in made
    )
    house.inbox.conclude(Outcome(submission_id=manifest.submission_id, documents=documents))
    return made


def test_papers_are_split_and_merged_and_what_stays_together_stays(house, keyring, workers, before):
    both, last = before
    sent = regroup(house, keyring, both, [(2, 3), (1,)], "web:binh", clock)
    assert sent == regroup_again(house, keyring, both), "whoever is cut off begins again"
    for each in before:
        assert house.warehouse.record(each.record_id).value.review_reasons[-1] == "regrouped:pages"
    for _ in range(2):
        [outcome] = process(house, keyring, workers, [sent], clock=clock, watcher=Unwatched())
    assert [each.pages for each in outcome.documents] == [(1,), (2, 3)]
    one, other = (each.record_id for each in outcome.documents)
    assert [house.warehouse.record(each.record_id).value.status for each in before] == ["superseded"] * 2
    assert house.reviews.of(both.record_id)[-1].replaced_by == (one, other)
    assert house.reviews.of(last.record_id)[-1].replaced_by == (other,)
    assert house.inbox.manifest(house.catalog.submission(sent).manifest_key).grouping.who == "web:binh"
    assert len(house.reviews.of(both.record_id)) == 2


def regroup_again(house, keyring, seen):
    return regroup(house, keyring, seen, [(2, 3), (1,)], "web:binh", clock)


@pytest.mark.parametrize("papers", [[(1,), (2,)], [(1, 2), (2, 3)], [(1, 2), (3, 4)], [(1, 2), (3,)], [(1, 2, 3), ()]])
def test_each_page_belongs_to_one_paper_and_something_changes(house, keyring, before, papers):
    with pytest.raises(ProblemError) as refused:
        regroup(house, keyring, before[0], papers, "web:binh", clock)
    assert refused.value.kind is DECISION_UNFIT


def test_a_paper_that_may_be_reused_is_not_taken_apart(house, keyring, before):
    both, last = before
    keep = {
        "record_id": last.record_id,
        "version": 1,
        "who": "web:chi",
        "at": clock(),
        "replaced_by": (both.record_id,),
    }
    decide(house, keyring, Decision.model_validate(keep), clock)
    with pytest.raises(ProblemError, match="waits for nobody"):
        regroup(house, keyring, both, [(1, 2, 3)], "web:binh", clock)
    assert [each.pages for each in papers_of(house, both)] == [(1, 2), (3,)]
