"""The route that answers as the national kho dữ liệu điện tử does: the provincial system points to it unchanged."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Security

from schemas.document_type import document_types, types_of
from schemas.field import Field
from schemas.kho import KhoAnswer, KhoFile, KhoRequest, KhoResult, KhoResults, WantedResult
from schemas.lookup import FoundRecord, Inquiry
from schemas.problem import CATALOG_MISSING, PURPOSE_UNFIT
from sohoa.api.clients import Client
from sohoa.api.lookups import FAILS, Desk
from sohoa.api.problems import described

_NUMBERS = ("number", "number_symbol")


def routes(desk: Desk, caller: Callable[..., Client], sign: Callable[[bytes], bytes]) -> APIRouter:
    """Return the route; *sign* signs for the agency, detached."""
    router = APIRouter(tags=["lookup"], responses=described(*FAILS))
    Asking = Annotated[Client, Security(caller, scopes=["lookup"])]  # noqa: N806 - a type
    agency = desk.house.settings.agency_name

    @router.post("/v1/kho/results", responses=described(PURPOSE_UNFIT, CATALOG_MISSING))
    def results(request: KhoRequest, client: Asking) -> KhoAnswer:
        """Ask as one asks the national kho: names and shape are its own. A lookup like any other."""
        asked = request.danh_sach_danh_muc_ket_qua
        types = types_of(each.ma_ket_qua for each in asked)
        found: tuple[FoundRecord, ...] = ()
        if types or not asked:
            inquiry = Inquiry(
                owner=request.so_dinh_danh_chu_so_huu,
                purpose=request.ma_thu_tuc,
                dossier_code=None,
                requester=request.so_dinh_danh_nguoi_yeu_cau,
                document_types=tuple(sorted(types)),
            )
            found = desk.answer(inquiry, client, datetime.now(UTC)).records
        known = (_result(each, agency) for each in found if each.reusable)
        result = KhoResults(
            danh_sach_giay_to_ket_qua=tuple(each for each in known if each is not None and _is_wanted(each, asked))
        )
        signature = b64encode(sign(result.canonical_bytes())).decode()
        return KhoAnswer(error_code=0, message="Thành công", signature=signature, result=result)

    return router


def _result(found: FoundRecord, agency: str) -> KhoResult | None:
    """Return a record as a result of the kho; None if papers of its type have no result code."""
    type_ = document_types().get(found.document_type or "")
    if type_ is None or type_.result_code is None:
        return None
    fields = (found.fields[name] for name in _NUMBERS if name in found.fields)
    files = (KhoFile(ten_tep=f"{found.record_id}.pdf", duong_dan=found.copy_url),) if found.copy_url else ()
    return KhoResult(
        ma_ket_qua=type_.result_code,
        ten_giay_to=type_.title,
        so_ky_hieu=next((str(field.value) for field in fields if _is_sure(field)), ""),
        co_quan_chu_quan=agency,
        danh_sach_tep_dinh_kem=files,
    )


def _is_sure(field: Field) -> bool:
    return field.accepted and field.value is not None


def _is_wanted(result: KhoResult, wanted: tuple[WantedResult, ...]) -> bool:
    return not wanted or any(
        each.ma_ket_qua == result.ma_ket_qua and each.so_ky_hieu.strip() in {"", result.so_ky_hieu} for each in wanted
    )
