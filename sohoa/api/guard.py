"""What every request passes: its size, and the headers that keep personal data out of caches and frames."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    app.add_middleware(_Guard)


@dataclass(frozen=True, slots=True)
class _Guard:
    """Passes messages on as they are: whoever wraps a route as a function has its bytes copied from task to task."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, path = Headers(scope=scope), scope["path"]
        meant = asked.get("x-http-method-override")
        if scope["method"] == "POST" and meant in _OVERRIDING:
            scope["method"] = meant

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    told.setdefault(name, value)  # a page says itself what it may load
                if path.startswith(UPLOADS):
                    told["Tus-Resumable"] = TUS_VERSION
            await send(message)

        most = _most(path)
        app = _refusal(most) if _too_large(asked, most) else self.app
        await app(scope, receive, guarded_send)


def _most(path: str) -> int:
    return next((most for prefix, most in _LARGER_BODIES if path.startswith(prefix)), _LARGEST_BODY)


def _too_large(asked: Headers, most: int) -> bool:
    length = asked.get("content-length")
    if length is None:
        return "transfer-encoding" in asked  # whoever sends something knows its length
    return not length.isdecimal() or int(length) > most


def _refusal(most: int) -> Response:
    error = REQUEST_TOO_LARGE.error(f"at most {most} bytes, announced by Content-Length")
    return respond(error.kind, error.problem)
