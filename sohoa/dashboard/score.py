"""The points of QĐ 766/QĐ-TTg in the browser, down to the dossiers that cost some."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from flows.house import House
from sohoa.scoring import dossiers_of, period_of, score_of, shares_by, wanting_of

_ON_A_PAGE = 200
_First = Annotated[str | None, Query(alias="from")]
_Last = Annotated[str | None, Query(alias="to")]


class Page(Protocol):
    """Makes a page of a template."""

    def __call__(self, request: Request, name: str, **facts: object) -> Response:
        """Return the page."""


def score_pages(house: House, page: Page) -> APIRouter:
    """Return the pages over *house*."""
    router = APIRouter()

    @router.get("/score")
    def score(
        request: Request,
        first: _First = None,
        last: _Last = None,
        unit: str | None = None,
    ) -> Response:
        """Show the points of QĐ 766/QĐ-TTg, and what each unit and procedure has done."""
        period = period_of(house, first, last, unit)
        dossiers = dossiers_of(house, period)
        facts: dict[str, object] = {"period": period, "units": shares_by(dossiers, "unit")}
        facts |= {"procedures": shares_by(dossiers, "procedure"), "months": shares_by(dossiers, "month")}
        return page(request, "score.html", told=score_of(dossiers, period, house.settings.score), **facts)

    @router.get("/score/{number}")
    def wanting(
        request: Request,
        number: str,
        first: _First = None,
        last: _Last = None,
        unit: str | None = None,
        after: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        """Show the dossiers that cost points of an indicator, some at a time."""
        period = period_of(house, first, last, unit)
        found = wanting_of(house, dossiers_of(house, period), number)
        shown = found[after : after + _ON_A_PAGE]
        following = after + _ON_A_PAGE if len(found) > after + _ON_A_PAGE else None
        facts: dict[str, object] = {"period": period, "number": number, "count": len(found), "following": following}
        return page(request, "wanting.html", lines=shown, **facts)

    return router


def points(number: float) -> str:
    """Return a number with two decimals, and a comma, as it is written in Vietnam."""
    return f"{number:.2f}".replace(".", ",")
