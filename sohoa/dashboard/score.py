"""The points of QĐ 766/QĐ-TTg in the browser, down to the dossiers that cost some."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Protocol

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from flows.house import House
from schemas.score import Share
from sohoa.scoring import dossiers_of, period_of, score_of, shares_by, wanting_of
from sohoa.workbook import MEDIA_TYPE, Cell, Sheet, workbook

_ON_A_PAGE = 200
_GROUPS = (("Đơn vị", "unit"), ("Thủ tục", "procedure"), ("Tháng", "month"))
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

    @router.get("/score.xlsx", response_class=Response)
    def table(first: _First = None, last: _Last = None, unit: str | None = None) -> Response:
        """Return the same tables as a file for Excel."""
        period = period_of(house, first, last, unit)
        dossiers = dossiers_of(house, period)
        lines = score_of(dossiers, period, house.settings.score).lines
        sheets = [
            Sheet(
                "Chỉ số",
                [
                    ("Số", "Chỉ số", "Đạt", "Tổng", "Tỷ lệ", "Điểm", "Tối đa"),
                    *((e.number, e.title, e.numerator, e.denominator, e.rate, e.points, e.most) for e in lines),
                ],
            ),
            *(Sheet(name, _shares(name, shares_by(dossiers, by))) for name, by in _GROUPS),
        ]
        named = {"Content-Disposition": 'attachment; filename="diem-so-hoa.xlsx"'}
        return Response(workbook(sheets), headers=named, media_type=MEDIA_TYPE)

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


def _shares(name: str, shares: Iterable[Share]) -> list[Sequence[Cell]]:
    header = (
        name,
        "Tiếp nhận",
        "Có số hóa",
        "Có tái sử dụng",
        "Từ kho DVCQG",
        "Đã giải quyết",
        "Kết quả đã số hóa",
    )
    return [
        header,
        *((e.name, e.received, e.digitised, e.reused, e.from_store, e.finished, e.with_result) for e in shares),
    ]


def points(number: float) -> str:
    """Return a number with two decimals, and a comma, as it is written in Vietnam."""
    return f"{number:.2f}".replace(".", ",")
