"""The intake as a station talks to it: one HTTP request at a time, each signed for, none repeated without a reason.

Whatever is no clean answer of the intake (nothing at all, half of it, the log-in page of somebody's wireless network)
is `server-unreachable`, which passes by itself. What the intake refuses is the problem that it names (RFC 9457).
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import jwt
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from schemas.digest import Sha256
from schemas.draft import KeptSignature, OfficerSignature, SigningRequest, SigningWork, ToSign
from schemas.legibility import Glance, Legibility
from schemas.lookup import ScanAdvice, ScanQuestion
from schemas.model import Value
from schemas.problem import (
    CONFIGURATION,
    KINDS_BY_TYPE,
    SERVER_UNREACHABLE,
    STATION_CLOCK,
    STATION_NOT_ENROLLED,
    Kind,
    Problem,
    ProblemError,
)
from schemas.station import AUDIENCE, TOKEN_SECONDS, Journal, JournalState, SignedReceipt
from schemas.submission import Manifest, StationId
from sohoa.station.home import Home

_CONNECT_SECONDS = 15.0
_ANSWER_SECONDS = 60.0
_SLOWEST_BYTES_PER_SECOND = 2000
"""A quarter of 64 kbit/s: a line that is slower, or that others fill, is taken for dead."""
_LARGEST_ANSWER = 4 * 1024 * 1024
_BLOCK_BYTES = 8 * 1024
"""What is given to the line at once: each block has the time of a connection to leave."""
_PASSING = frozenset([408, 423, 425, 429])
"""Statuses besides 5xx that say nothing against what was sent."""
_JSON = {"Content-Type": "application/json"}

Told = TypeVar("Told", bound=Value)


class Answer(NamedTuple):
    """What came back: all of it."""

    status: int
    headers: Mapping[str, str]
    """Their names in any case."""
    body: bytes


class RefusedError(ProblemError):
    """A problem that the intake names, with the answer that it came in."""

    def __init__(self, kind: Kind, problem: Problem, answer: Answer) -> None:
        super().__init__(kind, problem)
        self.answer = answer


@dataclass
class Pace:
    """A token bucket: holds sending back to so many bytes a second, a second's worth at most in one go."""

    bytes_per_second: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _allowed: float = field(default=0.0, init=False)
    _seen: float | None = field(default=None, init=False)

    def take(self, count: int) -> None:
        """Return as soon as *count* bytes may go."""
        now = self.clock()
        gained = 0.0 if self._seen is None else (now - self._seen) * self.bytes_per_second
        self._seen = now
        self._allowed = min(self._allowed + max(gained, 0.0), self.bytes_per_second) - count
        if self._allowed < 0:
            self.sleep(-self._allowed / self.bytes_per_second)


