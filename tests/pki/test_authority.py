"""The test PKI itself is what other people's tools take it for."""

import subprocess

import pytest
import urllib3
from cryptography.hazmat.primitives.serialization import Encoding


def openssl(*words) -> str:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture
def pems(pki, tmp_path):
    def path(label):
        file = tmp_path / f"{label}.pem"
        file.write_bytes(pki.certificate(label).public_bytes(Encoding.PEM))
        return file

    return path


@pytest.mark.parametrize(
    ("label", "chains"), [("good", True), ("rsa", True), ("expired", False), ("broken-chain", False)]
)
def test_openssl_finds_the_chain_of_good_signers_alone(label, chains, pems):
    said = openssl("verify", "-CAfile", pems("root"), "-untrusted", pems("sub"), pems(label))
    assert said.endswith("OK\n") == chains


@pytest.mark.parametrize(("label", "state"), [("good", "good"), ("revoked", "revoked")])
def test_openssl_hears_over_ocsp_which_certificate_is_revoked(label, state, pki, pems):
    said = openssl(
        "ocsp", "-issuer", pems("sub"), "-cert", pems(label), "-url", f"{pki.url}/province/ocsp/sub",
        "-CAfile", pems("root"), "-no_nonce",
    )  # fmt: skip
    assert f"{label}.pem: {state}" in said
    assert "Response verify OK" in said


def test_openssl_confirms_a_time_stamp(pki, pems, tmp_path):
    data, query, answer = (tmp_path / name for name in ("data", "query", "answer"))
    data.write_bytes(b"some bytes")
    openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    answer.write_bytes(urllib3.request("POST", pki.tsa, body=query.read_bytes()).data)
    said = openssl("ts", "-verify", "-data", data, "-in", answer, "-CAfile", pems("root"), "-untrusted", pems("sub"))
    assert "Verification: OK" in said
