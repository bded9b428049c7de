"""What comes in signed: what is said of every kind of certificate, by what authorities answer and by nothing else."""

import re
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


def in_ber(pdf):
    """Return a signed PDF whose signature states no lengths (X.690, 8.1.3.6), as LibreOffice and others with NSS write."""
    place = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", place)
    der = bytes.fromhex(pdf[place:end].decode())
    der = der[: 4 + int.from_bytes(der[2:4], "big")]
    oid, signed = re.fullmatch(rb"\x30\x82..(\x06\x09.{9})\xa0\x82..\x30\x82..(.*)", der, re.DOTALL).groups()
    # The set of digest algorithms, the one in it, and what kind of content it is.
    algorithms = re.match(rb"(?s)...(\x31.\x30.(\x06\x09.{9}(?:\x05\x00)?))", signed)
    signed = signed.replace(algorithms[1], b"\x31\x80\x30\x80" + algorithms[2] + b"\0\0\0\0", 1)
    kind = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
    signed = signed.replace(b"\x30\x0b" + kind, b"\x30\x80" + kind + b"\0\0", 1)
    for tag in (b"\x30", b"\xa0"):
        signed = tag + b"\x82" + len(signed).to_bytes(2, "big") + signed
    ber = b"\x30\x80" + oid + signed + b"\0\0"
    return pdf[:place] + ber.hex().encode().ljust(end - place, b"0") + pdf[end:]


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


def test_a_signature_that_states_no_lengths_is_as_good_as_any(incoming, lists):
    assert [each.verdict.verdict for each in judged(in_ber(incoming("rsa", NOW, stamped=False)), lists)] == ["VALID"]


def test_something_behind_a_signature_that_states_no_lengths_is_noticed(incoming, lists):
    pdf = in_ber(incoming("rsa", NOW, stamped=False))
    place = pdf.index(b"0>", pdf.rindex(b"/Contents <"))
    [found] = judged(pdf[:place] + b"1" + pdf[place + 1 :], lists)
    assert found.verdict.reasons == ("there is something besides the signature in its place",)
