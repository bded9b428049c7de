"""`sohoa score …` and its page: the points of QĐ 766/QĐ-TTg, and the dossiers that cost some."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from flows.house import House
from schemas.model import Value
from schemas.problem import BAD_REQUEST, DOSSIERS_UNREADABLE, FILE_MISSING, FILE_TOO_LARGE, FILE_UNREADABLE, Problem
from schemas.record import RecordId
from schemas.score import (
    INDICATORS,
    Month,
    Reuse,
    Score,
    Share,
    SyncedDossier,
    Unit,
    Wanting,
    is_below,
    score,
    shares,
    synced_dossier,
    unit_of,
)
from schemas.settings import ScoreSettings, Settings

MOST_BYTES = 256 * 1024**2
"""Of one list: some hundred thousand dossiers with all that is said of them. A year comes in several."""
_GROUPS = {
    "unit": lambda dossier: dossier.unit,
    "procedure": lambda dossier: dossier.procedure,
    "month": lambda dossier: dossier.month or "",
}
BY = tuple(_GROUPS)


class Taken(Value):
    """What came of a list of dossiers."""

    dossiers: int
    changed: int
    """New, or known in another way until now."""
    refused: tuple[Problem, ...]


def take_dossiers(settings: Settings, path: Path) -> Taken:
    """Keep what a list says of dossiers, less everything about people; sent again, it changes nothing.

    Args:
        settings: where.
        path: the dossier objects of the national portal's synchronisation: a JSON array, an object whose `data` is one,
            or JSON Lines.

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `file-too-large`, `dossiers-unreadable`. A single dossier that
            is none is among the refused ones: the others are kept.
    """
    months: defaultdict[Month, dict[str, SyncedDossier]] = defaultdict(dict)
    refused: list[Problem] = []
    count = 0
    for place, sync in _objects_in(path):
        try:
            dossier = synced_dossier(sync)
        except ValidationError as error:
            where = ", ".join(".".join(map(str, item["loc"])) or "it" for item in error.errors(include_input=False))
            refused.append(DOSSIERS_UNREADABLE.error(f"{place}: wrong: {where}", file=str(path)).problem)
            continue
        if dossier.month is None:
            detail = f"{place}: neither NgayTiepNhan nor NgayKetThucXuLy says when it was"
            refused.append(DOSSIERS_UNREADABLE.error(detail, file=str(path)).problem)
            continue
        count += 1
        months[dossier.month][dossier.code] = dossier
    house = House.open(settings, needs_catalog=False)
    now = datetime.now(UTC)
    changed = sum(house.synced.keep(month, dossiers.values(), now) for month, dossiers in sorted(months.items()))
    return Taken(dossiers=count, changed=changed, refused=tuple(refused))


def _objects_in(path: Path) -> Iterator[tuple[str, object]]:
    """Yield the place and the content of each object."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FILE_TOO_LARGE.error(f"at most {MOST_BYTES} bytes are read", file=str(path))
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise FILE_MISSING.error("there is nothing there", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise DOSSIERS_UNREADABLE.error("it is no text in UTF-8", file=str(path)) from error
    except OSError as error:
        raise FILE_UNREADABLE.error(error.strerror or "it cannot be opened", file=str(path)) from error
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _lines_of(path, text)
        return
    listed = whole.get("data", [whole]) if isinstance(whole, dict) else whole
    if not isinstance(listed, list):
        raise DOSSIERS_UNREADABLE.error("it holds no list of objects", file=str(path))
    yield from ((f"object {number}", each) for number, each in enumerate(listed, start=1))


def _lines_of(path: Path, text: str) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DOSSIERS_UNREADABLE.error(f"line {number} is no JSON", file=str(path)) from error


class Period(Value):
    """Which dossiers are looked at: of some months, and of one unit with those below it."""

    first: Month
    last: Month
    unit: Unit | None = None

    @property
    def months(self) -> Iterator[Month]:
        """Yield each month from the first to the last."""
        year, month = map(int, self.first.split("-"))
        while (now := f"{year:04d}-{month:02d}") <= self.last:
            yield now
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004 - months


def period_of(house: House, first: str | None, last: str | None, unit: str | None) -> Period:
    """Return the period that words name; by default the last month of which something is known.

    Raises:
        ProblemError: `bad-request` if they name none.
    """
    known = max(house.synced.months(), default=f"{datetime.now(UTC):%Y-%m}")
    try:
        return Period(first=first or last or known, last=last or first or known, unit=unit or None)
    except ValidationError as error:
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
        raise BAD_REQUEST.error(f"{wrong}: months are written as 2026-03, units as H40.12") from error


def dossiers_of(house: House, period: Period) -> list[SyncedDossier]:
    """Return the synced dossiers of a period."""
    every = (dossier for month in period.months for dossier in house.synced.of(month))
    return [each for each in every if period.unit is None or is_below(each.unit, period.unit)]


def score_of(dossiers: list[SyncedDossier], period: Period, settings: ScoreSettings) -> Score:
    """Return the points of a period."""
    return score(dossiers, settings, unit=period.unit, first=period.first, last=period.last)


def shares_by(dossiers: Iterable[SyncedDossier], by: str) -> list[Share]:
    """Return what each unit, procedure or month has done; *by* is one of `BY`."""
    return shares(dossiers, _GROUPS[by])


def reuse_of(house: House, period: Period) -> list[Reuse]:
    """Return what lookups found, month by month, as the audit log has it (UTC)."""
    return [_reuse_in(house, month, period.unit) for month in period.months]


def _reuse_in(house: House, month: Month, unit: Unit | None) -> Reuse:
    asked = defaultdict[str, set[RecordId]](set)
    for entry in house.audit.entries(month):
        code = entry.dossier_code
        if entry.act == "lookup" and code is not None and (unit is None or is_below(unit_of(code), unit)):
            answers = zip(entry.records, entry.judgements, strict=False)  # acts of earlier versions have no judgements
            asked[code] |= {record for record, judged in answers if judged.reusable}
    pages = {each: len(house.warehouse.record(each).value.origin.pages) for each in {*chain(*asked.values())}}
    reusing = sum(map(bool, asked.values()))
    return Reuse(
        month=month,
        dossiers=len(asked),
        reusing=reusing,
        rate=reusing / len(asked) if asked else None,
        papers=sum(map(len, asked.values())),
        pages=sum(pages[each] for found in asked.values() for each in found),
    )


def wanting_of(house: House, dossiers: Iterable[SyncedDossier], number: str) -> list[Wanting]:
    """Return the dossiers that cost points of an indicator; first those of which the warehouse has a signed copy.

    Raises:
        ProblemError: `bad-request` if nothing is counted over dossiers under this number.
    """
    indicator = next((each for each in INDICATORS if each.number == number), None)
    if indicator is None:
        numbers = ", ".join(each.number for each in INDICATORS)
        raise BAD_REQUEST.error(f"no indicator over dossiers has this number; there are {numbers}")
    found = indicator.wanting(dossiers, house.settings.score)
    there = house.catalog.dossiers_with_records(each.code for each in found)
    wanting = [
        Wanting(code=each.code, unit=each.unit, procedure=each.procedure, in_warehouse=each.code in there)
        for each in found
    ]
    return sorted(wanting, key=lambda each: (not each.in_warehouse, each.code))
