"""The person who scans signs the copies that the server made, with a token or a key of their own at this station.

The key never leaves it: the server hands out what is to be signed and gets a signature back. What was handed over is
not handed out again, so whoever is interrupted begins again and goes on with the rest.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from pipeline.keys import Signer
from schemas.draft import OfficerSignature, SigningRequest, SigningWork, ToSign
from schemas.problem import CONFIGURATION, SIGNATURE_REFUSED
from schemas.settings import SignerSettings, TokenSettings
from sohoa.station.client import Intake

_SET = b"\x31"
"""How signed attributes begin (RFC 5652, 5.4)."""


def signer_at_hand(wanted: SignerSettings, ask_pin: Callable[[], str]) -> Signer:
    """Return the signer whose key is in a token or a file at this station.

    Args:
        wanted: where; the setting `signing.scanner`.
        ask_pin: asked for the PIN of a token for which no file holds it.

    Raises:
        ProblemError: `configuration` if it is somewhere else, nowhere, or cannot be used; `signer-unreachable`.
    """
    if wanted.pkcs11 is not None:
        return _in_token(wanted.pkcs11, ask_pin)
    if wanted.pkcs12 is None:
        raise CONFIGURATION.error("signing.scanner names neither a token (pkcs11) nor a file (pkcs12) of this station")
    passphrase = wanted.passphrase.get_secret_value() if wanted.passphrase else None
    return Signer.from_pkcs12(_read(wanted.pkcs12), passphrase, origin=wanted.origin)


def _in_token(wanted: TokenSettings, ask_pin: Callable[[], str]) -> Signer:
    from pipeline.keys.token import token_signer

    pin = ask_pin() if wanted.pin_file is None else _read(wanted.pin_file).decode(errors="replace").strip()
    certificates = _read(wanted.certificates)
    origin = str(wanted.certificates)
    return token_signer(str(wanted.module), wanted.token, wanted.key, pin=pin, certificates=certificates, origin=origin)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CONFIGURATION.error(error.strerror or "it cannot be read", file=str(path)) from error


def certificates_at_hand(wanted: SignerSettings) -> str | None:
    """Return the certificates (PEM) of whoever signs here, for which no PIN is needed; None where nobody does.

    Raises:
        ProblemError: `configuration`.
    """
    if wanted.pkcs11 is not None:
        return _pem(Signer.absent(_read(wanted.pkcs11.certificates), origin=wanted.origin))
    return None if wanted.pkcs12 is None else _pem(signer_at_hand(wanted, str))


def what_waits(intake: Intake, signer: Signer) -> SigningWork:
    """Return what waits for a person's signature, as much as the server tells at once; errors as for asking it."""
    return intake.signing(SigningRequest(certificates=_pem(signer)))


def sign_all(intake: Intake, signer: Signer) -> Iterator[ToSign]:
    """Sign everything that waits for a person; yield each copy when the server has its signature.

    Raises:
        ProblemError: `signer-unreachable`, `signature-refused`, `server-unreachable`, or what else the server says.
    """
    pem, done = _pem(signer), set[str]()
    while new := [each for each in what_waits(intake, signer).documents if each.copy_sha256 not in done]:
        for each in new:
            _check(each, signer)
            signature = b64encode(signer.sign(each.attributes))
            intake.sign(each, OfficerSignature(certificates=pem, signature=signature))
            done.add(each.copy_sha256)
            yield each


def _check(what: ToSign, signer: Signer) -> None:
    """Make sure that what is to be signed is the signature of a document by this person, and nothing else."""
    if not what.attributes.startswith(_SET) or signer.certificate.fingerprint(SHA256()) not in what.attributes:
        raise SIGNATURE_REFUSED.error("what the server wants to have signed is no signature by this certificate")


def _pem(signer: Signer) -> str:
    chain = (signer.certificate, *signer.issuers)
    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in chain)
