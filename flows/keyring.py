"""Whose keys sign here, and whom we trust: keys of the settings, or self-made test keys in the home folder."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, NamedTuple, Self

from pipeline.keys import Signer
from pipeline.keys.token import token_signer
from pipeline.seal.remote import Service, remote_signer
from pipeline.seal.selfmade import make_test_pki
from schemas.problem import CONFIGURATION
from schemas.settings import RemoteSettings, Settings, SignerSettings, TokenSettings
from storage.secrets import keep

if TYPE_CHECKING:
    from pipeline.seal.copy import UnsignedCopy

Clock = Callable[[], datetime]


class HeldKey(NamedTuple):
    """A key, what it is for, and whether it is only for trying out."""

    role: str
    signer: Signer
    is_selfmade: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys that sign, and the roots that are trusted."""

    scanner: HeldKey
    agency: HeldKey
    roots: tuple[bytes, ...]
    """PEM."""

    @classmethod
    def open(cls, settings: Settings, now: datetime) -> Self:
        """Return the keys that the settings name; those that they do not name are made once and kept in the home.

        Raises:
            ProblemError: `configuration` when a key cannot be used, naming its file, or is not valid *now*: what it
                signed could never be verified, and a copy is signed once; `signer-unreachable` when it is in a token
                that does not answer.
        """
        held = cls.load(settings)
        held.check(settings, now)
        return held

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Return the keys as `open` does, also those that are not valid any more: to look at, not to sign with."""
        return cls(
            scanner=_held("scanner", settings.signing.scanner, settings),
            agency=_held("agency", settings.signing.agency, settings),
            roots=trusted_roots(settings),
        )

    def check(self, settings: Settings, now: datetime) -> None:
        """Make sure that every key is valid *now*.

        Raises:
            ProblemError: as for `open`.
        """
        for role, signer, _ in self.held():
            valid = signer.certificate.not_valid_before_utc, signer.certificate.not_valid_after_utc
            if not valid[0] <= now <= valid[1]:
                said = f"the {role}'s certificate is valid from {valid[0]:%Y-%m-%d} to {valid[1]:%Y-%m-%d} only"
                raise CONFIGURATION.error(said, file=getattr(settings.signing, role).origin)

    def held(self) -> tuple[HeldKey, HeldKey]:
        """Return both keys."""
        return self.scanner, self.agency

    def sealing(self, copy: "UnsignedCopy", scanned_at: datetime, clock: Clock) -> Callable[[bytes], bytes]:
        """Return the function that signs *copy*: with the person's key, then with the agency's."""
        from pipeline.seal.sign import sign_copy

        def seal(unsigned: bytes) -> bytes:
            scanner, agency = self.scanner.signer, self.agency.signer
            return unsigned + sign_copy(copy, scanner, agency, scanned_at=scanned_at, signed_at=clock())

        return seal

    def completing(self, copy: "UnsignedCopy", signed: bytes, clock: Clock) -> Callable[[bytes], bytes]:
        """Return the function that signs *copy* with the agency's key, over a signature that was made at a station.

        Args:
            copy: the copy before it was signed.
            signed: what was appended to it, with that signature.
            clock: tells the time of the agency's.
        """
        from pipeline.seal.deferred import completed

        return lambda unsigned: unsigned + completed(copy, signed, self.agency.signer, signed_at=clock())

    def signing(self, clock: Clock) -> Callable[[bytes], bytes]:
        """Return the function that signs bytes detached, with the agency's key."""
        from pipeline.seal.detached import sign_detached

        return lambda data: sign_detached(data, self.agency.signer, clock())


def trusted_roots(settings: Settings) -> tuple[bytes, ...]:
    """Return the root certificates (PEM) that are trusted; the self-made one only while one of its keys is in use.

    Raises:
        ProblemError: `configuration` when a file that is named cannot be read.
    """
    named = read_certificates(settings.signing.trust)
    signing = settings.signing
    is_trying = signing.scanner.is_selfmade or signing.agency.is_selfmade
    return (*named, _test_pki(settings).root_pem) if is_trying else named


def read_certificates(paths: tuple[Path, ...]) -> tuple[bytes, ...]:
    """Return certificates (PEM) that settings name.

    Raises:
        ProblemError: `configuration` when a file cannot be read.
    """
    return tuple(_read(path) for path in paths)


def _held(role: str, wanted: SignerSettings, settings: Settings) -> HeldKey:
    if wanted.pkcs11 is not None:
        return HeldKey(role, _in_token(wanted.pkcs11), is_selfmade=False)
    if wanted.csc is not None:
        return HeldKey(role, _at_service(wanted.csc, wanted.origin), is_selfmade=False)
    if wanted.pkcs12 is not None:
        passphrase = wanted.passphrase.get_secret_value() if wanted.passphrase else None
        signer = Signer.from_pkcs12(_read(wanted.pkcs12), passphrase, origin=wanted.origin)
        return HeldKey(role, signer, is_selfmade=False)
    made = _test_pki(settings)
    data = made.scanner_p12 if role == "scanner" else made.agency_p12
    return HeldKey(role, Signer.from_pkcs12(data, made.passphrase, origin=f"self-made {role} key"), is_selfmade=True)


def _in_token(wanted: TokenSettings) -> Signer:
    pin_file = wanted.pin_file
    if pin_file is None:
        raise CONFIGURATION.error("a token on a server also needs pin_file: nobody is there to be asked")
    return token_signer(
        str(wanted.module),
        wanted.token,
        wanted.key,
        pin=_secret(pin_file),
        certificates=_read(wanted.certificates),
        origin=str(wanted.certificates),
    )


def _at_service(wanted: RemoteSettings, origin: str) -> Signer:
    return remote_signer(
        Service(
            url=wanted.url,
            credential=wanted.credential,
            token=_secret(wanted.token_file),
            pin=None if wanted.pin_file is None else _secret(wanted.pin_file),
            seconds=wanted.seconds,
            origin=origin,
        )
    )


def _secret(path: Path) -> str:
    return _read(path).decode(errors="replace").strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CONFIGURATION.error(error.strerror or "it cannot be read", file=str(path)) from error


class _KeptPki(NamedTuple):
    """The self-made keys as they are kept: one file, so that they always belong together."""

    root_pem: bytes
    scanner_p12: bytes
    agency_p12: bytes
    passphrase: str


def _test_pki(settings: Settings) -> _KeptPki:
    def make() -> bytes:
        passphrase = token_urlsafe(16)
        made = make_test_pki(
            datetime.now(UTC), scanner=settings.scanned_by, agency=settings.agency_name, passphrase=passphrase
        )
        parts = {name: b64encode(data).decode() for name, data in made._asdict().items()}
        return json.dumps(parts | {"passphrase": passphrase}).encode()

    path = settings.home / "keys" / "test-pki.json"
    kept = json.loads(keep(path, make))
    passphrase = kept.pop("passphrase")
    return _KeptPki(**{name: b64decode(data) for name, data in kept.items()}, passphrase=passphrase)
