"""Time-stamps of records are renewed as those of copies and of evidence are: for ever, whoever ends in between."""

from datetime import UTC, datetime

import pytest

from flows.evidence import evidence_of_signature, preserve, prove, renew
from flows.horizon import horizon
from flows.house import House
from flows.keyring import Keyring
from flows.levels import raise_signatures
from pipeline.seal.evidence import decode
from schemas.problem import ProblemError
from sohoa.looking import export_record
from sohoa.verifying import verify_target
from tests.flows.test_exporting import commands, run

Y2021, END_2021, Y2023, END_2024 = (
    datetime(year, month, day, tzinfo=UTC)
    for year, month, day in ((2021, 6, 1), (2021, 12, 29), (2023, 6, 1), (2024, 12, 29))
)


def now():
    return datetime.now(UTC)


@pytest.fixture
def stamped(settings, pki):
    """Two records whose time-stamps end with 2021."""
    with pki.at(Y2021):
        wanted = settings("B-T", pki.tsa_until("tsa-2022"), renew_days=5)
        list(raise_signatures(House.open(wanted), lambda: Y2021))
    return wanted


@pytest.fixture
def at(pki, settings):
    """Return a function that does all that is due at another time, with another authority."""

    def preserved(moment, tsa, **others):
        with pki.at(moment):
            wanted = settings("B-T", pki.tsa_until(tsa), **{"renew_days": 5} | others)
            return preserve(House.open(wanted), lambda: moment)

    return preserved


def proofs(settings, record_id, subject):
    return [each for each in verify_target(settings, record_id).proofs if each.subject == subject]


def test_two_renewals_after_the_first_authority_ended_it_still_verifies_everywhere(stamped, at, settings, tmp_path):
    assert at(Y2021, "tsa-2025") == (0, 0, 0)  # too early
    assert at(END_2021, "tsa-2025") == (0, 2, 2)
    assert at(END_2021, "tsa-2025") == (0, 0, 0)
    assert at(END_2024, "tsa") == (0, 1, 2)  # one time-stamp had renewed both records
    house = House.open(settings("B-T"))
    for version in house.warehouse.versions():
        (chain,) = decode(evidence_of_signature(house, version))
        assert len(chain) == 3
        found = verify_target(settings("B-T"), version.record_id)
        assert found.verdict == "VALID", found
        (proof,) = (each for each in found.proofs if each.subject == "record time-stamp")
        assert "there since 2021-06-01" in proof.detail
        assert "3 time-stamps" in proof.detail
        (signature,) = (each for each in found.proofs if each.subject == "record signature")
        assert signature.level == "B-T"
    endings = horizon(house, Keyring.load(house.settings), now()).endings
    assert {each.until.year for each in endings if each.records} == {2036}
    list(export_record(house.settings, version.record_id, tmp_path / "out"))
    tools = [each for each in commands(tmp_path / "out") if "time-stamp" in each or "signature.value" in each]
    assert len(tools) == 4
    for command in tools:
        done = run(command, tmp_path / "out")
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_a_record_that_was_not_renewed_in_time_is_told_of_and_does_not_stop_what_can_be_renewed(stamped, at):
    house = House.open(stamped)
    record_id = next(house.warehouse.versions()).record_id
    with pytest.raises(ProblemError) as caught:
        at(Y2023, "tsa")
    assert caught.value.kind.slug == "time-stamp-ended"
    (proof,) = proofs(stamped, record_id, "record time-stamp")
    assert (proof.verdict, proof.is_signature) == ("INDETERMINATE", True)
    assert proofs(stamped, record_id, "record signature")[0].verdict == "INDETERMINATE"


def test_where_there_is_evidence_it_stands_for_the_time_stamp(stamped, settings, pki):
    wanted = settings("B-T", evidence="sha256", renew_days=5)
    with pki.at(END_2021):
        proven = list(prove(House.open(wanted)))
        assert renew(House.open(wanted), lambda: END_2021) == 0
    assert len(proven) == 2
    for record_id in proven:
        assert proofs(wanted, record_id, "record signature")[0].verdict == "VALID"
        assert proofs(wanted, record_id, "record time-stamp") == []


def test_a_damaged_time_stamp_is_passed_over_and_a_damaged_renewal_is_found(stamped, at, settings):
    store = stamped.home / "store/objects"
    damaged, other = House.open(stamped).warehouse.versions()
    flip(next(store.glob(f"records/*/{damaged.record_id}/v000001.tst")))
    with pytest.raises(ProblemError) as caught:
        at(END_2021, "tsa-2025")
    assert caught.value.kind.slug == "integrity-mismatch"
    (proof,) = proofs(settings("B-T"), other.record_id, "record time-stamp")
    assert (proof.verdict, "2 time-stamps" in proof.detail) == ("INDETERMINATE", True)  # the second one has ended too
    flip(next((store / "renewals").iterdir()))
    (proof,) = proofs(settings("B-T"), other.record_id, "record time-stamp")
    assert proof.verdict == "INVALID"


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
