"""Reading what is sent: in pieces, with patience but not for ever, and only once it is known who sends it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import StringConstraints, ValidationError

from schemas.model import Value
from schemas.problem import REQUEST_SLOW

PIECE_BYTES = 256 * 1024
"""What is handed on at once."""
IDLE_SECONDS = 60.0
"""How long a line may be silent in the middle of a request."""

V = TypeVar("V", bound=Value)
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in an address."""


def takes(type_: type[Value]) -> dict[str, Any]:
    """Return what the description says of a body that is read by hand; `create_app` describes the type."""
    schema = {"$ref": f"#/components/schemas/{type_.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces of `PIECE_BYTES` and a last one.

    Raises:
        ProblemError: `request-slow` if the line is silent for too long.
        ClientDisconnect: if it is cut.
    """
    held = bytearray()
    stream = aiter(request.stream())
    while True:
        try:
            held += await asyncio.wait_for(anext(stream), IDLE_SECONDS)
        except StopAsyncIteration:
            break
        except TimeoutError as error:
            raise REQUEST_SLOW.error(f"nothing came for {IDLE_SECONDS:g} seconds") from error
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)


async def whole(request: Request) -> bytes:
    """Return the body; how large it may be, the caller has seen to. Errors as for `pieces`."""
    return b"".join([piece async for piece in pieces(request)])


async def value(request: Request, type_: type[V]) -> V:
    """Return the value that the body holds as JSON.

    Raises:
        RequestValidationError: which becomes `bad-request`, and repeats nothing; what `pieces` raises.
    """
    try:
        return type_.model_validate_json(await whole(request))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_context=False)) from error
