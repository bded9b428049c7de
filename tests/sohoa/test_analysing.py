"""`sohoa tables export`: what is written for analysis, and that nobody can be found in it."""

import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from flows.house import House
from schemas.analysis import DossiersRow, LookupsRow, RecordsRow, ScoreRow
from schemas.problem import Exit
from schemas.settings import Settings
from sohoa.analysing import columns_of
from tests.schemas.test_score import SYNC
from tests.sohoa.api.test_app import OWNER, certificate

KINDS = {kind.table: kind for kind in (DossiersRow, ScoreRow, LookupsRow, RecordsRow)}
MARCH = ("--from", "2026-03", "--to", "2026-03")


@pytest.fixture
def house(sohoa_here):
    return House.open(Settings(home=sohoa_here.home, owner_secret="a secret of the tests"))


def taken(sohoa, tmp_path, **changes):
    (tmp_path / "dossiers.json").write_text(json.dumps([SYNC, SYNC | {"MaHoSo": "H40.20-260331-0002"} | changes]))
    assert sohoa("score", "take", tmp_path / "dossiers.json").returncode == Exit.DONE


def rows_of(house, told):
    return {each["table"]: read(house, each["key"]).to_pylist() for each in told}


def read(house, key):
    return pq.read_table(io.BytesIO(house.store.get(key)), use_threads=False)


def test_a_month_becomes_tables_and_is_written_again_only_as_far_as_it_has_changed(sohoa_here, house, tmp_path):
    house.catalog.keep_record(certificate())
    taken(sohoa_here, tmp_path)
    first = sohoa_here.lines("tables", "export", *MARCH)
    assert [(each["table"], each["edition"], each["new"]) for each in first] == [(name, 1, True) for name in KINDS]
    assert [each["key"] for each in first] == [f"tables/{name}/2026/03/000001.parquet" for name in KINDS]
    rows = rows_of(house, first)
    march = {"month": "2026-03", "edition": 1}
    assert rows["dossiers"] == [
        {**march, "unit": unit, "procedure": "1.001193", "received": 1, "digitised": 1, "reused": 0, "from_store": 0,
         "finished": 1, "with_result": 1}
        for unit in ("H40.12", "H40.20")
    ]  # fmt: skip
    assert {(row["unit"], row["denominator"]) for row in rows["score"] if row["code"] == "REUSED_DIGITIZED_DATA"} == {
        (None, 2), ("H40.12", 1), ("H40.20", 1),
    }  # fmt: skip
    about = {"document_type": "birth_certificate", "status": "active", "backfill": False, "records": 1}
    assert (rows["lookups"], rows["records"]) == ([], [march | about])

    again = sohoa_here.lines("tables", "export", "--to", "2026-03")
    assert again == [each | {"new": False} for each in first]
    taken(sohoa_here, tmp_path, DanhSachGiayToKetQua=[])
    later = sohoa_here.lines("tables", "export", *MARCH)
    assert [(each["edition"], each["new"]) for each in later] == [(2, True), (2, True), (1, False), (1, False)]
    assert {row["edition"] for row in rows_of(house, later)["dossiers"]} == {2}
    assert rows_of(house, first) == rows  # the first edition stays


def test_nobody_and_nothing_of_theirs_can_be_found_in_any_table(sohoa_here, house, tmp_path):
    record = certificate(created_at=datetime.now(UTC), dossier_code="H40.12-260331-0007")
    house.catalog.keep_record(house.warehouse.keep_record(record, lambda _data: b"signature"))
    taken(sohoa_here, tmp_path)
    for words in ((), ("--type", "birth_certificate"), ("--type", OWNER), ("--type", "death_extract")):
        asked = ("lookup", OWNER, "--purpose", f"1.001193.{OWNER}", "--dossier", "H40.12-260331-0007", *words)
        assert sohoa_here(*asked).returncode == Exit.DONE
    told = [*sohoa_here.lines("tables", "export", *MARCH), *sohoa_here.lines("tables", "export")]
    written = {each["key"]: read(house, each["key"]) for each in told}
    assert len(told) == 12

    [lookups] = [
        table.to_pylist() for key, table in written.items() if key.startswith("tables/lookups") and table.num_rows
    ]
    assert {(row["document_type"], row["lookups"], row["found"]) for row in lookups} == {
        (None, 2, 1), ("birth_certificate", 1, 1), ("death_extract", 1, 0),
    }  # fmt: skip
    assert {(row["unit"], row["procedure"]) for row in lookups} == {("H40.12", "1.001193")}

    [act, *_] = house.audit.entries()
    secrets = {
        OWNER, "BÙI THỊ CHI", "NGUYỄN VĂN AN", "040095001234", "260331-0007", record.record_id, record.copy_.sha256,
        record.submission_id, house.warehouse.owner_key(record.owners[0].identifier), act.entry_id, act.who,
    }  # fmt: skip
    for key, table in written.items():
        kind = KINDS[key.split("/")[1]]
        assert table.column_names == [column.name for column in columns_of(kind)]
        cells = {cell for row in table.to_pylist() for cell in row.values() if isinstance(cell, str)}
        assert not [cell for cell in cells for secret in secrets if secret in cell]


def test_columns_are_codes_months_and_counts_and_none_leads_to_a_person():
    named = {column.name for kind in KINDS.values() for column in columns_of(kind) if column.kind is str}
    assert named == {"month", "unit", "procedure", "code", "legal_basis", "document_type", "status"}


def test_what_is_no_month_is_said(sohoa_here, house):
    run = sohoa_here("tables", "export", "--from", "spring")
    assert (run.returncode, "months are written as 2026-03" in run.stderr) == (Exit.USAGE, True)
