"""Which keys the settings choose: in files, in a token, or self-made ones."""

from datetime import UTC, datetime

import pytest

from flows.house import House
from flows.intake import receive
from flows.keyring import Keyring
from flows.process import process
from pipeline.digitize import Unwatched
from pipeline.keys import token
from pipeline.seal.verify import verify_pdf
from schemas.problem import ProblemError
from schemas.settings import Settings, SignerSettings, SigningSettings
from sohoa.doctor import examine
from tests.flows.test_process import CERTIFICATE, clock, manifest_of
from tests.pki.softhsm import MODULE, TOKEN

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path, pki, tokens):
    """The person's key in a file, the agency's in a token, and one root that is trusted."""
    person, root = tmp_path / "good.p12", tmp_path / "root.pem"
    person.write_bytes(pki.pkcs12("good"))
    root.write_bytes(pki.root)
    signing = SigningSettings(
        scanner=SignerSettings(pkcs12=person), agency=SignerSettings(pkcs11=tokens["rsa"]), trust=(root,)
    )
    return Settings(home=tmp_path / "home", signing=signing)


def test_a_key_in_a_file_and_one_in_a_token_sign_and_no_test_root_is_trusted(settings, pki):
    keyring = Keyring.open(settings, NOW)
    assert [(held.signer.name, held.is_selfmade) for held in keyring.held()] == [
        ("Test good", False),
        ("Test rsa", False),
    ]
    assert keyring.roots == (pki.root,)
    assert not (settings.home / "keys").exists()


def test_a_child_process_is_given_the_same_keys(settings):
    assert Settings.load(settings.environment()).settings == settings


def test_a_pin_is_never_shown(settings):
    pin = settings.signing.agency.pkcs11.pin_file.read_text().strip()
    assert pin not in repr(settings)
    assert pin not in str(settings.environment())


def test_a_key_is_in_a_file_or_in_a_token_and_not_in_both(tokens, tmp_path):
    with pytest.raises(ValueError, match="give one of"):
        SignerSettings(pkcs12=tmp_path / "a.p12", pkcs11=tokens["good"])


def test_a_key_in_a_token_whose_certificate_has_expired_signs_nothing(settings, tokens):
    signing = settings.signing.model_copy(update={"agency": SignerSettings(pkcs11=tokens["expired"])})
    with pytest.raises(ProblemError, match="certificate is valid from") as caught:
        Keyring.open(settings.model_copy(update={"signing": signing}), NOW)
    assert caught.value.problem.file == str(tokens["expired"].certificates)


def test_doctor_says_whose_key_a_token_holds(settings):
    findings = {finding.name: finding for finding in examine(settings)}
    assert findings["agency key"].state == "good"
    assert findings["agency key"].detail.startswith("Test rsa, until 2040-01-01")


def test_doctor_names_the_token_that_does_not_answer(settings, tokens):
    absent = SignerSettings(pkcs11=tokens["rsa"].model_copy(update={"token": "unplugged"}))
    signing = settings.signing.model_copy(update={"agency": absent})
    bad = [each for each in examine(settings.model_copy(update={"signing": signing})) if each.state == "bad"]
    assert [each.name for each in bad] == ["The signing key does not answer"]
    assert "unplugged" in bad[0].detail


def test_a_token_that_goes_away_while_a_paper_is_sealed_loses_and_doubles_nothing(settings, pki, workers):
    house, keyring = House.open(settings), Keyring.open(settings, NOW)
    manifest = manifest_of(CERTIFICATE)
    receive(house, keyring, manifest, {manifest.files[0].sha256: CERTIFICATE}, clock)

    def clock_at_which_the_token_is_pulled():
        session = token._token(str(MODULE), TOKEN)._session
        if session is not None:
            session.close()
        return clock()

    def run(time):
        return list(process(house, keyring, workers, [manifest.submission_id], clock=time, watcher=Unwatched()))

    with pytest.raises(ProblemError) as caught:
        run(clock_at_which_the_token_is_pulled)
    assert caught.value.kind.slug == "signer-unreachable"
    assert house.inbox.outcome(manifest.submission_id) is None
    ((document,),) = [outcome.documents for outcome in run(clock)]
    assert document.status in {"stored", "review"}
    copy = b"".join(house.warehouse.copy(document.copy_sha256))
    assert [each.verdict for each in verify_pdf(copy, [pki.root], NOW)] == ["VALID", "VALID"]
    assert len(list(house.warehouse.versions())) == 1
