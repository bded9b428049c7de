"""Tables as Parquet files, the smallest that are some: one row group, plain values, one compressed page a column.

The format is that of https://github.com/apache/parquet-format, its headers those of Thrift's compact protocol. The same
table gives the same bytes.
"""

import gzip
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

MEDIA_TYPE = "application/vnd.apache.parquet"

_MAGIC = b"PAR1"
_FORMAT = 1
_PLAIN, _RLE = 0, 3
_GZIP = 2
_UTF8 = 0
_REQUIRED, _OPTIONAL = 0, 1
_SHORT_LIST = 15
_SEVEN_BITS = 0x7F

Cell = str | int | float | bool | None


class Column(NamedTuple):
    """What stands in one column."""

    name: str
    kind: type
    """`str`, `int` (64 bits), `float` (64 bits) or `bool`."""
    optional: bool = False
    """Whether a cell may be empty."""


class _Kind(NamedTuple):
    number: int
    """In the format's enumeration of physical types."""
    plain: Callable[[Sequence[Cell]], bytes]


def _strings(cells: Sequence[Cell]) -> bytes:
    encoded = (str(cell).encode() for cell in cells)
    return b"".join(struct.pack("<I", len(each)) + each for each in encoded)


def _bits(cells: Sequence[Cell]) -> bytes:
    number = sum(1 << at for at, cell in enumerate(cells) if cell)
    return number.to_bytes((len(cells) + 7) // 8, "little")


_KINDS = {
    bool: _Kind(0, _bits),
    int: _Kind(2, lambda cells: struct.pack(f"<{len(cells)}q", *cells)),
    float: _Kind(5, lambda cells: struct.pack(f"<{len(cells)}d", *cells)),
    str: _Kind(6, _strings),
}


def parquet(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return a file with these rows."""
    file, chunks = bytearray(_MAGIC), []
    for at, column in enumerate(columns):
        begin, page = len(file), _page(column, [row[at] for row in rows])
        file += page.header + page.data
        whole = len(page.header) + page.size
        described = _struct(
            (1, _int(_KINDS[column.kind].number)), (2, _list(_int(_PLAIN), _int(_RLE))),
            (3, _list(_text(column.name))), (4, _int(_GZIP)), (5, _long(len(rows))), (6, _long(whole)),
            (7, _long(len(page.header) + len(page.data))), (9, _long(begin)),
        )  # fmt: skip
        chunks.append((_struct((2, _long(begin)), (3, described)), whole))
    group = _struct(
        (1, _list(*(chunk for chunk, _ in chunks))),
        (2, _long(sum(whole for _, whole in chunks))),
        (3, _long(len(rows))),
    )
    footer = _struct(
        (1, _int(_FORMAT)), (2, _list(_root(columns), *map(_described, columns))), (3, _long(len(rows))),
        (4, _list(group)), (6, _text("sohoa")),
    )  # fmt: skip
    return bytes(file) + footer.data + struct.pack("<I", len(footer.data)) + _MAGIC


class _Page(NamedTuple):
    header: bytes
    data: bytes
    size: int
    """Of the data, before they were compressed."""


def _page(column: Column, cells: Sequence[Cell]) -> _Page:
    known = [cell for cell in cells if cell is not None]
    plain = (_levels(cells) if column.optional else b"") + _KINDS[column.kind].plain(known)
    data = gzip.compress(plain, mtime=0)
    about = _struct((1, _int(len(cells))), (2, _int(_PLAIN)), (3, _int(_RLE)), (4, _int(_RLE)))
    header = _struct((1, _int(0)), (2, _int(len(plain))), (3, _int(len(data))), (5, about))
    return _Page(header.data, data, len(plain))


def _levels(cells: Iterable[Cell]) -> bytes:
    """Return which cells are not empty, as runs; before them how many bytes that takes."""
    runs = b"".join(
        _varint(sum(1 for _ in run) << 1) + bytes([is_there])
        for is_there, run in groupby(cell is not None for cell in cells)
    )
    return struct.pack("<I", len(runs)) + runs


def _root(columns: Sequence[Column]) -> "_Thrift":
    return _struct((4, _text("table")), (5, _int(len(columns))))


def _described(column: Column) -> "_Thrift":
    fields = [(1, _int(_KINDS[column.kind].number)), (3, _int(_OPTIONAL if column.optional else _REQUIRED))]
    fields += [(4, _text(column.name))]
    if column.kind is str:
        fields += [(6, _int(_UTF8)), (10, _struct((1, _struct())))]
    return _struct(*fields)


# --- Thrift's compact protocol ---------------------------------------------------------------------------------------
class _Thrift(NamedTuple):
    """A value, and the number of its type."""

    type: int
    data: bytes


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > _SEVEN_BITS:
        data.append(number & _SEVEN_BITS | 0x80)
        number >>= 7
    return bytes([*data, number])


def _int(number: int) -> _Thrift:
    return _Thrift(5, _varint(2 * number))  # zigzag; nothing here is negative


def _long(number: int) -> _Thrift:
    return _Thrift(6, _varint(2 * number))


def _text(text: str) -> _Thrift:
    data = text.encode()
    return _Thrift(8, _varint(len(data)) + data)


def _list(*values: _Thrift) -> _Thrift:
    type_, size = values[0].type if values else 0, len(values)
    head = bytes([size << 4 | type_]) if size < _SHORT_LIST else bytes([0xF0 | type_]) + _varint(size)
    return _Thrift(9, head + b"".join(value.data for value in values))


def _struct(*fields: tuple[int, _Thrift]) -> _Thrift:
    data, before = bytearray(), 0
    for number, value in fields:
        data += bytes([(number - before) << 4 | value.type]) + value.data
        before = number
    return _Thrift(12, bytes(data) + b"\0")
