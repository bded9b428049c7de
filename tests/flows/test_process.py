"""The straight line from receipt to outcome, without an orchestrator."""

import dataclasses
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import img2pdf
import pikepdf
import pytest
from PIL import Image

from flows import process as process_module
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import process
from pipeline.digitize import Unwatched, digitize
from pipeline.workers import Workers
from schemas.problem import INTEGRITY_MISMATCH, STORE_UNREACHABLE, TOOL_MISSING, ProblemError
from schemas.submission import Manifest, SubmittedFile
from sohoa.demo import SCANS
from storage import keys
from storage.catalog import Catalog
from tests.pipeline.seal.incoming import signed_by_others

NOW = datetime(2026, 3, 31, 2, 41, 22, tzinfo=UTC)
CERTIFICATE = SCANS / "birth_certificate_01.jpg"
NOTICE = SCANS / "administrative_document_02.jpg"


def clock():
    return NOW


@pytest.fixture
def run(house, keyring, workers):
    """Return a function that sends each file as a submission and runs them all; it returns their outcomes."""

    def send_and_run(*paths, manifests=None):
        manifests = manifests or [manifest_of(path) for path in paths]
        for manifest, path in zip(manifests, paths, strict=True):
            receive(house, keyring, manifest, {manifest.files[0].sha256: path}, clock)
        ids = [manifest.submission_id for manifest in manifests]
        return list(process(house, keyring, workers, ids, clock=clock, watcher=Unwatched()))

    return send_and_run


def manifest_of(path):
    data = path.read_bytes()
    file = SubmittedFile(sha256=hashlib.sha256(data).hexdigest(), size=len(data), name=path.name)
    return Manifest(station="local", scanned_by="Nguyễn Thị Bình", scanned_at=NOW, files=(file,))


