"""The clerk's page: dossiers, their pages and their light, in a browser on the station's own machine."""

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from schemas.problem import DOSSIER_NOT_READY, DOSSIER_UNKNOWN, ProblemError
from schemas.settings import Settings
from schemas.submission import DossierCode, ProcedureCode
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home
from sohoa.station.light import State
from sohoa.station.page.guard import Guard

_HERE = Path(__file__).parent
_LARGEST_FORM = 16 * 1024
_RECENT = 20
"""How many dossiers are listed of those that are safe there."""
_MOST_PAGES = 9999
_SIGNS = {State.SCANNING: "…", State.SAFE_HERE: "▣", State.SAFE_THERE: "✔", State.NEEDS_YOU: "!"}
"""Beside words and colours: nobody has to see colours."""
_CODE: TypeAdapter[str] = TypeAdapter(DossierCode)
_PROCEDURE: TypeAdapter[str] = TypeAdapter(ProcedureCode)

Form = Mapping[str, str]


class WrongEntryError(Exception):
    """Something that was typed in cannot be; the message says in Vietnamese what."""


@contextmanager
def serving(home: Home, settings: Settings, port: int = 0) -> Iterator[str]:
    """Serve the page on this machine alone; yield the address that lets a browser in.

    Args:
        home: of the station.
        settings: of the station.
        port: 0: any that is free.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.create_server(("127.0.0.1", port))
    port = int(listener.getsockname()[1])
    key = secrets.token_urlsafe(24)
    app = create_page(home, settings, port, key)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="page", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?key={key}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def create_page(home: Home, settings: Settings, port: int, key: str) -> Starlette:
    """Return the page of the station that lives in *home*.

    Args:
        home: of the station.
        settings: of the station.
        port: where it is served; requests for any other host are none of ours.
        key: what a browser has to know.
    """
    desk = _Desk(home, settings)
    routes = [
        Route("/", desk.current),
        Route("/dossiers/{number:int}", desk.dossier),
        Route("/dossiers/{number:int}/scans/{scan:int}/{page:int}.jpg", desk.picture),
        Route("/open", desk.act(_open), methods=["POST"]),
        *(Route(f"/dossiers/{{number:int}}/{name}", desk.act(act), methods=["POST"]) for name, act in _ACTS.items()),
        *(Route(f"/{name}", _static(name)) for name in ("page.css", "page.js")),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, port=port, key=key)])


class _Desk:
    """What is shown, and what is done about it; one ledger a request, for requests come in threads."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._templates = Jinja2Templates(_HERE / "templates")
        self._templates.env.globals.update(sign=_SIGNS, State=State)
        self._templates.env.filters["moment"] = _moment

    def current(self, request: Request) -> Response:
        """Show the dossier that pages belong to now."""
        dossiers = self._dossiers()
        number = next((each.number for each in dossiers.every_status(received=0) if each.is_current), None)
        return self._shown(request, dossiers, number)

    def dossier(self, request: Request) -> Response:
        """Show one dossier."""
        return self._shown(request, self._dossiers(), request.path_params["number"])

    def picture(self, request: Request) -> Response:
        """Show a page of an open dossier, as small as a preview."""
        where = request.path_params
        try:
            jpeg = self._dossiers().picture(where["number"], where["scan"], where["page"])
        except ProblemError:
            jpeg = None
        return Response(jpeg, media_type="image/jpeg") if jpeg else Response(status_code=404)

    def act(self, act: "Act") -> Callable[[Request], Any]:
        """Return the route that does something and then shows what became of it."""

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(self._done, request, act, await _form(request))

        return answer

    def _done(self, request: Request, act: "Act", form: Form) -> Response:
        dossiers = self._dossiers()
        number = request.path_params.get("number", 0)
        try:
            shown = act(dossiers, number, form, self._settings)
        except (ProblemError, WrongEntryError) as error:
            known = number if dossiers.has(number) else None
            return self._shown(request, dossiers, known, wrong=_words(error), typed=form, status=422)
        return RedirectResponse(f"/dossiers/{shown}", status_code=303)

    def _shown(
        self,
        request: Request,
        dossiers: Dossiers,
        number: int | None,
        *,
        wrong: str = "",
        typed: Form | None = None,
        status: int = 200,
    ) -> Response:
        if number is not None and not dossiers.has(number):
            wrong, number, status = _words(DOSSIER_UNKNOWN.error("")), None, 404
        facts = {
            "station": self._home.request,
            "scanned_by": self._settings.scanned_by,
            "shown": None if number is None else dossiers.status(number),
            "scans": () if number is None else dossiers.scans(number),
            "every": list(dossiers.every_status(received=_RECENT)),
            "complaints": dossiers.complaints(),
            "wrong": wrong,
            "typed": typed or {},
        }
        name = "live.html" if "live" in request.query_params else "page.html"
        return self._templates.TemplateResponse(request, name, facts, status_code=status)

    def _dossiers(self) -> Dossiers:
        return Dossiers(self._home, self._settings)


