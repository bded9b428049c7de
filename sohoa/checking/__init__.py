"""The page for everybody: drop a PDF, and be told in plain words whether it is as it was signed. Nothing is kept."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.templating import Jinja2Templates

from flows.house import House
from flows.incoming import trust_lists
from pipeline.digitize import settled
from pipeline.seal.verify import verify_pdf_at
from pipeline.workers import Workers
from schemas.digest import sha256_hex
from schemas.problem import Exit, ProblemError
from schemas.verdict import CHECKED_BYTES, SignatureVerdict, worst
from storage import keys

_HERE = Path(__file__).parent
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_AT_ONCE = 2
"""Checks under way: whoever comes while there are more is asked to try again."""
_PAGES_MAY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_SECONDS = 60
"""How long a file may take to come."""


def create_checking(house: House) -> FastAPI:
    """Return the page over *house*, to be mounted beside the API: whoever reaches it may ask.

    Args:
        house: whom it trusts, and which files it keeps.
    """
    pages = FastAPI(openapi_url=None)
    templates = Jinja2Templates(_HERE / "templates")
    templates.env.filters["moment"] = _moment
    gate = asyncio.Semaphore(_AT_ONCE)

    def page(request: Request, name: str, status: int = HTTPStatus.OK, **facts: object) -> Response:
        shown = facts | {"root": request.scope["root_path"]}
        headers = {"Content-Security-Policy": _PAGES_MAY}
        return templates.TemplateResponse(request, name, shown, status_code=status, headers=headers)

    @pages.get("/")
    def ask(request: Request) -> Response:
        """Show where to drop a file."""
        return page(request, "ask.html", most=CHECKED_BYTES)

    @pages.post("/")
    async def check(request: Request) -> Response:
        """Say what a file is worth."""
        if gate.locked():
            return page(request, "busy.html", HTTPStatus.SERVICE_UNAVAILABLE)
        async with gate:
            try:
                pdf = await asyncio.wait_for(request.body(), _SECONDS)
            except TimeoutError:
                return page(request, "busy.html", HTTPStatus.REQUEST_TIMEOUT)
            found = await run_in_threadpool(_verdicts, house, pdf)
        if found is None:
            return page(request, "unreadable.html", HTTPStatus.UNPROCESSABLE_ENTITY)
        is_kept = house.store.stat(keys.file(sha256_hex(pdf))) is not None
        said = worst(each.verdict for each in found)
        return page(request, "answer.html", signatures=found, verdict=said, is_kept=is_kept)

    @pages.get("/checking.css")
    def style() -> Response:
        """Return how it looks."""
        return FileResponse(_HERE / "checking.css", media_type="text/css")

    @pages.get("/checking.js")
    def script() -> Response:
        """Return what sends the file."""
        return FileResponse(_HERE / "checking.js", media_type="text/javascript")

    return pages


def _verdicts(house: House, pdf: bytes) -> Sequence[SignatureVerdict] | None:
    """Return the verdicts on a stranger's file, judged by a process of its own; None if it cannot be read."""
    limits, lists = house.settings.limits, trust_lists(house.settings)
    trust = [pem for pems in lists.values() for pem in pems]
    with Workers(1, limits) as workers:
        path = workers.scratch / "file.pdf"
        path.write_bytes(pdf)
        task = workers.submit(verify_pdf_at, path, trust, datetime.now(UTC), seconds=limits.file_seconds)
        try:
            return settled(task, path.name)
        except ProblemError as error:
            if error.kind.exit_code is not Exit.REFUSED:
                raise
            return None


def _moment(moment: datetime | None) -> str:
    """Return a time as people in Vietnam write it."""
    return "không rõ" if moment is None else f"{moment.astimezone(_VIETNAM):%H:%M %d/%m/%Y}"
