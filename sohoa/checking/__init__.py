"""The page for everybody: drop a PDF, or scan the QR code of a printed copy, and be told plainly what it is worth.

Nothing is kept. What a code says comes after `#` in the address, so it is in nobody's log.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.templating import Jinja2Templates

from flows.claims import judge_claim
from flows.house import House
from flows.incoming import trust_lists
from flows.keyring import trusted_roots
from pipeline.digitize import settled
from pipeline.seal.claim import CLAIM_CHARACTERS
from pipeline.seal.printed import claims_on
from pipeline.seal.verify import verify_pdf_at
from pipeline.workers import Workers
from schemas.claim import ClaimVerdict
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
_HEADER_WITHIN = 1024
"""Bytes at the beginning of a file in which a PDF says that it is one (ISO 32000-1, annex H.3, note 13)."""
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
            found = await run_in_threadpool(_checked, house, pdf)
        if found.signatures is None:
            return page(request, "unreadable.html", HTTPStatus.UNPROCESSABLE_ENTITY)
        if not found.signatures and (found.claims or not _is_pdf(pdf)):
            return page(request, "claims.html", claims=found.claims)
        said = worst(each.verdict for each in found.signatures)
        return page(request, "answer.html", verdict=said, **found._asdict())

    @pages.post("/claim")
    async def claim(request: Request) -> Response:
        """Say what the claim in a QR code is worth."""
        text = (await request.body())[: CLAIM_CHARACTERS + 1].decode(errors="replace")
        found = await run_in_threadpool(_judged, house, (text,))
        return page(request, "claims.html", claims=found)

    _add_looks(pages)
    return pages


def _add_looks(pages: FastAPI) -> None:
    @pages.get("/checking.css")
    def style() -> Response:
        """Return how it looks."""
        return FileResponse(_HERE / "checking.css", media_type="text/css")

    @pages.get("/checking.js")
    def script() -> Response:
        """Return what sends the file or the claim."""
        return FileResponse(_HERE / "checking.js", media_type="text/javascript")


class _Checked(NamedTuple):
    """What was found on a file; `signatures` is None if it cannot be read."""

    signatures: Sequence[SignatureVerdict] | None
    claims: Sequence[ClaimVerdict] = ()
    is_kept: bool = False
    """Whether the warehouse has the very same file."""


def _checked(house: House, data: bytes) -> _Checked:
    """Return what a stranger's file comes to, judged by a process of its own.

    Who drops a PDF that nobody has signed may have scanned a printed copy: then its QR code is looked for. So it is on
    a signed copy that is kept here, for it names the record, and that tells what became of it.
    """
    is_kept = house.store.stat(keys.file(sha256_hex(data))) is not None
    limits, lists = house.settings.limits, trust_lists(house.settings)
    trust = [pem for pems in lists.values() for pem in pems]
    with Workers(1, limits) as workers:
        path = workers.scratch / "file"
        path.write_bytes(data)
        submit = partial(workers.submit, seconds=limits.file_seconds)
        try:
            found: Sequence[SignatureVerdict] = ()
            if _is_pdf(data):
                found = settled(submit(verify_pdf_at, path, trust, datetime.now(UTC)), path.name)
            texts = () if found and not is_kept else settled(submit(claims_on, path, limits), path.name)
            return _Checked(found, _judged(house, texts), is_kept)
        except ProblemError as error:
            if error.kind.exit_code is not Exit.REFUSED:
                raise
            return _Checked(None)


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:_HEADER_WITHIN]


def _judged(house: House, texts: Sequence[str]) -> tuple[ClaimVerdict, ...]:
    roots, now = trusted_roots(house.settings), datetime.now(UTC)
    return tuple(judge_claim(text, house.claims, house.warehouse, roots, now) for text in texts)


def _moment(moment: datetime | None) -> str:
    """Return a time as people in Vietnam write it."""
    return "không rõ" if moment is None else f"{moment.astimezone(_VIETNAM):%H:%M %d/%m/%Y}"
