"""Tables that others made."""

import pytest

from pipeline.tools import spreadsheet
from pipeline.tools.spreadsheet import read_table
from schemas.problem import TABLE_TOO_LARGE, TABLE_UNREADABLE, ProblemError
from tests.xlsx import book, xlsx

ROWS = (("so", "nksHoTen"), ("05", "TRẦN THỊ BƯỞI"), ("6", "LÊ VĂN CAM, em"))


@pytest.mark.parametrize(
    "data",
    [
        '"so","nksHoTen"\n"05","TRẦN THỊ BƯỞI"\n6,"LÊ VĂN CAM, em"\n'.encode(),
        "\ufeffso;nksHoTen\r\n05;TRẦN THỊ BƯỞI\r\n6;LÊ VĂN CAM, em\r\n".encode(),
        "so\tnksHoTen\n05\tTRẦN THỊ BƯỞI\n6\tLÊ VĂN CAM, em\n".encode("utf-16"),
        xlsx((ROWS[0], ROWS[1], (6, "LÊ VĂN CAM, em"))),
    ],
    ids=["comma", "semicolon", "Unicode text of Excel", "XLSX"],
)
def test_a_table_is_the_same_text_in_whatever_form_it_comes(data, tmp_path):
    path = tmp_path / "table"
    path.write_bytes(data)
    [sheet] = read_table(path)
    assert sheet.rows == ROWS


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    path = tmp_path / "table.xlsx"
    path.write_bytes(xlsx(((), (), ("so",), (), ("05",))))
    [sheet] = read_table(path)
    assert [number for number, row in enumerate(sheet.rows, start=1) if any(row)] == [3, 5]


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04 cut off", xlsx(ROWS)[:-30], book(b"<not xml"), "họ tên".encode("cp1258", "replace") + b"\xff\x81"],
    ids=["cut off", "without directory", "broken sheet", "other encoding"],
)
def test_what_is_no_table_is_a_problem(data, tmp_path):
    path = tmp_path / "table"
    path.write_bytes(data)
    with pytest.raises(ProblemError) as refusal:
        read_table(path)
    assert refusal.value.kind is TABLE_UNREADABLE


def test_a_table_that_would_fill_the_memory_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "_LARGEST_INSIDE", 1_000_000)
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(book(b"<row/>" * 1_000_000))
    with pytest.raises(ProblemError) as refusal:
        read_table(path)
    assert refusal.value.kind is TABLE_TOO_LARGE


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    path = tmp_path / "table.csv"
    path.write_text("so\n1\n2\n")
    with pytest.raises(ProblemError) as refusal:
        read_table(path)
    assert refusal.value.kind is TABLE_TOO_LARGE
