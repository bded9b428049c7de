"""What ends when is found out from what is stored, by what protects it longest."""

from datetime import UTC, datetime

import pytest

from flows.evidence import prove
from flows.horizon import horizon
from flows.house import House
from flows.keyring import Keyring
from flows.levels import raise_signatures
from schemas.problem import Exit

Y2021 = datetime(2021, 6, 1, tzinfo=UTC)


def now():
    return datetime.now(UTC)


def looked(settings, at=None):
    return horizon(House.open(settings), Keyring.load(settings), at or now())


def of_records(found):
    return [(each.protection, each.until.year, each.records) for each in found.endings if each.records]


@pytest.mark.parametrize(
    ("level", "others", "expected"),
    [
        ("B-B", {}, [("signature", 2031, 2)]),  # the agency's key has 2048 bits
        ("B-T", {}, [("copy time-stamp", 2022, 2)]),
        ("B-B", {"evidence": "sha256"}, [("signature", 2031, 2)]),
    ],
)
def test_the_end_is_that_of_what_protects_a_record_longest(level, others, expected, settings, pki):
    wanted = settings(level, pki.tsa_until("tsa-2022"), **others)
    with pki.at(Y2021):
        house = House.open(wanted)
        list(raise_signatures(house, lambda: Y2021))
        list(prove(house))
    found = looked(wanted, Y2021)
    assert of_records(found) == expected
    assert found.exit_code is Exit.DONE


def test_evidence_protects_longer_than_what_has_ended(settings, pki):
    first = settings("B-T", pki.tsa_until("tsa-2022"))
    with pki.at(Y2021):
        list(raise_signatures(House.open(first), lambda: Y2021))
    late = looked(first)
    assert of_records(late) == [("copy time-stamp", 2022, 2)]
    assert late.exit_code is Exit.SIGNATURE_NOT_VALID
    assert "signing.time_stamps" in late.endings[0].remedy
    wanted = settings("B-T", evidence="sha256")
    list(prove(House.open(wanted)))
    assert of_records(looked(wanted)) == [("evidence", 2036, 2)]


def test_keys_and_roots_are_told_of_too_the_first_end_first(settings):
    found = looked(settings("B-B"))
    assert [each.until for each in found.endings] == sorted(each.until for each in found.endings)
    assert {(each.protection, each.because) for each in found.endings if not each.records} == {
        ("key", "scanner: algorithm EC-256"),
        ("key", "agency: algorithm RSA-2048"),
        ("root", "algorithm EC-256"),
    }


def test_what_is_damaged_is_named_and_the_rest_told_of(settings):
    wanted = settings("B-B")
    damaged, _ = House.open(wanted).warehouse.versions()
    path = wanted.home / f"store/objects/records/{damaged.record_id[:2]}/{damaged.record_id}/v000001.p7s"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    found = looked(wanted)
    assert len(found.damaged) == 1
    assert damaged.record_id in found.damaged[0]
    assert sum(each.records for each in found.endings) == 1
    assert found.exit_code is Exit.INTEGRITY
