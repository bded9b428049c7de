"""Dossiers at a station: pages counted when they are durable, closed into a journal without gaps."""

import io

import pikepdf
import pytest

from schemas.digest import sha256_hex
from schemas.identifier import PersonalIdentifier
from schemas.problem import ProblemError
from schemas.settings import Limits, ScanningSettings
from schemas.submission import RefusedFile
from sohoa.station.dossiers import Dossiers
from sohoa.station.light import State
from sohoa.station.outbox import Outbox
from tests.sohoa.station.stations import BY, CODE, OTHER, SETTINGS, page, pages, receipt, scan_sheet


def refusal(call, *arguments, **options):
    with pytest.raises(ProblemError) as refused:
        call(*arguments, **options)
    return refused.value.kind.slug


def test_pages_belong_to_the_dossier_that_is_open(dossiers, scan):
    dossiers.open(CODE, procedure="1.001193", declared=4)
    assert scan(page("1")) == 1
    assert scan(pages("2", "3", "4", kind="PDF")) == 3
    status = dossiers.status(dossiers.current())
    assert (status.dossier_code, status.scanned_pages, status.state) == (CODE, 4, State.SCANNING)


def test_pages_belong_to_the_last_separator(dossiers, scan):
    for content in (scan_sheet(CODE), page("1"), scan_sheet(OTHER), page("2"), page("3"), scan_sheet(CODE), page("4")):
        scan(content)
    assert [(each.dossier_code, each.scanned_pages, each.is_current) for each in dossiers.every_status()] == [
        (OTHER, 2, False),
        (CODE, 2, True),
    ]


def test_stray_pages_wait_until_somebody_says_where_they_belong(dossiers, scan):
    scan(page("1"))
    number = dossiers.current()
    assert dossiers.status(number).state == State.NEEDS_YOU
    assert refusal(dossiers.close, number, scanned_by=BY) == "dossier-not-ready"
    dossiers.open(OTHER)
    assert dossiers.status(number).scanned_pages == 1
    dossiers.assign(number, CODE)
    assert dossiers.close(number, scanned_by=BY).entry.dossier_code == CODE
    assert refusal(dossiers.assign, number, OTHER) == "dossier-unknown"


def test_the_same_scan_is_taken_once(tmp_path, dossiers):
    path = tmp_path / "scan"
    path.write_bytes(page("1"))
    dossiers.open(CODE)
    assert [dossiers.take("claim", path), dossiers.take("claim", path)] == [1, 0]
    assert dossiers.status(dossiers.current()).scanned_pages == 1


def test_closing_announces_files_and_pages_and_who_scanned(home, dossiers, scan):
    dossiers.open(CODE, procedure="1.001193", declared=5)
    for content in (page("1"), page("2"), pages("3", "4", kind="PDF"), page("5", kind="JPEG")):
        scan(content)
    entry = dossiers.close(dossiers.current(), scanned_by=BY).entry
    assert (entry.sequence, entry.scanned_pages, entry.declared_pages, entry.file_count) == (1, 5, 5, 3)
    [unsent] = Outbox(home, SETTINGS).to_send()
    manifest = unsent.manifest
    assert (unsent.entry.entry, manifest.submission_id) == (entry, entry.submission_id)
    assert (manifest.scanned_by, manifest.dossier_code, manifest.procedure_code) == (BY, CODE, "1.001193")
    assert [file.name for file in manifest.files] == ["001.pdf", "002.pdf", "003.jpg"]
    for file in manifest.files:
        with Outbox(home, SETTINGS).open(file.sha256) as opened:
            content = opened.read()
        assert (sha256_hex(content), len(content)) == (file.sha256, file.size)
    with (
        Outbox(home, SETTINGS).open(manifest.files[0].sha256) as opened,
        pikepdf.open(io.BytesIO(opened.read())) as pdf,
    ):
        assert len(pdf.pages) == 2


