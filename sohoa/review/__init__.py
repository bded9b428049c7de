"""The reviewer's pages: the paper beside what was read of it, settled from the keyboard."""

import hmac
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import StringConstraints, TypeAdapter, ValidationError
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from flows.house import House
from flows.keyring import Keyring
from flows.matching import candidates, matcher_or_none
from flows.regrouping import papers_of, regroup
from flows.reviewing import decide
from flows.snippets import key_in
from pipeline.tools import poppler
from schemas.document_type import DocumentType, document_types
from schemas.field import Field
from schemas.linkage import Candidate
from schemas.page import Page
from schemas.problem import (
    DECISION_UNFIT,
    RECORD_UNKNOWN,
    REGISTRY_UNREACHABLE,
    REVIEW_CONFLICT,
    REVIEW_NOT_WAITING,
    ProblemError,
)
from schemas.record import Record, RecordId
from schemas.review import TYPE, Act, Who, owner_called, subjects, value_of
from schemas.vietnam import as_written
from sohoa.looking import write_down
from sohoa.review import search
from sohoa.review.suggest import names
from sohoa.review.told import told
from sohoa.review.words import described, kinds, label, spoke, title, why
from sohoa.reviewing import (
    PAGE,
    PURPOSE,
    decision_about,
    hold,
    next_for,
    parse_papers,
    pass_of,
    progress,
    release,
    take,
    waiting,
    waits_for_paper,
    written,
)
from sohoa.snippets import answered, crop, keying_of, snippet_for

_HERE = Path(__file__).parent
_DPI = 150
_MOST_FIELDS = 2000
_LONGEST_VERSION = 6
_LONGEST_CODE = 64
_PAGES_MAY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_Static = Literal["review.css", "review.js", "send.js", "snippet.js", "suggest.js"]
_Ticket = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_SAID = {
    REVIEW_CONFLICT: "Người khác đã quyết định trước. Quyết định của bạn chưa được lưu; hãy xem lại.",
    REVIEW_NOT_WAITING: "Bản ghi này không còn chờ rà soát.",
    DECISION_UNFIT: "Chưa lưu: có giá trị không hợp lệ, hoặc chưa quyết định gì.",
    RECORD_UNKNOWN: "Không có bản ghi này.",
}
_basic = HTTPBasic(auto_error=False, realm="Sohoa", description="Your own name and your pass (`sohoa review pass`).")
_who = TypeAdapter(Who)


class _Line(NamedTuple):
    """What is to be decided about one field."""

    name: str
    label: str
    kind: str
    """Of value, `""` where it is no field."""
    value: str | int | None
    field: Field | None
    page: Page | None
    """Where it stands, if that is known; a photograph is shown as it is, so there no place is."""
    reasons: tuple[str, ...]
    owner: bool
    """Whether it is no field: the identifier of an owner, whom the paper names without one."""


