"""Keys at a remote signing service sign as keys in files do; whatever is the matter there is said in words."""

from datetime import UTC, datetime

import pytest

from pipeline.seal.detached import sign_detached
from pipeline.seal.remote import Service, remote_signer
from pipeline.seal.sign import sign_copy
from pipeline.seal.verify import verify_detached, verify_pdf
from schemas.problem import ProblemError
from schemas.settings import RemoteSettings
from tests.pipeline.seal.scans import copied, reading, saved, sheet
from tests.pki.csc import PIN, TOKEN, running_service
from tests.servers import free_ports

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def running(pki):
    with running_service(pki) as service:
        yield service


@pytest.fixture
def service(running, monkeypatch):
    """The service, and a function that says how it is used."""

    def used(credential="rsa", token=TOKEN, pin=PIN, url=running.url):
        return Service(url=url, credential=credential, token=token, pin=pin, seconds=5, origin="settings")

    monkeypatch.setattr(running, "status", 200)
    monkeypatch.setattr(running, "signs_with", None)
    return running, used


@pytest.mark.parametrize("credential", ["rsa", "good"])
def test_what_a_service_signs_is_valid(credential, service, pki):
    _, used = service
    signature = sign_detached(b"a record", remote_signer(used(credential)), NOW)
    assert verify_detached(b"a record", signature, [pki.root], NOW).verdict == "VALID"


def test_a_copy_is_signed_by_a_service_and_by_a_key_in_a_file(service, pki, tmp_path):
    _, used = service
    picture, words = sheet()
    copy = copied(saved(picture, tmp_path / "scan.jpg", quality=70), reading(words))
    tail = sign_copy(copy, pki.signer("good"), remote_signer(used()), scanned_at=NOW, signed_at=NOW)
    assert [each.verdict for each in verify_pdf(copy.pdf + tail, [pki.root], NOW)] == ["VALID", "VALID"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"token": "another"}, "invalid_token"),
        ({"pin": "1"}, "The PIN is invalid"),
        ({"pin": None}, "The PIN is invalid"),
        ({"credential": "nobody's"}, "credentialID"),
    ],
)
def test_what_is_configured_wrongly_is_said(wrong, said, service):
    with pytest.raises(ProblemError, match=said) as caught:
        remote_signer(service[1](**wrong))
    assert caught.value.kind.slug == "configuration"


def test_another_key_than_the_certificate_s_is_noticed_before_anything_is_signed(service):
    running, used = service
    running.signs_with = "good"
    with pytest.raises(ProblemError, match="another key"):
        remote_signer(used("rsa"))


def test_a_service_that_goes_away_is_a_problem_that_passes(service):
    running, used = service
    signer = remote_signer(used())
    running.status = 503
    with pytest.raises(ProblemError) as caught:
        signer.sign(b"data")
    assert (caught.value.kind.slug, caught.value.kind.transient) == ("signer-unreachable", True)
    running.status = 200
    assert signer.sign(b"data")
    with pytest.raises(ProblemError) as caught:
        remote_signer(used(url=f"http://127.0.0.1:{free_ports(1)[0]}"))
    assert caught.value.kind.slug == "signer-unreachable"


def test_secrets_are_sent_over_encrypted_lines_only(tmp_path):
    with pytest.raises(ValueError, match="url"):
        RemoteSettings(url="http://sign.example.vn", credential="1", token_file=tmp_path / "token")
