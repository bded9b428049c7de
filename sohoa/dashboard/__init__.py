"""The operators' pages: what has come from which station, and by name what has not (TT 01/2023/TT-VPCP art. 8)."""

import hmac
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.templating import Jinja2Templates

from flows.house import House
from schemas.problem import ProblemError
from schemas.station import Enrolment
from schemas.submission import StationId
from schemas.vietnam import as_written
from sohoa.dashboard.desk import DAYS, overlook
from sohoa.dashboard.score import points, score_pages
from storage.catalog import Arrivals
from storage.gaps import gaps

_HERE = Path(__file__).parent
_NOTHING = Arrivals(announced=0, missing=0, last_received_at=None)
_PAGES_MAY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
_Static = Literal["dashboard.css", "dashboard.js"]
_basic = HTTPBasic(auto_error=False, realm="Sohoa", description="Any name, and the API's token for a password.")


class StationLine(NamedTuple):
    """One station in the list."""

    enrolment: Enrolment
    arrivals: Arrivals
    drafted: int
    """Submissions whose copies wait for the signature of the person who scanned."""


def create_dashboard(house: House, token: str) -> FastAPI:
    """Return the pages over *house*, to be mounted beside the API.

    Args:
        house: what they are about.
        token: what an operator's browser asks for as a password.
    """

    def operator(given: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> None:
        if given is None or not hmac.compare_digest(given.password.encode(), token.encode()):
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED,
                "Mật khẩu là mã truy cập (token) của API.",
                {"WWW-Authenticate": 'Basic realm="Sohoa", charset="UTF-8"'},
            )

    pages = FastAPI(dependencies=[Depends(operator)], openapi_url=None)

    @pages.exception_handler(ProblemError)
    def problem(_request: Request, error: ProblemError) -> Response:
        return PlainTextResponse(str(error), error.kind.http_status)

    templates = Jinja2Templates(_HERE / "templates")
    templates.env.filters["moment"] = as_written
    templates.env.filters["points"] = points

    def page(request: Request, name: str, **facts: object) -> Response:
        shown = facts | {"now": datetime.now(UTC), "root": request.scope["root_path"]}
        return templates.TemplateResponse(request, name, shown, headers={"Content-Security-Policy": _PAGES_MAY})

    @pages.get("/")
    def stations(request: Request) -> Response:
        """Show every station, those of which most is missing first."""
        arrivals = house.catalog.arrivals()
        drafted = {station: each.drafted for station, each in house.catalog.received().items()}
        lines = [
            StationLine(each, arrivals.get(each.request.station, _NOTHING), drafted.get(each.request.station, 0))
            for each in house.stations.all()
        ]
        return page(request, "stations.html", lines=sorted(lines, key=_most_wanting_first))

    @pages.get("/stations/{station}")
    def station(request: Request, station: StationId) -> Response:
        """Show what is missing of a station, by name, and what was not taken as it came."""
        enrolment = house.stations.last(station)
        if enrolment is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "Không có điểm quét này.")
        missing = gaps(house.inbox, house.journals, house.quarantine, house.catalog, station)
        refused = sorted(house.quarantine.of(station), key=lambda what: what.at, reverse=True)
        return page(request, "station.html", enrolment=enrolment, missing=list(missing), refused=refused)

    pages.include_router(score_pages(house, page))

    @pages.get("/desk")
    def review_desk(request: Request) -> Response:
        """Show how much waits for reviewers and since when, and what they settle a day."""
        now = datetime.now(UTC)
        settled = house.catalog.queue.throughput(now - timedelta(days=DAYS))
        return page(request, "desk.html", desk=overlook(house.catalog.queue.backlog(), settled, now))

    @pages.get("/{name}")
    def static(name: _Static) -> Response:
        """Return how a page looks, or what keeps it up to date."""
        return FileResponse(_HERE / name)

    return pages


def _most_wanting_first(line: StationLine) -> tuple[int, str, StationId]:
    return -line.arrivals.missing, line.arrivals.last_received_at or "", line.enrolment.request.station
