"""What things are called on the pages: fields as their form prints them, and why each waits for a person."""

from collections.abc import Iterable
from typing import Final

from schemas.document_type import DocumentType
from schemas.linkage import Candidate, Comparison, Weight

_UNSURE: Final = "Đọc chưa chắc"
_FAILED: Final = "Không qua kiểm tra"
_DISAGREE: Final = "Các nguồn không khớp"
_MISSING: Final = "Thiếu mục bắt buộc"
_WHOLE: Final = "Cả giấy tờ"
_SIGNED: Final = "Chữ ký kèm theo"

_OF_WHOLE: Final = {
    "unknown:document_type": f"{_WHOLE}: chưa rõ loại, hãy chọn loại",
    "unsure:document_type": f"{_WHOLE}: chưa chắc đúng loại",
    "other:document_type": f"{_WHOLE}: trông như loại khác với dữ liệu đã nhập",
    "unsure:pages": f"{_WHOLE}: chưa chắc các trang này là của một giấy tờ",
    "unread:dossier_code": f"{_WHOLE}: không đọc được mã hồ sơ trên tờ phân cách",
    "other:dossier_code": f"{_WHOLE}: tờ phân cách ghi mã hồ sơ khác với điểm quét",
    "invalid:copy": f"{_SIGNED}: tệp đã bị sửa sau khi ký, hoặc chữ ký sai",
    "indeterminate:copy": f"{_SIGNED}: chưa xác minh được chữ ký",
    "shared:copy": f"{_WHOLE}: tệp đã ký sẵn chứa nhiều giấy tờ, ai xem bản này cũng thấy giấy của người khác",
    "unmatched:keyed_row": f"{_WHOLE}: tệp có nhiều giấy tờ, chưa rõ dữ liệu đã nhập là của giấy nào",
    "unconfirmed:keyed_row": f"{_DISAGREE}: trên giấy chưa thấy tên hay số nào xác nhận dữ liệu đã nhập",
    "regrouped:pages": "Chờ máy đọc lại: các trang của tệp đã được chia lại",
    "rescan:document": "Chờ quét lại: có người đã xin quét lại giấy này",
}
"""Reasons that are about the paper and not about one of its fields."""