def test_one_bad_file_does_not_stop_the_others_and_is_kept(run, house, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    bad, good = run(broken, CERTIFICATE)
    assert bad.documents[0].status == "refused"
    assert bad.documents[0].problem.type == "urn:sohoa:problem:file-damaged"
    assert house.store.get(keys.file(bad.documents[0].file_sha256)) == broken.read_bytes()
    assert good.documents[0].status in {"stored", "review"}


def test_a_blank_scan_is_refused_with_a_reason_and_kept(run, house, tmp_path):
    blank = tmp_path / "blank.png"
    Image.new("L", (1654, 2339), 250).save(blank, dpi=(200, 200))
    [outcome] = run(blank)
    assert outcome.documents[0].problem.type == "urn:sohoa:problem:pages-blank"
    assert house.store.stat(keys.file(outcome.documents[0].file_sha256)) is not None


def test_pages_that_should_be_scanned_once_more_are_named_in_the_outcome(run, tmp_path):
    small, twice = tmp_path / "small.png", tmp_path / "twice.pdf"
    with Image.open(CERTIFICATE) as picture:
        picture.resize((picture.width * 3 // 4, picture.height * 3 // 4)).save(small, dpi=(150, 150))
    twice.write_bytes(img2pdf.convert(str(CERTIFICATE), str(CERTIFICATE)))
    for path, page, fault in ((small, 1, "low_dpi"), (twice, 2, "twice")):
        [outcome] = run(path)
        found = [(each.page, each.faults) for document in outcome.documents for each in document.faults]
        assert found == [(page, (fault,))]


def test_a_file_that_comes_signed_is_its_own_copy_byte_for_byte(run, house, tmp_path):
    [made] = run(CERTIFICATE)
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(b"".join(house.warehouse.copy(made.documents[0].copy_sha256)))
    [outcome] = run(signed)
    record = house.warehouse.record(outcome.documents[0].record_id).value
    assert record.copy_.original
    assert b"".join(house.warehouse.copy(record.copy_.sha256)) == signed.read_bytes()


@pytest.fixture
def bundle(tmp_path):
    """Return a scan that holds two papers, one page each."""
    path = tmp_path / "bundle.pdf"
    path.write_bytes(img2pdf.convert(str(CERTIFICATE), str(NOTICE)))
    return path


def test_each_paper_of_a_file_is_stored_once_with_a_copy_of_its_own_pages(run, house, bundle, monkeypatch):
    keep_record = type(house.warehouse).keep_record

    def cut_off(warehouse, record, signing):
        if record.origin.pages == (2,):
            raise STORE_UNREACHABLE.error("the line is cut")
        return keep_record(warehouse, record, signing)

    with monkeypatch.context() as cut:
        cut.setattr(type(house.warehouse), "keep_record", cut_off)
        with pytest.raises(ProblemError, match="the line is cut"):
            run(bundle)
    [outcome] = run(bundle)
    certificate, notice = outcome.documents
    assert [certificate.document_type, notice.document_type] == ["birth_certificate", "administrative_document"]
    assert [certificate.pages, notice.pages] == [(1,), (2,)]
    assert certificate.record_id != notice.record_id
    assert certificate.status in {"stored", "review"}, "an attempt that was cut off is no earlier submission"
    for document in outcome.documents:
        record = house.warehouse.record(document.record_id).value
        assert record.origin.pages == document.pages == tuple(page.number for page in record.pages)
        with pikepdf.open(io.BytesIO(b"".join(house.warehouse.copy(document.copy_sha256)))) as copy:
            assert len(copy.pages) == 1

    sent_again = manifest_of(bundle).model_copy(update={"scanned_by": "Lê Văn Hai"})
    [again] = run(bundle, manifests=[sent_again])
    assert [document.status for document in again.documents] == ["duplicate", "duplicate"]
    assert [document.record_id for document in again.documents] == [certificate.record_id, notice.record_id]


def test_a_signed_file_of_several_papers_is_kept_whole_and_a_person_says_who_may_see_it(
    run, house, bundle, monkeypatch
):
    def as_if_signed(*args):
        read = digitize(*args)
        return dataclasses.replace(read, file=dataclasses.replace(read.file, signed=True))

    monkeypatch.setattr(process_module, "digitize", as_if_signed)
    [outcome] = run(bundle)
    assert [document.pages for document in outcome.documents] == [(1,), (2,)]
    assert {document.copy_sha256 for document in outcome.documents} == {outcome.documents[0].file_sha256}
    for document in outcome.documents:
        record = house.warehouse.record(document.record_id).value
        assert record.copy_.original
        assert "shared:copy" in record.review_reasons


def test_signatures_of_others_are_reported_and_a_spoiled_one_waits_for_a_person(run, house, pki, tmp_path):
    signed = signed_by_others(pki, (SCANS / "administrative_document_01.pdf").read_bytes(), "good", NOW, stamped=False)
    end = signed.index(b"00" * 64, signed.index(b"/Contents <"))  # what follows the signature is padding
    spoiled = tmp_path / "spoiled.pdf"
    spoiled.write_bytes(
        signed[: end - 12] + (b"1" if signed[end - 12 : end - 11] == b"0" else b"0") + signed[end - 11 :]
    )
    [outcome] = run(spoiled)
    [document] = outcome.documents
    assert "invalid:copy" in house.warehouse.record(document.record_id).value.review_reasons
    report = house.signatures.last(document.file_sha256)
    assert (report.number, report.verdict, report.seen_at) == (1, "INVALID", NOW)


def test_an_outage_leaves_no_outcome_and_the_next_run_goes_on(run, house, monkeypatch):
    def unreachable(*_args, **_kwargs):
        raise STORE_UNREACHABLE.error("the line is cut")

    with monkeypatch.context() as cut:
        cut.setattr(type(house.warehouse), "keep_record", unreachable)
        with pytest.raises(ProblemError, match="the line is cut"):
            run(CERTIFICATE)
    assert house.inbox.outcome(manifest_of(CERTIFICATE).submission_id) is None
    assert [waiting.submission_id for waiting in house.catalog.waiting()] == [manifest_of(CERTIFICATE).submission_id]
    [outcome] = run(CERTIFICATE)
    assert outcome.documents[0].record_id
    assert house.catalog.waiting() == ()


def test_what_was_killed_before_the_catalog_heard_of_it_does_not_wait_for_ever(run, house, keyring, workers):
    [outcome] = run(CERTIFICATE)
    forgetful = dataclasses.replace(house, catalog=Catalog(f"sqlite:///{house.settings.home}/other", b"s" * 16))
    forgetful.catalog.create()
    receipt, manifest = house.received(outcome.submission_id)
    forgetful.catalog.keep_submission(receipt, keys.manifest(manifest), done=False)
    waiting = [each.submission_id for each in forgetful.catalog.waiting()]
    assert list(process(forgetful, keyring, workers, waiting, clock=clock, watcher=Unwatched())) == [outcome]
    assert forgetful.catalog.waiting() == ()


def test_a_damaged_file_is_passed_over_and_keeps_waiting_while_the_others_go_on(house, keyring, workers):
    damaged, sound = manifest_of(CERTIFICATE), manifest_of(NOTICE)
    for manifest, path in ((damaged, CERTIFICATE), (sound, NOTICE)):
        receive(house, keyring, manifest, {manifest.files[0].sha256: path}, clock)
    stored = house.settings.home / "store/objects" / keys.file(damaged.files[0].sha256)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1])

    ids = [damaged.submission_id, sound.submission_id]
    with pytest.raises(ProblemError) as broken:
        list(process(house, keyring, workers, ids, clock=clock, watcher=Unwatched()))
    assert broken.value.kind == INTEGRITY_MISMATCH
    assert house.inbox.outcome(sound.submission_id) is not None
    assert [waiting.submission_id for waiting in house.catalog.waiting()] == [damaged.submission_id]


def test_a_key_that_is_not_valid_now_signs_nothing(house):
    with pytest.raises(ProblemError, match="certificate is valid from"):
        Keyring.open(house.settings, datetime(2090, 1, 1, tzinfo=UTC))


def test_a_missing_program_is_said_and_never_held_against_the_paper(house, keyring, monkeypatch, tmp_path):
    manifest = manifest_of(CERTIFICATE)
    receive(house, keyring, manifest, {manifest.files[0].sha256: CERTIFICATE}, clock)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Workers(1, house.settings.limits) as workers, pytest.raises(ProblemError) as missing:
        list(process(house, keyring, workers, [manifest.submission_id], clock=clock, watcher=Unwatched()))
    assert missing.value.kind == TOOL_MISSING
    assert house.inbox.outcome(manifest.submission_id) is None


def test_a_receipt_is_given_once_and_names_every_file(house, keyring):
    manifest = manifest_of(CERTIFICATE)
    paths = {manifest.files[0].sha256: CERTIFICATE}
    first = receive(house, keyring, manifest, paths, clock).value
    again = receive(house, keyring, manifest, paths, lambda: datetime(2026, 4, 1, tzinfo=UTC)).value
    assert first == again
    assert first.files == (manifest.files[0].sha256,)
    assert first.received_at == NOW


def test_copies_are_of_the_flavour_that_is_set(house, keyring, workers):
    house = dataclasses.replace(house, settings=house.settings.model_copy(update={"copy_flavour": "3b"}))
    manifest = manifest_of(CERTIFICATE)
    receive(house, keyring, manifest, {manifest.files[0].sha256: CERTIFICATE}, clock)
    [outcome] = process(house, keyring, workers, [manifest.submission_id], clock=clock, watcher=Unwatched())
    record = house.warehouse.record(outcome.documents[0].record_id).value
    signed = io.BytesIO(b"".join(house.warehouse.copy(record.copy_.sha256)))
    with pikepdf.open(signed) as copy, copy.open_metadata() as metadata:
        assert metadata.pdfa_status == "3B"


def test_a_record_says_where_it_came_from_and_what_read_it(run, house):
    [outcome] = run(CERTIFICATE)
    record = house.warehouse.record(outcome.documents[0].record_id).value
    assert record.origin.file_sha256 == outcome.documents[0].file_sha256
    assert record.origin.pages == (1,)
    assert record.engine.language == "vie, Vietnamese"
    assert record.created_at == NOW
    assert Path(CERTIFICATE).name not in record.canonical_bytes().decode()
