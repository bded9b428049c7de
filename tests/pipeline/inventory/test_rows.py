"""From the rows of a table to keyed values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inventory.rows import key_part, keyed_value, rows_of
from pipeline.tools.spreadsheet import Sheet
from schemas.backfill import load_layout
from schemas.document_type import document_types
from schemas.problem import ROW_INCOMPLETE, TABLE_UNFIT, ProblemError

LAYOUT = load_layout("civil_status_birth")
BIRTH = document_types()["birth_certificate"]
HEADINGS = ("so", "quyenSo", "ngayDangKy", "nksHoTen", "nksNgaySinh", "nksGioiTinh", "TenFile")


def rows(*lines):
    return rows_of("sổ.csv", [Sheet("", lines)], LAYOUT, BIRTH)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("date_of_birth", "25.08.2023", "2023-08-25"),
        ("date_of_birth", "20230825", "2023-08-25"),
        ("date_of_birth", "31.02.2010", None),
        ("sex", "1", "nam"),
        ("sex", "Nữ", "nữ"),
        ("sex", "9", None),
        ("ethnicity", "mường", "Mường"),
        ("ethnicity", "xyz", None),
        ("personal_id", "40323199413", "040323199413"),
        ("mother_birth_year", "12.03.1980", "1980"),
        ("full_name", "BÙI THỊ CHI", "BÙI THỊ CHI"),
        ("father_full_name", "Không", None),
        ("registration_place", "UBND xã Nghĩa Hợp", "UBND xã Nghĩa Hợp"),
    ],
)
def test_a_cell_becomes_the_normal_form_of_its_field(field, cell, value):
    assert keyed_value(cell, LAYOUT.fields[field], BIRTH.spec(field)) == value


@pytest.mark.parametrize(
    ("one", "other"), [("05", "5"), ("01/2017", "1/2017"), ("03.02.2017", "2017-02-03"), ("05A", "5a")]
)
def test_a_key_is_the_same_however_it_is_written(one, other):
    assert key_part(one) == key_part(other)


def test_titles_above_the_headings_and_blank_rows_are_no_rows_and_numbers_stay_those_of_the_spreadsheet():
    found = rows(("SỔ ĐĂNG KÝ KHAI SINH",), HEADINGS, ("5", "01/2017", "03.02.2017", "AN"), ("", " "), ("6", "01/2017"))
    assert [row.number for row in found] == [3, 5]


def test_a_row_that_says_nothing_of_its_scan_is_named_with_what_it_lacks():
    [row] = rows(HEADINGS, ("", "01/2017", "", "TRẦN THỊ BƯỞI"))
    assert row.problem.kind is ROW_INCOMPLETE
    assert "so, ngayDangKy" in row.problem.problem.detail
    assert "BƯỞI" not in row.problem.problem.detail


def test_a_cell_that_holds_no_value_of_its_kind_does_not_lose_the_row():
    [row] = rows(HEADINGS, ("5", "01/2017", "03.02.2017", "TRẦN THỊ BƯỞI", "31.02.2010", "", "a.pdf"))
    assert row.problem is None
    assert row.unread == ("date_of_birth",)
    assert row.fields["full_name"] == "TRẦN THỊ BƯỞI"


def test_a_table_without_the_headings_is_a_problem():
    with pytest.raises(ProblemError) as refusal:
        rows(("a", "b"), ("1", "2"))
    assert refusal.value.kind is TABLE_UNFIT


@given(st.lists(st.lists(st.text(max_size=12), max_size=9).map(tuple), max_size=12))
def test_whatever_stands_in_a_table_every_row_is_accounted_for(lines):
    found = rows(HEADINGS, *lines)
    filled = [number for number, cells in enumerate(lines, start=2) if any(cell.strip() for cell in cells)]
    assert [row.number for row in found] == filled
    assert all((row.scan or row.key or row.problem) is not None for row in found)
