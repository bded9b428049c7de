"""From an inventory to a plan: everything that it holds, checked, matched, and cut into shards."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.digitize import settled
from pipeline.inventory import Claim, Holding, Row, Scan, digest, holdings, match, rows_of, take_out
from pipeline.tools.spreadsheet import MOST_ROWS, read_table
from pipeline.workers import Workers
from schemas.backfill import STATION, Forecast, Item, KeyedRow, Layout, Plan, Planned, Shard
from schemas.digest import Sha256, sha256_hex
from schemas.document_type import document_types
from schemas.problem import FOLDER_EMPTY, PAGE_FAILED, TABLE_TOO_LARGE, TABLE_UNREADABLE, ProblemError
from schemas.settings import Settings
from schemas.submission import Manifest, SubmittedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """An inventory that was looked through: what it holds, and what belongs together."""

    top: Path
    layout: Layout | None
    """None: there is no table."""
    scanned_by: str
    scans: tuple[Holding | None, ...]
    """None: it cannot be taken; its claim says why."""
    names: tuple[str, ...]
    """Of the scans."""
    claims: tuple[Claim, ...]

    def plan(self, shard_items: int) -> Plan:
        """Return the plan with at most so many items in a shard."""
        sent = [self.scans[claim.scan] for claim in self.claims if claim.sha256 is not None and claim.scan is not None]
        return Plan(
            inventory=str(self.top),
            layout=self.layout,
            items=len(self.claims),
            files=len(sent),
            bytes=sum(holding.size for holding in sent if holding is not None),
            shards=tuple(sha256_hex(shard.canonical_bytes()) for shard in self.shards(shard_items)),
        )

    def shards(self, shard_items: int) -> Iterator[Shard]:
        """Yield the shards in order: made anew each time, for all of them at once may not fit into memory."""
        batch: list[Item] = []
        number = 1
        for item in self.items():
            batch.append(item)
            if len(batch) == shard_items:
                yield Shard(number=number, items=tuple(batch))
                batch, number = [], number + 1
        if batch:
            yield Shard(number=number, items=tuple(batch))

    def items(self) -> Iterator[Item]:
        """Yield an item for each row, and for each scan that no row names."""
        for number, claim in enumerate(self.claims, start=1):
            yield self._item(number, claim)

    def _item(self, number: int, claim: Claim) -> Item:
        row, scan = claim.row, claim.scan
        holding = self.scans[scan] if scan is not None else None
        keyed = self._keyed(row, claim.sha256) if row is not None and claim.sha256 is not None else None
        return Item(
            number=number,
            table=row.table if row is not None else None,
            row=row.number if row is not None and row.number else None,
            scan=self.names[scan] if scan is not None else None,
            manifest=self._manifest(holding, claim.sha256, keyed) if holding and claim.sha256 else None,
            keyed=keyed,
            same_as=None if claim.same_as is None else claim.same_as + 1,
            problem=claim.problem and claim.problem.problem,
        )

    def _keyed(self, row: Row, sha256: Sha256) -> KeyedRow | None:
        if self.layout is None:
            return None
        return KeyedRow(
            file_sha256=sha256, document_type=self.layout.document_type, fields=dict(row.fields), unread=row.unread
        )

    def _manifest(self, holding: Holding, sha256: Sha256, keyed: KeyedRow | None) -> Manifest:
        name = holding.name.replace("!", "/").rpartition("/")[2]
        return Manifest(
            station=STATION,
            scanned_by=self.scanned_by,
            scanned_at=holding.at,
            files=(SubmittedFile(sha256=sha256, size=holding.size, name=name[-255:]),),
            keyed=sha256_hex(keyed.canonical_bytes()) if keyed is not None else None,
        )


def look_through(settings: Settings, top: Path, layout: Layout | None, scanned_by: str, workers: Workers) -> Inventory:
    """Return what an inventory holds: every file is found, every table read, every scan that will be sent is hashed.

    Args:
        settings: the house that it will go into.
        top: a folder, an archive or a table.
        layout: of the tables, if there are any.
        scanned_by: who vouches for the scans.
        workers: the pool in which tables are opened.

    Raises:
        ProblemError: `file-missing`, `file-unreadable`, `folder-empty`, `table-too-large`. What is wrong with one
            table, row or scan stands in its claim.
    """
    found = list(holdings(top, settings.home, settings.limits))
    if not found:
        raise FOLDER_EMPTY.error("no scan and no table is in it", file=str(top))
    tables = [each for each in found if isinstance(each, Holding) and each.is_table]
    files = [each for each in found if not (isinstance(each, Holding) and each.is_table)]
    rows = [row for table in tables for row in _rows(table, layout, settings, workers)] if layout is not None else []
    if len(rows) + len(files) > MOST_ROWS:
        raise TABLE_TOO_LARGE.error(f"{len(rows)} rows and {len(files)} scans; at most {MOST_ROWS} are taken")
    scans = [Scan(each.name, None if isinstance(each, Holding) else each.problem) for each in files]

    def sha256(index: int) -> Sha256 | ProblemError:
        holding = files[index]
        try:
            return digest(holding) if isinstance(holding, Holding) else holding.problem
        except ProblemError as error:
            return error

    used = layout if tables else None
    return Inventory(
        top=top,
        layout=used,
        scanned_by=scanned_by,
        scans=tuple(each if isinstance(each, Holding) else None for each in files),
        names=tuple(each.name for each in files),
        claims=tuple(match(rows, scans, used, sha256)),
    )


def _rows(table: Holding, layout: Layout, settings: Settings, workers: Workers) -> list[Row]:
    """Return the rows of a table; a table that cannot be used is one row, number 0, that says why."""
    with TemporaryDirectory(dir=workers.scratch) as folder:
        path = Path(folder, "table")
        try:
            take_out(table, path)
            sheets = settled(
                workers.submit(read_table, path, seconds=settings.limits.file_seconds, file=table.name), table.name
            )
            return rows_of(table.name, sheets, layout, document_types()[layout.document_type])
        except ProblemError as error:
            if error.kind.transient:
                raise
            broken = TABLE_UNREADABLE.error("it cannot be read within the limits", file=table.name)
            return [Row(table.name, 0, problem=broken if error.kind is PAGE_FAILED else error)]


def summary(plan: Plan, inventory: Inventory, forecast: Forecast | None) -> Planned:
    """Return what a plan comes to, for whoever has to decide about it."""
    claims = inventory.claims
    taken = [claim.row for claim in claims if claim.row is not None and claim.sha256 is not None]
    return Planned(
        plan_id=plan.plan_id,
        inventory=plan.inventory,
        items=plan.items,
        rows=sum(claim.row is not None and claim.row.number > 0 for claim in claims),
        files=plan.files,
        same=sum(claim.same_as is not None for claim in claims),
        problems=dict(Counter(claim.problem.kind.slug for claim in claims if claim.problem is not None)),
        unread_cells=dict(Counter(name for row in taken for name in row.unread)),
        bytes=plan.bytes,
        shards=len(plan.shards),
        forecast=forecast,
    )
