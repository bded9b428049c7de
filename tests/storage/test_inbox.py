import pytest

from schemas.digest import sha256_hex
from schemas.problem import BAD_REQUEST, INTEGRITY_MISMATCH, ProblemError
from storage import keys
from storage.inbox import Inbox
from storage.port import ObjectMissingError, ObjectStore
from tests.storage.examples import manifest, on_disk, outcome, receipt, sign


@pytest.fixture
def inbox(store: ObjectStore) -> Inbox:
    return Inbox(store)


def test_a_submission_is_there_with_its_files(inbox: Inbox, tmp_path):
    sent = manifest(b"one", b"two")
    key = inbox.submit(sent, on_disk(tmp_path / "in", b"one", b"two"))
    assert list(inbox.manifests()) == [key]
    assert inbox.manifest(key) == sent
    for file, content in zip(sent.files, (b"one", b"two"), strict=True):
        inbox.fetch(file, tmp_path / file.name)
        assert (tmp_path / file.name).read_bytes() == content


def test_the_same_sending_again_changes_nothing(inbox: Inbox, tmp_path):
    paths = on_disk(tmp_path / "in", b"one", b"two")
    first = inbox.submit(manifest(b"one", b"two"), paths)
    held = list(inbox.store.list(""))
    assert inbox.submit(manifest(b"one", b"two"), paths) == first
    assert list(inbox.store.list("")) == held


def test_a_submission_whose_files_do_not_all_arrive_never_happened(inbox: Inbox, tmp_path):
    paths = on_disk(tmp_path / "in", b"one")
    with pytest.raises(ProblemError) as caught:
        inbox.submit(manifest(b"one", b"two"), paths)
    assert caught.value.kind is BAD_REQUEST
    assert list(inbox.manifests()) == []
    inbox.submit(manifest(b"one", b"two"), on_disk(tmp_path / "in", b"two"))  # only what was missing
    assert len(list(inbox.manifests())) == 1


def test_a_file_that_changed_since_its_manifest_was_made_stops_the_submission(inbox: Inbox, tmp_path):
    paths = on_disk(tmp_path / "in", b"one")
    paths[sha256_hex(b"one")].write_bytes(b"won")
    with pytest.raises(ProblemError) as caught:
        inbox.submit(manifest(b"one"), paths)
    assert caught.value.kind is INTEGRITY_MISMATCH
    assert list(inbox.store.list("")) == []


def test_a_manifest_that_lies_about_a_size_is_refused(inbox: Inbox, tmp_path):
    sent = manifest(b"one")
    lie = sent.model_copy(update={"files": (sent.files[0].model_copy(update={"size": 4}),)})
    with pytest.raises(ProblemError) as caught:
        inbox.submit(lie, on_disk(tmp_path / "in", b"one"))
    assert caught.value.kind is BAD_REQUEST
    assert list(inbox.manifests()) == []


def test_a_manifest_in_the_wrong_place_is_noticed(inbox: Inbox):
    sent, other = manifest(b"one"), manifest(b"two")
    inbox.store.put(keys.manifest(sent), other.canonical_bytes())
    inbox.store.put(keys.manifest(other), b"{}")
    for wrong in (sent, other):
        with pytest.raises(ProblemError) as caught:
            inbox.manifest(keys.manifest(wrong))
        assert caught.value.kind is INTEGRITY_MISMATCH
    with pytest.raises(ObjectMissingError):
        inbox.manifest(keys.manifest(manifest(b"three")))


def test_a_submission_has_one_receipt_for_ever(inbox: Inbox):
    sent = manifest(b"one")
    assert inbox.receipt(sent.submission_id) is None
    first = inbox.give_receipt(receipt(sent, minutes=1), sign)
    assert first == inbox.give_receipt(receipt(sent, minutes=2), sign) == inbox.receipt(sent.submission_id)
    assert first.value == receipt(sent, minutes=1)
    assert first.signature == sign(first.data)
    assert list(inbox.receipts()) == [sent.submission_id]


def test_a_receipt_that_was_interrupted_before_its_signature_does_not_count_and_is_completed(inbox: Inbox):
    sent = manifest(b"one")
    with pytest.raises(KeyboardInterrupt):
        inbox.give_receipt(receipt(sent, minutes=1), interrupt)
    assert inbox.receipt(sent.submission_id) is None
    assert list(inbox.receipts()) == []
    assert inbox.give_receipt(receipt(sent, minutes=2), sign).value == receipt(sent, minutes=1)


def interrupt(_data: bytes) -> bytes:
    raise KeyboardInterrupt


def test_the_first_outcome_of_a_submission_holds(inbox: Inbox):
    sent = manifest(b"one")
    assert inbox.outcome(sent.submission_id) is None
    first = inbox.conclude(outcome(sent))
    changed = first.model_copy(update={"documents": ()})
    assert inbox.conclude(changed) == first == inbox.outcome(sent.submission_id)


def test_a_receipt_or_outcome_of_another_submission_is_noticed(inbox: Inbox):
    sent, other = manifest(b"one"), manifest(b"two")
    given = receipt(other).canonical_bytes()
    inbox.store.put(keys.receipt(sent.submission_id), given)
    inbox.store.put(keys.signature_of(keys.receipt(sent.submission_id)), sign(given))
    inbox.store.put(keys.outcome(sent.submission_id), outcome(other).canonical_bytes())
    for ask in (
        lambda: inbox.receipt(sent.submission_id),
        lambda: inbox.give_receipt(receipt(sent), sign),
        lambda: inbox.outcome(sent.submission_id),
        lambda: inbox.conclude(outcome(sent)),
    ):
        with pytest.raises(ProblemError) as caught:
            ask()
        assert caught.value.kind is INTEGRITY_MISMATCH
