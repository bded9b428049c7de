"""The folder where a station keeps its key, who it is, and whom it talks to.

The private key never leaves it. It is guarded by the rights of the file alone: whoever can read the user's files, or
takes out the disk, has it. Full disk encryption is what protects a stolen machine.
"""

import os
import secrets
from base64 import b64encode
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from pydantic import ValidationError

from schemas.digest import sha256_hex
from schemas.problem import CONFIGURATION, STATION_NOT_ENROLLED
from schemas.station import EnrolmentRequest, Welcome
from schemas.submission import StationId
from sohoa.station import durable

_FILE_KEY_BYTES = 32


class Home:
    """A station's folder. Nothing is read before it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def enroll(self, station: StationId, kind: str, agency: str) -> EnrolmentRequest:
        """Make the station's keys, once, and return what it asks to be known by.

        The same words again give the same request.

        Raises:
            ProblemError: `configuration` when a word is wrong, or the folder belongs to another station already.
        """
        durable.make_folder(self.folder)
        key = self.key if self._key_file.exists() else Ed25519PrivateKey.generate()
        public = b64encode(key.public_key().public_bytes_raw())
        try:
            request = EnrolmentRequest.model_validate(
                {"station": station, "kind": kind, "agency": agency, "public_key": public}
            )
        except ValidationError as error:
            wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
            raise CONFIGURATION.error(f"cannot be enrolled with this: {wrong}") from error
        if self._request_file.exists():
            if self.request != request:
                raise CONFIGURATION.error(
                    f"this folder belongs to {self.request.station} already; name another with --home",
                    file=str(self.folder),
                )
            return request
        if not self._files_key_file.exists():
            durable.write(self._files_key_file, secrets.token_bytes(_FILE_KEY_BYTES))
        if not self._key_file.exists():
            durable.write(self._key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        durable.write(self._request_file, request.canonical_bytes())
        return request

    def accept(self, welcome: Welcome) -> None:
        """Keep whom to talk to.

        Raises:
            ProblemError: `configuration` when the welcome is for another station; `station-not-enrolled`.
        """
        if welcome.station != self.station:
            raise CONFIGURATION.error(f"this welcome is for {welcome.station}; this station is {self.station}")
        durable.write(self._welcome_file, welcome.canonical_bytes())

    @property
    def station(self) -> StationId:
        """The station's id."""
        return self.request.station

    @cached_property
    def request(self) -> EnrolmentRequest:
        """What the station asked to be known by.

        Raises:
            ProblemError: `station-not-enrolled`.
        """
        return EnrolmentRequest.model_validate_json(self._read(self._request_file))

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        """The station's private key.

        Raises:
            ProblemError: `station-not-enrolled`; `configuration` when the file holds no Ed25519 key.
        """
        try:
            key = load_pem_private_key(self._read(self._key_file), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise CONFIGURATION.error("the station's key cannot be read", file=str(self._key_file)) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CONFIGURATION.error("the station's key is no Ed25519 key", file=str(self._key_file))
        return key

    @cached_property
    def files_key(self) -> bytes:
        """32 random bytes that the station's files are encrypted under.

        Raises:
            ProblemError: `station-not-enrolled`.
        """
        return self._read(self._files_key_file)

    @property
    def welcome(self) -> Welcome | None:
        """Whom to talk to; None: the server has not welcomed this station yet."""
        if not self._welcome_file.exists():
            return None
        return Welcome.model_validate_json(self._welcome_file.read_bytes())

    @property
    def ledger(self) -> Path:
        """Where the ledger is."""
        return self.folder / "ledger.sqlite"

    @property
    def tag(self) -> str:
        """16 hex digits of this station's key: it marks what is its own in a folder that others use too."""
        return sha256_hex(self.key.public_key().public_bytes_raw())[:16]

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise STATION_NOT_ENROLLED.error(
                "this folder belongs to no station", file=os.fspath(self.folder)
            ) from error

    @property
    def _key_file(self) -> Path:
        return self.folder / "station.pem"

    @property
    def _files_key_file(self) -> Path:
        return self.folder / "files.key"

    @property
    def _request_file(self) -> Path:
        return self.folder / "enrolment.json"

    @property
    def _welcome_file(self) -> Path:
        return self.folder / "welcome.json"
