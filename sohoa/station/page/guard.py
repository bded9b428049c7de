"""Who may see the clerk's page: a browser on this machine that was given the key, and nobody by way of another site.

A port of this machine can be reached by every user of it, and by every page that a browser here has open: under a
name that its owner points to 127.0.0.1 (DNS rebinding), or with forms that are sent from elsewhere (CSRF).
"""

import hmac
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with "no-referrer" browsers do not say where a form comes from
    "X-Content-Type-Options": "nosniff",
}
_NO_KEY = "Mở trang này bằng địa chỉ mà chương trình điểm quét đã hiện ra (sohoa station run --page)."


class Guard:
    """Stands before every route of the page."""

    def __init__(self, app: ASGIApp, *, port: int, key: str) -> None:
        self._app = app
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._cookie = f"sohoa-station-{port}"  # cookies know no ports
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("", HTTPStatus.MISDIRECTED_REQUEST)
        if self._is_key(request.query_params.get("key", "")):
            answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)  # the key does not stay in the address bar
            answer.set_cookie(self._cookie, self._key, httponly=True, samesite="strict")
            return answer
        if not self._is_key(request.cookies.get(self._cookie, "")):
            return PlainTextResponse(_NO_KEY, HTTPStatus.FORBIDDEN)
        if request.method == "POST" and request.headers.get("origin") not in {f"http://{host}" for host in self._hosts}:
            return PlainTextResponse("", HTTPStatus.FORBIDDEN)
        return None

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._key.encode())
