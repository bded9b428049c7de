"""What comes in signed: what is said of every kind of certificate, by what authorities answer and by nothing else."""

import threading
from datetime import UTC, datetime

import pytest

from pipeline.seal.incoming import ask, judge
from pipeline.seal.trust import Heard
from tests.pipeline.seal.incoming import ADOBE, PADES, signed_by_others
from tests.pipeline.seal.scans import copied, reading, saved, sheet

NOW = datetime.now(UTC)
Y2021, Y2025 = datetime(2021, 6, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
"""Before one certificate expired and another was revoked; after that."""
SHA1_UNTIL = datetime(2022, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    picture, words = sheet()
    return copied(saved(picture, tmp_path_factory.mktemp("incoming") / "scan.jpg", quality=70), reading(words)).pdf


@pytest.fixture(scope="module")
def lists(pki):
    return {"government": [pki.root, pki.chain("sub")], "public": [], "own": [pki.root]}


@pytest.fixture(scope="module")
def incoming(pki, plain):
    made = {}

    def signed(label, at, **how):
        key = (label, at, *how.items())
        if key not in made:
            made[key] = signed_by_others(pki, plain, label, at, **how)
        return made[key]

    return signed


def judged(pdf, lists, seconds=30.0):
    return judge(pdf, lists, NOW, NOW, ask(pdf, lists, NOW, seconds), SHA1_UNTIL)


@pytest.mark.parametrize(
    ("label", "at", "how", "verdict", "reason"),
    [
        ("good", NOW, {"stamped": False}, "VALID", None),
        ("rsa", NOW, {"stamped": False}, "VALID", None),
        ("good", NOW, {"kind": PADES}, "VALID", None),
        ("good", Y2021, {}, "VALID", None),
        ("expired", Y2021, {}, "INDETERMINATE", "may have forgotten"),
        ("expired", Y2021, {"stamped": False}, "INDETERMINATE", "no time stamp proves an earlier time"),
        ("expired", Y2025, {}, "INDETERMINATE", "was not valid"),
        ("revoked", Y2021, {}, "VALID", None),  # revoked after it had signed, as the time-stamp proves
        ("revoked", Y2021, {"stamped": False}, "INDETERMINATE", "was revoked"),
        ("revoked", Y2025, {}, "INDETERMINATE", "was revoked"),
        ("wrong-purpose", NOW, {"stamped": False}, "INDETERMINATE", "not meant for signing documents"),
        ("broken-chain", NOW, {"stamped": False}, "INDETERMINATE", None),
        ("good", Y2021, {"digest": "sha1"}, "VALID", None),
        ("good", Y2025, {"digest": "sha1"}, "INDETERMINATE", "SHA-1"),
        ("good", Y2021, {"digest": "sha1", "stamped": False}, "INDETERMINATE", "SHA-1"),
        ("sha1", Y2021, {}, "VALID", None),
        ("sha1", Y2025, {}, "INDETERMINATE", "SHA-1"),
    ],
)
def test_verdicts(label, at, how, verdict, reason, incoming, lists):
    (found,) = judged(incoming(label, at, **how), lists)
    assert found.verdict.verdict == verdict, found
    assert reason is None or reason in found.verdict.reasons[0]
    if verdict == "VALID":
        assert found.trusted_by == "government"
        assert (found.verdict.proven_at is None) == (how.get("stamped") is False)


def test_the_list_that_leads_to_a_signature_is_named(incoming, pki):
    pdf = incoming("good", NOW, stamped=False)
    chain = [pki.root, pki.chain("sub")]
    for lists, expected in (
        ({"government": [], "public": chain, "own": chain}, "public"),
        ({"government": [], "public": [], "own": chain}, "own"),
        ({"government": [], "public": [], "own": []}, None),
    ):
        (found,) = judged(pdf, lists)
        assert found.trusted_by == expected
        assert (found.verdict.verdict == "VALID") == (expected is not None)


def test_what_was_answered_is_all_that_a_verdict_rests_on(incoming, lists, pki, monkeypatch):
    pdf = incoming("revoked", Y2021)
    heard = ask(pdf, lists, NOW, 30)
    assert heard.ocsps or heard.crls
    monkeypatch.setattr(pki.animator, "dispatch", None)  # nobody is asked any more
    (found,) = judge(pdf, lists, NOW, NOW, heard, SHA1_UNTIL)
    assert found.verdict.verdict == "VALID"
    (before,) = judge(pdf, lists, NOW, NOW, Heard(), SHA1_UNTIL)
    assert before.verdict.verdict == "INDETERMINATE"
    assert "not known" in before.verdict.reasons[0]


def test_an_authority_that_is_slow_or_away_leaves_it_open(incoming, lists, pki, monkeypatch):
    pdf, answer, hurry = incoming("good", NOW, stamped=False), pki.animator.dispatch, threading.Event()

    def slow(request):
        hurry.wait(30)
        return answer(request)

    monkeypatch.setattr(pki.animator, "dispatch", slow)
    (found,) = judged(pdf, lists, seconds=0.2)
    hurry.set()
    assert found.verdict.verdict == "INDETERMINATE"
    assert "not known" in found.verdict.reasons[0]
    monkeypatch.undo()
    assert judged(pdf, lists)[0].verdict.verdict == "VALID"


def test_a_changed_byte_is_invalid_whoever_signed(incoming, lists):
    pdf = incoming("good", NOW, kind=ADOBE)
    place = pdf.index(b"stream") + 40
    (found,) = judged(pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :], lists)
    assert found.verdict.verdict == "INVALID"


def test_no_address_is_called_that_no_trusted_authority_has_signed(incoming, lists, pki, monkeypatch):
    called = []
    monkeypatch.setattr(pki.animator, "dispatch", lambda request: called.append(request.path))
    judged(incoming("broken-chain", NOW, stamped=False), lists)
    assert set(called) <= {"/province/crls/root/latest.crl"}  # which the authority's own certificate names
