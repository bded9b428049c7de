"""The certificates of the test PKI, good and bad ones, and the server that answers for them (certomancer)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread

from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, KeyLabel, PKIArchitecture
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)
from werkzeug.serving import make_server

from pipeline.keys import Signer

ARCH = "province"
_YEARS = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2040-01-01T00:00:00+0000"}
REVOKED = "2024-01-01T00:00:00+0000"

_SIGNERS: dict[str, dict[str, object]] = {
    "good": {},
    "rsa": {},
    "expired": {"validity": {**_YEARS, "valid-to": "2022-01-01T00:00:00+0000"}},
    "revoked": {"revocation": {"revoked-since": REVOKED, "reason": "key_compromise"}},
    "wrong-purpose": {"usage": ["key_encipherment"]},
    "sha1": {"digest-algo": "sha1"},
    "broken-chain": {"authority-key": "stranger"},
}
"""Labels of signers, and what is wrong with their certificates."""
_TSAS: dict[str, dict[str, object]] = {
    "tsa": {},
    "tsa-2022": {"validity": {**_YEARS, "valid-to": "2022-01-01T00:00:00+0000"}},
    "tsa-2025": {"validity": {**_YEARS, "valid-to": "2025-01-01T00:00:00+0000"}},
}
"""Time-stamp authorities, and when their certificates end."""
_AUTHORITIES = ("root", "sub", "stranger", "ocsp", *_TSAS)


@dataclass(frozen=True, slots=True)
class Pki:
    """The running PKI: its certificates, its keys and the addresses of its services."""

    architecture: PKIArchitecture
    animator: Animator
    url: str

    @property
    def tsa(self) -> str:
        """Address of the time-stamp authority."""
        return self.tsa_until("tsa")

    def tsa_until(self, label: str) -> str:
        """Return the address of the time-stamp authority with this label."""
        return f"{self.url}/{ARCH}/tsa/{label}"

    @property
    def root(self) -> bytes:
        """The root certificate, PEM."""
        return self.certificate("root").public_bytes(Encoding.PEM)

    def certificate(self, label: str) -> x509.Certificate:
        """Return the certificate with this label."""
        return x509.load_der_x509_certificate(self.architecture.get_cert(CertLabel(label)).dump())

    def chain(self, label: str) -> bytes:
        """Return the certificate with this label and the one of its issuer, PEM."""
        return b"".join(self.certificate(each).public_bytes(Encoding.PEM) for each in (label, "sub"))

    def key(self, label: str) -> bytes:
        """Return the private key with this label, PKCS#8 PEM without a password."""
        return self._key(label).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def pkcs12(self, label: str) -> bytes:
        """Return the key with its certificate and the issuer's."""
        return pkcs12.serialize_key_and_certificates(
            label.encode(), self._key(label), self.certificate(label), [self.certificate("sub")], NoEncryption()
        )

    def signer(self, label: str) -> Signer:
        """Return the signer with this label, with a software key."""
        return Signer.from_pkcs12(self.pkcs12(label), None, origin=label)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let all services live at another time."""
        self.animator.fixed_time = moment
        try:
            yield
        finally:
            self.animator.fixed_time = None

    def _key(self, label: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
        private = self.architecture.key_set.get_private_key(KeyLabel(label)).dump()
        return load_der_private_key(private, None)  # type: ignore[return-value]


@contextmanager
def running_pki(folder: Path) -> Iterator[Pki]:
    """Make new keys in *folder*, and answer for their certificates on a free port of this machine."""
    for label in (*_AUTHORITIES, *_SIGNERS):
        (folder / f"{label}.pem").write_bytes(_new_key(label))
    stores: dict[ArchLabel, PKIArchitecture] = {}
    animator = Animator(AnimatorArchStore(stores), with_web_ui=False)
    server = make_server("127.0.0.1", 0, animator, threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    config = CertomancerConfig(_description(), key_search_dir=str(folder), external_url_prefix=url)
    architecture = stores[ArchLabel(ARCH)] = config.get_pki_arch(ArchLabel(ARCH))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Pki(architecture, animator, url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _new_key(label: str) -> bytes:
    key = rsa.generate_private_key(65537, 2048) if label == "rsa" else ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _description() -> dict[str, object]:
    entities = {label: {"country-name": "VN", "common-name": f"Test {label}"} for label in (*_AUTHORITIES, *_SIGNERS)}
    return {
        "keysets": {ARCH: {"keys": {label: {"path": f"{label}.pem"} for label in entities}}},
        "pki-architectures": {
            ARCH: {
                "keyset": ARCH,
                "entities": entities,
                "certs": _certificates(),
                "services": {
                    "ocsp": {"sub": _responder("sub", "ocsp", "ocsp")},
                    "crl-repo": {label: _crls(label) for label in ("root", "sub")},
                    "time-stamping": {each: {"signing-cert": each, "certs-to-embed": ["sub"]} for each in _TSAS},
                },
            }
        },
    }


def _responder(issuer: str, certificate: str, key: str) -> dict[str, object]:
    return {"for-issuer": issuer, "responder-cert": certificate, "signing-key": key}


def _crls(issuer: str) -> dict[str, object]:
    return {"for-issuer": issuer, "signing-key": issuer, "simulated-update-schedule": "P90D"}


def _certificates() -> dict[str, object]:
    return {
        "root": {"subject": "root", "issuer": "root", "validity": _YEARS, "profiles": [_ca({"crl-repo": "root"})]},
        "sub": {
            "subject": "sub",
            "issuer": "root",
            "validity": _YEARS,
            "profiles": [_ca({"crl-repo": "sub", "ocsp-service": "sub"})],
        },
        "stranger": {"subject": "stranger", "issuer": "stranger", "validity": _YEARS, "profiles": [_ca({})]},
        "ocsp": {"subject": "ocsp", "issuer": "sub", "validity": _YEARS, "profiles": ["ocsp-responder"]},
        **{label: _stamper(label) | wrong for label, wrong in _TSAS.items()},
        **{label: _signer(label, wrong) for label, wrong in _SIGNERS.items()},
    }


def _ca(services: dict[str, str]) -> dict[str, object]:
    return {"id": "simple-ca", "params": services}


def _signer(label: str, wrong: dict[str, object]) -> dict[str, object]:
    changes = {name: value for name, value in wrong.items() if name != "usage"}
    return _leaf(label, wrong.get("usage", ["digital_signature", "non_repudiation"])) | changes


def _stamper(label: str) -> dict[str, object]:
    return _leaf(label, ["digital_signature"], _extension("extended_key_usage", ["time_stamping"]))


def _leaf(label: str, usage: object, *extensions: dict[str, object]) -> dict[str, object]:
    key_usage = {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": usage}}
    return {"subject": label, "issuer": "sub", "validity": _YEARS, "extensions": [key_usage, *extensions]}


def _extension(name: str, value: object) -> dict[str, object]:
    return {"id": name, "critical": True, "value": value}
