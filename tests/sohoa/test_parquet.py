import io

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from sohoa.parquet import Column, parquet

COLUMNS = (
    Column("đơn vị", str), Column("text", str, optional=True), Column("number", int), Column("count", int, optional=True),
    Column("rate", float, optional=True), Column("flag", bool), Column("maybe", bool, optional=True),
)  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
ROWS = st.tuples(
    TEXT, st.none() | TEXT, NUMBERS, st.none() | NUMBERS, st.none() | st.floats(allow_nan=False), st.booleans(),
    st.none() | st.booleans(),
)  # fmt: skip


def read(data):
    return pq.read_table(io.BytesIO(data), use_threads=False)


@settings(max_examples=40)
@given(st.lists(ROWS, max_size=40))
def test_another_reader_finds_every_cell_as_it_was(rows):
    table = read(parquet(COLUMNS, rows))
    assert [tuple(row.values()) for row in table.to_pylist()] == rows
    assert table.column_names == [column.name for column in COLUMNS]


def test_types_and_what_may_be_empty_are_told_and_the_same_table_gives_the_same_bytes():
    schema = read(parquet(COLUMNS, [])).schema
    wide = [pa.string(), pa.string(), pa.int64(), pa.int64(), pa.float64()]
    assert [field.type for field in schema] == [*wide, pa.bool_(), pa.bool_()]
    assert [field.nullable for field in schema] == [column.optional for column in COLUMNS]
    many = [("x" * 200, None, 1, None, 0.5, True, None)] * 1000
    assert parquet(COLUMNS, many) == parquet(COLUMNS, many)
    assert read(parquet(COLUMNS, many)).num_rows == 1000


def test_a_table_may_have_more_columns_than_a_short_list_has_places():
    columns = [Column(f"c{number}", int) for number in range(20)]
    assert read(parquet(columns, [range(20)])).to_pylist() == [{f"c{number}": number for number in range(20)}]
