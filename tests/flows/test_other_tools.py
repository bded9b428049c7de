"""Other people's tools agree about everything in the store that was signed or time-stamped: it is found by its key."""

import shutil
import subprocess
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from asn1crypto import cms

from flows.acts import seal_acts, time_stamp_log
from flows.aliasing import say
from flows.claims import Issuing
from flows.evidence import preserve
from flows.house import House
from flows.keyring import Keyring
from flows.levels import raise_signatures
from pipeline.seal.evidence import imprint_of
from schemas.record import LegalBasis
from storage import keys
from tests.flows.test_claims import ADDRESS
from tests.storage.examples import AN, BINH


def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def house(sealed, pki, tmp_path_factory):
    """A house in which everything was signed and time-stamped that can be."""
    before = sealed("rsa")
    home = shutil.copytree(before.home, tmp_path_factory.mktemp("signed") / "home")
    wanted = {"level": "B-LTA", "time_stamps": pki.tsa, "evidence": "sha256", "claims": ADDRESS}
    settings = before.model_copy(update={"home": home, "signing": before.signing.model_copy(update=wanted)})
    house, keyring = House.open(settings), Keyring.open(settings, now())
    for who in ("cli:binh", "cli:chi"):
        basis = LegalBasis(code="15/QĐ-CAT")
        say(house, keyring, BINH, AN, legal_basis=basis, effective=now().date(), who=who, clock=now)
    assert Issuing.open(house, keyring, now)
    list(raise_signatures(house, now))
    list(preserve(house, now))
    assert seal_acts(house, now)
    assert time_stamp_log(house)
    return house


def says(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_openssl_takes_every_signature_and_every_time_stamp(house, pki, tmp_path):
    root, data, other = (tmp_path / name for name in ("root.pem", "data", "other"))
    root.write_bytes(pki.root)
    signed, stamped = set(), set()
    for key in house.store.list(""):
        kind = key.split("/")[0]
        if key.endswith(keys.SIGNATURE):
            data.write_bytes(house.store.get(key.removesuffix(keys.SIGNATURE) + keys.DATA))
            other.write_bytes(house.store.get(key))
            verify = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", other, "-content", data)
            assert "Verification successful" in says(
                *verify, "-CAfile", root, "-purpose", "any", "-out", "/dev/null"
            ), key
            signed.add(kind)
        elif key.endswith(keys.TIME_STAMP) or kind == "tokens":
            token = house.store.get(key)
            over = imprint_of(token).value
            if kind != "tokens":
                whole = cms.ContentInfo.load(house.store.get(key.removesuffix(keys.TIME_STAMP) + keys.SIGNATURE))
                [signer] = whole["content"]["signer_infos"]
                assert over == sha256(signer["signature"].native).digest(), key
            other.write_bytes(token)
            verify = ("openssl", "ts", "-verify", "-digest", over.hex(), "-in", other, "-token_in", "-CAfile", root)
            assert "Verification: OK" in says(*verify), key
            stamped.add(kind)
    assert signed == {"records", "receipts", "issuers", "aliases", "audit"}
    assert stamped == {"records", "audit", "tokens"}


def test_pdfsig_and_qpdf_take_every_copy_as_it_was_signed_and_as_it_was_raised(house, tmp_path):
    path = tmp_path / "copy.pdf"
    for version in house.warehouse.versions():
        record = house.warehouse.record(*version).value
        copy, tails = b"".join(house.warehouse.copy(record.copy_.sha256)), list(house.warehouse.tails(record.record_id))
        assert len(tails) == 2
        for appended in ((), tails):
            path.write_bytes(b"".join((copy, *appended)))
            assert says("pdfsig", "-nocert", path).count("Signature is Valid.") == 2
            assert "No syntax or stream encoding errors found" in says("qpdf", "--check", path)