class Intake:
    """The intake of one server, for one station. Not for use by several threads at once."""

    def __init__(
        self,
        server: str,
        station: StationId,
        key: Ed25519PrivateKey,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is sent yet.

        Args:
            server: address without a path (`Welcome.server`).
            station: who talks.
            key: its private key.
            pace: holds back what is sent; None: as fast as the line allows.
            clock: the station's, in seconds since 1970. It may be wrong.

        Raises:
            ProblemError: `configuration` if the address is none, or plain HTTP to another machine: whoever listens
                would read the papers.
        """
        self._server = _checked(server)
        self._station = station
        self._key = key
        self._pace = pace
        self._clock = clock
        self._ahead = 0.0
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)

    @classmethod
    def of(cls, home: Home) -> Self:
        """Return the intake of the server that has welcomed a station.

        Raises:
            ProblemError: `station-not-enrolled` if none has.
        """
        welcome = home.welcome
        if welcome is None:
            raise STATION_NOT_ENROLLED.error("no server has welcomed this station: `sohoa station accept`")
        return cls(welcome.server, home.station, home.key)

    def now(self) -> datetime:
        """Return the time by the server's clock, as far as it had to tell."""
        return datetime.fromtimestamp(self._clock() + self._ahead, UTC)

    def send_journal(self, journal: Journal) -> JournalState:
        """Tell what will be sent; return how far the server knows the station's journal.

        Raises:
            ProblemError: `sequence-conflict`, `not-authorised`, `server-unreachable`, or what else the server says.
        """
        path = f"/v1/stations/{self._station}/journal"
        return parsed(JournalState, self.ask("POST", path, _JSON, journal.canonical_bytes()))

    def submit(self, manifest: Manifest) -> SignedReceipt:
        """Send the manifest of files that are all there; return the receipt, which is yet to be proved.

        Raises:
            ProblemError: as for `send_journal`.
        """
        path = f"/v1/submissions/{manifest.submission_id}"
        return parsed(SignedReceipt, self.ask("PUT", path, _JSON, manifest.canonical_bytes()))

    def advise(self, question: ScanQuestion) -> ScanAdvice:
        """Ask whether a paper has to be scanned.

        Raises:
            ProblemError: as for `send_journal`.
        """
        path = f"/v1/stations/{self._station}/questions"
        return parsed(ScanAdvice, self.ask("POST", path, _JSON, question.canonical_bytes()))

    def glance(self, jpeg: bytes) -> Glance:
        """Ask what is wrong with a page, by its preview.

        Raises:
            ProblemError: as for `send_journal`.
        """
        return parsed(Glance, self.ask("POST", "/v1/previews", {"Content-Type": "image/jpeg"}, jpeg))

    def legibility(self, submission_id: Sha256) -> Legibility:
        """Ask which pages of a submission should be scanned once more.

        Raises:
            ProblemError: as for `send_journal`.
        """
        return parsed(Legibility, self.ask("GET", f"/v1/submissions/{submission_id}/legibility", {}))

    def signing(self, request: SigningRequest) -> SigningWork:
        """Ask what waits for somebody's signature.

        Raises:
            ProblemError: as for `send_journal`.
        """
        path = f"/v1/stations/{self._station}/signing"
        return parsed(SigningWork, self.ask("POST", path, _JSON, request.canonical_bytes()))

    def sign(self, what: ToSign, signature: OfficerSignature) -> KeptSignature:
        """Hand over the signature of a copy.

        Raises:
            ProblemError: as for `send_journal`.
        """
        path = f"/v1/submissions/{what.submission_id}/signatures/{what.copy_sha256}"
        return parsed(KeptSignature, self.ask("PUT", path, _JSON, signature.canonical_bytes()))

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send one request; return its answer, a success.

        When the server says that the station's clock is wrong, its own is taken over and the request sent once more.

        Raises:
            ProblemError: `server-unreachable`, or a `RefusedError`.
        """
        try:
            return self._asked(method, path, headers, body)
        except RefusedError as refusal:
            if refusal.kind != STATION_CLOCK or not self._set_clock(refusal.answer):
                raise
        return self._asked(method, path, headers, body)

    def _asked(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        ours = {"Authorization": f"Bearer {self._token()}", "User-Agent": "sohoa-station"}
        if body is not None:
            ours["Content-Length"] = str(len(body))
        patience = _ANSWER_SECONDS + len(body or b"") / _SLOWEST_BYTES_PER_SECOND
        try:
            response = self._pool.request(
                method,
                self._server + path,
                body=None if body is None else self._in_blocks(body),
                headers=ours | dict(headers),
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=patience),
                redirect=False,  # a token goes to nobody else
                preload_content=False,
            )
            answer = Answer(response.status, response.headers, response.read(_LARGEST_ANSWER))
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SERVER_UNREACHABLE.error(type(error).__name__) from error
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise _refusal(answer)

    def _token(self) -> str:
        now = int(self._clock() + self._ahead)
        claims = {
            "iss": self._station,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA")

    def _in_blocks(self, body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), _BLOCK_BYTES):
            block = body[start : start + _BLOCK_BYTES]
            if self._pace is not None:
                self._pace.take(len(block))
            yield block

    def _set_clock(self, answer: Answer) -> bool:
        """Take over the server's clock; False if it does not tell."""
        try:
            told = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError):
            return False
        self._ahead = told.timestamp() - self._clock()
        return True


def _checked(server: str) -> str:
    parts = urlsplit(server)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise CONFIGURATION.error("the server's address is not of the form https://name:port")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise CONFIGURATION.error(
            "the server's address begins with http: who listens on the line would read the papers"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(answer: Answer) -> RefusedError:
    """Return what an answer that is no success says.

    An answer to HEAD has no body to name a problem in; of any other it means that it is not the intake that answers.
    """
    passes = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _PASSING
    try:
        told = json.loads(answer.body)
        problem = Problem.model_validate({name: told[name] for name in Problem.model_fields if name in told})
    except (ValueError, TypeError):
        problem = SERVER_UNREACHABLE.error(f"something else answers there, with status {answer.status}").problem
    slug = problem.type.rpartition(":")[2]
    unknown = Kind(slug, problem.title, problem.remedy, http_status=answer.status)
    kind = KINDS_BY_TYPE.get(problem.type, unknown)
    return RefusedError(kind._replace(transient=kind.transient or passes), problem, answer)


def parsed(kind: type[Told], answer: Answer) -> Told:
    """Return what a success says.

    Raises:
        ProblemError: `server-unreachable` if it is not the intake that says it.
    """
    try:
        return kind.model_validate_json(answer.body)
    except ValidationError as error:
        raise SERVER_UNREACHABLE.error(f"something else answers there: no {kind.__name__}") from error
