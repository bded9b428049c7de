"""Keys at a remote signing service, by the API of the Cloud Signature Consortium (CSC API v1.0.4.0).

Only hashes go there. Each signature is authorised anew (9.4, 11.7) with the credential's PIN, if it has one, and for
this one hash; so a service that pins authorisations to hashes (SCAL 2) is served too.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from urllib3.exceptions import HTTPError

from pipeline.keys import Signer
from schemas.problem import CONFIGURATION, SIGNER_UNREACHABLE, ProblemError

_SHA256 = "2.16.840.1.101.3.4.2.1"
_SHA256_WITH_RSA, _ECDSA_WITH_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
_MOST_BYTES = 1024 * 1024
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A signing service, as one user of it sees it."""

    url: str
    """What stands before `/csc/v1/`."""
    credential: str
    """Which of the user's keys."""
    token: str
    """OAuth 2.0 bearer token."""
    pin: str | None
    seconds: float
    """How long an answer is waited for."""
    origin: str
    """What says all this, for messages."""

    def ask(self, what: str, **facts: object) -> Mapping[str, Any]:
        """Return the answer to a question about the credential.

        Raises:
            ProblemError: `signer-unreachable`; `configuration` when the service refuses.
        """
        try:
            answer = urllib3.request(
                "POST",
                f"{self.url.rstrip('/')}/csc/v1/{what}",
                json={"credentialID": self.credential, **facts},
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=self.seconds,
                retries=False,  # whether a signature was made is not known then; asking anew is up to the caller
                redirect=False,
                preload_content=False,
            )
            data = answer.read(_MOST_BYTES)
            answer.release_conn()
        except HTTPError as error:
            raise SIGNER_UNREACHABLE.error(f"{self.url}: {type(error).__name__}") from error
        return self._understood(what, answer.status, data)

    def _understood(self, what: str, status: int, data: bytes) -> Mapping[str, Any]:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise SIGNER_UNREACHABLE.error(f"{self.url}: {what} is answered with {status}")
        try:
            answer = json.loads(data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise CONFIGURATION.error(f"{self.url} is no signing service: {what} is answered with {status}")
        if status != HTTPStatus.OK:
            said = str(answer.get("error_description") or answer.get("error") or status)[:_MOST_LETTERS]
            raise CONFIGURATION.error(f"the signing service refuses {what}: {said}", file=self.origin)
        return answer

    def sign(self, data: bytes, algorithm: str) -> bytes:
        """Return the signature of *data*; only its hash is sent."""
        digest = [b64encode(sha256(data).digest()).decode("ascii")]
        pin = {} if self.pin is None else {"PIN": self.pin}
        authorised = self.ask("credentials/authorize", numSignatures=1, hash=digest, **pin)
        answer = self.ask(
            "signatures/signHash", SAD=authorised.get("SAD"), hash=digest, hashAlgo=_SHA256, signAlgo=algorithm
        )
        try:
            (signature,) = answer["signatures"]
            return b64decode(signature, validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise self._nonsense("signatures/signHash") from error

    def certificates(self) -> list[x509.Certificate]:
        """Return the certificate of the credential, then those between it and the root."""
        answer = self.ask("credentials/info", certificates="chain", certInfo=False, authInfo=False)
        try:
            ders = [b64decode(each, validate=True) for each in answer["cert"]["certificates"]]
            first, *others = map(x509.load_der_x509_certificate, ders)
        except (KeyError, TypeError, ValueError) as error:
            raise self._nonsense("credentials/info") from error
        return [first, *others]

    def _nonsense(self, what: str) -> ProblemError:
        return SIGNER_UNREACHABLE.error(f"{self.url}: the answer to {what} cannot be understood")


def remote_signer(service: Service) -> Signer:
    """Return the signer whose key is at a signing service; the key has signed once, and its certificate fits.

    Raises:
        ProblemError: `signer-unreachable`; `configuration` when token, PIN or credential are not the right ones.
    """
    certificate, *others = service.certificates()
    algorithm = _SHA256_WITH_RSA if isinstance(certificate.public_key(), RSAPublicKey) else _ECDSA_WITH_SHA256
    signer = Signer.of(certificate, others, lambda data: service.sign(data, algorithm), origin=service.origin)
    if not signer.fits():
        raise CONFIGURATION.error("the signing service signs with another key than its certificate's")
    return signer
