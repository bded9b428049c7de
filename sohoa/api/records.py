"""The routes by which a record and its copy are opened, at the addresses that the answer to a lookup hands out."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from flows.house import House
from schemas.digest import sha256_hex
from schemas.lookup import Opens
from schemas.problem import INTEGRITY_MISMATCH, LINK_CLOSED, RANGE_UNSATISFIABLE, STORE_UNREACHABLE, TOO_MANY_REQUESTS
from schemas.record import Record, RecordId, SignedRecord
from sohoa.api.handing_out import Body, Wish, hand_out, wish
from sohoa.api.links import Links, closed
from sohoa.api.pace import Pace
from sohoa.api.problems import described
from storage.lookup import Opened, opened, write_down
from storage.port import ObjectMissingError
from storage.values import Sealed

_FAILS = (LINK_CLOSED, RANGE_UNSATISFIABLE, TOO_MANY_REQUESTS, INTEGRITY_MISMATCH, STORE_UNREACHABLE)
Found = TypeVar("Found")

_JSON = "application/json"
_PDF = "application/pdf"
_BYTES = {"schema": {"type": "string", "format": "binary"}}

Link = Annotated[str, Query(max_length=1000, description="As it stands in the address that a lookup's answer holds.")]
Asked = Annotated[Wish, Depends(wish)]


def routes(house: House, links: Links, pace: Pace) -> APIRouter:
    """Return the routes that open records of *house*; each opening is written down before it is answered."""
    router = APIRouter(tags=["record"], responses=described(*_FAILS))

    def found(opens: Opens, record_id: RecordId, link: str, now: datetime) -> Opened:
        lookup = links.opened(opens, record_id, link, now)
        known = opened(house.warehouse, house.audit.entry(*lookup), record_id)
        if known is None:
            raise closed()
        pace.take(known.asked.who)
        return known

    @router.head("/v1/records/{record_id}", response_class=Response, responses=_also(_JSON, 200))
    @router.get("/v1/records/{record_id}", response_model=SignedRecord, responses=_also(_JSON))
    def record(record_id: RecordId, asked: Asked, link: Link = "") -> Response:
        """Open a record: every field with its evidence, as the agency has signed it. HEAD opens nothing."""
        now = datetime.now(UTC)
        known = found("record", record_id, link, now)
        data = _signed(house.warehouse.record(record_id, known.record.version))
        body = Body(sha256_hex(data), len(data), _JSON, lambda: iter([data]))
        return hand_out(body, asked, lambda: write_down(house.audit, known, "record", now))

    @router.head("/v1/records/{record_id}/copy", response_class=Response, responses=_also(_PDF, 200))
    @router.get("/v1/records/{record_id}/copy", response_class=Response, responses=_also(_PDF, 200))
    def copy(record_id: RecordId, asked: Asked, link: Link = "") -> Response:
        """Open the signed copy of a paper. HEAD opens nothing: it says its size and hash."""
        now = datetime.now(UTC)
        known = found("copy", record_id, link, now)
        kept = known.record.copy_
        body = Body(
            kept.sha256,
            kept.size,
            _PDF,
            lambda: _kept(lambda: house.warehouse.copy(kept.sha256)),
            lambda: _kept(lambda: house.warehouse.copy_address(kept.sha256)),
        )
        return hand_out(body, asked, lambda: write_down(house.audit, known, "copy", now))

    return router


def _signed(sealed: Sealed[Record]) -> bytes:
    """Return a `SignedRecord` that holds the very bytes that were signed: a later version of us may write others."""
    return b'{"record":%b,"signature":"%b"}' % (sealed.data, b64encode(sealed.signature))


def _kept(found: Callable[[], Found]) -> Found:
    try:
        return found()
    except ObjectMissingError as error:
        raise INTEGRITY_MISMATCH.error("the copy is lost") from error


def _also(media_type: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how else such a route answers, for its description."""
    content: dict[str, Any] = {"content": {media_type: _BYTES}}
    known: dict[int | str, dict[str, Any]] = {
        307: {"description": "It is there, for a minute (where `store.public_url` is set)"},
        206: content | {"description": "The bytes that were asked for"},
        304: {"description": "You have it"},
    }
    return known | {status: content | {"description": "All of it"} for status in statuses}
