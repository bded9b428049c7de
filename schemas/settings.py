"""Settings: environment over `sohoa.toml` over defaults, read once at a door and handed down as a value.

`Settings.load` is pure: a door gives it the environment and the text of the file. An unknown name anywhere is an error.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field as Constraint
from pydantic import IPvAnyNetwork, SecretStr, ValidationError, model_validator

from schemas.model import Value
from schemas.problem import CONFIGURATION
from schemas.station import StationKind
from schemas.submission import ProcedureCode, StationId
from schemas.verdict import Level

Flavour = Literal["1b", "2b", "3b"]
"""Of PDF/A, with level B: what is seen can be seen for ever."""
Digest = Literal["sha256", "sha384", "sha512"]
"""Algorithms that evidence records may be made with (FIPS 180-4)."""

PREFIX = "SOHOA_"
_MIB = 1024 * 1024
_MASK = "*" * 10
_SECRETS_IN_URLS = (
    (re.compile(r"(://[^:/@]*:).*@"), rf"\1{_MASK}@"),  # greedy: rather hide a host than show half a password
    (re.compile(r"://[^:/@]+@"), f"://{_MASK}@"),  # a token in the place of the user
    (re.compile(r"([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*", re.IGNORECASE), rf"\1{_MASK}"),
)


class StoreSettings(Value):
    """Where the object store is."""

    kind: Literal["local", "s3"] = "local"
    endpoint: str | None = None
    """Host and port of the S3 server, such as `s3.example.vn:9000`."""
    bucket: str = "sohoa"
    access_key: str | None = None
    secret_key: SecretStr | None = None
    region: str = "us-east-1"
    secure: bool = True
    """False only for a server on this machine: plain HTTP."""
    public_url: str | None = Constraint(default=None, pattern=r"^https?://[^/?#]+$")
    """Where systems that ask reach the S3 server, such as `https://kho.example.vn`: they are sent there for copies, to
    addresses that end after a minute; None: copies come through the API."""

    @model_validator(mode="after")
    def _s3_is_complete(self) -> Self:
        missing = [name for name in ("endpoint", "access_key", "secret_key") if getattr(self, name) is None]
        if self.kind == "s3" and missing:
            message = f"an s3 store also needs {', '.join(missing)}"
            raise ValueError(message)
        return self


class CatalogSettings(Value):
    """Where the catalog is: a projection, safe to lose."""

    url: str | None = Constraint(default=None, repr=False)  # may hold a password
    """SQLAlchemy URL; None: a SQLite file in the home folder."""


class Limits(Value):
    """What one file, one page or one step may cost before it is refused."""

    file_bytes: int = Constraint(default=200 * _MIB, ge=1)
    pages: int = Constraint(default=500, ge=1)
    page_pixels: int = Constraint(default=80_000_000, ge=10_000)
    """80 megapixels: A4 at 800 dpi, A3 at 550 dpi."""
    page_seconds: float = Constraint(default=55.0, gt=0)
    """Processor time for preparing and reading one page."""
    file_seconds: float = Constraint(default=55.0, gt=0)
    """Processor time for admitting a file, or for making its copy."""
    busy: float = Constraint(default=6.0, ge=1)
    """How many times its processor time anything may take: the machine may have other things to do."""
    worker_memory_bytes: int = Constraint(default=2048 * _MIB, ge=256 * _MIB)
    """Address space of one worker process and of each program it starts."""

    def wall_seconds(self, seconds: float) -> float:
        """Return how long something may take that may use so many *seconds* of processor time."""
        return self.busy * seconds


class AntivirusSettings(Value):
    """Who is asked whether a file from a station is known to be harmful."""

    address: str | None = Constraint(default=None, pattern=r"^(/.+|.+:[0-9]{1,5})$")
    """clamd: `host:port`, or the path of its socket; None: nobody."""


class TokenSettings(Value):
    """One key in a PKCS#11 token: an HSM, a smart card or a USB token."""

    module: Path
    """The library that its maker ships (`.so`)."""
    token: str = Constraint(min_length=1)
    """Label of the token."""
    key: str = Constraint(min_length=1)
    """Label of the private key in it."""
    certificates: Path
    """PEM file: the signer's certificate, then those between it and the root."""
    pin_file: Path | None = None
    """File with the user's PIN, readable by Sohoa's user alone. Only a station asks for it where there is none."""


class RemoteSettings(Value):
    """One key at a remote signing service (CSC API v1)."""

    url: str = Constraint(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])")
    """Address of the service: what stands before `/csc/v1/`. Not encrypted only on this machine."""
    credential: str = Constraint(min_length=1)
    """Which key there."""
    token_file: Path
    """File with the bearer token (OAuth 2.0), readable by Sohoa's user alone."""
    pin_file: Path | None = None
    """File with the PIN of the key, if it has one."""
    seconds: float = Constraint(default=30.0, gt=0)
    """How long an answer is waited for."""