CODES: Final = {
    "unsure": f"{_UNSURE}: hãy so với giấy",
    "unread": f"{_UNSURE}: có chữ ở đây nhưng máy không đọc được",
    "missing": f"{_MISSING}: máy không thấy mục này trên giấy",
    "improbable": f"{_UNSURE}: những giá trị như thế này hay bị đọc sai",
    "random_sample": "Kiểm tra ngẫu nhiên: máy thấy chắc, mục này được rút thăm để biết máy đúng đến đâu",
    "unmatched": "Chưa rõ chủ giấy tờ: giấy không ghi số định danh, cơ sở dữ liệu dân cư chưa chắc đây là ai",
    "second_person": "Cần người thứ hai: một người khác đã quyết định, hãy tự đọc giấy",
    "unreadable": "Chờ quét lại: không ai đọc được mục bắt buộc này",
    # What was read, and how it stands on the paper
    "all_read": f"{_UNSURE}: bên cạnh còn nét chữ chưa đọc",
    "printed": f"{_UNSURE}: trông như chữ viết tay",
    "page_legible": f"{_UNSURE}: trang này khó đọc, dấu thanh có thể sai",
    "unbroken": f"{_UNSURE}: giữa các chữ có khoảng trống, có thể sót chữ",
    "strokes": f"{_UNSURE}: nét gạch hoặc chữ chen vào chưa rõ",
    "whole": f"{_UNSURE}: có thể còn thiếu phần cuối",
    "clear_start": f"{_UNSURE}: phía trước có thể còn chữ",
    "number_alone": f"{_UNSURE}: phía trước số còn chữ khác",
    "untouched": f"{_UNSURE}: dấu hoặc chữ ký đè lên",
    "centred": f"{_UNSURE}: tên không nằm giữa khối ký",
    "aligned": f"{_UNSURE}: dòng chữ không thẳng hàng với mục này",
    "one_post": f"{_UNSURE}: có nhiều chức vụ trong khối ký",
    "deputy": f"{_UNSURE}: có thể là người ký thay",
    "usual_post": f"{_UNSURE}: chức vụ không thường gặp",
    "as_printed": f"{_UNSURE}: chữ đọc được hơi khác giá trị này",
    "figures": f"{_UNSURE}: chữ số bị đọc thành chữ cái",
    "date_digits": f"{_UNSURE}: ngày hoặc tháng có thể thiếu một chữ số",
    "filled_in": f"{_UNSURE}: phần điền vào câu mẫu không đứng ở chỗ nào khác để đối chiếu",
    "settled": f"{_UNSURE}: hai lần đọc khác nhau, máy chọn một",
    # What it says, against what can be
    "name_shape": f"{_FAILED}: không giống họ tên",
    "usual_name": f"{_FAILED}: họ hoặc tên hiếm gặp",
    "likelier_name": f"{_FAILED}: có một tên gần giống thường gặp hơn",
    "marks_in_capitals": f"{_FAILED}: dấu trên chữ hoa có thể đọc sai",
    "dots_of_i": f"{_FAILED}: dấu chấm của chữ i có thể bị đọc thành dấu hỏi",
    "syllables": f"{_FAILED}: có tiếng không phải tiếng Việt",
    "usual_words": f"{_FAILED}: có từ thường viết dấu khác",
    "punctuation": f"{_FAILED}: dấu câu chưa rõ",
    "known_place": f"{_FAILED}: địa danh gần giống một địa danh có thật",
    "province": f"{_FAILED}: không có tỉnh, thành phố này",
    "one_province": f"{_FAILED}: có hơn một tỉnh",
    "place_shape": f"{_FAILED}: không giống địa danh",
    "listed": f"{_FAILED}: không có trong danh mục",
    "usual_partial": f"{_FAILED}: chỉ có tháng hoặc năm",
    "full_date": f"{_FAILED}: ngày không đủ ngày, tháng, năm",
    "one_date": f"{_FAILED}: ở đây có nhiều ngày khác nhau",
    "twelve_digits": f"{_FAILED}: số định danh không có 12 chữ số",
    "identifier_structure": f"{_FAILED}: số định danh sai cấu trúc",
    "identifier": f"{_FAILED}: số định danh không khớp giới tính hoặc năm sinh",
    "order": f"{_FAILED}: thứ tự các ngày không hợp lý",
    "same_year": f"{_FAILED}: năm trong số khác năm của ngày",
    "row_number": f"{_FAILED}: số thứ tự của dòng không đúng",
    "total": f"{_FAILED}: các khoản cộng lại không bằng tổng",
    "keyed": f"{_FAILED}: dữ liệu đã nhập không phải là giá trị của mục này",
    "reviewed": f"{_UNSURE}: đã có người nói là không đọc được",
    # What several sources say
    "read_again": f"{_DISAGREE}: hai lần đọc cho kết quả khác nhau",
    "one_value": f"{_DISAGREE}: mục này đứng ở hai nơi với giá trị khác nhau",
    "in_words": f"{_DISAGREE}: phần ghi bằng số và bằng chữ khác nhau",
    "repeated": f"{_DISAGREE}: nơi khác trên giấy ghi khác",
    "print": f"{_DISAGREE}: chữ in khác với mã trên giấy",
    "qr": f"{_DISAGREE}: mã QR ghi khác",
    "mrz": f"{_DISAGREE}: dòng máy đọc (MRZ) ghi khác",
    "of_this_card": f"{_DISAGREE}: mã này có thể là của thẻ khác",
    "paper": f"{_DISAGREE}: giấy ghi khác với dữ liệu đã nhập",
}
"""By the code of a review reason: what came of reading, the check that failed, or what a decision left behind."""