def test_pictures_of_another_paper_become_another_file(home, dossiers, scan):
    dossiers.open(CODE)
    scan(page("1"))
    scan(page("2"))
    dossiers.next_paper(dossiers.current())
    scan(page("3"))
    scan(page("4"))
    dossiers.close(dossiers.current(), scanned_by=BY)
    [unsent] = Outbox(home, SETTINGS).to_send()
    assert [file.name for file in unsent.manifest.files] == ["001.pdf", "002.pdf"]


@pytest.mark.parametrize(
    ("limits", "slug"), [({"pages": 1}, "too-many-pages"), ({"file_bytes": 2000}, "file-too-large")]
)
def test_a_paper_that_would_become_too_large_is_told_before_it_is_sent(home, dossiers, scan, limits, slug):
    number = dossiers.open(CODE).number
    scan(page("1"))
    scan(page("2"))
    strict = Dossiers(home, SETTINGS.model_copy(update={"limits": Limits(**limits)}))
    assert refusal(strict.close, number, scanned_by=BY) == slug


def test_a_dossier_that_lacks_pages_stays_open_until_they_are_there(dossiers, scan):
    number = dossiers.open(CODE, declared=2).number
    scan(page("1"))
    assert refusal(dossiers.close, number, scanned_by=BY) == "dossier-not-ready"
    status = dossiers.status(number)
    assert (status.state, status.why) == (State.NEEDS_YOU, "Thiếu trang: đã quét 1 trang, khai 2 trang")
    scan(page("2"))
    assert dossiers.status(number).state == State.SCANNING
    dossiers.close(number, scanned_by=BY)
    assert dossiers.status(number).state == State.SAFE_HERE


def test_the_same_file_twice_is_told_and_can_be_taken_out(dossiers, scan):
    number = dossiers.open(CODE).number
    scan(page("1"))
    scan(page("1"))
    assert refusal(dossiers.close, number, scanned_by=BY) == "dossier-not-ready"
    dossiers.remove(number, 2)
    assert dossiers.close(number, scanned_by=BY).entry.scanned_pages == 1


def test_what_is_closed_stays_closed(dossiers, scan):
    number = dossiers.open(CODE).number
    scan(page("1"))
    entry = dossiers.close(number, scanned_by=BY)
    assert dossiers.close(number, scanned_by="Người khác") == entry
    assert refusal(dossiers.declare, number, 3) == "dossier-unknown"
    assert refusal(dossiers.remove, number, 1) == "dossier-unknown"
    assert refusal(dossiers.current) == "dossier-unknown"
    assert dossiers.open(CODE).number != number


def test_a_trouble_concerns_the_dossier_of_its_time_until_it_is_gone(dossiers, scan):
    first = dossiers.open(CODE).number
    scan(page("1"))
    dossiers.complain({"folder": "Tệp chưa ghi xong"})
    second = dossiers.open(OTHER).number
    dossiers.complain({"folder": "Tệp chưa ghi xong"})
    assert dossiers.status(first).why == "Tệp chưa ghi xong"
    assert dossiers.status(second).state == State.SCANNING
    assert refusal(dossiers.close, first, scanned_by=BY) == "dossier-not-ready"
    dossiers.complain({})
    assert dossiers.complaints() == {}
    dossiers.close(first, scanned_by=BY)


def test_without_room_nothing_is_taken(home, tmp_path):
    full = Dossiers(home, SETTINGS.model_copy(update={"scanning": ScanningSettings(keep_free_bytes=2**62)}))
    path = tmp_path / "scan"
    path.write_bytes(page("1"))
    assert refusal(full.take, "claim", path) == "station-full"
    assert list(full.every_status()) == []


def test_what_is_refused_leaves_nothing_behind(home, tmp_path):
    strict = Dossiers(home, SETTINGS.model_copy(update={"limits": Limits(pages=2)}))
    path = tmp_path / "scan"
    path.write_bytes(pages("1", "2", "3", kind="PDF"))
    assert refusal(strict.take, "claim", path) == "too-many-pages"
    assert list(strict.every_status()) == []
    assert [*(home.folder / "files").iterdir(), *(home.folder / "drafts").iterdir()] == []


