import io

import pyarrow as pa
import pyarrow.parquet as pq

from sohoa.parquet import Column, parquet

COLUMNS = (
    Column("đơn vị", str), Column("text", str, optional=True), Column("number", int), Column("count", int, optional=True),
    Column("rate", float, optional=True), Column("flag", bool), Column("maybe", bool, optional=True),
)  # fmt: skip
ROWS = [("H40.12", None, 2**62, None, 0.5, True, None), ("", "Nghệ An", -1, 7, None, False, True)]


def read(data):
    return pq.read_table(io.BytesIO(data), use_threads=False)


def test_cells_types_and_what_may_be_empty_are_read_as_they_were_written():
    table = read(parquet(COLUMNS, ROWS))
    assert [tuple(row.values()) for row in table.to_pylist()] == ROWS
    assert table.column_names == [column.name for column in COLUMNS]
    wide = [pa.string(), pa.string(), pa.int64(), pa.int64(), pa.float64()]
    assert [field.type for field in table.schema] == [*wide, pa.bool_(), pa.bool_()]
    assert [field.nullable for field in table.schema] == [column.optional for column in COLUMNS]


def test_a_table_without_rows_is_one_too_and_the_same_table_gives_the_same_bytes():
    assert read(parquet(COLUMNS, [])).num_rows == 0
    assert parquet(COLUMNS, ROWS) == parquet(COLUMNS, ROWS)
