"""The look-up of the national kho dữ liệu điện tử: its shape, name for name, so that who asks it can ask us as well."""

from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints
from pydantic import Field as Constraint
from pydantic.alias_generators import to_pascal

from schemas.document_type import ResultCode
from schemas.identifier import PersonalIdentifier
from schemas.model import Value
from schemas.submission import ProcedureCode

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Named(Value):
    """Its names are Vietnamese words without marks, written as one."""

    model_config = ConfigDict(alias_generator=to_pascal, serialize_by_alias=True, validate_by_name=True)


class WantedResult(_Named):
    """One result that is asked for."""

    ma_ket_qua: ResultCode
    so_ky_hieu: str = Constraint(default="", max_length=100)
    """Its number and symbol; empty: whichever."""


class KhoRequest(_Named):
    """Whose results, asked for by whom, in which channel, for which procedure."""

    so_dinh_danh_chu_so_huu: PersonalIdentifier
    ho_ten_nguoi_yeu_cau: Name
    so_dinh_danh_nguoi_yeu_cau: PersonalIdentifier
    kenh_thuc_hien: Literal["1", "2"]
    """`2`: a citizen online; `1`: elsewhere."""
    ma_thu_tuc: ProcedureCode
    danh_sach_danh_muc_ket_qua: tuple[WantedResult, ...] = Constraint(default=(), max_length=50)
    """Empty: all that the procedure needs."""


class KhoFile(_Named):
    """A file of a result."""

    ten_tep: str
    duong_dan: str
    """A path below the address of this API, which opens it for five minutes."""


class KhoResult(_Named):
    """A result that is there and can be reused."""

    ma_ket_qua: str
    ten_giay_to: str
    so_ky_hieu: str
    co_quan_chu_quan: str
    danh_sach_tep_dinh_kem: tuple[KhoFile, ...]


class KhoResults(_Named):
    """What was found."""

    danh_sach_giay_to_ket_qua: tuple[KhoResult, ...]


class KhoAnswer(Value):
    """The envelope."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    error_code: int = Constraint(alias="errorCode")
    message: str
    signature: str
    """CMS of the agency, detached, DER in Base64, over the canonical bytes (RFC 8785) of `result`."""
    result: KhoResults
