"""What every request passes: its size, and the headers that keep personal data out of caches and frames."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from schemas.legibility import PREVIEW_BYTES
from schemas.problem import REQUEST_TOO_LARGE
from schemas.verdict import CHECKED_BYTES
from sohoa.api.problems import respond

UPLOADS = "/v1/uploads"
PREVIEWS = "/v1/previews"
TUS_VERSION = "1.0.0"
_LARGEST_BODY = 64 * 1024
_LARGER_BODIES = (
    ("/v1/stations/", 1024**2),
    ("/v1/submissions/", 1024**2),
    ("/v1/uploads/", 2**63),
    (PREVIEWS, PREVIEW_BYTES),
    ("/verify/claim", 1024),
    ("/verify/", CHECKED_BYTES),
)
"""Where more may be sent, and how much; what an upload may have left, the upload itself knows."""
_OVERRIDING = frozenset({"PATCH", "DELETE"})
"""What a client may mean although something on its way lets only POST through (tus, X-HTTP-Method-Override)."""

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
        meant = request.headers.get("x-http-method-override")
        if request.method == "POST" and meant in _OVERRIDING:
            request.scope["method"] = meant
        most = _most(request.url.path)
        response = await (_refuse(most) if _too_large(request, most) else call_next(request))
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)  # a page says itself what it may load
        if request.url.path.startswith(UPLOADS):
            response.headers["Tus-Resumable"] = TUS_VERSION
        return response


def _most(path: str) -> int:
    return next((most for prefix, most in _LARGER_BODIES if path.startswith(prefix)), _LARGEST_BODY)


def _too_large(request: Request, most: int) -> bool:
    length = request.headers.get("content-length")
    if length is None:
        return "transfer-encoding" in request.headers  # whoever sends something knows its length
    return not length.isdecimal() or int(length) > most


async def _refuse(most: int) -> Response:
    error = REQUEST_TOO_LARGE.error(f"at most {most} bytes, announced by Content-Length")
    return respond(error.kind, error.problem)
