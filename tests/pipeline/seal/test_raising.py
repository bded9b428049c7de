"""Copies that are raised to higher levels, with the services of the test PKI, and what is said of them later."""

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from asn1crypto import cms

from pipeline.seal import sign_copy, sign_detached, verify_detached, verify_pdf
from pipeline.seal.raising import Authorities, raise_copy, time_stamp, time_stamped
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
