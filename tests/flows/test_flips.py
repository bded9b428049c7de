"""Whatever byte of what is kept of a record changes, `sohoa verify` says so and names it.

A bad disk changes bytes and not the hash that was stored with them; whoever alters them on purpose changes both.
"""

import os
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import pytest

from flows.evidence import preserve
from flows.house import House
from flows.levels import raise_signatures
from sohoa.verifying import verify_target

RECORD, SIGNATURE, EVIDENCE = "record", "record signature", "evidence"
COPY = ("copy", "copy time-stamp", "copy signatures", *(f"copy signature {number}" for number in (1, 2, 3)))
NAMED = {
    "copy": COPY,
    "scan": ("file as received",),
    "record": (RECORD, SIGNATURE, EVIDENCE),
    "signature": (RECORD, SIGNATURE, "record time-stamp", EVIDENCE),
    "evidence": (EVIDENCE,),
}
"""What may be called wrong when a byte changes in each; at least one of them is."""


def now():
    return datetime.now(UTC)


@pytest.fixture
def proven(settings):
    """Settings, the id of a record that has everything, and where each part of it is kept."""
    wanted = settings("B-LT", evidence="sha256")
    house = House.open(wanted)
    list(raise_signatures(house, now))
    list(preserve(house, now))
    record_id = next(house.warehouse.versions()).record_id
    record, objects = house.warehouse.record(record_id).value, wanted.home / "store" / "objects"
    patterns = {
        "copy": f"files/*/{record.copy_.sha256}",
        "scan": f"files/*/{record.origin.file_sha256}",
        "record": f"records/*/{record_id}/*.json",
        "signature": f"records/*/{record_id}/*.p7s",
        "evidence": f"evidence/*/*/{record_id}/*",
    }
    [paths] = zip(*(objects.glob(pattern) for pattern in patterns.values()), strict=True)
    for path in paths:
        path.chmod(0o600)
    assert verify_target(wanted, record_id).verdict == "VALID"
    return wanted, record_id, dict(zip(patterns, paths, strict=True))


def wrong_after_a_flip(proven, part, random, *, on_purpose):
    """Return the subjects of what is not valid any more, and which byte was changed."""
    settings, record_id, paths = proven
    path = paths[part]
    whole, recorded = path.read_bytes(), os.getxattr(path, "user.sha256")
    place = random.randrange(len(whole))
    changed = whole[:place] + bytes([whole[place] ^ 1 << random.randrange(8)]) + whole[place + 1 :]
    path.write_bytes(changed)
    if on_purpose:
        os.setxattr(path, "user.sha256", sha256(changed).hexdigest().encode())
    try:
        found = verify_target(settings, record_id)
    finally:
        path.write_bytes(whole)
        os.setxattr(path, "user.sha256", recorded)
    assert (found.verdict == "VALID") == all(proof.verdict == "VALID" for proof in found.proofs)
    return {proof.subject for proof in found.proofs if proof.verdict != "VALID"}, place


def test_a_changed_byte_is_found_and_named_wherever_it_is(proven):
    for number, part in enumerate(NAMED):
        wrong, place = wrong_after_a_flip(proven, part, Random(number), on_purpose=number % 2 == 0)
        assert wrong, (part, place)
        assert wrong <= set(NAMED[part]), (part, place)


@pytest.mark.nightly
@pytest.mark.parametrize("on_purpose", [False, True])
@pytest.mark.parametrize("part", list(NAMED))
def test_forty_changed_bytes_are_found_and_named(part, on_purpose, proven):
    random = Random(f"{part} {on_purpose}")
    for _ in range(40):
        wrong, place = wrong_after_a_flip(proven, part, random, on_purpose=on_purpose)
        assert wrong, place
        assert wrong <= set(NAMED[part]), place
