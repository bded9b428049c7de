"""An exported record is checked by other people's tools, with the very commands that its README prints."""

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from flows.claims import Issuing
from flows.evidence import preserve
from flows.house import House
from flows.keyring import Keyring
from flows.levels import raise_signatures
from schemas.claim import Withdrawal
from sohoa.looking import export_record
from tests.flows.test_claims import ADDRESS

EVERYTHING = {"copy.pdf", "copy-time-stamped.pdf", "record.json", "record.p7s", "signature.p7s", "chain.pem"}
EVERYTHING |= {"roots.pem", "evidence.ers", "evidence.path", "README.txt", "SHA256SUMS"}
EVERYTHING |= {f"evidence-{number}.tst" for number in (1, 2, 3)}


def commands(folder):
    """Return the lines of the README that are to be typed."""
    return [line.strip() for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    ")]


def run(command, folder):
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def exported(settings, pki, tmp_path):
    """A record with everything: its evidence was made anew with another algorithm, and that was renewed."""
    for year, month, tsa, digest in (
        (2021, 6, "tsa-2022", "sha256"),
        (2021, 12, "tsa-2025", "sha512"),
        (2024, 12, "tsa", "sha512"),
    ):
        moment = datetime(year, month, 1, tzinfo=UTC)
        with pki.at(moment):
            wanted = settings("B-LT", pki.tsa_until(tsa), evidence=digest)
            preserve(House.open(wanted), lambda moment=moment: moment)
    house = House.open(settings("B-LT"))
    list(raise_signatures(house, lambda: datetime.now(UTC)))
    list(export_record(settings("B-LT"), next(house.warehouse.versions()).record_id, tmp_path / "out"))
    return tmp_path / "out"


def test_every_command_of_the_readme_ends_well_and_finds_what_was_changed(exported, tmp_path):
    assert {path.name for path in exported.iterdir()} == EVERYTHING
    for command in commands(exported):
        done = run(command, exported)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert run("pdfsig -nocert copy.pdf", exported).stdout.count("Signature is Valid.") == 2
    for name in EVERYTHING - {"README.txt", "SHA256SUMS"}:
        changed = tmp_path / name
        shutil.copytree(exported, changed)
        data = bytearray((changed / name).read_bytes())
        data[len(data) // 2] ^= 1
        (changed / name).write_bytes(data)
        assert run("sha256sum --check SHA256SUMS", changed).returncode != 0
    (way,) = (command for command in commands(exported) if command.startswith("h=;"))
    assert run(way, tmp_path / "evidence.path").returncode != 0
    (first, *_, last) = (command for command in commands(exported) if command.startswith("openssl ts"))
    assert run(first, tmp_path / "evidence-1.tst").returncode != 0
    assert run(last, tmp_path / "evidence-3.tst").returncode != 0


def test_a_record_without_time_stamps_is_exported_with_the_commands_that_apply(settings, tmp_path):
    wanted = settings("B-B")
    record_id = next(House.open(wanted).warehouse.versions()).record_id
    names = {path.name for path in export_record(wanted, record_id, tmp_path / "out")}
    assert not any(name.startswith("evidence") for name in names)
    printed = commands(tmp_path / "out")
    assert len(printed) == 4
    assert all(run(command, tmp_path / "out").returncode == 0 for command in printed)


CLAIM = {"claim.txt", "claim.signed", "claim.signature", "issuer.json", "issuer.p7s", "issuer.pem"}


def test_the_claim_of_a_copy_goes_with_it_and_other_peoples_tools_check_it(settings, tmp_path):
    wanted = settings("B-B", claims=ADDRESS)
    house, keyring = House.open(wanted), Keyring.open(wanted, datetime.now(UTC))
    record = house.warehouse.record(next(house.warehouse.versions()).record_id).value
    Issuing.open(house, keyring, lambda: datetime.now(UTC)).code(record.origin, datetime.now(UTC))
    names = {path.name for path in export_record(wanted, record.record_id, tmp_path / "out")}
    assert names >= CLAIM
    printed = commands(tmp_path / "out")
    for command in printed:
        done = run(command, tmp_path / "out")
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    about_claim = [command for command in printed if any(name in command for name in CLAIM)]
    for name in CLAIM | {"record.json"}:
        changed = tmp_path / name
        shutil.copytree(tmp_path / "out", changed)
        data = bytearray((changed / name).read_bytes())
        place = data.index(record.record_id.encode()) if name == "record.json" else len(data) // 2
        data[place] ^= 1
        (changed / name).write_bytes(data)
        assert any(run(command, changed).returncode != 0 for command in about_claim), name


def test_that_the_key_of_a_claim_was_taken_back_is_exported_with_it(settings, tmp_path):
    wanted = settings("B-B", claims=ADDRESS)
    house, now = House.open(wanted), datetime.now(UTC)
    record = house.warehouse.record(next(house.warehouse.versions()).record_id).value
    issuing = Issuing.open(house, Keyring.open(wanted, now), lambda: now)
    issuing.code(record.origin, now)
    house.claims.withdraw(Withdrawal(issuer_id=issuing.issuer.issuer_id, since=now, reason="leaked", at=now))
    list(export_record(wanted, record.record_id, tmp_path / "out"))
    assert b'"reason":"leaked"' in (tmp_path / "out" / "issuer-withdrawn.json").read_bytes()
    assert "issuer-withdrawn.json" in (tmp_path / "out" / "README.txt").read_text()
