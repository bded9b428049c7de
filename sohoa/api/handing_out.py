"""Handing bytes out over HTTP: strong entity tags and byte ranges (RFC 9110 sections 13 and 14)."""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from itertools import chain
from typing import Annotated, NamedTuple

from fastapi import Header, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from schemas.digest import Sha256
from schemas.problem import RANGE_UNSATISFIABLE, ProblemError
from sohoa.api.problems import respond

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Body(NamedTuple):
    """What may be handed out."""

    sha256: Sha256
    size: int
    media_type: str
    pieces: Callable[[], Iterator[bytes]]
    """Reads all of it, and raises in the place of the last piece if it is not what it should be."""
    address: Callable[[], str | None] = lambda: None
    """Returns where it can be fetched for a while, None if it is handed out here."""


class Wish(NamedTuple):
    """How a caller wants it."""

    if_none_match: str | None = None
    range: str | None = None
    if_range: str | None = None
    only_head: bool = False


def wish(
    request: Request,
    if_none_match: Annotated[str | None, Header()] = None,
    range_: Annotated[str | None, Header(alias="Range")] = None,
    if_range: Annotated[str | None, Header()] = None,
) -> Wish:
    """Return what the headers of a request say of it."""
    only_head = request.method == "HEAD"
    return Wish(if_none_match, None if only_head else range_, if_range, only_head)  # a range is of GET (section 14.2)


def hand_out(body: Body, asked: Wish, write_down: Callable[[], None]) -> Response:
    """Return the answer with *body*, or a part of it, or none of it for a caller who has it or asks what there is.

    Args:
        body: what they may have.
        asked: how they want it.
        write_down: called before anything is handed out, once it is known that it can be.
    """
    tag = f'"{body.sha256}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    if _has_it(asked.if_none_match, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if asked.only_head:
        return Response(headers=headers | {"Content-Length": str(body.size)}, media_type=body.media_type)
    address = body.address()
    if address is not None:
        write_down()
        return RedirectResponse(address, HTTPStatus.TEMPORARY_REDIRECT)  # whoever follows it asks there for a range
    try:
        some = wanted(asked.range, body.size) if asked.if_range in {None, tag} else None
    except ProblemError as error:
        refused = respond(error.kind, error.problem)
        refused.headers["Content-Range"] = f"bytes */{body.size}"
        return refused
    bytes_ = range(body.size) if some is None else some
    pieces = part(body.pieces(), bytes_)
    first = next(pieces)
    write_down()
    headers["Content-Length"] = str(len(bytes_))
    if some is not None:
        headers["Content-Range"] = f"bytes {some.start}-{some.stop - 1}/{body.size}"
    status = HTTPStatus.OK if some is None else HTTPStatus.PARTIAL_CONTENT
    if len(first) == len(bytes_):  # no need to come back for more, piece by piece
        return Response(first, status, headers, body.media_type)
    return StreamingResponse(chain([first], pieces), status, headers, body.media_type)


def _has_it(if_none_match: str | None, tag: str) -> bool:
    return if_none_match is not None and (if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match))


def wanted(header: str | None, size: int) -> range | None:
    """Return which of *size* bytes are wanted; None: all of them, as for several ranges at once and what is no range.

    Raises:
        ProblemError: `range-unsatisfiable`.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        some = range(max(size - int(last), 0), size)
    elif last and int(last) < int(first):
        return None
    else:
        some = range(int(first), min(int(last or size) + 1, size))
    if not some:
        raise RANGE_UNSATISFIABLE.error(f"there are {size} bytes")
    return some


def part(pieces: Iterator[bytes], bytes_: range) -> Iterator[bytes]:
    """Yield those bytes of *pieces*, the last of them only when all pieces came, for that checks them."""
    at, held = 0, b""
    for piece in pieces:
        cut = piece[max(bytes_.start - at, 0) : max(bytes_.stop - at, 0)]
        at += len(piece)
        if cut and held:
            yield held
        held = cut or held
    yield held
