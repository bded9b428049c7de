"""What every request passes: its size, and the headers that keep personal data out of caches and frames."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from schemas.problem import REQUEST_TOO_LARGE
from sohoa.api.problems import respond

_LARGEST_BODY = 64 * 1024

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def install(app: FastAPI) -> None:
    """Guard every route of *app*."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await (_refuse() if _too_large(request) else call_next(request))
        response.headers.update(_HEADERS)
        return response


def _too_large(request: Request) -> bool:
    length = request.headers.get("content-length")
    if length is None:
        return "transfer-encoding" in request.headers  # a lookup is short: its length is known
    return not length.isdecimal() or int(length) > _LARGEST_BODY


async def _refuse() -> Response:
    error = REQUEST_TOO_LARGE.error(f"at most {_LARGEST_BODY} bytes, announced by Content-Length")
    return respond(error.kind, error.problem)
