"""A remote signing service (CSC API v1) that holds keys of the test PKI."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from werkzeug import Request, Response
from werkzeug.serving import make_server

from tests.pki.authority import Pki

TOKEN, PIN = "a bearer token", "314159"


@dataclass
class SigningService:
    """The service: credentials are labels of the PKI; an authorisation is for one hash and one signature (SCAL 2)."""

    pki: Pki
    url: str = ""
    signs_with: str | None = None
    """Signs with this key, whatever is asked for."""
    status: int = 200
    """Answers everything with this."""
    _authorised: dict[str, str] = field(default_factory=dict)

    def __call__(self, environ, start_response):
        request = Request(environ)
        status, answer = self.status, {}
        if status == 200:
            status, answer = self._answer(request.path.removeprefix("/csc/v1/"), request)
        return Response(json.dumps(answer), status, mimetype="application/json")(environ, start_response)

    def _answer(self, what: str, request: Request) -> tuple[int, dict[str, object]]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"error": "invalid_token"}
        asked = request.get_json()
        if asked["credentialID"] not in {"rsa", "good"}:
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter credentialID"}
        if what == "credentials/info":
            chain = [self.pki.certificate(label) for label in (asked["credentialID"], "sub")]
            ders = [b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain]
            return 200, {"cert": {"certificates": ders}, "SCAL": "2", "multisign": 1}
        if what == "credentials/authorize":
            if asked.get("PIN") != PIN:
                return 400, {"error": "invalid_pin", "error_description": "The PIN is invalid"}
            sad = f"sad {len(self._authorised)}"
            (self._authorised[sad],) = asked["hash"]
            return 200, {"SAD": sad, "expiresIn": 3600}
        return self._signed(asked)

    def _signed(self, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        (digest,) = asked["hash"]
        if self._authorised.pop(asked["SAD"], None) != digest:
            return 400, {"error": "invalid_request", "error_description": "Hash is not authorized by the SAD"}
        key = load_pem_private_key(self.pki.key(self.signs_with or asked["credentialID"]), None)
        how = (PKCS1v15(),) if isinstance(key, RSAPrivateKey) else ()
        algorithm = Prehashed(SHA256()) if how else ECDSA(Prehashed(SHA256()))
        return 200, {"signatures": [b64encode(key.sign(b64decode(digest), *how, algorithm)).decode()]}


@contextmanager
def running_service(pki: Pki) -> Iterator[SigningService]:
    """Run the service on a free port of this machine."""
    service = SigningService(pki)
    server = make_server("127.0.0.1", 0, service, threaded=True)
    service.url = f"http://127.0.0.1:{server.port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
