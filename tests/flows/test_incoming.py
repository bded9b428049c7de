"""Signatures of others are judged when they come, and asked about again until they are confirmed or nobody will."""

from datetime import UTC, datetime, timedelta

import pikepdf
import pytest

from flows.house import House
from flows.incoming import check_again, first_look, judged_again, trust_lists
from pipeline.seal.incoming import judge
from pipeline.seal.trust import Heard
from schemas.digest import sha256_hex
from schemas.incoming import SignatureReport
from schemas.problem import ProblemError
from schemas.settings import IncomingSettings, Settings
from storage import keys
from tests.pipeline.seal.incoming import signed_by_others

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def pdf(pki, tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "plain.pdf"
    with pikepdf.new() as plain:
        plain.add_blank_page()
        plain.save(path)
    return signed_by_others(pki, path.read_bytes(), "good", NOW, stamped=False)


@pytest.fixture
def received(pki, tmp_path, pdf):
    """A house that trusts the test authority, and has received a signed file and looked at it once."""
    trusted = tmp_path / "government.pem"
    trusted.write_bytes(pki.root + pki.chain("sub"))
    incoming = IncomingSettings(government=(trusted,), ask_seconds=20)
    house = House.open(Settings(home=tmp_path / "home", incoming=incoming))
    sha256 = sha256_hex(pdf)
    house.store.put(keys.file(sha256), pdf)
    found = judge(pdf, trust_lists(house.settings), NOW, NOW, Heard(), NOW)
    report = SignatureReport(file_sha256=sha256, number=1, seen_at=NOW, checked_at=NOW, signatures=found)
    house.signatures.keep(report)
    return house, sha256


def test_what_comes_is_judged_by_itself_and_confirmed_when_authorities_were_asked(received, pdf, pki, monkeypatch):
    house, sha256 = received
    first = house.signatures.last(sha256)
    assert first.verdict == "INDETERMINATE"
    assert first.signatures[0].trusted_by == "government"
    [second] = check_again(house, lambda: NOW)
    assert (second.number, second.verdict, second) == (2, "VALID", house.signatures.last(sha256))
    assert second.ocsps or second.crls
    assert list(check_again(house, lambda: NOW)) == []  # it is confirmed: nobody is asked again
    monkeypatch.setattr(pki.animator, "dispatch", None)
    assert judged_again(house, pdf, second) == second.signatures


def test_authorities_that_do_not_answer_are_asked_again_for_some_days(received, pki, monkeypatch):
    house, _ = received
    with monkeypatch.context() as away:
        away.setattr(pki.animator, "dispatch", None)
        [told] = check_again(house, lambda: NOW)
        assert told.verdict == "INDETERMINATE"
        assert list(check_again(house, lambda: NOW + timedelta(days=1))) == []  # nothing new to tell
    assert list(check_again(house, lambda: NOW + timedelta(days=31))) == []
    [confirmed] = check_again(house, lambda: NOW + timedelta(hours=1))
    assert (confirmed.number, confirmed.verdict) == (3, "VALID")


def test_a_file_that_is_damaged_or_lost_is_named(received):
    house, sha256 = received
    (house.settings.home / "store/objects" / keys.file(sha256)).unlink()
    with pytest.raises(ProblemError) as caught:
        list(check_again(house, lambda: NOW))
    assert caught.value.kind.slug == "integrity-mismatch"


def test_a_file_that_was_changed_after_it_was_signed_waits_for_a_person(received, pdf, workers, tmp_path):
    house, _ = received
    place = pdf.index(b"MediaBox") + 12
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(pdf[:place] + b"9" + pdf[place + 1 :])
    found = first_look(changed, "changed.pdf", house.settings, workers, NOW)
    assert [each.verdict.verdict for each in found] == ["INVALID"]
