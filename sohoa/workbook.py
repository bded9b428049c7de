"""Tables as a file for Excel (XLSX, ECMA-376), the smallest that is one: cells of text and of numbers, nothing else.

Text is always text: what begins with `=` is no formula, as it would be in CSV. The same tables give the same bytes.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every part: the earliest that ZIP can say."""
_LETTERS = 26

Cell = str | int | float | None


class Sheet(NamedTuple):
    """One table, its header in the first row."""

    name: str
    """At most 31 characters, and none of `[]:*?/\\`."""
    rows: Sequence[Sequence[Cell]]


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return a file with these tables; booleans are 1 and 0."""
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": _types(numbers),
        "_rels/.rels": _relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _book(sheets),
        "xl/_rels/workbook.xml.rels": _relations({f"r{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": _sheet(each) for n, each in zip(numbers, sheets, strict=True)}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, xml in parts.items():
            part = zipfile.ZipInfo(name, _FIRST_DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(part, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{xml}')
    return data.getvalue()


def _types(numbers: range) -> str:
    main = f"{MEDIA_TYPE}.main+xml"
    kind = f"{MEDIA_TYPE.removesuffix('.sheet')}.worksheet+xml"
    sheets = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}"/>' for n in numbers)
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/>{sheets}</Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    links = (
        f'<Relationship Id="{name}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(links)}</Relationships>'


def _book(sheets: Sequence[Sheet]) -> str:
    named = (
        f'<sheet name={quoteattr(each.name)} sheetId="{n}" r:id="r{n}"/>' for n, each in enumerate(sheets, start=1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{"".join(named)}</sheets></workbook>'


def _sheet(sheet: Sheet) -> str:
    rows = (
        f'<row r="{n}">{"".join(_cell(cell, f"{_column(at)}{n}") for at, cell in enumerate(row))}</row>'
        for n, row in enumerate(sheet.rows, start=1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _cell(cell: Cell, place: str) -> str:
    match cell:
        case None | "":
            return ""
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(_printable(cell))}</t></is></c>'
        case _:
            return f'<c r="{place}"><v>{int(cell) if isinstance(cell, bool) else repr(cell)}</v></c>'


def _printable(text: str) -> str:
    """Return *text* without what XML 1.0 cannot say."""
    return "".join(each for each in text if each >= " " or each in "\t\n\r")


def _column(at: int) -> str:
    """Return the name of a column: A to Z, then AA, AB and so on."""
    before, last = divmod(at, _LETTERS)
    return (_column(before - 1) if before else "") + chr(ord("A") + last)
