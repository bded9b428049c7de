"""The clerk's page: dossiers, their pages and their light, in a browser on the station's own machine."""

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, TypeVar
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

from schemas.document_type import document_types
from schemas.identifier import PersonalIdentifier
from schemas.problem import DOSSIER_NOT_READY, DOSSIER_UNKNOWN, SERVER_UNREACHABLE, ProblemError
from schemas.settings import Settings
from schemas.submission import DocumentTypeCode, DossierCode, ProcedureCode, ScanReason
from sohoa.station import asking
from sohoa.station.dossiers import Dossiers, SettledReason
from sohoa.station.home import Home
from sohoa.station.light import State
from sohoa.station.page.guard import Guard
from sohoa.station.signing import Signing

_HERE = Path(__file__).parent
_LARGEST_FORM = 16 * 1024
_RECENT = 20
"""How many dossiers are listed of those that are safe there."""
_MOST_PAGES = 9999
_SIGNS = {State.SCANNING: "…", State.SAFE_HERE: "▣", State.SAFE_THERE: "✔", State.NEEDS_YOU: "!"}
"""Beside words and colours: nobody has to see colours."""
_CODE: TypeAdapter[str] = TypeAdapter(DossierCode)
_PROCEDURE: TypeAdapter[str] = TypeAdapter(ProcedureCode)
_TYPE: TypeAdapter[str] = TypeAdapter(DocumentTypeCode)
_REASON: TypeAdapter[ScanReason] = TypeAdapter(ScanReason)
_SETTLED: TypeAdapter[SettledReason] = TypeAdapter(SettledReason)

T = TypeVar("T")

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
        self._templates.env.globals.update(
            sign=_SIGNS, reasons=asking.REASONS, types=document_types(), title=asking.title_of
        )
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
            done = act(_Station(self._home, dossiers, self._settings), number, form)
        except (ProblemError, WrongEntryError) as error:
            known = number if dossiers.has(number) else None
            return self._shown(request, dossiers, known, wrong=_words(error), typed=form, status=422)
        if isinstance(done, str):
            return self._shown(request, dossiers, number, said=done)
        return RedirectResponse(f"/dossiers/{done}", status_code=303)

    def _shown(
        self,
        request: Request,
        dossiers: Dossiers,
        number: int | None,
        *,
        wrong: str = "",
        said: str = "",
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
            "signing": Signing(self._home).notices(),
            "decisions": () if number is None else dossiers.decisions(number),
            "wrong": wrong,
            "said": said,
            "typed": typed or {},
        }
        name = "live.html" if "live" in request.query_params else "page.html"
        return self._templates.TemplateResponse(request, name, facts, status_code=status)

    def _dossiers(self) -> Dossiers:
        return Dossiers(self._home, self._settings)


class _Station(NamedTuple):
    """What acts are done with."""

    home: Home
    dossiers: Dossiers
    settings: Settings


Act = Callable[[_Station, int, Form], int | str]
"""Does what a form asks for with a dossier; returns the number of the one to show, or what to say in Vietnamese."""


def _open(station: _Station, _number: int, form: Form) -> int:
    code = _checked(_CODE, form.get("code", ""), "Mã hồ sơ không đúng. Ví dụ: H40.12-260331-0007")
    procedure = form.get("procedure", "").strip()
    if procedure:
        procedure = _checked(_PROCEDURE, procedure, "Mã thủ tục không đúng. Ví dụ: 1.001193")
    return station.dossiers.open(code, procedure=procedure or None, declared=_count(form)).number


def _assign(station: _Station, number: int, form: Form) -> int:
    code = _checked(_CODE, form.get("code", ""), "Mã hồ sơ không đúng. Ví dụ: H40.12-260331-0007")
    return station.dossiers.assign(number, code).number


def _remove(station: _Station, number: int, form: Form) -> int:
    station.dossiers.remove(number, _position(form, "position"))
    return number


def _rescan(station: _Station, number: int, form: Form) -> int:
    station.dossiers.rescan(number, _position(form, "position"))
    return number


def _move(station: _Station, number: int, form: Form) -> int:
    station.dossiers.move(number, _position(form, "position"), _position(form, "to"))
    return number


def _next_paper(station: _Station, number: int, _form: Form) -> int:
    station.dossiers.next_paper(number)
    return number


def _close(station: _Station, number: int, form: Form) -> int:
    count = _count(form)
    if count is not None and station.dossiers.status(number).sequence is None:
        station.dossiers.declare(number, count)
    station.dossiers.close(number, scanned_by=station.settings.scanned_by)
    return number


def _ask(station: _Station, number: int, form: Form) -> str:
    try:
        owner = PersonalIdentifier.parse(form.get("owner", ""))
    except ValueError as error:
        raise WrongEntryError("Số định danh có 12 chữ số.") from error
    return asking.ask(station.home, station.dossiers, number, owner, _type(form)).said


def _decide(station: _Station, number: int, form: Form) -> int:
    reason = _checked(_REASON, form.get("reason", ""), "Chọn lý do.")
    station.dossiers.decide(number, _type(form), reason)
    return number


def _settle(station: _Station, number: int, form: Form) -> int:
    station.dossiers.settle(number, _checked(_SETTLED, form.get("reason", ""), "Chọn việc đã làm."))
    return number


def _type(form: Form) -> str:
    return _checked(_TYPE, form.get("type", ""), "Chọn loại giấy tờ.")


_ACTS: Mapping[str, Act] = {
    "assign": _assign,
    "remove": _remove,
    "rescan": _rescan,
    "move": _move,
    "paper": _next_paper,
    "close": _close,
    "ask": _ask,
    "decide": _decide,
    "settle": _settle,
}


def _checked(kind: TypeAdapter[T], text: str, wrong: str) -> T:
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
            return f"Chưa làm được. {error.problem.detail}."
        case ProblemError(kind=kind) if kind is DOSSIER_UNKNOWN:
            return "Hồ sơ hoặc trang này không còn ở đây, hoặc hồ sơ đã đóng."
        case ProblemError(kind=kind) if kind is SERVER_UNREACHABLE:
            return "Không liên lạc được với máy chủ, nên không hỏi kho được: cứ quét như thường."
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
