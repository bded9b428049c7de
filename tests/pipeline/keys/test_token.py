"""Keys in a PKCS#11 token: SoftHSM2, with keys of the test PKI."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pipeline.keys import token
from pipeline.keys.token import token_signer
from pipeline.seal.detached import sign_detached
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_detached, verify_pdf
from schemas.problem import ProblemError
from tests.pipeline.seal.scans import AT, copied, reading, saved, sheet
from tests.pki.softhsm import MODULE, PIN, TOKEN

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def opened(settings, **changes):
    known = {
        "module": str(settings.module),
        "token": settings.token,
        "key": settings.key,
        "pin": PIN,
        "certificates": settings.certificates.read_bytes(),
        "origin": str(settings.certificates),
    }
    return token_signer(**known | changes)


@pytest.fixture(params=["good", "rsa"])
def signer(request, tokens):
    return opened(tokens[request.param])


def test_a_signature_made_in_a_token_is_valid_for_us_and_for_openssl(signer, pki, tmp_path):
    data, signature, root = (tmp_path / name for name in ("data", "data.p7s", "root.pem"))
    data.write_bytes(b"a record")
    signature.write_bytes(sign_detached(data.read_bytes(), signer, AT))
    root.write_bytes(pki.root)
    assert verify_detached(data.read_bytes(), signature.read_bytes(), [pki.root], NOW).verdict == "VALID"
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", data]
    done = subprocess.run([*command, "-CAfile", root, "-purpose", "any"], capture_output=True, text=True, check=False)
    assert "Verification successful" in done.stderr


def test_a_copy_is_signed_by_two_keys_of_one_token(tokens, pki, tmp_path):
    picture, words = sheet()
    copy = copied(saved(picture, tmp_path / "scan.jpg", quality=70), reading(words))
    scanner, agency = opened(tokens["good"]), opened(tokens["rsa"])
    signed = copy.pdf + sign_copy(copy, scanner, agency, scanned_at=AT, signed_at=AT)
    assert [each.verdict for each in verify_pdf(signed, [pki.root], NOW)] == ["VALID", "VALID"]


def test_many_threads_sign_with_the_one_session_of_their_process(signer, pki):
    with ThreadPoolExecutor(4) as pool:
        signatures = list(pool.map(lambda number: sign_detached(b"%d" % number, signer, AT), range(16)))
    verdicts = [verify_detached(b"%d" % number, each, [pki.root], NOW) for number, each in enumerate(signatures)]
    assert {each.verdict for each in verdicts} == {"VALID"}


def test_a_token_that_went_away_is_a_problem_that_passes_and_the_next_signature_opens_it_anew(signer):
    before = signer.sign(b"before")
    token._token(str(MODULE), TOKEN)._session.close()
    with pytest.raises(ProblemError) as caught:
        signer.sign(b"during")
    assert caught.value.kind.slug == "signer-unreachable"
    assert caught.value.kind.transient
    assert len(signer.sign(b"after")) in range(len(before) - 4, len(before) + 5)


@pytest.mark.parametrize(
    ("changes", "slug", "said"),
    [
        ({"module": "/usr/lib/nothing.so"}, "configuration", "not a PKCS#11 library"),
        ({"token": "another"}, "signer-unreachable", "'another'"),
        ({"key": "another"}, "configuration", "private key 'another'"),
        ({"key": "rsa"}, "configuration", "not that of the key"),
        ({"certificates": b"hello"}, "configuration", "no certificates in PEM form"),
    ],
)
def test_what_does_not_fit_is_named(changes, slug, said, tokens):
    with pytest.raises(ProblemError, match=said) as caught:
        opened(tokens["good"], **changes)
    assert caught.value.kind.slug == slug


def test_a_wrong_pin_is_asked_only_once_for_it_would_lock_the_token(tokens):
    token._token(str(MODULE), TOKEN)._forget()
    stranger = token._Token(str(MODULE), TOKEN)
    with pytest.raises(ProblemError) as caught:
        stranger.sign("000000", "good", b"data")
    assert caught.value.kind.slug == "pin-wrong"
    opened(tokens["good"])  # from here on the token would answer that somebody is logged in
    with pytest.raises(ProblemError, match="does not open"):
        stranger.sign("000000", "good", b"data")