Act = Callable[[Dossiers, int, Form, Settings], int]
"""Does what a form asks for with a dossier; returns the number of the one to show."""


def _open(dossiers: Dossiers, _number: int, form: Form, _settings: Settings) -> int:
    code = _checked(_CODE, form.get("code", ""), "Mã hồ sơ không đúng. Ví dụ: H40.12-260331-0007")
    procedure = form.get("procedure", "").strip()
    if procedure:
        procedure = _checked(_PROCEDURE, procedure, "Mã thủ tục không đúng. Ví dụ: 1.001193")
    return dossiers.open(code, procedure=procedure or None, declared=_count(form)).number


def _assign(dossiers: Dossiers, number: int, form: Form, _settings: Settings) -> int:
    code = _checked(_CODE, form.get("code", ""), "Mã hồ sơ không đúng. Ví dụ: H40.12-260331-0007")
    return dossiers.assign(number, code).number


def _remove(dossiers: Dossiers, number: int, form: Form, _settings: Settings) -> int:
    dossiers.remove(number, _position(form, "position"))
    return number


def _rescan(dossiers: Dossiers, number: int, form: Form, _settings: Settings) -> int:
    dossiers.rescan(number, _position(form, "position"))
    return number


def _move(dossiers: Dossiers, number: int, form: Form, _settings: Settings) -> int:
    dossiers.move(number, _position(form, "position"), _position(form, "to"))
    return number


def _next_paper(dossiers: Dossiers, number: int, _form: Form, _settings: Settings) -> int:
    dossiers.next_paper(number)
    return number


def _close(dossiers: Dossiers, number: int, form: Form, settings: Settings) -> int:
    count = _count(form)
    if count is not None and dossiers.status(number).sequence is None:
        dossiers.declare(number, count)
    dossiers.close(number, scanned_by=settings.scanned_by)
    return number


_ACTS: Mapping[str, Act] = {
    "assign": _assign,
    "remove": _remove,
    "rescan": _rescan,
    "move": _move,
    "paper": _next_paper,
    "close": _close,
}


def _checked(kind: TypeAdapter[str], text: str, wrong: str) -> str:
    try:
        return kind.validate_python(text.strip())
    except ValidationError as error:
        raise WrongEntryError(wrong) from error


def _count(form: Form) -> int | None:
    """Return how many pages of paper were counted; None if nothing was typed in."""
    text = form.get("pages", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:5]) <= _MOST_PAGES):
        raise WrongEntryError(f"Số trang giấy là một số từ 1 đến {_MOST_PAGES}.")
    return int(text)


def _position(form: Form, name: str) -> int:
    text = form.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 6):  # noqa: PLR2004 - no dossier has that many
        raise WrongEntryError("Không rõ trang nào.")
    return int(text)


def _words(error: Exception) -> str:
    """Return what went wrong as a clerk reads it."""
    match error:
        case ProblemError(kind=kind) if kind is DOSSIER_NOT_READY:
            return f"Chưa gửi được. {error.problem.detail}."
        case ProblemError(kind=kind) if kind is DOSSIER_UNKNOWN:
            return "Hồ sơ hoặc trang này không còn ở đây, hoặc hồ sơ đã đóng."
        case ProblemError():
            return f"Không làm được ({error.kind.slug}). Gọi người quản trị."
    return str(error)


async def _form(request: Request) -> Form:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _static(name: str) -> Callable[[Request], Response]:
    def file(_request: Request) -> Response:
        return FileResponse(_HERE / name)

    return file


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%H:%M %d/%m}"
