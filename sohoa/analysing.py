"""`sohoa tables export`: what the province has done, as tables for programs that analyse, in the object store."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flows.house import House
from schemas.analysis import DossiersRow, Exported, LookupsRow, RecordsRow, Row, ScoreRow
from schemas.audit import AuditEntry
from schemas.document_type import document_types
from schemas.score import Month, SyncedDossier, is_below, unit_of
from schemas.settings import Settings
from sohoa.looking import existing_house
from sohoa.parquet import MEDIA_TYPE, Cell, Column, parquet
from sohoa.scoring import Period, dossiers_of, period_of, score_of, shares_by
from storage.analysis import Tables

_KINDS: Mapping[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}
_PROCEDURE = re.compile(r"\d\.\d{6}")


def export_tables(settings: Settings, first: str | None, last: str | None) -> Iterator[Exported]:
    """Write the tables of some months, and yield each.

    Raises:
        ProblemError: `bad-request` if the words name no months; `catalog-missing`.
    """
    house = existing_house(settings)
    now = datetime.now(UTC)
    before = now.replace(day=1) - timedelta(days=1)
    period = period_of(house, first or last or f"{before:%Y-%m}", last or f"{now:%Y-%m}", None)
    for month in period.months:
        dossiers = dossiers_of(house, Period(first=month, last=month))
        yield _written(house, month, DossiersRow, _dossiers(dossiers))
        yield _written(house, month, ScoreRow, _points(house, month, dossiers))
        yield _written(house, month, LookupsRow, _lookups(house.audit.entries(month)))
        yield _written(house, month, RecordsRow, (each._asdict() for each in house.catalog.made_in(month)))


def _written(house: House, month: Month, kind: type[Row], facts: Iterable[Mapping[str, Cell]]) -> Exported:
    known = sorted(facts, key=lambda each: [str(cell) for cell in each.values()])

    def made(edition: int) -> bytes:
        rows = [kind.model_validate({"month": month, "edition": edition, **each}) for each in known]
        return parquet(columns_of(kind), [tuple(row.model_dump().values()) for row in rows])

    edition = Tables(house.store).keep(kind.table, month, made, MEDIA_TYPE)
    return Exported(
        table=kind.table, month=month, edition=edition.number, rows=len(known), new=edition.new, key=edition.key
    )


def columns_of(kind: type[Row]) -> list[Column]:
    """Return the columns of a table."""
    return [Column(name, *_kind(schema)) for name, schema in kind.model_json_schema()["properties"].items()]


def _kind(schema: Mapping[str, Any]) -> tuple[type, bool]:
    """Return what a property of a JSON Schema holds, and whether it may hold nothing."""
    types = [each["type"] for each in schema.get("anyOf", [schema])]
    [named] = {*types} - {"null"}
    return _KINDS[named], "null" in types


# --- what is counted -----------------------------------------------------------------------------------------------
def _dossiers(dossiers: Iterable[SyncedDossier]) -> Iterator[Mapping[str, Cell]]:
    by_procedure = defaultdict[str, list[SyncedDossier]](list)
    for dossier in dossiers:
        by_procedure[_plain(dossier.procedure) or ""].append(dossier)
    for procedure, its in by_procedure.items():
        for share in shares_by(its, "unit"):
            yield {"unit": share.name, "procedure": procedure, **share.model_dump(exclude={"name"})}


def _points(house: House, month: Month, dossiers: Sequence[SyncedDossier]) -> Iterator[Mapping[str, Cell]]:
    units = {each.unit for each in dossiers}
    for unit in (None, *sorted(units)) if units else ():
        its = [each for each in dossiers if unit is None or is_below(each.unit, unit)]
        period = Period(first=month, last=month, unit=unit)
        for line in score_of(its, period, house.settings.score).lines:
            yield {"unit": unit, **line.model_dump(exclude={"number", "title"})}


def _lookups(entries: Iterable[AuditEntry]) -> Iterator[Mapping[str, Cell]]:
    """Yield how often each type of paper was asked for; an act that names none that we know asked for all of them."""
    asked, found = Counter[_Asked](), Counter[_Asked]()
    for entry in entries:
        if entry.act != "lookup":
            continue
        unit = None if entry.dossier_code is None else unit_of(entry.dossier_code)
        reusable = any(each.reusable for each in entry.judgements)
        for wanted in document_types().keys() & set(entry.document_types) or (None,):
            kind = _Asked(unit, _plain(entry.purpose), entry.legal_basis, wanted)
            asked[kind] += 1
            found[kind] += reusable if wanted is None else wanted not in entry.missed
    return ({**kind._asdict(), "lookups": asked[kind], "found": found[kind]} for kind in asked)


def _plain(procedure: str) -> str | None:
    """Return the code of a procedure without what somebody put behind it, None if there is none."""
    found = _PROCEDURE.match(procedure)
    return None if found is None else found[0]


class _Asked(NamedTuple):
    unit: str | None
    procedure: str | None
    legal_basis: str | None
    document_type: str | None
