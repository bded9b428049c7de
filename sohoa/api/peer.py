"""Who is at the other end of a connection: their address, and the certificate that they showed (TLS, RFC 8446).

The API speaks TLS itself if it has a certificate (`api.certificate`), or a proxy before it does and hands on what the
client showed there, in the header `Client-Cert` (RFC 9440). That header is believed of the proxy alone: of the address
at the other end of the socket, whatever other headers say.
"""

import asyncio
import binascii
import ssl
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import unquote

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from fastapi import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from schemas.problem import CONFIGURATION
from schemas.settings import ApiSettings

_HEADER = "Client-Cert"


class Peer(NamedTuple):
    """The other end of a socket."""

    address: str | None
    """None: it is no IP socket."""
    certificate: bytes | None
    """DER; None: it showed none, or there is no TLS here."""


class Protocol(H11Protocol):
    """Uvicorn's HTTP/1.1, which tells the application who is at the other end (`request.state.peer`)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """See asyncio."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(binary_form=True)
        self.app_state = {**self.app_state, "peer": Peer(self.client[0] if self.client else None, shown)}


def certificate_of(request: Request, settings: ApiSettings) -> bytes | None:
    """Return the certificate that the client of a request has shown, DER; None if it showed none that is believed."""
    peer: Peer | None = getattr(request.state, "peer", None)
    if peer is None:
        return None
    if settings.proxy is not None and peer.address is not None and ip_address(peer.address) in settings.proxy:
        return _handed_on(request.headers.get(_HEADER, ""))
    return peer.certificate


def _handed_on(header: str) -> bytes | None:
    """Return the certificate in a proxy's header: a byte sequence (RFC 9440), or PEM in per cent, as nginx has it."""
    try:
        if header.startswith(":") and header.endswith(":"):
            return b64decode(header[1:-1], validate=True)
        return load_pem_x509_certificate(unquote(header).encode()).public_bytes(Encoding.DER)
    except (binascii.Error, ValueError):
        return None


def thumbprint(certificate: bytes) -> str:
    """Return what a token says of the certificate (DER) that it is bound to (RFC 8705 section 3.1)."""
    return urlsafe_b64encode(sha256(certificate).digest()).rstrip(b"=").decode()


def tls(settings: ApiSettings) -> dict[str, Any]:
    """Return what uvicorn is configured with to speak TLS; nothing, where it shall not.

    Raises:
        ProblemError: `configuration`, naming the file that is wrong.
    """
    if settings.certificate is None or settings.key is None:
        return {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        detail = f"api.certificate, api.key: not a certificate and its key: {error.strerror or error}"
        raise CONFIGURATION.error(detail, file=str(settings.certificate)) from error
    options = {"ssl_certfile": str(settings.certificate), "ssl_keyfile": str(settings.key)}
    if settings.client_roots is None:
        return options
    try:
        context.load_verify_locations(settings.client_roots)
    except (OSError, ssl.SSLError) as error:
        detail = f"api.client_roots: no certificates: {error.strerror or error}"
        raise CONFIGURATION.error(detail, file=str(settings.client_roots)) from error
    return options | {"ssl_ca_certs": str(settings.client_roots), "ssl_cert_reqs": ssl.CERT_OPTIONAL}
