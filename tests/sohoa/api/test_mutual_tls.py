"""Clients that show a certificate, over real sockets: to the API itself, and to a proxy before it."""

import json
import ssl
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from flows.house import House
from schemas.problem import CONFIGURATION, ProblemError
from schemas.settings import ApiSettings, Settings
from sohoa.api.app import create_app
from sohoa.api.peer import Protocol, tls
from tests.servers import serving
from tests.sohoa.api.test_app import ASKED, TOKEN, bearer


class Party:
    """Somebody with a key and a certificate."""

    def __init__(self, folder, name, issuer=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now, signer = datetime.now(UTC), issuer or self
        made = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(signer.key, SHA256())
        )
        self.der, self.pem = made.public_bytes(Encoding.DER), made.public_bytes(Encoding.PEM)
        self.certificate, self.key_file = folder / f"{name}.pem", folder / f"{name}.key"
        self.certificate.write_bytes(self.pem)
        self.key_file.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parties")
    root, strange = Party(folder, "root"), Party(folder, "strange-root")
    return {
        "root": root,
        "server": Party(folder, "server", root),
        "mot-cua": Party(folder, "mot-cua", root),
        "other": Party(folder, "other", root),
        "stranger": Party(folder, "stranger", strange),
    }


@pytest.fixture
def serve(tmp_path):
    """Return a function that serves the API of a house with these settings."""

    def serve(**api):
        settings = Settings(home=tmp_path, api=ApiSettings(**api))
        app = create_app(House.open(settings), TOKEN)
        return serving(app, http=Protocol, **tls(settings.api))

    return serve


def ask(address, root, headers, party=None):
    """Return how a lookup ends: its status, or `refused` where not even the handshake comes about."""
    context = ssl.create_default_context(cafile=root.certificate)
    if party is not None:
        context.load_cert_chain(party.certificate, party.key_file)
    with httpx.Client(verify=context) as client:
        try:
            return client.post(f"{address}/v1/lookups", json=ASKED, headers=headers).status_code
        except httpx.TransportError:
            return "refused"


def test_a_token_that_is_bound_to_a_certificate_is_worth_nothing_without_it(serve, parties):
    root, server, ours = parties["root"], parties["server"], parties["mot-cua"]
    files = {"certificate": server.certificate, "key": server.key_file, "client_roots": root.certificate}
    bound, free = bearer(bound_to=ours.der), bearer()
    with serve(**files) as address:
        assert address.startswith("https://")
        shown = {
            name: ask(address, root, bound, parties.get(name)) for name in ("mot-cua", "other", "stranger", "none")
        }
        assert shown == {"mot-cua": 200, "other": 401, "stranger": "refused", "none": 401}
        assert ask(address, root, free) == 200
        handed_on = bound | {"Client-Cert": f":{b64encode(ours.der).decode()}:"}
        assert ask(address, root, handed_on) == 401, "what a header says is believed of a proxy alone"
    with serve(**files, bound_tokens=True) as address:
        assert [ask(address, root, each, ours) for each in (bound, free)] == [200, 401]


@pytest.mark.parametrize(
    ("proxy", "spelt", "status"),
    [
        ("127.0.0.1", lambda party: f":{b64encode(party.der).decode()}:", 200),
        ("127.0.0.0/8", lambda party: quote(party.pem.decode()), 200),
        ("127.0.0.1", lambda _party: "", 401),
        ("127.0.0.1", lambda _party: ":not base64:", 401),
        ("127.0.0.1", lambda _party: "-----BEGIN", 401),
        ("192.0.2.0/24", lambda party: f":{b64encode(party.der).decode()}:", 401),
        (None, lambda party: f":{b64encode(party.der).decode()}:", 401),
    ],
)
def test_what_a_proxy_hands_on_is_believed_of_the_proxy_alone(serve, parties, proxy, spelt, status):
    party = parties["mot-cua"]
    headers = bearer(bound_to=party.der) | {"Client-Cert": spelt(party), "X-Forwarded-For": "192.0.2.7"}
    with serve(proxy=proxy) as address:
        assert httpx.post(f"{address}/v1/lookups", json=ASKED, headers=headers).status_code == status


def test_a_command_binds_a_token_to_a_certificate(sohoa_here, parties):
    made = sohoa_here.lines("token", "mot-cua", "--certificate", parties["mot-cua"].certificate)[0]["token"]
    wrong = sohoa_here("token", "mot-cua", "--certificate", parties["mot-cua"].key_file, "--json")
    assert json.loads(wrong.stdout)["problem"]["type"].endswith("bad-request")
    secret = (sohoa_here.home / "keys" / "api-token").read_text()
    settings = Settings(home=sohoa_here.home, api=ApiSettings(proxy="127.0.0.1"))
    with serving(create_app(House.open(settings), secret), http=Protocol) as address:
        for party, status in (("mot-cua", 200), ("other", 401)):
            shown = {"Client-Cert": quote(parties[party].pem.decode()), "Authorization": f"Bearer {made}"}
            assert httpx.post(f"{address}/v1/lookups", json=ASKED, headers=shown).status_code == status


@pytest.mark.parametrize("wrong", ["certificate", "key", "client_roots"])
def test_a_file_that_is_no_certificate_is_named(parties, tmp_path, wrong):
    server = parties["server"]
    files = {"certificate": server.certificate, "key": server.key_file, "client_roots": parties["root"].certificate}
    for missing in (False, True):
        path = tmp_path / "wrong.pem"
        path.unlink() if missing else path.write_text("no certificate")
        with pytest.raises(ProblemError, match=wrong) as refused:
            tls(ApiSettings(**files | {wrong: path}))
        assert refused.value.kind is CONFIGURATION