_SUBJECTS: Final = {
    "document_type": "Loại giấy tờ",
    "document": "Cả giấy tờ",
    "pages": "Các trang",
    "dossier_code": "Mã hồ sơ",
    "copy": "Tệp gốc",
    "keyed_row": "Dữ liệu đã nhập",
}
"""What is decided about beside fields."""
_OWNERS: Final = {
    "owner": "Chủ giấy tờ",
    "child": "Chủ giấy tờ (con)",
    "husband": "Chủ giấy tờ (chồng)",
    "wife": "Chủ giấy tờ (vợ)",
    "deceased": "Chủ giấy tờ (người đã chết)",
    "beneficiary": "Chủ giấy tờ (người hưởng)",
}
"""Who an owner is, by their role; the value is their identifier."""
COMPARISONS: Final[dict[Comparison, str]] = {
    "name": "họ tên",
    "birth": "ngày sinh",
    "birth_year": "năm sinh",
    "sex": "giới tính",
    "mother": "tên mẹ",
    "father": "tên cha",
    "mother_birth": "năm sinh mẹ",
    "father_birth": "năm sinh cha",
    "place": "nơi chốn",
    "siblings": "anh chị em cũng có những điều này",
}
"""What was compared with the registry."""
AGREEMENTS: Final = {
    "exact": "giống hệt",
    "letters": "chỉ khác dấu",
    "parts": "thiếu đệm hoặc đổi thứ tự",
    "near": "khác một chữ cái",
    "day": "đúng ngày",
    "swapped": "đảo ngày và tháng",
    "same": "giống",
    "close": "lệch một năm",
    "commune": "cùng xã",
    "district": "cùng huyện",
    "province": "cùng tỉnh",
    "other": "khác",
}
"""How well that agreed, by level; what is `near` of a date is told beside it."""
_PARTS: Final = {
    "number_symbol": "Số, ký hiệu",
    "issue_date": "Ngày ban hành",
    "issue_place": "Nơi ban hành",
    "issuer_name": "Cơ quan ban hành",
    "document_kind": "Loại văn bản",
    "abstract": "Trích yếu",
    "signer_name": "Người ký",
    "signer_title": "Chức vụ người ký",
}
"""Fields that are known by their place in a letter and have no printed label (NĐ 30/2020 annex I)."""


def label(type_: DocumentType | None, name: str) -> str:
    """Return what a field is called; behind it whose it is, where a form has the same label for several people."""
    if type_ is not None and name in {owner.role for owner in type_.owners}:
        return _OWNERS.get(name, f"Chủ giấy tờ ({name})")
    if type_ is None or not (name in type_.fields or name.rsplit("_", 1)[0] in type_.fields):
        return _SUBJECTS.get(name, name)
    spec = type_.spec(name)
    printed = spec.labels[0] if spec.labels else _PARTS.get(spec.part or "", name)
    row = "" if name in type_.fields else f", dòng {name.rsplit('_', 1)[1]}"
    section = type_.sections.get(spec.section or "", ())
    return f"{printed}{row}" if not section or printed in section else f"{printed} ({min(section, key=len)}){row}"


def title(type_: DocumentType | None) -> str:
    """Return what a type of paper is called."""
    return type_.title if type_ else "Chưa rõ loại giấy tờ"


def described(candidate: Candidate) -> str:
    """Return what the registry says of somebody beside their name, and how likely it is that they are meant."""
    person = candidate.registered.person
    parents = (("mẹ", person.mother, person.mother_birth), ("cha", person.father, person.father_birth))
    parts = [
        f"sinh {'/'.join(reversed(person.birth.split('-')))}",
        *(f"{who} {name}{f' ({year})' if year else ''}" for who, name, year in parents if name),
        *person.places,
        f"khả năng {100 * candidate.probability:.1f}\u00a0%".replace(".", ","),
    ]
    return "; ".join(filter(None, parts))


def spoke(candidate: Candidate) -> str:
    """Return what speaks for somebody whom the registry knows, and against, in bits (docs/linkage.md)."""
    return ", ".join(_spoke(each) for each in candidate.weights)


def _spoke(weight: Weight) -> str:
    level = "sai ngày hoặc tháng" if (weight.comparison, weight.level) == ("birth", "near") else weight.level
    said = " ".join(filter(None, (COMPARISONS[weight.comparison], AGREEMENTS.get(level, level))))
    return f"{said} {weight.bits:+.1f}".replace(".", ",")


def why(reason: str) -> str:
    """Return what a review reason (`code:field`) says to a person."""
    code, _, _ = reason.partition(":")
    return _OF_WHOLE.get(reason) or CODES.get(code) or f"{_FAILED}: {code}"


def kinds(reasons: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of doubt that a record waits for, each once, in its order."""
    return tuple(dict.fromkeys(why(reason).partition(":")[0] for reason in reasons))
