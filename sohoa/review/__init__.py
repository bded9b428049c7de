"""The reviewer's pages: the paper beside what was read of it, settled from the keyboard."""

import hmac
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import TypeAdapter, ValidationError
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from flows.house import House
from flows.keyring import Keyring
from flows.reviewing import decide
from pipeline.tools import poppler
from schemas.document_type import document_types
from schemas.field import Field
from schemas.page import Page
from schemas.problem import DECISION_UNFIT, RECORD_UNKNOWN, REVIEW_CONFLICT, REVIEW_NOT_WAITING, ProblemError
from schemas.record import Record, RecordId
from schemas.review import Act, Who, subjects, value_of
from sohoa.looking import write_down
from sohoa.reviewing import PURPOSE, decision_about, next_for, pass_of, take, waiting

_HERE = Path(__file__).parent
_DPI = 110
_MOST_FIELDS = 2000
_LONGEST_VERSION = 6
_PAGES_MAY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
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
    """As the form prints it."""
    value: str | int | None
    field: Field | None
    page: Page | None
    """Where it stands, if that is known; a photograph is shown as it is, so there no place is."""
    reasons: tuple[str, ...]


def create_review(house: House, token: str) -> FastAPI:  # noqa: C901, PLR0915 - one small function a route
    """Return the pages over *house*, to be mounted beside the API.

    Args:
        house: whose records wait.
        token: the secret that reviewers' passes are made of; nobody signs in with it.
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
    reviewing = Annotated[str, Depends(reviewer)]

    def proof(who: str) -> str:
        """Return what a form has to bring: another site's page can send one, but does not know this."""
        return hmac.digest(token.encode(), f"review form of {who}".encode(), "sha256").hex()

    def page(request: Request, name: str, status: int = HTTPStatus.OK, **facts: object) -> Response:
        shown = facts | {"root": request.scope["root_path"]}
        headers = {"Content-Security-Policy": _PAGES_MAY}
        return templates.TemplateResponse(request, name, shown, status_code=status, headers=headers)

    @pages.exception_handler(ProblemError)
    def problem(request: Request, error: ProblemError) -> Response:
        said = _SAID.get(error.kind, "Hệ thống chưa làm được việc này. Hãy thử lại sau.")
        return page(request, "problem.html", error.kind.http_status, said=said, slug=error.kind.slug)

    @pages.get("/")
    def queue(request: Request, after: RecordId | None = None) -> Response:
        """Show what waits and why."""
        return page(request, "queue.html", lines=waiting(house, after))

    @pages.get("/next")
    def next_one(request: Request, who: reviewing) -> Response:
        """Go to the first record that nobody else looks at."""
        found = next_for(house, who)
        where = f"/records/{found}" if found else "/"
        return RedirectResponse(request.scope["root_path"] + where, HTTPStatus.SEE_OTHER)

    @pages.get("/records/{record_id}")
    def one(request: Request, record_id: RecordId, who: reviewing) -> Response:
        """Show a record beside its paper."""
        record = take(house, record_id, who)
        lines = [_line(record, name) for name in subjects(record)]
        type_ = document_types().get(record.document_type or "")
        title = type_.title if type_ else "Chưa rõ loại giấy tờ"
        return page(request, "record.html", record=record, title=title, lines=lines, proof=proof(who))

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

    @pages.post("/records/{record_id}")
    def decided(
        request: Request, record_id: RecordId, who: reviewing, sent: Annotated[dict[str, str], Depends(form)]
    ) -> Response:
        """Take a decision, and go to the next record."""
        if not hmac.compare_digest(sent.get("proof", "").encode(), proof(who).encode()):
            raise HTTPException(HTTPStatus.FORBIDDEN, "Biểu mẫu không phải của trang này.")
        version = sent.get("version", "")
        if not (version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION):
            raise DECISION_UNFIT.error("the version that was seen is missing")
        seen = house.warehouse.record(record_id, int(version)).value
        said = [each for name in subjects(seen) if (each := _said(seen, name, sent)) is not None]
        decision = decision_about(seen, who, said, rescan="rescan" in sent, reason=sent.get("reason", "").strip())
        decide(house, Keyring.open(house.settings, datetime.now(UTC)), decision, lambda: datetime.now(UTC))
        return RedirectResponse(f"{request.scope['root_path']}/next", HTTPStatus.SEE_OTHER)

    @pages.get("/review.css")
    def style() -> Response:
        """Return how it looks."""
        return FileResponse(_HERE / "review.css", media_type="text/css")

    @pages.get("/review.js")
    def script() -> Response:
        """Return what the keys do."""
        return FileResponse(_HERE / "review.js", media_type="text/javascript")

    return pages


def _line(record: Record, name: str) -> _Line:
    field = record.fields.get(name)
    page = next((each for each in record.pages if field and field.box and each.number == field.page), None)
    if page is not None and page.corners is not None:
        page = None
    codes = tuple(code for code, _, about in (each.partition(":") for each in record.review_reasons) if about == name)
    type_ = document_types().get(record.document_type or "")
    labels = type_.spec(name).labels if type_ is not None and field is not None else ()
    return _Line(name, labels[0] if labels else name, value_of(record, name), field, page, codes)


def _said(record: Record, name: str, sent: dict[str, str]) -> tuple[str, Act, str] | None:
    """Return what a form says of one field, None if nothing was decided about it."""
    act, before = sent.get(f"act.{name}", ""), value_of(record, name)
    typed = sent.get(f"value.{name}", "").strip()
    if act == "unreadable":
        return name, "unreadable", ""
    if act != "confirm":
        return None
    same = name not in record.fields or typed == ("" if before is None else str(before))
    return (name, "confirm", "") if same else (name, "correct", typed)