def test_green_comes_with_the_receipt_and_the_files_go(home, dossiers, scan):
    number = dossiers.open(CODE).number
    scan(page("1"))
    scan(page("2"))
    dossiers.close(number, scanned_by=BY)
    outbox = Outbox(home, SETTINGS)
    [unsent] = outbox.to_send()
    outbox.trouble(unsent.manifest.submission_id, "Máy chủ không nhận")
    assert dossiers.status(number).state == State.NEEDS_YOU
    outbox.received(receipt(unsent.manifest))
    outbox.received(receipt(unsent.manifest))
    status = dossiers.status(number)
    assert (status.state, status.scanned_pages, list(outbox.to_send())) == (State.SAFE_THERE, 2, [])
    assert list((home.folder / "files").iterdir()) == []
    assert len(outbox.entries_from(1)) == 1


def test_files_stay_for_the_days_that_were_set(home, dossiers, scan):
    keeping = SETTINGS.model_copy(update={"scanning": ScanningSettings(keep_free_bytes=0, keep_days=1)})
    dossiers.open(CODE)
    scan(page("1"))
    dossiers.close(dossiers.current(), scanned_by=BY)
    outbox = Outbox(home, keeping)
    [unsent] = outbox.to_send()
    outbox.received(receipt(unsent.manifest))
    assert len(list((home.folder / "files").iterdir())) == 1
    Outbox(home, SETTINGS).wipe()
    assert list((home.folder / "files").iterdir()) == []


@pytest.mark.parametrize("change", [{"files": ("0" * 64,)}, {"station": "another"}, {"submission_id": "0" * 64}])
def test_a_receipt_for_something_else_makes_nothing_green(home, dossiers, scan, change):
    number = dossiers.open(CODE).number
    scan(page("1"))
    dossiers.close(number, scanned_by=BY)
    outbox = Outbox(home, SETTINGS)
    [unsent] = outbox.to_send()
    assert refusal(outbox.received, receipt(unsent.manifest, **change)) == "receipt-wrong"
    assert dossiers.status(number).state == State.SAFE_HERE


# --- order and scanning once more --------------------------------------------------------------------------------------
def order(dossiers):
    return [scan.id for scan in dossiers.scans(dossiers.current())]


@pytest.mark.parametrize(
    ("position", "to", "expected"),
    [(1, 1, [1, 2, 3, 4]), (1, 4, [2, 3, 4, 1]), (4, 1, [4, 1, 2, 3]), (2, 3, [1, 3, 2, 4]), (3, 2, [1, 3, 2, 4])],
)
def test_a_scan_is_moved_and_the_others_close_up(dossiers, scan, position, to, expected):
    dossiers.open(CODE)
    for text in "1234":
        scan(page(text))
    dossiers.move(dossiers.current(), position, to)
    assert order(dossiers) == expected
    assert [each.position for each in dossiers.scans(dossiers.current())] == [1, 2, 3, 4]


def test_a_scan_belongs_to_the_paper_that_it_is_moved_into(dossiers, scan, home):
    dossiers.open(CODE)
    scan(page("1"))
    scan(page("2"))
    dossiers.next_paper(dossiers.current())
    scan(page("3"))
    dossiers.move(dossiers.current(), 3, 2)
    dossiers.close(dossiers.current(), scanned_by=BY)
    [unsent] = Outbox(home, SETTINGS).to_send()
    assert [file.name for file in unsent.manifest.files] == ["001.pdf"]


def test_the_next_scan_takes_the_place_of_one_that_is_scanned_again(dossiers, scan):
    dossiers.open(CODE)
    for text in "123":
        scan(page(text))
    dossiers.rescan(dossiers.current(), 2)
    assert [each.rescan for each in dossiers.scans(dossiers.current())] == [False, True, False]
    scan(page("2, better"))
    scan(page("4"))
    assert order(dossiers) == [1, 4, 3, 5]
    assert not any(each.rescan for each in dossiers.scans(dossiers.current()))


