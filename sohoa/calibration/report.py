"""`sohoa calibration report`: where acceptance stands in each stratum."""

from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.calibrate.source import calibration_at
from pipeline.calibrate.standing import Standing, State, standings
from schemas.calibration import Calibration, Sampled, promise_of
from schemas.model import Value
from schemas.settings import Settings
from sohoa.looking import existing_house

COLUMNS: Final = ("type", "kind", "looked at", "accepted", "wrong", "95 % bound", "promise", "needed", "")


class Row(Value):
    """Where acceptance stands in one stratum; `*` as its type: in a group over all types."""

    calibration: str
    document_type: str
    group: str
    looked_at: int
    """Values that the rules accept and somebody compared with the paper."""
    wrong_of_these: int
    accepted: int
    """Of these, those that are accepted where acceptance stands now."""
    wrong: int
    """Of those that are accepted."""
    bound: float
    """Upper 95 % bound on the share of accepted values that are wrong."""
    promise: float
    needed: float
    """Probability that a value has to reach; 0: the rules alone decide, 1: nothing is accepted."""
    state: State
    pooled: bool
    """Whether counts and bound are those of the group over all types."""


def known_to(settings: Settings) -> tuple[Calibration, tuple[Sampled, ...]]:
    """Return the calibration that is set, and what people found out since; nothing where there is no house yet."""
    calibration = calibration_at(settings.acceptance.calibration)
    if settings.store.kind == "local" and not (settings.home / "store").is_dir():
        return calibration, ()
    return calibration, existing_house(settings).catalog.sampled(calibration.version)


def rows(calibration: Calibration, sampled: tuple[Sampled, ...]) -> list[Row]:
    """Return where acceptance stands, group by group: over all types first, then type by type."""
    return sorted(_rows(calibration.version, standings(calibration, sampled)), key=_place)


def _place(row: Row) -> tuple[str, bool, str]:
    return row.group, row.document_type != "*", row.document_type


def _rows(version: str, found: Mapping[str, Standing]) -> Iterator[Row]:
    for name, stands in found.items():
        type_, _, group = name.partition("/")
        yield Row(
            calibration=version,
            document_type=type_,
            group=group,
            looked_at=stands.seen.values,
            wrong_of_these=stands.seen.wrong,
            accepted=stands.accepted.values,
            wrong=stands.accepted.wrong,
            bound=round(stands.bound, 6),
            promise=promise_of(name),
            needed=stands.needed,
            state=stands.state,
            pooled=stands.pooled,
        )


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as people read it, under `COLUMNS`."""
    return (
        "all types" if row.document_type == "*" else row.document_type,
        row.group,
        str(row.looked_at),
        str(row.accepted),
        str(row.wrong),
        f"{row.bound:.2%}",
        f"{row.promise:.2%}",
        "rules" if row.needed == 0 else "nothing" if row.needed == 1 else f"{row.needed:.4f}",
        f"{row.state}, with all types" if row.pooled else row.state,
    )
