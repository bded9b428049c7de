"""Keys that never leave a token (PKCS#11): an HSM, a smart card, a USB token. The only module that knows `pkcs11`.

A process opens one session with a token and looks each key up once: tokens have few sessions, and some take minutes
to find a key. The next signature after a failure opens the session anew.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from threading import RLock
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pipeline.keys import Signer
from schemas.problem import CONFIGURATION, PIN_WRONG, SIGNER_UNREACHABLE, TOKEN_LOCKED, ProblemError


def token_signer(module: str, token: str, key: str, *, pin: str, certificates: bytes, origin: str) -> Signer:
    """Return the signer whose key is in a token; the key has signed once, and its certificate fits.

    Args:
        module: path of the library that its maker ships.
        token: label of the token.
        key: label of the private key.
        pin: the user's.
        certificates: PEM; the signer's first, then those between it and the root.
        origin: the file that they came in, for messages.

    Raises:
        ProblemError: `configuration` when module, key or certificates are not the right ones; `pin-wrong`,
            `token-locked`; `signer-unreachable` when the token does not answer.
    """
    opened = _token(module, token)

    def sign(data: bytes) -> bytes:
        return opened.sign(pin, key, data)

    signer = replace(Signer.absent(certificates, origin=origin), sign=sign)
    if not signer.fits():
        raise CONFIGURATION.error(f"the certificate is not that of the key {key!r} in the token", file=origin)
    return signer


@dataclass(slots=True)
class _Token:
    """One token, with the one session that this process has with it and the keys that were looked up in it."""

    module: str
    label: str
    _session: pkcs11.Session | None = None
    _refused: str | None = None
    """The PIN that it refused: asked again and again, a token locks itself."""
    _signs: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    _lock: Any = field(default_factory=RLock)
    """Sessions are not made for several threads at once."""

    def sign(self, pin: str, key: str, data: bytes) -> bytes:
        """Return a signature, opening the session and looking the key up where that was not done yet.

        Raises:
            ProblemError: `configuration`, `pin-wrong`, `token-locked`, `signer-unreachable`.
        """
        with self._lock:
            if pin == self._refused:
                raise _wrong_pin(self.label)
            try:
                if self._session is None:
                    self._session = _open(self.module, self.label, pin)
                if key not in self._signs:
                    self._signs[key] = _signing(self._session, key)
                return self._signs[key](data)
            except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
                self._refused = pin
                raise _wrong_pin(self.label) from error
            except pkcs11.PKCS11Error as error:
                self._forget()
                raise _problem(error, self.label, key) from error

    def _forget(self) -> None:
        session, self._session = self._session, None
        self._signs.clear()
        if session is not None:
            with suppress(pkcs11.PKCS11Error):
                session.close()


@cache
def _token(module: str, label: str) -> _Token:
    """Return the token, the same one to everybody in this process."""
    return _Token(module, label)


def _open(module: str, label: str, pin: str) -> pkcs11.Session:
    try:
        library = pkcs11.lib(module)
    except (RuntimeError, OSError, pkcs11.PKCS11Error) as error:
        raise CONFIGURATION.error("not a PKCS#11 library that works here", file=module) from error
    return library.get_token(token_label=label).open(user_pin=pin)


def _signing(session: pkcs11.Session, label: str) -> Callable[[bytes], bytes]:
    """Return what signs with the private key of this label.

    ECDSA is asked for a digest that was made here: SoftHSM and others do not hash for it (PKCS #11 v3.0, 2.3.6).
    """
    key: Any = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
    if key.key_type == pkcs11.KeyType.RSA:
        return lambda data: bytes(key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))

    def sign(data: bytes) -> bytes:
        raw = bytes(key.sign(sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    return sign


def _wrong_pin(token: str) -> ProblemError:
    return PIN_WRONG.error(f"it does not open the token {token!r}")


def _problem(error: pkcs11.PKCS11Error, token: str, key: str) -> ProblemError:
    match error:
        case pkcs11.PinLocked():
            return TOKEN_LOCKED.error(f"the token {token!r}")
        case pkcs11.NoSuchKey() | pkcs11.MultipleObjectsReturned():
            return CONFIGURATION.error(f"the token {token!r} has not exactly one private key {key!r}")
        case pkcs11.MultipleTokensReturned():
            return CONFIGURATION.error(f"several tokens are called {token!r}")
        case _:
            return SIGNER_UNREACHABLE.error(f"{token!r}: {type(error).__name__}")