class SignerSettings(Value):
    """One key: in a file, in a token, at a service, or else the self-made test key in the home folder."""

    pkcs12: Path | None = None
    """PKCS#12 file."""
    passphrase: SecretStr | None = None
    """Opens it."""
    pkcs11: TokenSettings | None = None
    """A token that holds the key."""
    csc: RemoteSettings | None = None
    """A remote signing service that holds the key."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if sum(each is not None for each in (self.pkcs12, self.pkcs11, self.csc)) > 1:
            message = "give one of pkcs12, pkcs11 and csc"
            raise ValueError(message)
        return self

    @property
    def is_selfmade(self) -> bool:
        """Whether no key is named, so that the self-made one signs."""
        return self.pkcs12 is None and self.pkcs11 is None and self.csc is None

    @property
    def origin(self) -> str:
        """Where the certificate comes from, for messages."""
        if self.csc is not None:
            return f"{self.csc.url}, {self.csc.credential}"
        named = self.pkcs12 if self.pkcs11 is None else self.pkcs11.certificates
        return str(named or "self-made key")


class SigningSettings(Value):
    """Who signs, and whom we trust."""

    scanner: SignerSettings = SignerSettings()
    """The person who scans (TT 01/2023/TT-VPCP art. 8)."""
    agency: SignerSettings = SignerSettings()
    """The agency that stands for the copy (NĐ 30/2020/NĐ-CP)."""
    deferred: tuple[StationKind, ...] = ()
    """Kinds of stations whose people sign there, with their own tokens: what comes from these waits for them."""
    trust: tuple[Path, ...] = ()
    """PEM files of root certificates; the self-made test root is trusted only while a test key is in use."""
    level: Level = "B-B"
    """Level that copies are raised to, some time after they were signed."""
    time_stamps: str | None = None
    """URL of the time-stamp authority (RFC 3161)."""
    time_stamp_seconds: float = Constraint(default=180.0, gt=0)
    """How long one copy may wait for the authorities."""
    evidence: Digest | None = None
    """Algorithm of evidence records (RFC 4998): one time-stamp for thousands of records; None: none are made.

    With another one than before, what has evidence already gets more, made with this one (hash-tree renewal).
    """
    renew_days: int = Constraint(default=180, ge=1, le=3650)
    """How many days before a time-stamp ends it is renewed."""
    claims: str | None = Constraint(
        default=None, pattern=r"^(https://[^/?#\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^?#\s]*)?$", max_length=60
    )
    """Address of the page `/verify/` as everybody reaches it. Copies get a QR code that leads there with a claim, which
    can be checked without a network too; None: copies get no code."""

    @model_validator(mode="after")
    def _what_needs_an_authority_has_one(self) -> Self:
        wanted = f"level {self.level}" if self.level != "B-B" else "evidence" if self.evidence is not None else None
        if wanted is not None and self.time_stamps is None:
            message = f"{wanted} also needs time_stamps, the address of a time-stamp authority"
            raise ValueError(message)
        return self


class IncomingSettings(Value):
    """Whom we believe of what comes in signed."""

    government: tuple[Path, ...] = ()
    """PEM files of the certificates of the government's authority (public-service digital signatures)."""
    public: tuple[Path, ...] = ()
    """PEM files of the certificates of public authorities."""
    sha1_until: date = date(2025, 12, 31)
    """Last day on which a time-stamp may have seen a signature that rests on SHA-1."""
    ask_seconds: float = Constraint(default=60.0, gt=0)
    """How long the authorities behind one file are waited for."""
    ask_days: int = Constraint(default=30, ge=0, le=3650)
    """For how many days a signature that cannot be confirmed is checked again each day."""


class SecondSettings(StoreSettings):
    """Where a second copy of the store is: objects under the same keys, which something else puts there."""

    folder: Path | None = None
    """The folder `store` of a copied home, when it is `local`."""

    @model_validator(mode="after")
    def _local_has_a_folder(self) -> Self:
        if self.kind == "local" and self.folder is None:
            message = "a local second copy also needs folder"
            raise ValueError(message)
        return self


class FixitySettings(Value):
    """How often everything in the store is read again, and what it is mended from."""

    days: int = Constraint(default=30, ge=1, le=3650)
    """In how many days everything is read once, a part each day."""
    second: SecondSettings | None = None
    """A second copy of the store, from which damaged objects are mended; it is only read."""


class AcceptanceSettings(Value):
    """What the machine may accept by itself, and what people look at all the same (docs/calibration.md)."""

    calibration: Path | None = None
    """File that `sohoa calibration fit` made; None: the one that comes with this version."""
    sample_rate: float = Constraint(default=0.002, ge=0, le=1)
    """Share of the values that the rules accept that people look at; 0: nobody learns whether they are right."""
    sample_seed: str = "sohoa"
    """What the lot is drawn with: another one draws other values."""