def test_a_scan_that_is_waited_for_may_be_removed_instead(dossiers, scan):
    dossiers.open(CODE)
    scan(page("1"))
    scan(page("2"))
    dossiers.rescan(dossiers.current(), 1)
    dossiers.remove(dossiers.current(), 1)
    scan(page("3"))
    assert order(dossiers) == [2, 3]


@pytest.mark.parametrize("act", ["remove", "rescan", "move"])
@pytest.mark.parametrize("position", [0, 2, 9])
def test_only_a_scan_that_is_there_and_not_closed_can_be_changed(dossiers, scan, act, position):
    dossiers.open(CODE)
    scan(page("1"))
    number = dossiers.current()
    call = getattr(dossiers, act)
    more = (1,) if act == "move" else ()
    assert refusal(call, number, position, *more) == "dossier-unknown"
    dossiers.close(number, scanned_by=BY)
    assert refusal(call, number, 1, *more) == "dossier-unknown"
    assert refusal(dossiers.picture, number, 1, 1) == "dossier-unknown"


# --- what is scanned, and what was done about files that nobody can read -----------------------------------------------
def test_decisions_about_papers_go_with_the_dossier_and_the_last_word_counts(dossiers, scan, home):
    dossiers.open(CODE)
    number = dossiers.current()
    dossiers.decide(number, "citizen_identity_card", "in_scope_d")
    dossiers.decide(number, "citizen_identity_card", "present_only")
    dossiers.decide(number, "birth_certificate", "already_in_db")
    scan(page("1"))
    dossiers.close(number, scanned_by=BY)
    [unsent] = Outbox(home, SETTINGS).to_send()
    assert [(each.document_type, each.reason, each.scanned) for each in unsent.manifest.decisions] == [
        ("birth_certificate", "already_in_db", False),
        ("citizen_identity_card", "present_only", False),
    ]
    assert refusal(dossiers.decide, number, "birth_certificate", "secret") == "dossier-unknown"


def test_a_manifest_without_decisions_has_the_id_that_it_always_had(dossiers, scan, home):
    dossiers.open(CODE)
    scan(page("1"))
    dossiers.close(dossiers.current(), scanned_by=BY)
    [unsent] = Outbox(home, SETTINGS).to_send()
    assert b"decisions" not in unsent.manifest.canonical_bytes()


@pytest.mark.parametrize("known", [{}, {"procedure": "1.001193"}])
def test_only_for_a_known_dossier_and_procedure_the_warehouse_can_be_asked(dossiers, scan, known):
    owner = PersonalIdentifier("040201000123")
    if known:
        scan(page("1"))
        assert refusal(dossiers.question, dossiers.current(), owner, "birth_certificate") == "dossier-not-ready"
    dossiers.open(CODE, **known)
    number = dossiers.current()
    if not known:
        assert refusal(dossiers.question, number, owner, "birth_certificate") == "dossier-not-ready"
        return
    question = dossiers.question(number, owner, "birth_certificate")
    assert (question.purpose, question.dossier_code, question.owner) == ("1.001193", CODE, owner)


def test_a_dossier_with_a_file_that_nobody_can_read_is_settled_by_what_was_done(dossiers, scan, home):
    dossiers.open(CODE)
    number = dossiers.current()
    scan(page("1"))
    assert refusal(dossiers.settle, number, "rescanned") == "dossier-unknown"
    dossiers.close(number, scanned_by=BY)
    assert refusal(dossiers.settle, number, "rescanned") == "dossier-unknown"
    outbox = Outbox(home, SETTINGS)
    [unsent] = outbox.to_send()
    refused = RefusedFile(sha256=unsent.manifest.files[0].sha256, problem="urn:sohoa:problem:file-damaged")
    outbox.received(receipt(unsent.manifest, refused=(refused,)))
    assert dossiers.status(number).state == State.NEEDS_YOU
    dossiers.settle(number, "rescanned")
    assert dossiers.status(number).state == State.SAFE_THERE
    assert refusal(dossiers.settle, number, "rescanned") == "dossier-unknown"
