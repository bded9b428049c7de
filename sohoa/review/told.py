"""Why a field says what it says, in a reviewer's words: what `sohoa record explain` tells, beside the field."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.explanation import explain_field
from schemas.record import Record
from schemas.review import Decision
from schemas.vietnam import TIME_ZONE
from sohoa.review.words import CODES

CHECKS: Final = {
    "aligned": "các dòng thẳng hàng, không sót chữ",
    "all_read": "bên cạnh không còn nét nào chưa đọc",
    "as_printed": "đọc đúng từng chữ một giá trị thường gặp",
    "centred": "nằm giữa, đúng chỗ của dòng này",
    "clear_start": "trước ngày tháng không còn chữ nào",
    "date_digits": "ngày và tháng in đủ hai chữ số",
    "deputy": "người ký thay (KT.) là cấp phó",
    "dots_of_i": "không chữ nào giống chữ i mất dấu chấm",
    "figures": "các chữ số của ngày tháng đọc ra chữ số",
    "filled_in": "phần điền vào câu mẫu đọc hai lần như nhau",
    "full_date": "in đủ ngày, tháng, năm",
    "identifier": "khớp giới tính và năm sinh trong số định danh",
    "identifier_structure": "đúng cấu trúc số định danh cá nhân",
    "in_words": "khớp phần viết bằng chữ",
    "keyed": "giá trị nhập tay hợp lệ",
    "known_place": "địa danh có thật",
    "likelier_name": "không có tên nào vừa giống vừa thường gặp hơn",
    "listed": "là một giá trị thường gặp",
    "marks_in_capitals": "dấu trên chữ in hoa rõ ràng",
    "mrz": "vùng đọc máy (MRZ) ghi như vậy",
    "name_shape": "có dạng tên người",
    "number_alone": "trước số không còn chữ nào",
    "of_this_card": "mã là của chính thẻ này",
    "one_date": "ở đây chỉ có một ngày tháng",
    "one_post": "ở đây chỉ có một chức vụ",
    "one_province": "chỉ nêu một tỉnh",
    "one_value": "nhãn này chỉ có một giá trị",
    "order": "thứ tự các ngày hợp lý",
    "page_legible": "trang đọc rõ, ít từ vô nghĩa",
    "paper": "giấy không ghi khác giá trị đã nhập",
    "place_shape": "có dạng địa danh",
    "print": "chữ in không khác mã",
    "printed": "chữ in, không phải viết tay",
    "province": "tỉnh có thật",
    "punctuation": "dấu chấm, dấu phẩy đúng chỗ",
    "qr": "mã QR ghi như vậy",
    "read_again": "đọc lần hai ra như vậy",
    "repeated": "một mục khác cũng ghi như vậy",
    "reviewed": "đã có người xem",
    "row_number": "số thứ tự các dòng liên tục",
    "same_year": "số kết thúc bằng năm của ngày",
    "settled": "trong hai cách đọc chỉ cách này in ra được",
    "strokes": "không mất nét nào",
    "syllables": "tiếng nào cũng có trong tiếng Việt",
    "total": "các phần cộng lại bằng tổng",
    "twelve_digits": "đủ mười hai chữ số",
    "unbroken": "các chữ liền nhau, không sót ở giữa",
    "untouched": "không có gì chạm vào chữ",
    "usual_name": "tên gồm các tiếng thường gặp",
    "usual_partial": "in đủ ngày, tháng, năm (người cao tuổi có khi chỉ có năm)",
    "usual_post": "chức vụ thường gặp",
    "usual_words": "gồm các từ thường gặp",
    "whole": "đủ, không thiếu đầu hay cuối",
}
"""What each check says when it passed: the names of `schemas.explanation.CHECKS`."""
_SOURCES: Final = {
    "first reading": "Lần đọc đầu",
    "second reading": "Lần đọc hai",
    "other reading": "Cách đọc khác",
    "print": "Chữ in",
    "paper": "Trên giấy",
    "QR code": "Mã QR",
    "machine-readable zone": "Vùng đọc máy",
}
_ACTS: Final = {"confirm": "đã xác nhận", "correct": "đã sửa", "unreadable": "không đọc được"}


def told(record: Record, name: str, decisions: Iterable[Decision]) -> Iterator[str]:
    """Yield what was read for a field, the checks it passed and did not pass, and who decided about it.

    What they decided is not told: whoever comes second reads for themselves.
    """
    field = explain_field(record, name, decisions)
    for candidate in field.candidates:
        yield f"{_SOURCES[candidate.source]}: “{candidate.text}”"
    for check in field.checks:
        said = CHECKS.get(check.name, check.name) if check.passed else CODES.get(check.name, check.name)
        yield f"{'✓' if check.passed else '✗'} {said}"
    for word in field.decisions:
        yield f"{word.who.partition(':')[2]} {_ACTS[word.act]}, {word.at.astimezone(TIME_ZONE):%d/%m/%Y %H:%M}"
