"""A client of the lookup API: typed values in and out, and a `ProblemError` for whatever the API refuses.

It imports `schemas` alone (and httpx), so that it can be taken along wherever they go. docs/integration.md shows it.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import ValidationError

from schemas.amending import AmendmentAnswer, AmendmentRequest
from schemas.audit import OnceOnlyReceipt
from schemas.digest import sha256_hex
from schemas.dossier import ComponentsAnswer, ComponentsRequest
from schemas.lookup import AuditId, FoundRecord, LookupAnswer, LookupRequest
from schemas.model import Value
from schemas.problem import (
    CHECKSUM_MISMATCH,
    INTERNAL,
    KINDS_BY_TYPE,
    LINK_CLOSED,
    SERVER_UNREACHABLE,
    Kind,
    Problem,
    ProblemError,
)
from schemas.record import RecordId, SignedRecord

V = TypeVar("V", bound=Value)

_SECONDS = 30.0
_TRIES = 4
_LONGEST_WAIT_SECONDS = 60


class Client:
    """One system that asks. Safe for many threads; closed when its `with` block ends."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        seconds: float = _SECONDS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Ask the API at *address*.

        Args:
            address: without a path, such as `https://sohoa.example.vn`.
            token: the bearer token of this system.
            seconds: how long one answer may take.
            sleep: waits when the API says that the next request comes too early.
        """
        self._http = httpx.Client(base_url=address, timeout=seconds, follow_redirects=True)  # copies may be elsewhere
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def look_up(self, request: LookupRequest) -> LookupAnswer:
        """Ask for an owner's records.

        Raises:
            ProblemError: what the API says; `server-unreachable` if it says nothing.
        """
        return self._post("/v1/lookups", request, LookupAnswer)

    def components(self, request: ComponentsRequest) -> ComponentsAnswer:
        """Ask which components of a dossier are there already; errors as for `look_up`."""
        return self._post("/v1/lookups/components", request, ComponentsAnswer)

    def receipt(self, audit_id: AuditId) -> OnceOnlyReceipt:
        """Fetch the once-only receipt of a lookup; errors as for `look_up`, `receipt-pending` for a minute or so."""
        return _read(self._send("GET", f"/v1/lookups/{audit_id}/receipt", self._bearer), OnceOnlyReceipt)

    def amend(self, record_id: RecordId, request: AmendmentRequest) -> AmendmentAnswer:
        """Have something done to a record after the fact; errors as for `look_up`, `amendment-unfit` among them."""
        return self._post(f"/v1/records/{record_id}/amendments", request, AmendmentAnswer)

    def record(self, found: FoundRecord) -> SignedRecord:
        """Open a record that was found; errors as for `look_up`, `link-closed` if it was not opened to this system."""
        return _read(self._send("GET", _open(found.record_url)), SignedRecord)

    def copy(self, found: FoundRecord) -> bytes:
        """Return the signed copy of a record that was found, once it has the hash that the lookup named.

        Raises:
            ProblemError: as for `record`; `checksum-mismatch` if it has another one.
        """
        data = self._send("GET", _open(found.copy_url)).content
        if sha256_hex(data) != found.copy_sha256:
            raise CHECKSUM_MISMATCH.error("the copy is not the one that was found")
        return data

    def _post(self, path: str, request: Value, type_: type[V]) -> V:
        headers = self._bearer | {"Content-Type": "application/json"}
        return _read(self._send("POST", path, headers, request.model_dump_json().encode()), type_)

    def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> httpx.Response:
        """Return an answer that is no problem; wait and ask again where the API says that it was asked too fast."""
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = self._http.request(method, path, headers=headers, content=content)
            except httpx.HTTPError as error:
                raise SERVER_UNREACHABLE.error(f"{type(error).__name__}: no answer came") from error
            wait = answer.headers.get("Retry-After", "")
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS or not wait.isdecimal() or not tries_left:
                break
            self._sleep(min(int(wait), _LONGEST_WAIT_SECONDS))
        if answer.is_success:
            return answer
        raise _refusal(answer)


def _open(url: str | None) -> str:
    if url is None:
        raise LINK_CLOSED.error("the answer to the lookup has no address for it")
    return url


def _read(answer: httpx.Response, type_: type[V]) -> V:
    try:
        return type_.model_validate_json(answer.content)
    except ValidationError as error:
        raise SERVER_UNREACHABLE.error(
            f"what answers is no API of Sohoa, or a newer one: no {type_.__name__}"
        ) from error


def _refusal(answer: httpx.Response) -> ProblemError:
    """Return what the API says went wrong; a kind that this version does not know keeps its own words."""
    try:
        said = answer.json()
        problem = Problem.model_validate({name: said.get(name) for name in Problem.model_fields})
    except (ValueError, AttributeError):
        return SERVER_UNREACHABLE.error(f"what answers is no API of Sohoa: status {answer.status_code}")
    kind = KINDS_BY_TYPE.get(problem.type) or Kind(
        problem.type.rpartition(":")[2], problem.title, problem.remedy, INTERNAL.exit_code, answer.status_code
    )
    return ProblemError(kind, problem)