class RegistrySettings(Value):
    """Who is asked whose paper it is, where the paper has no identifier (docs/linkage.md)."""

    file: Path | None = None
    """An extract of the population registry; None: nobody is asked."""
    weights: Path | None = None
    """File with what agreement weighs; None: the one that comes with this version."""


class ScoreSettings(Value):
    """What the indicators of QĐ 766/QĐ-TTg are counted with and no dossier says."""

    without_result: tuple[ProcedureCode, ...] = ()
    """Procedures that give back no paper: nothing is asked of their results."""
    not_for_citizens: tuple[ProcedureCode, ...] = ()
    """Procedures of organisations alone: nothing is asked of the data of residents."""
    certified_copies: float | None = Constraint(default=None, ge=0, le=1)
    """The rate of certified electronic copies, as the portal says it; None: the indicator stays out of the sum."""


class PrefectSettings(Value):
    """Where the orchestrator is."""

    api_url: str | None = Constraint(default=None, repr=False)  # may hold a password
    """None: an embedded server for the time of one command. Its user and password: PREFECT_API_AUTH_STRING."""
    port: int = Constraint(default=4200, ge=1, le=65535)
    """Where `sohoa up` lets its own server listen, on this machine alone."""


class ApiSettings(Value):
    """The lookup API."""

    host: str = "127.0.0.1"
    port: int = Constraint(default=8080, ge=1, le=65535)
    token: SecretStr | None = None
    """The API's own secret; None: one made at first start and kept in the home folder.

    What it signs: tokens of `sohoa token`, addresses of records, passes of reviewers. Operators sign in with it.
    """
    issuer: str | None = Constraint(
        default=None, pattern=r"^(https://[^/?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?)(/[^?#]*)?$"
    )
    """OpenID Connect issuer whose access tokens are taken too; None: only those of `sohoa token`."""
    audience: str = "sohoa"
    """What stands in such tokens for this API (`aud`)."""
    procedures: Path | None = None
    """TOML file with the procedures that may ask, and what each needs; None: those that come with Sohoa."""
    certificate: Path | None = None
    """PEM file of the API's own certificate and those between it and the root; with it the API speaks TLS."""
    key: Path | None = None
    """PEM file of its key, without a password."""
    client_roots: Path | None = None
    """PEM file of the roots of clients' certificates; a client may then show one (mutual TLS)."""
    proxy: IPvAnyNetwork | None = None
    """Addresses of the proxy that speaks TLS instead: what it hands on as `Client-Cert` (RFC 9440) is believed."""
    bound_tokens: bool = False
    """Whether only tokens are taken that are bound to a client's certificate (RFC 8705)."""
    requests_per_minute: int = Constraint(default=600, ge=1)
    """How many requests of one client are answered in a minute, by each process."""
    owners_per_hour: int = Constraint(default=500, ge=1)
    """Of more different people than this, no client has to know within an hour: the log says so when one asks."""

    @model_validator(mode="after")
    def _speaks_tls_or_not(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            message = "give certificate and key, or neither"
            raise ValueError(message)
        if self.client_roots is not None and self.certificate is None:
            message = "client_roots also needs certificate and key: without TLS nobody shows a certificate"
            raise ValueError(message)
        return self


class TracesSettings(Value):
    """Who is told how long each step of a submission took (OpenTelemetry)."""

    endpoint: str | None = Constraint(default=None, pattern=r"^https?://[^/?#]+(/[^?#]*)?$", repr=False)
    """Where a collector takes traces by OTLP over HTTP, such as `http://collector:4318/v1/traces`; None: nobody."""


class ScanningSettings(Value):
    """What a station does with scans."""

    folder: Path | None = None
    """Folder that the scanning software writes into."""
    settle_seconds: float = Constraint(default=2.0, ge=0)
    """How long a file has to stay as it is before it is taken."""
    patience_seconds: float = Constraint(default=60.0, ge=0)
    """How long a file may stay half-written before a person is asked to look at it."""
    keep_free_bytes: int = Constraint(default=1024 * _MIB, ge=0)
    """Room on the station's disk that scans leave free."""
    keep_days: int = Constraint(default=0, ge=0, le=365)
    """How many days after the receipt a station still keeps the files; 0: they are wiped at once."""


class SendingSettings(Value):
    """How a station sends."""

    bytes_per_second: int | None = Constraint(default=None, ge=1000)
    """How much of the line it takes at most; None: all that there is."""


class Settings(Value):
    """Everything that can be set. With nothing set at all, everything runs in one folder on this machine."""

    home: Path = Path("sohoa-home")
    station: StationId = "local"
    scanned_by: str = "Người quét thử nghiệm"
    """Name of the person who scans, where no key of theirs is given."""
    agency_name: str = "CƠ QUAN THỬ NGHIỆM SOHOA"
    """Name of the agency, where no key of theirs is given."""
    copy_flavour: Flavour = "2b"
    """Which PDF/A copies are (ISO 19005-1, -2, -3)."""
    workers: int | None = Constraint(default=None, ge=1, le=256)
    """Worker processes; None: one a core."""
    owner_secret: SecretStr | None = None
    """Secret behind the owner keys; None: one made at first use and kept in the home folder.

    With another one nobody's records are found, until `sohoa rebuild` makes new owner keys.
    """
    logs: Literal["none", "json"] = "none"
    """What services write on standard error about their work: nothing, or one JSON object a line."""
    store: StoreSettings = StoreSettings()
    catalog: CatalogSettings = CatalogSettings()
    limits: Limits = Limits()
    acceptance: AcceptanceSettings = AcceptanceSettings()
    antivirus: AntivirusSettings = AntivirusSettings()
    signing: SigningSettings = SigningSettings()
    incoming: IncomingSettings = IncomingSettings()
    fixity: FixitySettings = FixitySettings()
    registry: RegistrySettings = RegistrySettings()
    score: ScoreSettings = ScoreSettings()
    prefect: PrefectSettings = PrefectSettings()
    traces: TracesSettings = TracesSettings()
    api: ApiSettings = ApiSettings()
    scanning: ScanningSettings = ScanningSettings()
    sending: SendingSettings = SendingSettings()

    @classmethod
    def load(cls, environ: Mapping[str, str], toml: str = "", *, origin: str = "sohoa.toml") -> "Loaded":
        """Return the settings and where each one came from.

        Args:
            environ: the environment; names outside `SOHOA_` are ignored. `SOHOA_STORE__BUCKET` sets `store.bucket`.
            toml: text of the configuration file.
            origin: its name, for messages.

        Raises:
            ProblemError: `configuration`, naming every key that is unknown or wrong, all at once.
        """
        try:
            values = tomllib.loads(toml)
        except tomllib.TOMLDecodeError as error:
            raise CONFIGURATION.error(str(error), file=origin) from error
        origins = dict.fromkeys(_leaves(values), origin)
        for name, value in sorted(environ.items()):
            if name.startswith(PREFIX):
                path = tuple(name.removeprefix(PREFIX).lower().split("__"))
                _put(values, path, value)
                origins[path] = name
        try:
            return Loaded(cls.model_validate(values), origins)
        except ValidationError as error:
            raise CONFIGURATION.error("; ".join(_complaints(error, origins))) from error

    def environment(self) -> dict[str, str]:
        """Return the variables that give a child process these settings: `Settings.load` of them is equal.

        Secrets are among them. Relative paths are made absolute, for a child may work in another folder.
        """
        default = _leaves(Settings().model_dump())
        return {
            PREFIX + "__".join(path).upper(): _as_variable(value)
            for path, value in _leaves(self.model_dump()).items()
            if value != default.get(path) or path == ("home",)
        }


class Loaded(NamedTuple):
    """Settings, and for each one that was set, by its path, the variable or file that set it."""

    settings: Settings
    origins: Mapping[tuple[str, ...], str]

    def explain(self) -> Iterator[tuple[str, str, str]]:
        """Yield `(name, value, origin)` for every setting; secrets are masked, also those in URLs."""
        for path, value in _leaves(self.settings.model_dump(mode="json")).items():
            origin = next(
                (self.origins[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.origins), "default"
            )
            yield ".".join(path), "" if value is None else _masked(str(value)), origin


def _masked(value: str) -> str:
    for pattern, replacement in _SECRETS_IN_URLS:
        value = pattern.sub(replacement, value)
    return value


def _leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for key, value in values.items():
        found |= _leaves(value, (*path, key)) if isinstance(value, Mapping) else {(*path, key): value}
    return found


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for key in path[:-1]:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    is_list = path[-1] in {"trust", "government", "public", "deferred", "without_result", "not_for_citizens"}
    values[path[-1]] = [part for part in value.split(":") if part] if is_list else value


def _as_variable(value: Any) -> str:  # noqa: ANN401 - whatever a setting can be
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.absolute())
        case tuple():
            return ":".join(_as_variable(part) for part in value)
        case _:
            return str(value)


def _complaints(error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    for item in error.errors(include_input=False):
        path = tuple(str(part) for part in item["loc"])
        origin = next((where for set_path, where in origins.items() if set_path[: len(path)] == path), None)
        said = "is not a setting" if item["type"] == "extra_forbidden" else item["msg"]
        yield f"{origin or '.'.join(path)} ({'.'.join(path)}): {said}" if origin else f"{'.'.join(path)}: {said}"