def create_review(house: House, token: str, wake: Callable[[], None] = lambda: None) -> FastAPI:  # noqa: C901, PLR0915 - one small function a route
    """Return the pages over *house*, to be mounted beside the API.

    Args:
        house: whose records wait.
        token: the secret that reviewers' passes are made of; nobody signs in with it.
        wake: called when a file is to be read again; must come back at once. Without it the worker finds it.
    """

    def reviewer(given: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> str:
        try:
            if given is not None and hmac.compare_digest(
                given.password.encode(), pass_of(given.username, token).encode()
            ):
                return _who.validate_python(f"web:{given.username}")
        except ValidationError:
            pass
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "Tên là tên của bạn, mật khẩu là mã riêng mà người quản trị cấp cho bạn.",
            {"WWW-Authenticate": 'Basic realm="Sohoa", charset="UTF-8"'},
        )

    pages = FastAPI(dependencies=[Depends(reviewer)], openapi_url=None)
    templates = Jinja2Templates(_HERE / "templates")
    templates.env.filters |= {
        "kinds": kinds,
        "described": described,
        "spoke": spoke,
        "moment": as_written,
        "titled": _titled,
    }
    reviewing = Annotated[str, Depends(reviewer)]

    def proof(who: str) -> str:
        """Return what a form has to bring: another site's page can send one, but does not know this."""
        return hmac.digest(token.encode(), f"review form of {who}".encode(), "sha256").hex()

    def check_proof(sent: dict[str, str], who: str) -> None:
        if not hmac.compare_digest(sent.get("proof", "").encode(), proof(who).encode()):
            raise HTTPException(HTTPStatus.FORBIDDEN, "Biểu mẫu không phải của trang này.")

    def page(request: Request, name: str, status: int = HTTPStatus.OK, **facts: object) -> Response:
        shown = facts | {"root": request.scope["root_path"]}
        headers = {"Content-Security-Policy": _PAGES_MAY}
        return templates.TemplateResponse(request, name, shown, status_code=status, headers=headers)

    @pages.exception_handler(ProblemError)
    def problem(request: Request, error: ProblemError) -> Response:
        said = _SAID.get(error.kind, "Hệ thống chưa làm được việc này. Hãy thử lại sau.")
        return page(request, "problem.html", error.kind.http_status, said=said, slug=error.kind.slug)

    @pages.get("/")
    def queue(request: Request, who: reviewing, after: RecordId | None = None) -> Response:
        """Show what waits and why."""
        return page(
            request, "queue.html", lines=waiting(house, after), progress=progress(house, who, datetime.now(UTC))
        )

    @pages.get("/dossiers")
    def dossier(request: Request, code: str = "", after: RecordId | None = None) -> Response:
        """Show the records of a dossier, whatever became of them."""
        lines = house.catalog.of_dossier(code.strip(), PAGE, after) if len(code) <= _LONGEST_CODE else ()
        return page(request, "dossier.html", code=code.strip(), lines=lines)

    @pages.get("/next")
    def next_one(request: Request, who: reviewing) -> Response:
        """Go to the first record that nobody else looks at."""
        found = next_for(house, who)
        where = f"/records/{found}" if found else "/"
        return RedirectResponse(request.scope["root_path"] + where, HTTPStatus.SEE_OTHER)

    @pages.get("/records/{record_id}")
    def one(request: Request, record_id: RecordId, who: reviewing) -> Response:
        """Show a record beside its paper."""
        record, is_theirs = take(house, record_id, who), hold(house, record_id, who)
        type_ = document_types().get(record.document_type or "")
        lines = [_line(record, type_, name) for name in _as_on_the_form(record, type_)]
        others = house.catalog.of_dossier(record.dossier_code, PAGE) if record.dossier_code else ()
        papers = papers_of(house, record)
        decisions = house.reviews.of(record_id) if record.version > 1 else ()
        facts: dict[str, Any] = {
            "title": title(type_),
            "proof": proof(who),
            "progress": progress(house, who, datetime.now(UTC)),
            "elsewhere": not is_theirs,
            "waits_for_paper": waits_for_paper(record.review_reasons),
            "types": document_types(),
            "others": [each for each in others if each.record_id != record_id],
            "papers": papers if sum(len(each.pages) for each in papers) > 1 else (),
            "written": written(papers),
            "candidates": _candidates(house, record),
            "told": {name: tuple(told(record, name, decisions)) for name in record.fields},
        }
        return page(request, "record.html", record=record, lines=lines, **facts)

    @pages.get("/records/{record_id}/pages/{number}")
    def picture(record_id: RecordId, number: int, who: reviewing) -> Response:
        """Return a page of the copy as a picture."""
        record = house.warehouse.record(record_id).value
        numbers = [each.number for each in record.pages]
        if number not in numbers:
            raise HTTPException(HTTPStatus.NOT_FOUND, "Không có trang này.")
        write_down(house, "copy", PURPOSE, record, who)
        in_copy = number if record.copy_.original else numbers.index(number) + 1
        with TemporaryDirectory(prefix="sohoa-") as folder:
            path = Path(folder) / "copy.pdf"
            path.write_bytes(b"".join(house.warehouse.copy(record.copy_.sha256)))
            jpeg = poppler.picture(path, in_copy, dpi=_DPI, seconds=house.settings.limits.page_seconds)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})

    async def form(request: Request) -> dict[str, str]:
        try:
            return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            raise DECISION_UNFIT.error(f"a form has at most {_MOST_FIELDS} fields") from error

    def sent_form(who: reviewing, sent: Annotated[dict[str, str], Depends(form)]) -> dict[str, str]:
        check_proof(sent, who)
        return sent

    pages.include_router(search.routes(house, reviewer, sent_form, page, proof))

    @pages.post("/records/{record_id}")
    def decided(
        request: Request, record_id: RecordId, who: reviewing, sent: Annotated[dict[str, str], Depends(form)]
    ) -> Response:
        """Take a decision, and go to the next record."""
        check_proof(sent, who)
        version = sent.get("version", "")
        if not (version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION):
            raise DECISION_UNFIT.error("the version that was seen is missing")
        seen, now = house.warehouse.record(record_id, int(version)).value, datetime.now(UTC)
        keyring, onwards = Keyring.open(house.settings, now), f"{request.scope['root_path']}/next"
        if sent.get("papers", "").strip() not in {"", written(papers_of(house, seen))}:
            regroup(house, keyring, seen, parse_papers(sent["papers"]), who, lambda: datetime.now(UTC))
            wake()
            return RedirectResponse(onwards, HTTPStatus.SEE_OTHER)
        decision = decision_about(
            seen,
            who,
            _all_said(seen, sent),
            rescan="rescan" in sent,
            no_rescan="no_rescan" in sent,
            replaced_by=filter(None, [sent.get("replaced_by")]),
            reason=sent.get("reason", "").strip(),
        )
        decide(house, keyring, decision, lambda: datetime.now(UTC))
        release(house, record_id, who)  # a second person need not wait
        return RedirectResponse(onwards, HTTPStatus.SEE_OTHER)

    @pages.get("/snippets")
    def snippet(request: Request, who: reviewing) -> Response:
        """Show a place on some paper, and nothing that says whose it is."""
        found = snippet_for(house, who)
        if found is None:
            return page(request, "snippet.html", snippet=None)
        name, type_ = found.snippet.field, document_types().get(found.record.document_type or "")
        return page(
            request,
            "snippet.html",
            snippet=found.snippet,
            proof=proof(who),
            label=label(type_, name),
            kind=type_.spec(name).kind if type_ else "",
            title=title(type_),
        )

    @pages.get("/snippets/{ticket}.jpg")
    def snippet_picture(ticket: _Ticket, who: reviewing) -> Response:
        """Return the picture of a snippet that this person has."""
        found = snippet_for(house, who)
        if found is None or found.snippet.ticket != ticket:
            raise HTTPException(HTTPStatus.NOT_FOUND, "Không có ảnh này.")
        return Response(crop(house, found), media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})

    @pages.post("/snippets")
    def keyed(request: Request, who: reviewing, sent: Annotated[dict[str, str], Depends(form)]) -> Response:
        """Take what somebody typed of a snippet, and go to the next one."""
        check_proof(sent, who)
        now = datetime.now(UTC)
        keying = keying_of(
            house, who, sent.get("ticket", ""), None if "unreadable" in sent else sent.get("value", ""), now
        )
        key_in(house, Keyring.open(house.settings, now), keying, lambda: datetime.now(UTC))
        answered(house, sent.get("ticket", ""), keying)
        return RedirectResponse(f"{request.scope['root_path']}/snippets", HTTPStatus.SEE_OTHER)

    @pages.get("/names.json")
    def lexicon() -> Response:
        """Return what may be suggested, by kind of field."""
        return JSONResponse(names(), headers={"Cache-Control": "private, max-age=3600"})

    @pages.get("/static/{name}")
    def static(name: _Static) -> Response:
        """Return how it looks, or what the keys do."""
        return FileResponse(_HERE / "static" / name)

    return pages


