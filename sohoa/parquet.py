"""Tables as Parquet files. They are written by pyarrow, the extra `tables`, which nothing else imports."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
from pyarrow import parquet as pq

MEDIA_TYPE = "application/vnd.apache.parquet"

Cell = str | int | float | bool | None


class Column(NamedTuple):
    """What stands in one column."""

    name: str
    kind: type
    """`str`, `int` (64 bits), `float` (64 bits) or `bool`."""
    optional: bool = False
    """Whether a cell may be empty."""


_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def parquet(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return a file with these rows; the same rows give the same bytes, as long as pyarrow is the same."""
    schema = pa.schema([pa.field(column.name, _TYPES[column.kind], nullable=column.optional) for column in columns])
    cells = [[row[at] for row in rows] for at in range(len(columns))]
    written = pa.BufferOutputStream()
    pq.write_table(pa.table(cells, schema=schema), written)  # type: ignore[no-untyped-call]
    return bytes(written.getvalue())
