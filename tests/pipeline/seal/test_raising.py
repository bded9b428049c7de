"""Copies that are raised to higher levels, with the services of the test PKI, and what is said of them later."""

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from asn1crypto import cms

from pipeline.seal.answers import Answers
from pipeline.seal.detached import sign_detached
from pipeline.seal.evidence import end_of
from pipeline.seal.raising import Authorities, last_token, raise_copy, renew_copy, time_stamp, time_stamped
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_detached, verify_pdf
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import copied, reading, saved, sheet
from tests.servers import free_ports

NOW = datetime.now(UTC)
VALID_THEN = datetime(2021, 6, 1, tzinfo=UTC)
"""Before one certificate expired, and another was revoked."""
AFTER = NOW + timedelta(days=1)
BEYOND = datetime(2039, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def unsigned(tmp_path_factory):
    picture, words = sheet()
    return copied(saved(picture, tmp_path_factory.mktemp("raising") / "scan.jpg", quality=70), reading(words))


@pytest.fixture(scope="session")
def signed_by(pki, unsigned):
    def sign(label, at=NOW):
        tail = sign_copy(unsigned, pki.signer("good"), pki.signer(label), scanned_at=at, signed_at=at)
        return unsigned.pdf + tail

    return sign


@pytest.fixture(scope="session")
def raised(pki, signed_by):
    made = {}

    def up(level, label="rsa", at=NOW):
        if (level, label, at) not in made:
            pdf = signed_by(label, at)
            with pki.at(at):
                made[level, label, at] = pdf + raise_copy(pdf, level, Authorities(pki.tsa, 30), [pki.root], at)
        return made[level, label, at]

    return up


def levels(pdf, pki, at=AFTER):
    return [(each.verdict, each.level) for each in verify_pdf(pdf, [pki.root], at)]


def test_a_signed_copy_is_at_the_first_level(signed_by, pki):
    assert levels(signed_by("rsa"), pki) == [("VALID", "B-B")] * 2


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_a_raised_copy_reaches_its_level_and_every_byte_of_it_is_covered(level, raised, pki):
    found = verify_pdf(raised(level), [pki.root], AFTER)
    assert [(each.verdict, each.level) for each in found] == [("VALID", level), ("VALID", level), ("VALID", None)]
    assert found[-1].covers_whole_file
    assert {each.proven_at for each in found[:2]} == {found[-1].signed_at}


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_what_raising_gives_is_appended_and_changes_nothing_before_it(level, signed_by, pki):
    signed = signed_by("rsa")
    tail = raise_copy(signed, level, Authorities(pki.tsa, 30), [pki.root], NOW)
    before = [each.verdict for each in verify_pdf(signed, [pki.root], AFTER)]
    assert [each.verdict for each in verify_pdf(signed + tail, [pki.root], AFTER)] == [*before, "VALID"]


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
def test_other_tools_agree(level, raised, pki, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(raised(level))
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid.") == 2  # poppler does not check time-stamps over documents
    assert said.count("Total document signed") == 1
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert "No syntax or stream encoding errors found" in checked.stdout


@pytest.mark.parametrize(
    ("label", "signed_at", "level", "checked_at", "verdict", "reached", "reason"),
    [
        ("rsa", NOW, None, AFTER, "VALID", "B-B", None),
        ("rsa", NOW, "B-T", AFTER, "VALID", "B-T", None),
        ("rsa", NOW, "B-LT", AFTER, "VALID", "B-LT", None),
        ("rsa", NOW, "B-LT", BEYOND, "VALID", "B-LT", None),
        ("expired", VALID_THEN, None, AFTER, "INDETERMINATE", None, "no time stamp proves an earlier time"),
        ("expired", VALID_THEN, "B-T", AFTER, "VALID", "B-T", None),
        ("expired", VALID_THEN, "B-LT", AFTER, "VALID", "B-LT", None),
        ("expired", NOW, "B-T", AFTER, "INDETERMINATE", None, "was not valid"),
        ("revoked", VALID_THEN, "B-LT", AFTER, "VALID", "B-LT", None),
        ("revoked", NOW, "B-T", AFTER, "VALID", "B-T", None),  # nothing in the file says so, and nothing is fetched
        ("wrong-purpose", NOW, "B-T", AFTER, "INDETERMINATE", None, "not meant for signing documents"),
        ("sha1", NOW, "B-T", AFTER, "INDETERMINATE", None, "too weak today"),
        ("broken-chain", NOW, "B-T", AFTER, "INDETERMINATE", None, None),
    ],
)
def test_verdicts(label, signed_at, level, checked_at, verdict, reached, reason, raised, signed_by, pki):
    pdf = signed_by(label, signed_at) if level is None else raised(level, label, signed_at)
    (_, agency, *_) = verify_pdf(pdf, [pki.root], checked_at)
    assert (agency.verdict, agency.level) == (verdict, reached), agency.reasons
    assert reason is None or reason in agency.reasons[0]


# --- renewal ----------------------------------------------------------------------------------------------------
RENEWALS = (
    ("tsa-2022", datetime(2021, 6, 1, tzinfo=UTC)),
    ("tsa-2025", datetime(2021, 12, 1, tzinfo=UTC)),
    ("tsa", datetime(2024, 12, 1, tzinfo=UTC)),
)
"""When a copy is raised and renewed, and by which authority, each of which has ended before the next but one."""


@pytest.fixture(scope="session")
def renewed(pki, signed_by):
    """A copy after its raising and after each renewal."""
    pdfs = [signed_by("rsa", RENEWALS[0][1])]
    for number, (authority, at) in enumerate(RENEWALS):
        asked = Authorities(pki.tsa_until(authority), 30)
        with pki.at(at):
            tail = renew_copy(pdfs[-1], asked, [pki.root], at) if number else None
            pdfs.append(pdfs[-1] + (tail or raise_copy(pdfs[-1], "B-LT", asked, [pki.root], at)))
    return pdfs


def test_a_copy_that_is_renewed_twice_is_valid_long_after_the_first_authorities_have_ended(renewed, pki):
    found = verify_pdf(renewed[-1], [pki.root], BEYOND)
    assert [(each.verdict, each.level) for each in found] == [("VALID", "B-LTA")] * 2 + [("VALID", None)] * 3, found
    assert [each.proven_at for each in found[:2]] == [RENEWALS[0][1]] * 2
    assert found[-1].covers_whole_file


def test_a_copy_that_is_not_renewed_in_time_cannot_be_confirmed(renewed, pki):
    for pdf in renewed[1:-1]:
        verdicts = [each.verdict for each in verify_pdf(pdf, [pki.root], BEYOND)]
        assert verdicts[-1] == "INDETERMINATE"
        assert "INVALID" not in verdicts


@pytest.mark.parametrize("number", [1, 2])
def test_after_its_first_renewal_a_copy_is_at_the_highest_level(number, renewed, pki):
    found = verify_pdf(renewed[number], [pki.root], RENEWALS[number - 1][1] + timedelta(days=1))
    assert {each.level for each in found[:2]} == {"B-LT" if number == 1 else "B-LTA"}


def test_other_tools_agree_about_a_renewed_copy(renewed, tmp_path):
    path = tmp_path / "copy.pdf"
    path.write_bytes(renewed[-1])
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid.") == 2
    assert said.count("Total document signed") == 1
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert "No syntax or stream encoding errors found" in checked.stdout


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_bit_in_a_renewed_copy_is_caught_wherever_it_is(seed, renewed, pki):
    lot, whole = Random(seed), verify_pdf(renewed[-1], [pki.root], BEYOND)
    for start, end in pairwise(map(len, renewed)):  # in each of the tails
        place = lot.randrange(start, end)
        changed = renewed[-1][:place] + bytes([renewed[-1][place] ^ 1 << lot.randrange(8)]) + renewed[-1][place + 1 :]
        try:
            assert verify_pdf(changed, [pki.root], BEYOND) != whole, place
        except ProblemError:
            continue


def test_the_time_stamp_at_the_end_of_a_tail_says_when_it_ends(renewed):
    tails = [after[len(before) :] for before, after in pairwise(renewed)]
    assert [end_of(last_token(tail)).year for tail in tails] == [2022, 2025, 2040]


@pytest.mark.parametrize("tail", [b"", b"/Contents <", b"/Contents <zz>", b"/Contents <30>"])
def test_what_does_not_end_in_a_time_stamp_is_damaged(tail):
    with pytest.raises(ProblemError) as caught:
        last_token(tail)
    assert caught.value.kind.slug == "integrity-mismatch"


# --- what authorities have answered -----------------------------------------------------------------------------
@pytest.fixture
def asked(pki, monkeypatch):
    """The paths of the questions that the services of the PKI are asked meanwhile."""
    paths, answer = [], pki.animator.dispatch

    def counted(request):
        paths.append(request.path)
        return answer(request)

    monkeypatch.setattr(pki.animator, "dispatch", counted)
    return paths


def test_many_copies_cost_one_question_about_each_certificate(signed_by, asked, pki):
    answers = Answers()
    for label in ("rsa", "rsa", "good"):
        raise_copy(signed_by(label), "B-LT", Authorities(pki.tsa, 30), [pki.root], NOW, answers)
    assert len([path for path in asked if "/tsa/" in path]) == 3 + 1  # one a copy, and one to see how large they are
    about = [path for path in asked if "/tsa/" not in path]
    assert len(about) == len(set(about)) + 2  # one address answers about the signers, the time-stamps and itself
    before = len(about)
    later = NOW + timedelta(hours=2)
    raise_copy(signed_by("rsa"), "B-LT", Authorities(pki.tsa, 30), [pki.root], later, answers)
    assert len([path for path in asked if "/tsa/" not in path]) > before


@pytest.mark.parametrize("label", ["revoked", "expired", "broken-chain"])
def test_a_copy_whose_certificate_is_not_good_is_never_raised_to_long_term(label, signed_by, pki):
    with pytest.raises(ProblemError) as caught:
        raise_copy(signed_by(label), "B-LT", Authorities(pki.tsa, 30), [pki.root], NOW)
    assert caught.value.kind.slug == "validation-data-missing"


def test_an_authority_that_does_not_answer_is_a_problem_that_passes(signed_by, pki):
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(ProblemError) as caught:
        raise_copy(signed_by("rsa"), "B-T", Authorities(nobody, 30), [pki.root], NOW)
    assert (caught.value.kind.slug, caught.value.kind.transient) == ("time-stamps-unreachable", True)


def test_an_authority_that_is_too_slow_is_not_waited_for(signed_by, pki):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = Authorities(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.2)
        with pytest.raises(ProblemError) as caught:
            raise_copy(signed_by("rsa"), "B-T", slow, [pki.root], NOW)
    assert caught.value.kind.slug == "time-stamps-unreachable"


def test_an_authority_that_answers_nonsense_is_a_problem_that_passes(signed_by, pki):
    with pytest.raises(ProblemError) as caught:
        raise_copy(signed_by("rsa"), "B-T", Authorities(f"{pki.url}/nothing", 30), [pki.root], NOW)
    assert caught.value.kind.transient


@pytest.mark.parametrize("level", ["B-T", "B-LT"])
@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_in_a_raised_copy_is_caught_wherever_it_is(seed, level, raised, signed_by, pki):
    lot, pdf = Random(seed), raised(level)
    whole = [("VALID", level), ("VALID", level), ("VALID", None)]
    for start in (0, len(signed_by("rsa")), pdf.rindex(b"/Contents <")):
        place = lot.randrange(start, len(pdf))
        changed = pdf[:place] + bytes([pdf[place] ^ 1 << lot.randrange(8)]) + pdf[place + 1 :]
        try:
            found = verify_pdf(changed, [pki.root], AFTER)
        except ProblemError:
            continue
        assert [(each.verdict, each.level) for each in found] != whole or not found[-1].covers_whole_file, place


def test_openssl_confirms_the_time_stamp_over_a_detached_signature(pki, tmp_path):
    signature = sign_detached(b"a record", pki.signer("rsa"), NOW)
    token = time_stamp(signature, Authorities(pki.tsa, 30))
    (signed,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
    contents = {"value": signed["signature"].native, "token": token, "root.pem": pki.root, "sub.pem": pki.chain("sub")}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    command = ["openssl", "ts", "-verify", "-data", "value", "-in", "token", "-token_in", "-CAfile", "root.pem"]
    done = subprocess.run(
        [*command, "-untrusted", "sub.pem"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verification: OK" in done.stdout
    found = verify_detached(b"a record", time_stamped(signature, token), [pki.root], AFTER)
    assert (found.verdict, found.level) == ("VALID", "B-T")
    assert verify_detached(b"another", time_stamped(signature, token), [pki.root], AFTER).verdict == "INVALID"