def _as_on_the_form(record: Record, type_: DocumentType | None) -> list[str]:
    """Return what is to be decided about: the paper as a whole first, then its fields in the order of the form."""
    order = {name: at for at, name in enumerate(type_.fields if type_ else ())}
    return sorted(subjects(record), key=lambda name: order.get(name, len(order) if name in record.fields else -1))


def _line(record: Record, type_: DocumentType | None, name: str) -> _Line:
    field = record.fields.get(name)
    page = next((each for each in record.pages if field and field.box and each.number == field.page), None)
    if page is not None and page.corners is not None:
        page = None
    reasons = tuple(why(each) for each in record.review_reasons if each.partition(":")[2] == name)
    kind = type_.spec(name).kind if type_ is not None and field is not None else ""
    is_owner = owner_called(record, name) is not None
    return _Line(name, label(type_, name), kind, _shown(record, name), field, page, reasons, is_owner)


def _candidates(house: House, record: Record) -> dict[str, tuple[Candidate, ...]]:
    """Return who may be meant by owners who are not known; nobody while the registry does not answer."""
    asked = {role for role in subjects(record) if owner_called(record, role) is not None}
    matcher = matcher_or_none(house) if asked else None
    if matcher is None:
        return {}
    try:
        with closing(matcher):
            return candidates(matcher, record)
    except ProblemError as error:
        if error.kind != REGISTRY_UNREACHABLE:
            raise
        return {}


def _titled(code: str | None) -> str:
    return title(document_types().get(code or ""))


def _shown(record: Record, name: str) -> str | int | None:
    value = value_of(record, name)
    return _titled(str(value)) if name == "document_type" and value else value


def _all_said(record: Record, sent: dict[str, str]) -> list[tuple[str, Act, str]]:
    """Return what a form says of the fields; of a paper of another type, or that was replaced, nothing but that."""
    if sent.get("type"):
        return [(TYPE, "correct", sent["type"])]
    said = (_said(record, name, sent) for name in subjects(record))
    return [] if sent.get("replaced_by") else [each for each in said if each is not None]


def _said(record: Record, name: str, sent: dict[str, str]) -> tuple[str, Act, str] | None:
    """Return what a form says of one field, None if nothing was decided about it."""
    act, before = sent.get(f"act.{name}", ""), value_of(record, name)
    typed = sent.get(f"value.{name}", "").strip()
    if act == "unreadable":
        return name, "unreadable", ""
    if act != "confirm":
        return None
    fixed = name not in record.fields and owner_called(record, name) is None
    same = fixed or typed == ("" if before is None else str(before))
    return (name, "confirm", "") if same else (name, "correct", typed)
