"""What the clerk sees of a dossier: one of four states, decided here and nowhere else."""

from enum import StrEnum
from typing import NamedTuple

from schemas.submission import DossierCode


class State(StrEnum):
    """What may be done with the paper."""

    SCANNING = "scanning"
    SAFE_HERE = "safe here"
    SAFE_THERE = "safe there"
    """The only state in which the paper may be handed back."""
    NEEDS_YOU = "needs you"


WORDS = {
    State.SCANNING: "Đang quét",
    State.SAFE_HERE: "Đã lưu tại điểm quét, đang chờ gửi. Giữ lại bản giấy.",
    State.SAFE_THERE: "Đã lưu tại máy chủ. Được trả bản giấy.",
    State.NEEDS_YOU: "Cần bạn xử lý",
}
"""How a clerk reads each state."""


class Facts(NamedTuple):
    """All that the state of a dossier depends on."""

    code: DossierCode | None
    scanned: int
    """Pages that are durable at the station."""
    declared: int | None
    """Pages of paper that the operator counted."""
    twice: bool
    """The very same file came twice."""
    refused: bool
    """The operator wanted to close it as it is, and could not."""
    closed: bool
    """It is in the journal."""
    received: bool
    """A verified receipt is kept."""
    troubles: tuple[str, ...]
    """What a person has to see to, in Vietnamese."""
    notices: tuple[str, ...] = ()
    """Pages that should be scanned once more, in Vietnamese. They keep nobody from closing it: paper may be so."""


class Light(NamedTuple):
    """A state, and for `needs you` why, in Vietnamese."""

    state: State
    why: str = ""


def light(facts: Facts) -> Light:
    """Return what to show of a dossier."""
    if facts.troubles:
        return Light(State.NEEDS_YOU, "; ".join(facts.troubles))
    if facts.received:
        return Light(State.SAFE_THERE)
    if facts.closed:
        return Light(State.SAFE_HERE)
    for cause in obstacles(facts):
        if facts.refused or not cause.may_pass:
            return Light(State.NEEDS_YOU, cause.why)
    if facts.notices:
        return Light(State.NEEDS_YOU, "; ".join(facts.notices))
    return Light(State.SCANNING)


class Obstacle(NamedTuple):
    """Why a dossier cannot be closed."""

    why: str
    """In Vietnamese."""
    may_pass: bool
    """Scanning on may do away with it."""


def obstacles(facts: Facts) -> tuple[Obstacle, ...]:
    """Return why an open dossier cannot be closed as it is; nothing, when it can."""
    found = [Obstacle(trouble, may_pass=False) for trouble in facts.troubles]
    if facts.twice:
        found.append(Obstacle("Có tệp quét trùng nhau: xóa bớt một tệp", may_pass=False))
    if facts.declared is not None and facts.scanned > facts.declared:
        counts = f"đã quét {facts.scanned} trang, khai {facts.declared} trang"
        found.append(Obstacle(f"Thừa trang: {counts}", may_pass=False))
    if facts.code is None and facts.scanned:
        found.append(Obstacle("Chưa biết trang thuộc hồ sơ nào: nhập mã hồ sơ", may_pass=False))
    if facts.declared is not None and facts.scanned < facts.declared:
        counts = f"đã quét {facts.scanned} trang, khai {facts.declared} trang"
        found.append(Obstacle(f"Thiếu trang: {counts}", may_pass=True))
    if not facts.scanned:
        found.append(Obstacle("Chưa có trang nào", may_pass=True))
    return tuple(found)
