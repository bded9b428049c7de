"""What a clerk reads about a page that should be scanned once more."""

from collections.abc import Iterable

from schemas.legibility import Fault

WORDS: dict[Fault, str] = {
    "low_dpi": "độ phân giải thấp (cần ít nhất 200 dpi)",
    "blurred": "bị mờ",
    "faint": "quá nhạt",
    "cut_off": "bị mất chữ ở mép",
    "skewed": "bị nghiêng nhiều",
    "blank": "trắng",
    "twice": "quét trùng với trang trước",
}
_NEED_NO_SCAN: frozenset[Fault] = frozenset(["blank", "twice"])
"""Of these the page may be as it should, or has to go."""


def notice(page: str, faults: Iterable[Fault]) -> str:
    """Return what is wrong with *page*, and what to do: `Trang 3 bị mờ: quét lại`."""
    faults = tuple(faults)
    remedy = "xem lại" if set(faults) <= _NEED_NO_SCAN else "quét lại"
    return f"{page} {', '.join(WORDS[fault] for fault in faults)}: {remedy}"
