"""A test authority, its two signers, and a copy signed by both: made once."""

import subprocess
from typing import NamedTuple

import pytest

from pipeline.keys import Signer
from pipeline.seal.copy import UnsignedCopy
from pipeline.seal.selfmade import make_test_pki
from pipeline.seal.sign import sign_copy
from tests.pipeline.seal.scans import AGENCY, AT, SCANNER, copied, reading, saved, sheet


class Authority(NamedTuple):
    root: bytes
    scanner: Signer
    agency: Signer


class Signed(NamedTuple):
    unsigned: UnsignedCopy
    pdf: bytes


@pytest.fixture(scope="session")
def authority():
    made = make_test_pki(AT, scanner=SCANNER, agency=AGENCY, passphrase="word")
    scanner, agency = (
        Signer.from_pkcs12(data, "word", origin="test.p12") for data in (made.scanner_p12, made.agency_p12)
    )
    return Authority(made.root_pem, scanner, agency)


@pytest.fixture(scope="session")
def signed(authority, tmp_path_factory):
    picture, words = sheet()
    path = saved(picture, tmp_path_factory.mktemp("signed") / "scan.jpg", quality=70)
    copy = copied(path, reading(words))
    tail = sign_copy(copy, authority.scanner, authority.agency, scanned_at=AT, signed_at=AT)
    return Signed(copy, copy.pdf + tail)


@pytest.fixture(scope="session")
def nss(authority, tmp_path_factory):
    """An NSS database that trusts the test root, for `pdfsig`."""
    folder = tmp_path_factory.mktemp("nss")
    root = folder / "root.pem"
    root.write_bytes(authority.root)
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", f"sql:{folder}", "-n", "test", "-t", "C,C,C", "-i", root], check=True)
    return folder
