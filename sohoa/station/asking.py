"""Asking before scanning: what the warehouse has already need not be scanned (NĐ 45/2020, TT 01/2023 art. 4)."""

from typing import Final, NamedTuple

from schemas.document_type import document_types
from schemas.identifier import PersonalIdentifier
from schemas.submission import DocumentTypeCode, ScanReason
from sohoa.station.client import Intake
from sohoa.station.dossiers import Dossiers
from sohoa.station.home import Home

_KEPT: Final = "already_in_db"
REASONS: dict[ScanReason, str] = {
    "already_in_db": "đã có trong kho, dùng lại được",
    "already_electronic": "đã nộp bản điện tử",
    "present_only": "chỉ xuất trình để đối chiếu",
    "internal_opinion": "ý kiến thẩm định, phối hợp nội bộ",
    "photocopy_submitted": "nộp bản chụp hoặc bản sao",
    "secret": "tài liệu mật",
    "in_scope_a": "quét: kết quả của thủ tục trước",
    "in_scope_b": "quét: pháp luật chuyên ngành yêu cầu",
    "in_scope_c": "quét: tỉnh công bố phải số hóa",
    "in_scope_d": "quét: người nộp đề nghị",
}
"""How a clerk reads them."""


class Answer(NamedTuple):
    """What the server said about a paper."""

    scan: bool
    """Whether it has to be scanned."""
    said: str
    """The same in Vietnamese."""


def ask(
    home: Home, dossiers: Dossiers, number: int, owner: PersonalIdentifier, document_type: DocumentTypeCode
) -> Answer:
    """Ask the server whether *owner*'s paper of this type has to be scanned.

    When it need not be, that is kept as the decision about this type; when it has to be after all, it is taken back.

    Raises:
        ProblemError: `station-not-enrolled`; `dossier-unknown` or `dossier-not-ready`; `server-unreachable`: then it
            is scanned as ever.
    """
    question = dossiers.question(number, owner, document_type)
    advice = Intake.of(home).advise(question)
    title = title_of(document_type)
    if advice.reusable:
        dossiers.decide(number, document_type, _KEPT)
        return Answer(scan=False, said=f"Kho đã có {title} dùng lại được: không cần quét.")
    dossiers.take_back(number, document_type, _KEPT)
    return Answer(scan=True, said=f"Kho chưa có {title} dùng lại được: cần quét.")


def title_of(document_type: DocumentTypeCode) -> str:
    """Return how people call a type of paper."""
    known = document_types().get(document_type)
    return known.title if known else document_type
