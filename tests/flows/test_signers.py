"""The directory says who signs for whom, warns in time, and hears of certificates that were revoked."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from flows.house import House
from flows.signers import add_signer, check_signers, state_of
from schemas.problem import Exit, ProblemError
from schemas.settings import Settings, SigningSettings
from sohoa.cli import cli

NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def house(pki, tmp_path):
    root = tmp_path / "root.pem"
    root.write_bytes(pki.root)
    return House.open(Settings(home=tmp_path / "home", signing=SigningSettings(trust=(root,))))


@pytest.fixture
def added(house, pki):
    def add(label, **days):
        first, last = days.get("first"), days.get("last")
        return add_signer(house, pki.chain(label), "H40.12", "agency", first, last, by="cli:hoa", at=NOW)

    return add


@pytest.mark.parametrize(
    ("days_left", "warns_within", "exit_code"),
    [(61, None, Exit.DONE), (60, 60, Exit.DONE), (30, 30, Exit.DONE), (8, 30, Exit.DONE), (7, 7, Exit.DONE),
     (0, 7, Exit.DONE), (-1, 0, Exit.SIGNATURE_NOT_VALID)],
)  # fmt: skip
def test_it_warns_60_30_and_7_days_ahead(days_left, warns_within, exit_code, added):
    state = added("good", first=date(2020, 1, 1), last=TODAY + timedelta(days=days_left))
    assert (state.days_left, state.warns_within, state.exit_code) == (days_left, warns_within, exit_code)


def test_a_right_ends_with_the_certificate_at_the_latest(added):
    assert added("good", last=date(2099, 1, 1)).signs_until == date(2040, 1, 1)
    assert added("good").signs_from == date(2020, 1, 1)


def test_the_last_step_counts_and_none_is_lost(added, house):
    first = added("good")
    second = added("good", last=TODAY)
    (entry,) = house.signers.all()
    assert (entry.number, state_of(entry, NOW)) == (2, second)
    assert first.certificate_sha256 == second.certificate_sha256
    assert len(list(house.store.list("signers/"))) == 2


def test_authorities_are_asked_whether_certificates_were_revoked(added, house, pki):
    for label in ("good", "rsa", "revoked", "expired", "broken-chain"):
        added(label)
    told = {state.name: (state.revocation, state.exit_code) for state in check_signers(house, NOW)}
    assert told == {
        "Test good": ("good", Exit.DONE),
        "Test rsa": ("good", Exit.DONE),
        "Test revoked": ("revoked", Exit.SIGNATURE_NOT_VALID),
        "Test expired": ("good", Exit.SIGNATURE_NOT_VALID),
        "Test broken-chain": ("unknown", Exit.DONE),
    }


def test_an_authority_that_is_away_leaves_it_open(added, house, pki, monkeypatch):
    added("good")
    monkeypatch.setattr(pki.animator, "dispatch", None)
    assert [state.revocation for state in check_signers(house, NOW)] == ["unknown"]


def test_what_is_no_certificate_is_refused(house):
    with pytest.raises(ProblemError) as caught:
        add_signer(house, b"hello", "H40.12", "agency", None, None, by="cli:hoa", at=NOW)
    assert caught.value.kind.slug == "bad-request"


def test_the_verbs_keep_the_directory(house, pki, tmp_path, monkeypatch):
    monkeypatch.setenv("SOHOA_HOME", str(house.settings.home))
    monkeypatch.setenv("SOHOA_SIGNING__TRUST", str(tmp_path / "root.pem"))
    file = tmp_path / "officer.pem"
    file.write_bytes(pki.certificate("good").public_bytes(Encoding.PEM))

    def run(*words):
        return CliRunner().invoke(cli, ["signers", *words, "--json"], standalone_mode=False)

    done = run("add", "--agency", "H40.12", "--role", "scanner", "--until", "2030-01-31", str(file))
    assert json.loads(done.stdout)["signs_until"] == "2030-01-31"
    assert run("list", "--agency", "H40.99").stdout == ""
    assert json.loads(run("list", "--agency", "H40.12").stdout)["name"] == "Test good"
    assert json.loads(run("check").stdout)["agency"] == "H40.12"
    for wrong in (["--agency", "nobody"], ["--agency", "H40", "--until", "2019-01-01"]):
        refused = run("add", "--role", "agency", *wrong, str(file))
        assert isinstance(refused.exception, ProblemError), refused
